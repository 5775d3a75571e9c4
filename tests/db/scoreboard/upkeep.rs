//! Rebuilds and checks end to end: what is injected is found and mended, and nobody who
//! reads meanwhile sees a board that never was.

use std::sync::atomic::{AtomicBool, Ordering};

use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::scoreboard::Mismatch;
use mauntic_domain::scoreboard::board::LEAGUE_READ_MAX;
use mauntic_domain::scoreboard::proof::Part;
use mauntic_flows::commands::rebuild_boards::{Asked, rebuild_boards};
use mauntic_flows::commands::verify_ledger::verify;
use mauntic_flows::consume::{Body, Delivery, Report, consume};
use mauntic_flows::ports::{
    Act, Closing, Database, Host, KeyStore, LedgerStore, OperatorStore, Ports, TournamentRef,
    UpkeepStore,
};
use mauntic_testkit::database::Role;
use mauntic_tests::ports::Settlements;
use mauntic_tests::say::say;
use mauntic_tests::world::{World, organization};
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::{TOURNAMENT, consume_jobs, differences, job, make_due, state, tournament};
use super::leagues::{LEAGUE, enter, league};

fn place() -> TournamentRef {
    TournamentRef { organization_id: organization("org_1"), tournament_id: TOURNAMENT }
}

/// A job of a type, with that data.
async fn job_of(world: &World, type_name: &str, data: Value) -> Uuid {
    let sql = "insert into jobs.job (organization_id, queue, type, data, failures_max)
      values ($3, 'mauntic-scoreboard-jobs', $1, $2, 5) returning id";
    let owner = data["organizationId"].as_str();
    world.owner.query_one(sql, &[&type_name, &data, &owner]).await.unwrap().get(0)
}

fn of_tournament() -> Value {
    json!({"organizationId": "org_1", "tournamentId": TOURNAMENT})
}

/// Does what is queued, whatever its type, once.
async fn work(world: &World) -> Report {
    make_due(world).await;
    let sql = "select id, type from jobs.job where finished_at is null
      and queue = 'mauntic-scoreboard-jobs' order by id";
    let deliveries: Vec<Delivery> = world
        .rows(sql)
        .await
        .iter()
        .map(|row| {
            let (id, type_name): (Uuid, String) = (row.get(0), row.get(1));
            let body = json!({"type": type_name, "jobId": id}).to_string();
            Delivery { message_id: format!("m-{id}"), body: Body::Text(body) }
        })
        .collect();
    let origin = Origin::Jobs(Queue::ScoreboardJobs);
    consume(&world.queue, origin, Uuid::new_v4(), &deliveries, &Settlements::default()).await
}

/// Until nothing is left to do.
async fn work_off(world: &World) {
    let open = "select count(*) from jobs.job where finished_at is null";
    let mut rounds = 0;
    while world.count(open).await > 0 {
        let report = work(world).await;
        assert_eq!((report.dead_lettered, report.failed), (0, 0), "{report:?}");
        rounds += 1;
        assert!(rounds < 100, "it never ends");
    }
}

async fn settled(world: &World, members: i32, matches: i32) -> Vec<Uuid> {
    let matches = tournament(world, members, matches).await;
    for of in &matches {
        job(world, *of, 1).await;
    }
    work_off(world).await;
    assert_eq!(differences(world).await, [""; 0]);
    matches
}

/// What the newest check has found; none before the first.
async fn drift(world: &World) -> Option<(i64, i64)> {
    let sql = "select differences, jsonb_array_length(detail)::int8 from scoreboard.drift";
    world.rows(sql).await.first().map(|row| (row.get(0), row.get(1)))
}

/// Tournaments that the health check names.
async fn warned(world: &World) -> Vec<Uuid> {
    let session = world.http.db().open().await.unwrap();
    let vitals = session.vitals().await.unwrap();
    vitals.warnings.expect("read").iter().filter_map(|warning| warning.id).collect()
}

const SPOIL: &str = "update scoreboard.entries set points_e4 = points_e4 + 10000,
    standing = standing - 10000 * 16777216::int8
  where member_id in ('m0000003', 'm0000004', 'm0000005')";

#[tokio::test]
async fn what_is_injected_is_found_by_the_daily_check_and_mended_by_a_rebuild() {
    let world = World::new().await;
    settled(&world, 40, 3).await;
    // The schedule's own job, for every tournament.
    job_of(&world, "scoreboard.check-drift", json!({})).await;
    work_off(&world).await;
    assert_eq!(drift(&world).await, Some((0, 0)));
    let changed = world.owner.execute(SPOIL, &[]).await.unwrap();
    assert_eq!(changed, 3);
    assert!(!differences(&world).await.is_empty());
    job_of(&world, "scoreboard.check-drift", json!({"organizationId": "org_1"})).await;
    work_off(&world).await;
    assert_eq!(warned(&world).await, [TOURNAMENT]);
    let (found, kept) = drift(&world).await.unwrap();
    assert!(found >= 5 && kept == found.min(10), "{found} differences, {kept} kept");
    job_of(&world, "scoreboard.rebuild", of_tournament()).await;
    work_off(&world).await;
    assert_eq!(differences(&world).await, [""; 0]);
    assert_eq!(drift(&world).await, Some((0, 0)), "the check behind it says so");
    assert!(warned(&world).await.is_empty(), "the warning is gone");
    // Again, and nothing is written.
    let before = world.count("select sum(revision)::int8 from scoreboard.tournaments").await;
    job_of(&world, "scoreboard.rebuild", of_tournament()).await;
    work_off(&world).await;
    let after = world.count("select sum(revision)::int8 from scoreboard.tournaments").await;
    assert_eq!(before, after);
}

#[tokio::test]
async fn everything_of_a_board_is_made_anew() {
    let world = World::new().await;
    settled(&world, 30, 2).await;
    for spoil in [
        SPOIL,
        "delete from scoreboard.entries where member_id = 'm0000009'",
        "delete from scoreboard.histograms",
        "insert into scoreboard.entries (organization_id, board_id, member_id, joined_at)
           select organization_id, id, 'nobody', now() from scoreboard.tournaments",
        "update scoreboard.histograms set members = members + 5",
        "update scoreboard.entries set standing = standing - 1, joined_at = now()",
        "delete from scoreboard.entries",
    ] {
        assert!(world.owner.execute(spoil, &[]).await.unwrap() > 0, "{spoil}");
        job_of(&world, "scoreboard.rebuild", of_tournament()).await;
        work_off(&world).await;
        assert_eq!(differences(&world).await, [""; 0], "{spoil}");
        assert_eq!(drift(&world).await, Some((0, 0)), "{spoil}");
    }
}

/// The board that a league keeps is looked at and made anew with the tournament's.
#[tokio::test]
async fn the_board_of_a_league_is_found_and_mended() {
    let world = World::new().await;
    let members = i32::try_from(LEAGUE_READ_MAX).unwrap() + 10;
    settled(&world, members, 1).await;
    league(&world).await;
    world.owner.execute(&enter(LEAGUE_READ_MAX + 1, LEAGUE_READ_MAX + 2), &[]).await.unwrap();
    let session = world.queue.db().open().await.unwrap();
    let found = async || {
        let mut part = Some(Part::first());
        let mut found = Vec::new();
        while let Some(next) = part {
            let of = verify(&session, &place(), next).await.unwrap().unwrap();
            found.extend(of.differences);
            part = of.next;
        }
        found
    };
    assert_eq!(found().await, []);
    let of = |sql: &str| sql.replace("LEAGUE", &format!("'{LEAGUE}'"));
    for (spoil, kinds) in [
        (
            "update scoreboard.entries set standing = standing - 1
          where board_id = LEAGUE and member_id = 'm0000007'",
            vec![Mismatch::BoardEntry],
        ),
        (
            "delete from scoreboard.entries where board_id = LEAGUE and member_id = 'm0000007'",
            vec![Mismatch::BoardEntry, Mismatch::Histogram, Mismatch::Histogram],
        ),
        (
            "insert into scoreboard.entries (organization_id, board_id, member_id, joined_at)
          values ('org_1', LEAGUE, 'nobody', now())",
            vec![Mismatch::BoardEntry, Mismatch::Histogram, Mismatch::Histogram],
        ),
        (
            "update scoreboard.histograms set members = members + 1
          where board_id = LEAGUE and points_e4 = 0",
            vec![Mismatch::Histogram],
        ),
        (
            "update scoreboard.boards set members = members - 1 where id = LEAGUE",
            vec![Mismatch::Histogram],
        ),
    ] {
        assert_eq!(world.owner.execute(&of(spoil), &[]).await.unwrap(), 1, "{spoil}");
        let differences = found().await;
        assert_eq!(differences.iter().map(|of| of.kind).collect::<Vec<_>>(), kinds, "{spoil}");
        assert!(differences.iter().all(|of| of.league_id == Some(LEAGUE)), "{differences:?}");
        job_of(&world, "scoreboard.rebuild", of_tournament()).await;
        work_off(&world).await;
        assert_eq!(found().await, [], "{spoil}");
        assert_eq!(self::differences(&world).await, [""; 0], "{spoil}");
    }
}

#[tokio::test]
async fn a_tournament_that_somebody_holds_costs_its_rebuild_seconds_and_nothing_else() {
    let world = World::new().await;
    settled(&world, 10, 1).await;
    let id = job_of(&world, "scoreboard.rebuild", of_tournament()).await;
    let other = world.database.connect(Role::Queue).await.unwrap();
    let hold = "begin; select from scoreboard.tournaments for no key update";
    other.batch_execute(hold).await.unwrap();
    let report = work(&world).await;
    assert_eq!((report.snoozed, report.completed, report.error), (1, 0, None));
    let (found, failures, reason, _) = state(&world, id).await;
    assert_eq!((found.as_str(), failures), ("queued", 0));
    assert_eq!(reason.as_deref(), Some("tournament_busy"));
    other.batch_execute("commit").await.unwrap();
    work_off(&world).await;
}

/// While rebuilds, settlements and joins run, whoever reads sees a board that is what its
/// ledger makes; and of one that is not, all of it or nothing is mended.
#[tokio::test]
async fn nobody_sees_a_board_that_is_half_made() {
    const MATCHES: i32 = 8;
    let world = World::new().await;
    let matches = tournament(&world, 200, MATCHES).await;
    let is_over = AtomicBool::new(false);
    let reading = async {
        let reader = world.database.connect(Role::Owner).await.unwrap();
        let mut reads = 0;
        while !is_over.load(Ordering::Relaxed) {
            let wrong: i64 = reader.query_one(WRONG, &[]).await.unwrap().get(0);
            assert_eq!(wrong, 0, "after {reads} reads");
            reads += 1;
        }
        reads
    };
    let working = async {
        for (n, of) in matches.iter().enumerate() {
            let id = job(&world, *of, 1).await;
            job_of(&world, "scoreboard.rebuild", of_tournament()).await;
            let join = format!(
                "insert into scoreboard.members (organization_id, tournament_id, member_id)
                 select organization_id, id, 'late-{n}' from scoreboard.tournaments"
            );
            let settling = [id];
            let (report, settled, joined) = tokio::join!(
                work(&world),
                consume_jobs(&world.queue, &settling),
                world.owner.execute(&join, &[]),
            );
            joined.unwrap();
            for report in [report, settled] {
                assert_eq!((report.failed, report.dead_lettered), (0, 0), "{report:?}");
            }
        }
        work_off(&world).await;
        is_over.store(true, Ordering::Relaxed);
    };
    let (reads, ()) = tokio::join!(reading, working);
    say(format_args!("reads of a board while it was settled, joined and made anew: {reads}"));
    assert!(reads > 0);
    assert_eq!(differences(&world).await, [""; 0]);
    let applied =
        "select count(*) from scoreboard.match_settlement_ledger where status = 'applied'";
    assert_eq!(world.count(applied).await, i64::from(MATCHES));
    let lines = "select count(*) from scoreboard.entries";
    assert_eq!(world.count(lines).await, 200 + i64::from(MATCHES));
}

/// Lines and buckets that are not what entries of points make, of one snapshot.
const WRONG: &str = "with given as (
    select p.member_id, sum(p.points_e4) as points_e4 from scoreboard.point_entries p
    group by p.member_id
  ), counted as (
    select e.points_e4, count(*) as members from scoreboard.entries e group by e.points_e4
  )
  select (select count(*) from scoreboard.members m
          full join scoreboard.entries e using (member_id)
          left join given g using (member_id)
          where e.points_e4 is distinct from coalesce(g.points_e4, 0))
    + (select count(*) from scoreboard.histograms h full join counted c using (points_e4)
       where coalesce(h.members, 0) <> coalesce(c.members, 0))";

#[tokio::test]
async fn a_rebuild_of_a_tournament_is_asked_for_once_at_a_time() {
    let world = World::new().await;
    settled(&world, 10, 1).await;
    let mut session = world.http.db().open().await.unwrap();
    session.operate(act());
    let id = || world.http.host().new_id();
    let ask = async || {
        rebuild_boards(&world.http, &session, &place(), (id(), id()), "request-1").await.unwrap()
    };
    let Asked::Queued { run_id, .. } = ask().await else { panic!("not queued") };
    assert!(matches!(ask().await, Asked::Held(_)), "one is queued");
    work_off(&world).await;
    let sql =
        format!("select count(*) from jobs.run where id = '{run_id}' and status = 'completed'");
    assert_eq!(world.count(&sql).await, 1, "with the check behind it");
    assert!(matches!(ask().await, Asked::Queued { .. }), "the first is over");
    let nowhere = TournamentRef { tournament_id: Uuid::from_u128(9), ..place() };
    let asked = rebuild_boards(&world.http, &session, &nowhere, (id(), id()), "r").await;
    assert_eq!(asked, Ok(Asked::Unknown));
    let audit = "select count(*) from jobs.audit
      where entry::jsonb ->> 'action' = 'scoreboard.rebuild'";
    assert_eq!(world.count(audit).await, 2);
}

fn act() -> Act {
    Act { actor: "tester".to_owned(), reason: None, request_id: "r".to_owned(), key: None }
}

/// Who joins and who closes at once: the line is in the digest, or nobody joins.
#[tokio::test]
async fn nobody_joins_what_is_closed() {
    let world = World::new().await;
    settled(&world, 10, 1).await;
    let mut session = world.http.db().open().await.unwrap();
    session.operate(act());
    let joining = world.database.connect(Role::Owner).await.unwrap();
    joining.batch_execute("begin").await.unwrap();
    let join = "insert into scoreboard.members (organization_id, tournament_id, member_id)
      select organization_id, id, 'late' from scoreboard.tournaments";
    joining.execute(join, &[]).await.unwrap();
    let of = place();
    let (closed, joined) = tokio::join!(session.close_tournament(&of), async {
        let waits = "select count(*) from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'";
        while world.count(waits).await == 0 {}
        joining.batch_execute("commit").await
    });
    joined.unwrap();
    assert!(matches!(closed, Ok(Closing::Closed(_))), "{closed:?}");
    assert_eq!(world.count("select count(*) from scoreboard.entries").await, 11);
    let again = "insert into scoreboard.members (organization_id, tournament_id, member_id)
      select organization_id, id, 'later' from scoreboard.tournaments";
    assert!(world.owner.execute(again, &[]).await.is_err(), "it is closed");
    let (stored, digest) = session.closed(&place()).await.unwrap().expect("closed");
    assert_eq!(stored.digest, digest, "as this build digests it");
}

#[tokio::test]
async fn warnings_that_cannot_be_read_are_no_failure() {
    let world = World::new().await;
    let session = world.http.db().open().await.unwrap();
    assert_eq!(session.vitals().await.unwrap().warnings, Some(Vec::new()));
    let revoke = "revoke execute on function scoreboard.given_up from mauntic_http";
    world.owner.batch_execute(revoke).await.unwrap();
    assert_eq!(session.vitals().await.unwrap().warnings, None);
}

//! Settlements whose COMMITs are lost and whose workers die: what counts counts once,
//! and no attempt that failed is without its entry.

use std::pin::pin;
use std::task::Poll;

use futures::future::{join_all, poll_fn};
use mauntic_testkit::database::{Cluster, Role};
use mauntic_testkit::proxy::{CommitCut, RoundTripProxy};
use mauntic_tests::ports::TestPorts;
use mauntic_tests::say::say;
use mauntic_tests::world::World;
use uuid::Uuid;

use super::given::{consume_jobs, differences, job, make_due, state, tournament};

const CUTS: [CommitCut; 2] = [CommitCut::Before, CommitCut::AfterForward];

/// Flights of an invocation that end in COMMIT, at most: the claim's, the effect's, the
/// entry of its failure, what becomes of the job, and what absolves it.
const COMMITS_MAX: u32 = 5;

async fn entries(world: &World, status: &str) -> i64 {
    let sql = "select count(*) from scoreboard.match_settlement_ledger where status = $1";
    world.owner.query_one(sql, &[&status]).await.unwrap().get(0)
}

/// Leases of whoever is gone have run out, and what waits is due.
async fn time_passes(world: &World) {
    let sql = "update jobs.job set lease_until = now() - interval '1 s'
      where state = 'in_progress'";
    world.owner.execute(sql, &[]).await.unwrap();
    let sql = "update jobs.job set available_at = now(), wake_at = now()
      where state in ('queued', 'failed')";
    world.owner.execute(sql, &[]).await.unwrap();
}

/// Whether the job's lease counts against it when it runs out, once whatever lost
/// connections sent is done or undone. Who lost a connection absolves its jobs by another
/// one, and that skips the row while the server still works for the lost one: the row stays
/// held alone, for nobody can tell it from that of an isolate that died with it. Nothing
/// else may spend a failure here.
async fn is_alone(world: &World, id: Uuid) -> bool {
    let at_work = "select count(*) from pg_locks l
      where l.pid <> pg_backend_pid() and l.relation = 'jobs.job'::regclass
        and l.database = (select d.oid from pg_database d where d.datname = current_database())";
    while world.count(at_work).await > 0 {}
    let sql = "select state = 'in_progress' and alone from jobs.job where id = $1";
    world.owner.query_one(sql, &[&id]).await.unwrap().get(0)
}

/// Attempts that the job says were refused; a lease that ran out is none.
async fn told(world: &World, id: Uuid) -> i64 {
    let sql = "select count(*) from jobs.job j, jsonb_array_elements(j.errors) e
      where j.id = $1 and e::text like '%settlement_not_in_histogram%'";
    world.owner.query_one(sql, &[&id]).await.unwrap().get(0)
}

async fn cutting(world: &World) -> (RoundTripProxy, TestPorts) {
    let proxy = RoundTripProxy::start(Cluster::shared().server().port()).unwrap();
    let ports = TestPorts::new(&proxy.url(&world.database.url(Role::Queue)));
    (proxy, ports)
}

/// Whichever COMMIT of an invocation is lost, and whether or not the server has heard it.
#[tokio::test]
async fn whichever_commit_of_a_settlement_is_lost_it_counts_once() {
    let world = World::new().await;
    let rounds = 2 * usize::try_from(COMMITS_MAX).unwrap();
    let matches = tournament(&world, 50, i32::try_from(rounds).unwrap()).await;
    let mut matches = matches.into_iter();
    let (mut unknown, mut counted) = (0, 0);
    for mode in CUTS {
        for every in 1..=COMMITS_MAX {
            let id = job(&world, matches.next().unwrap(), 1).await;
            let (proxy, ports) = cutting(&world).await;
            proxy.cut_at_commit(mode, every);
            let report = consume_jobs(&ports, &[id]).await;
            unknown +=
                usize::from(report.error.is_some_and(|error| error.code() == "commit_unknown"));
            let (_, spent, ..) = state(&world, id).await;
            assert_eq!(spent, 0, "nothing failed yet: {mode:?} {every}");
            let is_counted = is_alone(&world, id).await;
            counted += usize::from(is_counted);
            // All goes well from now on; the message comes twice.
            time_passes(&world).await;
            for _ in 0..2 {
                consume_jobs(&world.queue, &[id]).await;
            }
            let (state, failures, ..) = state(&world, id).await;
            let expected = ("completed", i16::from(is_counted));
            assert_eq!((state.as_str(), failures), expected, "{mode:?} {every}");
            assert_eq!(differences(&world).await, [""; 0], "{mode:?} {every}");
        }
    }
    say(format_args!("{counted} leases of lost connections were not absolved"));
    assert!(unknown >= 2, "no COMMIT of an effect was lost");
    assert_eq!(entries(&world, "applied").await, i64::try_from(rounds).unwrap());
    assert_eq!((entries(&world, "skipped").await, entries(&world, "failed").await), (0, 0));
}

/// The entry of a failure is written before the attempt is spent, whichever COMMIT is
/// lost on the way.
#[tokio::test]
async fn no_attempt_is_spent_without_its_entry_whatever_commit_is_lost() {
    let world = World::new().await;
    let matches = tournament(&world, 10, 2 * i32::try_from(COMMITS_MAX).unwrap()).await;
    world.owner.execute("delete from scoreboard.histograms", &[]).await.unwrap();
    let mut matches = matches.into_iter();
    let (mut lost, mut told_all) = (0, 0);
    for mode in CUTS {
        for every in 1..=COMMITS_MAX {
            let id = job(&world, matches.next().unwrap(), 1).await;
            let (proxy, ports) = cutting(&world).await;
            proxy.cut_at_commit(mode, every);
            let before = entries(&world, "failed").await;
            let mut rounds = 0;
            while state(&world, id).await.0 != "dead_lettered" {
                time_passes(&world).await;
                consume_jobs(&ports, &[id]).await;
                rounds += 1;
                assert!(rounds < 40, "it never ends: {mode:?} {every}");
                if rounds == 8 {
                    proxy.spare_commits();
                }
            }
            let noted = entries(&world, "failed").await - before;
            let told = told(&world, id).await;
            assert!(noted >= told, "{noted} of {told}: {mode:?} {every}");
            (lost, told_all) = (lost + proxy.commits_cut(), told_all + told);
        }
    }
    say(format_args!("{lost} COMMITs lost among settlements that are refused"));
    assert!(lost > 10 && told_all > 20, "{lost}, {told_all}");
    let twice = "select count(*) from (select from scoreboard.match_settlement_ledger
      group by job_id, attempt having count(*) > 1) t";
    assert_eq!(world.count(twice).await, 0);
    assert_eq!((entries(&world, "applied").await, entries(&world, "skipped").await), (0, 0));
    assert_eq!(world.count("select count(*) from scoreboard.point_entries").await, 0);
}

/// What comes of an invocation that dies after so many waits for the database.
async fn dying(ports: &TestPorts, jobs: &[Uuid], waits: usize) {
    let (mut work, mut left) = (pin!(consume_jobs(ports, jobs)), waits);
    poll_fn(|context| {
        let is_over = work.as_mut().poll(context).is_ready() || left == 0;
        left = left.saturating_sub(1);
        if is_over { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Invocations die wherever they are, two of them at once, and messages come again and
/// again: each match counts once.
#[tokio::test]
async fn workers_that_die_anywhere_change_nothing() {
    const MATCHES: i32 = 12;
    const ROUNDS: usize = 60;
    let world = World::new().await;
    let matches = tournament(&world, 100, MATCHES).await;
    let mut jobs = Vec::new();
    for of in matches.iter().chain(&matches) {
        jobs.push(job(&world, *of, 1).await);
    }
    for round in 0..ROUNDS {
        time_passes(&world).await;
        let some = |nth: usize| jobs[(7 * round + nth) % jobs.len()];
        let (one, two) = ([some(0), some(1), some(2)], [some(2), some(1), some(5)]);
        let lives = [round % 23, (5 * round) % 29];
        let both = [dying(&world.queue, &one, lives[0]), dying(&world.queue, &two, lives[1])];
        join_all(both).await;
    }
    let died = "select count(*) from jobs.job where finished_at is null or claim > 1";
    let died = world.count(died).await;
    assert!(died > 0, "nobody died with a job");
    let open = "select count(*) from jobs.job where finished_at is null";
    let mut rounds = 0;
    while world.count(open).await > 0 {
        time_passes(&world).await;
        make_due(&world).await;
        consume_jobs(&world.queue, &jobs).await;
        rounds += 1;
        assert!(rounds < 50, "they never end");
    }
    assert_eq!(differences(&world).await, [""; 0]);
    let expected = (i64::from(MATCHES), i64::from(MATCHES));
    assert_eq!((entries(&world, "applied").await, entries(&world, "skipped").await), expected);
    assert_eq!(world.count("select count(*) from jobs.dead_letter").await, 0);
}

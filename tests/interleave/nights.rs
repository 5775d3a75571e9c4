//! Chunks of nights side by side: in every order of their statements both count, whichever
//! is last wakes what ends the night, and a user's newest scores are the later night's. Of a
//! chunk and an end, and of two ends, one finds that the other was there first; and of two
//! repeats none takes whom the other has.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::PortfolioUserId;
use mauntic_domain::overnight::{CHUNKS_OPEN, NightStatus};
use mauntic_domain::portfolio::{Quote, Rates, StoredUser, calculate};
use mauntic_flows::ports::{
    Committed, CompletedJob, Database, Effect, EffectStore, JobStore, NightChunk, NightEnd,
    NightStore, NightTold, NightUsers, NightWrite, PortError, SetBackJob, Setback, UserWrite,
};
use mauntic_store::Session;
use mauntic_store::connect::Tcp;
use mauntic_testkit::database::{Role, TestDatabase, connect};
use mauntic_testkit::stepper::{Schedules, SteppingProxy, is_begin};
use mauntic_tests::say::say;
use mauntic_tests::world::organization;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

const OWNER: &str = "org_1";

const fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | n)
}

/// Two nights, of which the second began later.
const NIGHTS: [Uuid; 2] = [id(1), id(2)];
/// Jobs that score, held: one a side; and those that wait for each night's chunks.
const CHUNKS: [Uuid; 2] = [id(3), id(4)];
const ENDS: [Uuid; 2] = [id(5), id(6)];
/// A night before, which scored nobody.
const BEFORE: Uuid = id(8);

const CRITERIA: &str =
    r#"[{"id":"a","name":"A","metric":"price","operator":"gt","value":"1","points":1}]"#;

/// Statements that lock nothing that others want, or are one with what follows.
const PRELUDES: [&str; 1] = ["-- complete_jobs:"];

fn goes_along(sql: &str) -> bool {
    is_begin(sql) || PRELUDES.iter().any(|prelude| sql.starts_with(prelude))
}

fn now() -> DateTime<Utc> {
    "2026-01-02T04:00:00Z".parse().unwrap()
}

/// A chunk that a side scores: of which night, which, and whose.
#[derive(Debug, Clone, Copy)]
struct Scores {
    night: usize,
    chunk: i32,
    user: &'static str,
}

/// What a side does.
#[derive(Debug, Clone, Copy)]
enum Does {
    /// A chunk is scored.
    Scores(Scores),
    /// What ends a night is put off, for it has seen chunks that are open.
    Waits(usize),
    /// A night is ended by what was known before any chunk of this walk.
    Ends(usize),
    /// The tick ends a night whose run is over.
    EndsLost(usize),
    /// A night that repeats [`BEFORE`] is planned.
    Plans(usize),
}

impl Does {
    /// The night whose end, or plan, is the side's own job and is held.
    const fn held(self) -> Option<usize> {
        match self {
            Self::Waits(night) | Self::Ends(night) | Self::Plans(night) => Some(night),
            Self::Scores(_) | Self::EndsLost(_) => None,
        }
    }
}

/// A database, and two sides that are led through it.
struct World {
    proxy: SteppingProxy,
    sides: [Session; 2],
    owner: Client,
    _database: TestDatabase,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::create().await;
        let [owner, queue] = [Role::Owner, Role::Queue].map(|r| database.url(r));
        let proxy = SteppingProxy::merging(&owner, 2, goes_along).await.unwrap();
        let mut sides = Vec::new();
        for side in 0..2 {
            sides.push(Tcp::new(&proxy.url(side, &queue)).unwrap().open().await.unwrap());
        }
        let owner = connect(&owner).await.unwrap();
        let sides = sides.try_into().unwrap_or_else(|_| panic!("two sides"));
        Self { proxy, sides, owner, _database: database }
    }

    /// Walks all orders of what two sides do, of whom `done` get it done each time; after each,
    /// `wrong` looks for what is wrong.
    async fn walk(&self, chunks_total: i32, does: [Does; 2], done: usize, wrong: &str) {
        let (mut schedules, mut waits) = (Schedules::new(), 0);
        while schedules.begin() {
            self.owner.batch_execute(&script(chunks_total, does)).await.unwrap();
            let sides = [0, 1].map(|side| Box::pin(act(&self.sides[side], side, does[side])));
            let choose = &mut |choices: &[usize]| schedules.choose(choices);
            let (trace, found) = self.proxy.interleave(sides, choose).await;
            waits += trace.blocked();
            let found: Vec<bool> = found.into_iter().collect();
            assert_eq!(found.iter().filter(|is_done| **is_done).count(), done, "{found:?} {trace}");
            let row = self.owner.query_opt(wrong, &[]).await.unwrap();
            let wrong = row.map(|row| row.get::<_, String>(0));
            assert_eq!(wrong, None, "{does:?}\n{trace}");
        }
        let orders = schedules.orders();
        say(format_args!("{does:?}: all {orders} orders, {waits} waits"));
        assert!(orders > 1, "nothing overlaps");
    }
}

/// Whether it was done; not where the night is another meanwhile.
async fn act(session: &Session, side: usize, does: Does) -> bool {
    match does {
        Does::Scores(of) => commit(session, CHUNKS[side], scoring(of)).await,
        Does::Waits(night) => {
            let setback = Setback::Snoozed { wait: TimeDelta::minutes(2), reason: CHUNKS_OPEN };
            let job = SetBackJob { id: ENDS[night], claim: 1, setback };
            assert_eq!(session.set_back(&[job]).await, Ok(vec![ENDS[night]]));
            true
        }
        Does::Ends(night) => commit(session, ENDS[side], NightWrite::End(end(night))).await,
        Does::EndsLost(night) => {
            let told = NightTold { event_type: "overnight.Told", data: json!({}) };
            session.end_lost_night(&end(night), &told).await.unwrap()
        }
        Does::Plans(night) => {
            let run_id = NIGHTS[night];
            let plan = NightUsers { run_id, began_at: now(), users_max: 100, chunk_users: 50 };
            commit(session, ENDS[side], NightWrite::Users(plan)).await
        }
    }
}

/// Completes a job with what its night writes.
async fn commit(session: &Session, id: Uuid, write: NightWrite) -> bool {
    let job = CompletedJob { id, claim: 1, run_id: None, summary: json!({}) };
    let effect = Effect { nights: vec![write], ..Effect::of(now(), vec![job]) };
    match session.commit(&effect).await {
        Ok(committed) => {
            assert_eq!(committed, Committed::Done { superseded: 0, refill: false });
            true
        }
        Err(PortError::Contention { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

/// How a night ends of which no chunk was done.
fn end(night: usize) -> NightEnd {
    NightEnd {
        run_id: NIGHTS[night],
        status: NightStatus::Failed,
        completed_at: now(),
        users_processed: 0,
        users_failed: 1,
        users_skipped: 0,
        error_details: json!({}),
        metrics: json!({}),
        is_correction: false,
        chunks_done: 0,
        before: NightStatus::Started,
    }
}

fn scoring(of: Scores) -> NightWrite {
    let stored = StoredUser {
        base_currency: "USD".to_owned(),
        assets: vec![("a".to_owned(), "S".to_owned()), (format!("a{}", of.night), "S".to_owned())],
        criteria: Some((1, CRITERIA.to_owned())),
        unlisted: 0,
    };
    let rates =
        Rates::from_json(r#"{"base":"USD","asOf":"2026-01-02T00:00:00Z","units":{"EUR":"0.9"}}"#);
    let quote = Quote::from_json(r#"{"currency":"USD","fundamentals":{"price":"7"}}"#).unwrap();
    let quotes = [("S".to_owned().try_into().unwrap(), quote)].into();
    let calculation = calculate(&stored, &rates.unwrap(), &quotes);
    let user = (organization(OWNER), PortfolioUserId::parse(of.user).unwrap());
    NightWrite::Chunk(NightChunk {
        run_id: NIGHTS[of.night],
        chunk: of.chunk,
        scored_at: now(),
        users: vec![UserWrite::of(user, id(7), &calculation)],
        reopens: false,
    })
}

/// Both nights with their chunks, and nobody is scored.
fn script(chunks_total: i32, does: [Does; 2]) -> String {
    let mut sql = "set session_replication_role = replica;
         delete from portfolio.calculation_events; delete from portfolio.score_history;
         delete from portfolio.asset_scores; delete from portfolio.overnight_users;
         delete from portfolio.prices; delete from portfolio.overnight_steps;
         delete from portfolio.overnight_job_runs; delete from portfolio.users;
         delete from jobs.job; delete from jobs.event_outbox; delete from jobs.run;
         set session_replication_role = origin;"
        .to_owned();
    for (nth, night) in NIGHTS.iter().enumerate() {
        let started_at = now() + TimeDelta::minutes(i64::try_from(nth).unwrap());
        sql += &format!(
            "insert into portfolio.overnight_job_runs (id, job_type, started_at, correlation_id,
               inputs_of, chunks_total)
             values ('{night}', 'overnight.start', '{started_at}', 'c', '{night}', {chunks_total});
             insert into jobs.run (id, job_key, trigger, jobs_total)
             values ('{night}', 'overnight.start', 'manual', 1);
             insert into jobs.job (id, queue, type, data, failures_max, run_id, available_at, wake_at)
             values ('{}', 'mauntic-overnight-jobs', 'overnight.finalize', '{{}}', 3, '{night}',
               now() + interval '1 h', now() + interval '1 h');",
            ENDS[nth]
        );
    }
    for (side, of) in does.into_iter().enumerate() {
        if let Some(night) = of.held() {
            // Of two who end one night, one has the other's job.
            let job = if matches!(of, Does::Waits(_)) { ENDS[night] } else { ENDS[side] };
            sql += &format!(
                "update jobs.job set state = 'in_progress', claim = 1,
                   lease_until = now() + interval '1 h' where id = '{job}';"
            );
        }
        let of = match of {
            Does::Scores(of) => of,
            Does::EndsLost(night) => {
                sql += &format!(
                    "update jobs.run set status = 'completed', jobs_done = 1, finished_at = now()
                     where id = '{}';",
                    NIGHTS[night]
                );
                continue;
            }
            Does::Plans(night) => {
                sql += &before(NIGHTS[night]);
                continue;
            }
            Does::Waits(_) | Does::Ends(_) => continue,
        };
        sql += &format!(
            "insert into portfolio.users (organization_id, user_id, base_currency)
             values ('{OWNER}', '{0}', 'USD') on conflict do nothing;
             insert into portfolio.overnight_users (run_id, organization_id, user_id, chunk)
             values ('{1}', '{OWNER}', '{0}', {2});
             insert into jobs.job (id, queue, type, data, failures_max, state, claim, lease_until)
             values ('{3}', 'mauntic-overnight-jobs', 'overnight.score-users', '{{\"chunk\": {2}}}',
               3, 'in_progress', 1, now() + interval '1 h');",
            of.user, NIGHTS[of.night], of.chunk, CHUNKS[side]
        );
    }
    sql
}

/// A night that scored nobody, and one that repeats it.
fn before(repeat: Uuid) -> String {
    format!(
        "insert into portfolio.overnight_job_runs (id, job_type, status, started_at, completed_at,
           correlation_id, inputs_of)
         values ('{BEFORE}', 'overnight.start', 'partial', now(), now(), 'c', '{BEFORE}')
         on conflict do nothing;
         insert into portfolio.users (organization_id, user_id, base_currency)
         values ('{OWNER}', 'ada', 'USD'), ('{OWNER}', 'bob', 'USD') on conflict do nothing;
         insert into portfolio.overnight_users (run_id, organization_id, user_id, chunk, fate, reason)
         select '{BEFORE}', '{OWNER}', u, 0, 'failed', 'missing_price' from unnest(array['ada', 'bob']) u
         on conflict do nothing;
         update portfolio.overnight_job_runs set inputs_of = '{BEFORE}', chunks_total = 0
         where id = '{repeat}';"
    )
}

#[tokio::test]
async fn of_two_last_chunks_both_count_and_the_night_is_woken() {
    let world = World::new().await;
    let wrong = format!(
        "select concat_ws(' ', n.chunks_done, j.available_at > clock_timestamp(),
             (select count(*) from portfolio.overnight_users u where u.fate = 'scored'))
         from portfolio.overnight_job_runs n join jobs.job j on j.id = '{}'
         where n.id = '{}' and (n.chunks_done <> 2 or j.available_at > clock_timestamp()
           or exists (select from portfolio.overnight_users u where u.fate is null))",
        ENDS[0], NIGHTS[0]
    );
    let scores = [0, 1].map(|side| {
        let user = ["ada", "bob"][side];
        Does::Scores(Scores { night: 0, chunk: i32::try_from(side).unwrap(), user })
    });
    world.walk(2, scores, 2, &wrong).await;
}

#[tokio::test]
async fn of_a_late_chunk_and_a_later_night_the_later_nights_scores_are_the_newest() {
    let world = World::new().await;
    let wrong = format!(
        "select concat_ws(' ', (select count(*) from portfolio.score_history),
             (select count(*) from portfolio.calculation_events),
             (select string_agg(asset_id || ' of ' || run_id, ', ') from portfolio.asset_scores))
         where (select count(*) from portfolio.score_history) <> 4
           or (select count(*) from portfolio.calculation_events) <> 8
           or (select array_agg(asset_id order by asset_id) from portfolio.asset_scores
               where run_id = '{0}') is distinct from array['a', 'a1']
           or (select count(*) from portfolio.asset_scores) <> 2
           or exists (select from jobs.job where id in ('{1}', '{2}')
               and available_at > clock_timestamp())",
        NIGHTS[1], ENDS[0], ENDS[1]
    );
    let scores = [0, 1].map(|night| Does::Scores(Scores { night, chunk: 0, user: "ada" }));
    world.walk(1, scores, 2, &wrong).await;
}

/// What ends a night has read that a chunk is open, and is put off while that is done.
#[tokio::test]
async fn the_last_chunk_wakes_who_is_put_off_for_it_meanwhile() {
    let world = World::new().await;
    let wrong = format!(
        "select concat_ws(' ', j.state, j.available_at - clock_timestamp()) from jobs.job j
         where j.id = '{}' and (j.state <> 'queued' or j.available_at > clock_timestamp())",
        ENDS[0]
    );
    let scores = Does::Scores(Scores { night: 0, chunk: 0, user: "ada" });
    world.walk(1, [scores, Does::Waits(0)], 2, &wrong).await;
}

/// What a walk of a chunk and an end of its night leaves: either alone.
fn neither_alone(also: &str) -> String {
    format!(
        "select concat_ws(' ', n.status, n.chunks_done, u.fate)
         from portfolio.overnight_job_runs n join portfolio.overnight_users u on u.run_id = n.id
         where n.id = '{}'
           and (n.status, n.chunks_done, u.fate) is distinct from ('failed', 0, null::text)
           and (n.status, n.chunks_done, u.fate) is distinct from ('started', 1, 'scored')
         {also}",
        NIGHTS[0]
    )
}

#[tokio::test]
async fn of_a_chunk_and_an_end_that_does_not_know_of_it_one_is_done() {
    let world = World::new().await;
    let scores = Does::Scores(Scores { night: 0, chunk: 0, user: "ada" });
    world.walk(1, [scores, Does::Ends(0)], 1, &neither_alone("")).await;
}

#[tokio::test]
async fn of_a_late_chunk_and_the_end_of_a_lost_night_one_is_done() {
    let world = World::new().await;
    let scores = Does::Scores(Scores { night: 0, chunk: 0, user: "ada" });
    // The end is told exactly where it is one.
    let untold = format!(
        "union all select 'told' from portfolio.overnight_job_runs n
         where n.id = '{}'
           and (n.status = 'failed') <> exists (select from jobs.event_outbox)",
        NIGHTS[0]
    );
    world.walk(1, [scores, Does::EndsLost(0)], 1, &neither_alone(&untold)).await;
}

#[tokio::test]
async fn of_two_ends_of_a_night_one_is_done() {
    let world = World::new().await;
    let wrong = format!(
        "select concat_ws(' ', n.status, count(*)) from portfolio.overnight_job_runs n, jobs.job j
         where n.id = '{}' and j.state = 'completed' group by n.status
         having n.status <> 'failed' or count(*) <> 1",
        NIGHTS[0]
    );
    world.walk(0, [Does::Ends(0), Does::Ends(0)], 1, &wrong).await;
}

#[tokio::test]
async fn of_two_repeats_each_user_is_in_one() {
    let world = World::new().await;
    let wrong = format!(
        "select string_agg(o.user_id || ' in ' || o.run_id, ', ')
         from portfolio.overnight_users o where o.run_id <> '{BEFORE}'
         having count(*) <> 2 or count(distinct o.user_id) <> 2"
    );
    world.walk(0, [Does::Plans(0), Does::Plans(1)], 2, &wrong).await;
}

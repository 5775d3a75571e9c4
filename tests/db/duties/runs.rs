//! Runs: their lock, their cancel and their recount beside jobs that finish.

use chrono::TimeDelta;
use futures::future::{join, join_all};
use mauntic_domain::jobs::{JobType, Queue};
use mauntic_domain::runs::{RunCounts, RunStatus};
use mauntic_flows::ports::{NewRun, Opened, Recounted, RelayStore, RunStart, RunStore};
use mauntic_testkit::database::Role;
use mauntic_testkit::wait::until_async;
use mauntic_tests::world::World;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use super::{session, sessions};

fn start(exclusive: bool) -> RunStart {
    RunStart {
        run_id: Uuid::new_v4(),
        job_id: Uuid::new_v4(),
        job_type: JobType::BatchRecompute,
        data: json!({}),
        exclusive,
        request_id: "r".to_owned(),
    }
}

fn new_run(exclusive: bool) -> NewRun {
    NewRun { job_key: "recompute".to_owned(), organization_id: None, start: start(exclusive) }
}

#[tokio::test]
async fn a_run_is_a_lock_and_a_repeated_request_is_the_same_run() {
    let world = World::new().await;
    let sessions = sessions(&world, 20).await;
    let asked: Vec<NewRun> = sessions.iter().map(|_| new_run(true)).collect();
    let asking = sessions.iter().zip(&asked).map(|(session, run)| session.open_run(run, "api"));
    let answers: Vec<Opened> = join_all(asking).await.into_iter().map(Result::unwrap).collect();
    let won = answers.iter().position(|answer| matches!(answer, Opened::Started { .. })).unwrap();
    let winner = asked[won].start.run_id;
    let held = answers.iter().filter(|answer| {
        matches!(answer, Opened::Held { holder, since, expires_at }
            if *holder == winner && *expires_at - *since >= TimeDelta::minutes(25))
    });
    assert_eq!(held.count(), 19);
    assert_eq!(world.count("select count(*) from jobs.job where state = 'queued'").await, 1);

    let session = &sessions[0];
    assert!(matches!(session.open_run(&asked[won], "api").await.unwrap(), Opened::Started { .. }));
    assert!(matches!(
        session.open_run(&new_run(false), "api").await.unwrap(),
        Opened::Started { .. }
    ));
    assert_eq!(world.count("select count(*) from jobs.job").await, 2);
    let taken = session.take_due(9).await.unwrap();
    assert_eq!(taken.len(), 2, "a run's first job is sent at once");
    assert!(taken.iter().all(|(queue, due)| *queue == Queue::ScoringEvents
        && due.delay_secs == 0
        && due.message.execution_id.is_some()
        && due.message.request_id.as_deref() == Some("r")
        && due.message.v == Some(1)));

    // A cancel gives the lock back.
    assert_eq!(session.cancel_run(winner).await.unwrap(), 1);
    let run = session.run(winner).await.unwrap().unwrap();
    assert_eq!((run.status, run.trigger.as_str()), (RunStatus::Cancelled, "api"));
    assert!(matches!(
        session.open_run(&new_run(true), "manual").await.unwrap(),
        Opened::Started { .. }
    ));
    assert_eq!(session.run(Uuid::new_v4()).await.unwrap(), None);
    assert_eq!(session.cancel_run(winner).await.unwrap(), 0);
}

/// A run with jobs in these states; its counts say that all are open.
async fn run_of(world: &World, states: &[&str]) -> (Uuid, Vec<Uuid>) {
    let run = Uuid::new_v4();
    let total = i32::try_from(states.len()).unwrap();
    let sql = "insert into jobs.run (id, job_key, trigger, jobs_total) values ($1, 'k', 'api', $2)";
    world.owner.execute(sql, &[&run, &total]).await.unwrap();
    let sql = "insert into jobs.job (queue, type, data, failures_max, run_id, state, lease_until,
        finished_at, receipt)
      select 'q', 't', '{}', 3, $1, s, case when s = 'in_progress' then clock_timestamp() end,
        case when s in ('completed', 'dead_lettered', 'cancelled') then clock_timestamp() end,
        case when s = 'completed' then '{}'::jsonb end
      from unnest($2::text[]) with ordinality as u(s, n) order by n returning id";
    let rows = world.owner.query(sql, &[&run, &states]).await.unwrap();
    (run, rows.iter().map(|row| row.get(0)).collect())
}

/// A job becomes final as its effect does it: the job first, the run last.
async fn finish(client: &Client, job: Uuid, run: Uuid) -> bool {
    let fence = "update jobs.job set state = 'completed', finished_at = clock_timestamp(),
      lease_until = null, receipt = '{}' where id = $1 and state = 'in_progress'";
    client.batch_execute("begin").await.unwrap();
    let held = client.execute(fence, &[&job]).await.unwrap() == 1;
    if held {
        let count = "select jobs.count_runs(done => array[$1::uuid])";
        client.query(count, &[&run]).await.unwrap();
    }
    client.batch_execute("commit").await.unwrap();
    held
}

#[tokio::test]
async fn a_cancel_and_finishing_jobs_neither_deadlock_nor_miscount() {
    let world = World::new().await;
    let session = session(&world).await;
    let mut finishers = Vec::new();
    for _ in 0..4 {
        finishers.push(world.database.connect(Role::Queue).await.unwrap());
    }
    for _ in 0..20 {
        let states: Vec<&str> =
            (0..12).map(|n| if n % 3 == 0 { "queued" } else { "in_progress" }).collect();
        let (run, ids) = run_of(&world, &states).await;
        let held: Vec<Uuid> =
            ids.iter().enumerate().filter(|(n, _)| n % 3 > 0).map(|(_, id)| *id).collect();
        let finishing = finishers.iter().zip(held.chunks(2)).map(|(client, jobs)| async move {
            for job in jobs {
                assert!(finish(client, *job, run).await);
            }
        });
        let (cancelled, _) = join(session.cancel_run(run), join_all(finishing)).await;
        assert_eq!(cancelled.unwrap(), 4);
        let seen = session.run(run).await.unwrap().unwrap();
        assert_eq!(seen.counts, RunCounts { total: 12, done: 8, dead: 0, cancelled: 4 });
        assert_eq!(seen.status, RunStatus::Cancelled);
    }
    let sql = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(world.count(sql).await, 0);
}

#[tokio::test]
async fn a_cancel_looks_again_at_a_job_that_is_claimed_at_that_moment() {
    let world = World::new().await;
    let session = session(&world).await;
    let (run, ids) = run_of(&world, &["queued", "failed"]).await;
    let claim = world.database.connect(Role::Queue).await.unwrap();
    claim.batch_execute("begin").await.unwrap();
    let sql = "update jobs.job set state = 'in_progress', claim = claim + 1,
      lease_until = clock_timestamp() + interval '60 s' where id = $1";
    claim.execute(sql, &[&ids[0]]).await.unwrap();
    let committed = async {
        waits_for_a_lock(&world).await;
        claim.batch_execute("commit").await.unwrap();
    };
    let (cancelled, ()) = join(session.cancel_run(run), committed).await;
    assert_eq!(cancelled.unwrap(), 1, "the claimed one is not cancelled");
    let seen = session.run(run).await.unwrap().unwrap();
    assert_eq!(seen.counts, RunCounts { total: 2, done: 0, dead: 0, cancelled: 1 });
    assert_eq!(seen.status, RunStatus::Running);
    assert!(finish(&claim, ids[0], run).await);
    assert_eq!(session.run(run).await.unwrap().unwrap().status, RunStatus::Cancelled);
}

async fn waits_for_a_lock(world: &World) {
    until_async("a wait for a lock", 10, || async {
        let sql = "select count(*) from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'";
        (world.count(sql).await > 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_recount_ends_what_is_done_and_shows_what_is_not() {
    let world = World::new().await;
    let session = session(&world).await;
    let (spoiled, _) = run_of(&world, &["completed", "completed", "dead_lettered"]).await;
    let (open, jobs) = run_of(&world, &["completed", "in_progress"]).await;
    let (fresh, _) = run_of(&world, &["completed"]).await;
    let (counted, _) = run_of(&world, &["completed"]).await;
    let (dead, _) = run_of(&world, &["dead_lettered"]).await;
    let spoil = "update jobs.run set jobs_total = case when id = $1 then 7 else jobs_total end,
      progressed_at = case when id = $2 then progressed_at
        else clock_timestamp() - interval '26 min' end";
    world.owner.execute(spoil, &[&spoiled, &fresh]).await.unwrap();

    // One that is being counted at this moment is left alone, without waiting.
    let busy = world.database.connect(Role::Owner).await.unwrap();
    busy.batch_execute("begin").await.unwrap();
    busy.execute("select from jobs.run where id = $1 for update", &[&counted]).await.unwrap();
    let idle = TimeDelta::minutes(25);
    let found = session.recount(idle, 100).await.unwrap();
    assert_eq!(found, Recounted { finalized: 2, stalled: 1 });
    busy.batch_execute("rollback").await.unwrap();

    let run = async |id| session.run(id).await.unwrap().unwrap();
    // Four of its jobs are gone: retention took them, so they were done.
    let seen = run(spoiled).await;
    assert_eq!(seen.counts, RunCounts { total: 7, done: 6, dead: 1, cancelled: 0 });
    assert_eq!((seen.status, seen.finished_at.is_some()), (RunStatus::Partial, true));
    assert_eq!(run(dead).await.status, RunStatus::Failed);
    assert_eq!((run(fresh).await.status, run(fresh).await.stalled_at), (RunStatus::Running, None));
    let seen = run(open).await;
    assert_eq!(seen.counts, RunCounts { total: 2, done: 1, dead: 0, cancelled: 0 });
    assert!(seen.status == RunStatus::Running && seen.stalled_at.is_some());

    // Its last job ends it, and is no stall any more.
    let client = world.database.connect(Role::Queue).await.unwrap();
    assert!(finish(&client, jobs[1], open).await);
    let seen = run(open).await;
    assert_eq!((seen.status, seen.stalled_at), (RunStatus::Completed, None));
    let found = session.recount(idle, 100).await.unwrap();
    assert_eq!(found, Recounted { finalized: 1, stalled: 0 }, "the one that was busy");
}

#[tokio::test]
async fn a_recount_waits_for_no_job_and_none_is_counted_twice() {
    let world = World::new().await;
    let session = session(&world).await;
    let (run, ids) = run_of(&world, &["completed", "in_progress"]).await;
    let sql = "update jobs.run set progressed_at = clock_timestamp() - interval '1 h'";
    world.owner.execute(sql, &[]).await.unwrap();
    // The job is final in a transaction that has not counted it yet.
    let last = world.database.connect(Role::Queue).await.unwrap();
    last.batch_execute("begin").await.unwrap();
    let sql = "update jobs.job set state = 'completed', finished_at = clock_timestamp(),
      lease_until = null, receipt = '{}' where id = $1";
    last.execute(sql, &[&ids[1]]).await.unwrap();
    let found = session.recount(TimeDelta::minutes(25), 9).await.unwrap();
    assert_eq!(found, Recounted { finalized: 0, stalled: 1 });
    last.query("select jobs.count_runs(done => array[$1::uuid])", &[&run]).await.unwrap();
    last.batch_execute("commit").await.unwrap();
    let seen = session.run(run).await.unwrap().unwrap();
    assert_eq!(seen.counts, RunCounts { total: 2, done: 2, dead: 0, cancelled: 0 });
    assert_eq!(seen.status, RunStatus::Completed);
}

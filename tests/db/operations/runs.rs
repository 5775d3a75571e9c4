//! Runs that operators end and retry.

use chrono::{DateTime, Utc};
use futures::future::join;
use mauntic_flows::ports::{Ended, JobStore, OperatorStore, Retried, RunStore};
use mauntic_testkit::database::Role;
use mauntic_testkit::wait;
use mauntic_tests::world::World;
use serde_json::json;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::{audited, dead, failed_run, new_run, operator, row, system};

#[tokio::test]
async fn a_runs_dead_jobs_are_queued_again_but_for_taken_keys() {
    let world = World::new().await;
    let run = failed_run(&world, 4).await;
    dead(&world, "a", Some(run), None).await;
    // Two that died under one key: only one can have it.
    dead(&world, "b", Some(run), Some("twice")).await;
    dead(&world, "b", Some(run), Some("twice")).await;
    dead(&world, "c", Some(run), Some("taken")).await;
    let taken =
        "insert into jobs.job (organization_id, queue, type, data, failures_max, idempotency_key)
      select organization_id, queue, type, data, failures_max, released_key from jobs.job
      where released_key = 'taken'";
    world.rows(taken).await;
    let session = operator(&world, None).await;
    let done = Retried::Done { jobs: 2, refused: 2, discarded: 0 };
    assert_eq!(session.retry_run(run).await.unwrap(), done);
    let none = Retried::Done { jobs: 0, refused: 2, discarded: 0 };
    assert_eq!(session.retry_run(run).await.unwrap(), none);
    let after = row(&world, "jobs.run", run).await;
    assert_eq!((&after["status"], &after["jobs_dead"]), (&json!("running"), &json!(2)));
    assert_eq!(after["revision"], 2);
    assert_eq!(session.retry_run(Uuid::nil()).await.unwrap(), Retried::Unknown);
    let whole = new_run("k", true);
    session.open_run(&whole, "api").await.unwrap();
    assert_eq!(session.retry_run(whole.start.run_id).await.unwrap(), Retried::NoneDead);
    let actions: Vec<_> = audited(&world).await.into_iter().map(|entry| entry.action).collect();
    assert_eq!(actions, ["run.retry", "cron.run"]);
}

#[tokio::test]
async fn a_run_is_ended_once() {
    let world = World::new().await;
    let session = operator(&world, None).await;
    let run = new_run("k", true);
    let id = run.start.run_id;
    session.open_run(&run, "api").await.unwrap();
    assert_eq!(session.end_run(Uuid::nil()).await.unwrap(), Ended::Unknown);
    assert_eq!(session.end_run(id).await.unwrap(), Ended::Done { jobs: 1 });
    let over = Ended::Over { status: "cancelled".to_owned() };
    assert_eq!(session.end_run(id).await.unwrap(), over);
    assert_eq!(session.cancel_run(id).await.unwrap(), 0);
    let row = row(&world, "jobs.run", id).await;
    assert!(!row["cancelled_at"].is_null(), "{row}");
    let entries = audited(&world).await;
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[1].after, json!({"jobs": 1}));
}

#[tokio::test]
async fn a_run_whose_job_is_being_done_is_marked() {
    let world = World::new().await;
    let session = operator(&world, None).await;
    let run = new_run("k", true);
    let id = run.start.run_id;
    session.open_run(&run, "api").await.unwrap();
    let leased =
        "update jobs.job set state = 'in_progress', lease_until = now() + interval '1 min'";
    world.rows(leased).await;
    for _ in 0..2 {
        assert_eq!(session.end_run(id).await.unwrap(), Ended::Done { jobs: 0 });
    }
    let row = row(&world, "jobs.run", id).await;
    assert_eq!((&row["status"], row["cancelled_at"].is_null()), (&json!("running"), false));
    assert_eq!(audited(&world).await.len(), 3);
}

/// The planner has written its jobs and waits to count the run, or is about to:
/// either the cancel finds them, or the planner finds the mark.
#[tokio::test]
async fn what_a_planner_enqueues_while_its_run_is_ended_is_cancelled() {
    let world = World::new().await;
    let session = operator(&world, None).await;
    let run = new_run("k", true);
    let id = run.start.run_id;
    session.open_run(&run, "api").await.unwrap();
    let leased =
        "update jobs.job set state = 'in_progress', lease_until = now() + interval '1 min'";
    world.rows(leased).await;
    let planner = world.database.connect(Role::Owner).await.unwrap();
    let spawn = "begin;
      insert into jobs.job (organization_id, queue, type, data, failures_max, run_id)
      select organization_id, queue, 'scoring.RecomputeChunk', data, 3, run_id from jobs.job;
      select jobs.count_runs(spawned => array_agg(id)) from jobs.run";
    planner.batch_execute(spawn).await.unwrap();
    let committed = async {
        wait::until_async("the cancel waits for the run", 10, async || {
            let sql = "select count(*) from pg_stat_activity
              where wait_event_type = 'Lock' and datname = current_database()";
            (world.count(sql).await > 0).then_some(())
        })
        .await;
        planner.batch_execute("commit").await.unwrap();
    };
    let (ended, ()) = join(session.end_run(id), committed).await;
    assert_eq!(ended.unwrap(), Ended::Done { jobs: 1 });
    let spawned = "select count(*) from jobs.job where type = 'scoring.RecomputeChunk' and state = 'cancelled'";
    assert_eq!(world.count(spawned).await, 1);
    let row = row(&world, "jobs.run", id).await;
    assert_eq!((&row["jobs_total"], &row["jobs_cancelled"]), (&json!(2), &json!(1)));
    let none: [Uuid; 0] = [];
    assert_eq!(session.cancel(&[run.start.job_id]).await.unwrap(), none);
}

/// A replay has locked a dead job of the run, and queues it while the cancel is
/// at it: the cancel finds it, whoever makes it.
#[tokio::test]
async fn a_cancel_of_a_run_waits_for_a_replay_that_is_not_committed() {
    const LOCK: &str = include_str!("../../../crates/store/sql/lock_dead.sql");
    const REPLAY: &str = include_str!("../../../crates/store/sql/replay.sql");
    let world = World::new().await;
    let session = operator(&world, None).await;
    for by_hand in [true, false] {
        let run = new_run(if by_hand { "k" } else { "l" }, true);
        let id = run.start.run_id;
        session.open_run(&run, "api").await.unwrap();
        let (_, job) = dead(&world, "c", Some(id), None).await;
        let held =
            "update jobs.job set state = 'in_progress', lease_until = now() + interval '1 min'
          where id = $1";
        world.owner.execute(held, &[&run.start.job_id]).await.unwrap();
        let count = "update jobs.run set jobs_total = 2, jobs_dead = 1 where id = $1";
        world.owner.execute(count, &[&id]).await.unwrap();
        let replaying = world.database.connect(Role::Queue).await.unwrap();
        let jobs = vec![job];
        replaying.batch_execute("begin").await.unwrap();
        replaying.query_typed(LOCK, &[(&jobs, Type::UUID_ARRAY)]).await.unwrap();
        let committed = async {
            wait::until_async("the cancel waits for the job", 10, async || {
                let sql = "select count(*) from pg_stat_activity
                  where wait_event_type = 'Lock' and datname = current_database()";
                (world.count(sql).await > 0).then_some(())
            })
            .await;
            let params: &[(&(dyn ToSql + Sync), Type)] = &[
                (&jobs, Type::UUID_ARRAY),
                (&None::<DateTime<Utc>>, Type::TIMESTAMPTZ),
                (&0_i64, Type::INT8),
                (&None::<&str>, Type::TEXT),
                (&None::<i16>, Type::INT2),
                (&None::<&str>, Type::TEXT),
                (&None::<&str>, Type::TEXT),
                (&None::<Uuid>, Type::UUID),
            ];
            replaying.query_typed(REPLAY, params).await.unwrap();
            replaying.batch_execute("commit").await.unwrap();
        };
        let cancel = async {
            if by_hand {
                assert_eq!(session.end_run(id).await.unwrap(), Ended::Done { jobs: 1 });
            } else {
                assert_eq!(system(&world).await.cancel_run(id).await.unwrap(), 1);
            }
        };
        join(cancel, committed).await;
        assert_eq!(row(&world, "jobs.job", job).await["state"], "cancelled");
        let row = row(&world, "jobs.run", id).await;
        assert_eq!((&row["jobs_dead"], &row["jobs_cancelled"]), (&json!(0), &json!(1)));
        assert_eq!((&row["status"], row["cancelled_at"].is_null()), (&json!("running"), false));
    }
}

//! Runs: opened under their lock, shown, and recounted when they are stuck.

use chrono::TimeDelta;
use mauntic_domain::jobs::limits::RUN_IDLE;
use mauntic_domain::runs::RunStatus;
use mauntic_flows::ports::{JobKey, JobStore, Opened, Recounted, RunStore, SetBackJob};
use serde_json::json;

use super::given::{dead, new_run};
use crate::dump::none;
use crate::subject::{Subject, World};

on_both! {
    a_run_begins_with_its_first_job
    a_held_lock_says_who_holds_it
    the_same_run_again_is_started
    a_run_without_the_lock_runs_beside
    a_final_run_frees_the_lock
    a_run_is_shown
    an_idle_run_is_stalled
    a_moving_run_is_not_recounted
    a_stalled_run_that_moves_is_stalled_no_more
    a_run_whose_counts_are_wrong_is_mended
    at_most_so_many_runs_are_recounted
}

async fn a_run_begins_with_its_first_job<S: Subject>(mut world: World<S>) {
    let (run, id) = world.open("opened", true).await;
    let row = json!({"job_key": "opened", "trigger": "manual", "status": "running",
        "exclusive": true, "jobs_total": 1, "jobs_done": 0, "revision": 0,
        "request_id": "request-3", "scheduled_for": none(), "started_at": "+0s",
        "progressed_at": "+0s", "organization_id": none()});
    world.expect_run(run, row).await;
    let row = json!({"state": "queued", "run_id": run, "wake_at": "+0s", "available_at": "+0s",
        "type": "scoring.BatchRecompute", "request_id": "request-3", "scheduled_for": none(),
        "failures_max": 3, "data": {}});
    world.expect_job(id, row).await;
}

async fn a_held_lock_says_who_holds_it<S: Subject>(mut world: World<S>) {
    let since = world.subject.now();
    let (holder, _) = world.open("locked", true).await;
    world.advance(10).await;
    let run = new_run("locked", world.id(), world.id(), true);
    let before = world.dump().await;
    let opened = world.queue.open_run(&run, "api").await.unwrap();
    assert_eq!(opened, Opened::Held { holder, since, expires_at: since + RUN_IDLE });
    assert_eq!(world.dump().await, before);
}

async fn the_same_run_again_is_started<S: Subject>(mut world: World<S>) {
    let run = new_run("again", world.id(), world.id(), true);
    assert!(matches!(world.queue.open_run(&run, "api").await.unwrap(), Opened::Started { .. }));
    let before = world.dump().await;
    assert!(matches!(world.queue.open_run(&run, "api").await.unwrap(), Opened::Started { .. }));
    assert_eq!(world.dump().await, before);
}

async fn a_run_without_the_lock_runs_beside<S: Subject>(mut world: World<S>) {
    world.open("beside", true).await;
    world.open("beside", false).await;
    world.open("beside", false).await;
    world.open("another", true).await;
    assert_eq!(world.column("runs", "status").await.len(), 4);
}

async fn a_final_run_frees_the_lock<S: Subject>(mut world: World<S>) {
    let (_, id) = world.open("freed", true).await;
    world.queue.cancel(&[id]).await.unwrap();
    world.open("freed", true).await;
    assert_eq!(world.column("runs", "status").await, ["cancelled", "running"]);
}

async fn a_run_is_shown<S: Subject>(mut world: World<S>) {
    let (run, id) = world.open("shown", true).await;
    let start = world.subject.now();
    world.advance(10).await;
    let held = world.hold_alone(id).await;
    world.set_back(&held, dead(true)).await;
    let shown = world.queue.run(run).await.unwrap().unwrap();
    assert_eq!(
        (shown.id, shown.job_key.as_str(), shown.trigger.as_str()),
        (run, "shown", "manual")
    );
    assert_eq!((shown.status, shown.revision, shown.counts.dead), (RunStatus::Failed, 0, 1));
    assert_eq!((shown.started_at, shown.finished_at), (start, Some(world.subject.now())));
    assert_eq!(world.queue.run(id).await.unwrap(), None);
}

async fn an_idle_run_is_stalled<S: Subject>(mut world: World<S>) {
    let (run, _) = world.open("idle", true).await;
    world.subject.advance(RUN_IDLE + TimeDelta::seconds(1)).await;
    let stalled = Recounted { finalized: 0, stalled: 1 };
    assert_eq!(world.queue.recount(RUN_IDLE, 10).await.unwrap(), stalled);
    let row = json!({"status": "running", "stalled_at": "+0s", "progressed_at": "-1501s"});
    world.expect_run(run, row).await;
}

async fn a_moving_run_is_not_recounted<S: Subject>(mut world: World<S>) {
    world.open("moving", true).await;
    world.subject.advance(RUN_IDLE).await;
    let before = world.dump().await;
    assert_eq!(world.queue.recount(RUN_IDLE, 10).await.unwrap(), Recounted::default());
    assert_eq!(world.dump().await, before);
}

async fn a_stalled_run_that_moves_is_stalled_no_more<S: Subject>(mut world: World<S>) {
    let (run, jobs) = world.fan_out(2).await;
    world.subject.advance(RUN_IDLE * 2).await;
    world.queue.recount(RUN_IDLE, 10).await.unwrap();
    let held = world.hold(jobs[0]).await;
    world.complete(&[&held]).await;
    world.expect_run(run, json!({"stalled_at": none(), "progressed_at": "+0s"})).await;
}

async fn a_run_whose_counts_are_wrong_is_mended<S: Subject>(mut world: World<S>) {
    // Its only job moves away from it, as only a mistake could do.
    let (run, id) = world.open("mended", true).await;
    let held = world.hold_alone(id).await;
    let setback = dead(true);
    world.queue.set_back(&[SetBackJob { id, claim: held.claim, setback }]).await.unwrap();
    world.queue.replay(id).await.unwrap();
    world.expect_run(run, json!({"status": "running", "exclusive": false})).await;
    world.subject.advance(RUN_IDLE * 2).await;
    let recounted = world.queue.recount(RUN_IDLE, 10).await.unwrap();
    assert_eq!(recounted, Recounted { finalized: 0, stalled: 1 });
    world.queue.cancel(&[id]).await.unwrap();
    world.expect_run(run, json!({"status": "cancelled", "stalled_at": none()})).await;
}

async fn at_most_so_many_runs_are_recounted<S: Subject>(mut world: World<S>) {
    let (first, _) = world.open("a", true).await;
    world.advance(10).await;
    let (second, _) = world.open("b", true).await;
    world.subject.advance(RUN_IDLE * 2).await;
    assert_eq!(world.queue.recount(RUN_IDLE, 1).await.unwrap().stalled, 1);
    world.expect_run(first, json!({"stalled_at": "+0s"})).await;
    world.advance(60).await;
    // The one that was looked at longest ago comes next.
    assert_eq!(world.queue.recount(RUN_IDLE, 1).await.unwrap().stalled, 1);
    world.expect_run(first, json!({"stalled_at": "-60s"})).await;
    world.expect_run(second, json!({"stalled_at": "+0s"})).await;
    world.one(JobKey::None).await;
}

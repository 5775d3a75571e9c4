//! What operators do to jobs: cancel and replay.

use mauntic_flows::ports::{Committed, Effect, EffectStore, JobKey, JobStore, Replayed, RunStore};
use serde_json::json;

use super::given::{coalesce, dead, effect, failed, idempotent, scoring, snoozed, spawned};
use crate::dump::none;
use crate::subject::{Subject, World};

on_both! {
    waiting_jobs_are_cancelled
    a_held_or_final_job_is_not_cancelled
    a_cancel_gives_the_keys_up
    a_replayed_job_has_its_whole_budget
    a_replayed_job_keeps_its_fence
    a_replay_opens_the_run_again_without_its_lock
    a_replay_in_a_running_run
    a_run_that_is_being_cancelled_still_is_after_a_replay
    what_is_no_dead_letter_is_not_replayed
    a_taken_key_refuses_the_replay
    a_replay_takes_its_key_back
    a_cancelled_run_counts_what_was_waiting
    cancelling_a_run_twice_changes_nothing
    what_a_cancelled_run_spawns_is_cancelled
}

async fn waiting_jobs_are_cancelled<S: Subject>(mut world: World<S>) {
    let (queued, broken) = (world.one(JobKey::None).await, world.one(JobKey::None).await);
    let held = world.hold(broken).await;
    world.set_back(&held, failed(100)).await;
    let cancelled = world.queue.cancel(&[broken, queued]).await.unwrap();
    assert_eq!(cancelled, [queued, broken]);
    let row = json!({"state": "cancelled", "finished_at": "+0s", "receipt": none()});
    world.expect_job(queued, row).await;
    world.expect_job(broken, json!({"state": "cancelled", "last_error": "a text"})).await;
    assert!(world.letters().await.is_empty());
}

async fn a_held_or_final_job_is_not_cancelled<S: Subject>(mut world: World<S>) {
    let (held, dead) = (world.one(JobKey::None).await, world.dead_letter(JobKey::None).await);
    world.hold(held).await;
    let before = world.dump().await;
    assert!(world.queue.cancel(&[held, dead]).await.unwrap().is_empty());
    assert!(world.queue.cancel(&[]).await.unwrap().is_empty());
    assert_eq!(world.dump().await, before);
}

async fn a_cancel_gives_the_keys_up<S: Subject>(mut world: World<S>) {
    let ids = [world.one(coalesce("c")).await, world.one(idempotent("i")).await];
    assert_eq!(world.queue.cancel(&ids).await.unwrap().len(), 2);
    world.expect_job(ids[0], json!({"coalesce_key": none(), "released_key": none()})).await;
    world.expect_job(ids[1], json!({"idempotency_key": none(), "released_key": "i"})).await;
    let again = [scoring("org_1", "bob", idempotent("i")), scoring("org_1", "bob", coalesce("c"))];
    assert!(world.enqueue(&again).await.iter().all(|enqueued| enqueued.created));
}

async fn a_replayed_job_has_its_whole_budget<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    world.set_back(&held, snoozed(0, "breaker_open")).await;
    let held = world.hold(id).await;
    world.set_back(&held, dead(true)).await;
    world.advance(1_000).await;
    assert_eq!(world.queue.replay(id).await.unwrap(), Replayed::Queued);
    let row = json!({"state": "queued", "failures": 0, "platform_deaths": 0, "snoozes": 0,
        "resends": 0, "death_message": none(), "finished_at": none(), "available_at": "+0s",
        "wake_at": "+0s", "expires_at": "+604800s", "claim": 2});
    world.expect_job(id, row).await;
    assert_eq!(world.letters().await[0]["decided_at"], "+0s");
}

async fn a_replayed_job_keeps_its_fence<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let first = world.hold(id).await;
    world.set_back(&first, dead(true)).await;
    world.queue.replay(id).await.unwrap();
    let second = world.hold(id).await;
    assert_eq!(second.claim, 2);
    assert_eq!(world.complete(&[&first]).await, Committed::FenceLost);
}

async fn a_replay_opens_the_run_again_without_its_lock<S: Subject>(mut world: World<S>) {
    let (run, id) = world.open("replayed", true).await;
    let held = world.hold_alone(id).await;
    world.set_back(&held, dead(true)).await;
    world.expect_run(run, json!({"status": "failed", "exclusive": true})).await;
    world.open("replayed", true).await;
    world.advance(10).await;
    assert_eq!(world.queue.replay(id).await.unwrap(), Replayed::Queued);
    let row = json!({"status": "running", "jobs_dead": 0, "revision": 1, "exclusive": false,
        "finished_at": none(), "stalled_at": none(), "progressed_at": "+0s"});
    world.expect_run(run, row).await;
    let held = world.hold_alone(id).await;
    world.complete(&[&held]).await;
    world.expect_run(run, json!({"status": "completed", "jobs_done": 1, "revision": 1})).await;
}

async fn a_replay_in_a_running_run<S: Subject>(mut world: World<S>) {
    let (run, jobs) = world.fan_out(2).await;
    let held = world.hold(jobs[0]).await;
    world.set_back(&held, dead(true)).await;
    assert_eq!(world.queue.replay(jobs[0]).await.unwrap(), Replayed::Queued);
    // It never ended, so that nobody can have its lock.
    let row = json!({"status": "running", "jobs_dead": 0, "jobs_done": 1, "revision": 1,
        "exclusive": true});
    world.expect_run(run, row).await;
}

async fn a_run_that_is_being_cancelled_still_is_after_a_replay<S: Subject>(mut world: World<S>) {
    let (run, jobs) = world.fan_out(2).await;
    let held = world.claim(&jobs).await.held;
    world.queue.cancel_run(run).await.unwrap();
    world.set_back(&held[0], dead(true)).await;
    world.advance(10).await;
    world.queue.replay(held[0].id).await.unwrap();
    world.expect_run(run, json!({"status": "running", "cancelled_at": "-10s"})).await;
    assert_eq!(world.queue.cancel_run(run).await.unwrap(), 1);
    world.complete(&[&held[1]]).await;
    world.expect_run(run, json!({"status": "cancelled", "cancelled_at": "-10s"})).await;
    let (run, id) = world.open("replayed", true).await;
    let held = world.hold_alone(id).await;
    world.queue.cancel_run(run).await.unwrap();
    world.set_back(&held, dead(true)).await;
    world.expect_run(run, json!({"status": "failed", "cancelled_at": "+0s"})).await;
    world.queue.replay(id).await.unwrap();
    world.expect_run(run, json!({"status": "running", "cancelled_at": none()})).await;
}

async fn what_is_no_dead_letter_is_not_replayed<S: Subject>(mut world: World<S>) {
    let (queued, cancelled) = (world.one(JobKey::None).await, world.one(JobKey::None).await);
    world.queue.cancel(&[cancelled]).await.unwrap();
    let before = world.dump().await;
    for id in [queued, cancelled, uuid::Uuid::max()] {
        assert_eq!(world.queue.replay(id).await.unwrap(), Replayed::NotDead);
    }
    assert_eq!(world.dump().await, before);
}

async fn a_taken_key_refuses_the_replay<S: Subject>(mut world: World<S>) {
    let dead = world.dead_letter(idempotent("key")).await;
    world.one(idempotent("key")).await;
    let before = world.dump().await;
    assert_eq!(world.queue.replay(dead).await.unwrap(), Replayed::KeyTaken);
    assert_eq!(world.dump().await, before);
}

async fn a_replay_takes_its_key_back<S: Subject>(mut world: World<S>) {
    let id = world.dead_letter(idempotent("key")).await;
    world.queue.replay(id).await.unwrap();
    world.expect_job(id, json!({"idempotency_key": "key", "released_key": none()})).await;
    let again = world.enqueue(&[scoring("org_1", "ada", idempotent("key"))]).await;
    assert_eq!((again[0].id, again[0].created), (id, false));
}

async fn a_cancelled_run_counts_what_was_waiting<S: Subject>(mut world: World<S>) {
    let (run, jobs) = world.fan_out(3).await;
    let held = world.hold(jobs[0]).await;
    assert_eq!(world.queue.cancel_run(run).await.unwrap(), 2);
    world.expect_run(run, json!({"status": "running", "jobs_cancelled": 2, "jobs_done": 1})).await;
    world.complete(&[&held]).await;
    let counts = json!({"status": "cancelled", "jobs_cancelled": 2, "jobs_done": 2});
    world.expect_run(run, counts).await;
}

async fn cancelling_a_run_twice_changes_nothing<S: Subject>(mut world: World<S>) {
    let (run, _) = world.open("cancelled", true).await;
    assert_eq!(world.queue.cancel_run(run).await.unwrap(), 1);
    let row = json!({"status": "cancelled", "finished_at": "+0s", "cancelled_at": "+0s"});
    world.expect_run(run, row).await;
    world.advance(10).await;
    let before = world.dump().await;
    assert_eq!(world.queue.cancel_run(run).await.unwrap(), 0);
    assert_eq!(world.queue.cancel_run(uuid::Uuid::max()).await.unwrap(), 0);
    assert_eq!(world.dump().await, before);
}

async fn what_a_cancelled_run_spawns_is_cancelled<S: Subject>(mut world: World<S>) {
    let (run, id) = world.open("planning", true).await;
    let held = world.hold_alone(id).await;
    assert_eq!(world.queue.cancel_run(run).await.unwrap(), 0);
    world.advance(10).await;
    let job = world.id();
    let whole = effect(world.subject.now(), &[&held]);
    let spawned = vec![spawned(job, Some(run))];
    let done = world.queue.commit(&Effect { spawned, ..whole }).await.unwrap();
    assert_eq!(done, Committed::Done { superseded: 0, refill: false });
    world.expect_job(job, json!({"state": "cancelled", "finished_at": "+0s"})).await;
    let counts = json!({"status": "cancelled", "jobs_total": 2, "jobs_done": 1,
        "jobs_cancelled": 1, "cancelled_at": "-10s"});
    world.expect_run(run, counts).await;
}

//! Moves of held jobs that were not done, and of jobs for another build.

use mauntic_domain::jobs::Queue;
use mauntic_flows::ports::{JobKey, JobStore, PutOff, SetBackJob, Setback};
use serde_json::json;

use super::given::{coalesce, dead, failed, idempotent, raw, snoozed};
use crate::dump::{assert_has, none};
use crate::subject::{QUEUE, RawJob, Subject, World, claim_request};

on_both! {
    a_failed_job_waits_and_spends_a_failure
    a_failure_ends_the_snoozes
    a_snoozed_job_waits_and_spends_nothing
    snoozes_count_while_the_reason_stays
    a_dead_job_is_a_dead_letter_that_failed
    a_dead_job_that_did_not_fail_spends_nothing
    a_dead_job_counts_its_run
    a_long_error_is_cut
    who_lost_the_claim_moves_nothing
    what_is_not_held_is_not_moved
    many_are_moved_at_once_and_told_in_order
    a_job_handed_back_spends_nothing
    a_lost_lease_is_not_handed_back
    released_leases_are_over
    another_builds_job_is_put_off
    a_failed_job_is_put_off_too
    another_builds_job_is_dead_after_a_day
    what_is_held_or_early_or_elsewhere_is_not_put_off
}

async fn a_failed_job_waits_and_spends_a_failure<S: Subject>(mut world: World<S>) {
    let id = world.one(coalesce("ada")).await;
    let held = world.hold(id).await;
    assert!(world.set_back(&held, failed(15)).await);
    let row = json!({"state": "failed", "failures": 1, "claim": 1, "available_at": "+15s",
        "wake_at": "+75s", "lease_until": none(), "lease_token": none(), "snoozes": 0,
        "snooze_reason": none(), "last_error": "a text", "finished_at": none()});
    world.expect_job(id, row).await;
}

async fn a_failure_ends_the_snoozes<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    world.set_back(&held, snoozed(0, "breaker_open")).await;
    let held = world.hold(id).await;
    assert_eq!((held.snoozes, held.snooze_reason.as_deref()), (1, Some("breaker_open")));
    world.set_back(&held, failed(0)).await;
    world.expect_job(id, json!({"snoozes": 0, "snooze_reason": none(), "failures": 1})).await;
}

async fn a_snoozed_job_waits_and_spends_nothing<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    assert!(world.set_back(&held, snoozed(120, "breaker_open")).await);
    let row = json!({"state": "queued", "failures": 0, "claim": 1, "available_at": "+120s",
        "wake_at": "+120s", "lease_until": none(), "snoozes": 1,
        "snooze_reason": "breaker_open", "last_error": none()});
    world.expect_job(id, row).await;
}

async fn snoozes_count_while_the_reason_stays<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    for (reason, count) in
        [("breaker_open", 1), ("breaker_open", 2), ("contention", 1), ("breaker_open", 1)]
    {
        let held = world.hold(id).await;
        world.set_back(&held, snoozed(0, reason)).await;
        world.expect_job(id, json!({"snoozes": count, "snooze_reason": reason})).await;
    }
}

async fn a_dead_job_is_a_dead_letter_that_failed<S: Subject>(mut world: World<S>) {
    let id = world.one(idempotent("key")).await;
    let held = world.hold(id).await;
    assert!(world.set_back(&held, dead(true)).await);
    let row = json!({"state": "dead_lettered", "failures": 1, "finished_at": "+0s",
        "lease_until": none(), "idempotency_key": none(), "released_key": "key",
        "last_error": "a text", "receipt": none()});
    world.expect_job(id, row).await;
    let name = world.labels.name(id);
    let letter = json!({"queue": QUEUE.name(), "message_id": none(), "job_id": name,
        "organization_id": "org_1", "type": "scoring.CalculateScore", "reason": "permanent",
        "body": {"organizationId": "org_1", "contactId": "ada"}, "detail": "a text",
        "created_at": "+0s", "decided_at": none(), "decision": none()});
    let letters = world.letters().await;
    assert_eq!(letters.len(), 1);
    assert_has(&letters[0], &letter);
}

async fn a_dead_job_that_did_not_fail_spends_nothing<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    assert!(world.set_back(&held, dead(false)).await);
    world.expect_job(id, json!({"state": "dead_lettered", "failures": 0})).await;
}

async fn a_dead_job_counts_its_run<S: Subject>(mut world: World<S>) {
    let (run, jobs) = world.fan_out(2).await;
    let reply = world.claim(&jobs).await;
    world.set_back(&reply.held[0], dead(true)).await;
    let open = json!({"status": "running", "jobs_dead": 1, "jobs_total": 3});
    world.expect_run(run, open).await;
    world.complete(&[&reply.held[1]]).await;
    let counts = json!({"status": "partial", "jobs_done": 2, "jobs_dead": 1, "finished_at": "+0s"});
    world.expect_run(run, counts).await;
}

async fn a_long_error_is_cut<S: Subject>(mut world: World<S>) {
    let (first, second) = (world.one(JobKey::None).await, world.one(JobKey::None).await);
    let held = world.hold(first).await;
    let error = "ü".repeat(5_000);
    world
        .set_back(
            &held,
            Setback::Failed { wait: chrono::TimeDelta::zero(), reason: "refused", error },
        )
        .await;
    world.expect_job(first, json!({"last_error": "as long as may be"})).await;
    let held = world.hold(second).await;
    let detail = "ü".repeat(5_000);
    world.set_back(&held, Setback::Dead { reason: "permanent", detail, failed: true }).await;
    world.expect_job(second, json!({"last_error": "as long as may be"})).await;
}

async fn who_lost_the_claim_moves_nothing<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let first = world.hold(id).await;
    world.advance(60).await;
    world.hold_alone(id).await;
    let before = world.dump().await;
    for setback in [failed(0), snoozed(0, "breaker_open"), dead(true)] {
        assert!(!world.set_back(&first, setback).await);
    }
    assert_eq!(world.dump().await, before);
}

async fn what_is_not_held_is_not_moved<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    world.set_back(&held, failed(0)).await;
    let before = world.dump().await;
    assert!(!world.set_back(&held, dead(true)).await);
    assert!(world.queue.set_back(&[]).await.unwrap().is_empty());
    assert_eq!(world.dump().await, before);
}

async fn many_are_moved_at_once_and_told_in_order<S: Subject>(mut world: World<S>) {
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(world.one(JobKey::None).await);
    }
    let held = world.claim(&ids).await.held;
    let setbacks = [failed(5), snoozed(120, "contention"), dead(false)];
    let mut jobs: Vec<SetBackJob> = ids
        .iter()
        .zip(setbacks)
        .map(|(id, setback)| {
            let held = held.iter().find(|held| held.id == *id).unwrap();
            SetBackJob { id: *id, claim: held.claim, setback }
        })
        .collect();
    jobs.reverse();
    assert_eq!(world.queue.set_back(&jobs).await.unwrap(), ids);
    let states = world.column("jobs", "state").await;
    assert_eq!(states, [json!("failed"), json!("queued"), json!("dead_lettered")]);
}

async fn a_job_handed_back_spends_nothing<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold_alone(id).await;
    world.advance(10).await;
    world.queue.hand_back(&held).await.unwrap();
    let row = json!({"state": "queued", "alone": false, "failures": 0, "claim": 1,
        "lease_until": none(), "lease_token": none(), "wake_at": "+60s", "available_at": "-10s"});
    world.expect_job(id, row).await;
}

async fn a_lost_lease_is_not_handed_back<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let first = world.hold(id).await;
    world.advance(60).await;
    let second = world.hold_alone(id).await;
    let before = world.dump().await;
    world.queue.hand_back(&first).await.unwrap();
    assert_eq!(world.dump().await, before);
    world.complete(&[&second]).await;
    let before = world.dump().await;
    world.queue.hand_back(&second).await.unwrap();
    assert_eq!(world.dump().await, before);
}

async fn released_leases_are_over<S: Subject>(mut world: World<S>) {
    let ids = [world.one(JobKey::None).await, world.one(JobKey::None).await];
    let other = world.one(JobKey::None).await;
    world.hold(other).await;
    let token = world.id();
    world.queue.claim(&claim_request(token, &ids)).await.unwrap();
    assert_eq!(world.queue.release(token).await.unwrap(), 2);
    world
        .expect_job(
            ids[0],
            json!({"state": "in_progress", "lease_until": "+0s",
        "wake_at": "+0s"}),
        )
        .await;
    world.expect_job(other, json!({"lease_until": "+60s"})).await;
    assert_eq!(world.hold_alone(ids[0]).await.failures, 0);
}

async fn another_builds_job_is_put_off<S: Subject>(mut world: World<S>) {
    let job = RawJob { type_name: "scoring.Later", ..raw(world.id()) };
    world.subject.put_jobs(std::slice::from_ref(&job)).await;
    for count in 1..=2 {
        let moved = world.queue.put_off(QUEUE, &[job.id]).await.unwrap();
        assert_eq!(moved, [(job.id, PutOff::Snoozed)]);
        let row = json!({"state": "queued", "available_at": "+300s", "wake_at": "+300s",
            "snoozes": count, "snooze_reason": "another_build", "failures": 0});
        world.expect_job(job.id, row).await;
        world.advance(298).await;
    }
}

async fn a_failed_job_is_put_off_too<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    world.set_back(&held, failed(0)).await;
    assert_eq!(world.queue.put_off(QUEUE, &[id]).await.unwrap(), [(id, PutOff::Snoozed)]);
    world.expect_job(id, json!({"state": "queued", "failures": 1})).await;
}

async fn another_builds_job_is_dead_after_a_day<S: Subject>(mut world: World<S>) {
    let (run, first) = world.open("put-off", false).await;
    let young = world.id();
    // As often as fits into a day.
    for _ in 0..288 {
        assert_eq!(world.queue.put_off(QUEUE, &[first]).await.unwrap().len(), 1);
        world.advance(300).await;
    }
    world.subject.put_jobs(&[raw(young)]).await;
    let moved = world.queue.put_off(QUEUE, &[first, young]).await.unwrap();
    assert_eq!(moved, [(first, PutOff::DeadLettered), (young, PutOff::Snoozed)]);
    world.expect_job(first, json!({"state": "dead_lettered", "failures": 0})).await;
    world.expect_run(run, json!({"status": "failed", "jobs_dead": 1})).await;
    assert_eq!(world.reasons().await, ["unknown_type"]);
}

async fn what_is_held_or_early_or_elsewhere_is_not_put_off<S: Subject>(mut world: World<S>) {
    let (held, early) = (world.one(JobKey::None).await, world.one(JobKey::None).await);
    let elsewhere = RawJob { queue: Queue::OvernightJobs.name(), ..raw(world.id()) };
    world.subject.put_jobs(std::slice::from_ref(&elsewhere)).await;
    world.hold(held).await;
    let other = world.hold(early).await;
    world.set_back(&other, failed(10)).await;
    let before = world.dump().await;
    let ids = [held, early, elsewhere.id, uuid::Uuid::max()];
    assert!(world.queue.put_off(QUEUE, &ids).await.unwrap().is_empty());
    assert_eq!(world.dump().await, before);
}

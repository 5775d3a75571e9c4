//! Claims of one job alone.

use mauntic_domain::jobs::Queue;
use mauntic_flows::ports::{AloneClaim, AloneRequest, Committed, Database, JobKey, JobStore};
use serde_json::json;

use super::given::{chunk, failed};
use crate::dump::none;
use crate::subject::{QUEUE, Subject, World};

on_both! {
    a_due_job_is_held_alone
    the_types_lease_holds_unless_the_deployment_says_otherwise
    a_lease_lost_in_a_batch_spends_nothing
    a_lease_lost_alone_spends_a_failure
    the_budget_ends_in_a_dead_letter
    a_final_leased_or_early_job_is_not_due
    another_queues_job_is_not_due
    an_expired_job_is_not_due
    who_lost_the_lease_cannot_commit
}

async fn a_due_job_is_held_alone<S: Subject>(mut world: World<S>) {
    let id = world.enqueue(&[chunk("org_1", "ada")]).await[0].id;
    let held = world.hold_alone(id).await;
    assert_eq!((held.claim, held.failures, held.version), (1, 0, 3));
    world.expect_job(id, json!({"state": "in_progress", "alone": true})).await;
}

async fn the_types_lease_holds_unless_the_deployment_says_otherwise<S: Subject>(
    mut world: World<S>,
) {
    let ids = world.enqueue(&[chunk("org_1", "ada"), chunk("org_1", "bob")]).await;
    let request = AloneRequest { queue: QUEUE, id: ids[0].id, token: world.id(), lease_secs: 300 };
    world.queue.claim_alone(request).await.unwrap();
    world.expect_job(ids[0].id, json!({"lease_until": "+300s", "wake_at": "+300s"})).await;
    let session = world.subject.hasty(7).open().await.unwrap();
    session.claim_alone(AloneRequest { id: ids[1].id, ..request }).await.unwrap();
    world.expect_job(ids[1].id, json!({"lease_until": "+7s", "wake_at": "+7s"})).await;
}

async fn a_lease_lost_in_a_batch_spends_nothing<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    world.hold(id).await;
    world.advance(60).await;
    let held = world.hold_alone(id).await;
    assert_eq!((held.claim, held.failures), (2, 0));
}

async fn a_lease_lost_alone_spends_a_failure<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    world.hold_alone(id).await;
    world.advance(60).await;
    let held = world.hold_alone(id).await;
    assert_eq!((held.claim, held.failures), (2, 1));
    world.expect_job(id, json!({"failures": 1, "claim": 2, "alone": true})).await;
}

async fn the_budget_ends_in_a_dead_letter<S: Subject>(mut world: World<S>) {
    let (run, id) = world.open("alone", true).await;
    for _ in 0..3 {
        world.hold_alone(id).await;
        world.advance(60).await;
    }
    assert_eq!(world.alone(id).await, AloneClaim::DeadLettered);
    let row = json!({"state": "dead_lettered", "failures": 3, "claim": 3, "finished_at": "+0s",
        "lease_until": none(), "lease_token": none(), "last_error": "a text"});
    world.expect_job(id, row).await;
    assert_eq!(world.reasons().await, ["lease_expired"]);
    let counts = json!({"status": "failed", "jobs_dead": 1, "finished_at": "+0s"});
    world.expect_run(run, counts).await;
    assert_eq!(world.alone(id).await, AloneClaim::NotDue);
}

async fn a_final_leased_or_early_job_is_not_due<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold_alone(id).await;
    assert_eq!(world.alone(id).await, AloneClaim::NotDue);
    world.set_back(&held, failed(30)).await;
    assert_eq!(world.alone(id).await, AloneClaim::NotDue);
    world.advance(28).await;
    let held = world.hold_alone(id).await;
    assert_eq!(world.complete(&[&held]).await, Committed::Done { superseded: 0, refill: false });
    assert_eq!(world.alone(id).await, AloneClaim::NotDue);
    let nobodys = world.id();
    assert_eq!(world.alone(nobodys).await, AloneClaim::NotDue);
}

async fn another_queues_job_is_not_due<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let queue = Queue::OvernightJobs;
    let request = AloneRequest { queue, id, token: world.id(), lease_secs: 60 };
    assert_eq!(world.queue.claim_alone(request).await.unwrap(), AloneClaim::NotDue);
}

async fn an_expired_job_is_not_due<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    world.advance(7 * 24 * 3_600).await;
    assert_eq!(world.alone(id).await, AloneClaim::NotDue);
}

async fn who_lost_the_lease_cannot_commit<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let first = world.hold(id).await;
    world.advance(60).await;
    let second = world.hold_alone(id).await;
    assert_eq!(world.complete(&[&first]).await, Committed::FenceLost);
    assert_eq!(world.complete(&[&second]).await, Committed::Done { superseded: 0, refill: false });
}

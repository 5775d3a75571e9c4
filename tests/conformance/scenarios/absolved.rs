//! Leases for whose end nobody is charged.

use mauntic_flows::ports::{AloneClaim, AloneRequest, Held, JobKey, JobStore};
use mauntic_flows::relay::release;
use mauntic_tests::ports::TestPorts;
use serde_json::json;
use uuid::Uuid;

use crate::subject::{QUEUE, Subject, World, claim_request};

on_both! {
    a_lease_that_runs_out_after_it_charges_nobody
    without_it_the_job_is_charged
    a_foreign_token_absolves_nobody
    what_is_not_alone_is_not_changed
    it_holds_for_one_claim_only
    invocations_that_died_together_charge_nobody
    one_that_died_by_itself_charges_its_job
}

/// Claims one job alone by an invocation's token.
async fn hold_by<S: Subject>(world: &World<S>, token: Uuid, id: Uuid) -> Held {
    let request = AloneRequest { queue: QUEUE, id, token, lease_secs: 60 };
    match world.queue.claim_alone(request).await.unwrap() {
        AloneClaim::Held(held, _) => held,
        other => panic!("not held: {other:?}"),
    }
}

async fn a_lease_that_runs_out_after_it_charges_nobody<S: Subject>(mut world: World<S>) {
    let (token, id) = (world.id(), world.one(JobKey::None).await);
    hold_by(&world, token, id).await;
    world.queue.absolve(token).await.unwrap();
    let held = json!({"state": "in_progress", "alone": false, "lease_until": "+60s", "claim": 1});
    world.expect_job(id, held).await;
    world.advance(60).await;
    let held = world.hold_alone(id).await;
    assert_eq!((held.claim, held.failures), (2, 0));
}

async fn without_it_the_job_is_charged<S: Subject>(mut world: World<S>) {
    let (token, id) = (world.id(), world.one(JobKey::None).await);
    hold_by(&world, token, id).await;
    world.advance(60).await;
    let held = world.hold_alone(id).await;
    assert_eq!((held.claim, held.failures), (2, 1));
}

async fn a_foreign_token_absolves_nobody<S: Subject>(mut world: World<S>) {
    let (token, other, id) = (world.id(), world.id(), world.one(JobKey::None).await);
    hold_by(&world, token, id).await;
    let before = world.dump().await;
    world.queue.absolve(other).await.unwrap();
    assert_eq!(world.dump().await, before);
    world.advance(60).await;
    assert_eq!(world.hold_alone(id).await.failures, 1);
}

async fn what_is_not_alone_is_not_changed<S: Subject>(mut world: World<S>) {
    let (token, waiting) = (world.id(), world.one(JobKey::None).await);
    let held = world.one(JobKey::None).await;
    let reply = world.queue.claim(&claim_request(token, &[held])).await.unwrap();
    assert_eq!(reply.held.len(), 1);
    let before = world.dump().await;
    world.queue.absolve(token).await.unwrap();
    assert_eq!(world.dump().await, before, "one is held with others, one waits");
    world.expect_job(waiting, json!({"state": "queued"})).await;
}

async fn it_holds_for_one_claim_only<S: Subject>(mut world: World<S>) {
    let (token, id) = (world.id(), world.one(JobKey::None).await);
    hold_by(&world, token, id).await;
    world.queue.absolve(token).await.unwrap();
    for failures in [0, 1] {
        world.advance(60).await;
        assert_eq!(world.hold_alone(id).await.failures, failures);
    }
}

/// The guard's release of an invocation that holds one job alone; what the next
/// claim finds spent.
async fn spent_after_release<S: Subject>(mut world: World<S>, shared: bool) -> i16
where
    S::Db: Send + Sync + 'static,
{
    let (token, id) = (world.id(), world.one(JobKey::None).await);
    hold_by(&world, token, id).await;
    let worker = TestPorts::over(world.subject.queue());
    assert_eq!(release(&worker, token, shared).await.unwrap(), 1);
    world.expect_job(id, json!({"lease_until": "+0s", "wake_at": "+0s", "alone": !shared})).await;
    world.hold_alone(id).await.failures
}

async fn invocations_that_died_together_charge_nobody<S: Subject>(world: World<S>)
where
    S::Db: Send + Sync + 'static,
{
    assert_eq!(spent_after_release(world, true).await, 0);
}

async fn one_that_died_by_itself_charges_its_job<S: Subject>(world: World<S>)
where
    S::Db: Send + Sync + 'static,
{
    assert_eq!(spent_after_release(world, false).await, 1);
}

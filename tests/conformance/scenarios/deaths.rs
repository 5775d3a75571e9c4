//! Jobs that die outside of an attempt: the platform gave their message up, or
//! their time is over.

use mauntic_flows::ports::{ClaimRequest, JobKey, JobStore};
use serde_json::json;

use super::given::{by_hand, failed, idempotent, letter, raw, short};
use crate::dump::none;
use crate::subject::{QUEUE, RawJob, Subject, World, claim_request, counted};

on_both! {
    a_death_is_counted_and_the_job_woken
    what_nobody_tried_killed_nobody
    one_message_counts_once
    the_third_death_is_a_dead_letter
    a_lease_that_ran_out_is_judged
    a_leased_or_final_job_is_not_judged
    a_buried_short_gets_its_row_and_counts_no_death
    a_buried_short_that_comes_again_counts_no_death
    a_buried_address_without_a_row_is_kept
    another_queues_job_is_not_judged
    an_expired_job_dies
    a_leased_job_expires_when_its_lease_has
    expiry_takes_the_oldest_first
}

/// A batch from the dead-letter queue with one address.
fn buried(token: uuid::Uuid, id: uuid::Uuid, message: &str) -> ClaimRequest {
    let addresses = vec![(id, message.to_owned())];
    counted(ClaimRequest { addresses, ..claim_request(token, &[]) })
}

/// Somebody tried it, and gave it back: it waits again.
async fn try_it<S: Subject>(world: &mut World<S>, id: uuid::Uuid) {
    let held = world.hold(id).await;
    world.queue.hand_back(&held).await.unwrap();
}

async fn a_death_is_counted_and_the_job_woken<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    try_it(&mut world, id).await;
    let request = buried(world.id(), id, "m-1");
    assert!(world.queue.bury(&request).await.unwrap().is_empty());
    let row = json!({"state": "queued", "platform_deaths": 1, "death_message": "m-1",
        "wake_at": "+0s", "failures": 0});
    world.expect_job(id, row).await;
}

async fn what_nobody_tried_killed_nobody<S: Subject>(mut world: World<S>) {
    // The database was away for longer than the queue gives a message.
    let id = world.one(JobKey::None).await;
    for message in ["m-1", "m-2", "m-3", "m-4"] {
        let request = buried(world.id(), id, message);
        assert!(world.queue.bury(&request).await.unwrap().is_empty());
    }
    let row = json!({"state": "queued", "platform_deaths": 0, "wake_at": "+0s"});
    world.expect_job(id, row).await;
}

async fn one_message_counts_once<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    try_it(&mut world, id).await;
    let request = buried(world.id(), id, "m-1");
    for _ in 0..4 {
        assert!(world.queue.bury(&request).await.unwrap().is_empty());
        world.advance(10).await;
    }
    let row = json!({"state": "queued", "platform_deaths": 1, "wake_at": "-10s"});
    world.expect_job(id, row).await;
}

async fn the_third_death_is_a_dead_letter<S: Subject>(mut world: World<S>) {
    let (run, id) = world.open("dying", true).await;
    for message in ["m-1", "m-2"] {
        world.try_alone(id).await;
        let request = buried(world.id(), id, message);
        assert!(world.queue.bury(&request).await.unwrap().is_empty());
    }
    world.try_alone(id).await;
    let request = buried(world.id(), id, "m-3");
    let died = world.queue.bury(&request).await.unwrap();
    let died = &died[0];
    assert_eq!((died.id, died.reason, died.run_id), (id, "isolate_killed", Some(run)));
    assert_eq!((died.queue.as_str(), died.claim), (QUEUE.name(), 3));
    let row = json!({"state": "dead_lettered", "platform_deaths": 3, "death_message": "m-3",
        "failures": 0, "finished_at": "+0s"});
    world.expect_job(id, row).await;
    world.expect_run(run, json!({"status": "failed", "jobs_dead": 1})).await;
    assert_eq!(world.reasons().await, ["isolate_killed"]);
    assert!(world.queue.bury(&request).await.unwrap().is_empty());
}

async fn a_lease_that_ran_out_is_judged<S: Subject>(mut world: World<S>) {
    let id = world.one(idempotent("key")).await;
    for message in ["m-1", "m-2", "m-3"] {
        world.advance(60).await;
        if message == "m-1" {
            world.hold(id).await;
        } else {
            world.hold_alone(id).await;
        }
        world.advance(60).await;
        let request = buried(world.id(), id, message);
        world.queue.bury(&request).await.unwrap();
    }
    let row = json!({"state": "dead_lettered", "lease_until": none(), "lease_token": none(),
        "idempotency_key": none(), "released_key": "key"});
    world.expect_job(id, row).await;
}

async fn a_leased_or_final_job_is_not_judged<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    let before = world.dump().await;
    let request = buried(world.id(), id, "m-1");
    assert!(world.queue.bury(&request).await.unwrap().is_empty());
    assert_eq!(world.dump().await, before);
    world.complete(&[&held]).await;
    let before = world.dump().await;
    assert!(world.queue.bury(&request).await.unwrap().is_empty());
    assert_eq!(world.dump().await, before);
}

async fn a_buried_short_gets_its_row_and_counts_no_death<S: Subject>(mut world: World<S>) {
    let wanted = short("m-1", "ada", None);
    let request = by_hand(world.id(), [wanted.clone()]);
    assert!(world.queue.bury(&request).await.unwrap().is_empty());
    let row = json!({"state": "queued", "platform_deaths": 0, "wake_at": "+0s", "claim": 0});
    world.expect_job(wanted.id, row).await;
    world.expect_run(wanted.run_id, json!({"status": "running", "jobs_total": 1})).await;
}

async fn a_buried_short_that_comes_again_counts_no_death<S: Subject>(mut world: World<S>) {
    let wanted = short("m-1", "ada", None);
    let request = by_hand(world.id(), [wanted.clone()]);
    for _ in 0..4 {
        assert!(world.queue.bury(&request).await.unwrap().is_empty());
    }
    world.expect_job(wanted.id, json!({"state": "queued", "platform_deaths": 0})).await;
}

async fn a_buried_address_without_a_row_is_kept<S: Subject>(mut world: World<S>) {
    let request = buried(world.id(), uuid::Uuid::max(), "m-1");
    let letters = vec![letter("m-2", "malformed")];
    let request = counted(ClaimRequest { letters, ..request });
    for _ in 0..2 {
        assert!(world.queue.bury(&request).await.unwrap().is_empty());
    }
    assert_eq!(world.reasons().await, ["malformed", "row_missing"]);
}

async fn another_queues_job_is_not_judged<S: Subject>(mut world: World<S>) {
    let job = RawJob { queue: "mauntic-overnight-jobs", ..raw(world.id()) };
    world.subject.put_jobs(std::slice::from_ref(&job)).await;
    let request = buried(world.id(), job.id, "m-1");
    assert!(world.queue.bury(&request).await.unwrap().is_empty());
    world.expect_job(job.id, json!({"platform_deaths": 0, "wake_at": "+60s"})).await;
    assert_eq!(world.reasons().await, ["wrong_queue"]);
}

async fn an_expired_job_dies<S: Subject>(mut world: World<S>) {
    let (run, id) = world.open("expiring", true).await;
    world.advance(7 * 24 * 3_600 - 1).await;
    assert!(world.queue.expire(10).await.unwrap().is_empty());
    world.advance(1).await;
    let died = world.queue.expire(10).await.unwrap();
    assert_eq!((died[0].id, died[0].reason, died.len()), (id, "expired", 1));
    assert_eq!(died[0].request_id.as_deref(), Some("request-3"));
    world.expect_job(id, json!({"state": "dead_lettered", "failures": 0})).await;
    world.expect_run(run, json!({"status": "failed"})).await;
    assert!(world.queue.expire(10).await.unwrap().is_empty());
}

async fn a_leased_job_expires_when_its_lease_has<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    world.advance(7 * 24 * 3_600 - 30).await;
    world.hold(id).await;
    world.advance(59).await;
    assert!(world.queue.expire(10).await.unwrap().is_empty());
    world.advance(1).await;
    assert_eq!(world.queue.expire(10).await.unwrap().len(), 1);
    world.expect_job(id, json!({"lease_until": none(), "state": "dead_lettered"})).await;
}

async fn expiry_takes_the_oldest_first<S: Subject>(mut world: World<S>) {
    let ids = [world.one(JobKey::None).await, world.one(JobKey::None).await];
    let last = world.one(JobKey::None).await;
    let held = world.hold(ids[1]).await;
    world.set_back(&held, failed(0)).await;
    world.advance(8 * 24 * 3_600).await;
    let died = world.queue.expire(2).await.unwrap();
    assert_eq!(died.iter().map(|died| died.id).collect::<Vec<_>>(), ids);
    world.expect_job(last, json!({"state": "queued"})).await;
}

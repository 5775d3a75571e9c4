//! Claims of batches.

use mauntic_domain::jobs::{JobState, JobType, Queue};
use mauntic_flows::ports::{ClaimRequest, Database, JobKey, JobStore, Next, PortError};
use serde_json::json;

use super::given::{by_hand, chunk, coalesce, failed, letter, raw, scoring, short};
use crate::dump::none;
use crate::subject::{QUEUE, RawJob, Subject, World, claim_request, counted};

on_both! {
    a_fresh_job_is_held
    a_job_that_is_not_due_is_seen
    a_job_two_seconds_early_is_held
    an_expired_job_is_seen
    a_leased_job_is_seen
    a_lease_that_ran_out_is_to_be_claimed_alone
    a_final_job_is_seen
    a_job_that_is_not_batched_is_to_be_claimed_alone
    an_idle_type_is_claimed_with_the_batch
    another_builds_type_is_seen
    another_builds_version_is_seen
    a_type_that_is_not_asked_for_is_another_builds
    a_job_of_another_queue_is_missing
    an_address_without_a_row_is_missing
    letters_are_kept_once
    the_claim_clears_the_coalesce_key
    the_deployments_lease_decides
    another_schema_is_refused_and_holds_nothing
    two_jobs_are_held_at_once
}

async fn a_fresh_job_is_held<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    assert_eq!((held.id, held.claim, held.failures, held.failures_max), (id, 1, 0, 3));
    assert_eq!(held.organization_id.as_deref(), Some("org_1"));
    assert_eq!(held.data, json!({"organizationId": "org_1", "contactId": "ada"}));
    assert_eq!((held.request_id.as_deref(), held.run_id), (Some("request-1"), None));
    let row = json!({"state": "in_progress", "claim": 1, "alone": false, "lease_until": "+60s",
        "wake_at": "+60s", "available_at": "+0s", "failures": 0});
    world.expect_job(id, row).await;
}

async fn a_job_that_is_not_due_is_seen<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    world.set_back(&held, failed(10)).await;
    world.advance(7).await;
    let reply = world.claim(&[id]).await;
    assert!(reply.held.is_empty());
    let seen = &reply.seen[0];
    assert_eq!((seen.state, seen.next), (JobState::Failed, Next::Nothing));
    world.expect_job(id, json!({"state": "failed", "claim": 1})).await;
}

async fn a_job_two_seconds_early_is_held<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    world.set_back(&held, failed(10)).await;
    world.advance(8).await;
    assert_eq!(world.hold(id).await.claim, 2);
}

async fn an_expired_job_is_seen<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    world.advance(7 * 24 * 3_600).await;
    let reply = world.claim(&[id]).await;
    assert!(reply.held.is_empty());
    assert_eq!(reply.seen[0].next, Next::Nothing);
    world.expect_job(id, json!({"state": "queued", "expires_at": "+0s"})).await;
}

async fn a_leased_job_is_seen<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    world.hold(id).await;
    world.advance(59).await;
    let reply = world.claim(&[id]).await;
    assert!(reply.held.is_empty());
    assert_eq!((reply.seen[0].state, reply.seen[0].next), (JobState::InProgress, Next::Nothing));
}

async fn a_lease_that_ran_out_is_to_be_claimed_alone<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    world.hold(id).await;
    world.advance(60).await;
    let reply = world.claim(&[id]).await;
    assert!(reply.held.is_empty());
    assert_eq!((reply.seen[0].next, reply.seen[0].was_alone), (Next::Alone, false));
}

async fn a_final_job_is_seen<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    world.complete(&[&held]).await;
    let reply = world.claim(&[id]).await;
    assert_eq!((reply.seen[0].state, reply.seen[0].next), (JobState::Completed, Next::Nothing));
}

async fn a_job_that_is_not_batched_is_to_be_claimed_alone<S: Subject>(mut world: World<S>) {
    let id = world.enqueue(&[chunk("org_1", "ada")]).await[0].id;
    let reply = world.claim(&[id]).await;
    assert!(reply.held.is_empty());
    let seen = &reply.seen[0];
    assert_eq!((seen.type_name.as_str(), seen.next), ("scoring.RecomputeChunk", Next::Alone));
}

async fn another_builds_type_is_seen<S: Subject>(mut world: World<S>) {
    let job = RawJob { type_name: "scoring.Later", ..raw(world.id()) };
    world.subject.put_jobs(std::slice::from_ref(&job)).await;
    let reply = world.claim(&[job.id]).await;
    let seen = &reply.seen[0];
    assert_eq!((seen.type_name.as_str(), seen.next), ("scoring.Later", Next::AnotherBuild));
    world.expect_job(job.id, json!({"state": "queued", "claim": 0})).await;
}

async fn an_idle_type_is_claimed_with_the_batch<S: Subject>(mut world: World<S>) {
    let notify = RawJob { type_name: JobType::NotifyAlert.name(), ..raw(world.id()) };
    world.subject.put_jobs(std::slice::from_ref(&notify)).await;
    let request = claim_request(world.id(), &[notify.id]);
    let reply = world.queue.claim(&request).await.unwrap();
    assert_eq!((reply.held.len(), reply.seen[0].next), (0, Next::Alone));
    let request = ClaimRequest { also_batched: vec![JobType::NotifyAlert], ..request };
    let again = ClaimRequest { token: world.id(), ..request };
    let reply = world.queue.claim(&again).await.unwrap();
    assert_eq!((reply.held.len(), reply.held[0].id), (1, notify.id));
}

async fn another_builds_version_is_seen<S: Subject>(mut world: World<S>) {
    let job = RawJob { version: 9, ..raw(world.id()) };
    world.subject.put_jobs(std::slice::from_ref(&job)).await;
    let reply = world.claim(&[job.id]).await;
    assert!(reply.held.is_empty());
    assert_eq!(reply.seen[0].next, Next::AnotherBuild);
}

async fn a_type_that_is_not_asked_for_is_another_builds<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let request = claim_request(world.id(), &[id]);
    let request = ClaimRequest { types: vec![JobType::RecomputeChunk], ..request };
    let reply = world.queue.claim(&request).await.unwrap();
    assert_eq!(reply.seen[0].next, Next::AnotherBuild);
}

async fn a_job_of_another_queue_is_missing<S: Subject>(mut world: World<S>) {
    let job = RawJob { queue: Queue::AnalyticsJobs.name(), ..raw(world.id()) };
    world.subject.put_jobs(std::slice::from_ref(&job)).await;
    let reply = world.claim(&[job.id]).await;
    assert_eq!(reply.missing, [job.id]);
    assert!(reply.held.is_empty() && reply.seen.is_empty());
    let letters = world.letters().await;
    assert_eq!(letters[0]["reason"], "wrong_queue");
    assert_eq!(letters[0]["queue"], QUEUE.name());
    world.expect_job(job.id, json!({"state": "queued", "claim": 0})).await;
}

async fn an_address_without_a_row_is_missing<S: Subject>(mut world: World<S>) {
    let id = world.id();
    for _ in 0..2 {
        let reply = world.claim(&[id]).await;
        assert_eq!((reply.missing, reply.letters), (vec![id], Ok(())));
    }
    assert_eq!(world.reasons().await, ["row_missing"]);
}

async fn letters_are_kept_once<S: Subject>(mut world: World<S>) {
    let letters = vec![letter("m-1", "malformed"), letter("m-2", "too_large")];
    for _ in 0..2 {
        let request = ClaimRequest { letters: letters.clone(), ..claim_request(world.id(), &[]) };
        let request = counted(request);
        let reply = world.queue.claim(&request).await.unwrap();
        assert!(reply.held.is_empty() && reply.missing.is_empty());
    }
    assert_eq!(world.reasons().await, ["malformed", "too_large"]);
}

async fn the_claim_clears_the_coalesce_key<S: Subject>(mut world: World<S>) {
    let first = world.one(coalesce("ada")).await;
    world.expect_job(first, json!({"coalesce_key": "ada"})).await;
    world.hold(first).await;
    world.expect_job(first, json!({"coalesce_key": none()})).await;
    let second = world.enqueue(&[scoring("org_1", "ada", coalesce("ada"))]).await;
    assert!(second[0].created && second[0].id != first);
}

async fn the_deployments_lease_decides<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let session = world.subject.hasty(5).open().await.unwrap();
    session.claim(&claim_request(world.id(), &[id])).await.unwrap();
    world.expect_job(id, json!({"lease_until": "+5s", "wake_at": "+5s"})).await;
}

async fn another_schema_is_refused_and_holds_nothing<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    world.subject.set_schema_version(99).await;
    let request = claim_request(world.id(), &[id]);
    let refused = world.queue.claim(&request).await.unwrap_err();
    assert!(matches!(refused, PortError::Refused { .. }), "{refused}");
    world.reopen().await;
    world.expect_job(id, json!({"state": "queued", "claim": 0})).await;
}

async fn two_jobs_are_held_at_once<S: Subject>(mut world: World<S>) {
    let (first, second) = (world.one(JobKey::None).await, world.one(JobKey::None).await);
    let by_hand = by_hand(world.id(), [short("m-1", "bob", None)]);
    let addressed = claim_request(world.id(), &[second, first]);
    let request = counted(ClaimRequest { shorts: by_hand.shorts, ..addressed });
    let reply = world.queue.claim(&request).await.unwrap();
    assert_eq!((reply.held.len(), reply.seen.len()), (3, 0));
    assert_eq!(reply.now, world.subject.now());
}

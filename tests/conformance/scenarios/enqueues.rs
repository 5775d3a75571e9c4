//! Enqueuing: keys, backlog, and what is to be sent now.

use mauntic_domain::jobs::JobState;
use mauntic_domain::jobs::limits::{DISPATCHED_MAX, UNFINISHED_MAX};
use mauntic_domain::scoring::Features;
use mauntic_flows::ports::{EffectStore, JobKey, JobStore, PortError, TenantStore};
use serde_json::json;

use super::given::{chunk, coalesce, idempotent, raw, scoring};
use crate::dump::none;
use crate::subject::{RawJob, Subject, World, contact, organization};

on_both! {
    an_enqueued_job_has_its_row
    answers_are_in_the_order_asked_for
    a_queued_job_is_joined
    an_idempotency_key_gives_the_same_job
    a_finished_jobs_key_still_gives_it
    other_content_under_a_key_writes_nothing
    two_with_one_key_in_one_call_are_one
    two_contents_under_one_key_in_one_call_write_nothing
    keys_are_apart_by_organization_and_type
    a_full_backlog_writes_nothing
    what_fills_the_backlog_is_taken
    what_is_out_decides_what_is_sent_now
    nothing_asked_is_nothing_done
    features_have_versions
    features_and_job_are_one
}

async fn an_enqueued_job_has_its_row<S: Subject>(mut world: World<S>) {
    let jobs = [scoring("org_1", "ada", idempotent("key")), chunk("org_1", "bob")];
    let enqueued = world.enqueue(&jobs).await;
    assert!(enqueued.iter().all(|job| job.created && job.send_now));
    assert_eq!(enqueued[0].enqueued_at, world.subject.now());
    let row = json!({"state": "queued", "claim": 0, "failures": 0, "failures_max": 3,
        "organization_id": "org_1", "request_id": "request-1", "run_id": none(),
        "available_at": "+0s", "wake_at": "+60s", "created_at": "+0s", "expires_at": "+604800s",
        "coalesced": 0, "idempotency_key": "key", "coalesce_key": none(), "version": 1});
    world.expect_job(enqueued[0].id, row).await;
    let row = json!({"type": "scoring.RecomputeChunk", "version": 3, "idempotency_key": none()});
    world.expect_job(enqueued[1].id, row).await;
}

async fn answers_are_in_the_order_asked_for<S: Subject>(mut world: World<S>) {
    let keys = [idempotent("b"), JobKey::None, coalesce("z"), idempotent("a"), coalesce("y")];
    let jobs: Vec<_> = keys.into_iter().map(|key| scoring("org_1", "ada", key)).collect();
    let enqueued = world.enqueue(&jobs).await;
    for (column, wanted) in [
        ("idempotency_key", [json!("b"), none(), none(), json!("a"), none()]),
        ("coalesce_key", [none(), none(), json!("z"), none(), json!("y")]),
    ] {
        for (enqueued, wanted) in enqueued.iter().zip(wanted) {
            world.expect_job(enqueued.id, json!({ column: wanted })).await;
        }
    }
}

async fn a_queued_job_is_joined<S: Subject>(mut world: World<S>) {
    let id = world.one(coalesce("ada")).await;
    world.advance(10).await;
    let joined = &world.enqueue(&[scoring("org_1", "bob", coalesce("ada"))]).await[0];
    assert_eq!((joined.id, joined.created, joined.send_now), (id, false, false));
    assert_eq!((joined.state, &joined.type_name[..]), (JobState::Queued, "scoring.CalculateScore"));
    let row = json!({"coalesced": 1, "wake_at": "+50s",
        "data": {"organizationId": "org_1", "contactId": "ada"}});
    world.expect_job(id, row).await;
}

async fn an_idempotency_key_gives_the_same_job<S: Subject>(mut world: World<S>) {
    let id = world.one(idempotent("key")).await;
    world.hold(id).await;
    let before = world.dump().await;
    let again = &world.enqueue(&[scoring("org_1", "ada", idempotent("key"))]).await[0];
    assert_eq!((again.id, again.created, again.send_now), (id, false, false));
    assert_eq!(again.state, JobState::InProgress);
    assert_eq!(world.dump().await, before);
}

async fn a_finished_jobs_key_still_gives_it<S: Subject>(mut world: World<S>) {
    let id = world.one(idempotent("key")).await;
    let held = world.hold(id).await;
    world.complete(&[&held]).await;
    let again = &world.enqueue(&[scoring("org_1", "ada", idempotent("key"))]).await[0];
    assert_eq!((again.id, again.state), (id, JobState::Completed));
    let dead = world.dead_letter(idempotent("other")).await;
    let fresh = &world.enqueue(&[scoring("org_1", "bob", idempotent("other"))]).await[0];
    assert!(fresh.created && fresh.id != dead);
}

async fn other_content_under_a_key_writes_nothing<S: Subject>(mut world: World<S>) {
    world.one(idempotent("key")).await;
    let before = world.dump().await;
    let jobs = [
        scoring("org_1", "cy", JobKey::None),
        scoring("org_1", "cy", coalesce("cy")),
        scoring("org_1", "bob", idempotent("key")),
    ];
    let refused = world.http.enqueue(&organization("org_1"), &jobs, None).await;
    assert_eq!(refused, Err(PortError::KeyConflict));
    world.reopen().await;
    assert_eq!(world.dump().await, before);
}

async fn two_with_one_key_in_one_call_are_one<S: Subject>(mut world: World<S>) {
    for key in [idempotent("key"), coalesce("key")] {
        let job = scoring("org_1", "ada", key);
        let enqueued = world.enqueue(&[job.clone(), job]).await;
        assert_eq!(enqueued[0].id, enqueued[1].id);
        assert_eq!((enqueued[0].created, enqueued[1].created), (true, false));
        assert_eq!((enqueued[0].send_now, enqueued[1].send_now), (true, false));
    }
    assert_eq!(world.column("jobs", "state").await.len(), 2);
}

async fn two_contents_under_one_key_in_one_call_write_nothing<S: Subject>(mut world: World<S>) {
    let jobs = ["ada", "bob"].map(|name| scoring("org_1", name, idempotent("key")));
    let refused = world.http.enqueue(&organization("org_1"), &jobs, None).await;
    assert_eq!(refused, Err(PortError::KeyConflict));
    world.reopen().await;
    assert!(world.column("jobs", "state").await.is_empty());
}

async fn keys_are_apart_by_organization_and_type<S: Subject>(world: World<S>) {
    let mut chunk = chunk("org_1", "ada");
    chunk.key = idempotent("key");
    let own = world.enqueue(&[scoring("org_1", "ada", idempotent("key")), chunk]).await;
    let job = scoring("org_2", "bob", idempotent("key"));
    let others = world.http.enqueue(&organization("org_2"), &[job], None).await.unwrap();
    assert!(own.iter().chain(&others).all(|job| job.created));
}

/// An organization with so many unfinished jobs.
async fn fill<S: Subject>(world: &mut World<S>, count: i64) {
    let jobs: Vec<RawJob> = (0..count).map(|_| raw(world.id())).collect();
    world.subject.put_jobs(&jobs).await;
}

async fn a_full_backlog_writes_nothing<S: Subject>(mut world: World<S>) {
    fill(&mut world, UNFINISHED_MAX - 1).await;
    let jobs = [JobKey::None, JobKey::None].map(|key| scoring("org_1", "ada", key));
    let refused = world.http.enqueue(&organization("org_1"), &jobs, None).await;
    assert_eq!(refused, Err(PortError::Backlog { unfinished_max: UNFINISHED_MAX }));
    world.reopen().await;
    let stats = mauntic_flows::ports::KeyStore::queue_stats(&world.http).await.unwrap();
    assert_eq!(stats[crate::subject::QUEUE.name()].pending, UNFINISHED_MAX - 1);
    let job = scoring("org_2", "ada", JobKey::None);
    assert!(world.http.enqueue(&organization("org_2"), &[job], None).await.unwrap()[0].send_now);
}

async fn what_fills_the_backlog_is_taken<S: Subject>(mut world: World<S>) {
    fill(&mut world, UNFINISHED_MAX - 1).await;
    let enqueued = world.enqueue(&[scoring("org_1", "ada", JobKey::None)]).await;
    assert!(enqueued[0].created && !enqueued[0].send_now);
}

async fn what_is_out_decides_what_is_sent_now<S: Subject>(mut world: World<S>) {
    let joined = world.one(coalesce("ada")).await;
    fill(&mut world, DISPATCHED_MAX - 2).await;
    let keys = [coalesce("ada"), JobKey::None, JobKey::None];
    let enqueued = world.enqueue(&keys.map(|key| scoring("org_1", "ada", key))).await;
    assert_eq!(enqueued[0].id, joined);
    let sent: Vec<bool> = enqueued.iter().map(|job| job.send_now).collect();
    assert_eq!(sent, [false, true, false]);
}

async fn nothing_asked_is_nothing_done<S: Subject>(mut world: World<S>) {
    assert!(world.enqueue(&[]).await.is_empty());
    assert!(world.column("jobs", "state").await.is_empty());
}

async fn features_have_versions<S: Subject>(mut world: World<S>) {
    let (owner, name) = (organization("org_1"), contact("ada"));
    let job = scoring("org_1", "ada", coalesce("ada"));
    let first = world.http.put_features(&owner, &name, &Features::default(), &job).await.unwrap();
    assert_eq!((first.input_version, first.job.created), (1, true));
    let changed = Features { has_email: true, ..Features::default() };
    let second = world.http.put_features(&owner, &name, &changed, &job).await.unwrap();
    assert_eq!((second.input_version, second.job.created), (2, false));
    assert_eq!(second.job.id, first.job.id);
    let key = (owner, name);
    let inputs = world.queue.score_inputs(std::slice::from_ref(&key)).await.unwrap();
    let input = inputs.contacts[&key].as_ref().unwrap();
    assert_eq!((&input.features, input.input_version), (&changed, 2));
    world.expect_job(first.job.id, json!({"coalesced": 1})).await;
}

async fn features_and_job_are_one<S: Subject>(mut world: World<S>) {
    let (owner, name) = (organization("org_1"), contact("bob"));
    let id = world.one(idempotent("key")).await;
    let job = scoring("org_1", "bob", idempotent("key"));
    let refused = world.http.put_features(&owner, &name, &Features::default(), &job).await;
    assert_eq!(refused, Err(PortError::KeyConflict));
    world.reopen().await;
    let dump = world.dump().await;
    assert_eq!(dump["features"], json!([]));
    assert_eq!(world.queue.cancel(&[id]).await.unwrap(), [id]);
}

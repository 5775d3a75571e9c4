//! What becomes of one case: replayed in each of its ways, or discarded.

use mauntic_domain::jobs::{JobType, Queue};
use mauntic_flows::ports::{
    CaseReplayed, Committed, Discarded, JobKey, JobStore, OperatorStore, Replayed,
};
use serde_json::json;
use uuid::Uuid;

use super::asked::{content, list};
use super::given::{chunk, dead, failed, idempotent, snoozed};
use crate::dump::{assert_has, none};
use crate::subject::{Subject, World};

on_both! {
    a_case_is_replayed_once
    a_replayed_case_that_dies_again_is_a_new_case
    edited_data_takes_the_place_of_the_jobs
    edited_data_has_the_newest_version
    a_case_without_a_job_gets_one
    a_case_whose_row_is_missing_gets_one
    a_case_of_another_organization_has_its_job
    what_is_decided_or_alive_is_not_replayed
    a_key_that_is_taken_refuses_the_case
    content_is_needed_where_there_is_no_job
    content_of_another_type_or_organization_is_refused
    a_discarded_case_is_decided_and_its_job_stays_dead
    what_is_not_open_is_not_discarded
    the_last_ten_errors_are_kept
}

async fn a_case_is_replayed_once<S: Subject>(mut world: World<S>) {
    let job = world.dead_letter(JobKey::None).await;
    let case = world.case_of(job).await;
    world.advance(30).await;
    assert_eq!(world.replay(case, None).await, CaseReplayed::Queued { job_id: job });
    let row = json!({"state": "queued", "failures": 0, "replays": 1, "wake_at": "+0s",
        "available_at": "+0s", "finished_at": none(), "expires_at": "+604800s", "claim": 1,
        "data": {"organizationId": "org_1", "contactId": "ada"}, "version": 1});
    world.expect_job(job, row).await;
    let decided = json!({"decided_at": "+0s", "decision": "replayed", "decided_by": "bootstrap",
        "decided_why": "it was asked for", "replay_id": none(), "created_at": "-30s",
        "replayed_as": world.labels.name(job)});
    assert_has(&world.letters().await[0], &decided);
    let before = world.dump().await;
    assert_eq!(world.replay(case, None).await, CaseReplayed::NotDead);
    assert_eq!(world.dump().await, before);
    let held = world.hold(job).await;
    assert_eq!(world.complete(&[&held]).await, Committed::Done { superseded: 0, refill: false });
}

async fn a_replayed_case_that_dies_again_is_a_new_case<S: Subject>(mut world: World<S>) {
    let job = world.dead_letter(JobKey::None).await;
    let first = world.case_of(job).await;
    world.replay(first, None).await;
    world.advance(10).await;
    let held = world.hold(job).await;
    world.set_back(&held, dead(true)).await;
    let second = world.case_of(job).await;
    assert_ne!(first, second);
    let detail = world.op.case(second).await.unwrap().unwrap();
    let lineage: Vec<Uuid> = detail.lineage.iter().map(|case| case.id).collect();
    assert_eq!(lineage, [first, second], "oldest first");
    assert_eq!(detail.job.as_ref().map(|job| job.job.replays), Some(1));
    assert_eq!(detail.job.unwrap().errors.len(), 2);
    // Replaying the older one does not replay the job twice.
    assert_eq!(world.replay(first, None).await, CaseReplayed::NotDead);
    assert_eq!(world.replay(second, None).await, CaseReplayed::Queued { job_id: job });
    world.expect_job(job, json!({"replays": 2})).await;
}

async fn edited_data_takes_the_place_of_the_jobs<S: Subject>(mut world: World<S>) {
    let job = world.dead_letter(idempotent("key")).await;
    let case = world.case_of(job).await;
    let edited = content("org_1", "bob");
    let replayed = world.replay(case, Some(edited)).await;
    assert_eq!(replayed, CaseReplayed::Queued { job_id: job });
    let row = json!({"data": {"organizationId": "org_1", "contactId": "bob"}, "state": "queued",
        "idempotency_key": "key", "released_key": none()});
    world.expect_job(job, row).await;
    // The case stays what it was.
    assert_eq!(world.letters().await[0]["body"]["contactId"], "ada");
}

async fn edited_data_has_the_newest_version<S: Subject>(mut world: World<S>) {
    let job = world.enqueue(&[chunk("org_1", "ada")]).await[0].id;
    let held = world.hold_alone(job).await;
    world.set_back(&held, dead(true)).await;
    let case = world.case_of(job).await;
    world.replay(case, Some(list("org_1", "cy"))).await;
    let newest = JobType::RecomputeChunk.spec().version;
    assert!(newest > 1, "else this shows nothing");
    let row = json!({"version": newest, "data": list("org_1", "cy").data()});
    world.expect_job(job, row).await;
}

async fn a_case_without_a_job_gets_one<S: Subject>(mut world: World<S>) {
    let case = world.unreadable("m-1").await;
    let CaseReplayed::Queued { job_id } = world.replay(case, Some(content("org_1", "bob"))).await
    else {
        panic!("not replayed")
    };
    let row = json!({"state": "queued", "type": "scoring.CalculateScore", "version": 1,
        "queue": Queue::ScoringEvents.name(), "organization_id": "org_1", "failures_max": 3,
        "data": {"organizationId": "org_1", "contactId": "bob"}, "claim": 0, "wake_at": "+0s",
        "available_at": "+0s", "expires_at": "+604800s"});
    world.expect_job(job_id, row).await;
    let decided = json!({"decision": "replayed", "replayed_as": job_id, "decided_at": "+0s"});
    assert_has(&world.letters().await[0], &decided);
    assert_eq!(world.replay(case, Some(content("org_1", "bob"))).await, CaseReplayed::NotDead);
    let held = world.hold(job_id).await;
    world.complete(&[&held]).await;
}

async fn a_case_whose_row_is_missing_gets_one<S: Subject>(mut world: World<S>) {
    let missing = world.id();
    world.claim(&[missing]).await;
    assert_eq!(world.reasons().await, ["row_missing"]);
    let case = world.case_of(missing).await;
    assert_eq!(world.replay(case, None).await, CaseReplayed::NoContent);
    let replayed = world.replay(case, Some(content("org_1", "ada"))).await;
    let CaseReplayed::Queued { job_id } = replayed else { panic!("{replayed:?}") };
    world.expect_job(job_id, json!({"state": "queued"})).await;
    assert!(world.open_cases().await.is_empty());
}

async fn a_case_of_another_organization_has_its_job<S: Subject>(mut world: World<S>) {
    let job = world.dead_letter_of("org_2", "bob").await;
    let case = world.case_of(job).await;
    assert_eq!(world.replay(case, None).await, CaseReplayed::Queued { job_id: job });
    world.expect_job(job, json!({"state": "queued", "organization_id": "org_2"})).await;
}

async fn what_is_decided_or_alive_is_not_replayed<S: Subject>(mut world: World<S>) {
    let decided = world.dead_letter(JobKey::None).await;
    let decided = world.case_of(decided).await;
    world.subject.decide_letters().await;
    let alive = world.dead_letter(JobKey::None).await;
    let case = world.case_of(alive).await;
    // A move without an act decides it too.
    assert_eq!(world.queue.replay(alive).await.unwrap(), Replayed::Queued);
    let before = world.dump().await;
    for (case, expected) in [
        (decided, CaseReplayed::NotDead),
        (case, CaseReplayed::NotDead),
        (Uuid::max(), CaseReplayed::Unknown),
    ] {
        assert_eq!(world.replay(case, None).await, expected);
    }
    assert_eq!(world.dump().await, before);
}

async fn a_key_that_is_taken_refuses_the_case<S: Subject>(mut world: World<S>) {
    let job = world.dead_letter(idempotent("key")).await;
    let case = world.case_of(job).await;
    let other = world.one(idempotent("key")).await;
    let before = world.dump().await;
    assert_eq!(world.replay(case, None).await, CaseReplayed::KeyTaken);
    assert_eq!(world.dump().await, before);
    world.queue.cancel(&[other]).await.unwrap();
    assert_eq!(world.replay(case, None).await, CaseReplayed::Queued { job_id: job });
}

async fn content_is_needed_where_there_is_no_job<S: Subject>(mut world: World<S>) {
    let case = world.unreadable("m-1").await;
    let before = world.dump().await;
    assert_eq!(world.replay(case, None).await, CaseReplayed::NoContent);
    assert_eq!(world.dump().await, before);
}

async fn content_of_another_type_or_organization_is_refused<S: Subject>(mut world: World<S>) {
    let job = world.dead_letter(JobKey::None).await;
    let case = world.case_of(job).await;
    let before = world.dump().await;
    let type_name = "scoring.CalculateScore".to_owned();
    let other = CaseReplayed::OtherType { type_name };
    assert_eq!(world.replay(case, Some(list("org_1", "ada"))).await, other);
    let refused = world.replay(case, Some(content("org_2", "ada"))).await;
    assert_eq!(refused, CaseReplayed::OtherOrganization);
    assert_eq!(world.dump().await, before);
}

async fn a_discarded_case_is_decided_and_its_job_stays_dead<S: Subject>(mut world: World<S>) {
    let job = world.dead_letter(idempotent("key")).await;
    let (case, other) = (world.case_of(job).await, world.unreadable("m-1").await);
    world.advance(10).await;
    for case in [case, other] {
        assert_eq!(world.op.discard(case).await.unwrap(), Discarded::Done);
    }
    for letter in world.letters().await {
        let decided = json!({"decision": "discarded", "decided_at": "+0s", "replayed_as": none(),
            "decided_by": "bootstrap", "decided_why": "it was asked for", "replay_id": none()});
        assert_has(&letter, &decided);
    }
    world.expect_job(job, json!({"state": "dead_lettered", "replays": 0})).await;
    assert_eq!(world.replay(case, None).await, CaseReplayed::NotDead);
}

async fn what_is_not_open_is_not_discarded<S: Subject>(mut world: World<S>) {
    let job = world.dead_letter(JobKey::None).await;
    let case = world.case_of(job).await;
    world.replay(case, None).await;
    let before = world.dump().await;
    assert_eq!(world.op.discard(case).await.unwrap(), Discarded::NotOpen);
    assert_eq!(world.op.discard(Uuid::max()).await.unwrap(), Discarded::Unknown);
    assert_eq!(world.dump().await, before);
}

async fn the_last_ten_errors_are_kept<S: Subject>(mut world: World<S>) {
    let job = world.one(JobKey::None).await;
    for n in 1..=12 {
        world.advance(60).await;
        let held = world.hold(job).await;
        assert_eq!(held.claim, n);
        if n % 3 == 0 {
            world.set_back(&held, dead(true)).await;
            let case = world.case_of(job).await;
            world.replay(case, None).await;
        } else {
            world.set_back(&held, failed(0)).await;
        }
    }
    let errors = world.op.job(job).await.unwrap().unwrap().errors;
    let claims: Vec<i32> = errors.iter().map(|error| error.claim).collect();
    assert_eq!(claims, (3..=12).collect::<Vec<i32>>());
    let texts: Vec<&str> = errors.iter().map(|error| error.error.as_str()).collect();
    assert_eq!((texts[0], texts[1]), ("it cannot be", "it broke"));
    assert_eq!(errors[9].at, world.subject.now());
    // What ends a job from outside is a failure too.
    world.advance(8 * 24 * 3_600).await;
    world.queue.expire(10).await.unwrap();
    let row = world.row("jobs", job).await.unwrap();
    assert_eq!(row["errors"].as_array().unwrap().len(), 10);
    assert_eq!(row["errors"][9], json!({"claim": 12, "at": "+0s", "error": "a text"}));
    // A snooze is none.
    let fresh = world.one(JobKey::None).await;
    let held = world.hold(fresh).await;
    world.set_back(&held, snoozed(0, "breaker_open")).await;
    assert_eq!(world.row("jobs", fresh).await.unwrap()["errors"], none());
}

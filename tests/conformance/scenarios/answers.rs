//! Requests with a key are answered once: the same again gets the first answer,
//! another one under that key is refused, and a day later it counts no more.

use mauntic_flows::ports::{
    CaseFilter, CaseReplay, CaseReplayed, Ended, Handed, JobKey, JobStore, Opened, OperatorStore,
    PortError, Repeat, ReplayOrder, RequestKey, Retried, RunStore, TenantStore,
};
use serde_json::json;
use uuid::Uuid;

use super::asked::{ALL, by_hand, keyed};
use super::given::{dead, idempotent, new_run, scoring};
use crate::subject::{Subject, World, organization};

on_both! {
    the_first_answer_is_given_again
    every_keyed_act_is_done_once
    another_request_under_the_key_is_refused
    holders_are_apart
    a_day_later_it_counts_no_more
    a_refusal_is_not_kept
    a_producers_first_answer_is_given_again
    a_producers_key_stands_for_its_request
    a_producer_that_is_refused_may_ask_again
}

async fn the_first_answer_is_given_again<S: Subject>(mut world: World<S>) {
    let act = keyed("k", 1);
    let told = act.key.clone().unwrap().repeat;
    let op = world.acting(act).await;
    let (run_id, job_id) = (world.id(), world.id());
    let answer = Handed::Queued { run_id, job_id };
    assert_eq!(op.hand_in(&by_hand((run_id, job_id), "ada", None)).await.unwrap(), answer);
    assert!(!told.is_told());
    let answers = world.dump().await["answers"].clone();
    assert_eq!(answers.as_array().unwrap().len(), 1);
    assert_eq!((&answers[0]["holder"], &answers[0]["key"]), (&json!("bootstrap"), &json!("k")));
    assert_eq!(answers[0]["created_at"], "+0s");
    let before = world.dump().await;
    // Another session, other fresh ids: whoever repeats it does not know the first.
    let act = keyed("k", 1);
    let told = act.key.clone().unwrap().repeat;
    let op = world.acting(act).await;
    let again = by_hand((world.id(), world.id()), "ada", None);
    assert_eq!(op.hand_in(&again).await.unwrap(), answer, "with the first one's ids");
    assert!(told.is_told());
    assert_eq!(world.dump().await, before);
}

async fn every_keyed_act_is_done_once<S: Subject>(mut world: World<S>) {
    let (run, jobs) = world.fan_out(2).await;
    let held = world.hold(jobs[0]).await;
    world.set_back(&held, dead(true)).await;
    let job = world.dead_letter(JobKey::None).await;
    let case = world.case_of(job).await;
    let ids: Vec<Uuid> = (0..4).map(|_| world.id()).collect();
    let opened = new_run("by-hand", ids[0], ids[1], true);
    let order = ReplayOrder { id: ids[2], filter: CaseFilter::default(), terms: ALL };
    let replay = CaseReplay { id: case, content: None, fresh_id: ids[3], idempotency_key: None };
    let mut first = None;
    for _ in 0..2 {
        let op = world.acting(keyed("open", 1)).await;
        let started = Opened::Started { run_id: ids[0] };
        assert_eq!(op.open_run(&opened, "manual").await.unwrap(), started);
        let op = world.acting(keyed("retry", 2)).await;
        let done = Retried::Done { jobs: 1, refused: 0, discarded: 0 };
        assert_eq!(op.retry_run(run).await.unwrap(), done);
        let op = world.acting(keyed("replay", 3)).await;
        let replayed = op.replay_case(&replay).await.unwrap();
        assert_eq!(replayed, CaseReplayed::Queued { job_id: job });
        let op = world.acting(keyed("order", 4)).await;
        let row = op.order_replay(&order).await.unwrap();
        assert_eq!(row.id, ids[2]);
        let op = world.acting(keyed("end", 5)).await;
        assert_eq!(op.end_run(run).await.unwrap(), Ended::Done { jobs: 2 });
        let op = world.acting(keyed("cancel", 6)).await;
        assert_eq!(op.cancel(&[job]).await.unwrap(), [job]);
        let dump = world.dump().await;
        assert_eq!(*first.get_or_insert(dump.clone()), dump);
    }
    assert_eq!(world.audit().await.len(), 6);
}

async fn another_request_under_the_key_is_refused<S: Subject>(mut world: World<S>) {
    let op = world.acting(keyed("k", 1)).await;
    op.hand_in(&by_hand((world.id(), world.id()), "ada", None)).await.unwrap();
    let before = world.dump().await;
    let op = world.acting(keyed("k", 2)).await;
    let other = by_hand((world.id(), world.id()), "bob", None);
    assert_eq!(op.hand_in(&other).await.unwrap_err(), PortError::KeyConflict);
    assert_eq!(world.dump().await, before);
}

async fn holders_are_apart<S: Subject>(mut world: World<S>) {
    let op = world.acting(keyed("k", 1)).await;
    op.hand_in(&by_hand((world.id(), world.id()), "ada", None)).await.unwrap();
    let mut others = keyed("k", 2);
    others.key = others.key.map(|key| RequestKey { holder: "another".to_owned(), ..key });
    let op = world.acting(others).await;
    let other = by_hand((world.id(), world.id()), "bob", None);
    assert!(matches!(op.hand_in(&other).await.unwrap(), Handed::Queued { .. }));
    assert_eq!(world.column("answers", "holder").await, ["another", "bootstrap"]);
}

async fn a_day_later_it_counts_no_more<S: Subject>(mut world: World<S>) {
    for (wait, jobs) in [(0, 1), (86_399, 1), (1, 2), (86_399, 2)] {
        world.advance(wait).await;
        let op = world.acting(keyed("k", 1)).await;
        let asked = by_hand((world.id(), world.id()), "ada", None);
        assert!(matches!(op.hand_in(&asked).await.unwrap(), Handed::Queued { .. }));
        assert_eq!(world.column("jobs", "id").await.len(), jobs, "after {wait} s");
        assert_eq!(world.column("answers", "key").await, ["k"]);
    }
    // Nor does what it was about.
    world.advance(86_400).await;
    let op = world.acting(keyed("k", 2)).await;
    let asked = by_hand((world.id(), world.id()), "bob", None);
    assert!(matches!(op.hand_in(&asked).await.unwrap(), Handed::Queued { .. }));
}

async fn a_refusal_is_not_kept<S: Subject>(mut world: World<S>) {
    let job = world.dead_letter(idempotent("key")).await;
    let case = world.case_of(job).await;
    let other = world.one(idempotent("key")).await;
    let replay =
        CaseReplay { id: case, content: None, fresh_id: world.id(), idempotency_key: None };
    let op = world.acting(keyed("k", 1)).await;
    assert_eq!(op.replay_case(&replay).await.unwrap(), CaseReplayed::KeyTaken);
    assert!(world.column("answers", "key").await.is_empty());
    world.queue.cancel(&[other]).await.unwrap();
    let queued = CaseReplayed::Queued { job_id: job };
    for _ in 0..2 {
        let op = world.acting(keyed("k", 1)).await;
        assert_eq!(op.replay_case(&replay).await.unwrap(), queued);
    }
    assert_eq!(world.column("jobs", "replays").await, [1, 0]);
}

fn producers(about: u8) -> RequestKey {
    let holder = "a key of org_1".to_owned();
    let repeat = Repeat::default();
    RequestKey { holder, key: "k".to_owned(), fingerprint: [about; 32], repeat }
}

async fn a_producers_first_answer_is_given_again<S: Subject>(mut world: World<S>) {
    let owner = organization("org_1");
    let jobs = [scoring("org_1", "ada", JobKey::None), scoring("org_1", "bob", JobKey::None)];
    let key = producers(1);
    let first = world.http.enqueue(&owner, &jobs, Some(&key)).await.unwrap();
    assert!(first.iter().all(|job| job.created) && !key.repeat.is_told());
    let held = world.hold(first[0].id).await;
    world.complete(&[&held]).await;
    let before = world.dump().await;
    assert_eq!(before["answers"][0]["organization_id"], "org_1");
    world.reopen().await;
    assert_eq!(world.http.enqueue(&owner, &jobs, Some(&key)).await.unwrap(), first);
    assert!(key.repeat.is_told());
    assert_eq!(world.dump().await, before);
    world.advance(86_400).await;
    let key = producers(1);
    let anew = world.http.enqueue(&owner, &jobs, Some(&key)).await.unwrap();
    assert!(!key.repeat.is_told());
    assert!(anew.iter().all(|job| job.created && job.id != first[0].id), "a day is over");
    assert!(world.audit().await.is_empty(), "a producer is no operator");
}

async fn a_producers_key_stands_for_its_request<S: Subject>(mut world: World<S>) {
    let owner = organization("org_1");
    let job = [scoring("org_1", "ada", JobKey::None)];
    world.http.enqueue(&owner, &job, Some(&producers(1))).await.unwrap();
    let before = world.dump().await;
    let refused = world.http.enqueue(&owner, &job, Some(&producers(2))).await;
    assert_eq!(refused.unwrap_err(), PortError::KeyConflict);
    world.reopen().await;
    assert_eq!(world.dump().await, before);
}

async fn a_producer_that_is_refused_may_ask_again<S: Subject>(mut world: World<S>) {
    let owner = organization("org_1");
    let taken = world.one(idempotent("key")).await;
    let job = [scoring("org_1", "bob", idempotent("key"))];
    let refused = world.http.enqueue(&owner, &job, Some(&producers(1))).await;
    assert_eq!(refused.unwrap_err(), PortError::KeyConflict);
    world.reopen().await;
    assert!(world.column("answers", "key").await.is_empty());
    world.queue.cancel(&[taken]).await.unwrap();
    let enqueued = world.http.enqueue(&owner, &job, Some(&producers(1))).await.unwrap();
    assert!(enqueued[0].created);
}

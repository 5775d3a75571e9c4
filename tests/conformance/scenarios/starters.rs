//! The span that started a job goes with it: from who asked for it to its message and its
//! attempts.

use mauntic_domain::trace::TraceContext;
use mauntic_flows::ports::{
    Effect, EffectStore, Held, JobKey, JobStore, OperatorStore, RelayStore, RunStore, ShortJob,
    TenantStore,
};
use serde_json::json;
use uuid::Uuid;

use super::asked;
use super::given::{by_hand, coalesce, effect, idempotent, new_run, scoring, short, spawned};
use crate::dump::none;
use crate::subject::{Subject, World, organization};

on_both! {
    what_was_sent_by_hand_knows_who_sent_it
    what_an_effect_enqueues_knows_what_started_it
    what_a_request_enqueues_knows_its_span
    what_an_operator_starts_knows_his_span
}

fn starter(nth: u128) -> TraceContext {
    TraceContext::of_attempt(None, Uuid::from_u128(nth), 1)
}

/// What the messages of due jobs say of it.
async fn sent<S: Subject>(world: &World<S>, id: Uuid) -> Option<String> {
    let due = world.queue.take_due(10).await.unwrap().into_iter();
    let mut messages = due.map(|(_, wakeup)| wakeup.message);
    messages.find(|message| message.job_id == Some(id)).unwrap().traceparent
}

async fn what_was_sent_by_hand_knows_who_sent_it<S: Subject>(mut world: World<S>) {
    let known = ShortJob { starter: Some(starter(1)), ..short("m-1", "ada", None) };
    let request = by_hand(world.id(), [known.clone(), short("m-2", "bob", None)]);
    let reply = world.queue.claim(&request).await.unwrap();
    for Held { id, starter, .. } in &reply.held {
        assert_eq!(*starter, known.starter.filter(|_| *id == known.id));
    }
    let told = json!(known.starter.map(TraceContext::traceparent));
    world.expect_job(known.id, json!({"traceparent": told})).await;
}

async fn what_an_effect_enqueues_knows_what_started_it<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    assert_eq!(held.starter, None);
    let (known, unknown) = (world.id(), world.id());
    let mut known_one = spawned(known, None);
    known_one.starter = Some(starter(2));
    let spawned = vec![known_one, spawned(unknown, None)];
    let whole = Effect { spawned, ..effect(world.subject.now(), &[&held]) };
    world.queue.commit(&whole).await.unwrap();
    world.expect_job(unknown, json!({"traceparent": none()})).await;
    assert_eq!(sent(&world, known).await, Some(starter(2).traceparent()));
    assert_eq!(world.hold(known).await.starter, Some(starter(2)));
}

async fn what_a_request_enqueues_knows_its_span<S: Subject>(mut world: World<S>) {
    let owner = organization("org_1");
    assert_eq!(world.http.starter(), None);
    world.http.start_by(starter(3));
    assert_eq!(world.http.starter(), Some(starter(3)));
    let jobs = [
        scoring("org_1", "ada", JobKey::None),
        scoring("org_1", "bob", coalesce("bob")),
        scoring("org_1", "eve", idempotent("eve")),
    ];
    let rows = world.http.enqueue(&owner, &jobs, None).await.unwrap();
    for row in rows {
        world.expect_job(row.id, json!({"traceparent": starter(3).traceparent()})).await;
    }
    // Who joins a job that waits finds it as it is.
    world.http.start_by(starter(4));
    let joined = world.http.enqueue(&owner, &jobs[1..2], None).await.unwrap();
    assert!(!joined[0].created);
    assert_eq!(world.hold(joined[0].id).await.starter, Some(starter(3)));
    // Another session knows nothing of it.
    world.reopen().await;
    let rows = world.http.enqueue(&owner, &jobs[..1], None).await.unwrap();
    world.expect_job(rows[0].id, json!({"traceparent": none()})).await;
}

async fn what_an_operator_starts_knows_his_span<S: Subject>(mut world: World<S>) {
    world.op.start_by(starter(5));
    let [first, second] = [(); 2].map(|()| (world.id(), world.id()));
    world.op.open_run(&new_run("started", first.0, first.1, false), "manual").await.unwrap();
    world.op.hand_in(&asked::by_hand(second, "ada", None)).await.unwrap();
    for id in [first.1, second.1] {
        world.expect_job(id, json!({"traceparent": starter(5).traceparent()})).await;
    }
}

//! Jobs that were sent by hand.

use mauntic_domain::jobs::JobType;
use mauntic_flows::ports::{JobStore, Next};
use serde_json::json;

use super::given::{by_hand, dead, idempotent, short};
use crate::dump::none;
use crate::subject::{Subject, World};

on_both! {
    a_short_gets_its_row_and_its_run
    a_short_that_comes_again_is_not_inserted_again
    a_keyed_short_joins_the_same_content
    a_keyed_short_conflicts_with_other_content
    a_key_that_a_dead_letter_gave_up_is_free
    a_refused_message_stays_refused
    two_shorts_with_one_key_are_one_job
    a_producers_job_holds_the_key
    a_short_of_no_organization_has_keys_too
}

async fn a_short_gets_its_row_and_its_run<S: Subject>(mut world: World<S>) {
    let (token, wanted) = (world.id(), short("m-1", "ada", Some("key")));
    let reply = world.queue.claim(&by_hand(token, [wanted.clone()])).await.unwrap();
    assert_eq!(reply.held.len(), 1);
    let row = json!({"state": "in_progress", "run_id": wanted.run_id, "version": 1,
        "failures_max": 3, "idempotency_key": "key", "request_id": none()});
    world.expect_job(wanted.id, row).await;
    let run = json!({"job_key": "scoring.CalculateScore", "trigger": "manual", "jobs_total": 1,
        "exclusive": false, "organization_id": "org_1", "status": "running"});
    world.expect_run(wanted.run_id, run).await;
    world.complete(&[&reply.held[0]]).await;
    world.expect_run(wanted.run_id, json!({"status": "completed", "jobs_done": 1})).await;
}

async fn a_short_that_comes_again_is_not_inserted_again<S: Subject>(mut world: World<S>) {
    let wanted = short("m-1", "ada", None);
    let (first, second) = (world.id(), world.id());
    world.queue.claim(&by_hand(first, [wanted.clone()])).await.unwrap();
    let reply = world.queue.claim(&by_hand(second, [wanted])).await.unwrap();
    assert_eq!((reply.held.len(), reply.joined.len(), reply.seen.len()), (0, 0, 1));
    assert_eq!(reply.seen[0].next, Next::Nothing);
    assert_eq!(world.column("runs", "jobs_total").await, [json!(1)]);
}

async fn a_keyed_short_joins_the_same_content<S: Subject>(mut world: World<S>) {
    let (first, second) = (short("m-1", "ada", Some("key")), short("m-2", "ada", Some("key")));
    let (one, two) = (world.id(), world.id());
    world.queue.claim(&by_hand(one, [first])).await.unwrap();
    let reply = world.queue.claim(&by_hand(two, [second.clone()])).await.unwrap();
    assert_eq!((reply.joined, reply.conflicts.len()), (vec![second.id], 0));
    assert!(world.letters().await.is_empty());
    assert_eq!(world.column("runs", "jobs_total").await.len(), 1);
}

async fn a_keyed_short_conflicts_with_other_content<S: Subject>(mut world: World<S>) {
    let (first, second) = (short("m-1", "ada", Some("key")), short("m-2", "bob", Some("key")));
    let request = by_hand(world.id(), [first]);
    world.queue.claim(&request).await.unwrap();
    for _ in 0..2 {
        let request = by_hand(world.id(), [second.clone()]);
        let reply = world.queue.claim(&request).await.unwrap();
        assert_eq!((reply.conflicts, reply.joined.len()), (vec![second.id], 0));
    }
    assert_eq!(world.reasons().await, ["idempotency_conflict"]);
}

async fn a_key_that_a_dead_letter_gave_up_is_free<S: Subject>(mut world: World<S>) {
    let (first, second) = (short("m-1", "ada", Some("key")), short("m-2", "bob", Some("key")));
    let (one, two) = (world.id(), world.id());
    let reply = world.queue.claim(&by_hand(one, [first.clone()])).await.unwrap();
    world.set_back(&reply.held[0], dead(true)).await;
    world.expect_job(first.id, json!({"idempotency_key": none(), "released_key": "key"})).await;
    let reply = world.queue.claim(&by_hand(two, [second.clone()])).await.unwrap();
    assert_eq!(reply.held[0].id, second.id);
}

async fn a_refused_message_stays_refused<S: Subject>(mut world: World<S>) {
    let (first, second) = (short("m-1", "ada", Some("key")), short("m-2", "bob", Some("key")));
    let (one, two) = (world.id(), world.id());
    let reply = world.queue.claim(&by_hand(one, [first])).await.unwrap();
    world.queue.claim(&by_hand(two, [second.clone()])).await.unwrap();
    world.set_back(&reply.held[0], dead(true)).await;
    // The key is free now, but the message is a case for people already.
    let before = world.dump().await;
    assert!(world.queue.bury(&by_hand(two, [second.clone()])).await.unwrap().is_empty());
    assert_eq!(world.dump().await, before);
    let request = by_hand(world.id(), [second.clone()]);
    let reply = world.queue.claim(&request).await.unwrap();
    assert_eq!((reply.conflicts, reply.held.len()), (vec![second.id], 0));
    let after = world.dump().await;
    assert_eq!(
        (&after["jobs"], &after["dead_letters"]),
        (&before["jobs"], &before["dead_letters"])
    );
}

async fn two_shorts_with_one_key_are_one_job<S: Subject>(mut world: World<S>) {
    let (first, second) = (short("m-1", "ada", Some("key")), short("m-2", "ada", Some("key")));
    let (token, later) = (world.id(), first.id.max(second.id));
    let reply = world.queue.claim(&by_hand(token, [first, second])).await.unwrap();
    assert_eq!((reply.held.len(), reply.joined), (1, vec![later]));
}

async fn a_producers_job_holds_the_key<S: Subject>(mut world: World<S>) {
    let id = world.one(idempotent("key")).await;
    let (same, other) = (short("m-1", "ada", Some("key")), short("m-2", "bob", Some("key")));
    let token = world.id();
    let reply = world.queue.claim(&by_hand(token, [same.clone(), other.clone()])).await.unwrap();
    assert_eq!((reply.joined, reply.conflicts), (vec![same.id], vec![other.id]));
    world.expect_job(id, json!({"state": "queued", "claim": 0})).await;
    let letter = world.letters().await.remove(0);
    assert_eq!(letter["type"], JobType::CalculateScore.name());
    assert_eq!(letter["organization_id"], "org_1");
}

async fn a_short_of_no_organization_has_keys_too<S: Subject>(mut world: World<S>) {
    let everyones = |message: &str| {
        let mut short = short(message, "ada", Some("key"));
        short.organization_id = None;
        short.job_type = JobType::BatchRecompute;
        short.data = json!({});
        short
    };
    let (first, second) = (everyones("m-1"), everyones("m-2"));
    let (one, two) = (world.id(), world.id());
    let reply = world.queue.claim(&by_hand(one, [first.clone()])).await.unwrap();
    assert_eq!((reply.seen[0].id, reply.seen[0].next), (first.id, Next::Alone));
    let reply = world.queue.claim(&by_hand(two, [second.clone()])).await.unwrap();
    assert_eq!(reply.joined, [second.id]);
}

//! An organization with as many unfinished jobs as it may have.

use mauntic_domain::jobs::JobState;
use mauntic_domain::jobs::limits::UNFINISHED_MAX;
use serde_json::json;

use super::call::Call;
use super::refusals::{post, put};
use super::world::{OTHER_KEY, World};

/// Unfinished jobs that leave room for `room` more.
fn world_with_room(room: u128) -> World {
    let world = World::new();
    world.put_jobs(1, u128::try_from(UNFINISHED_MAX).unwrap() - room);
    world
}

/// Asks for so many contacts.
fn recalculate(contacts: usize) -> Call {
    let ids: Vec<String> = (0..contacts).map(|n| format!("c{n}")).collect();
    post(json!({ "contactIds": ids }).to_string())
}

/// Sends it; the refusal says when to come back, and nothing may have changed.
async fn refused(call: Call, world: &World) {
    let before = (world.store().jobs(), world.sent());
    let answer = call.send(world).await;
    assert_eq!((answer.status, answer.code()), (429, "backlog_full"));
    assert_eq!(answer.header("retry-after"), "60");
    assert_eq!(answer.body["retryable"], true);
    assert!((world.store().jobs(), world.sent()) == before, "jobs or messages changed");
    assert_eq!(world.store().look(|state| state.contacts().count()), 0);
}

#[tokio::test]
async fn a_full_backlog_refuses_more_and_changes_nothing() {
    let world = world_with_room(0);
    refused(put(r#"{"hasEmail":true}"#), &world).await;
    refused(recalculate(1), &world).await;
    // As chunk jobs.
    refused(recalculate(501), &world).await;

    // Another organization has a backlog of its own.
    let other = Call::new("POST", "/api/v1/scoring/recalculate").key(OTHER_KEY);
    let answer = other.json(r#"{"contactIds":["c1"]}"#).send(&world).await;
    assert_eq!((answer.status, &answer.body["created"]), (202, &json!(1)));

    // One that is done makes room for one.
    world.set_state(1, JobState::Completed);
    refused(recalculate(2), &world).await;
    assert_eq!(put("{}").send(&world).await.status, 202);
}

#[tokio::test]
async fn the_last_place_is_given_and_all_or_none_fit() {
    let world = world_with_room(2);
    refused(recalculate(3), &world).await;
    let answer = recalculate(2).send(&world).await;
    assert_eq!((answer.status, &answer.body["created"]), (202, &json!(2)));
    assert!(world.sent().is_empty(), "so many are out that the relay sends these");
    let queued = world.store().look(|state| state.live_jobs().count());
    assert_eq!(i64::try_from(queued).unwrap(), UNFINISHED_MAX);
}

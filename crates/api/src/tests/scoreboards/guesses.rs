//! Guesses, until the kickoff.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{get, of, post, refused, sending, world};
use crate::tests::things::MATCH;

fn guesses() -> String {
    of(&format!("/matches/{MATCH}/guesses"))
}

#[tokio::test]
async fn a_guess_is_stored_and_shown() {
    let world = world();
    let path = format!("{}/member_1", guesses());
    let stored = sending("PUT", &path, &json!({"home": 2, "away": 0})).send(&world).await;
    let at = stored.body["storedAt"].as_str().unwrap();
    assert_eq!((stored.status, &stored.body), (200, &json!({"guesses": 1, "storedAt": at})));
    let list = get(&world, &of("/members/member_1/guesses")).await;
    let expected = json!([{
        "matchId": MATCH, "round": "Final", "kickoff": "2027-01-15T09:00:00.123Z",
        "status": "scheduled", "home": 2, "away": 0, "storedAt": at, "points": null,
        "exact": null, "right": null,
    }]);
    assert_eq!(list.body["items"], expected);
}

#[tokio::test]
async fn many_are_stored_together() {
    let world = world();
    post(&world, &of("/members"), &json!({"members": ["a", "b"]})).await;
    let many = json!({"guesses": [
        {"memberId": "b", "home": 1, "away": 1}, {"memberId": "a", "home": 0, "away": 99}]});
    let stored = post(&world, &guesses(), &many).await;
    assert_eq!((stored.status, &stored.body["guesses"]), (200, &json!(2)));
    let strangers = json!({"guesses": [
        {"memberId": "zoe", "home": 1, "away": 1}, {"memberId": "a", "home": 0, "away": 0},
        {"memberId": "bo", "home": 1, "away": 1}]});
    let call = sending("POST", &guesses(), &strangers);
    let answer = refused(&world, call, 422, "validation_failed").await;
    assert_eq!(answer.pointers(), ["/guesses/0/memberId", "/guesses/2/memberId"]);
}

#[tokio::test]
async fn guesses_are_closed_at_the_kickoff() {
    let world = world();
    let one = json!({"home": 2, "away": 0});
    let path = format!("{}/member_1", guesses());
    world.ports.clock.advance(TimeDelta::hours(1));
    let many = json!({"guesses": [{"memberId": "member_1", "home": 2, "away": 0}]});
    for call in [sending("PUT", &path, &one), sending("POST", &guesses(), &many)] {
        let answer = refused(&world, call, 409, "guesses_closed").await;
        assert_eq!(answer.body["kickoff"], "2027-01-15T09:00:00.123Z");
    }
}

#[tokio::test]
async fn every_fault_of_a_guess_is_named() {
    let world = world();
    let path = format!("{}/member_1", guesses());
    for (body, pointers) in [
        (json!({}), vec!["/home", "/away"]),
        (json!({"home": -1, "away": 100}), vec!["/home", "/away"]),
        (json!({"home": 1.5, "away": "1"}), vec!["/home", "/away"]),
        (json!({"home": u64::MAX, "away": 1}), vec!["/home"]),
        (json!({"home": 1, "away": 1, "points": 5}), vec!["/points"]),
    ] {
        let call = sending("PUT", &path, &body);
        let answer = refused(&world, call, 422, "validation_failed").await;
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
    let one = |name: &str| json!({"memberId": name, "home": 1, "away": 1});
    let all: Vec<Value> = (0..1_001).map(|n| one(&format!("m{n}"))).collect();
    for (body, pointer) in [
        (json!({"guesses": [one("a"), one("a")]}), "/guesses/1/memberId"),
        (json!({"guesses": [one("a b")]}), "/guesses/0/memberId"),
        (json!({"guesses": [{"memberId": "a", "home": 1}]}), "/guesses/0/away"),
        (json!({"guesses": all}), "/guesses"),
        (json!({}), "/guesses"),
    ] {
        let call = sending("POST", &guesses(), &body);
        let answer = refused(&world, call, 422, "validation_failed").await;
        assert_eq!(answer.pointers(), [pointer]);
    }
}

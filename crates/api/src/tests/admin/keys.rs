//! `Idempotency-Key`: the same request under the same key is done once.

use mauntic_sim::faults::{self, Fault};
use serde_json::{Value, json};

use crate::access::{Access, ROUTES, RouteRule};
use crate::tests::call::{Answer, Call};
use crate::tests::things::{CASE, QUEUE, RUN, SCHEDULE, WAITING, body_of, path_of, post, seeing};
use crate::tests::world::{ADMIN_TOKEN, OPERATOR_KEY, OTHER_KEY, WRITE_KEY, World};

const KEY: &str = "idempotency-key";

/// Two requests of one key at one world.
async fn twice(world: &World, first: Call, second: Call) -> (Answer, Answer) {
    let first = first.header(KEY, "k").send(world).await;
    assert!(first.status < 300, "{}", first.body);
    (first, second.header(KEY, "k").send(world).await)
}

#[tokio::test]
async fn a_repeat_does_nothing_more() {
    // Events have ids of their own, and a repeat is told as one; a preview
    // changes nothing.
    let unkeyed = ["/api/v1/events", "/api/v1/scoring/config/preview"];
    let is_keyed = |rule: &&RouteRule| rule.method == "POST" && !unkeyed.contains(&rule.path);
    for rule in ROUTES.iter().filter(is_keyed) {
        let world = World::with_things().await;
        let owner = matches!(rule.access, Access::Operator(_));
        let key = if owner { OPERATOR_KEY } else { WRITE_KEY };
        let call = || seeing(rule, Call::new("POST", &path_of(rule)).key(key).json(body_of(rule)));
        let first = call().header(KEY, "k").send(&world).await;
        assert!(first.status < 300, "{} {}", rule.path, first.body);
        let (rows, audit) = (world.rows(), world.audit().len());
        let again = call().header(KEY, "\"k\"").send(&world).await;
        assert_eq!(again.status, first.status, "{} {}", rule.path, again.body);
        assert_eq!((world.rows(), world.audit().len()), (rows, audit), "{}", rule.path);
        assert_eq!(again.body, first.body, "{}", rule.path);
        assert_eq!(again.header("location"), first.header("location"));
        let told = [&first, &again].map(|answer| answer.headers.get("idempotent-replayed"));
        assert!(told[0].is_none(), "{}", rule.path);
        assert_eq!(told[1].unwrap(), "true", "{}", rule.path);
        // Under another key it is another request.
        let other = call().header(KEY, "other").send(&world).await;
        assert!(!other.headers.contains_key("idempotent-replayed"), "{}", rule.path);
        assert_ne!(other.code(), "idempotency_conflict", "{}", rule.path);
    }
}

#[tokio::test]
async fn a_lost_answer_is_given_again() {
    let world = World::with_things().await;
    let replay = || post(&format!("dlq/{CASE}/replay"), &json!({})).header(KEY, "k");
    world.ports.faults.next(Some(faults::Call::ReplayCase), Fault::AnswerLost);
    let lost = replay().send(&world).await;
    assert_eq!((lost.status, lost.code()), (503, "commit_unknown"));
    let answer = replay().send(&world).await;
    assert_eq!((answer.status, &answer.body["state"]), (202, &json!("queued")));
    let done = world.audit().iter().filter(|entry| entry["outcome"] == "done").count();
    assert_eq!(done, 1);
}

#[tokio::test]
async fn another_request_under_the_key_is_a_conflict() {
    let cancel = |reason: &str| post(&format!("runs/{RUN}/cancel"), &json!({"reason": reason}));
    for second in [
        cancel("b"),
        post(&format!("jobs/{WAITING}/cancel"), &json!({"reason": "a"})),
        post(&format!("cron/{SCHEDULE}/run"), &json!({"reason": "a"})),
        post(&format!("queues/{QUEUE}/messages"), &json!({"type": "scoring.Probe"})),
    ] {
        let world = World::with_things().await;
        let (_, conflict) = twice(&world, cancel("a"), second).await;
        assert_eq!((conflict.status, conflict.code()), (409, "idempotency_conflict"));
        assert_eq!(world.audit()[1]["outcome"], "idempotency_conflict");
    }
    // The order of the fields and white space make no other request.
    let world = World::with_things().await;
    let body = |text: &str| post("dlq/replay", &Value::Null).bytes(text);
    let (first, again) = twice(
        &world,
        body(r#"{"filter":{},"canary":1}"#),
        body(r#"{ "canary": 1, "filter": {} }"#),
    )
    .await;
    assert_eq!(again.body["replayId"], first.body["replayId"]);
    assert_eq!(again.header("location"), first.header("location"));
}

#[tokio::test]
async fn keys_are_their_holders_own() {
    let world = World::with_things().await;
    let path = format!("/api/v2/admin/queues/{QUEUE}/messages");
    let call = |key: &str| Call::new("POST", &path).key(key).json(r#"{"type":"scoring.Probe"}"#);
    let (first, second) = twice(&world, call(OPERATOR_KEY), call(ADMIN_TOKEN)).await;
    assert_ne!(first.body["jobId"], second.body["jobId"]);
    let recalculate = |key: &str| {
        let call = Call::new("POST", "/api/v1/scoring/recalculate").key(key);
        call.json(r#"{"contactIds":["contact_5"],"context":{"intent":1}}"#)
    };
    let (first, again) = twice(&world, recalculate(WRITE_KEY), recalculate(WRITE_KEY)).await;
    assert_eq!(first.body["jobIds"], again.body["jobIds"]);
    let other = recalculate(OTHER_KEY).header(KEY, "k").send(&world).await;
    assert_ne!(first.body["jobIds"], other.body["jobIds"]);
}

#[tokio::test]
async fn a_key_is_visible_and_not_too_long() {
    let world = World::with_things().await;
    let long = "x".repeat(200);
    let longer = "x".repeat(201);
    let quoted = format!("\"{long}\"");
    for (key, is_one) in [
        ("k", true),
        ("\"k\"", true),
        ("\"", true),
        (long.as_str(), true),
        (quoted.as_str(), true),
        ("", false),
        ("\"\"", false),
        ("a b", false),
        ("a\tb", false),
        ("é", false),
        (longer.as_str(), false),
    ] {
        let call = post(&format!("queues/{QUEUE}/messages"), &json!({"type": "scoring.Probe"}));
        let answer = call.header(KEY, key).send(&world).await;
        assert_eq!(answer.status == 202, is_one, "{key:?} {}", answer.body);
        if !is_one {
            assert_eq!((answer.status, answer.pointers()), (422, vec!["/Idempotency-Key"]));
            assert_eq!(answer.body["errors"][0]["in"], "header");
        }
    }
    let twice = post(&format!("cron/{SCHEDULE}/run"), &json!({})).header(KEY, "a").header(KEY, "a");
    assert_eq!(twice.send(&world).await.status, 422);
}

//! What is refused, and how it is told. Values of bodies: `values`.

use mauntic_flows::ports::PortError;
use mauntic_sim::faults;
use proptest::prelude::*;

use super::call::{Answer, Call};
use super::world::{READ_KEY, WRITE_KEY, World};
use crate::body::BODY_BYTES_MAX;
use crate::problem::Problem;

const FEATURES: &str = "/api/v1/scoring/contacts/contact_1/features";
const RECALCULATE: &str = "/api/v1/scoring/recalculate";

pub(super) fn put(body: impl Into<Vec<u8>>) -> Call {
    Call::new("PUT", FEATURES).key(WRITE_KEY).json(body)
}

pub(super) fn post(body: impl Into<Vec<u8>>) -> Call {
    Call::new("POST", RECALCULATE).key(WRITE_KEY).json(body)
}

/// Sends it; nothing may have been changed.
pub(super) async fn refused(call: Call, status: u16, code: &str) -> Answer {
    let world = World::new();
    let before = world.store().dump();
    let answer = call.send(&world).await;
    assert_eq!((answer.status, answer.code()), (status, code), "{}", answer.body);
    assert_eq!(world.store().dump(), before);
    assert!(world.sent().is_empty());
    answer
}

#[tokio::test]
async fn bodies_that_are_no_json_are_malformed() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let deep_object = "{\"a\":".repeat(100_000);
    for body in [
        &b""[..],
        b"{",
        b"{} {}",
        b"{hasEmail:true}",
        b"{\"hasEmail\":tru",
        b"\xff\xfe",
        b"{\"a\":\"\xff\"}",
        b"{\"contentDownloads\":1e999}",
        b"<html></html>",
        deep.as_bytes(),
        deep_object.as_bytes(),
    ] {
        for call in [put(body), post(body)] {
            let answer = refused(call, 400, "malformed_json").await;
            assert!(answer.body["detail"].as_str().unwrap().len() < 200);
        }
    }
}

#[tokio::test]
async fn a_body_has_a_size_and_a_type() {
    let of = |bytes: usize| format!("{{{}}}", " ".repeat(bytes - 2));
    let world = World::new();
    assert_eq!(put(of(BODY_BYTES_MAX)).send(&world).await.status, 202);
    refused(put(of(BODY_BYTES_MAX + 1)), 413, "body_too_large").await;
    let announced = put("{}").header("content-length", "99999999999");
    refused(announced, 413, "body_too_large").await;

    for content_type in ["", "text/plain", "application/x-www-form-urlencoded", "json", "text/json"]
    {
        let call = Call::new("PUT", FEATURES).key(WRITE_KEY).bytes("{}");
        let call = call.header("content-type", content_type);
        refused(call, 415, "unsupported_media_type").await;
    }
    let none = Call::new("PUT", FEATURES).key(WRITE_KEY).bytes("{}");
    refused(none, 415, "unsupported_media_type").await;
    let packed = put("{}").header("content-encoding", "gzip");
    refused(packed, 415, "unsupported_media_type").await;
    for content_type in
        ["APPLICATION/JSON", "application/json; charset=utf-8", "application/a+json"]
    {
        let call = Call::new("PUT", FEATURES).key(WRITE_KEY).bytes("{}");
        let call = call.header("content-type", content_type);
        assert_eq!(call.send(&world).await.status, 202, "{content_type}");
    }
}

#[tokio::test]
async fn where_no_field_is_needed_null_is_as_good_as_no_body() {
    const PREVIEW: &str = "/api/v1/scoring/config/preview";
    let call = || Call::new("POST", PREVIEW).key(READ_KEY);
    let world = World::new();
    assert_eq!(call().send(&world).await.code(), "no_draft", "the body is read before");
    for body in ["null", " null\n", "{}"] {
        assert_eq!(call().json(body).send(&world).await.code(), "no_draft", "{body:?}");
    }
    refused(call().json("nul"), 400, "malformed_json").await;
    refused(call().json("0"), 422, "validation_failed").await;
    refused(call().bytes("null"), 415, "unsupported_media_type").await;
    refused(put("null"), 422, "validation_failed").await;
}

#[tokio::test]
async fn unknown_routes_are_told_to_anybody() {
    for path in ["/", "/api", "/%FF", "/openapi.json/", "/admin"] {
        refused(Call::get(path), 404, "route_not_found").await;
    }
}

#[tokio::test]
async fn ids_in_the_path_keep_their_alphabet() {
    let long = "x".repeat(65);
    for id in
        ["", "a%20b", "%00", "%FF", "%C3%28", "%2F", "%C3%BC", "a%2Fb", "%", "%zz", long.as_str()]
    {
        for rest in ["score", "score/explain"] {
            let path = format!("/api/v1/scoring/contacts/{id}/{rest}");
            let answer = refused(Call::get(&path).key(READ_KEY), 422, "validation_failed").await;
            assert_eq!(answer.pointers(), ["/contactId"]);
            assert_eq!(answer.body["errors"][0]["in"], "path");
        }
        let path = format!("/api/v1/scoring/contacts/{id}/features");
        let call = Call::new("PUT", &path).key(WRITE_KEY).json("{}");
        refused(call, 422, "validation_failed").await;
    }
}

#[tokio::test]
async fn queries_are_read_strictly() {
    for (query, pointers) in [
        ("limit=0", vec!["/limit"]),
        ("limit=101", vec!["/limit"]),
        ("limit=-1", vec!["/limit"]),
        ("limit=%2B5", vec!["/limit"]),
        ("limit=", vec!["/limit"]),
        ("limit", vec!["/limit"]),
        ("limit=1e1", vec!["/limit"]),
        ("limit=99999999999999999999", vec!["/limit"]),
        ("limit=1&limit=2", vec!["/limit"]),
        ("cursor=a&cursor=a", vec!["/cursor"]),
        ("offset=1&page=2", vec!["/offset", "/page"]),
        ("%FF=1", vec!["/\u{fffd}"]),
    ] {
        let path = format!("/api/v1/scoring/leaderboard?{query}");
        let answer = refused(Call::get(&path).key(READ_KEY), 422, "validation_failed").await;
        assert_eq!(answer.pointers(), pointers, "{query}");
    }
}

#[tokio::test]
async fn failures_of_the_database_say_what_to_do() {
    let cause = "secret cause".to_owned();
    #[rustfmt::skip]
    let table = [
        (PortError::Unavailable { what: "the database", cause: cause.clone() }, 503, "database_unavailable", true),
        (PortError::Contention { what: "enqueue", cause: cause.clone() },       503, "contention", true),
        (PortError::Unknown { what: "enqueue", cause: cause.clone() },          503, "commit_unknown", true),
        (PortError::Refused { what: "enqueue", cause },                         500, "internal_error", false),
    ];
    for (error, status, code, is_retryable) in table {
        let calls = [
            put("{}"),
            post(r#"{"contactIds":["c1"]}"#),
            Call::get("/api/v1/scoring/leaderboard").key(READ_KEY),
            Call::get("/api/v1/scoring/contacts/c1/score").key(READ_KEY),
        ];
        for (index, call) in calls.into_iter().enumerate() {
            // What reads commits nothing.
            if index > 1 && code == "commit_unknown" {
                continue;
            }
            let world = World::new();
            world.fail_work(&error);
            let answer = call.send(&world).await;
            assert_eq!((answer.status, answer.code()), (status, code));
            assert_eq!(answer.body["retryable"], is_retryable);
            assert!(!answer.body.to_string().contains("secret"));
            assert!(answer.line["cause"].as_str().unwrap().contains("secret cause"));
        }
    }
    let world = World::new();
    let cause = "refused".to_owned();
    world.fail(faults::Call::Open, PortError::Unavailable { what: "the database", cause });
    let answer = put("{").send(&world).await;
    assert_eq!((answer.status, answer.code()), (503, "database_unavailable"));
    assert_eq!(answer.header("retry-after"), "5");
}

#[tokio::test]
async fn a_key_that_cannot_be_looked_up_is_not_refused_as_wrong() {
    let cause = || "secret cause".to_owned();
    for (error, status, code) in [
        (
            PortError::Unavailable { what: "the database", cause: cause() },
            503,
            "database_unavailable",
        ),
        (PortError::Contention { what: "find_key", cause: cause() }, 503, "contention"),
        (PortError::Refused { what: "find_key", cause: cause() }, 500, "internal_error"),
    ] {
        for call in [put("{"), Call::get("/openapi.json").key(READ_KEY)] {
            let world = World::new();
            world.fail(faults::Call::FindKey, error.clone());
            let answer = call.send(&world).await;
            assert_eq!((answer.status, answer.code()), (status, code));
            assert!(!answer.body.to_string().contains("secret"));
        }
    }
}

#[test]
fn a_key_of_another_request_is_a_conflict() {
    let problem = Problem::from(PortError::KeyConflict);
    let answer = problem.render("my-id");
    assert_eq!((problem.code(), answer.status().as_u16()), ("idempotency_conflict", 409));
    assert!(!answer.headers().contains_key("retry-after"));
    let body = serde_json::to_value(problem.body("my-id")).unwrap();
    assert_eq!(body["retryable"], false);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_request_is_our_fault(
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            "[\\[\\]{}:,\"a-z0-9.\\\\ -]{0,60}".prop_map(String::into_bytes),
        ],
        id in "[%a-fA-F0-9/?.]{0,12}",
        is_features in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let path = format!("/api/v1/scoring/contacts/{id}/features");
        let (method, path) = if is_features { ("PUT", path.as_str()) } else { ("POST", RECALCULATE) };
        let call = Call::new(method, path).key(WRITE_KEY).json(body);
        let answer = runtime.block_on(call.send(&World::new()));
        prop_assert!(answer.status < 500);
    }
}

//! The request id, the log line, and the methods HEAD and OPTIONS.

use super::call::Call;
use super::things::path_of;
use super::world::{NOBODYS_KEY, READ_KEY, WRITE_KEY, World};
use crate::access::{ROUTES, RouteRule};

#[tokio::test]
async fn a_usable_request_id_is_kept_and_another_replaced() {
    let long = "x".repeat(129);
    let kept = "x".repeat(128);
    for (given, is_kept) in [
        ("abc-123", true),
        (kept.as_str(), true),
        (long.as_str(), false),
        ("", false),
        ("a b", false),
        ("a\tb", false),
    ] {
        let call = Call::get("/nowhere").header("x-request-id", given);
        let answer = call.send(&World::new()).await;
        assert_eq!(answer.header("x-request-id") == given, is_kept, "{given:?}");
    }
    let answer = Call::get("/nowhere").send(&World::new()).await;
    assert_eq!(answer.header("x-request-id").len(), 36);
}

#[tokio::test]
async fn the_log_has_patterns_and_no_names() {
    let world = World::new();
    let path = "/api/v1/scoring/contacts/contact_77/score?x=mk_9";
    let line = Call::get(path).key(READ_KEY).send(&world).await.line;
    assert_eq!(line["method"], "GET");
    assert_eq!(line["path"], "/api/v1/scoring/contacts/{contactId}/score");
    assert_eq!(line["status"], 422);
    assert_eq!(line["code"], "validation_failed");

    let line = Call::new("CONTACT_77", "/contact_77").send(&world).await.line;
    assert_eq!(line["method"], "other");
    assert!(line["path"].is_null());
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    for rule in ROUTES.iter().filter(|rule| rule.method == "GET") {
        for key in [READ_KEY, NOBODYS_KEY] {
            let world = World::new();
            let path = path_of(rule);
            let get = Call::get(&path).key(key).send(&world).await;
            let head = Call::new("HEAD", &path).key(key).send(&world).await;
            assert_eq!(head.status, get.status);
            assert_eq!(head.header("content-type"), get.header("content-type"));
        }
    }
}

#[tokio::test]
async fn options_names_the_methods() {
    for rule in ROUTES {
        let path = path_of(rule);
        let answer = Call::new("OPTIONS", &path).send(&World::new()).await;
        assert_eq!(answer.status, 204);
        assert!(answer.header("allow").contains(rule.method));
    }
}

#[tokio::test]
async fn other_methods_are_refused_with_those_allowed() {
    for rule in ROUTES {
        let path = path_of(rule);
        for method in ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "TRACE", "MK"] {
            let is_taken = |other: &&RouteRule| {
                other.path == rule.path
                    && (other.method == method || method == "HEAD" && other.method == "GET")
            };
            if ROUTES.iter().any(|other| is_taken(&other)) {
                continue;
            }
            let call = Call::new(method, &path).key(WRITE_KEY).json("{");
            let answer = call.send(&World::new()).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            if method != "HEAD" {
                assert_eq!(answer.code(), "method_not_allowed");
            }
            assert!(answer.header("allow").contains(rule.method));
        }
    }
}

#[tokio::test]
async fn lines_of_our_own_faults_are_errors() {
    let line = |status| crate::LogLine::Request {
        method: "GET",
        path: None,
        status,
        request_id: "r",
        duration_ms: 0,
        code: None,
        cause: None,
    };
    assert!(!line(200).is_error() && !line(422).is_error() && line(500).is_error());
}

//! Whatever is refused to somebody known is written down, by whatever rule.

use mauntic_domain::audit::REFUSALS_AN_HOUR_MAX;
use mauntic_flows::ports::PortError;
use mauntic_sim::faults;
use serde_json::{Value, json};

use crate::access::{Access, ROUTES};
use crate::body::BODY_BYTES_MAX;
use crate::refused::ACTIONS;
use crate::tests::call::Call;
use crate::tests::things::{BREAKER, get, path_of, post, query_of, refused};
use crate::tests::world::{
    ADMIN_TOKEN, LOOK_KEY, NOBODYS_KEY, OPERATOR_KEY, POWERLESS_KEY, READ_KEY, VIEWER_TOKEN, World,
};

const RESET: &str = "/api/v2/admin/breakers/alert_webhook/reset";

#[test]
fn every_route_that_changes_something_has_an_action() {
    let changing: Vec<_> = ROUTES
        .iter()
        .filter(|rule| rule.method != "GET" && matches!(rule.access, Access::Operator(_)))
        .map(|rule| (rule.method, rule.path.strip_prefix("/api/v2/admin/").unwrap()))
        .collect();
    assert_eq!(changing.len(), ACTIONS.len());
    for (method, path) in changing {
        let known = ACTIONS.iter().filter(|(of, pattern, _)| (*of, *pattern) == (method, path));
        assert_eq!(known.count(), 1, "{method} {path}");
    }
}

#[tokio::test]
async fn bodies_that_are_not_read_are_written_down() {
    let world = World::with_things().await;
    let entry = ("breaker.reset", BREAKER);
    let large = format!("{{{}}}", " ".repeat(BODY_BYTES_MAX));
    let call = || Call::new("POST", RESET).key(OPERATOR_KEY);
    refused(&world, call().json(large), "body_too_large", entry).await;
    let announced = call().json("{}").header("content-length", "99999999999");
    refused(&world, announced, "body_too_large", entry).await;
    refused(&world, call().json("{"), "malformed_json", entry).await;
    refused(&world, call().bytes("{}"), "unsupported_media_type", entry).await;
    refused(&world, call().json("[]"), "validation_failed", entry).await;
    refused(&world, call().json(r#"{"reason":"\u0000"}"#), "validation_failed", entry).await;
    let twice = call().json("{}").header("idempotency-key", "");
    refused(&world, twice, "validation_failed", entry).await;
}

#[tokio::test]
async fn what_no_route_takes_is_written_down() {
    let world = World::with_things().await;
    let long = "x".repeat(300);
    let nowhere = post(&format!("nowhere/{long}"), &json!({}));
    let target: String = format!("nowhere/{long}").chars().take(200).collect();
    refused(&world, nowhere, "route_not_found", ("unknown", &target)).await;
    let other = Call::new("DELETE", RESET).key(OPERATOR_KEY);
    let entry = ("unknown", "breakers/alert_webhook/reset");
    refused(&world, other, "method_not_allowed", entry).await;
}

#[tokio::test]
async fn the_actor_is_the_key_or_whose_token_it_is() {
    for (key, code, named) in [
        (READ_KEY, "operator_key_required", None),
        (POWERLESS_KEY, "insufficient_scope", None),
        (OPERATOR_KEY, "breaker_not_found", None),
        (LOOK_KEY, "insufficient_scope", None),
        (VIEWER_TOKEN, "insufficient_scope", Some("viewer")),
        (ADMIN_TOKEN, "breaker_not_found", Some("bootstrap")),
    ] {
        let world = World::with_things().await;
        let call = Call::new("POST", "/api/v2/admin/breakers/x/reset").key(key);
        refused(&world, call, code, ("breaker.reset", "x")).await;
        // As whoever may only look reads it.
        let page = Call::get("/api/v2/admin/audit").key(VIEWER_TOKEN).send(&world).await;
        let entry = &page.body["items"][0]["entry"];
        assert_eq!((&entry["action"], &entry["outcome"]), (&json!("breaker.reset"), &json!(code)));
        let actor = entry["actor"].as_str().unwrap();
        assert_eq!(named, ["viewer", "bootstrap"].into_iter().find(|name| *name == actor));
        assert!(!actor.contains("mk_"));
    }
}

#[tokio::test]
async fn nobody_writes_into_the_audit() {
    for rule in ROUTES.iter().filter(|rule| rule.path.starts_with("/api/v2/admin")) {
        for key in [None, Some(NOBODYS_KEY), Some("mk_nobody")] {
            let world = World::with_things().await;
            let before = world.store().dump();
            let mut call = Call::new(rule.method, &path_of(rule)).json("{");
            if let Some(key) = key {
                call = call.key(key);
            }
            assert_eq!(call.send(&world).await.status, 401);
            assert_eq!(world.store().dump(), before);
        }
    }
    // Nor by a path that nobody is asked for.
    let world = World::new();
    let call = Call::new("POST", "/api/v2/admin/nowhere").key(NOBODYS_KEY).json("{}");
    assert_eq!(call.send(&world).await.code(), "route_not_found");
    assert!(world.audit().is_empty());
    assert_eq!(world.log().len(), 1, "its own line, and no error");
}

#[tokio::test]
async fn looking_writes_nothing() {
    for rule in ROUTES.iter().filter(|rule| rule.method == "GET") {
        let world = World::with_things().await;
        for key in [READ_KEY, OPERATOR_KEY] {
            for query in [query_of(rule), "?limit=none"] {
                Call::get(&format!("{}{query}", path_of(rule))).key(key).send(&world).await;
            }
        }
        assert!(world.audit().is_empty(), "{}", rule.path);
    }
}

#[tokio::test]
async fn an_entry_that_cannot_be_written_is_an_error_in_the_log() {
    let world = World::with_things().await;
    let cause = "secret cause".to_owned();
    world.fail(faults::Call::NoteRefusal, PortError::Unavailable { what: "the database", cause });
    let answer = post("breakers/x/reset", &json!({})).send(&world).await;
    assert_eq!((answer.status, answer.code()), (404, "breaker_not_found"));
    let log = world.log();
    let line = log.iter().find(|line| line["event"] == "audit_failed").unwrap();
    assert_eq!(
        (&line["action"], &line["code"]),
        (&json!("breaker.reset"), &json!("database_unavailable"))
    );
    assert!(line["cause"].as_str().unwrap().contains("secret cause"));
    assert_eq!(line["requestId"], answer.header("x-request-id"));
}

#[tokio::test]
async fn refusals_beyond_what_the_audit_takes_are_in_the_log_alone() {
    let world = World::with_things().await;
    let call = |key| Call::new("POST", RESET).key(key).json("[]");
    let most = usize::try_from(REFUSALS_AN_HOUR_MAX).unwrap();
    for _ in 0..most {
        call(OPERATOR_KEY).send(&world).await;
    }
    assert_eq!(world.audit().len(), most);
    let answer = call(OPERATOR_KEY).send(&world).await;
    assert_eq!((answer.status, answer.code()), (422, "validation_failed"));
    let audit = world.audit();
    assert_eq!(audit.len(), most);
    let mut full = world.log().clone();
    full.retain(|line| line["event"] == "audit_full");
    let [line] = full.as_slice() else { panic!("{full:?}") };
    for (field, value) in [
        ("actor", &audit[0]["actor"]),
        ("action", &json!("breaker.reset")),
        ("code", &json!("validation_failed")),
        ("requestId", &json!(answer.header("x-request-id"))),
    ] {
        assert_eq!(&line[field], value, "{field}");
    }
    // Others' are written, and what is done is.
    call(READ_KEY).send(&world).await;
    Call::new("POST", RESET).key(OPERATOR_KEY).json("{}").send(&world).await;
    assert_eq!(world.audit().len(), most + 2);
}

#[tokio::test]
async fn a_change_whose_end_is_unknown_is_written_down() {
    let world = World::with_things().await;
    let cause = "broken pipe".to_owned();
    world.fail(faults::Call::ResetBreaker, PortError::Unknown { what: "a reset", cause });
    let answer = Call::new("POST", RESET).key(OPERATOR_KEY).send(&world).await;
    assert_eq!((answer.status, answer.code()), (503, "commit_unknown"));
    assert_eq!(world.audit()[0]["outcome"], "commit_unknown");
}

#[tokio::test]
async fn failures_of_the_database_say_what_to_do_everywhere() {
    let cause = "secret cause".to_owned();
    for (error, code) in [
        (PortError::Unavailable { what: "x", cause: cause.clone() }, "database_unavailable"),
        (PortError::Contention { what: "x", cause: cause.clone() }, "contention"),
        (PortError::Refused { what: "x", cause }, "internal_error"),
    ] {
        for rule in ROUTES.iter().filter(|rule| matches!(rule.access, Access::Operator(_))) {
            let world = World::with_things().await;
            world.fail_work(&error);
            let path = format!("{}{}", path_of(rule), query_of(rule));
            let body = crate::tests::things::body_of(rule);
            let answer = Call::new(rule.method, &path).key(OPERATOR_KEY).json(body);
            let answer = answer.send(&world).await;
            // It asks the audit itself.
            if rule.path.ends_with("/audit/verify") {
                continue;
            }
            assert_eq!(answer.code(), code, "{} {}", rule.method, rule.path);
            assert!(!answer.body.to_string().contains("secret"));
        }
    }
}

#[tokio::test]
async fn a_backlog_that_is_not_told_is_left_out() {
    let world = World::new();
    let cause = "no binding".to_owned();
    world.fail(faults::Call::Backlog, PortError::Unavailable { what: "the queue", cause });
    let answer = get("queues").send(&world).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["queues"][0]["backlog"], Value::Null);
    assert!(world.log().iter().any(|line| line["event"] == "backlog_unknown"));
}

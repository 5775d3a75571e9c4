//! Bad input through the real HTTP worker: always a problem, never a 500.

use mauntic_flows::ports::Scope;
use mauntic_local::workers::Build;
use mauntic_tests::stack::{ADMIN_TOKEN, Answer, Stack, until};
use mauntic_tests::world::organization;
use serde_json::{Value, json};

fn is_problem(answer: &Answer, status: u16, code: &str, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.body);
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{what}");
    assert_eq!(answer.body["code"], code, "{what}: {}", answer.body);
    assert_eq!(
        answer.body["requestId"].as_str(),
        answer.headers.get("x-request-id").map(String::as_str),
        "{what}"
    );
    assert!(answer.body["errors"].is_array(), "{what}: {}", answer.body);
}

/// Method, path, who asks, body; status and code of the problem.
type Refused<'a> = (&'a str, &'a str, Option<&'a str>, Option<Value>, u16, &'a str);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_problems() {
    let stack = Stack::start(Build::Production, &[]).await;
    let org = organization("org_a");
    let key = stack.organization(&org, &[Scope::Read, Scope::Write]).await;
    let reader = stack.organization(&org, &[Scope::Read]).await;
    let (key, reader) = (Some(key.as_str()), Some(reader.as_str()));
    let features = "/api/v1/scoring/contacts/c/features";
    let board = "/api/v1/scoring/leaderboard";
    let many: Vec<String> = (0..10_001).map(|n| format!("c{n}")).collect();
    let long = json!({"customFactors": {"x": "y".repeat(1024 * 1024)}});
    let invalid = "validation_failed";
    let table: [Refused<'_>; 13] = [
        ("GET", board, None, None, 401, "unauthenticated"),
        ("GET", board, Some("mk_wrong"), None, 401, "unauthenticated"),
        ("GET", board, Some(ADMIN_TOKEN), None, 403, "organization_key_required"),
        ("GET", "/api/v2/admin/queues", key, None, 403, "operator_key_required"),
        ("PUT", features, reader, Some(json!({})), 403, "insufficient_scope"),
        ("GET", "/no/such", key, None, 404, "route_not_found"),
        ("DELETE", features, key, None, 405, "method_not_allowed"),
        ("PUT", features, key, Some(json!({"seniority": "boss"})), 422, invalid),
        ("PUT", features, key, Some(json!({"hasEmial": true})), 422, invalid),
        ("PUT", "/api/v1/scoring/contacts/a%20b/features", key, Some(json!({})), 422, invalid),
        (
            "POST",
            "/api/v1/scoring/recalculate",
            key,
            Some(json!({"contactIds": many})),
            422,
            invalid,
        ),
        ("GET", "/api/v1/scoring/contacts/nobody/score", key, None, 404, "contact_not_found"),
        ("PUT", features, key, Some(long), 413, "body_too_large"),
    ];
    for (method, path, key, body, status, code) in &table {
        let answer = stack.call(method, path, *key, body.as_ref());
        is_problem(&answer, *status, code, &format!("{method} {path}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_stay_apart_and_the_operator_sees_the_whole() {
    let stack = Stack::start(Build::Production, &[]).await;
    let scopes = [Scope::Read, Scope::Write];
    let key = stack.organization(&organization("org_a"), &scopes).await;
    let other = stack.organization(&organization("org_b"), &scopes).await;
    let features = "/api/v1/scoring/contacts/c/features";
    let put = stack.call("PUT", features, Some(&key), Some(&json!({"hasEmail": true})));
    assert_eq!(put.status, 202, "{}", put.body);
    let score = "/api/v1/scoring/contacts/c/score";
    until(
        "the contact is scored",
        || stack.story(),
        async || (stack.call("GET", score, Some(&key), None).status == 200).then_some(()),
    )
    .await;
    is_problem(
        &stack.call("GET", score, Some(&other), None),
        404,
        "contact_not_found",
        "another's",
    );
    let board = stack.call("GET", "/api/v1/scoring/leaderboard", Some(&other), None);
    assert_eq!((board.status, &board.body["items"]), (200, &json!([])));
    let queues = stack.call("GET", "/api/v2/admin/queues", Some(ADMIN_TOKEN), None);
    assert_eq!(queues.status, 200, "{}", queues.body);
    stack.tick();
    let health = stack.call("GET", "/api/monitoring/health", None, None);
    assert_eq!(
        (health.status, &health.body["status"]),
        (200, &json!("healthy")),
        "{}",
        health.body
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_database_requests_say_when_to_come_back() {
    let stack = Stack::start(Build::Production, &[]).await;
    let key = stack.organization(&organization("org_a"), &[Scope::Read]).await;
    stack.postgres.halt().unwrap();
    let answer = stack.call("GET", "/api/v1/scoring/leaderboard", Some(&key), None);
    is_problem(&answer, 503, "database_unavailable", "database away");
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(stack.call("GET", "/api/monitoring/health", None, None).status, 500);
    stack.postgres.restart().unwrap();
    let answer = stack.call("GET", "/api/v1/scoring/leaderboard", Some(&key), None);
    assert_eq!(answer.status, 200, "{}", answer.body);
}

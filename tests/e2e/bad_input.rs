//! Bad input through the real HTTP worker: always a problem, never a 500. Whom
//! a route lets in, and whose rows it touches: `roles` and `tenants`; what breaks
//! no operator's route: `hostile`.

mod hostile;
mod roles;
mod tenants;

use mauntic_api::RouteRule;
use mauntic_flows::ports::Scope;
use mauntic_local::workers::Build;
use mauntic_tests::stack::{ADMIN_TOKEN, Answer, Stack, key};
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

/// What a report's path needs besides: the days that are asked for.
fn days_of(rule: &RouteRule) -> &'static str {
    let is_report = rule.path.starts_with("/api/v1/analytics/");
    if is_report { "?from=2026-11-01&to=2026-11-30" } else { "" }
}

/// Method, path, who asks, body; status and code of the problem.
type Refused<'a> = (&'a str, &'a str, Option<&'a str>, Option<Value>, u16, &'a str);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_problems() {
    let stack = Stack::start(Build::Production, &[]).await;
    let org = organization("org_a");
    let nobodys = key("nobody's");
    let reader = stack.organization(&org, &[Scope::Read]).await;
    let key = stack.organization(&org, &[Scope::Read, Scope::Write]).await;
    let (key, reader) = (Some(key.as_str()), Some(reader.as_str()));
    let features = "/api/v1/scoring/contacts/c/features";
    let board = "/api/v1/scoring/leaderboard";
    let many: Vec<String> = (0..10_001).map(|n| format!("c{n}")).collect();
    let long = json!({"customFactors": {"x": "y".repeat(1024 * 1024)}});
    let invalid = "validation_failed";
    let recalculate = "/api/v1/scoring/recalculate";
    let listed = json!({"contactIds": ["c"], "context": [1, 2, 3]});
    let claimed = json!({"customFactors": {"demo_request": true}});
    let table: [Refused<'_>; 18] = [
        ("GET", board, None, None, 401, "unauthenticated"),
        ("GET", board, Some("mk_wrong"), None, 401, "unauthenticated"),
        ("GET", board, Some(&nobodys), None, 401, "unauthenticated"),
        ("GET", "/openapi.json", None, None, 401, "unauthenticated"),
        ("GET", board, Some(ADMIN_TOKEN), None, 403, "organization_key_required"),
        ("GET", "/api/v2/admin/queues", key, None, 403, "operator_key_required"),
        ("PUT", features, reader, Some(json!({})), 403, "insufficient_scope"),
        ("GET", "/no/such", key, None, 404, "route_not_found"),
        ("DELETE", features, key, None, 405, "method_not_allowed"),
        ("PUT", features, key, Some(json!({"seniority": "boss"})), 422, invalid),
        ("PUT", features, key, Some(json!({"hasEmial": true})), 422, invalid),
        ("PUT", "/api/v1/scoring/contacts/a%20b/features", key, Some(json!({})), 422, invalid),
        ("PUT", features, key, Some(json!([true, true])), 422, invalid),
        ("PUT", features, key, Some(claimed), 422, invalid),
        ("POST", recalculate, key, Some(json!({"contactIds": many})), 422, invalid),
        ("POST", recalculate, key, Some(listed), 422, invalid),
        ("GET", "/api/v1/scoring/contacts/nobody/score", key, None, 404, "contact_not_found"),
        ("PUT", features, key, Some(long), 413, "body_too_large"),
    ];
    for (method, path, key, body, status, code) in &table {
        let answer = stack.call(method, path, *key, body.as_ref());
        is_problem(&answer, *status, code, &format!("{method} {path}"));
    }
    hostile::no_operators_route_breaks(&stack);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_database_requests_say_when_to_come_back() {
    let stack = Stack::start(Build::Production, &[]).await;
    let live = stack.organization(&organization("org_a"), &[Scope::Read]).await;
    let board = "/api/v1/scoring/leaderboard";
    let board_for = |key: &str| stack.call("GET", board, Some(key), None);
    stack.postgres.halt().unwrap();
    for key in [&live, &key("nobody's")] {
        let answer = board_for(key);
        is_problem(&answer, 503, "database_unavailable", "database away");
        assert!(answer.headers.contains_key("retry-after"));
    }
    // Neither is worth a connection, so that neither meets the missing one.
    is_problem(&board_for("mk_wrong"), 401, "unauthenticated", "no key's shape");
    is_problem(&board_for(ADMIN_TOKEN), 403, "organization_key_required", "the admin token");
    assert_eq!(stack.call("GET", "/openapi.json", Some(ADMIN_TOKEN), None).status, 200);
    assert_eq!(stack.call("GET", "/api/monitoring/health", None, None).status, 500);
    stack.postgres.restart().unwrap();
    let answer = board_for(&live);
    assert_eq!(answer.status, 200, "{}", answer.body);
}

//! Route × role: every route with every kind of caller.

use mauntic_flows::ports::Scope;

use super::call::{Answer, Call};
use super::world::{
    ADMIN_TOKEN, MISTAKEN_KEY, OPERATOR_KEY, OTHER_KEY, POWERLESS_KEY, READ_KEY, WRITE_KEY,
    WRITE_ONLY_KEY, World,
};
use crate::access::{Access, ROUTES, RouteRule};

const CALLERS: [Option<&str>; 10] = [
    None,
    Some("mk_nobody"),
    Some(READ_KEY),
    Some(WRITE_KEY),
    Some(WRITE_ONLY_KEY),
    Some(OTHER_KEY),
    Some(OPERATOR_KEY),
    Some(POWERLESS_KEY),
    Some(MISTAKEN_KEY),
    Some(ADMIN_TOKEN),
];

/// The code of the refusal, or none if the caller is let in.
fn expected(access: Access, caller: Option<&str>) -> Option<&'static str> {
    let Access::Organization(scope) = access else {
        return match (access, caller) {
            (Access::Open, _) | (_, Some(OPERATOR_KEY | ADMIN_TOKEN)) => None,
            (_, None | Some("mk_nobody")) => Some("unauthenticated"),
            (_, Some(POWERLESS_KEY)) => Some("insufficient_scope"),
            _ => Some("operator_key_required"),
        };
    };
    match (caller, scope) {
        (None | Some("mk_nobody"), _) => Some("unauthenticated"),
        (Some(OPERATOR_KEY | POWERLESS_KEY | ADMIN_TOKEN), _) => Some("organization_key_required"),
        (Some(WRITE_KEY | OTHER_KEY), _)
        | (Some(READ_KEY), Scope::Read)
        | (Some(WRITE_ONLY_KEY), Scope::Write) => None,
        _ => Some("insufficient_scope"),
    }
}

fn call(rule: &RouteRule, caller: Option<&str>, is_sound: bool) -> Call {
    let contact = if is_sound { "contact_1" } else { "%FF" };
    let mut path = rule.path.replace("{contactId}", contact);
    let body = match (is_sound, rule.path) {
        (false, _) => "{",
        (true, "/api/v1/scoring/recalculate") => r#"{"contactIds":["contact_1"]}"#,
        (true, _) => "{}",
    };
    if !is_sound {
        path.push_str("?limit=none&limit=0");
    }
    let call = Call::new(rule.method, &path);
    let call = if rule.method == "GET" { call } else { call.json(body) };
    match caller {
        Some(key) => call.key(key),
        None => call,
    }
}

fn assert_refused(answer: &Answer, code: &str) {
    assert_eq!(answer.code(), code);
    assert_eq!(answer.status, if code == "unauthenticated" { 401 } else { 403 });
}

#[tokio::test]
async fn every_route_lets_in_whom_the_table_says() {
    for rule in ROUTES {
        for caller in CALLERS {
            let world = World::new();
            let score = mauntic_domain::scoring::Score::from_contributions(Vec::new());
            world.put_score("contact_1", score, None);
            let before = world.data().features.clone();
            let answer = call(rule, caller, true).send(&world).await;
            let opened = world.data().opened;
            match expected(rule.access, caller) {
                Some(code) => {
                    assert_refused(&answer, code);
                    assert_eq!(opened, usize::from(caller.is_some()));
                    assert!(world.data().jobs.is_empty());
                    assert_eq!(world.data().features, before);
                }
                // Another organization is let in, and the contact is not there.
                None if caller == Some(OTHER_KEY) && rule.path.contains("/score") => {
                    assert_eq!(answer.code(), "contact_not_found", "{}", rule.path);
                }
                None => {
                    assert!(matches!(answer.status, 200 | 202), "{} {caller:?}", rule.path);
                    assert_eq!(opened, usize::from(rule.path != "/openapi.json"), "one session");
                }
            }
        }
    }
}

#[tokio::test]
async fn strangers_learn_nothing_about_their_request() {
    for rule in ROUTES.iter().filter(|rule| rule.access != Access::Open) {
        for caller in CALLERS {
            if let Some(code) = expected(rule.access, caller) {
                let answer = call(rule, caller, false).send(&World::new()).await;
                assert_refused(&answer, code);
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_token_costs_no_connection() {
    let long = format!("Bearer {}", "x".repeat(257));
    let two = ["Bearer a", "Bearer b"];
    for headers in [
        &["Bearer"][..],
        &["Bearer "],
        &["Bearer   "],
        &["Basic bWs6"],
        &["mk_read"],
        &[long.as_str()],
        &two,
    ] {
        let world = World::new();
        let mut call = Call::get("/api/v1/scoring/leaderboard");
        for header in headers {
            call = call.header("authorization", header);
        }
        let answer = call.send(&world).await;
        assert_refused(&answer, "unauthenticated");
        assert_eq!(world.data().opened, 0, "{headers:?}");
    }
}

#[tokio::test]
async fn the_scheme_is_read_in_any_case() {
    let call = Call::get("/api/v1/scoring/leaderboard").header("authorization", "bEARER mk_read");
    assert_eq!(call.send(&World::new()).await.status, 200);
}

#[tokio::test]
async fn an_empty_or_missing_admin_token_opens_nothing() {
    use std::sync::Arc;
    use tower::ServiceExt;

    for admin_token in [None, Some(crate::Secret::new(""))] {
        let router = crate::router(crate::ApiState {
            ports: Arc::new(World::new()),
            admin_token,
            log: Arc::new(|_: &crate::LogLine<'_>| {}),
            schema: 1..=1,
        });
        let request = axum::http::Request::get("/api/v2/admin/queues")
            .header("authorization", format!("Bearer {ADMIN_TOKEN}"))
            .body(axum::body::Body::empty())
            .unwrap();
        assert_eq!(router.oneshot(request).await.unwrap().status(), 401);
    }
    assert_eq!(format!("{:?}", crate::Secret::new("hidden")), "Secret(..)");
}

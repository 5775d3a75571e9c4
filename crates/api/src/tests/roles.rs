//! Route × role: every route with every kind of caller.

use mauntic_flows::ports::{PortError, Scope};

use super::call::{Answer, Call};
use super::world::{
    ADMIN_TOKEN, MISTAKEN_KEY, NOBODYS_KEY, OPERATOR_KEY, OTHER_KEY, POWERLESS_KEY, READ_KEY,
    WRITE_KEY, WRITE_ONLY_KEY, World,
};
use crate::access::{Access, ROUTES, RouteRule};

/// Not shaped as a key.
const SHAPELESS: &str = "mk_nobody";

const CALLERS: [Option<&str>; 11] = [
    None,
    Some(SHAPELESS),
    Some(NOBODYS_KEY),
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
    if access == Access::Open {
        return None;
    }
    let Some(key) = caller.filter(|key| ![SHAPELESS, NOBODYS_KEY].contains(key)) else {
        return Some("unauthenticated");
    };
    match (access, key) {
        (Access::Open | Access::AnyKey, _)
        | (Access::Operator(_), OPERATOR_KEY | ADMIN_TOKEN)
        | (Access::Organization(_), WRITE_KEY | OTHER_KEY)
        | (Access::Organization(Scope::Read), READ_KEY)
        | (Access::Organization(Scope::Write), WRITE_ONLY_KEY) => None,
        (Access::Operator(_), POWERLESS_KEY) => Some("insufficient_scope"),
        (Access::Operator(_), _) => Some("operator_key_required"),
        (Access::Organization(_), OPERATOR_KEY | POWERLESS_KEY | ADMIN_TOKEN) => {
            Some("organization_key_required")
        }
        (Access::Organization(_), _) => Some("insufficient_scope"),
    }
}

/// How many sessions the request opens: at most one, and none that neither the
/// token nor the work needs.
fn sessions(access: Access, caller: Option<&str>) -> usize {
    let needs_one = match (access, caller) {
        // The health check looks at the database for anybody.
        (Access::Open, _) | (Access::Operator(_), Some(ADMIN_TOKEN)) => true,
        (_, None | Some(SHAPELESS | ADMIN_TOKEN)) => false,
        (_, Some(_)) => true,
    };
    usize::from(needs_one)
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
            assert_eq!(opened, sessions(rule.access, caller), "{} {caller:?}", rule.path);
            match expected(rule.access, caller) {
                Some(code) => {
                    assert_refused(&answer, code);
                    assert!(world.data().jobs.is_empty());
                    assert_eq!(world.data().features, before);
                }
                // Another organization is let in, and the contact is not there.
                None if caller == Some(OTHER_KEY) && rule.path.contains("/score") => {
                    assert_eq!(answer.code(), "contact_not_found", "{}", rule.path);
                }
                None => {
                    assert!(matches!(answer.status, 200 | 202), "{} {caller:?}", rule.path);
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
async fn what_can_be_no_key_costs_no_connection() {
    let bearer = |token: &str| format!("Bearer {token}");
    let key = bearer(READ_KEY);
    let tokens = [
        "x".repeat(10_000),
        "0".repeat(67),
        READ_KEY.to_uppercase(),
        READ_KEY.replace('0', "A"),
        READ_KEY[..66].to_owned(),
        format!("{READ_KEY}0"),
        format!("{READ_KEY},{READ_KEY}"),
        format!("{ADMIN_TOKEN}x"),
        ADMIN_TOKEN.to_uppercase(),
    ]
    .map(|token| bearer(&token));
    let tokens = tokens.iter().map(|token| vec![token.as_str()]);
    let headers = [
        vec!["Bearer"],
        vec!["Bearer "],
        vec!["Bearer   "],
        vec!["Basic bWs6"],
        vec![READ_KEY],
        vec![ADMIN_TOKEN],
        vec![key.as_str(), key.as_str()],
    ];
    for headers in headers.into_iter().chain(tokens) {
        let world = World::new();
        let mut call = Call::get("/api/v1/scoring/leaderboard");
        for header in &headers {
            call = call.header("authorization", header);
        }
        let answer = call.send(&world).await;
        assert_refused(&answer, "unauthenticated");
        assert_eq!(world.data().opened, 0, "{headers:?}");
    }
}

#[tokio::test]
async fn without_a_database_the_admin_token_is_known_and_keys_are_not() {
    let world = World::new();
    let cause = "refused".to_owned();
    world.data().fail_open = Some(PortError::Unavailable { what: "the database", cause });
    for (path, key, status) in [
        ("/openapi.json", ADMIN_TOKEN, 200),
        ("/openapi.json", READ_KEY, 503),
        ("/openapi.json", SHAPELESS, 401),
        ("/api/v1/scoring/leaderboard", ADMIN_TOKEN, 403),
        ("/api/v1/scoring/leaderboard", NOBODYS_KEY, 503),
        ("/api/v2/admin/queues", ADMIN_TOKEN, 503),
    ] {
        let answer = Call::get(path).key(key).send(&world).await;
        assert_eq!(answer.status, status, "{path} {key}");
    }
}

#[tokio::test]
async fn the_scheme_is_read_in_any_case() {
    let header = format!("bEARER {READ_KEY}");
    let call = Call::get("/api/v1/scoring/leaderboard").header("authorization", &header);
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

//! What a bearer token costs, and what it opens at its edges.

use std::future::ready;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::response::Response;
use mauntic_flows::ports::PortError;
use mauntic_sim::faults;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::call::Call;
use super::roles::{SHAPELESS, assert_refused};
use super::world::{ADMIN_TOKEN, NOBODYS_KEY, READ_KEY, VIEWER_TOKEN, World};
use crate::{ApiState, LogLine, Secret, Waiting, router};

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
        assert_eq!(world.store().sessions_opened(), 0, "{headers:?}");
    }
}

#[tokio::test]
async fn without_a_database_the_admin_token_is_known_and_keys_are_not() {
    let world = World::new();
    let cause = "refused".to_owned();
    world.fail(faults::Call::Open, PortError::Unavailable { what: "the database", cause });
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

/// What a deployment with these two tokens answers whoever has this one.
async fn answer(tokens: [Option<&str>; 2], method: &str, path: &str, token: &str) -> Response {
    let [admin_token, viewer_token] = tokens.map(|token| token.map(Secret::new));
    let router = router(ApiState {
        ports: Arc::new(World::new().ports),
        admin_token,
        viewer_token,
        log: Arc::new(|_: &LogLine<'_>| {}),
        schema: 3..=3,
        assets: Arc::new(|_| -> Waiting<_, _> { Box::pin(ready(Ok(Vec::new()))) }),
        rehearsals: Arc::new(|_| -> Waiting<_, _> { Box::pin(ready(Ok(Vec::new()))) }),
    });
    let request = Request::builder().method(method).uri(path);
    let request = request.header("authorization", format!("Bearer {token}"));
    router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

#[tokio::test]
async fn an_empty_or_missing_secret_opens_nothing() {
    for secret in [None, Some("")] {
        let answer = answer([secret; 2], "GET", "/api/v2/admin/queues", ADMIN_TOKEN).await;
        assert_eq!(answer.status(), 401);
    }
    assert_eq!(format!("{:?}", Secret::new("hidden")), "Secret(..)");
}

#[tokio::test]
async fn one_token_for_both_only_looks_and_the_health_check_says_so() {
    const RESET: &str = "/api/v2/admin/breakers/x/reset";
    let (both, other) = (Some(ADMIN_TOKEN), Some(VIEWER_TOKEN));
    for (tokens, act, is_told) in [
        ([both, both], 403, true),
        ([both, other], 404, false),
        ([both, Some("")], 404, false),
        ([both, None], 404, false),
    ] {
        let looked = answer(tokens, "GET", "/api/v2/admin/queues", ADMIN_TOKEN).await;
        assert_eq!(looked.status(), 200, "{tokens:?}");
        let acted = answer(tokens, "POST", RESET, ADMIN_TOKEN).await;
        assert_eq!(acted.status(), act, "{tokens:?}");
        let health = answer(tokens, "GET", "/api/monitoring/health", "").await;
        assert_eq!(health.status(), 200);
        let body = to_bytes(health.into_body(), usize::MAX).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let told: &[Value] = if is_told { &[json!({"code": "tokens_equal"})] } else { &[] };
        assert_eq!(body["warnings"], json!(told), "{tokens:?}");
    }
}

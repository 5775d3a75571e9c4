//! The HTTP worker: wiring only. The entry that is deployed is `entry.mjs`,
//! which guards this handler.

#![cfg(target_arch = "wasm32")]

use std::cell::OnceCell;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
#[cfg(feature = "fault-hooks")]
use axum::http::StatusCode;
use mauntic_api::{ApiState, LogLine, Secret, Waiting, router};
use mauntic_platform::log::{self, Level};
use mauntic_platform::{WorkerPorts, assets, config, rehearsals};
use tower_service::Service;
use worker::{Context, Env, HttpRequest, Result, event};

thread_local! {
    /// Built once an isolate: it costs more than a request. It holds bindings
    /// and text, no I/O.
    static ROUTER: OnceCell<Router> = const { OnceCell::new() };
}

#[event(fetch)]
async fn fetch(request: HttpRequest, env: Env, _context: Context) -> Result<Response<Body>> {
    #[cfg(feature = "fault-hooks")]
    if request.headers().contains_key(mauntic_platform::faults::PANIC_HEADER) {
        mauntic_platform::faults::die("a request asked for it");
    }
    #[cfg(feature = "fault-hooks")]
    if request.headers().contains_key(mauntic_platform::relay::RELAY_HEADER) {
        return Ok(relayed(&env).await);
    }
    let mut router = ROUTER.with(|router| router.get_or_init(|| build(&env)).clone());
    let Ok(response) = router.call(request).await;
    Ok(response)
}

/// A WebSocket, in the place where the SDK looks for it.
#[cfg(feature = "fault-hooks")]
async fn relayed(env: &Env) -> Response<Body> {
    let (mut answer, status) = match mauntic_platform::relay::relay(env).await {
        Ok(socket) => {
            let mut answer = Response::new(Body::empty());
            answer.extensions_mut().insert(socket);
            (answer, StatusCode::SWITCHING_PROTOCOLS)
        }
        Err(cause) => (Response::new(Body::from(cause)), StatusCode::BAD_GATEWAY),
    };
    *answer.status_mut() = status;
    answer
}

fn build(env: &Env) -> Router {
    router(ApiState {
        ports: Arc::new(WorkerPorts::new(env)),
        admin_token: config::admin_token(env).map(Secret::new),
        viewer_token: config::viewer_token(env).map(Secret::new),
        log: Arc::new(write),
        schema: mauntic_store::SCHEMA,
        assets: Arc::new({
            let env = env.clone();
            move |path| -> Waiting<_, _> { Box::pin(assets::read(env.clone(), path)) }
        }),
        rehearsals: Arc::new({
            let env = env.clone();
            move |cases| -> Waiting<_, _> { Box::pin(rehearsals::ask(env.clone(), cases)) }
        }),
    })
}

fn write(line: &LogLine<'_>) {
    let level = if line.is_error() { Level::Error } else { Level::Info };
    log::line(level, serde_json::to_value(line).unwrap_or_default());
}

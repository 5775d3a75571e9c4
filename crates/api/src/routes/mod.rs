//! The router: every route, what stands around it, and what answers when no
//! route does.

mod acknowledge;
mod admin;
mod alerts;
mod config;
mod config_body;
mod config_preview;
mod config_publish;
mod document;
mod events;
mod explain;
mod features;
mod features_body;
mod health;
mod history;
mod leaderboard;
mod recalculate;
mod score;
mod signals;
mod time;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use mauntic_flows::ports::Ports;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::BODY_BYTES_MAX;
use crate::code::Code;
use crate::etag::tag;
use crate::idempotency::tell_repeats;
use crate::observe::observe;
use crate::openapi;
use crate::problem::Problem;
use crate::refused::audit;
use crate::state::{ApiState, Shared};
use time::{shown, shown_if};

/// Builds the router. That costs more than a request does, so build it once an
/// isolate or process, and clone it for each request.
pub fn router<P: Ports>(state: ApiState<P>) -> Router {
    let state = Arc::new(state);
    let (routes, document) = routes::<P>().split_for_parts();
    let document = document::Document::new(&openapi::complete(document));
    routes
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(Extension(document))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(tag))
        .layer(from_fn(tell_repeats))
        .layer(from_fn_with_state(Arc::clone(&state), audit::<P>))
        .layer(from_fn_with_state(Arc::clone(&state), observe::<P>))
        .with_state(state)
}

fn routes<P: Ports>() -> OpenApiRouter<Shared<P>> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(document::openapi_document))
        .routes(routes!(health::health))
        .routes(routes!(features::put_features))
        .routes(routes!(recalculate::recalculate))
        .routes(routes!(events::report_events))
        .routes(routes!(score::get_score))
        .routes(routes!(explain::explain_score))
        .routes(routes!(leaderboard::leaderboard))
        .routes(routes!(history::score_history))
        .routes(routes!(signals::contact_signals))
        .routes(routes!(alerts::list_alerts))
        .routes(routes!(acknowledge::acknowledge_alert))
        .routes(routes!(config::get_config, config::put_config))
        .routes(routes!(config::get_signal_config, config::put_signal_config))
        .routes(routes!(config::discard_draft))
        .routes(routes!(config_preview::preview_config))
        .routes(routes!(config_publish::publish_config))
        .merge(admin::routes())
}

async fn not_found() -> Problem {
    Problem::new(Code::RouteNotFound)
}

/// The router adds the header Allow to what this answers.
async fn method_not_allowed(method: Method) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    Problem::new(Code::MethodNotAllowed).into_response()
}

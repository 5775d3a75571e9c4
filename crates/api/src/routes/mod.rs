//! The router: every route, what stands around it, and what answers when no
//! route does.

mod acknowledge;
mod admin;
mod alerts;
mod board_explain;
mod caller;
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
mod metrics;
mod night_users;
mod portfolio;
mod recalculate;
mod registry;
mod report_lines;
mod reports;
mod reserve;
mod score;
mod scoreboards;
mod signals;
mod time;
mod warmup;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use mauntic_flows::ports::Ports;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::body::BODY_BYTES_MAX;
use crate::code::Code;
use crate::etag::tag;
use crate::idempotency::tell_repeats;
use crate::observe::observe;
use crate::openapi;
use crate::problem::Problem;
use crate::refused::audit;
use crate::state::{ApiState, Shared};
pub use document::DOCUMENT;
use registry::{Registry, add};
use time::{shown, shown_if};

/// Builds the router. That costs more than a request does, so build it once an
/// isolate or process, and clone it for each request.
pub fn router<P: Ports>(state: ApiState<P>) -> Router {
    let state = Arc::new(state);
    routes::<P, _>(Router::new())
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(tag))
        .layer(from_fn(tell_repeats))
        .layer(from_fn_with_state(Arc::clone(&state), audit::<P>))
        .layer(from_fn_with_state(Arc::clone(&state), observe::<P>))
        .with_state(state)
}

/// The document of every route, made from the handlers.
#[must_use]
pub fn describe<P: Ports>() -> OpenApi {
    let described = OpenApiRouter::with_openapi(openapi::base());
    openapi::complete(routes::<P, _>(described).into_openapi())
}

fn routes<P: Ports, R: Registry<Shared<P>>>(registry: R) -> R {
    let registry = add!(
        registry,
        document::openapi_document,
        health::health,
        caller::caller,
        metrics::metrics,
        features::put_features,
        recalculate::recalculate,
        events::report_events,
        score::get_score,
        explain::explain_score,
        leaderboard::leaderboard,
        history::score_history,
        night_users::list_own_run_users,
        night_users::night_users,
        signals::contact_signals,
        board_explain::explain_rank,
        alerts::list_alerts,
        acknowledge::acknowledge_alert,
        config::get_config,
        config::put_config,
        config::get_signal_config,
        config::put_signal_config,
        config::discard_draft,
        config_preview::preview_config,
        config_publish::publish_config,
        warmup::list_domains,
        warmup::get_domain,
        warmup::put_domain,
        reserve::reserve,
        reports::event_aggregates,
        reports::monthly_usage,
        reports::campaign_stats,
        reports::score_distribution,
        reports::enrichment_metrics,
    );
    admin::routes(portfolio::routes(scoreboards::routes(registry)))
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

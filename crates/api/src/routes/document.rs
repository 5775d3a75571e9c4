//! `GET /openapi.json`: the document of this router, as it was made from its
//! handlers. For callers only: strangers need not learn what there is to try. Its text
//! is a file beside the worker, whose own size is bounded.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use mauntic_flows::ports::Ports;

use crate::auth::AnyKey;
use crate::code::Code;
use crate::problem::Problem;
use crate::problems::KeyProblems;
use crate::state::Shared;

/// The path of the text of [`describe`](crate::describe), and of what serves it.
pub const DOCUMENT: &str = "/openapi.json";

/// This API, described in OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "monitoring",
    responses((status = 200, description = "The document", content_type = "application/json", body = Object), KeyProblems),
    security(("bearer" = []))
)]
pub(super) async fn openapi_document<P: Ports>(
    _: AnyKey,
    State(state): State<Shared<P>>,
) -> Result<Response, Problem> {
    let text = state.assets.read(DOCUMENT).await;
    let text = text.map_err(|cause| Problem::new(Code::InternalError).because(cause))?;
    let json = HeaderValue::from_static("application/json");
    Ok(([(CONTENT_TYPE, json)], text).into_response())
}

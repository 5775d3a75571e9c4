//! `GET /openapi.json`: the document of this router, as it was made from its
//! handlers. For callers only: strangers need not learn what there is to try.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use mauntic_flows::ports::Ports;

use crate::auth::AnyKey;
use crate::problems::KeyProblems;
use crate::state::Shared;

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
) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, json)], state.document).into_response()
}

//! `GET /openapi.json`: the document of this router, made from its handlers.
//! For callers only: strangers need not learn what there is to try.

use axum::Extension;
use axum::body::Bytes;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::OpenApi;

use crate::auth::AnyKey;
use crate::code::Code;
use crate::problem::Problem;
use crate::problems::KeyProblems;

/// The document's text; written once a router.
#[derive(Clone)]
pub(super) struct Document(Result<Bytes, String>);

impl Document {
    /// Writes it.
    pub(super) fn new(document: &OpenApi) -> Self {
        let text = document.to_json().map(Bytes::from);
        Self(text.map_err(|error| error.to_string()))
    }
}

/// This API, described in OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "monitoring",
    responses((status = 200, description = "The document", content_type = "application/json", body = Object), KeyProblems),
    security(("bearer" = []))
)]
pub(super) async fn openapi_document(
    _: AnyKey,
    Extension(document): Extension<Document>,
) -> Response {
    match document.0 {
        Ok(text) => {
            let mut response = text.into_response();
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, json);
            response
        }
        Err(error) => Problem::new(Code::InternalError).because(error).into_response(),
    }
}

//! `GET /api/v1/caller`: whose key it is, for who was given one and for the console, which
//! signs people in by it.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::AnyKey;
use crate::problem::Problem;
use crate::problems::KeyProblems;

/// Whose key a request has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallerBody {
    /// As the audit names it: the key's id, `bootstrap` or `viewer`.
    name: String,
    /// The organization it acts for; none for an operator.
    #[schema(required)]
    organization_id: Option<String>,
    /// What it may do: `read`, `write`; `read`, `operate`, `admin` of an operator.
    scopes: Vec<&'static str>,
}

/// Whose key this is, and what it may do.
#[utoipa::path(
    get,
    path = "/api/v1/caller",
    operation_id = "get_caller",
    tag = "monitoring",
    responses((status = 200, description = "The caller", body = CallerBody), KeyProblems),
    security(("bearer" = []))
)]
pub(super) async fn caller(AnyKey(caller): AnyKey) -> Result<Json<CallerBody>, Problem> {
    Ok(Json(CallerBody {
        name: caller.name(),
        organization_id: caller.organization.as_ref().map(ToString::to_string),
        scopes: caller.scopes.iter().map(|scope| scope.as_str()).collect(),
    }))
}

//! Runs of the night, as far as an organization's own users were in them.

use axum::Json;
use axum::http::Uri;
use mauntic_domain::portfolio::{Reason, UserFate};
use mauntic_flows::ports::{FateCount, OwnNight, PortfolioStore, Ports};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::{Read, Tenant};
use crate::code::Code;
use crate::page::{Answer, Asked, Listed};
use crate::params::IdPath;
use crate::problem::Problem;
use crate::problems::{OwnRunProblems, ReadProblems};
use crate::query::Query;
use crate::routes::{shown, shown_if};

/// A run that had users of the organization.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnRunLine {
    #[schema(value_type = String, format = "uuid")]
    run_id: Uuid,
    /// Of all that it does, other organizations' too.
    #[schema(pattern = "^(started|completed|partial|failed)$")]
    status: &'static str,
    #[schema(format = DateTime)]
    started_at: String,
    #[schema(required, format = DateTime)]
    completed_at: Option<String>,
    correlation_id: String,
}

impl From<OwnNight> for OwnRunLine {
    fn from(night: OwnNight) -> Self {
        Self {
            run_id: night.run_id,
            status: night.status.name(),
            started_at: shown(night.started_at),
            completed_at: shown_if(night.completed_at),
            correlation_id: night.correlation_id,
        }
    }
}

/// A run, and what became of the organization's users in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnRun {
    #[serde(flatten)]
    line: OwnRunLine,
    users: Vec<FateLine>,
}

/// Users of a fate and reason.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FateLine {
    /// `scored`, `skipped` or `failed`; none of those whose turn is to come.
    #[schema(required)]
    fate: Option<&'static str>,
    /// Why not scored.
    #[schema(required)]
    reason: Option<&'static str>,
    users: i64,
    assets_scored: i64,
}

impl From<FateCount> for FateLine {
    fn from(count: FateCount) -> Self {
        Self {
            fate: count.fate.map(UserFate::name),
            reason: count.reason.map(Reason::name),
            users: count.users,
            assets_scored: count.assets,
        }
    }
}

/// Runs that had users of the organization, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/portfolio/runs",
    tag = "portfolio",
    params(
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<OwnRunLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        ReadProblems
    ),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn list_own_runs<P: Ports>(
    tenant: Tenant<P, Read>,
    uri: Uri,
) -> Result<Answer<OwnRunLine>, Problem> {
    let owner = &tenant.organization;
    let mut query = Query::of(&uri, &["limit", "cursor"], &[]);
    let (asked, before) = Asked::of_tenant::<Uuid>(owner, &uri, &mut query);
    query.done()?;
    Ok(asked.answer(tenant.session.own_nights(owner, asked.page(before)).await?))
}

/// A run, and what became of the organization's users in it.
#[utoipa::path(
    get,
    path = "/api/v1/portfolio/runs/{id}",
    tag = "portfolio",
    params(("id" = String, Path, description = "The run", format = "uuid")),
    responses((status = 200, description = "The run", body = OwnRun), OwnRunProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn get_own_run<P: Ports>(
    tenant: Tenant<P, Read>,
    IdPath(run_id): IdPath,
) -> Result<Json<OwnRun>, Problem> {
    let found = tenant.session.own_night(&tenant.organization, run_id).await?;
    let (night, counts) = found.ok_or_else(|| Problem::new(Code::RunNotFound))?;
    let users = counts.into_iter().map(FateLine::from).collect();
    Ok(Json(OwnRun { line: night.into(), users }))
}

//! Users of a night and what became of each: an organization sees its own, an operator all.

use axum::http::Uri;
use mauntic_domain::portfolio::UserFate;
use mauntic_flows::ports::{
    NightStore, NightUser, NightUsersAsked, PortfolioStore, Ports, UserKey,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::{Operator, Read, Tenant};
use crate::code::Code;
use crate::page::{Answer, Asked, Listed};
use crate::params::IdPath;
use crate::problem::Problem;
use crate::problems::{OwnRunProblems, RunProblems};
use crate::query::Query;

/// What became of a user in a run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OvernightUser)]
pub(crate) struct NightUserLine {
    organization_id: String,
    user_id: String,
    /// `scored`, `skipped` or `failed`; none of one whose turn is to come.
    #[schema(required)]
    fate: Option<&'static str>,
    /// Why not scored.
    #[schema(required)]
    reason: Option<String>,
    /// What exactly, for people.
    #[schema(required)]
    detail: Option<String>,
    assets_scored: i32,
}

impl From<NightUser> for NightUserLine {
    fn from(of: NightUser) -> Self {
        let (owner, user) = of.user;
        Self {
            organization_id: owner.into(),
            user_id: user.into(),
            fate: of.fate.map(UserFate::name),
            reason: of.reason,
            detail: of.detail,
            assets_scored: of.assets_scored,
        }
    }
}

fn which(
    run_id: Uuid,
    (asked, after): (&Asked<'_>, Option<UserKey>),
    mut query: Query,
) -> Result<NightUsersAsked, Problem> {
    let fate = query.parsed("fate", "scored, skipped or failed", UserFate::from_name);
    query.done()?;
    Ok(NightUsersAsked { run_id, fate, after, limit: asked.one_more() })
}

/// The organization's users of a run, in the order of their names.
#[utoipa::path(
    get,
    path = "/api/v1/portfolio/runs/{id}/users",
    tag = "portfolio",
    params(
        ("id" = String, Path, description = "The run", format = "uuid"),
        ("fate" = Option<String>, Query, description = "Only users of this fate", pattern = "^(scored|skipped|failed)$"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<NightUserLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        OwnRunProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn list_own_run_users<P: Ports>(
    tenant: Tenant<P, Read>,
    IdPath(run_id): IdPath,
    uri: Uri,
) -> Result<Answer<NightUserLine>, Problem> {
    let owner = &tenant.organization;
    let mut query = Query::of(&uri, &["fate", "limit", "cursor"], &[]);
    let (asked, after) = Asked::of_tenant(owner, &uri, &mut query);
    let which = which(run_id, (&asked, after), query)?;
    let found = tenant.session.own_night_users(owner, &which).await?;
    if found.is_empty() && tenant.session.own_night(owner, run_id).await?.is_none() {
        return Err(Problem::new(Code::RunNotFound));
    }
    Ok(asked.cut(found, |of| of.user.clone()))
}

/// A run's users, in the order of their organizations and names.
#[utoipa::path(
    get,
    path = "/api/v2/admin/overnight/runs/{id}/users",
    operation_id = "list_overnight_run_users",
    tag = "admin",
    params(
        ("id" = String, Path, description = "The run", format = "uuid"),
        ("fate" = Option<String>, Query, description = "Only users of this fate", pattern = "^(scored|skipped|failed)$"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<NightUserLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        RunProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn night_users<P: Ports>(
    operator: Operator<P>,
    IdPath(run_id): IdPath,
    uri: Uri,
) -> Result<Answer<NightUserLine>, Problem> {
    let mut query = Query::of(&uri, &["fate", "limit", "cursor"], &[]);
    let (asked, after) = Asked::read(&uri, &mut query);
    let which = which(run_id, (&asked, after), query)?;
    let session = operator.look();
    let found = session.users_of_night(&which).await?;
    if found.is_empty() && session.night(run_id).await?.is_none() {
        return Err(Problem::new(Code::RunNotFound));
    }
    Ok(asked.cut(found, |of| of.user.clone()))
}

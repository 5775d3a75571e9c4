//! Dead letters as cases: the search, the groups, and one with all about it.

use axum::Json;
use axum::http::{HeaderMap, Uri};
use mauntic_flows::ports::{OperatorStore, Ports};
use serde::Serialize;
use utoipa::ToSchema;

use super::case_lines::{CaseBody, CaseLine, GroupLine};
use crate::auth::Operator;
use crate::code::Code;
use crate::page::{Asked, Listed};
use crate::params::IdPath;
use crate::problem::Problem;
use crate::problems::{CaseProblems, OperatorListProblems};
use crate::query::Query;
use crate::source::{CASE_FILTERS, case_filter};

/// Most groups, and as many as nobody says.
const GROUPS_MAX: u16 = 100;

/// Groups of dead letters.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Groups {
    /// The largest first.
    items: Vec<GroupLine>,
    /// Most groups of this answer; there may be more.
    limit: u16,
}

/// Dead letters, newest first: all that is named must hold. A search looks at a
/// bounded number of rows a page, so that a page may be short and still have a
/// next one.
#[utoipa::path(
    get,
    path = "/api/v2/admin/dlq",
    operation_id = "list_cases",
    tag = "admin",
    params(
        ("decided" = Option<bool>, Query, description = "Decided ones; open ones by default"),
        ("queue" = Option<String>, Query, description = "From this queue, by its production name"),
        ("type" = Option<String>, Query, description = "Of this type", max_length = 100),
        ("organizationId" = Option<String>, Query, description = "Of this organization", pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("reason" = Option<String>, Query, description = "For this reason", max_length = 100),
        ("fingerprint" = Option<String>, Query, description = "Of this group", max_length = 300),
        ("runId" = Option<String>, Query, description = "Of this run's jobs", format = "uuid"),
        ("payload" = Option<String>, Query, description = "Whose body contains this JSON object, of at most 4096 bytes"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<CaseLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        OperatorListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn cases<P: Ports>(
    operator: Operator<P>,
    uri: Uri,
) -> Result<(HeaderMap, Json<Listed<CaseLine>>), Problem> {
    let names = [&CASE_FILTERS[..], &["decided", "limit", "cursor"]].concat();
    let mut query = Query::of(&uri, &names, &[]);
    let (asked, before) = Asked::read(&uri, &mut query);
    let decided = query.parsed("decided", "true or false", |text| text.parse().ok());
    let filter = case_filter(&mut query);
    query.done()?;
    let open = !decided.unwrap_or(false);
    let paged = operator.look().cases(&filter, open, asked.page(before)).await?;
    Ok(asked.answer(paged))
}

/// Open dead letters by what they have in common: type and normalised error.
#[utoipa::path(
    get,
    path = "/api/v2/admin/dlq/groups",
    operation_id = "list_case_groups",
    tag = "admin",
    params(
        ("queue" = Option<String>, Query, description = "From this queue, by its production name"),
        ("type" = Option<String>, Query, description = "Of this type", max_length = 100),
        ("organizationId" = Option<String>, Query, description = "Of this organization", pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("reason" = Option<String>, Query, description = "For this reason", max_length = 100),
        ("fingerprint" = Option<String>, Query, description = "Of this group", max_length = 300),
        ("runId" = Option<String>, Query, description = "Of this run's jobs", format = "uuid"),
        ("payload" = Option<String>, Query, description = "Whose body contains this JSON object, of at most 4096 bytes"),
        ("limit" = Option<u16>, Query, description = "Groups; 100 by default", minimum = 1, maximum = 100),
    ),
    responses((status = 200, description = "The groups", body = Groups), OperatorListProblems),
    security(("bearer" = []))
)]
pub(super) async fn case_groups<P: Ports>(
    operator: Operator<P>,
    uri: Uri,
) -> Result<Json<Groups>, Problem> {
    let names = [&CASE_FILTERS[..], &["limit"]].concat();
    let mut query = Query::of(&uri, &names, &[]);
    let limit = query.number("limit", 1, GROUPS_MAX).unwrap_or(GROUPS_MAX);
    let filter = case_filter(&mut query);
    query.done()?;
    let groups = operator.look().case_groups(&filter, i64::from(limit)).await?;
    let items = groups.into_iter().map(GroupLine::from).collect();
    Ok(Json(Groups { items, limit }))
}

/// A dead letter with its body, its attempts and errors, and its lineage.
#[utoipa::path(
    get,
    path = "/api/v2/admin/dlq/{id}",
    operation_id = "get_case",
    tag = "admin",
    params(("id" = String, Path, description = "The case", format = "uuid")),
    responses((status = 200, description = "The case", body = CaseBody), CaseProblems),
    security(("bearer" = []))
)]
pub(super) async fn case<P: Ports>(
    operator: Operator<P>,
    IdPath(id): IdPath,
) -> Result<Json<CaseBody>, Problem> {
    let found = operator.look().case(id).await?;
    found.map(|case| Json(case.into())).ok_or_else(|| Problem::new(Code::CaseNotFound))
}

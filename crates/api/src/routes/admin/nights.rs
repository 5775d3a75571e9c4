//! Nights of portfolio scoring: how each went, and whether it comes out the same again.

use axum::Json;
use axum::http::{HeaderMap, Uri};
use mauntic_flows::ports::{Night, NightStore, PortfolioStore, Ports, StepDone, UserKey};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Operator;
use crate::code::Code;
use crate::cursor::{seal, unseal};
use crate::page::{Asked, Listed};
use crate::params::IdPath;
use crate::problem::Problem;
use crate::problems::{OperatorListProblems, RunProblems};
use crate::query::Query;
use crate::routes::{shown, shown_if};
use crate::source::Source;

/// Users that a request replays: a chunk's, of which 1 MiB is read by the usual portfolio
/// and 32 MiB at most: events, and 150 bytes a score in either table.
const REPLAYED_USERS: i64 = 50;

/// A night.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OvernightRun)]
pub(crate) struct NightLine {
    #[schema(value_type = String, format = "uuid")]
    run_id: Uuid,
    job_type: String,
    #[schema(pattern = "^(started|completed|partial|failed)$")]
    status: &'static str,
    #[schema(format = DateTime)]
    started_at: String,
    #[schema(required, format = DateTime)]
    completed_at: Option<String>,
    users_processed: i64,
    users_failed: i64,
    users_skipped: i64,
    correlation_id: String,
    /// What went wrong: counts by reason, the first who failed, what was stale or unknown.
    #[schema(value_type = Object)]
    error_details: Value,
    /// What it took.
    #[schema(value_type = Object)]
    metrics: Value,
    /// Only users with assets of these are scored; all where it is empty.
    markets: Vec<String>,
    /// The run whose rates and prices it goes by: itself, or the one that it repeats.
    #[schema(value_type = String, format = "uuid")]
    inputs_of: Uuid,
    chunks_total: i32,
    chunks_done: i32,
    /// What is done, and is not done again.
    steps: Vec<StepLine>,
}

/// A step that is done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OvernightStep)]
pub(crate) struct StepLine {
    #[schema(pattern = "^(set_up|exchange_rates|users|prices)$")]
    step: &'static str,
    #[schema(format = DateTime)]
    done_at: String,
    took_ms: i64,
    #[schema(value_type = Object)]
    summary: Value,
}

impl From<StepDone> for StepLine {
    fn from(done: StepDone) -> Self {
        Self {
            step: done.step.name(),
            done_at: shown(done.done_at),
            took_ms: done.took_ms,
            summary: done.summary,
        }
    }
}

impl From<Night> for NightLine {
    fn from(night: Night) -> Self {
        Self {
            run_id: night.run_id,
            job_type: night.job_type,
            status: night.status.name(),
            started_at: shown(night.started_at),
            completed_at: shown_if(night.completed_at),
            users_processed: night.users_processed,
            users_failed: night.users_failed,
            users_skipped: night.users_skipped,
            correlation_id: night.correlation_id,
            error_details: night.error_details,
            metrics: night.metrics,
            markets: night.markets.into_iter().map(String::from).collect(),
            inputs_of: night.inputs_of,
            chunks_total: night.chunks_total,
            chunks_done: night.chunks_done,
            steps: night.steps.into_iter().map(StepLine::from).collect(),
        }
    }
}

/// A part of a night, made again.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NightReplay {
    #[schema(value_type = String, format = "uuid")]
    run_id: Uuid,
    /// Users who were looked at.
    users: usize,
    /// Those of them of whom the same came out, to the byte.
    identical: usize,
    /// Those of whom nothing could be captured; where it could and is gone, that differs.
    without_inputs: usize,
    differences: Vec<UserDifference>,
    /// Where the next part begins; none after the last.
    #[schema(required)]
    next: Option<String>,
}

/// Of whom something else came out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserDifference {
    organization_id: String,
    user_id: String,
    /// Which body or table, and the JSON pointer into it.
    place: String,
    /// What is stored there.
    stored: String,
    /// What comes out.
    computed: String,
}

/// Nights, the newest first.
#[utoipa::path(
    get,
    path = "/api/v2/admin/overnight/runs",
    operation_id = "list_overnight_runs",
    tag = "admin",
    params(
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<NightLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        OperatorListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn nights<P: Ports>(
    operator: Operator<P>,
    uri: Uri,
) -> Result<(HeaderMap, Json<Listed<NightLine>>), Problem> {
    let mut query = Query::of(&uri, &["limit", "cursor"], &[]);
    let (asked, before) = Asked::read::<Uuid>(&uri, &mut query);
    query.done()?;
    Ok(asked.answer(operator.look().nights(asked.page(before)).await?))
}

/// A night with its steps.
#[utoipa::path(
    get,
    path = "/api/v2/admin/overnight/runs/{id}",
    operation_id = "get_overnight_run",
    tag = "admin",
    params(("id" = String, Path, description = "The run", format = "uuid")),
    responses((status = 200, description = "The night", body = NightLine), RunProblems),
    security(("bearer" = []))
)]
pub(super) async fn night<P: Ports>(
    operator: Operator<P>,
    IdPath(run_id): IdPath,
) -> Result<Json<NightLine>, Problem> {
    let found = operator.look().night(run_id).await?;
    found.map(|night| Json(night.into())).ok_or_else(|| Problem::new(Code::RunNotFound))
}

/// Makes a night's scores again from what was captured, user by user, and compares them to
/// the byte, with all that is stored of them: 50 users a request, in the order of their keys.
#[utoipa::path(
    get,
    path = "/api/v2/admin/overnight/runs/{id}/replay",
    operation_id = "replay_overnight_run",
    tag = "admin",
    params(
        ("id" = String, Path, description = "The run", format = "uuid"),
        ("cursor" = Option<String>, Query, description = "The `next` of the part before"),
    ),
    responses((status = 200, description = "What came out", body = NightReplay), RunProblems),
    security(("bearer" = []))
)]
pub(super) async fn replay_night<P: Ports>(
    operator: Operator<P>,
    IdPath(run_id): IdPath,
    uri: Uri,
) -> Result<Json<NightReplay>, Problem> {
    let scope = uri.path();
    let mut query = Query::of(&uri, &["cursor"], &[]);
    let after = query.text("cursor").and_then(|text| {
        let place: Option<UserKey> = unseal(scope, &text);
        if place.is_none() {
            let message = "must be the `next` of a part of this very run, unchanged";
            query.fault("cursor", message.to_owned());
        }
        place
    });
    query.done()?;
    let session = operator.look();
    if session.night(run_id).await?.is_none() {
        return Err(Problem::new(Code::RunNotFound));
    }
    let found = session.calculations(run_id, after.as_ref(), REPLAYED_USERS).await?;
    let is_last = i64::try_from(found.len()).unwrap_or(i64::MAX) < REPLAYED_USERS;
    let next = found.last().filter(|_| !is_last).map(|(user, _)| seal(scope, user));
    let mut replay = NightReplay {
        run_id,
        users: found.len(),
        identical: 0,
        without_inputs: 0,
        differences: Vec::new(),
        next,
    };
    for ((owner, user), of) in found {
        match of.recorded.replay() {
            None => replay.without_inputs += 1,
            Some(Ok(())) => replay.identical += 1,
            Some(Err(difference)) => replay.differences.push(UserDifference {
                organization_id: owner.into(),
                user_id: user.into(),
                place: difference.place,
                stored: difference.stored,
                computed: difference.computed,
            }),
        }
    }
    Ok(Json(replay))
}

//! The lists of a schedule: its runs, and its nominal times.

use axum::Json;
use axum::http::{HeaderMap, Uri};
use mauntic_domain::jobs::JobType;
use mauntic_domain::schedules::{MARKET_KEY_PREFIX, schedule_of};
use mauntic_flows::ports::{OccurrenceView, OperatorStore, Ports, ScheduleStore};

use super::run_lines::{OccurrenceLine, RunLine};
use crate::auth::Operator;
use crate::code::Code;
use crate::page::{Asked, Listed};
use crate::params::NamePath;
use crate::problem::Problem;
use crate::problems::ScheduleListProblems;
use crate::query::Query;

/// Runs of a schedule, or those that begin with a type of job, newest first.
#[utoipa::path(
    get,
    path = "/api/v2/admin/cron/{jobKey}/runs",
    operation_id = "list_cron_runs",
    tag = "admin",
    params(
        ("jobKey" = String, Path, description = "The schedule, or the type of a job that was enqueued by hand"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<RunLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        ScheduleListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn runs<P: Ports>(
    operator: Operator<P>,
    NamePath(job_key): NamePath,
    uri: Uri,
) -> Result<(HeaderMap, Json<Listed<RunLine>>), Problem> {
    let session = operator.look();
    if JobType::from_name(&job_key).is_none() && !is_known(&session, &job_key).await? {
        return Err(Problem::new(Code::ScheduleNotFound));
    }
    let mut query = Query::of(&uri, &["limit", "cursor"], &[]);
    let (asked, before) = Asked::read(&uri, &mut query);
    query.done()?;
    let paged = session.runs(&job_key, asked.page(before)).await?;
    Ok(asked.answer(paged))
}

/// Nominal times of a schedule and what became of them, newest first.
#[utoipa::path(
    get,
    path = "/api/v2/admin/cron/{jobKey}/occurrences",
    operation_id = "list_cron_occurrences",
    tag = "admin",
    params(
        ("jobKey" = String, Path, description = "The schedule"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<OccurrenceLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        ScheduleListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn occurrences<P: Ports>(
    operator: Operator<P>,
    NamePath(job_key): NamePath,
    uri: Uri,
) -> Result<(HeaderMap, Json<Listed<OccurrenceLine>>), Problem> {
    let session = operator.look();
    if !is_known(&session, &job_key).await? {
        return Err(Problem::new(Code::ScheduleNotFound));
    }
    let mut query = Query::of(&uri, &["limit", "cursor"], &[]);
    let (asked, before) = Asked::read(&uri, &mut query);
    query.done()?;
    let lines = session.occurrences(&job_key, before, asked.one_more()).await?;
    Ok(asked.cut(lines, |line: &OccurrenceView| line.nominal_at))
}

/// Whether there is such a schedule. A market's is none before a tick has found the market
/// among those of the deployment, which only the tick knows.
async fn is_known<S: ScheduleStore>(session: &S, job_key: &str) -> Result<bool, Problem> {
    if !job_key.starts_with(MARKET_KEY_PREFIX) {
        return Ok(schedule_of(job_key).is_some());
    }
    let known = session.schedules(&[job_key]).await?;
    Ok(known.rows.iter().any(|row| row.job_key == job_key))
}

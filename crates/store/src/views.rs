//! What operators see of jobs, runs, schedules and breakers.
//!
//! A list is a keyset page, and looks at a bounded number of rows: a search
//! that finds little goes on from page to page, and none takes a minute.

use chrono::{DateTime, Utc};
use mauntic_domain::overnight::NightStatus;
use mauntic_domain::schedules::{Outcome, SkipReason};
use mauntic_flows::ports::{
    BreakerRow, CronRow, Dependency, JobDetail, JobError, JobFilter, JobView, OccurrenceView, Page,
    Paged, PortError, RunView,
};
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::flight::Param;
use crate::guards::breaker;
use crate::rows::{column, json, state, unreadable};
use crate::runs::run_row;

/// Most rows that one page of a search looks at: about a tenth of a second.
pub(crate) const LOOKED_MAX: i64 = 50_000;

pub(crate) async fn jobs(
    session: &Session,
    filter: &JobFilter,
    page: Page,
) -> Result<Paged<JobView>, PortError> {
    let ids = (!filter.ids.is_empty()).then_some(&filter.ids);
    let queue = filter.queue.map(mauntic_domain::jobs::Queue::name);
    let states: Vec<&str> = filter.states.iter().map(|state| state.as_str()).collect();
    let states = (!states.is_empty()).then_some(states);
    let params: &[Param<'_>] = &[
        (&page.before, Type::UUID),
        (&page.limit, Type::INT8),
        (&LOOKED_MAX, Type::INT8),
        (&ids, Type::UUID_ARRAY),
        (&filter.run_id, Type::UUID),
        (&filter.idempotency_key, Type::TEXT),
        (&queue, Type::TEXT),
        (&filter.type_name, Type::TEXT),
        (&filter.organization_id, Type::TEXT),
        (&states, Type::TEXT_ARRAY),
        (&filter.payload, Type::JSONB),
    ];
    let rows = session.statement("listing jobs", sql!("jobs.sql"), params).await?;
    paged(&rows, page, job_view, |job| job.id)
}

/// A page of a statement that gives one row more than asked for where there are
/// more, and else the row that it ended its look at.
pub(crate) fn paged<T>(
    rows: &[Row],
    page: Page,
    read: impl Fn(&Row) -> Result<T, PortError>,
    id: impl Fn(&T) -> Uuid,
) -> Result<Paged<T>, PortError> {
    let most = usize::try_from(page.limit).unwrap_or(0);
    let next = rows.first().map(|row| column(row, "next")).transpose()?.flatten();
    let found: Vec<&Row> = rows
        .iter()
        .filter_map(|row| match column::<Option<Uuid>>(row, "id") {
            Ok(None) => None,
            Ok(Some(_)) => Some(Ok(row)),
            Err(error) => Some(Err(error)),
        })
        .collect::<Result<_, _>>()?;
    let items: Vec<T> = found.iter().take(most).map(|row| read(row)).collect::<Result<_, _>>()?;
    let next = if found.len() > most { items.last().map(id) } else { next };
    Ok(Paged { items, next })
}

pub(crate) async fn job(session: &Session, id: Uuid) -> Result<Option<JobDetail>, PortError> {
    let params: &[Param<'_>] = &[(&id, Type::UUID)];
    let rows = session.statement("reading a job", sql!("job.sql"), params);
    rows.await?.first().map(job_detail).transpose()
}

pub(crate) async fn cron_rows(
    session: &Session,
    job_keys: &[&str],
) -> Result<Vec<CronRow>, PortError> {
    let params: &[Param<'_>] = &[(&job_keys, Type::TEXT_ARRAY)];
    let sql = sql!("cron_rows.sql");
    let rows = session.statement("reading schedules", sql, params).await?;
    rows.iter().map(cron_row).collect()
}

pub(crate) async fn runs(
    session: &Session,
    job_key: &str,
    page: Page,
) -> Result<Paged<RunView>, PortError> {
    let most = page.limit.saturating_add(1);
    let params: &[Param<'_>] =
        &[(&job_key, Type::TEXT), (&page.before, Type::UUID), (&most, Type::INT8)];
    let rows = session.statement("listing runs", sql!("runs.sql"), params).await?;
    let mut items: Vec<RunView> = rows.iter().map(view_of_run).collect::<Result<_, _>>()?;
    let limit = usize::try_from(page.limit).unwrap_or(0);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| last.run.id);
    Ok(Paged { items, next })
}

pub(crate) async fn run_view(session: &Session, id: Uuid) -> Result<Option<RunView>, PortError> {
    let params: &[Param<'_>] = &[(&id, Type::UUID)];
    let rows = session.statement("reading a run", sql!("run_view.sql"), params);
    rows.await?.first().map(view_of_run).transpose()
}

pub(crate) async fn occurrences(
    session: &Session,
    job_key: &str,
    before: Option<DateTime<Utc>>,
    limit: i64,
) -> Result<Vec<OccurrenceView>, PortError> {
    let params: &[Param<'_>] =
        &[(&job_key, Type::TEXT), (&before, Type::TIMESTAMPTZ), (&limit, Type::INT8)];
    let sql = sql!("occurrences.sql");
    let rows = session.statement("listing occurrences", sql, params).await?;
    rows.iter().map(occurrence).collect()
}

pub(crate) async fn breakers(
    session: &Session,
) -> Result<(Vec<BreakerRow>, DateTime<Utc>), PortError> {
    let names: Vec<&str> = Dependency::ALL.into_iter().map(Dependency::name).collect();
    let params: &[Param<'_>] = &[(&names, Type::TEXT_ARRAY)];
    let sql = sql!("breakers.sql");
    let rows = session.statement("reading breakers", sql, params).await?;
    let now = column(rows.first().ok_or_else(|| unreadable("clock"))?, "now")?;
    let read = |row: &Row| {
        let changed_at: Option<DateTime<Utc>> = column(row, "changed_at")?;
        let breaker = changed_at.map(|_| breaker(row)).transpose()?.unwrap_or_default();
        Ok(BreakerRow { name: column(row, "name")?, breaker, changed_at })
    };
    Ok((rows.iter().map(read).collect::<Result<_, PortError>>()?, now))
}

fn job_view(row: &Row) -> Result<JobView, PortError> {
    Ok(JobView {
        id: column(row, "id")?,
        queue: column(row, "queue")?,
        type_name: column(row, "type")?,
        version: column(row, "version")?,
        organization_id: column(row, "organization_id")?,
        run_id: column(row, "run_id")?,
        state: state(row)?,
        claim: column(row, "claim")?,
        failures: column(row, "failures")?,
        failures_max: column(row, "failures_max")?,
        snooze_reason: column(row, "snooze_reason")?,
        idempotency_key: column(row, "key")?,
        request_id: column(row, "request_id")?,
        replays: column(row, "replays")?,
        created_at: column(row, "created_at")?,
        available_at: column(row, "available_at")?,
        expires_at: column(row, "expires_at")?,
        lease_until: column(row, "lease_until")?,
        finished_at: column(row, "finished_at")?,
        last_error: column(row, "last_error")?,
    })
}

fn job_detail(row: &Row) -> Result<JobDetail, PortError> {
    let failed: bool = column(row, "has_errors")?;
    let errors: Option<Vec<JobError>> = failed.then(|| json(row, "errors")).transpose()?;
    let receipt: Option<&str> = column(row, "receipt")?;
    Ok(JobDetail {
        job: job_view(row)?,
        data: shown(column(row, "data")?),
        receipt: receipt.map(shown),
        errors: errors.unwrap_or_default(),
        coalesced: column(row, "coalesced")?,
        scheduled_for: column(row, "scheduled_for")?,
    })
}

/// What the database takes for JSON and this build cannot hold (numbers beyond
/// every bound) is shown as its text.
fn shown(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

fn view_of_run(row: &Row) -> Result<RunView, PortError> {
    Ok(RunView {
        run: run_row(row)?,
        organization_id: column(row, "organization_id")?,
        scheduled_for: column(row, "scheduled_for")?,
        request_id: column(row, "request_id")?,
        cancelled_at: column(row, "cancelled_at")?,
        outcome: column::<Option<&str>>(row, "came_to")?.and_then(NightStatus::parse),
    })
}

fn cron_row(row: &Row) -> Result<CronRow, PortError> {
    let run: Option<Uuid> = column(row, "id")?;
    let nominal_at: Option<DateTime<Utc>> = column(row, "nominal_at")?;
    Ok(CronRow {
        job_key: column(row, "schedule_key")?,
        last_run: run.map(|_| view_of_run(row)).transpose()?,
        open_run: column(row, "open_run")?,
        last_occurrence: nominal_at.map(|_| occurrence(row)).transpose()?,
    })
}

fn occurrence(row: &Row) -> Result<OccurrenceView, PortError> {
    Ok(OccurrenceView {
        nominal_at: column(row, "nominal_at")?,
        outcome: outcome(column(row, "outcome")?, column(row, "reason")?)?,
        run_id: column(row, "occurrence_run_id")?,
        judged_at: column(row, "judged_at")?,
    })
}

fn outcome(name: &str, reason: Option<&str>) -> Result<Outcome, PortError> {
    let plain = [Outcome::Ran, Outcome::Late, Outcome::Missed, Outcome::Backfilled];
    let skipped = SkipReason::ALL.into_iter().find(|skipped| Some(skipped.name()) == reason);
    let found = match skipped {
        Some(reason) => Some(Outcome::Skipped(reason)),
        None => plain.into_iter().find(|outcome| outcome.name() == name),
    };
    found.ok_or_else(|| unreadable("column outcome"))
}

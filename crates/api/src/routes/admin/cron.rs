//! `GET /api/v2/admin/cron`: every schedule, and whether somebody looks after
//! them.

use std::collections::BTreeMap;

use axum::Json;
use chrono::{DateTime, Utc};
use mauntic_domain::jobs::{JobType, Queue};
use mauntic_domain::schedules::{
    Cron, MARKET_KEY_PREFIX, Outcome, REGISTRY, Schedule, SkipReason, schedule_of,
};
use mauntic_flows::ports::{
    Beat, CronRow, KeyStore, OccurrenceView, OperatorStore, Ports, QueueStats, RunView,
    ScheduleRow, ScheduleStore, Vitals,
};
use mauntic_flows::tick::Duty;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::run_lines::JobCounts;
use crate::auth::Operator;
use crate::problem::Problem;
use crate::problems::OperatorProblems;
use crate::routes::health::is_ticking;
use crate::routes::{shown, shown_if};

/// Every schedule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CronBody {
    scheduler: SchedulerBody,
    /// In the registry's order; then the markets' nights that were ever kept.
    jobs: Vec<ScheduleLine>,
}

/// Who looks after the schedules: the tick.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SchedulerBody {
    /// `online` if every duty of the tick was done within two and a half of its
    /// intervals, else `offline`.
    #[schema(pattern = "^(online|offline)$")]
    status: &'static str,
    /// When it last did one of its duties.
    #[schema(required, format = DateTime)]
    heartbeat_at: Option<String>,
    /// Which isolate did.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    instance_id: Option<Uuid>,
}

/// A schedule.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScheduleLine {
    job_key: String,
    description: String,
    owner: &'static str,
    /// The expression in force, in UTC and Cloudflare's dialect.
    schedule: String,
    /// Whether its times start runs. False while an operator's pause stands, by
    /// the schedule's row. The pause flags and the build's logic are known to the
    /// queue worker alone, so that these are told from what became of the newest
    /// nominal time: false if that was skipped as `disabled` or `not_available`.
    enabled: bool,
    /// Why it is not enabled: `paused`, `disabled` or `not_available`.
    #[schema(required)]
    disabled_reason: Option<&'static str>,
    /// The note of an operator's pause.
    #[schema(required)]
    pause_note: Option<String>,
    /// Whether a run of it is open.
    running: bool,
    /// Its newest run.
    #[schema(required)]
    last_run: Option<LastRun>,
    /// Its next nominal time; while it is not enabled that time is skipped.
    #[schema(required, format = DateTime)]
    next_run_at: Option<String>,
    queue: ScheduleQueue,
}

/// The newest run of a schedule.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LastRun {
    #[schema(format = DateTime)]
    started_at: String,
    #[schema(required, format = DateTime)]
    finished_at: Option<String>,
    #[schema(pattern = "^(running|completed|partial|failed|cancelled)$")]
    status: &'static str,
    /// From start to end; none before the end.
    #[schema(required)]
    duration_ms: Option<i64>,
    /// Its jobs.
    summary: JobCounts,
}

/// The queue of a schedule's jobs, with those of other schedules.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScheduleQueue {
    name: &'static str,
    /// Waiting for their first or next attempt.
    pending: i64,
    /// Being done now.
    processing: i64,
    /// Dead letters that wait for somebody's decision.
    dlq: i64,
}

/// Every schedule, and whether the scheduler is alive.
#[utoipa::path(
    get,
    path = "/api/v2/admin/cron",
    operation_id = "list_cron",
    tag = "admin",
    responses((status = 200, description = "The schedules", body = CronBody), OperatorProblems),
    security(("bearer" = []))
)]
pub(super) async fn cron<P: Ports>(operator: Operator<P>) -> Result<Json<CronBody>, Problem> {
    let session = operator.look();
    let mut keys = REGISTRY.map(|schedule| schedule.job_key).to_vec();
    let vitals = session.vitals().await?;
    let schedules = session.schedules(&keys).await?;
    let of_markets = schedules.rows.iter().map(|row| row.job_key.as_str());
    keys.extend(of_markets.filter(|key| key.starts_with(MARKET_KEY_PREFIX)));
    let rows = session.cron_rows(&keys).await?;
    let stats = session.queue_stats().await?;
    let jobs = keys.iter().filter_map(|key| {
        let row = schedules.rows.iter().find(|row| row.job_key == *key);
        let newest = rows.iter().find(|row| row.job_key == *key);
        line(key, row, newest, &stats, schedules.now)
    });
    Ok(Json(CronBody { jobs: jobs.collect(), scheduler: scheduler(&vitals) }))
}

fn scheduler(vitals: &Vitals) -> SchedulerBody {
    let is_ours = |beat: &&Beat| Duty::ALL.iter().any(|duty| duty.name() == beat.duty);
    let newest = vitals.beats.iter().filter(is_ours).max_by_key(|beat| beat.at);
    SchedulerBody {
        status: if is_ticking(vitals) { "online" } else { "offline" },
        heartbeat_at: newest.map(|beat| shown(beat.at)),
        instance_id: newest.and_then(|beat| beat.by).map(|by| by.id),
    }
}

/// None where no schedule has the key.
fn line(
    job_key: &str,
    row: Option<&ScheduleRow>,
    newest: Option<&CronRow>,
    stats: &BTreeMap<String, QueueStats>,
    now: DateTime<Utc>,
) -> Option<ScheduleLine> {
    let (schedule, market) = schedule_of(job_key)?;
    // The row's is what the queue worker judges by, which settings may replace.
    let expression = row.map_or(schedule.cron, |row| row.cron.as_str());
    let next = Cron::parse(expression).ok().and_then(|cron| cron.next_after(now));
    let pause_note = row.and_then(|row| row.paused.clone());
    let occurrence = newest.and_then(|newest| newest.last_occurrence.as_ref());
    let disabled_reason = match &pause_note {
        Some(_) => Some(SkipReason::Paused.name()),
        None => occurrence.and_then(disabled),
    };
    let description = match market {
        Some(market) => format!("Scores the portfolio of every user with assets of {market}."),
        None => schedule.description.to_owned(),
    };
    Some(ScheduleLine {
        job_key: job_key.to_owned(),
        description,
        owner: schedule.owner,
        schedule: expression.to_owned(),
        enabled: disabled_reason.is_none(),
        disabled_reason,
        pause_note,
        running: newest.is_some_and(|newest| newest.open_run.is_some()),
        last_run: newest.and_then(|newest| newest.last_run.as_ref()).map(last_run),
        next_run_at: shown_if(next),
        queue: queue(&schedule, stats),
    })
}

fn disabled(occurrence: &OccurrenceView) -> Option<&'static str> {
    match occurrence.outcome {
        Outcome::Skipped(reason @ (SkipReason::Disabled | SkipReason::NotAvailable)) => {
            Some(reason.name())
        }
        _ => None,
    }
}

fn last_run(view: &RunView) -> LastRun {
    let run = &view.run;
    LastRun {
        started_at: shown(run.started_at),
        finished_at: shown_if(run.finished_at),
        status: run.status.as_str(),
        duration_ms: run.finished_at.map(|end| (end - run.started_at).num_milliseconds()),
        summary: run.counts.into(),
    }
}

fn queue(schedule: &Schedule, stats: &BTreeMap<String, QueueStats>) -> ScheduleQueue {
    let queue = JobType::from_name(schedule.message).map(JobType::queue);
    // Every schedule's type is registered: a test of the domain holds that.
    let name = queue.map_or("", Queue::name);
    let stats = stats.get(name).copied().unwrap_or_default();
    ScheduleQueue {
        name,
        pending: stats.pending,
        processing: stats.processing,
        dlq: stats.dead_letters,
    }
}

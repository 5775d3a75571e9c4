//! Runs and occurrences as operators see them.

use chrono::{DateTime, Utc};
use mauntic_domain::overnight::NightStatus;
use mauntic_domain::runs::{RunCounts, RunStatus, estimate};
use mauntic_domain::schedules::Outcome;
use mauntic_flows::ports::{OccurrenceView, RunView};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::routes::{shown, shown_if};

/// A run's jobs, the one that plans it with them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobCounts {
    total: i32,
    completed: i32,
    dead_lettered: i32,
    cancelled: i32,
    /// Queued, in progress or to be tried again.
    unfinished: i32,
}

impl From<RunCounts> for JobCounts {
    fn from(counts: RunCounts) -> Self {
        let finished = counts.done.saturating_add(counts.dead).saturating_add(counts.cancelled);
        Self {
            total: counts.total,
            completed: counts.done,
            dead_lettered: counts.dead,
            cancelled: counts.cancelled,
            unfinished: counts.total.saturating_sub(finished).max(0),
        }
    }
}

/// A run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunLine {
    #[schema(value_type = String, format = "uuid")]
    execution_id: Uuid,
    /// The schedule's key, or the type of its first job.
    job_key: String,
    /// What started it.
    trigger: String,
    #[schema(pattern = "^(running|completed|partial|failed|cancelled)$")]
    status: &'static str,
    /// Whose; none for work across organizations.
    #[schema(required)]
    organization_id: Option<String>,
    /// Correlation id of what started it.
    #[schema(required)]
    request_id: Option<String>,
    /// Nominal time, of a schedule's run.
    #[schema(required, format = DateTime)]
    scheduled_for: Option<String>,
    /// Raised when dead letters of it are replayed.
    revision: i32,
    jobs: JobCounts,
    #[schema(format = DateTime)]
    started_at: String,
    /// When a job of it ended last.
    #[schema(format = DateTime)]
    progressed_at: String,
    #[schema(required, format = DateTime)]
    finished_at: Option<String>,
    /// From start to end; none before the end.
    #[schema(required)]
    duration_ms: Option<i64>,
    /// Since when it makes no progress.
    #[schema(required, format = DateTime)]
    stalled_at: Option<String>,
    /// Since when it is being cancelled.
    #[schema(required, format = DateTime)]
    cancelled_at: Option<String>,
    /// What it came to, of a night that has ended: its jobs may all be done, and users of it
    /// failed. None of everything else.
    #[schema(required, pattern = "^(completed|partial|failed)$")]
    outcome: Option<&'static str>,
}

impl From<RunView> for RunLine {
    fn from(view: RunView) -> Self {
        let run = view.run;
        Self {
            execution_id: run.id,
            job_key: run.job_key,
            trigger: run.trigger,
            status: run.status.as_str(),
            organization_id: view.organization_id,
            request_id: view.request_id,
            scheduled_for: shown_if(view.scheduled_for),
            revision: run.revision,
            jobs: run.counts.into(),
            started_at: shown(run.started_at),
            progressed_at: shown(run.progressed_at),
            finished_at: shown_if(run.finished_at),
            duration_ms: run.finished_at.map(|end| (end - run.started_at).num_milliseconds()),
            stalled_at: shown_if(run.stalled_at),
            cancelled_at: shown_if(view.cancelled_at),
            outcome: view
                .outcome
                .filter(|night| *night != NightStatus::Started)
                .map(NightStatus::name),
        }
    }
}

/// How long a run may still take.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EstimateBody {
    /// Seconds from now, at the pace of the jobs so far.
    seconds: i64,
    /// Finished jobs that show the pace.
    of_jobs: i32,
    /// Seconds that they took.
    in_seconds: i64,
}

/// A run and when it may end.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunBody {
    #[serde(flatten)]
    run: RunLine,
    /// None where nothing shows a pace: before a job besides the first is
    /// finished, without progress, after a replay, and at the end.
    #[schema(required)]
    estimate: Option<EstimateBody>,
}

impl RunBody {
    /// Shows a run at `now`, by the database's clock.
    pub(super) fn at(view: RunView, now: DateTime<Utc>) -> Self {
        let run = &view.run;
        // The start of a run that a replay opened again says nothing of its pace.
        let is_first = run.revision == FIRST_REVISION && run.status == RunStatus::Running;
        let stalled = run.stalled_at.is_some();
        let estimate = is_first
            .then(|| estimate(run.counts, run.started_at, run.progressed_at, stalled, now))
            .flatten()
            .map(|estimate| EstimateBody {
                seconds: estimate.seconds,
                of_jobs: estimate.of_jobs,
                in_seconds: estimate.in_seconds,
            });
        Self { run: view.into(), estimate }
    }
}

/// Revision of a run that no replay opened again.
const FIRST_REVISION: i32 = 0;

/// A nominal time of a schedule and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OccurrenceLine {
    /// When it should fire.
    #[schema(format = DateTime)]
    nominal_at: String,
    #[schema(pattern = "^(ran|late|missed|backfilled|skipped)$")]
    outcome: &'static str,
    /// Why it was skipped: `disabled`, `paused`, `overlap` or `not_available`.
    #[schema(required)]
    reason: Option<&'static str>,
    /// The run it started.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    execution_id: Option<Uuid>,
    #[schema(format = DateTime)]
    judged_at: String,
}

impl From<OccurrenceView> for OccurrenceLine {
    fn from(occurrence: OccurrenceView) -> Self {
        let reason = match occurrence.outcome {
            Outcome::Skipped(reason) => Some(reason.name()),
            _ => None,
        };
        Self {
            nominal_at: shown(occurrence.nominal_at),
            outcome: occurrence.outcome.name(),
            reason,
            execution_id: occurrence.run_id,
            judged_at: shown(occurrence.judged_at),
        }
    }
}

//! The values of schedules and runs.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::JobType;
use mauntic_domain::runs::{RunCounts, RunStatus};
use mauntic_domain::schedules::Outcome;
use serde_json::Value;
use uuid::Uuid;

/// How far a schedule has been judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRow {
    /// Its key in the registry.
    pub job_key: String,
    /// The expression that was judged last.
    pub cron: String,
    /// Every nominal time up to here has its row.
    pub judged_until: DateTime<Utc>,
    /// Number of the next occurrence; none before the first.
    pub ordinal_next: Option<i64>,
    /// An operator's pause, with the note.
    pub paused: Option<String>,
}

/// The rows of the schedules, and the database's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRows {
    /// The database's clock.
    pub now: DateTime<Utc>,
    /// In the order of their keys; a schedule without a row is new.
    pub rows: Vec<ScheduleRow>,
}

/// A run and its first job.
#[derive(Debug, Clone, PartialEq)]
pub struct RunStart {
    /// The executionId.
    pub run_id: Uuid,
    /// The first job.
    pub job_id: Uuid,
    /// The first job's type.
    pub job_type: JobType,
    /// The first job's data, checked.
    pub data: Value,
    /// Whether it takes its job_key's lock.
    pub exclusive: bool,
    /// Correlation id.
    pub request_id: String,
}

/// An occurrence to be written, with the run it starts.
#[derive(Debug, Clone, PartialEq)]
pub struct NewOccurrence {
    /// When it should fire.
    pub nominal_at: DateTime<Utc>,
    /// What becomes of it. Where the run finds the lock taken, it is skipped
    /// for overlap instead.
    pub outcome: Outcome,
    /// Number of the occurrence.
    pub ordinal: i64,
    /// The run, where the outcome has one.
    pub start: Option<RunStart>,
}

/// The row that a schedule was judged from. Both are looked at again when the
/// judgement is written: a build that changed the expression meanwhile may have
/// left the mark where it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedFrom {
    /// Every nominal time up to here had its row.
    pub judged_until: DateTime<Utc>,
    /// The expression that was in force.
    pub cron: String,
}

impl ScheduleRow {
    /// What is judged from this row.
    #[must_use]
    pub fn judged_from(&self) -> JudgedFrom {
        JudgedFrom { judged_until: self.judged_until, cron: self.cron.clone() }
    }
}

/// What was judged of one schedule; written in one transaction, or not at all
/// when somebody else judged it meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedSchedule {
    /// The schedule.
    pub job_key: Cow<'static, str>,
    /// Its effective expression.
    pub cron: String,
    /// What it was judged from; none where the row is new.
    pub judged_from: Option<JudgedFrom>,
    /// Every nominal time up to here has its row now.
    pub judged_until: DateTime<Utc>,
    /// Number of the next occurrence.
    pub ordinal_next: Option<i64>,
    /// Sorted by nominal time.
    pub occurrences: Vec<NewOccurrence>,
}

/// What came of writing a judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// Written; these runs were started, the others found the lock taken.
    Written {
        /// Started.
        started: Vec<Uuid>,
    },
    /// Somebody else judged the schedule meanwhile; nothing was written.
    Meanwhile,
}

/// A run that somebody asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRun {
    /// The schedule's key, or the job's type.
    pub job_key: String,
    /// Whose; none for work across organizations.
    pub organization_id: Option<String>,
    /// The run and its first job.
    pub start: RunStart,
}

impl NewRun {
    /// What the audit calls starting it by hand.
    #[must_use]
    pub const fn action(&self) -> &'static str {
        match self.start.job_type {
            JobType::Rebuild => "scoreboard.rebuild",
            _ => "cron.run",
        }
    }

    /// To what.
    #[must_use]
    pub fn target(&self) -> &str {
        match self.start.job_type {
            JobType::Rebuild => self.job_key.rsplit(':').next().unwrap_or(&self.job_key),
            _ => &self.job_key,
        }
    }
}

/// What came of asking for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// It runs; under a request's key it may have begun then.
    Started {
        /// The run.
        run_id: Uuid,
    },
    /// The lock is taken.
    Held {
        /// The run that holds it.
        holder: Uuid,
        /// Since when.
        since: DateTime<Utc>,
        /// When a recount may end it, if it makes no progress until then.
        expires_at: DateTime<Utc>,
    },
}

/// A run as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// The executionId.
    pub id: Uuid,
    /// The schedule's key, or the job's type.
    pub job_key: String,
    /// What started it.
    pub trigger: String,
    /// Its status.
    pub status: RunStatus,
    /// Raised by each replay.
    pub revision: i32,
    /// Its jobs.
    pub counts: RunCounts,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When a count was last moved.
    pub progressed_at: DateTime<Utc>,
    /// Since when it makes no progress.
    pub stalled_at: Option<DateTime<Utc>>,
    /// When it became final.
    pub finished_at: Option<DateTime<Utc>>,
}

/// What a recount of stuck runs found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recounted {
    /// Runs whose jobs were all final.
    pub finalized: u64,
    /// Runs that are stalled.
    pub stalled: u64,
}

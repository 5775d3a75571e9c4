//! When a run is final: its counts decide, nothing else. And how long it may
//! take: what its jobs took so far, nothing else.

use chrono::{DateTime, Utc};

/// State of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "`status` says when each holds")]
pub enum RunStatus {
    Running,
    Completed,
    Partial,
    Failed,
    Cancelled,
}

impl RunStatus {
    /// Every status.
    pub const ALL: [Self; 5] =
        [Self::Running, Self::Completed, Self::Partial, Self::Failed, Self::Cancelled];

    /// Name in rows and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// Counts of a run's jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunCounts {
    /// Jobs of the run, the one that plans it included.
    pub total: i32,
    /// Completed.
    pub done: i32,
    /// Dead letters.
    pub dead: i32,
    /// Cancelled.
    pub cancelled: i32,
}

impl RunCounts {
    /// The run's status: final exactly when all its jobs are.
    #[must_use]
    pub const fn status(self) -> RunStatus {
        if self.done + self.dead + self.cancelled < self.total {
            RunStatus::Running
        } else if self.cancelled > 0 {
            RunStatus::Cancelled
        } else if self.dead > 0 && self.done == 0 {
            RunStatus::Failed
        } else if self.dead > 0 {
            RunStatus::Partial
        } else {
            RunStatus::Completed
        }
    }
}

/// How long a run may still take, and what that is concluded from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Seconds that its unfinished jobs need at the pace of the finished ones;
    /// at least 1.
    pub seconds: i64,
    /// Finished jobs that show the pace: completed, dead and cancelled, without
    /// the one that plans the run.
    pub of_jobs: i32,
    /// Seconds that these took, counted from the run's start; at least 1.
    pub in_seconds: i64,
}

/// How long a run may still take at `now`, all of one clock. None for one that
/// is final or stalled, and none before a job besides its first is finished:
/// nothing shows the pace then.
///
/// Time without progress counts, so that the estimate grows while nothing is
/// finished. A replay opens a run again, and its start says nothing about the
/// pace from then on: of a run whose revision is not its first make no estimate.
#[must_use]
pub fn estimate(
    counts: RunCounts,
    started_at: DateTime<Utc>,
    progressed_at: DateTime<Utc>,
    stalled: bool,
    now: DateTime<Utc>,
) -> Option<Estimate> {
    if stalled || counts.status() != RunStatus::Running {
        return None;
    }
    let finished = i64::from(counts.done) + i64::from(counts.dead) + i64::from(counts.cancelled);
    let shown = finished - 1;
    if shown < 1 {
        return None;
    }
    let left = i64::from(counts.total) - finished;
    let taken = now.max(progressed_at) - started_at;
    // 2^31 jobs times the milliseconds of a hundred years are below 2^73.
    let needed = i128::from(left) * i128::from(taken.num_milliseconds().max(0));
    let millis = i64::try_from(needed / i128::from(shown)).unwrap_or(i64::MAX);
    Some(Estimate {
        seconds: whole_secs(millis),
        of_jobs: i32::try_from(shown).unwrap_or(i32::MAX),
        in_seconds: whole_secs(taken.num_milliseconds()),
    })
}

/// Rounded up; at least 1.
fn whole_secs(millis: i64) -> i64 {
    millis.max(1).div_euclid(1_000) + i64::from(millis.max(1).rem_euclid(1_000) > 0)
}

#[cfg(test)]
#[path = "runs_tests.rs"]
mod tests;

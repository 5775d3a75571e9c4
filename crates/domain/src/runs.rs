//! When a run is final: its counts decide, nothing else.

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

#[cfg(test)]
#[path = "runs_tests.rs"]
mod tests;

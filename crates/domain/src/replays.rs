//! A replay of many dead letters: canaries first, then the rest at a pace. The
//! tick goes on with it, so that what it does next follows from its row alone.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// Most cases of one replay.
pub const CASES_MAX: u32 = 100_000;

/// Most canaries: they are released at once.
pub const CANARIES_MAX: u32 = 1_000;

/// Highest pace: what four connections of the queue's ten do with ease.
pub const PER_SECOND_MAX: u32 = 1_000;

/// The pace unless somebody says otherwise.
pub const PER_SECOND_DEFAULT: u32 = 50;

/// Most cases that one step releases, in one transaction of about a second.
pub const STEP_CASES_MAX: u32 = 2_000;

/// How an operator wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Most cases; 1 to [`CASES_MAX`].
    pub limit: u32,
    /// Cases that must be completed before the rest follows; 0 for none.
    pub canary: u32,
    /// Most jobs that become available in a second; 1 to [`PER_SECOND_MAX`].
    pub per_second: u32,
}

/// Where a replay stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Its canaries are being released or done.
    Canary,
    /// The rest follows.
    Running,
    /// Every case was looked at.
    Completed,
    /// A canary failed; nothing follows.
    Stopped,
    /// Somebody ended it; nothing follows.
    Cancelled,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 5] =
        [Self::Canary, Self::Running, Self::Completed, Self::Stopped, Self::Cancelled];

    /// Name in rows and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether nothing follows.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Stopped | Self::Cancelled)
    }
}

/// What has become of the canaries that were released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canaries {
    /// None was released yet.
    None,
    /// Some are not final, and none failed.
    Waiting,
    /// All are completed.
    Completed,
    /// This one failed: it has a failure, died again or was cancelled.
    Failed(Uuid),
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing now.
    Wait,
    /// A canary failed: the replay ends here.
    Stop(Uuid),
    /// Release at most so many cases from `start` on, `spacing` apart;
    /// [`after_release`] says where it stands then.
    Release {
        /// Most cases.
        cases: u32,
        /// When the first may become available.
        start: DateTime<Utc>,
        /// Between one and the next.
        spacing: TimeDelta,
    },
}

/// What is known of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Where it stands; not final.
    pub status: Status,
    /// Cases replayed so far.
    pub replayed: u32,
    /// When the next job may become available: a spacing after the last one
    /// released.
    pub paced_until: DateTime<Utc>,
    /// Its canaries.
    pub canaries: Canaries,
}

/// Decides the next step at `now`; the one after it comes within `window`, so
/// that as many are released as the pace allows until then.
#[must_use]
pub fn step(terms: Terms, progress: Progress, now: DateTime<Utc>, window: TimeDelta) -> Step {
    // Rounded up: a second never holds one more.
    let pace = i64::from(terms.per_second.max(1));
    let spacing_us = (1_000_000 + pace - 1).div_euclid(pace);
    let spacing = TimeDelta::microseconds(spacing_us);
    let start = progress.paced_until.max(now);
    let left = terms.limit.saturating_sub(progress.replayed);
    if progress.status == Status::Canary {
        match progress.canaries {
            // At the pace as well, and however long that takes.
            Canaries::None if terms.canary > 0 => {
                return Step::Release { cases: terms.canary.min(left), start, spacing };
            }
            Canaries::Waiting => return Step::Wait,
            Canaries::Failed(job) => return Step::Stop(job),
            Canaries::None | Canaries::Completed => {}
        }
    }
    let ahead_us = (now + window - start).num_microseconds().unwrap_or(i64::MAX).max(0);
    let paced = u32::try_from(ahead_us.div_euclid(spacing_us)).unwrap_or(u32::MAX);
    let paced = paced.min(STEP_CASES_MAX);
    if left > 0 && paced == 0 {
        return Step::Wait;
    }
    Step::Release { cases: paced.min(left), start, spacing }
}

/// Where a replay stands after a [`Step::Release`] of `asked` cases was done:
/// `found` were looked at, of which `replayed` were; the others were refused.
#[must_use]
pub fn after_release(
    terms: Terms,
    progress: Progress,
    asked: u32,
    found: u32,
    replayed: u32,
) -> Status {
    let is_canary = progress.status == Status::Canary
        && progress.canaries == Canaries::None
        && terms.canary > 0;
    // Canaries are waited for, unless there is none to wait for.
    if is_canary && (replayed > 0 || found == asked) {
        return Status::Canary;
    }
    let all = progress.replayed.saturating_add(replayed);
    if found < asked || all >= terms.limit { Status::Completed } else { Status::Running }
}

const _: () = assert!(CANARIES_MAX <= STEP_CASES_MAX && STEP_CASES_MAX <= CASES_MAX);

#[cfg(test)]
#[path = "replays_tests.rs"]
mod tests;

//! The limit of a day, by the domain's age: a table of steps, linear in between.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Most steps of a schedule: more than three a day for a month.
pub const STEPS_MAX: usize = 100;

/// Latest day of a step: ten years.
pub const DAY_MAX: u32 = 3_650;

/// Highest limit of a step: more than any one domain sends.
pub const EMAILS_MAX: u32 = 1_000_000_000;

/// A day and its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Day of the domain's life, from 1.
    pub day: u32,
    /// E-mails on that day.
    pub max_emails: u32,
}

const fn step(day: u32, max_emails: u32) -> Step {
    Step { day, max_emails }
}

/// The product's schedule.
static TABLE: [Step; 10] = [
    step(1, 50),
    step(2, 100),
    step(3, 250),
    step(4, 500),
    step(5, 1_000),
    step(7, 2_500),
    step(10, 5_000),
    step(14, 10_000),
    step(21, 25_000),
    step(30, 50_000),
];

/// Why a list of steps is no schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// None, or more than [`STEPS_MAX`].
    #[error("must have 1 to {STEPS_MAX} steps, has {found}")]
    Steps {
        /// Steps found.
        found: usize,
    },
    /// A day or a limit out of its bounds.
    #[error("item {index} must have a day from 1 to {DAY_MAX} and from 1 to {EMAILS_MAX} e-mails")]
    Bounds {
        /// Index of the step.
        index: usize,
    },
    /// A step that is not later and higher than the one before.
    #[error("item {index} must be later and higher than the one before")]
    NotRising {
        /// Index of the step.
        index: usize,
    },
}

/// The limits of a domain's days: the product's own, or those of its organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(Cow<'static, [Step]>);

impl Default for Schedule {
    fn default() -> Self {
        Self(Cow::Borrowed(&TABLE))
    }
}

impl Schedule {
    /// Checks a schedule of one's own: days and limits rise from step to step.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn new(steps: Vec<Step>) -> Result<Self, ScheduleError> {
        if !(1..=STEPS_MAX).contains(&steps.len()) {
            return Err(ScheduleError::Steps { found: steps.len() });
        }
        let mut before = step(0, 0);
        for (index, step) in steps.iter().enumerate() {
            let is_bound =
                (1..=DAY_MAX).contains(&step.day) && (1..=EMAILS_MAX).contains(&step.max_emails);
            if !is_bound {
                return Err(ScheduleError::Bounds { index });
            }
            if step.day <= before.day || step.max_emails <= before.max_emails {
                return Err(ScheduleError::NotRising { index });
            }
            before = *step;
        }
        Ok(Self(Cow::Owned(steps)))
    }

    /// Its steps, at least one.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Its last day; from the next one on there is no limit.
    #[must_use]
    pub fn last_day(&self) -> u32 {
        self.0.last().map_or(0, |step| step.day)
    }

    /// How much of it is over on a day, in whole percent, rounded down.
    #[must_use]
    pub fn progress_percent(&self, day: i64) -> u8 {
        let last = i64::from(self.last_day()).max(1);
        u8::try_from(day.clamp(0, last) * 100 / last).unwrap_or(100)
    }

    /// Most e-mails of a day; none where there is no limit. Between two steps it is
    /// on the line that joins them, rounded down; before the first it is 0.
    #[must_use]
    pub fn limit(&self, day: i64) -> Option<u64> {
        let at = self.0.partition_point(|step| i64::from(step.day) < day);
        let next = self.0.get(at)?;
        if i64::from(next.day) == day {
            return Some(u64::from(next.max_emails));
        }
        let Some(last) = at.checked_sub(1).and_then(|at| self.0.get(at)) else {
            return Some(0);
        };
        // Both rise, so nothing here is negative, and the day is between the two.
        let days = u64::from(next.day - last.day);
        let passed = u64::try_from(day - i64::from(last.day)).unwrap_or(0);
        let more = u64::from(next.max_emails - last.max_emails) * passed / days;
        Some(u64::from(last.max_emails) + more)
    }
}

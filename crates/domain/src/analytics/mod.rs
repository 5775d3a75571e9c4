//! What the roll-ups of analytics count: which events and days follow from a
//! nominal time alone, so that a roll-up that is done late, again or in another
//! order counts the same.
//!
//! A roll-up looks for what was *received* in its window and counts the days on
//! which that *happened* anew, whole; nothing is added to what is there. So an
//! event is counted on its own day however late it comes, and a repeat finds what
//! the first one wrote.

mod kept;
pub mod range;
pub mod reports;

use std::ops::Range;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::contact_events::{EVENT_FUTURE_MAX, SEEN_KEPT};
use crate::jobs::JobType;
use crate::schedules::{Cron, cron_of};

pub use kept::dropped_before;

/// Longest life of a worker's transaction, in seconds: the `transaction_timeout`
/// of its database role.
const TRANSACTION_SECS_MAX: i64 = 55;

/// How far a window reaches back before its period. An event is given its time of
/// receipt before its transaction commits: at the end of a window it may not be
/// seen yet, and the next window finds it. Ten times what a transaction lives,
/// for a role whose time-out somebody raises.
pub const LATE_COMMIT: TimeDelta = TimeDelta::minutes(10);

const _: () = assert!(LATE_COMMIT.num_seconds() > 10 * TRANSACTION_SECS_MAX);

/// How long after its receipt an event may say that it happened: with the clocks of
/// those who judge that, as [`SEEN_KEPT`] has a day for them in the other direction.
const HAPPENED_AFTER_MAX: TimeDelta = TimeDelta::days(1);

const _: () = assert!(HAPPENED_AFTER_MAX.num_minutes() > EVENT_FUTURE_MAX.num_minutes());

/// Months of activity that the tick makes room for ahead of time: a tick that does
/// not come for a quarter of a year loses no event.
pub const MONTHS_AHEAD: Months = Months::new(3);

/// Buckets of a distribution of scores, of 5 points each; the last one holds 100 too.
pub const BUCKETS: usize = 20;

/// A roll-up: a type of job that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RollUp {
    /// Activity by day, type and channel.
    AggregateHourly,
    /// What became of campaigns' messages, by day.
    GenerateDailyReports,
    /// Activity by month and type.
    MonthlyUsageSummary,
    /// Scores as they stood at a day's end.
    ScoreDistribution,
    /// Enrichment jobs by day.
    EnrichmentMetrics,
}

/// What a roll-up of one nominal time counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Days, or months, of which something was received then are counted; none for
    /// what is never late.
    pub received: Option<Received>,
    /// Days that are counted in any case, of all organizations: one, or a month.
    pub whole: Option<Range<NaiveDate>>,
}

/// Events by their receipt, and when these may have happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Received in this time.
    pub at: Range<DateTime<Utc>>,
    /// Happened in this time; what is counted in any case is not in it.
    pub happened: Range<DateTime<Utc>>,
}

impl RollUp {
    /// Every roll-up.
    pub const ALL: [Self; 5] = [
        Self::AggregateHourly,
        Self::GenerateDailyReports,
        Self::MonthlyUsageSummary,
        Self::ScoreDistribution,
        Self::EnrichmentMetrics,
    ];

    /// Its type of job.
    #[must_use]
    pub const fn job_type(self) -> JobType {
        match self {
            Self::AggregateHourly => JobType::AggregateHourly,
            Self::GenerateDailyReports => JobType::GenerateDailyReports,
            Self::MonthlyUsageSummary => JobType::MonthlyUsageSummary,
            Self::ScoreDistribution => JobType::ScoreDistribution,
            Self::EnrichmentMetrics => JobType::EnrichmentMetrics,
        }
    }

    /// Its name in messages and rows.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.job_type().name()
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|of| of.name() == name)
    }

    /// When its schedule names a time; none where no schedule starts it.
    #[must_use]
    pub fn cron(self) -> Option<Cron> {
        cron_of(self.job_type())
    }

    /// The first day of what it counts together: a month's, or the day itself.
    #[must_use]
    pub fn first_day(self, day: NaiveDate) -> NaiveDate {
        match self {
            Self::MonthlyUsageSummary => day.with_day(1).unwrap_or(day),
            _ => day,
        }
    }

    /// The hour, day or month that it is about at a nominal time, which is over by it.
    #[must_use]
    pub fn period(self, nominal: DateTime<Utc>) -> Range<DateTime<Utc>> {
        match self.window(nominal).whole {
            Some(days) => midnight(days.start)..midnight(days.end),
            None => nominal - TimeDelta::hours(1)..nominal,
        }
    }

    /// What it counts at a nominal time.
    #[must_use]
    pub fn window(self, nominal: DateTime<Utc>) -> Window {
        let today = nominal.date_naive();
        let month = today.with_day(1).unwrap_or(today);
        let (begun, whole) = match self {
            Self::AggregateHourly => (nominal - TimeDelta::hours(1), None),
            Self::MonthlyUsageSummary => {
                (nominal - Months::new(1), Some(month - Months::new(1)..month))
            }
            Self::GenerateDailyReports | Self::ScoreDistribution | Self::EnrichmentMetrics => {
                (nominal - Days::new(1), Some(today - Days::new(1)..today))
            }
        };
        let at = begun - LATE_COMMIT..nominal;
        let until = match &whole {
            Some(whole) => midnight(whole.start),
            None => nominal + HAPPENED_AFTER_MAX,
        };
        let happened = at.start - SEEN_KEPT..until;
        // The history has a row on the day of every score: none comes late.
        let received = (self != Self::ScoreDistribution).then_some(Received { at, happened });
        Window { received, whole }
    }
}

/// The beginning of a UTC day.
#[must_use]
pub const fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

#[cfg(test)]
mod tests;

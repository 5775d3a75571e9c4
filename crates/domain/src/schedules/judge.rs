//! The judgement of one schedule: what becomes of each of its nominal times.
//!
//! A schedule's row keeps how far it was judged. Whatever lies between there
//! and now is judged once, oldest first, and the mark moves on with it: a
//! missed time is never inferred from rows that are not there. A trigger that
//! fires twice, late or never changes when a time is judged, not whether.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use super::cron::Cron;
use super::registry::{Effective, SkipReason};

/// Most nominal times of one schedule that are judged at once, in one
/// transaction: more than eight hours of a schedule of every minute.
pub const JUDGED_MAX: usize = 500;

/// How long after its nominal time a run still counts as in time, and how far a
/// trigger may be ahead of the database's clock.
pub const TOLERANCE: TimeDelta = TimeDelta::seconds(60);

/// What became of one nominal time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Started within [`TOLERANCE`] of it.
    Ran,
    /// Started by its own trigger, after that.
    Late,
    /// Nobody fired it, and the policy does not run it.
    Missed,
    /// Nobody fired it, and the policy runs it now.
    Backfilled,
    /// Starts no run, for this reason.
    Skipped(SkipReason),
}

impl Outcome {
    /// Its name in rows and answers; never changes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ran => "ran",
            Self::Late => "late",
            Self::Missed => "missed",
            Self::Backfilled => "backfilled",
            Self::Skipped(_) => "skipped",
        }
    }

    /// Whether a run starts.
    #[must_use]
    pub const fn runs(self) -> bool {
        matches!(self, Self::Ran | Self::Late | Self::Backfilled)
    }
}

/// One nominal time and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// A whole minute that the expression matches.
    pub nominal_at: DateTime<Utc>,
    /// What became of it.
    pub outcome: Outcome,
    /// Counts every nominal time of the schedule, whatever became of it.
    pub ordinal: i64,
    /// Which of the schedule's groups it does: the ordinal modulo their number.
    pub group: u16,
}

/// What one look at a schedule decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Oldest first; at most as many as were asked for.
    pub occurrences: Vec<Occurrence>,
    /// How far the schedule is judged now; never before where it was.
    pub judged_until: DateTime<Utc>,
    /// Whether nominal times are left for another look.
    pub more: bool,
    /// The next one's ordinal; absent while none was ever judged.
    pub ordinal_next: Option<i64>,
}

/// Judges the nominal times after `judged_until`, at most `max` of them.
///
/// `now` is the database's clock, and a trigger's own time `fired` may be ahead
/// of it by [`TOLERANCE`], else it is not believed. It stands for the latest
/// nominal time that is not after it. A clock before `judged_until` ran
/// backwards: nothing is judged until it has caught up.
///
/// A paused schedule skips every time. Else one of the last [`TOLERANCE`] ran,
/// the fired one is late, and the rest is the missed policy's, which counts
/// from the newest nominal time of all, this look's or not.
#[must_use]
pub fn judge(
    effective: &Effective,
    judged_until: DateTime<Utc>,
    ordinal_next: Option<i64>,
    now: DateTime<Utc>,
    fired: Option<DateTime<Utc>>,
    max: usize,
) -> Judgement {
    let mut judgement =
        Judgement { occurrences: Vec::new(), judged_until, more: false, ordinal_next };
    if now < judged_until {
        return judgement;
    }
    let cron = &effective.cron;
    let fired =
        fired.and_then(|time| cron.previous(time)).filter(|nominal| *nominal - now <= TOLERANCE);
    let until = fired.map_or(now, |nominal| nominal.max(now));
    let mut nominals = due(cron, judged_until, until).peekable();
    let oldest_backfilled = match nominals.peek() {
        Some(oldest) if now - *oldest > TOLERANCE => {
            oldest_of_newest(cron, until, *oldest, effective.schedule.missed.newest())
        }
        _ => None,
    };
    for nominal_at in nominals.by_ref().take(max) {
        let outcome = if let Some(reason) = effective.skip {
            Outcome::Skipped(reason)
        } else if now - nominal_at <= TOLERANCE {
            Outcome::Ran
        } else if fired == Some(nominal_at) {
            Outcome::Late
        } else if oldest_backfilled.is_some_and(|oldest| nominal_at >= oldest) {
            Outcome::Backfilled
        } else {
            Outcome::Missed
        };
        let ordinal = judgement.ordinal_next.unwrap_or_else(|| first_ordinal(cron, nominal_at));
        let group = group(ordinal, effective.schedule.groups);
        judgement.occurrences.push(Occurrence { nominal_at, outcome, ordinal, group });
        judgement.ordinal_next = Some(ordinal.saturating_add(1));
        judgement.judged_until = nominal_at;
    }
    judgement.more = nominals.peek().is_some();
    if !judgement.more {
        judgement.judged_until = until;
    }
    judgement
}

/// The ordinal of a schedule's first occurrence: its place within its UTC day.
/// Two schedules of one expression thus do the same group at the same time,
/// whenever they were first seen that day.
#[must_use]
pub fn first_ordinal(cron: &Cron, nominal: DateTime<Utc>) -> i64 {
    let midnight = nominal.date_naive().and_time(NaiveTime::MIN).and_utc();
    let before_midnight = midnight.checked_sub_signed(TimeDelta::minutes(1));
    let of_the_day = before_midnight.into_iter().flat_map(|after| due(cron, after, nominal));
    // At most the 1,440 minutes of a day.
    (0..).zip(of_the_day).last().map_or(0, |(place, _)| place)
}

/// Nominal times after `after` up to and with `until`, oldest first.
fn due(
    cron: &Cron,
    after: DateTime<Utc>,
    until: DateTime<Utc>,
) -> impl Iterator<Item = DateTime<Utc>> {
    let within = move |time: &DateTime<Utc>| *time <= until;
    let first = cron.next_after(after).filter(within);
    std::iter::successors(first, move |time| cron.next_after(*time).filter(within))
}

/// The oldest of the `count` newest nominal times up to `until`; none for a
/// count of 0. Looks no further back than `oldest_due`: what is older is judged
/// already.
fn oldest_of_newest(
    cron: &Cron,
    until: DateTime<Utc>,
    oldest_due: DateTime<Utc>,
    count: u32,
) -> Option<DateTime<Utc>> {
    let older = |time: &DateTime<Utc>| {
        let before = time.checked_sub_signed(TimeDelta::minutes(1))?;
        cron.previous(before).filter(|older| *older >= oldest_due)
    };
    let newest_first = std::iter::successors(cron.previous(until), older);
    (0..count).zip(newest_first).last().map(|(_, nominal)| nominal)
}

/// `ordinal` modulo `groups`.
fn group(ordinal: i64, groups: u16) -> u16 {
    let rest = ordinal.rem_euclid(i64::from(groups.max(1)));
    // The rest is under `groups`, which is a u16.
    u16::try_from(rest).unwrap_or(0)
}

#[cfg(test)]
#[path = "tests_judge.rs"]
mod tests;

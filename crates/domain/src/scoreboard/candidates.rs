//! Which matches are asked about, when, and under which key: at most one question
//! about a match at a nominal time, whoever plans it and however often.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use uuid::Uuid;

use super::matches::{Match, Status};
use crate::ids::OrganizationId;

/// How long an answer is good for while a match may be played. Plans are made every 5
/// minutes; a minute less, so that a check that came late does not keep the next one
/// out.
pub const CHECKED_FOR: TimeDelta = TimeDelta::minutes(4);

/// From kickoff to the likely end: two halves of 45 minutes, 15 between them (Laws of
/// the Game, 7) and 10 of what is added.
pub const LIKELY_LENGTH: TimeDelta = TimeDelta::minutes(45 + 15 + 45 + 10);

/// A match without an end so long after its kickoff is not being played: a day is
/// eight times the longest that one takes.
pub const OVERDUE_AFTER: TimeDelta = TimeDelta::hours(24);

/// How often is asked about what is put off, broken off or overdue, for a day.
pub const OVERDUE_CHECKED_FOR: TimeDelta = TimeDelta::hours(1);

/// How often is asked about it after that day.
pub const STALLED_CHECKED_FOR: TimeDelta = TimeDelta::hours(24);

/// So long after its kickoff nobody asks any more about a match that has no end:
/// people are told of it instead.
pub const GIVEN_UP_AFTER: TimeDelta = TimeDelta::days(14);

/// How long after its end a match is asked about again: most corrections are made
/// within the hour, and hardly one after two days.
pub const CORRECTION_CHECKS: [TimeDelta; 5] = [
    TimeDelta::minutes(15),
    TimeDelta::hours(1),
    TimeDelta::hours(6),
    TimeDelta::hours(24),
    TimeDelta::hours(48),
];

/// Most matches of one plan; the next one, 5 minutes later, takes those that were
/// left. More than are ever played at once, and one transaction's worth of jobs.
pub const CANDIDATES_MAX: usize = 1_000;

/// A match that may be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Whose.
    pub organization_id: OrganizationId,
    /// Of which tournament.
    pub tournament_id: Uuid,
    /// Which match.
    pub match_id: Uuid,
    /// What is stored of it.
    pub stored: Match,
}

/// When a match is to be asked about next that was asked about, or was planned to be,
/// at `asked_at`; none where no schedule asks any more. A match that has ended is
/// final then. `correction` is the tournament's window after the end.
#[must_use]
pub fn next_check(
    of: &Match,
    correction: TimeDelta,
    asked_at: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let age = asked_at - of.kickoff;
    match of.status {
        Status::Scheduled | Status::Postponed | Status::Suspended | Status::Live
            if age < TimeDelta::zero() =>
        {
            Some(of.kickoff)
        }
        Status::Scheduled | Status::Live if age < OVERDUE_AFTER => Some(asked_at + CHECKED_FOR),
        Status::Scheduled | Status::Live => wait(age - OVERDUE_AFTER, age).map(|of| asked_at + of),
        Status::Postponed | Status::Suspended => wait(age, age).map(|of| asked_at + of),
        Status::Ended => {
            let ended_at = of.ended_at?;
            let checks = CORRECTION_CHECKS.into_iter().filter(|after| *after < correction);
            checks.chain([correction]).map(|after| ended_at + after).find(|at| *at > asked_at)
        }
        Status::Abandoned | Status::Cancelled => None,
    }
}

/// The wait for what nothing is known of for so long, of a match of that age.
fn wait(stalled: TimeDelta, age: TimeDelta) -> Option<TimeDelta> {
    let wait = if stalled < OVERDUE_AFTER { OVERDUE_CHECKED_FOR } else { STALLED_CHECKED_FOR };
    (age < GIVEN_UP_AFTER).then_some(wait)
}

/// Whether a schedule asks about a match at `now`.
#[must_use]
pub fn is_due(stored: &Match, now: DateTime<Utc>) -> bool {
    stored.next_check_at.is_some_and(|at| at <= now)
}

/// Whether nobody asks any more about a match that has no end: it is people's to find
/// out what became of it.
#[must_use]
pub fn is_given_up(stored: &Match) -> bool {
    stored.status.is_open() && stored.next_check_at.is_none()
}

/// A match once it is planned to be asked about: whether there comes an answer or
/// none, the next question has its time.
#[must_use]
pub fn planned(stored: &Match, correction: TimeDelta, now: DateTime<Utc>) -> Match {
    Match { next_check_at: next_check(stored, correction, now), ..*stored }
}

/// Those that are due, the ones nearest to their likely end first, at most
/// [`CANDIDATES_MAX`]. The order is total: two that plan at once plan the same.
#[must_use]
pub fn pick(mut candidates: Vec<Candidate>, now: DateTime<Utc>) -> Vec<Candidate> {
    candidates.retain(|candidate| is_due(&candidate.stored, now));
    candidates.sort_by_cached_key(|candidate| {
        let Candidate { organization_id, tournament_id, match_id, stored } = candidate;
        let from_end = (now - stored.kickoff - LIKELY_LENGTH).abs();
        (from_end, stored.kickoff, organization_id.clone(), *tournament_id, *match_id)
    });
    candidates.truncate(CANDIDATES_MAX);
    candidates
}

/// The idempotency key of the job that asks about a match at a nominal time.
#[must_use]
pub fn verify_key(tournament_id: Uuid, match_id: Uuid, nominal: DateTime<Utc>) -> String {
    let nominal = nominal.to_rfc3339_opts(SecondsFormat::Millis, true);
    format!("verify:{tournament_id}:{match_id}:{nominal}")
}

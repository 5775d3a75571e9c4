//! Which matches are asked about, and under which key: at most one question about a
//! match at a nominal time, whoever plans it and however often.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use uuid::Uuid;

use super::matches::Match;

/// How long an answer is good for. Plans are made every 5 minutes; a minute less, so
/// that a check that came late does not keep the next one out.
pub const CHECKED_FOR: TimeDelta = TimeDelta::minutes(4);

/// From kickoff to the likely end: two halves of 45 minutes, 15 between them (Laws of
/// the Game, 7) and 10 of what is added.
pub const LIKELY_LENGTH: TimeDelta = TimeDelta::minutes(45 + 15 + 45 + 10);

/// Most matches of one plan; the next one, 5 minutes later, takes those that were
/// left. More than are ever played at once, and one transaction's worth of jobs.
pub const CANDIDATES_MAX: usize = 1_000;

/// A match that may be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Of which tournament.
    pub tournament_id: Uuid,
    /// Which match.
    pub match_id: Uuid,
    /// What is stored of it.
    pub stored: Match,
}

/// Whether a match is asked about at `now`: it has kicked off, is not final, and was
/// not checked just now.
#[must_use]
pub fn is_due(stored: &Match, now: DateTime<Utc>) -> bool {
    let is_checked = stored.last_checked_at.is_some_and(|at| at > now - CHECKED_FOR);
    stored.kickoff <= now && !stored.status.is_final() && !is_checked
}

/// Those that are due, the ones nearest to their likely end first, at most
/// [`CANDIDATES_MAX`]. The order is total: two that plan at once plan the same.
#[must_use]
pub fn pick(mut candidates: Vec<Candidate>, now: DateTime<Utc>) -> Vec<Candidate> {
    candidates.retain(|candidate| is_due(&candidate.stored, now));
    candidates.sort_by_key(|candidate| {
        let kickoff = candidate.stored.kickoff;
        let from_end = (now - kickoff - LIKELY_LENGTH).abs();
        (from_end, kickoff, candidate.tournament_id, candidate.match_id)
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

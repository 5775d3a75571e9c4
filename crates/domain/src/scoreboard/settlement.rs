//! Settling the guesses about a match: whether it is done, and what it changes. The
//! latest version of the result is settled, whatever version a job was made for, and
//! each settlement changes what those before made of the match into its own: totals
//! end as if only the last had happened.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::matches::Match;
use super::result::{MatchResult, ResultHash};
use super::round::Round;
use super::rules::Rules;
use super::score::Score;
use super::totals::Totals;
use crate::gather::gathered;

/// Most guesses of one settlement, which is one transaction: at 5 to 15 µs each on two
/// shared cores 10 to 30 s of the 55 that a worker's transaction may last.
pub const GUESSES_MAX: u32 = 2_000_000;

/// The key under which a version of a match's result is settled at most once.
#[must_use]
pub fn settlement_key(match_id: Uuid, result_version: i32) -> String {
    format!("settlement:{match_id}:{result_version}")
}

/// The settlement of a match that counts: the latest one that was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// Its place in the tournament's ledger.
    pub seq: i64,
    /// The version that it settled.
    pub result_version: i32,
    /// The hash of the result that it settled.
    pub result_hash: ResultHash,
}

/// What is done with a settlement's job; the first of these that is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The match has no result: nothing can be settled, now or by trying again.
    NotEnded,
    /// The job or the ledger is of a later version than the match's row, or the ledger
    /// has this version with another result: the row is not the one that they were
    /// made for, as after a restore. Nothing is settled, and an operator looks.
    Ahead {
        /// The row's version.
        current: i32,
    },
    /// A newer result is there, and its own job with it.
    Superseded {
        /// The row's version.
        current: i32,
    },
    /// This result is what counts already.
    Skip {
        /// The result.
        result: MatchResult,
        /// The entry that settled it.
        applied: i64,
    },
    /// It is settled.
    Apply {
        /// The result.
        result: MatchResult,
        /// The entry whose effect it replaces; none for a match's first.
        replaces: Option<i64>,
    },
}

/// Decides on the job that was made for a version of a match's result, under the
/// locks of the tournament and the match.
#[must_use]
pub fn decide(stored: &Match, job_version: i32, applied: Option<Applied>) -> Decision {
    let current = stored.result_version;
    let Some(result) = stored.result else {
        return Decision::NotEnded;
    };
    let is_applied = applied.is_some_and(|applied| applied.result_hash == result.hash());
    let is_newer = |applied: Applied| {
        applied.result_version > current || (applied.result_version == current && !is_applied)
    };
    if job_version > current || applied.is_some_and(is_newer) {
        return Decision::Ahead { current };
    }
    if job_version < current {
        return Decision::Superseded { current };
    }
    match applied {
        Some(applied) if is_applied => Decision::Skip { result, applied: applied.seq },
        applied => Decision::Apply { result, replaces: applied.map(|applied| applied.seq) },
    }
}

/// What every score earns by a result; those that earn nothing are left out. A
/// settlement looks up what each guess earns, and so has computed a score's points
/// once, however many guessed it.
// In line, with what it asks of a score: ten thousand of them, in each settlement of the
// simulator, which is optimized where these rules are not.
#[inline]
#[must_use]
pub fn awards(rules: &Rules, round: &Round, result: MatchResult) -> BTreeMap<Score, Totals> {
    let award = rules.awards(rules.multiplier(round), result);
    let earned = Score::all().map(|guess| (guess, Totals::from(award(guess))));
    gathered(earned.filter(|(_, earned)| *earned != Totals::ZERO))
}

/// What a settlement adds to a member: what the guess earns now, nothing where it
/// comes too late, less all that settlements of the match have given before. So
/// whatever was given, by whatever result, kickoff or round, the sum is what is
/// earned now.
#[must_use]
pub fn change(earned: Option<Totals>, given: Totals) -> Totals {
    earned.unwrap_or_default() - given
}

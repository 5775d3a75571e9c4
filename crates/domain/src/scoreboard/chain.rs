//! The order of a scoreboard: a chain that leaves nobody's place open, and the one
//! number that stores most of it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::totals::{MATCHES_MAX, TOTAL_E4_MAX, Totals};
use crate::gather::{gathered, sort_by};
use crate::ids::MemberId;

/// Bits of a count in [`Chain::standing`].
const COUNT_BITS: u32 = 12;

// Points and two counts fit into the 63 bits of a positive number.
const _: () = assert!(MATCHES_MAX < 1 << COUNT_BITS);
const _: () = assert!(TOTAL_E4_MAX < 1 << (63 - 2 * COUNT_BITS));

/// What orders members with equal points, before the time at which they joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TieBreak {
    /// Who guessed more scores themselves.
    ExactHits,
    /// Who guessed more outcomes right.
    RightOutcomes,
}

/// A tournament's order: points, then these, then who joined earlier, then the
/// member's name, byte by byte. Two members are never equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<TieBreak>", into = "Vec<TieBreak>")]
pub struct Chain(Vec<TieBreak>);

/// A tie-break stands twice in a chain; the second one would never decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must name each tie-break at most once")]
pub struct ChainError;

impl Default for Chain {
    fn default() -> Self {
        Self(vec![TieBreak::ExactHits, TieBreak::RightOutcomes])
    }
}

impl TryFrom<Vec<TieBreak>> for Chain {
    type Error = ChainError;
    fn try_from(of: Vec<TieBreak>) -> Result<Self, ChainError> {
        let distinct: BTreeSet<&TieBreak> = gathered(&of);
        if distinct.len() == of.len() { Ok(Self(of)) } else { Err(ChainError) }
    }
}

impl From<Chain> for Vec<TieBreak> {
    fn from(chain: Chain) -> Self {
        chain.0
    }
}

/// What each of a member's numbers weighs in a standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weights {
    /// Of a ten-thousandth of a point.
    pub points_e4: i64,
    /// Of an exact hit.
    pub exact_hits: i64,
    /// Of a right outcome.
    pub right_outcomes: i64,
}

impl Weights {
    /// See [`Chain::standing`].
    #[must_use]
    pub fn standing(self, totals: Totals) -> i64 {
        let Totals { points, exact_hits, right_outcomes } = totals;
        points
            .e4()
            .saturating_mul(self.points_e4)
            .saturating_add(exact_hits.saturating_mul(self.exact_hits))
            .saturating_add(right_outcomes.saturating_mul(self.right_outcomes))
            .saturating_neg()
    }
}

/// A member of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrant {
    /// Who.
    pub member: MemberId,
    /// What the member has.
    pub totals: Totals,
    /// When the member joined the tournament.
    pub joined_at: DateTime<Utc>,
}

impl Chain {
    /// What the numbers weigh: a standing is minus their weighted sum, so that a
    /// change of totals changes it by the same weights.
    #[must_use]
    pub fn weights(&self) -> Weights {
        let of = |tie_break| match self.0.iter().position(|of| *of == tie_break) {
            Some(0) => 1 << COUNT_BITS,
            Some(_) => 1,
            None => 0,
        };
        Weights {
            points_e4: 1 << (2 * COUNT_BITS),
            exact_hits: of(TieBreak::ExactHits),
            right_outcomes: of(TieBreak::RightOutcomes),
        }
    }

    /// Points and tie-breaks as one number: the lower it is, the better. An index over
    /// it, the time of joining and the name has the board's order.
    #[must_use]
    pub fn standing(&self, totals: Totals) -> i64 {
        self.weights().standing(totals)
    }

    /// Sorts a board, the best first. It compares number by number, and so holds for
    /// totals beyond those that a standing holds.
    pub fn sort(&self, entrants: &mut [Entrant]) {
        let count = |totals: &Totals, tie_break: &TieBreak| match tie_break {
            TieBreak::ExactHits => totals.exact_hits,
            TieBreak::RightOutcomes => totals.right_outcomes,
        };
        sort_by(entrants, |a, b| {
            let by_counts = self.0.iter().map(|of| count(&b.totals, of).cmp(&count(&a.totals, of)));
            let by_points = b.totals.points.cmp(&a.totals.points);
            by_counts
                .fold(by_points, std::cmp::Ordering::then)
                .then_with(|| (a.joined_at, &a.member).cmp(&(b.joined_at, &b.member)))
        });
    }
}

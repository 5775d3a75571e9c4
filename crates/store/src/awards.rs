//! What scores earn by a result, for statements that look it up of many guesses: a table of
//! all scores, which names an award by its place, so that nothing is joined or sorted.

use std::collections::BTreeMap;

use mauntic_domain::scoreboard::score::SCORES;
use mauntic_domain::scoreboard::{Score, Totals};
use tokio_postgres::types::Type;

use crate::flight::Param;

/// The scores' awards, and these column by column.
pub(crate) struct Awards {
    /// Of each score, in their order, which award it earns; the first is 1, as the
    /// database counts.
    of_scores: Vec<i16>,
    points: Vec<i64>,
    exact_hits: Vec<i16>,
    right_outcomes: Vec<i16>,
}

// An award for itself of every score has a number yet.
const _: () = assert!(SCORES <= i16::MAX as usize);

impl Awards {
    /// Rules make at most four different ones of a result: nothing, a right outcome, a
    /// right difference, and the score itself.
    pub(crate) fn of(awards: &BTreeMap<Score, Totals>) -> Self {
        let mut different: Vec<Totals> = Vec::new();
        let mut nth = |score| {
            let earned = awards.get(&score).copied().unwrap_or_default();
            let known = different.iter().position(|award| *award == earned);
            let at = known.unwrap_or_else(|| {
                different.push(earned);
                different.len() - 1
            });
            i16::try_from(at + 1).unwrap_or(i16::MAX)
        };
        let of_scores = Score::all().map(&mut nth).collect();
        // A guess is right or exact at most once.
        let once = |of: fn(&Totals) -> i64| different.iter().map(move |all| i16::from(of(all) > 0));
        Self {
            of_scores,
            points: different.iter().map(|earned| earned.points.e4()).collect(),
            exact_hits: once(|earned| earned.exact_hits).collect(),
            right_outcomes: once(|earned| earned.right_outcomes).collect(),
        }
    }

    /// As parameters: the table of scores, points, exact hits and right outcomes.
    pub(crate) fn params(&self) -> [Param<'_>; 4] {
        [
            (&self.of_scores, Type::INT2_ARRAY),
            (&self.points, Type::INT8_ARRAY),
            (&self.exact_hits, Type::INT2_ARRAY),
            (&self.right_outcomes, Type::INT2_ARRAY),
        ]
    }
}

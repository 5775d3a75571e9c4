//! Why a member stands where it stands: what the order compares, one after the other,
//! and which of it decides between two members.

use super::chain::{Chain, Entrant, TieBreak};

/// Something that the order of a board compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// More points stand above fewer.
    Points,
    /// A count of guesses; more stand above fewer.
    Count(TieBreak),
    /// Who joined earlier stands above.
    JoinedAt,
    /// The name, byte by byte.
    Member,
}

impl Criterion {
    /// Name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Points => "points",
            Self::Count(TieBreak::ExactHits) => "exactHits",
            Self::Count(TieBreak::RightOutcomes) => "rightOutcomes",
            Self::JoinedAt => "joinedAt",
            Self::Member => "memberId",
        }
    }

    /// Whether two members are equal by it.
    fn is_level(self, a: &Entrant, b: &Entrant) -> bool {
        match self {
            Self::Points => a.totals.points == b.totals.points,
            Self::Count(TieBreak::ExactHits) => a.totals.exact_hits == b.totals.exact_hits,
            Self::Count(TieBreak::RightOutcomes) => {
                a.totals.right_outcomes == b.totals.right_outcomes
            }
            Self::JoinedAt => a.joined_at == b.joined_at,
            Self::Member => a.member == b.member,
        }
    }
}

/// All that an order compares, one after the other.
#[must_use]
pub fn criteria(chain: &Chain) -> Vec<Criterion> {
    let counts = Vec::from(chain.clone()).into_iter().map(Criterion::Count);
    let last = [Criterion::JoinedAt, Criterion::Member];
    std::iter::once(Criterion::Points).chain(counts).chain(last).collect()
}

/// What decides which of two members stands above: the first by which they are not
/// equal. Two members never have one name.
#[must_use]
pub fn decided_by(chain: &Chain, a: &Entrant, b: &Entrant) -> Criterion {
    let mut all = criteria(chain).into_iter();
    all.find(|criterion| !criterion.is_level(a, b)).unwrap_or(Criterion::Member)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::totals::Totals;
    use super::*;
    use crate::ids::MemberId;
    use crate::points::PointsE4;

    fn entrant(
        name: &str,
        points: i64,
        exact_hits: i64,
        right_outcomes: i64,
        joined: i64,
    ) -> Entrant {
        let totals = Totals { points: PointsE4::whole(points), exact_hits, right_outcomes };
        let joined_at = DateTime::from_timestamp(joined, 0).unwrap();
        Entrant { member: MemberId::parse(name).unwrap(), totals, joined_at }
    }

    #[test]
    fn the_first_that_is_not_level_decides() {
        let one = || entrant("a", 5, 1, 2, 7);
        let by_right = Chain::try_from(vec![TieBreak::RightOutcomes]).unwrap();
        for (other, chain, name) in [
            (entrant("b", 4, 2, 2, 1), Chain::default(), "points"),
            (entrant("b", 5, 2, 3, 1), Chain::default(), "exactHits"),
            (entrant("b", 5, 1, 3, 1), Chain::default(), "rightOutcomes"),
            (entrant("b", 5, 2, 3, 1), by_right, "rightOutcomes"),
            (entrant("b", 5, 1, 2, 8), Chain::default(), "joinedAt"),
            (entrant("b", 5, 1, 2, 7), Chain::default(), "memberId"),
        ] {
            let decided = decided_by(&chain, &one(), &other);
            assert_eq!(decided.name(), name, "{other:?}");
            // Whoever it names first stands above, as the order has it.
            let mut board = [one(), other.clone()];
            chain.sort(&mut board);
            assert_eq!(decided_by(&chain, &board[0], &board[1]), decided);
            assert!(criteria(&chain).contains(&decided));
        }
    }
}

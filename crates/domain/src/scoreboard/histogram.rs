//! How many members have how many points: what a settlement moves, and what ranks are
//! read from.

use std::collections::BTreeMap;

use super::ranks::Place;
use crate::points::PointsE4;

/// By how many members each number of points changes.
pub type Moves = BTreeMap<PointsE4, i64>;

/// A histogram has fewer members of some points than were to leave: it is not that of
/// the board, and is to be rebuilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the histogram has {found} members with {points} points, and {leaving} are to leave them")]
pub struct HistogramError {
    /// The points.
    pub points: PointsE4,
    /// Members with them.
    pub found: u64,
    /// Members that were to leave.
    pub leaving: u64,
}

/// Adds up members who go from one number of points to another; none to come from is
/// a member that joins. What stays as it was is left out.
#[must_use]
pub fn moves(changed: impl IntoIterator<Item = (Option<PointsE4>, PointsE4)>) -> Moves {
    let mut moves = Moves::new();
    for (from, to) in changed {
        if let Some(from) = from {
            *moves.entry(from).or_default() -= 1;
        }
        *moves.entry(to).or_default() += 1;
    }
    moves.retain(|_, change| *change != 0);
    moves
}

/// Members by their points; no number of points without members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram(BTreeMap<PointsE4, u64>);

impl Histogram {
    /// The histogram of a board.
    #[must_use]
    pub fn of(points: impl IntoIterator<Item = PointsE4>) -> Self {
        let mut members = BTreeMap::new();
        for points in points {
            *members.entry(points).or_default() += 1;
        }
        Self(members)
    }

    /// The histogram after some moves; they are made together, or none is.
    ///
    /// # Errors
    /// When more members leave some points than have them.
    pub fn moved(&self, moves: &Moves) -> Result<Self, HistogramError> {
        let mut members = self.0.clone();
        for (points, change) in moves {
            let found = members.get(points).copied().unwrap_or(0);
            let short =
                || HistogramError { points: *points, found, leaving: change.unsigned_abs() };
            members.insert(*points, found.checked_add_signed(*change).ok_or_else(short)?);
        }
        members.retain(|_, members| *members > 0);
        Ok(Self(members))
    }

    /// Numbers of points with their members, the fewest points first.
    pub fn buckets(&self) -> impl DoubleEndedIterator<Item = (PointsE4, u64)> {
        self.0.iter().map(|(points, members)| (*points, *members))
    }

    /// Members of the board.
    #[must_use]
    pub fn members(&self) -> u64 {
        self.0.values().sum()
    }

    /// Where the members with some points stand; none where nobody has them.
    #[must_use]
    pub fn place(&self, points: PointsE4) -> Option<Place> {
        let tied = self.0.get(&points).copied()?;
        let higher = self.0.range(points..).skip(1);
        let (above, above_distinct) =
            higher.fold((0, 0), |(above, distinct), (_, members)| (above + members, distinct + 1));
        Some(Place { members: self.members(), above, above_distinct, tied })
    }
}

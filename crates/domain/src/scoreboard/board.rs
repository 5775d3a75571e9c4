//! Boards that are read whole, and parts of them.

use super::chain::{Chain, Entrant};
use super::ranks::{Before, Kind, Place, Rank};

/// Most members of a league that is ranked when it is read; larger ones keep a board.
pub const LEAGUE_READ_MAX: usize = 5_000;

/// Most members of all leagues of a tournament that keep a board: a settlement changes
/// each at 5 to 10 µs, 10 s beside the 30 s of its most guesses, of the 50 that a statement
/// may last.
pub const LEAGUE_BOARDS_MAX: usize = 1_000_000;

/// Most settlements of the rounds of a window: of 5,000 members 1,000,000 entries of points,
/// which are read at 2 to 5 µs each, so in 2 to 5 s.
pub const WINDOW_SETTLEMENTS_MAX: usize = 200;

/// Most neighbours that are shown on each side of a member.
pub const AROUND_MAX: usize = 50;

/// Ranks a board, the best first.
#[must_use]
pub fn rank(chain: &Chain, kind: Kind, mut entrants: Vec<Entrant>) -> Vec<(Entrant, Rank)> {
    let number = |of: usize| u64::try_from(of).unwrap_or(u64::MAX);
    chain.sort(&mut entrants);
    let members = number(entrants.len());
    let mut ranks = Vec::with_capacity(entrants.len());
    let mut place: Option<Place> = None;
    for tied in entrants.chunk_by(|a, b| a.totals.points == b.totals.points) {
        let count = number(tied.len());
        let at = place.map_or(Place::first(members, count), |before| before.next(count));
        ranks.extend((0..count).map(|before| at.rank(kind, Before::Exactly(before))));
        place = Some(at);
    }
    entrants.into_iter().zip(ranks).collect()
}

/// The part of a board around one of its members, who is in it: at most so many above
/// and below, and at most [`AROUND_MAX`] of each. At an end of the board it is
/// shorter; nothing where nobody stands.
#[must_use]
pub fn around<T>(board: &[T], at: usize, above: usize, below: usize) -> &[T] {
    let [above, below] = [above, below].map(|of| of.min(AROUND_MAX));
    if at >= board.len() {
        return &[];
    }
    let end = (at + below + 1).min(board.len());
    board.get(at.saturating_sub(above)..end).unwrap_or_default()
}

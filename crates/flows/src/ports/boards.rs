//! What is shown of boards. Ranks are not stored: a board's order and the histogram of
//! its points, of one snapshot, tell them for every kind at once.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{MemberId, OrganizationId};
use mauntic_domain::scoreboard::ranks::{Before, Kind, Place, Rank};
use mauntic_domain::scoreboard::{Chain, Entrant, Round};
use uuid::Uuid;

use super::PortError;

/// Which board: a tournament's, or that of one of its leagues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoardKey {
    /// The tournament.
    pub tournament: Uuid,
    /// The league.
    pub league: Option<Uuid>,
}

impl BoardKey {
    /// Under which id its lines are kept.
    #[must_use]
    pub fn id(self) -> Uuid {
        self.league.unwrap_or(self.tournament)
    }
}

/// A member's place in a board's order; a page begins after one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BoardPlace {
    /// Points and tie-breaks as one number.
    pub standing: i64,
    /// When the member joined.
    pub joined_at: DateTime<Utc>,
    /// Who.
    pub member: MemberId,
}

/// A line of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardLine {
    /// The member.
    pub entrant: Entrant,
    /// See [`BoardPlace::standing`].
    pub standing: i64,
    /// Where members with these points stand.
    pub place: Place,
}

impl BoardLine {
    /// Its place in the order.
    #[must_use]
    pub fn at(&self) -> BoardPlace {
        let Entrant { member, joined_at, .. } = &self.entrant;
        BoardPlace { standing: self.standing, joined_at: *joined_at, member: member.clone() }
    }
}

/// Consecutive lines of a board.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoardSlice {
    /// The lines, the best first.
    pub lines: Vec<BoardLine>,
    /// How many with as many points as the first line's member stand before it, counted
    /// up to [`TIED_COUNTED_MAX`]; 0 where nobody asked.
    ///
    /// [`TIED_COUNTED_MAX`]: mauntic_domain::scoreboard::ranks::TIED_COUNTED_MAX
    pub tied_before: u64,
}

impl BoardSlice {
    /// The lines with their ranks of a kind; of the ordinal one where it was asked for.
    pub fn ranked(&self, kind: Kind) -> impl Iterator<Item = (&BoardLine, Rank)> {
        let mut before = Before::counted(self.tied_before);
        let mut points = self.lines.first().map(|line| line.entrant.totals.points);
        self.lines.iter().map(move |line| {
            let own = Some(line.entrant.totals.points);
            if own != points {
                (points, before) = (own, Before::Exactly(0));
            }
            let rank = line.place.rank(kind, before);
            before = before.next();
            (line, rank)
        })
    }
}

/// A tournament's board, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    /// How tied members are ranked where a query does not say.
    pub ranking: Kind,
    /// Raised by every settlement that is applied, everybody who joins, and every rebuild
    /// that changed something: the same revision shows the same board.
    pub revision: i64,
    /// Matches that have ended and whose newest result does not count yet.
    pub unsettled: i64,
    /// The part that was asked for; empty where nobody stands there.
    pub slice: BoardSlice,
}

/// What is read of a board, to be ranked as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeagueBoard {
    /// There is no such board.
    Unknown,
    /// It has more members than are ranked when they are read, or a window more
    /// settlements.
    TooLarge,
    /// The league has been so large that it keeps a board, which is read in parts.
    Kept,
    /// Its members, in no order.
    Members {
        /// The tournament's order.
        chain: Chain,
        /// How tied members are ranked where a query does not say.
        ranking: Kind,
        /// See [`Board::revision`].
        revision: i64,
        /// See [`Board::unsettled`].
        unsettled: i64,
        /// Its members.
        entrants: Vec<Entrant>,
    },
}

/// Boards of one organization, under row-level security.
#[trait_variant::make(Send)]
pub trait BoardStore: Sync {
    /// At most `limit` lines of a board behind a place, or from the best on; none where
    /// there is no such tournament, or the league keeps no board. Only for the ordinal
    /// `kind` those are counted who are tied with the first line and stand before it.
    async fn board_page(
        &self,
        organization: &OrganizationId,
        board: BoardKey,
        kind: Kind,
        after: Option<&BoardPlace>,
        limit: i64,
    ) -> Result<Option<Board>, PortError>;
    /// The line of a member with at most so many above and below it; empty where the
    /// member is not on the board.
    async fn board_around(
        &self,
        organization: &OrganizationId,
        board: BoardKey,
        kind: Kind,
        member: &MemberId,
        above: i64,
        below: i64,
    ) -> Result<Option<Board>, PortError>;
    /// A league's members with what they have, if they are at most `most` and it keeps no
    /// board.
    async fn league_board(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        league: Uuid,
        most: i64,
    ) -> Result<LeagueBoard, PortError>;
    /// The members of a board with what they have of these rounds alone, if they are at
    /// most `most` and these have at most [`WINDOW_SETTLEMENTS_MAX`] settlements.
    ///
    /// [`WINDOW_SETTLEMENTS_MAX`]: mauntic_domain::scoreboard::board::WINDOW_SETTLEMENTS_MAX
    async fn board_window(
        &self,
        organization: &OrganizationId,
        board: BoardKey,
        rounds: &[Round],
        most: i64,
    ) -> Result<LeagueBoard, PortError>;
}

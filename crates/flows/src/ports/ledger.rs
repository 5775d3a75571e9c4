//! What the verification of a tournament's ledger reads: a part at a time, so that no
//! statement is long. It writes nothing.

use std::collections::BTreeMap;

use mauntic_domain::audit::{Link, Walk};
use mauntic_domain::ids::MemberId;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::chain::Weights;
use mauntic_domain::scoreboard::proof::{MemberTotals, SettledRow};
use mauntic_domain::scoreboard::{Match, Round, Rules, Score, Totals};
use uuid::Uuid;

use super::{Closed, MatchPlace, PortError, TournamentRef};

/// Consecutive entries of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerPage {
    /// The entries as they were written.
    pub links: Vec<Link>,
    /// The ledger's end, of the same moment.
    pub head: Walk,
    /// What the numbers of a board's line weigh in its standing.
    pub weights: Weights,
}

/// A match with its settlements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledMatch {
    /// Which match.
    pub match_id: Uuid,
    /// Its round.
    pub round: Round,
    /// The rules of its tournament.
    pub rules: Rules,
    /// What is stored of it.
    pub stored: Match,
    /// The version that it says is settled.
    pub settled_version: i32,
    /// Its settlements, in the order of their seqs.
    pub rows: Vec<SettledRow>,
}

/// Which match is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The first behind this one, or of all.
    After(Option<Uuid>),
    /// This one.
    Exactly(Uuid),
}

/// What of a match is compared: what its members were given up to an entry of the
/// ledger, with what their guesses earn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointsCheck {
    /// Which match.
    pub place: MatchPlace,
    /// Its newest entry that counts.
    pub applied: i64,
    /// What every score earns; nothing where it is absent.
    pub awards: BTreeMap<Score, Totals>,
    /// Members behind this one.
    pub after: Option<MemberId>,
    /// Of at most so many who guessed, and of those between them.
    pub members: i64,
}

/// What came of comparing a part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// The first who differ, in the order of their names.
    pub differences: Vec<MemberTotals>,
    /// How many differ.
    pub found: i64,
    /// How many were compared.
    pub looked: i64,
    /// How many have points by a guess that was stored last after the kickoff: what
    /// counted is not there any more, so that nothing can be said.
    pub unproven: i64,
    /// The last who was compared; none where that was all.
    pub next: Option<MemberId>,
}

/// Something of a ledger that belongs to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stray {
    /// An entry about a match that is not there.
    Entry(i64),
    /// Entries of points, so many, of no entry of the ledger, or of one that failed to
    /// count.
    Points(i64, i64),
}

/// Members with some points, or of the whole board: as they are counted, and on the board.
pub type Bucket = (Option<PointsE4>, i64, i64);

/// What the verification of a ledger reads.
#[trait_variant::make(Send)]
pub trait LedgerStore: Sync {
    /// At most `limit` entries behind a seq; none where there is no such tournament.
    async fn ledger_page(
        &self,
        of: &TournamentRef,
        after: i64,
        limit: i64,
    ) -> Result<Option<LedgerPage>, PortError>;
    /// At most `limit` things that belong to nothing.
    async fn strays(&self, of: &TournamentRef, limit: i64) -> Result<Vec<Stray>, PortError>;
    /// A match with its settlements.
    async fn settled_match(
        &self,
        of: &TournamentRef,
        which: Which,
    ) -> Result<Option<SettledMatch>, PortError>;
    /// Compares what members were given for a match with what their guesses earn.
    async fn compare_points(&self, check: &PointsCheck, limit: i64) -> Result<Compared, PortError>;
    /// Compares lines of a tournament's board with what entries of points add up to,
    /// of at most so many members behind one.
    async fn compare_board(
        &self,
        of: &TournamentRef,
        weights: Weights,
        after: Option<&MemberId>,
        members: i64,
        limit: i64,
    ) -> Result<Compared, PortError>;
    /// The first league behind one that keeps a board.
    async fn next_league(
        &self,
        of: &TournamentRef,
        after: Option<Uuid>,
    ) -> Result<Option<Uuid>, PortError>;
    /// Compares lines of the board that a league keeps with those of the tournament's.
    async fn compare_league(
        &self,
        of: &TournamentRef,
        league: Uuid,
        after: Option<&MemberId>,
        members: i64,
        limit: i64,
    ) -> Result<Compared, PortError>;
    /// Numbers of points that the histogram of a board, the tournament's or a league's, has
    /// with other members than the board has, at most `limit`.
    async fn compare_histogram(
        &self,
        of: &TournamentRef,
        board: Uuid,
        limit: i64,
    ) -> Result<Vec<Bucket>, PortError>;
    /// How a tournament was closed, and the digest of its board as it is now; none where
    /// it is open, or not there.
    async fn closed(&self, of: &TournamentRef) -> Result<Option<(Closed, String)>, PortError>;
}

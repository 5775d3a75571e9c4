//! What keeps boards right: what rebuilds and checks write, which tournaments there are,
//! and how a season ends.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::scoreboard::Difference;
use mauntic_domain::scoreboard::chain::Weights;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{PortError, TournamentRef};

/// A rebuild: the store locks the tournament's row if nobody holds it, makes the lines
/// of its boards of the members and the entries of points that count, and counts the
/// histograms anew. Only rows that are others are written; whoever reads meanwhile sees
/// all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuildWrite {
    /// Which tournament.
    pub place: TournamentRef,
    /// What the numbers of a line weigh in its standing.
    pub weights: Weights,
}

/// What a check of a tournament's boards has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftWrite {
    /// Which tournament.
    pub place: TournamentRef,
    /// The ledger's end when the check began.
    pub ledger_seq: i64,
    /// How many differences.
    pub differences: i64,
    /// The first of them.
    pub first: Vec<Difference>,
}

/// What the newest check of a tournament has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftRow {
    /// Which tournament, and what was found.
    pub found: DriftWrite,
    /// Its name, for people.
    pub name: String,
    /// When it was checked.
    pub checked_at: DateTime<Utc>,
}

/// How a tournament was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Closed {
    /// When.
    pub closed_at: DateTime<Utc>,
    /// SHA-256 over the final lines, in hexadecimal.
    pub digest: String,
    /// The ledger's end.
    pub ledger_seq: i64,
}

/// What came of closing a tournament.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closing {
    /// It is closed, now or before.
    Closed(Closed),
    /// There is no such tournament.
    Unknown,
    /// Matches have results that are to be settled yet: the first of them.
    Pending(Vec<Uuid>),
}

/// What keeps boards right.
#[trait_variant::make(Send)]
pub trait UpkeepStore: Sync {
    /// At most `limit` tournaments behind one that are not closed, of an organization or
    /// of all.
    async fn open_tournaments(
        &self,
        organization: Option<&OrganizationId>,
        after: Option<&TournamentRef>,
        limit: i64,
    ) -> Result<Vec<TournamentRef>, PortError>;
    /// The newest check of each tournament behind one, or of those with differences
    /// alone.
    async fn drifts(
        &self,
        after: Option<&TournamentRef>,
        only_different: bool,
        limit: i64,
    ) -> Result<Vec<DriftRow>, PortError>;
    /// Closes a tournament, or says how it was: under its row's lock, in one
    /// transaction, of an operator's session.
    async fn close_tournament(&self, of: &TournamentRef) -> Result<Closing, PortError>;
}

//! What explains a rank.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{MemberId, OrganizationId};
use mauntic_domain::scoreboard::ranks::Kind;
use mauntic_domain::scoreboard::{Chain, MatchResult, Round, Totals};
use uuid::Uuid;

use super::{BoardSlice, PortError};

/// An entry of points of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointLine {
    /// The settlement, by its place in the ledger.
    pub seq: i64,
    /// When it was.
    pub at: DateTime<Utc>,
    /// Of which match.
    pub match_id: Uuid,
    /// The match's round.
    pub round: Round,
    /// What its provider calls it.
    pub external_id: String,
    /// The result that was settled.
    pub result: MatchResult,
    /// Its version.
    pub result_version: i32,
    /// The settlement of the match that it corrects; none of a match's first.
    pub corrects: Option<i64>,
    /// What it gave, or took.
    pub change: Totals,
}

/// A member's line with its neighbours, and what its points are made of; of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// How tied members are ranked where a query does not say.
    pub ranking: Kind,
    /// The order of members.
    pub chain: Chain,
    /// The line with the one above and the one below, where there are some.
    pub slice: BoardSlice,
    /// How many entries of points there are.
    pub entries: i64,
    /// What they add up to.
    pub sum: Totals,
    /// The entries behind a seq, in their order.
    pub lines: Vec<PointLine>,
}

/// What explains a rank, of one organization, under row-level security.
#[trait_variant::make(Send)]
pub trait ExplainStore: Sync {
    /// Explains a member's rank, with at most `limit` entries behind a seq. The outer
    /// `None` is an unknown tournament, the inner one somebody who is not on its board.
    async fn explain(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        member: &MemberId,
        after: i64,
        limit: i64,
    ) -> Result<Option<Option<Explained>>, PortError>;
}

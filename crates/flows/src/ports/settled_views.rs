//! What operators see of settlements.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::scoreboard::{Entry, EntryStatus, ResultHash};
use uuid::Uuid;

use super::PortError;

/// Which settlements; none of something is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettlementFilter {
    /// Of this organization.
    pub organization_id: Option<String>,
    /// Of this tournament.
    pub tournament_id: Option<Uuid>,
    /// Of this match.
    pub match_id: Option<Uuid>,
    /// With this status.
    pub status: Option<EntryStatus>,
}

/// An entry's place; sorts as the primary key does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SettlementPlace {
    /// Whose.
    pub organization_id: OrganizationId,
    /// Of which tournament.
    pub tournament_id: Uuid,
    /// Its place in the tournament's ledger.
    pub seq: i64,
}

/// An entry of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlementView {
    /// Its place.
    pub place: SettlementPlace,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// Of the entry and of the hash before it.
    pub hash: ResultHash,
    /// None for one that cannot be read, which the ledger's verification tells of.
    pub entry: Option<Entry>,
    /// The result in canonical form.
    pub result: String,
    /// The job that settled.
    pub job_id: Uuid,
    /// Its attempt.
    pub attempt: i32,
    /// Why it was rolled back; none where it was not.
    pub detail: Option<String>,
}

/// What operators see of settlements.
#[trait_variant::make(Send)]
pub trait SettledStore: Sync {
    /// At most `limit` entries of ledgers before one, the last first: by organization, by
    /// tournament, by their places.
    async fn settlements(
        &self,
        filter: &SettlementFilter,
        before: Option<&SettlementPlace>,
        limit: i64,
    ) -> Result<Vec<SettlementView>, PortError>;
}

//! What operators see of verifications and settlements.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::scoreboard::{Entry, EntryStatus, Outcome, ResultHash};
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

/// Which verifications; none of something is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerificationFilter {
    /// Of this organization.
    pub organization_id: Option<String>,
    /// Of this match.
    pub match_id: Option<Uuid>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
}

/// A verification's place, by its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct VerificationPlace {
    /// The database's time before the provider was asked.
    pub fetched_at: DateTime<Utc>,
    /// The job that asked.
    pub job_id: Uuid,
    /// Its attempt.
    pub attempt: i32,
}

/// What came of asking about a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationView {
    /// Its place.
    pub place: VerificationPlace,
    /// Whose match.
    pub organization_id: String,
    /// Which match.
    pub match_id: Uuid,
    /// Name of the outcome.
    pub outcome: String,
    /// Why, by its name.
    pub reason: String,
    /// The version of the match's result afterwards.
    pub result_version: i32,
}

/// What operators see of verifications and settlements.
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

    /// At most `limit` verifications before one, the last first.
    async fn verifications(
        &self,
        filter: &VerificationFilter,
        before: Option<&VerificationPlace>,
        limit: i64,
    ) -> Result<Vec<VerificationView>, PortError>;
}

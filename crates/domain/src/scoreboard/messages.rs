//! The data of the scoreboard's jobs.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::OrganizationId;

/// Data of `scoreboard.schedule-verification`: none, for every organization at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleVerification {}

/// Data of `scoreboard.verify-match`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyMatch {
    /// Whose tournament.
    pub organization_id: OrganizationId,
    /// Which tournament.
    pub tournament_id: Uuid,
    /// Which match.
    pub match_id: Uuid,
}

/// Data of `scoreboard.settle-match-score`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettleMatchScore {
    /// Whose tournament.
    pub organization_id: OrganizationId,
    /// Which tournament.
    pub tournament_id: Uuid,
    /// Which match.
    pub match_id: Uuid,
    /// The version of its result that the job was made for. The current one is
    /// settled; an older job ends superseded.
    pub result_version: i32,
}

/// Data of `scoreboard.rebuild`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rebuild {
    /// Whose tournament.
    pub organization_id: OrganizationId,
    /// Which tournament.
    pub tournament_id: Uuid,
}

/// Data of `scoreboard.check-knockout`: none, for every organization at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckKnockout {}

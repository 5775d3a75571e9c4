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

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;

    fn holds<T: DeserializeOwned + Serialize>(data: &Value) {
        let read: T = serde_json::from_value(data.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), *data);
    }

    /// What is sent is read by the builds after this one: a change orphans it.
    #[test]
    fn data_has_this_form() {
        let id = "01930000-0000-7000-8000-000000000001";
        holds::<ScheduleVerification>(&json!({}));
        holds::<CheckKnockout>(&json!({}));
        holds::<Rebuild>(&json!({"organizationId": "org_123", "tournamentId": id}));
        let verify = json!({"organizationId": "org_123", "tournamentId": id, "matchId": id});
        holds::<VerifyMatch>(&verify);
        let mut settle = verify;
        settle["resultVersion"] = json!(2);
        holds::<SettleMatchScore>(&settle);
        settle["matchId"] = json!("2022-64");
        assert!(serde_json::from_value::<SettleMatchScore>(settle).is_err());
    }
}

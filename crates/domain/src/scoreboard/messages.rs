//! The data of the scoreboard's jobs.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::proof::{Difference, Part};
use crate::ids::OrganizationId;
use crate::object::optional_object;

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
    /// When the match is to be asked about next, as the plan wrote it that the job is of.
    /// Where the match has another time by then, a newer plan or answer took its place.
    /// Absent where nothing comes after it: it asks in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_check_at: Option<DateTime<Utc>>,
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

/// Data of `scoreboard.check-drift`. Without a tournament one job is planned for each that
/// is not closed, of an organization or of all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CheckDrift {
    /// Whose tournaments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// Which tournament; with its organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tournament_id: Option<Uuid>,
    /// Of all tournaments those behind this one.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_object")]
    pub after: Option<TournamentRef>,
    /// How far a tournament was looked at before.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_object")]
    pub progress: Option<Progress>,
}

impl CheckDrift {
    /// # Errors
    /// The path of what is wrong with it, and why.
    pub fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if self.tournament_id.is_some() && self.organization_id.is_none() {
            return Err(("organizationId", "is needed with a tournament"));
        }
        Ok(())
    }
}

/// A tournament; sorts as the primary key does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TournamentRef {
    /// Whose.
    pub organization_id: OrganizationId,
    /// Which.
    pub tournament_id: Uuid,
}

/// How far a tournament was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Progress {
    /// What comes next; the first part where it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// The ledger's end when the look began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger_seq: Option<i64>,
    /// Differences that were found so far.
    pub found: i64,
    /// The first of them.
    pub first: Vec<Difference>,
}

/// Data of `scoreboard.check-knockout`: of one tournament, or none for all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckKnockout {
    /// Whose tournament.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// Which tournament.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tournament_id: Option<Uuid>,
    /// Of all of them only those after this one; absent means from the first.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "optional_object"
    )]
    pub after: Option<TournamentRef>,
}

impl CheckKnockout {
    /// Of one tournament.
    #[must_use]
    pub fn of(place: TournamentRef) -> Self {
        let TournamentRef { organization_id, tournament_id } = place;
        let (organization_id, tournament_id) = (Some(organization_id), Some(tournament_id));
        Self { organization_id, tournament_id, after: None }
    }

    /// The tournament that it is of, if it is of one.
    #[must_use]
    pub fn tournament(&self) -> Option<TournamentRef> {
        let (organization_id, tournament_id) =
            self.organization_id.clone().zip(self.tournament_id)?;
        Some(TournamentRef { organization_id, tournament_id })
    }

    /// What the shape alone does not say.
    pub(crate) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        match (&self.organization_id, self.tournament_id, &self.after) {
            (None, None, _) | (Some(_), Some(_), None) => Ok(()),
            (Some(_), None, _) => Err(("tournamentId", "is needed with organizationId")),
            (None, Some(_), _) => Err(("organizationId", "is needed with tournamentId")),
            (Some(_), Some(_), Some(_)) => Err(("after", "is not said of one tournament")),
        }
    }
}

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
        holds::<CheckDrift>(&json!({}));
        holds::<CheckDrift>(&json!({"organizationId": "org_123"}));
        holds::<CheckDrift>(&json!({"after": {"organizationId": "org_123", "tournamentId": id}}));
        let progress = json!({"part": "board/ada", "ledgerSeq": 7, "found": 1, "first": [
            {"kind": "board_entry", "memberId": "ada", "stored": "a", "expected": "b"},
        ]});
        let check = json!({"organizationId": "org_123", "tournamentId": id, "progress": progress});
        holds::<CheckDrift>(&check);
        holds::<Rebuild>(&json!({"organizationId": "org_123", "tournamentId": id}));
        let of_match = json!({"organizationId": "org_123", "tournamentId": id, "matchId": id});
        holds::<VerifyMatch>(&of_match);
        let mut planned = of_match.clone();
        planned["nextCheckAt"] = json!("2026-06-11T21:04:00.123456Z");
        holds::<VerifyMatch>(&planned);
        let place = json!({"organizationId": "org_123", "tournamentId": id});
        holds::<CheckKnockout>(&place);
        holds::<CheckKnockout>(&json!({ "after": place }));
        let mut settle = of_match;
        settle["resultVersion"] = json!(2);
        holds::<SettleMatchScore>(&settle);
        for (data, place) in [
            (json!({"organizationId": "org_123"}), "tournamentId"),
            (json!({"tournamentId": id}), "organizationId"),
            (json!({"organizationId": "o", "tournamentId": id, "after": place}), "after"),
        ] {
            let read: CheckKnockout = serde_json::from_value(data).unwrap();
            assert_eq!(read.check().unwrap_err().0, place);
        }
        settle["matchId"] = json!("2022-64");
        assert!(serde_json::from_value::<SettleMatchScore>(settle).is_err());
    }
}

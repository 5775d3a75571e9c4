//! A user's newest scores as an object that is read fast.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{OrganizationId, PortfolioUserId};

/// Where a user's snapshot is kept. Users' ids are their organization's own, so that two
/// organizations may have the same; no id holds a slash.
#[must_use]
pub fn snapshot_place(organization: &OrganizationId, user: &PortfolioUserId) -> String {
    format!("portfolio/{organization}/{user}/latest.json")
}

/// Which night's scores a snapshot shows; sorts as nights follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NightOrder {
    /// When it began.
    pub night_at: DateTime<Utc>,
    /// Its run: of two that began at once, the one with the greater id counts.
    pub run_id: Uuid,
}

impl NightOrder {
    /// The night of a stored snapshot; none where it tells none, and is as good as none.
    #[must_use]
    pub fn of_snapshot(body: &str) -> Option<Self> {
        serde_json::from_str(body).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nights_follow_each_other_by_their_beginning_and_then_by_their_ids() {
        let night = |hour: i64, id: u128| NightOrder {
            night_at: DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(hour),
            run_id: Uuid::from_u128(id),
        };
        let nights = [night(1, 9), night(2, 1), night(2, 3), night(3, 0)];
        assert!(nights.is_sorted());
        for one in nights {
            let text = serde_json::to_string(&one).unwrap();
            assert_eq!(NightOrder::of_snapshot(&text), Some(one));
        }
        for wrong in ["", "null", "{}", r#"{"nightAt": "yesterday"}"#, "[]"] {
            assert_eq!(NightOrder::of_snapshot(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_place_is_one_users_alone() {
        let organization = OrganizationId::parse("org_a").unwrap();
        let user = PortfolioUserId::parse("u:1").unwrap();
        assert_eq!(snapshot_place(&organization, &user), "portfolio/org_a/u:1/latest.json");
    }
}

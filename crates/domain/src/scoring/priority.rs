//! How urgent a signal is. Source: the product's table of priorities and of the
//! time in which a person should act on each.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Urgency of a signal, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Act within an hour.
    Critical,
    /// Within four hours.
    High,
    /// Within a day.
    Medium,
    /// Within three days.
    Low,
}

/// The types that are more than low.
const TABLE: [(Priority, &[&str]); 3] = [
    (Priority::Critical, &["DEMO_REQUEST", "PRICING_PAGE", "MEETING_SCHEDULED"]),
    (
        Priority::High,
        &[
            "FUNDING_ROUND",
            "G2_RESEARCH",
            "JOB_CHANGE",
            "COMPETITOR_COMPARISON",
            "FREE_TRIAL",
            "CONTACT_REQUEST",
        ],
    ),
    (
        Priority::Medium,
        &[
            "CONTENT_DOWNLOAD",
            "WEBINAR_ATTENDED",
            "CASE_STUDY_VIEW",
            "FORM_SUBMISSION",
            "EMAIL_CLICK",
        ],
    ),
];

impl Priority {
    /// Every priority.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The priority of a type of signal, unless an organization says otherwise.
    #[must_use]
    pub fn of(signal_type: &str) -> Self {
        let row = TABLE.into_iter().find(|(_, types)| types.contains(&signal_type));
        row.map_or(Self::Low, |(priority, _)| priority)
    }

    /// The name in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }

    /// The priority of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.as_str() == name)
    }

    /// The time in which a person should act.
    #[must_use]
    pub const fn sla(self) -> TimeDelta {
        match self {
            Self::Critical => TimeDelta::hours(1),
            Self::High => TimeDelta::hours(4),
            Self::Medium => TimeDelta::hours(24),
            Self::Low => TimeDelta::hours(72),
        }
    }

    /// Whether such a signal opens an alert.
    #[must_use]
    pub const fn opens_alert(self) -> bool {
        matches!(self, Self::Critical | Self::High)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table() {
        #[rustfmt::skip]
        let rows = [
            ("DEMO_REQUEST",          "critical", 1,  true),
            ("PRICING_PAGE",          "critical", 1,  true),
            ("MEETING_SCHEDULED",     "critical", 1,  true),
            ("FUNDING_ROUND",         "high",     4,  true),
            ("G2_RESEARCH",           "high",     4,  true),
            ("JOB_CHANGE",            "high",     4,  true),
            ("COMPETITOR_COMPARISON", "high",     4,  true),
            ("FREE_TRIAL",            "high",     4,  true),
            ("CONTACT_REQUEST",       "high",     4,  true),
            ("CONTENT_DOWNLOAD",      "medium",   24, false),
            ("WEBINAR_ATTENDED",      "medium",   24, false),
            ("CASE_STUDY_VIEW",       "medium",   24, false),
            ("FORM_SUBMISSION",       "medium",   24, false),
            ("EMAIL_CLICK",           "medium",   24, false),
            ("EMAIL_OPEN",            "low",      72, false),
            ("WEBSITE_VISIT",         "low",      72, false),
            ("PROFILE_UPDATE",        "low",      72, false),
            ("demo_request",          "low",      72, false),
            ("",                      "low",      72, false),
        ];
        for (signal_type, name, hours, opens) in rows {
            let priority = Priority::of(signal_type);
            assert_eq!(priority.as_str(), name, "{signal_type}");
            assert_eq!(priority.sla(), TimeDelta::hours(hours), "{signal_type}");
            assert_eq!(priority.opens_alert(), opens, "{signal_type}");
            assert_eq!(Priority::from_name(name), Some(priority));
        }
    }
}

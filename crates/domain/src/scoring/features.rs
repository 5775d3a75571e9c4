//! What is known about a contact, as the product states it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::FactorName;

/// Most custom factors of one contact: with names of 64 bytes they stay under
/// 8 KiB, an eighth of the largest message and of a row without TOAST chunks.
pub const CUSTOM_FACTORS_MAX: usize = 100;

/// The names a features document may have, for refusing typing errors.
pub const FEATURE_NAMES: [&str; 11] = [
    "hasEmail",
    "hasPhone",
    "hasDirectPhone",
    "companySize",
    "seniority",
    "engagementLevel",
    "contentDownloads",
    "pricingPageVisit",
    "demoRequest",
    "freeTrialSignup",
    "customFactors",
];

/// A contact's features. What is absent counts as false, none or zero; names
/// this build does not know are ignored, so that a newer build's rows can
/// still be read (the HTTP edge refuses them).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Features {
    /// An e-mail address is known.
    pub has_email: bool,
    /// Any phone number is known.
    pub has_phone: bool,
    /// A direct phone number is known.
    pub has_direct_phone: bool,
    /// Size class of the contact's company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_size: Option<CompanySize>,
    /// Rank of the contact in the company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seniority: Option<Seniority>,
    /// How engaged the contact is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engagement_level: Option<EngagementLevel>,
    /// Number of downloads of content.
    pub content_downloads: u32,
    /// The pricing page was visited.
    pub pricing_page_visit: bool,
    /// A demo was asked for.
    pub demo_request: bool,
    /// A free trial was begun.
    pub free_trial_signup: bool,
    /// Factors of the organization's own; they count when its configuration
    /// names them. At most [`CUSTOM_FACTORS_MAX`].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_factors: BTreeMap<FactorName, CustomValue>,
}

/// Size class of a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompanySize {
    /// Small.
    Smb,
    /// Middle.
    Mid,
    /// Large.
    Enterprise,
}

/// Rank in a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seniority {
    /// Chief officer.
    CLevel,
    /// Vice president.
    Vp,
    /// Director.
    Director,
    /// Manager.
    Manager,
    /// Individual contributor: no points.
    Individual,
}

/// Level of engagement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngagementLevel {
    /// No points.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
}

/// Value of a custom factor: it applies when true or above zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected true, false or a number")]
pub enum CustomValue {
    /// A yes or no.
    Flag(bool),
    /// An amount; only its sign matters.
    Amount(serde_json::Number),
}

impl CustomValue {
    /// Whether the factor applies.
    #[must_use]
    pub fn applies(&self) -> bool {
        match self {
            Self::Flag(flag) => *flag,
            Self::Amount(number) => number.as_f64().is_some_and(|amount| amount > 0.0),
        }
    }
}

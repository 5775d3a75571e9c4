//! The model's own factors: the table of the product's scoring rules, one row
//! a factor.

use serde::{Deserialize, Serialize};

use super::features::{CompanySize, EngagementLevel, Features, Seniority};
use crate::points::PointsE4;

/// What a factor tells about a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Who the contact is (demographics).
    Fit,
    /// What the contact does with us.
    Engagement,
    /// Signs of wanting to buy.
    Intent,
}

impl Category {
    /// All categories, in the order they are shown.
    pub const ALL: [Self; 3] = [Self::Fit, Self::Engagement, Self::Intent];

    /// The name in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fit => "fit",
            Self::Engagement => "engagement",
            Self::Intent => "intent",
        }
    }

    /// The factor name under which a message's context replaces this category.
    #[must_use]
    pub const fn context_factor(self) -> &'static str {
        match self {
            Self::Fit => "context_demographic",
            Self::Engagement => "context_engagement",
            Self::Intent => "context_intent",
        }
    }
}

/// Name of the contribution that brings a sum into 0..=100.
pub const CLAMP_FACTOR: &str = "clamp_0_100";

/// Names an explanation uses for itself; no configuration may use them.
pub const RESERVED_FACTORS: [&str; 4] =
    [CLAMP_FACTOR, "context_demographic", "context_engagement", "context_intent"];

/// One factor of the model.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Name, unique in the model.
    pub factor: &'static str,
    /// Default points.
    pub points: PointsE4,
    /// Default category.
    pub category: Category,
    /// For people.
    pub label: &'static str,
    /// Whether it applies to a contact.
    pub applies: fn(&Features) -> bool,
}

macro_rules! rule {
    ($factor:literal, $points:literal, $category:ident, $label:literal, $applies:expr) => {
        Rule {
            factor: $factor,
            points: PointsE4::whole($points),
            category: Category::$category,
            label: $label,
            applies: $applies,
        }
    };
}

/// The whole model.
#[rustfmt::skip]
pub const MODEL: [Rule; 16] = [
    rule!("has_email",              10, Fit,        "E-mail address known",        |f| f.has_email),
    rule!("has_phone",              15, Fit,        "Phone number known",          |f| f.has_phone),
    rule!("has_direct_phone",       10, Fit,        "Direct phone number known",   |f| f.has_direct_phone),
    rule!("company_size_smb",        5, Fit,        "Small company",               |f| f.company_size == Some(CompanySize::Smb)),
    rule!("company_size_mid",       10, Fit,        "Mid-size company",            |f| f.company_size == Some(CompanySize::Mid)),
    rule!("company_size_enterprise",15, Fit,        "Enterprise company",          |f| f.company_size == Some(CompanySize::Enterprise)),
    rule!("seniority_c_level",      20, Fit,        "C-level",                     |f| f.seniority == Some(Seniority::CLevel)),
    rule!("seniority_vp",           15, Fit,        "Vice president",              |f| f.seniority == Some(Seniority::Vp)),
    rule!("seniority_director",     10, Fit,        "Director",                    |f| f.seniority == Some(Seniority::Director)),
    rule!("seniority_manager",       5, Fit,        "Manager",                     |f| f.seniority == Some(Seniority::Manager)),
    rule!("high_engagement",        15, Engagement, "High engagement",             |f| f.engagement_level == Some(EngagementLevel::High)),
    rule!("medium_engagement",      10, Engagement, "Medium engagement",           |f| f.engagement_level == Some(EngagementLevel::Medium)),
    rule!("content_download",       10, Engagement, "Downloaded content",          |f| f.content_downloads > 0),
    rule!("pricing_page",           20, Intent,     "Visited the pricing page",    |f| f.pricing_page_visit),
    rule!("demo_request",           30, Intent,     "Asked for a demo",            |f| f.demo_request),
    rule!("free_trial",             25, Intent,     "Began a free trial",          |f| f.free_trial_signup),
];

/// The model's rule for `factor`, if it is the model's own.
#[must_use]
pub fn rule(factor: &str) -> Option<&'static Rule> {
    MODEL.iter().find(|rule| rule.factor == factor)
}

//! The body of `PUT …/features` as the API's document describes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A contact's features, all of them: what is left out counts as false, none
/// or zero.
// For the document only: bodies are read into the domain's own type, and a
// test holds both to the same names and values.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schema(as = Features, example = json!({"hasEmail": true, "seniority": "vp", "customFactors": {"webinar": true}}))]
pub(crate) struct FeaturesBody {
    /// An e-mail address is known.
    has_email: bool,
    /// Any phone number is known.
    has_phone: bool,
    /// A direct phone number is known.
    has_direct_phone: bool,
    /// Size class of the contact's company.
    company_size: Option<CompanySize>,
    /// Rank of the contact in the company.
    seniority: Option<Seniority>,
    /// How engaged the contact is.
    engagement_level: Option<EngagementLevel>,
    /// Number of downloads of content.
    #[schema(format = Int64, maximum = 4_294_967_295_u32)]
    content_downloads: u32,
    /// The pricing page was visited.
    pricing_page_visit: bool,
    /// A demo was asked for.
    demo_request: bool,
    /// A free trial was begun.
    free_trial_signup: bool,
    /// Factors of the organization's own, at most 100; their names have the
    /// alphabet and length of a contact's id, and are none of the model's
    /// factors and none that explanations use for themselves.
    custom_factors: BTreeMap<String, CustomFactor>,
}

/// A yes or no, or an amount of which only the sign matters.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum CustomFactor {
    Flag(bool),
    Amount(f64),
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CompanySize {
    Smb,
    Mid,
    Enterprise,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Seniority {
    CLevel,
    Vp,
    Director,
    Manager,
    Individual,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EngagementLevel {
    Low,
    Medium,
    High,
}

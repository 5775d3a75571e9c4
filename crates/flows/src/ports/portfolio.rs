//! Portfolios as their organizations write and read them, and nights as operators see
//! them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{AssetId, OrganizationId, PortfolioUserId};
use mauntic_domain::overnight::NightStatus;
use mauntic_domain::portfolio::{Criteria, Currency, Market, Reason, Recorded, Symbol, UserFate};
use uuid::Uuid;

use super::{Night, Page, Paged, PortError, UserKey};

/// Where an asset is traded, and what its price is asked by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// What the provider of prices calls it.
    pub symbol: Symbol,
    /// Where it is traded.
    pub market: Market,
}

/// What a portfolio becomes, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortfolioWrite {
    /// What its prices are compared in.
    pub base_currency: Currency,
    /// Whether nights score it.
    pub active: bool,
    /// What it holds.
    pub assets: BTreeMap<AssetId, Holding>,
}

/// A portfolio with its criteria.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortfolioView {
    /// What it is.
    pub portfolio: PortfolioWrite,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
    /// The newest criteria; none where there are none yet.
    pub criteria: Option<CriteriaView>,
    /// The night whose scores are the newest, and when it scored them.
    pub scored: Option<(Uuid, DateTime<Utc>)>,
}

/// A version of a user's criteria.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CriteriaView {
    /// Which, from 1.
    pub version: i32,
    /// Their text, as it is stored.
    pub rules: String,
    /// When they were written.
    pub created_at: DateTime<Utc>,
}

/// An asset's score of a night. Numbers are their texts, with four decimals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetScoreView {
    /// Whose.
    pub user: PortfolioUserId,
    /// Which asset.
    pub asset: AssetId,
    /// What it was quoted by.
    pub symbol: Symbol,
    /// Points.
    pub score: String,
    /// Points that could be had.
    pub maximum: String,
    /// Percent of the maximum.
    pub percentage: String,
    /// The version of the criteria.
    pub criteria_version: i32,
    /// The night.
    pub run_id: Uuid,
    /// When.
    pub scored_at: DateTime<Utc>,
}

/// A place in a list of newest scores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScorePlace {
    /// The user of the last line seen.
    pub user: PortfolioUserId,
    /// Its asset.
    pub asset: AssetId,
}

/// What is stored of a user's calculation in a night, once he has a fate in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalculationView {
    /// The correlation id of its events, and when they were written; none where none is left.
    pub told: Option<(Uuid, DateTime<Utc>)>,
    /// What they tell, and what is to be so with them.
    pub recorded: Recorded,
}

/// A night as one of its organizations sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnNight {
    /// The night.
    pub run_id: Uuid,
    /// Where it stands.
    pub status: NightStatus,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub completed_at: Option<DateTime<Utc>>,
    /// Its correlation id.
    pub correlation_id: String,
}

/// How many of an organization's users a night had, of a fate and reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FateCount {
    /// What became of them; none of those whose turn is to come.
    pub fate: Option<UserFate>,
    /// Why not scored.
    pub reason: Option<Reason>,
    /// How many.
    pub users: i64,
    /// Their assets that were scored.
    pub assets: i64,
}

/// What became of a user in a night.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NightUser {
    /// Who.
    pub user: UserKey,
    /// What became of him; none of one whose turn is to come.
    pub fate: Option<UserFate>,
    /// Why not scored.
    pub reason: Option<String>,
    /// What exactly, for people.
    pub detail: Option<String>,
    /// His assets that were scored.
    pub assets_scored: i32,
}

/// Which users of a night are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NightUsersAsked {
    /// The night.
    pub run_id: Uuid,
    /// Only those with this fate.
    pub fate: Option<UserFate>,
    /// Only those behind this one.
    pub after: Option<UserKey>,
    /// At most so many.
    pub limit: i64,
}

/// What organizations write and read of their portfolios, under row-level security, and
/// what operators read of nights.
#[trait_variant::make(Send)]
pub trait PortfolioStore: Sync {
    /// Stores a user's portfolio in place of what was there.
    async fn put_portfolio(
        &self,
        organization: &OrganizationId,
        user: &PortfolioUserId,
        write: &PortfolioWrite,
    ) -> Result<PortfolioView, PortError>;
    /// Adds a version of a user's criteria, unless the newest says the same; none where
    /// there is no such user.
    async fn put_criteria(
        &self,
        organization: &OrganizationId,
        user: &PortfolioUserId,
        criteria: &Criteria,
    ) -> Result<Option<CriteriaView>, PortError>;
    /// A user's portfolio.
    async fn portfolio(
        &self,
        organization: &OrganizationId,
        user: &PortfolioUserId,
    ) -> Result<Option<PortfolioView>, PortError>;
    /// At most `limit` newest scores, of a user or of all, by user and asset.
    async fn newest_scores(
        &self,
        organization: &OrganizationId,
        user: Option<&PortfolioUserId>,
        after: Option<&ScorePlace>,
        limit: i64,
    ) -> Result<Vec<AssetScoreView>, PortError>;
    /// The newest score of an asset: of a user, or of at most two who have one of that
    /// name.
    async fn asset_scores(
        &self,
        organization: &OrganizationId,
        asset: &AssetId,
        user: Option<&PortfolioUserId>,
    ) -> Result<Vec<AssetScoreView>, PortError>;
    /// Scores of a user's asset, the newest night's first; the page goes on before a night.
    async fn asset_history(
        &self,
        organization: &OrganizationId,
        place: &ScorePlace,
        page: Page,
    ) -> Result<Paged<AssetScoreView>, PortError>;
    /// A user's calculation in a night; none before he has a fate in it.
    async fn calculation(
        &self,
        organization: &OrganizationId,
        user: &PortfolioUserId,
        run_id: Uuid,
    ) -> Result<Option<CalculationView>, PortError>;
    /// Nights that had users of an organization, the newest first.
    async fn own_nights(
        &self,
        organization: &OrganizationId,
        page: Page,
    ) -> Result<Paged<OwnNight>, PortError>;
    /// A night, and what became of an organization's users in it; none where it had none.
    async fn own_night(
        &self,
        organization: &OrganizationId,
        run_id: Uuid,
    ) -> Result<Option<(OwnNight, Vec<FateCount>)>, PortError>;
    /// An organization's users of a night, in the order of their keys.
    async fn own_night_users(
        &self,
        organization: &OrganizationId,
        asked: &NightUsersAsked,
    ) -> Result<Vec<NightUser>, PortError>;
    /// All users of a night, in the order of their keys.
    async fn users_of_night(&self, asked: &NightUsersAsked) -> Result<Vec<NightUser>, PortError>;
    /// Nights with their checkpoints, the newest first.
    async fn nights(&self, page: Page) -> Result<Paged<Night>, PortError>;
    /// At most `limit` users of a night behind one who have a fate in it, with what is stored
    /// of each.
    async fn calculations(
        &self,
        run_id: Uuid,
        after: Option<&UserKey>,
        limit: i64,
    ) -> Result<Vec<(UserKey, CalculationView)>, PortError>;
}

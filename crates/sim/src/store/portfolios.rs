//! The rows of portfolios and nights, and filling them by hand.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::ids::AssetId;
use mauntic_domain::jobs::JobType;
use mauntic_domain::overnight::NightStatus;
use mauntic_domain::portfolio::{
    Calculation, CalculationKind, Currency, Market, Quote, Shown, Symbol, Unscored, UserFate,
};
use mauntic_flows::ports::{Night, StoredRates, UserKey, UserWrite};
use serde_json::json;
use uuid::Uuid;

use super::{MemoryStore, State};

/// Which night scored a user last, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct LastScored {
    pub night_at: DateTime<Utc>,
    pub run_id: Uuid,
    pub scored_at: DateTime<Utc>,
}

/// A row of `portfolio.users`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct PortfolioRow {
    pub base_currency: Currency,
    pub active: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub scored: Option<LastScored>,
}

/// A row of `portfolio.assets`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct AssetRow {
    pub symbol: Symbol,
    pub market: Market,
}

/// A row of `portfolio.criteria`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct CriteriaRow {
    pub rules: String,
    pub created_at: DateTime<Utc>,
    pub superseded_at: Option<DateTime<Utc>>,
}

/// A row of `portfolio.prices`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct PriceRow {
    pub asked_at: Option<DateTime<Utc>>,
    pub quote: Option<Quote>,
}

/// A row of `portfolio.overnight_users`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct NightUserRow {
    pub chunk: i32,
    pub fate: Option<UserFate>,
    pub unscored: Option<Unscored>,
    pub assets_scored: i32,
}

/// A row of `portfolio.calculation_events`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct CalculationRow {
    pub kind: CalculationKind,
    pub correlation_id: Uuid,
    pub at: DateTime<Utc>,
    pub body: String,
}

/// A row of `portfolio.asset_scores` or `portfolio.score_history`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct AssetScoreRow {
    pub symbol: Symbol,
    pub score: Shown,
    pub maximum: Shown,
    pub percentage: Shown,
    pub criteria_version: i32,
    pub run_id: Uuid,
    pub scored_at: DateTime<Utc>,
}

/// An asset's score of a night: when that began, and which it was.
pub type HistoryPlace = (UserKey, AssetId, DateTime<Utc>, Uuid);

/// Portfolios, nights and scores, each by its primary key.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the migrations document the tables")]
pub struct Portfolios {
    pub users: BTreeMap<UserKey, PortfolioRow>,
    pub assets: BTreeMap<UserKey, BTreeMap<AssetId, AssetRow>>,
    pub criteria: BTreeMap<UserKey, BTreeMap<i32, CriteriaRow>>,
    /// With their checkpoints.
    pub nights: BTreeMap<Uuid, Night>,
    pub rates: BTreeMap<Uuid, StoredRates>,
    pub prices: BTreeMap<(Uuid, Symbol), PriceRow>,
    pub night_users: BTreeMap<(Uuid, UserKey), NightUserRow>,
    pub calculations: BTreeMap<(Uuid, UserKey, i16), CalculationRow>,
    pub scores: BTreeMap<(UserKey, AssetId), AssetScoreRow>,
    pub history: BTreeMap<HistoryPlace, AssetScoreRow>,
}

impl MemoryStore {
    /// Keeps a user, and whether nights score it.
    pub fn put_portfolio(&self, user: &UserKey, base_currency: &Currency, active: bool) {
        self.by_hand(|state| {
            let now = state.now;
            let row = state.portfolios.users.entry(user.clone()).or_insert_with(|| PortfolioRow {
                base_currency: base_currency.clone(),
                active,
                created_at: now,
                updated_at: now,
                scored: None,
            });
            (row.base_currency, row.active, row.updated_at) = (base_currency.clone(), active, now);
        });
    }

    /// Replaces a user's assets.
    pub fn put_assets(&self, user: &UserKey, assets: &[(AssetId, Symbol, Market)]) {
        let rows = assets.iter().map(|(id, symbol, market)| {
            (id.clone(), AssetRow { symbol: symbol.clone(), market: market.clone() })
        });
        let rows = rows.collect();
        self.by_hand(|state| state.portfolios.assets.insert(user.clone(), rows));
    }

    /// Adds a version of a user's criteria, as it stands.
    pub fn put_criteria(&self, user: &UserKey, rules: &str) -> i32 {
        self.by_hand(|state| {
            let now = state.now;
            state.portfolios.add_criteria(user, rules, now)
        })
    }

    /// Alters rows, as somebody would who should not.
    pub fn alter_portfolios(&self, alter: impl FnOnce(&mut Portfolios)) {
        self.by_hand(|state| alter(&mut state.portfolios));
    }
}

impl MemoryStore {
    /// Keeps a night that calculated these users and has ended, as its jobs would.
    pub fn put_night(&self, run_id: Uuid, users: &[(UserKey, Calculation)]) {
        self.by_hand(|state| {
            let now = state.now;
            let is_scored = |(_, of): &&(UserKey, Calculation)| of.fate() == UserFate::Scored;
            let scored = users.iter().filter(is_scored).count();
            let count = |users: usize| i64::try_from(users).unwrap_or(i64::MAX);
            let status =
                if scored < users.len() { NightStatus::Partial } else { NightStatus::Completed };
            let night = Night {
                run_id,
                job_type: JobType::OvernightStart.name().to_owned(),
                status,
                started_at: now,
                completed_at: Some(now),
                correlation_id: run_id.to_string(),
                markets: Vec::new(),
                inputs_of: run_id,
                chunks_total: 1,
                chunks_done: 1,
                users_processed: count(scored),
                users_failed: count(users.len() - scored),
                users_skipped: 0,
                error_details: json!({}),
                metrics: json!({}),
                steps: Vec::new(),
            };
            state.portfolios.nights.insert(run_id, night);
            for (user, calculation) in users {
                let write = UserWrite::of(user.clone(), run_id, calculation);
                state.portfolios.keep(run_id, now, &write);
            }
        });
    }
}

impl MemoryStore {
    /// Has a night that has ended go on.
    pub fn reopen_night(&self, run_id: Uuid) {
        self.by_hand(|state| state.reopen_night(run_id));
    }
}

impl Portfolios {
    /// Adds a version, and notes of the one before when it was replaced.
    pub(super) fn add_criteria(&mut self, user: &UserKey, rules: &str, at: DateTime<Utc>) -> i32 {
        let versions = self.criteria.entry(user.clone()).or_default();
        let next = versions.last_key_value().map_or(1, |(newest, _)| newest + 1);
        let open = versions.values_mut().filter(|row| row.superseded_at.is_none());
        open.for_each(|row| row.superseded_at = Some(at));
        let rules = rules.to_owned();
        versions.insert(next, CriteriaRow { rules, created_at: at, superseded_at: None });
        next
    }

    fn keep(&mut self, run_id: Uuid, now: DateTime<Utc>, write: &UserWrite) {
        let user = &write.user;
        let row = NightUserRow {
            chunk: 0,
            fate: Some(write.fate()),
            unscored: write.unscored.clone(),
            assets_scored: i32::try_from(write.scores.len()).unwrap_or(i32::MAX),
        };
        self.night_users.insert((run_id, user.clone()), row);
        for event in &write.events {
            let row = CalculationRow {
                kind: event.kind,
                correlation_id: write.correlation_id,
                at: now,
                body: event.body.clone(),
            };
            self.calculations.insert((run_id, user.clone(), event.kind.seq()), row);
        }
        for scored in &write.scores {
            let row = AssetScoreRow {
                symbol: scored.symbol.clone(),
                score: scored.score,
                maximum: scored.maximum,
                percentage: scored.percentage,
                criteria_version: write.criteria_version.unwrap_or_default(),
                run_id,
                scored_at: now,
            };
            let asset = scored.asset_id.clone();
            self.history.insert((user.clone(), asset.clone(), now, run_id), row.clone());
            self.scores.insert((user.clone(), asset), row);
        }
        let counts = write.unscored.as_ref().is_none_or(|why| why.reason.ends_scores());
        if let Some(row) = self.users.get_mut(user).filter(|_| counts) {
            row.scored = Some(LastScored { night_at: now, run_id, scored_at: now });
        }
    }
}

impl State {
    /// Portfolios, nights and scores.
    #[must_use]
    pub const fn portfolios(&self) -> &Portfolios {
        &self.portfolios
    }
}

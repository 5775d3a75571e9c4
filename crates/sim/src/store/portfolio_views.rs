//! What organizations write and read of their portfolios, and operators of nights.

use std::collections::BTreeMap;

use mauntic_domain::ids::{AssetId, OrganizationId, PortfolioUserId};
use mauntic_domain::overnight::HISTORY_KEPT;
use mauntic_domain::portfolio::{CalculationKind, Criteria, Reason, Recorded, UserFate, score_row};
use mauntic_flows::ports::{
    AssetScoreView, CalculationView, CriteriaView, FateCount, Holding, Night, NightUser,
    NightUsersAsked, OwnNight, Page, Paged, PortError, PortfolioStore, PortfolioView,
    PortfolioWrite, ScorePlace, UserKey,
};
use serde_json::Value;
use uuid::Uuid;

use super::portfolios::{AssetRow, AssetScoreRow, CriteriaRow, NightUserRow, PortfolioRow};
use super::{MemorySession, State};
use crate::faults::Call;

impl PortfolioStore for MemorySession {
    async fn put_portfolio(
        &self,
        organization: &OrganizationId,
        user: &PortfolioUserId,
        write: &PortfolioWrite,
    ) -> Result<PortfolioView, PortError> {
        let key = (organization.clone(), user.clone());
        self.call(Call::PutPortfolio, |state| Ok(state.write_portfolio(&key, write))).await
    }

    async fn put_criteria(
        &self,
        organization: &OrganizationId,
        user: &PortfolioUserId,
        criteria: &Criteria,
    ) -> Result<Option<CriteriaView>, PortError> {
        let key = (organization.clone(), user.clone());
        let rules = criteria.to_json();
        self.call(Call::PutCriteria, |state| Ok(state.add_criteria(&key, &rules))).await
    }

    async fn portfolio(
        &self,
        organization: &OrganizationId,
        user: &PortfolioUserId,
    ) -> Result<Option<PortfolioView>, PortError> {
        let key = (organization.clone(), user.clone());
        self.call(Call::Portfolio, |state| {
            Ok(state.portfolios.users.get(&key).map(|row| state.portfolio_view(&key, row)))
        })
        .await
    }

    async fn newest_scores(
        &self,
        organization: &OrganizationId,
        user: Option<&PortfolioUserId>,
        after: Option<&ScorePlace>,
        limit: i64,
    ) -> Result<Vec<AssetScoreView>, PortError> {
        let after = after.map(|place| (&place.user, &place.asset));
        let is_asked = |view: &AssetScoreView| {
            user.is_none_or(|user| view.user == *user) && after < Some((&view.user, &view.asset))
        };
        self.call(Call::NewestScores, |state| {
            let found = state.own_scores(organization).filter(is_asked);
            Ok(found.take(usize::try_from(limit).unwrap_or(0)).collect())
        })
        .await
    }

    async fn asset_scores(
        &self,
        organization: &OrganizationId,
        asset: &AssetId,
        user: Option<&PortfolioUserId>,
    ) -> Result<Vec<AssetScoreView>, PortError> {
        let is_asked = |view: &AssetScoreView| {
            view.asset == *asset && user.is_none_or(|user| view.user == *user)
        };
        self.call(Call::AssetScores, |state| {
            Ok(state.own_scores(organization).filter(is_asked).take(2).collect())
        })
        .await
    }

    async fn asset_history(
        &self,
        organization: &OrganizationId,
        place: &ScorePlace,
        page: Page,
    ) -> Result<Paged<AssetScoreView>, PortError> {
        let key = (organization.clone(), place.user.clone());
        self.call(Call::AssetHistory, |state| {
            let rows = state.portfolios.history.iter().rev();
            let rows = rows.filter(|((of, asset, ..), _)| *of == key && *asset == place.asset);
            let rows = rows.map(|(_, row)| view(&place.user, &place.asset, row));
            Ok(paged(rows, page, |view| view.run_id))
        })
        .await
    }

    async fn calculation(
        &self,
        organization: &OrganizationId,
        user: &PortfolioUserId,
        run_id: Uuid,
    ) -> Result<Option<CalculationView>, PortError> {
        let key = (organization.clone(), user.clone());
        self.call(Call::Calculation, |state| Ok(state.calculation_view(run_id, &key))).await
    }

    async fn own_nights(
        &self,
        organization: &OrganizationId,
        page: Page,
    ) -> Result<Paged<OwnNight>, PortError> {
        self.call(Call::OwnNights, |state| {
            let has_own = |night: &&Night| {
                state.night_users(night.run_id).any(|((owner, _), _)| owner == organization)
            };
            let nights = state.newest_nights().into_iter().filter(has_own).map(own_night);
            Ok(paged(nights, page, |night| night.run_id))
        })
        .await
    }

    async fn own_night(
        &self,
        organization: &OrganizationId,
        run_id: Uuid,
    ) -> Result<Option<(OwnNight, Vec<FateCount>)>, PortError> {
        self.call(Call::OwnNight, |state| Ok(state.own_night(organization, run_id))).await
    }

    async fn own_night_users(
        &self,
        organization: &OrganizationId,
        asked: &NightUsersAsked,
    ) -> Result<Vec<NightUser>, PortError> {
        self.call(Call::OwnNightUsers, |state| Ok(state.asked_users(Some(organization), asked)))
            .await
    }

    async fn users_of_night(&self, asked: &NightUsersAsked) -> Result<Vec<NightUser>, PortError> {
        self.call(Call::UsersOfNight, |state| Ok(state.asked_users(None, asked))).await
    }

    async fn nights(&self, page: Page) -> Result<Paged<Night>, PortError> {
        self.call(Call::Nights, |state| {
            let nights = state.newest_nights().into_iter().cloned();
            Ok(paged(nights, page, |night| night.run_id))
        })
        .await
    }

    async fn calculations(
        &self,
        run_id: Uuid,
        after: Option<&UserKey>,
        limit: i64,
    ) -> Result<Vec<(UserKey, CalculationView)>, PortError> {
        self.call(Call::Calculations, |state| {
            let users = state.night_users(run_id).filter(|(user, _)| after < Some(user));
            let found = users.filter_map(|(user, _)| {
                Some((user.clone(), state.calculation_view(run_id, user)?))
            });
            Ok(found.take(usize::try_from(limit).unwrap_or(0)).collect())
        })
        .await
    }
}

/// What comes before the page's place, as far as it goes.
fn paged<T>(items: impl Iterator<Item = T>, page: Page, id: impl Fn(&T) -> Uuid) -> Paged<T> {
    let mut items: Vec<T> = match page.before {
        None => items.collect(),
        Some(before) => items.skip_while(|item| id(item) != before).skip(1).collect(),
    };
    let limit = usize::try_from(page.limit).unwrap_or(0);
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| has_more).map(id);
    Paged { items, next }
}

fn view(user: &PortfolioUserId, asset: &AssetId, row: &AssetScoreRow) -> AssetScoreView {
    AssetScoreView {
        user: user.clone(),
        asset: asset.clone(),
        symbol: row.symbol.clone(),
        score: row.score.to_string(),
        maximum: row.maximum.to_string(),
        percentage: row.percentage.to_string(),
        criteria_version: row.criteria_version,
        run_id: row.run_id,
        scored_at: row.scored_at,
    }
}

/// What stands in rows of scores, by asset.
fn by_asset<'a>(rows: impl Iterator<Item = (&'a AssetId, &'a AssetScoreRow)>) -> Value {
    let row = |(asset, row): (&AssetId, &AssetScoreRow)| {
        let numbers = [row.score, row.maximum, row.percentage].map(|number| number.to_string());
        (asset.to_string(), score_row(row.symbol.as_str(), numbers, row.criteria_version))
    };
    Value::Object(rows.map(row).collect())
}

fn own_night(night: &Night) -> OwnNight {
    OwnNight {
        run_id: night.run_id,
        status: night.status,
        started_at: night.started_at,
        completed_at: night.completed_at,
        correlation_id: night.correlation_id.clone(),
    }
}

impl State {
    fn write_portfolio(&mut self, key: &UserKey, write: &PortfolioWrite) -> PortfolioView {
        let now = self.now;
        let row = self.portfolios.users.entry(key.clone()).or_insert_with(|| PortfolioRow {
            base_currency: write.base_currency.clone(),
            active: write.active,
            created_at: now,
            updated_at: now,
            scored: None,
        });
        row.base_currency.clone_from(&write.base_currency);
        (row.active, row.updated_at) = (write.active, now);
        let row = row.clone();
        let held = |(id, held): (&AssetId, &Holding)| {
            let row = AssetRow { symbol: held.symbol.clone(), market: held.market.clone() };
            (id.clone(), row)
        };
        let assets = write.assets.iter().map(held).collect();
        self.portfolios.assets.insert(key.clone(), assets);
        self.portfolio_view(key, &row)
    }

    fn add_criteria(&mut self, key: &UserKey, rules: &str) -> Option<CriteriaView> {
        if !self.portfolios.users.contains_key(key) {
            return None;
        }
        let now = self.now;
        let newest = self.portfolios.criteria.get(key).and_then(BTreeMap::last_key_value);
        if newest.is_none_or(|(_, row)| row.rules != rules) {
            self.portfolios.add_criteria(key, rules, now);
        }
        let versions = self.portfolios.criteria.get(key)?;
        versions.last_key_value().map(criteria_view)
    }

    fn portfolio_view(&self, key: &UserKey, row: &PortfolioRow) -> PortfolioView {
        let assets = self.portfolios.assets.get(key).into_iter().flatten();
        let held = |(id, row): (&AssetId, &AssetRow)| {
            let held = Holding { symbol: row.symbol.clone(), market: row.market.clone() };
            (id.clone(), held)
        };
        let versions = self.portfolios.criteria.get(key);
        let newest = versions.and_then(BTreeMap::last_key_value);
        PortfolioView {
            portfolio: PortfolioWrite {
                base_currency: row.base_currency.clone(),
                active: row.active,
                assets: assets.map(held).collect(),
            },
            updated_at: row.updated_at,
            criteria: newest.map(criteria_view),
            scored: row.scored.map(|last| (last.run_id, last.scored_at)),
        }
    }

    fn own_scores(&self, owner: &OrganizationId) -> impl Iterator<Item = AssetScoreView> {
        let own = self.portfolios.scores.iter().filter(move |(((of, _), _), _)| of == owner);
        own.map(|(((_, user), asset), row)| view(user, asset, row))
    }

    fn calculation_view(&self, run_id: Uuid, user: &UserKey) -> Option<CalculationView> {
        let of = &self.portfolios;
        let row = of.night_users.get(&(run_id, user.clone()))?;
        let event =
            |kind: CalculationKind| of.calculations.get(&(run_id, user.clone(), kind.seq()));
        let body = |kind| event(kind).map(|event| event.body.clone());
        let first = CalculationKind::ALL.into_iter().find_map(event);
        let night_at = of.nights.get(&run_id)?.started_at;
        let last = of.users.get(user).and_then(|row| row.scored);
        let newest = || {
            let rows = of.scores.iter().filter(|((of, _), _)| of == user);
            rows.map(|((_, asset), row)| (asset, row))
        };
        let history = || {
            let rows = of.history.iter();
            let rows = rows.filter(|((of, _, _, run), _)| of == user && *run == run_id);
            rows.map(|((_, asset, ..), row)| (asset, row))
        };
        Some(CalculationView {
            told: first.map(|event| (event.correlation_id, event.at)),
            recorded: Recorded {
                fate: row.fate?,
                reason: row.unscored.as_ref().map(|why| why.reason.name().to_owned()),
                assets_scored: row.assets_scored,
                started: body(CalculationKind::Started),
                inputs: body(CalculationKind::InputsCaptured),
                scores: body(CalculationKind::ScoresComputed),
                completed: body(CalculationKind::Completed),
                newest: last.filter(|last| last.run_id == run_id).map(|_| by_asset(newest())),
                history: (night_at + HISTORY_KEPT > self.now).then(|| by_asset(history())),
            },
        })
    }

    fn asked_users(
        &self,
        only: Option<&OrganizationId>,
        asked: &NightUsersAsked,
    ) -> Vec<NightUser> {
        let is_asked = |((owner, name), row): &(&UserKey, &NightUserRow)| {
            let after = asked.after.as_ref().map(|(owner, name)| (owner, name));
            only.is_none_or(|only| only == owner)
                && asked.fate.is_none_or(|fate| row.fate == Some(fate))
                && after < Some((owner, name))
        };
        let found = self.night_users(asked.run_id).filter(is_asked);
        let user = |(user, row): (&UserKey, &NightUserRow)| NightUser {
            user: user.clone(),
            fate: row.fate,
            reason: row.unscored.as_ref().map(|why| why.reason.name().to_owned()),
            detail: row.unscored.as_ref().map(|why| why.detail.clone()),
            assets_scored: row.assets_scored,
        };
        found.map(user).take(usize::try_from(asked.limit).unwrap_or(0)).collect()
    }

    fn newest_nights(&self) -> Vec<&Night> {
        let mut nights: Vec<&Night> = self.portfolios.nights.values().collect();
        nights.sort_by_key(|night| std::cmp::Reverse((night.started_at, night.run_id)));
        nights
    }

    fn own_night(
        &self,
        owner: &OrganizationId,
        run_id: Uuid,
    ) -> Option<(OwnNight, Vec<FateCount>)> {
        let night = self.portfolios.nights.get(&run_id)?;
        let mut counts = BTreeMap::new();
        for (_, row) in self.night_users(run_id).filter(|((of, _), _)| of == owner) {
            let reason = row.unscored.as_ref().map(|why| why.reason);
            let names = (row.fate.map(UserFate::name), reason.map(Reason::name));
            // As the database sorts: without a name last.
            let order = (names.0.is_none(), names.0, names.1.is_none(), names.1);
            let count = counts.entry(order).or_insert(FateCount {
                fate: row.fate,
                reason,
                users: 0,
                assets: 0,
            });
            count.users += 1;
            count.assets += i64::from(row.assets_scored);
        }
        let counts: Vec<FateCount> = counts.into_values().collect();
        (!counts.is_empty()).then(|| (own_night(night), counts))
    }
}

fn criteria_view((version, row): (&i32, &CriteriaRow)) -> CriteriaView {
    CriteriaView { version: *version, rules: row.rules.clone(), created_at: row.created_at }
}

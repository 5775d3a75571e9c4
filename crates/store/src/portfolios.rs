//! Portfolios: what organizations write and read of theirs, which row-level security holds
//! to; and what operators read of nights.

use std::collections::BTreeMap;

use mauntic_domain::ids::{AssetId, OrganizationId, PortfolioUserId};
use mauntic_domain::overnight::NightStatus;
use mauntic_domain::portfolio::{Criteria, Currency, Market, Reason, Symbol, UserFate};
use mauntic_flows::ports::{
    AssetScoreView, CalculationView, CriteriaView, FateCount, Holding, Night, NightUser,
    NightUsersAsked, OwnNight, Page, Paged, PortError, PortfolioStore, PortfolioView,
    PortfolioWrite, ScorePlace, UserKey,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::calculations::{Calculations, Users, calculation, night_user};
use crate::flight::{Param, Statement, tenant_snapshot, tenant_transaction};
use crate::nights::{code, night, user};
use crate::rows::{column, unreadable};
use crate::signals::look;

impl PortfolioStore for Session {
    async fn put_portfolio(
        &self,
        organization: &OrganizationId,
        user: &PortfolioUserId,
        write: &PortfolioWrite,
    ) -> Result<PortfolioView, PortError> {
        let (owner, user) = (organization.as_str(), user.as_str());
        let currency = write.base_currency.as_str();
        let ids: Vec<&str> = write.assets.keys().map(AssetId::as_str).collect();
        let held = write.assets.values();
        let symbols: Vec<&str> = held.clone().map(|held| held.symbol.as_str()).collect();
        let markets: Vec<&str> = held.map(|held| held.market.as_str()).collect();
        let of: &[Param<'_>] = &[(&owner, Type::TEXT), (&user, Type::TEXT)];
        let row: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&user, Type::TEXT),
            (&currency, Type::TEXT),
            (&write.active, Type::BOOL),
        ];
        let kept: &[Param<'_>] =
            &[(&owner, Type::TEXT), (&user, Type::TEXT), (&ids, Type::TEXT_ARRAY)];
        let assets: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&user, Type::TEXT),
            (&ids, Type::TEXT_ARRAY),
            (&symbols, Type::TEXT_ARRAY),
            (&markets, Type::TEXT_ARRAY),
        ];
        let statements = [
            Statement { sql: sql!("put_portfolio.sql"), params: row },
            Statement { sql: sql!("delete_assets.sql"), params: kept },
            Statement { sql: sql!("put_assets.sql"), params: assets },
            Statement { sql: sql!("read_portfolio.sql"), params: of },
            Statement { sql: sql!("read_assets.sql"), params: of },
        ];
        let what = "storing a portfolio";
        let answers = tenant_transaction(what, self, organization, &statements).await?;
        let [_, _, _, users, assets] = answers.as_slice() else {
            return Err(unreadable("a stored portfolio"));
        };
        portfolio(users, assets)?.ok_or_else(|| unreadable("a stored portfolio"))
    }

    async fn put_criteria(
        &self,
        organization: &OrganizationId,
        user: &PortfolioUserId,
        criteria: &Criteria,
    ) -> Result<Option<CriteriaView>, PortError> {
        let (owner, user, rules) = (organization.as_str(), user.as_str(), criteria.to_json());
        let of: &[Param<'_>] = &[(&owner, Type::TEXT), (&user, Type::TEXT)];
        let added: &[Param<'_>] =
            &[(&owner, Type::TEXT), (&user, Type::TEXT), (&rules, Type::TEXT)];
        // The newest is read once the user is locked, by a statement of its own.
        let statements = [
            Statement { sql: sql!("lock_portfolio.sql"), params: of },
            Statement { sql: sql!("add_criteria.sql"), params: added },
        ];
        let what = "storing criteria";
        let answers = tenant_transaction(what, self, organization, &statements).await?;
        answers.last().and_then(|rows| rows.first()).map(criteria_view).transpose()
    }

    async fn portfolio(
        &self,
        organization: &OrganizationId,
        user: &PortfolioUserId,
    ) -> Result<Option<PortfolioView>, PortError> {
        let (owner, user) = (organization.as_str(), user.as_str());
        let of: &[Param<'_>] = &[(&owner, Type::TEXT), (&user, Type::TEXT)];
        let statements = [
            Statement { sql: sql!("read_portfolio.sql"), params: of },
            Statement { sql: sql!("read_assets.sql"), params: of },
        ];
        let what = "reading a portfolio";
        let answers = tenant_snapshot(what, self, organization, &statements).await?;
        let [users, assets] = answers.as_slice() else { return Err(unreadable("a portfolio")) };
        portfolio(users, assets)
    }

    async fn newest_scores(
        &self,
        organization: &OrganizationId,
        user: Option<&PortfolioUserId>,
        after: Option<&ScorePlace>,
        limit: i64,
    ) -> Result<Vec<AssetScoreView>, PortError> {
        let (owner, user) = (organization.as_str(), user.map(PortfolioUserId::as_str));
        let after_user = after.map(|place| place.user.as_str());
        let after_asset = after.map(|place| place.asset.as_str());
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&user, Type::TEXT),
            (&after_user, Type::TEXT),
            (&after_asset, Type::TEXT),
            (&limit, Type::INT8),
        ];
        let statement = Statement { sql: sql!("newest_scores.sql"), params };
        let rows = look("reading newest scores", self, organization, statement).await?;
        rows.iter().map(score).collect()
    }

    async fn asset_scores(
        &self,
        organization: &OrganizationId,
        asset: &AssetId,
        user: Option<&PortfolioUserId>,
    ) -> Result<Vec<AssetScoreView>, PortError> {
        let (owner, asset) = (organization.as_str(), asset.as_str());
        let user = user.map(PortfolioUserId::as_str);
        let params: &[Param<'_>] =
            &[(&owner, Type::TEXT), (&asset, Type::TEXT), (&user, Type::TEXT)];
        let statement = Statement { sql: sql!("asset_scores.sql"), params };
        let rows = look("reading an asset's score", self, organization, statement).await?;
        rows.iter().map(score).collect()
    }

    async fn asset_history(
        &self,
        organization: &OrganizationId,
        place: &ScorePlace,
        page: Page,
    ) -> Result<Paged<AssetScoreView>, PortError> {
        let (owner, user, asset) =
            (organization.as_str(), place.user.as_str(), place.asset.as_str());
        let most = page.limit.saturating_add(1);
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&user, Type::TEXT),
            (&asset, Type::TEXT),
            (&page.before, Type::UUID),
            (&most, Type::INT8),
        ];
        let statement = Statement { sql: sql!("asset_history.sql"), params };
        let rows = look("reading an asset's history", self, organization, statement).await?;
        let scores = rows.iter().map(score).collect::<Result<_, _>>()?;
        Ok(cut(scores, page, |score| score.run_id))
    }

    async fn calculation(
        &self,
        organization: &OrganizationId,
        user: &PortfolioUserId,
        run_id: Uuid,
    ) -> Result<Option<CalculationView>, PortError> {
        let asked = Calculations::of_user(run_id, organization.as_str(), user.as_str());
        let params = &asked.params();
        let statement = Statement { sql: sql!("night_calculations.sql"), params };
        let rows = look("reading a calculation", self, organization, statement).await?;
        rows.first().map(calculation).transpose()
    }

    async fn own_nights(
        &self,
        organization: &OrganizationId,
        page: Page,
    ) -> Result<Paged<OwnNight>, PortError> {
        let owner = organization.as_str();
        let most = page.limit.saturating_add(1);
        let params: &[Param<'_>] =
            &[(&owner, Type::TEXT), (&page.before, Type::UUID), (&most, Type::INT8)];
        let statement = Statement { sql: sql!("own_nights.sql"), params };
        let rows = look("listing nights", self, organization, statement).await?;
        let nights = rows.iter().map(own_night).collect::<Result<_, _>>()?;
        Ok(cut(nights, page, |night| night.run_id))
    }

    async fn own_night(
        &self,
        organization: &OrganizationId,
        run_id: Uuid,
    ) -> Result<Option<(OwnNight, Vec<FateCount>)>, PortError> {
        let owner = organization.as_str();
        let params: &[Param<'_>] = &[(&owner, Type::TEXT), (&run_id, Type::UUID)];
        let statement = Statement { sql: sql!("own_night.sql"), params };
        let rows = look("reading a night", self, organization, statement).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let counts = rows.iter().map(fate_count).collect::<Result<_, _>>()?;
        Ok(Some((own_night(first)?, counts)))
    }

    async fn own_night_users(
        &self,
        organization: &OrganizationId,
        asked: &NightUsersAsked,
    ) -> Result<Vec<NightUser>, PortError> {
        let users = Users::of(Some(organization), asked);
        let params = &users.params();
        let statement = Statement { sql: sql!("night_users.sql"), params };
        let rows = look("listing users of a night", self, organization, statement).await?;
        rows.iter().map(night_user).collect()
    }

    async fn users_of_night(&self, asked: &NightUsersAsked) -> Result<Vec<NightUser>, PortError> {
        let users = Users::of(None, asked);
        let sql = sql!("night_users.sql");
        let rows = self.statement("listing users of a night", sql, &users.params()).await?;
        rows.iter().map(night_user).collect()
    }

    async fn nights(&self, page: Page) -> Result<Paged<Night>, PortError> {
        let most = page.limit.saturating_add(1);
        let params: &[Param<'_>] = &[(&page.before, Type::UUID), (&most, Type::INT8)];
        let rows = self.statement("listing nights", sql!("nights.sql"), params).await?;
        let id = |row: &Row| column::<Uuid>(row, "id").ok();
        let nights = rows.chunk_by(|a, b| id(a) == id(b)).filter_map(|one| night(one).transpose());
        Ok(cut(nights.collect::<Result<_, _>>()?, page, |night| night.run_id))
    }

    async fn calculations(
        &self,
        run_id: Uuid,
        after: Option<&UserKey>,
        limit: i64,
    ) -> Result<Vec<(UserKey, CalculationView)>, PortError> {
        let asked = Calculations::behind(run_id, after, limit);
        let sql = sql!("night_calculations.sql");
        let rows = self.statement("reading calculations", sql, &asked.params()).await?;
        rows.iter().map(|row| Ok((user(row)?, calculation(row)?))).collect()
    }
}

/// A page of what one line more than it was read of.
fn cut<T>(mut items: Vec<T>, page: Page, id: impl Fn(&T) -> Uuid) -> Paged<T> {
    let limit = usize::try_from(page.limit).unwrap_or(0);
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| has_more).map(id);
    Paged { items, next }
}

fn portfolio(users: &[Row], assets: &[Row]) -> Result<Option<PortfolioView>, PortError> {
    let Some(row) = users.first() else { return Ok(None) };
    let mut held = BTreeMap::new();
    for row in assets {
        let holding = Holding {
            symbol: code(row, "symbol", Symbol::parse)?,
            market: code(row, "market", Market::parse)?,
        };
        held.insert(code(row, "asset_id", AssetId::parse)?, holding);
    }
    let has_criteria = column::<Option<i32>>(row, "version")?.is_some();
    Ok(Some(PortfolioView {
        portfolio: PortfolioWrite {
            base_currency: code(row, "base_currency", Currency::parse)?,
            active: column(row, "active")?,
            assets: held,
        },
        updated_at: column(row, "updated_at")?,
        criteria: has_criteria.then(|| criteria_view(row)).transpose()?,
        scored: Option::zip(column(row, "scored_run")?, column(row, "scored_at")?),
    }))
}

fn criteria_view(row: &Row) -> Result<CriteriaView, PortError> {
    Ok(CriteriaView {
        version: column(row, "version")?,
        rules: column(row, "rules")?,
        created_at: column(row, "created_at")?,
    })
}

fn score(row: &Row) -> Result<AssetScoreView, PortError> {
    Ok(AssetScoreView {
        user: code(row, "user_id", PortfolioUserId::parse)?,
        asset: code(row, "asset_id", AssetId::parse)?,
        symbol: code(row, "symbol", Symbol::parse)?,
        score: column(row, "score")?,
        maximum: column(row, "maximum")?,
        percentage: column(row, "percentage")?,
        criteria_version: column(row, "criteria_version")?,
        run_id: column(row, "run_id")?,
        scored_at: column(row, "scored_at")?,
    })
}

fn own_night(row: &Row) -> Result<OwnNight, PortError> {
    let status = NightStatus::parse(column(row, "status")?);
    Ok(OwnNight {
        run_id: column(row, "id")?,
        status: status.ok_or_else(|| unreadable("column status"))?,
        started_at: column(row, "started_at")?,
        completed_at: column(row, "completed_at")?,
        correlation_id: column(row, "correlation_id")?,
    })
}

fn fate_count(row: &Row) -> Result<FateCount, PortError> {
    let fate = column::<Option<&str>>(row, "fate")?;
    let reason = column::<Option<&str>>(row, "reason")?;
    let fate = fate.map(|name| UserFate::from_name(name).ok_or_else(|| unreadable("column fate")));
    let reason =
        reason.map(|name| Reason::from_name(name).ok_or_else(|| unreadable("column reason")));
    Ok(FateCount {
        fate: fate.transpose()?,
        reason: reason.transpose()?,
        users: column(row, "users")?,
        assets: column(row, "assets")?,
    })
}

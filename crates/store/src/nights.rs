//! What nights of portfolio scoring are decided on.

use std::collections::BTreeMap;

use mauntic_domain::ids::{AssetId, OrganizationId, PortfolioUserId};
use mauntic_domain::jobs::JobType;
use mauntic_domain::overnight::{Lost, NightStatus, Step};
use mauntic_domain::portfolio::inputs::ASSETS_MAX;
use mauntic_domain::portfolio::{Market, Quote, Rates, StoredUser, Symbol, UserFate};
use mauntic_flows::ports::{
    ChunkInputs, FAILURES_NAMED_MAX, LatestScore, LostNight, NamedFailure, Night, NightEnd,
    NightStore, NightTold, NightTotals, PortError, StepDone, StoredRates, UserInputs, UserKey,
    UserSnapshot,
};
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::{Json, Type};
use uuid::Uuid;

use crate::Session;
use crate::flight::{Param, Statement};
use crate::night_writes::End;
use crate::rows::{column, starter, unreadable};
use crate::signals::no_name;

impl NightStore for Session {
    async fn night(&self, run_id: Uuid) -> Result<Option<Night>, PortError> {
        let params: &[Param<'_>] = &[(&run_id, Type::UUID)];
        let rows = self.statement("reading a night", sql!("read_night.sql"), params).await?;
        night(&rows)
    }

    async fn night_rates(&self, run_id: Uuid) -> Result<Option<StoredRates>, PortError> {
        let params: &[Param<'_>] = &[(&run_id, Type::UUID)];
        let rows = self.statement("reading rates", sql!("read_rates.sql"), params).await?;
        rows.first().map(rates).transpose()
    }

    async fn latest_rates(&self, but: Uuid) -> Result<Option<StoredRates>, PortError> {
        let params: &[Param<'_>] = &[(&but, Type::UUID)];
        let rows = self.statement("reading rates", sql!("latest_rates.sql"), params).await?;
        rows.first().map(rates).transpose()
    }

    async fn unknown_markets(&self, markets: &[Market]) -> Result<Vec<Market>, PortError> {
        let names: Vec<&str> = markets.iter().map(Market::as_str).collect();
        let params: &[Param<'_>] = &[(&names, Type::TEXT_ARRAY)];
        let sql = sql!("unknown_markets.sql");
        let rows = self.statement("looking for markets", sql, params).await?;
        rows.iter().map(|row| code(row, "market", Market::parse)).collect()
    }

    async fn due_symbols(
        &self,
        run_id: Uuid,
        after: Option<&Symbol>,
        limit: u32,
    ) -> Result<Vec<Symbol>, PortError> {
        let (after, limit) = (after.map_or("", Symbol::as_str), i64::from(limit));
        let params: &[Param<'_>] =
            &[(&run_id, Type::UUID), (&after, Type::TEXT), (&limit, Type::INT8)];
        let rows = self.statement("listing symbols", sql!("due_symbols.sql"), params).await?;
        rows.iter().map(symbol).collect()
    }

    async fn chunk_inputs(
        &self,
        run_id: Uuid,
        chunk: i32,
    ) -> Result<Option<ChunkInputs>, PortError> {
        // One more than a portfolio may hold shows that it is too large.
        let assets_max = i64::try_from(ASSETS_MAX + 1).unwrap_or(i64::MAX);
        let of_night: &[Param<'_>] = &[(&run_id, Type::UUID)];
        let of_chunk: &[Param<'_>] = &[(&run_id, Type::UUID), (&chunk, Type::INT4)];
        let of_assets: &[Param<'_>] =
            &[(&run_id, Type::UUID), (&chunk, Type::INT4), (&assets_max, Type::INT8)];
        let statements = [
            Statement { sql: sql!("read_night.sql"), params: of_night },
            Statement { sql: sql!("read_rates.sql"), params: of_night },
            Statement { sql: sql!("read_chunk_users.sql"), params: of_chunk },
            Statement { sql: sql!("read_chunk_assets.sql"), params: of_assets },
            Statement { sql: sql!("read_chunk_quotes.sql"), params: of_chunk },
        ];
        let answers = self.snapshot("reading a chunk", &statements).await?;
        let [of_night, of_rates, users, assets, quotes] = answers.as_slice() else {
            return Err(unreadable("a chunk"));
        };
        let Some(night) = night(of_night)? else { return Ok(None) };
        Ok(Some(ChunkInputs {
            night,
            rates: of_rates.first().map(rates).transpose()?,
            quotes: quotes
                .iter()
                .filter_map(|row| quote(row).transpose())
                .collect::<Result<_, _>>()?,
            users: of_users(users, assets)?,
        }))
    }

    async fn night_in_the_way(&self, of: Uuid, but: Uuid) -> Result<Option<Uuid>, PortError> {
        let params: &[Param<'_>] = &[(&of, Type::UUID), (&but, Type::UUID)];
        let sql = sql!("night_in_the_way.sql");
        let rows = self.statement("looking for nights that go on", sql, params).await?;
        rows.first().map(|row| column(row, "id")).transpose()
    }

    async fn lost_nights(&self, limit: u32) -> Result<Vec<LostNight>, PortError> {
        let limit = i64::from(limit);
        let params: &[Param<'_>] = &[(&limit, Type::INT8)];
        let rows = self.statement("looking for nights", sql!("lost_nights.sql"), params).await?;
        rows.iter().map(lost).collect()
    }

    async fn end_lost_night(&self, end: &NightEnd, told: &NightTold) -> Result<bool, PortError> {
        let (columns, data) = (End::of(end), told.data.to_string());
        let mut params = columns.params();
        params.extend([(&told.event_type as _, Type::TEXT), (&data as _, Type::TEXT)]);
        let rows = self.statement("ending a night", sql!("end_lost_night.sql"), &params).await?;
        let row = rows.first().ok_or_else(|| unreadable("an ended night"))?;
        column(row, "ended")
    }

    async fn night_totals(&self, run_id: Uuid) -> Result<Option<NightTotals>, PortError> {
        const CHUNK: &str = JobType::OvernightScoreUsers.name();
        let named_max = i64::from(FAILURES_NAMED_MAX);
        let of_night: &[Param<'_>] = &[(&run_id, Type::UUID)];
        let dead: &[Param<'_>] = &[(&run_id, Type::UUID), (&CHUNK, Type::TEXT)];
        let failed: &[Param<'_>] = &[(&run_id, Type::UUID), (&named_max, Type::INT8)];
        let statements = [
            Statement { sql: sql!("read_night.sql"), params: of_night },
            Statement { sql: sql!("dead_chunks.sql"), params: dead },
            Statement { sql: sql!("count_fates.sql"), params: of_night },
            Statement { sql: sql!("first_failed.sql"), params: failed },
            Statement { sql: sql!("scored_chunks.sql"), params: of_night },
        ];
        let answers = self.snapshot("counting a night", &statements).await?;
        let [of_night, dead, fates, failed, chunks] = answers.as_slice() else {
            return Err(unreadable("a night's counts"));
        };
        let Some(night) = night(of_night)? else { return Ok(None) };
        let dead = dead.first().ok_or_else(|| unreadable("dead chunks"))?;
        let mut totals = NightTotals {
            night,
            chunks_dead: column(dead, "chunks")?,
            users: BTreeMap::new(),
            users_left: 0,
            reasons: BTreeMap::new(),
            assets_scored: 0,
            first_failed: failed.iter().map(failure).collect::<Result<_, _>>()?,
            chunks_scored: chunks
                .iter()
                .map(|row| column(row, "chunk"))
                .collect::<Result<_, _>>()?,
        };
        fates.iter().try_for_each(|row| count(&mut totals, row))?;
        Ok(Some(totals))
    }

    async fn chunk_snapshots(
        &self,
        run_id: Uuid,
        chunk: i32,
    ) -> Result<Vec<UserSnapshot>, PortError> {
        let params: &[Param<'_>] = &[(&run_id, Type::UUID), (&chunk, Type::INT4)];
        let sql = sql!("chunk_snapshots.sql");
        let rows = self.statement("reading newest scores", sql, params).await?;
        let by_user = rows.chunk_by(|a, b| names(a).ok() == names(b).ok());
        by_user.filter_map(|rows| snapshot(rows).transpose()).collect()
    }
}

/// A name of a market, an asset or the like.
pub(crate) fn code<T, E>(
    row: &Row,
    name: &str,
    parse: impl Fn(String) -> Result<T, E>,
) -> Result<T, PortError> {
    parse(column(row, name)?).map_err(|_| unreadable(&format!("column {name}")))
}

fn symbol(row: &Row) -> Result<Symbol, PortError> {
    code(row, "symbol", Symbol::parse)
}

pub(crate) fn user(row: &Row) -> Result<UserKey, PortError> {
    let (owner, user) = names(row)?;
    let owner = OrganizationId::parse(owner).map_err(|error| no_name(&error))?;
    Ok((owner, PortfolioUserId::parse(user).map_err(|error| no_name(&error))?))
}

fn names(row: &Row) -> Result<(&str, &str), PortError> {
    Ok((column(row, "organization_id")?, column(row, "user_id")?))
}

/// A night of a row for each of its checkpoints.
pub(crate) fn night(rows: &[Row]) -> Result<Option<Night>, PortError> {
    let Some(first) = rows.first() else { return Ok(None) };
    let status = NightStatus::parse(column(first, "status")?);
    let markets: Vec<String> = column(first, "markets")?;
    let markets = markets.into_iter().map(Market::parse).collect::<Result<_, _>>();
    let (errors, metrics): (Json<Value>, Json<Value>) =
        (column(first, "error_details")?, column(first, "metrics")?);
    let steps = rows.iter().map(step).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(Night {
        run_id: column(first, "id")?,
        job_type: column(first, "job_type")?,
        status: status.ok_or_else(|| unreadable("column status"))?,
        started_at: column(first, "started_at")?,
        completed_at: column(first, "completed_at")?,
        correlation_id: column(first, "correlation_id")?,
        markets: markets.map_err(|_| unreadable("column markets"))?,
        inputs_of: column(first, "inputs_of")?,
        chunks_total: column(first, "chunks_total")?,
        chunks_done: column(first, "chunks_done")?,
        users_processed: column(first, "users_processed")?,
        users_failed: column(first, "users_failed")?,
        users_skipped: column(first, "users_skipped")?,
        error_details: errors.0,
        metrics: metrics.0,
        steps: steps.into_iter().flatten().collect(),
    }))
}

/// None where the night has done none.
fn step(row: &Row) -> Result<Option<StepDone>, PortError> {
    let Some(name) = column::<Option<&str>>(row, "step")? else { return Ok(None) };
    let summary: Json<Value> = column(row, "summary")?;
    Ok(Some(StepDone {
        step: Step::parse(name).ok_or_else(|| unreadable("column step"))?,
        done_at: column(row, "done_at")?,
        took_ms: column(row, "took_ms")?,
        summary: summary.0,
    }))
}

fn rates(row: &Row) -> Result<StoredRates, PortError> {
    let rates: Result<Rates, _> = serde_json::from_str(column(row, "rates")?);
    Ok(StoredRates {
        rates: rates.map_err(|_| unreadable("column rates"))?,
        fetched_at: column(row, "fetched_at")?,
        stale: column(row, "stale")?,
    })
}

/// None where it cannot be read: whoever holds the symbol fails, and nobody else.
fn quote(row: &Row) -> Result<Option<(Symbol, Quote)>, PortError> {
    let quote = Quote::from_json(column(row, "quote")?);
    quote.map(|quote| Ok((symbol(row)?, quote))).transpose()
}

/// Users with their assets; both are in the order of their keys.
fn of_users(users: &[Row], assets: &[Row]) -> Result<Vec<UserInputs>, PortError> {
    let mut held: BTreeMap<(&str, &str), (Vec<_>, usize)> = BTreeMap::new();
    for row in assets {
        let (listed, unlisted) = held.entry(names(row)?).or_default();
        if column(row, "listed")? {
            listed.push((column(row, "asset_id")?, column(row, "symbol")?));
        } else {
            *unlisted += 1;
        }
    }
    let inputs = |row| {
        let criteria = Option::zip(column(row, "version")?, column(row, "rules")?);
        let (assets, unlisted) = held.remove(&names(row)?).unwrap_or_default();
        let base_currency = column(row, "base_currency")?;
        let stored = StoredUser { base_currency, assets, unlisted, criteria };
        Ok(UserInputs { user: user(row)?, stored })
    };
    users.iter().map(inputs).collect()
}

fn lost(row: &Row) -> Result<LostNight, PortError> {
    let died: Option<String> = column(row, "died")?;
    let cause: Option<String> = column(row, "cause")?;
    let is_cancelled: bool = column(row, "cancelled")?;
    let why = match died {
        _ if is_cancelled => Lost::RunCancelled,
        Some(_) => Lost::JobDied,
        None => Lost::RunOver,
    };
    let (run_id, now) = (column(row, "id")?, column(row, "now")?);
    let (died, starter) = (died.map(|of| (of, cause)), starter(row)?);
    Ok(LostNight { run_id, why, died, starter, now })
}

fn failure(row: &Row) -> Result<NamedFailure, PortError> {
    Ok(NamedFailure {
        user: user(row)?,
        reason: column(row, "reason")?,
        detail: column(row, "detail")?,
    })
}

/// Adds the users of one fate and reason.
fn count(totals: &mut NightTotals, row: &Row) -> Result<(), PortError> {
    let users: i64 = column(row, "users")?;
    totals.assets_scored += column::<i64>(row, "assets")?;
    let Some(fate) = column::<Option<&str>>(row, "fate")? else {
        totals.users_left += users;
        return Ok(());
    };
    let fate = UserFate::from_name(fate).ok_or_else(|| unreadable("column fate"))?;
    *totals.users.entry(fate).or_default() += users;
    if let Some(reason) = column(row, "reason")? {
        *totals.reasons.entry(reason).or_default() += users;
    }
    Ok(())
}

/// A user's newest scores, of a row each; of one row without an asset, none. Of whom no night
/// has scored yet there is nothing.
fn snapshot(rows: &[Row]) -> Result<Option<UserSnapshot>, PortError> {
    let first = rows.first().ok_or_else(|| unreadable("newest scores"))?;
    let Some(run_id) = column(first, "scored_run")? else { return Ok(None) };
    let score = |row: &Row| {
        let Some(asset_id) = column::<Option<&str>>(row, "asset_id")? else { return Ok(None) };
        Ok(Some(LatestScore {
            asset_id: AssetId::parse(asset_id).map_err(|error| no_name(&error))?,
            symbol: symbol(row)?,
            score: column(row, "score")?,
            maximum: column(row, "maximum")?,
            percentage: column(row, "percentage")?,
        }))
    };
    let scores = rows.iter().map(score).collect::<Result<Vec<_>, PortError>>()?;
    Ok(Some(UserSnapshot {
        user: user(first)?,
        run_id,
        night_at: column(first, "scored_night_at")?,
        scored_at: column(first, "scored_at")?,
        criteria_version: column(first, "criteria_version")?,
        scores: scores.into_iter().flatten().collect(),
    }))
}

//! What nights of portfolio scoring are decided on.

use std::collections::{BTreeMap, BTreeSet};

use mauntic_domain::ids::AssetId;
use mauntic_domain::jobs::{JobState, JobType};
use mauntic_domain::overnight::{Lost, NightStatus};
use mauntic_domain::portfolio::inputs::ASSETS_MAX;
use mauntic_domain::portfolio::{Market, StoredUser, Symbol, UserFate};
use mauntic_domain::runs::RunStatus;
use mauntic_flows::ports::{
    ChunkInputs, FAILURES_NAMED_MAX, LatestScore, LostNight, NamedFailure, Night, NightEnd,
    NightStore, NightTold, NightTotals, PortError, StoredRates, UserInputs, UserKey, UserSnapshot,
};
use uuid::Uuid;

use super::portfolios::{AssetRow, AssetScoreRow, NightUserRow};
use super::{MemorySession, State};
use crate::faults::Call;

impl NightStore for MemorySession {
    async fn night(&self, run_id: Uuid) -> Result<Option<Night>, PortError> {
        self.call(Call::Night, |state| Ok(state.portfolios.nights.get(&run_id).cloned())).await
    }

    async fn night_rates(&self, run_id: Uuid) -> Result<Option<StoredRates>, PortError> {
        self.call(Call::NightRates, |state| Ok(state.portfolios.rates.get(&run_id).cloned())).await
    }

    async fn latest_rates(&self, but: Uuid) -> Result<Option<StoredRates>, PortError> {
        self.call(Call::LatestRates, |state| Ok(state.latest_rates(but))).await
    }

    async fn unknown_markets(&self, markets: &[Market]) -> Result<Vec<Market>, PortError> {
        self.call(Call::UnknownMarkets, |state| Ok(state.unknown_markets(markets))).await
    }

    async fn due_symbols(
        &self,
        run_id: Uuid,
        after: Option<&Symbol>,
        limit: u32,
    ) -> Result<Vec<Symbol>, PortError> {
        self.call(Call::DueSymbols, |state| Ok(state.due_symbols(run_id, after, limit))).await
    }

    async fn chunk_inputs(
        &self,
        run_id: Uuid,
        chunk: i32,
    ) -> Result<Option<ChunkInputs>, PortError> {
        self.call(Call::ChunkInputs, |state| Ok(state.chunk_inputs(run_id, chunk))).await
    }

    async fn night_in_the_way(&self, of: Uuid, but: Uuid) -> Result<Option<Uuid>, PortError> {
        self.call(Call::NightInTheWay, |state| Ok(state.night_in_the_way(of, but))).await
    }

    async fn lost_nights(&self, limit: u32) -> Result<Vec<LostNight>, PortError> {
        self.call(Call::LostNights, |state| Ok(state.lost_nights(limit))).await
    }

    async fn end_lost_night(&self, end: &NightEnd, told: &NightTold) -> Result<bool, PortError> {
        self.call(Call::EndLostNight, |state| Ok(state.end_lost_night(end, told))).await
    }

    async fn night_totals(&self, run_id: Uuid) -> Result<Option<NightTotals>, PortError> {
        self.call(Call::NightTotals, |state| Ok(state.night_totals(run_id))).await
    }

    async fn chunk_snapshots(
        &self,
        run_id: Uuid,
        chunk: i32,
    ) -> Result<Vec<UserSnapshot>, PortError> {
        self.call(Call::ChunkSnapshots, |state| Ok(state.chunk_snapshots(run_id, chunk))).await
    }
}

impl State {
    fn latest_rates(&self, but: Uuid) -> Option<StoredRates> {
        let others = self.portfolios.rates.iter();
        let others = others.filter(|(run, of)| **run != but && !of.rates.tells_nothing());
        let newest = others.max_by_key(|(run, rates)| (rates.fetched_at, **run));
        newest.map(|(_, rates)| rates.clone())
    }

    /// The night itself before what repeats the same.
    fn night_in_the_way(&self, of: Uuid, but: Uuid) -> Option<Uuid> {
        let inputs_of = self.portfolios.nights.get(&of)?.inputs_of;
        let open = self.portfolios.nights.values().filter(|night| {
            let is_open = night.status == NightStatus::Started;
            is_open && night.inputs_of == inputs_of && night.run_id != but
        });
        open.map(|night| night.run_id).min_by_key(|id| (*id != of, *id))
    }

    fn lost_nights(&self, limit: u32) -> Vec<LostNight> {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let lost = self.portfolios.nights.values().filter(|night| self.is_lost(night.run_id));
        lost.take(most).map(|night| self.lost_night(night.run_id)).collect()
    }

    /// Whether a night goes on though its run is over; one that retention took was.
    pub(super) fn is_lost(&self, run_id: Uuid) -> bool {
        let goes_on = |night: &Night| night.status == NightStatus::Started;
        let is_open = self.runs.get(run_id).is_some_and(|run| run.status == RunStatus::Running);
        self.portfolios.nights.get(&run_id).is_some_and(goes_on) && !is_open
    }

    fn lost_night(&self, run_id: Uuid) -> LostNight {
        let run = self.runs.get(run_id);
        let of_run = || self.jobs.iter().filter(|job| job.run_id == Some(run_id));
        let started = of_run().filter(|job| job.starter.is_some());
        let starter = started.min_by_key(|job| job.id).and_then(|job| job.starter);
        let dead = of_run().filter(|job| job.state == JobState::DeadLettered);
        let first = dead.min_by_key(|job| job.id);
        let died = first.map(|job| (job.type_name.clone(), job.last_error.clone()));
        let why = match died {
            _ if run.is_some_and(|run| run.cancelled_at.is_some()) => Lost::RunCancelled,
            Some(_) => Lost::JobDied,
            None => Lost::RunOver,
        };
        LostNight { run_id, why, died, starter, now: self.now }
    }

    fn unknown_markets(&self, markets: &[Market]) -> Vec<Market> {
        let is_known = |market: &&Market| {
            self.portfolios
                .users
                .iter()
                .any(|(user, row)| row.active && self.is_in(user, &[market]))
        };
        markets.iter().filter(|market| !is_known(market)).cloned().collect()
    }

    /// Whether a user has an asset in one of these markets.
    pub(super) fn is_in(&self, user: &UserKey, markets: &[&Market]) -> bool {
        let assets = self.portfolios.assets.get(user);
        assets.is_some_and(|assets| assets.values().any(|row| markets.contains(&&row.market)))
    }

    /// The users of a night, by their keys.
    pub(super) fn night_users(
        &self,
        run_id: Uuid,
    ) -> impl Iterator<Item = (&UserKey, &NightUserRow)> {
        let of_run = self.portfolios.night_users.iter().filter(move |((of, _), _)| *of == run_id);
        of_run.map(|((_, user), row)| (user, row))
    }

    fn due_symbols(&self, run_id: Uuid, after: Option<&Symbol>, limit: u32) -> Vec<Symbol> {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let prices = self.portfolios.prices.iter();
        let due = prices.filter(|((of, symbol), row)| {
            *of == run_id && row.asked_at.is_none() && after.is_none_or(|after| symbol > after)
        });
        due.map(|((_, symbol), _)| symbol.clone()).take(most).collect()
    }

    fn chunk_inputs(&self, run_id: Uuid, chunk: i32) -> Option<ChunkInputs> {
        let night = self.portfolios.nights.get(&run_id)?.clone();
        let open = self.night_users(run_id);
        let open = open.filter(|(_, row)| row.chunk == chunk && row.fate.is_none());
        let open: Vec<&UserKey> = open.map(|(user, _)| user).collect();
        let assets = open.iter().filter_map(|user| self.portfolios.assets.get(*user));
        let symbols: BTreeSet<&Symbol> =
            assets.flat_map(|assets| assets.values().map(|row| &row.symbol)).collect();
        let quote = |symbol: &Symbol| {
            let row = self.portfolios.prices.get(&(run_id, symbol.clone()))?;
            Some((symbol.clone(), row.quote.clone()?))
        };
        let users = open.into_iter().map(|user| self.user_inputs(run_id, user));
        Some(ChunkInputs {
            night,
            rates: self.portfolios.rates.get(&run_id).cloned(),
            quotes: symbols.into_iter().filter_map(quote).collect(),
            users: users.collect(),
        })
    }

    fn user_inputs(&self, run_id: Uuid, user: &UserKey) -> UserInputs {
        let row = self.portfolios.users.get(user);
        let versions = self.portfolios.criteria.get(user);
        let newest = versions.and_then(|versions| versions.last_key_value());
        let held = self.portfolios.assets.get(user).into_iter().flatten().take(ASSETS_MAX + 1);
        let is_listed =
            |row: &AssetRow| self.portfolios.prices.contains_key(&(run_id, row.symbol.clone()));
        let (listed, unlisted): (Vec<_>, Vec<_>) = held.partition(|(_, row)| is_listed(row));
        let asset = |(id, row): (&AssetId, &AssetRow)| {
            (id.as_str().to_owned(), row.symbol.as_str().to_owned())
        };
        let stored = StoredUser {
            base_currency: row.map(|row| row.base_currency.as_str().to_owned()).unwrap_or_default(),
            assets: listed.into_iter().map(asset).collect(),
            unlisted: unlisted.len(),
            criteria: newest.map(|(version, row)| (*version, row.rules.clone())),
        };
        UserInputs { user: user.clone(), stored }
    }

    fn night_totals(&self, run_id: Uuid) -> Option<NightTotals> {
        let night = self.portfolios.nights.get(&run_id)?.clone();
        let dead = self.jobs.iter().filter(|job| {
            job.run_id == Some(run_id)
                && job.type_name == JobType::OvernightScoreUsers.name()
                && matches!(job.state, JobState::DeadLettered | JobState::Cancelled)
        });
        let mut totals = NightTotals {
            night,
            chunks_dead: i32::try_from(dead.count()).unwrap_or(i32::MAX),
            users: BTreeMap::new(),
            users_left: 0,
            reasons: BTreeMap::new(),
            assets_scored: 0,
            first_failed: Vec::new(),
            chunks_scored: Vec::new(),
        };
        let mut scored = BTreeSet::new();
        for (user, row) in self.night_users(run_id) {
            let Some(fate) = row.fate else {
                totals.users_left += 1;
                continue;
            };
            *totals.users.entry(fate).or_default() += 1;
            totals.assets_scored += i64::from(row.assets_scored);
            let ends_scores = row.unscored.as_ref().is_some_and(|why| why.reason.ends_scores());
            if fate == UserFate::Scored || ends_scores {
                scored.insert(row.chunk);
            }
            let Some(why) = &row.unscored else { continue };
            *totals.reasons.entry(why.reason.name().to_owned()).or_default() += 1;
            let named_max = usize::try_from(FAILURES_NAMED_MAX).unwrap_or(usize::MAX);
            if fate == UserFate::Failed && totals.first_failed.len() < named_max {
                totals.first_failed.push(NamedFailure {
                    user: user.clone(),
                    reason: why.reason.name().to_owned(),
                    detail: Some(why.detail.clone()),
                });
            }
        }
        totals.chunks_scored = scored.into_iter().collect();
        Some(totals)
    }

    fn chunk_snapshots(&self, run_id: Uuid, chunk: i32) -> Vec<UserSnapshot> {
        let of_chunk = self.night_users(run_id).filter(|(_, row)| row.chunk == chunk);
        of_chunk.filter_map(|(user, _)| self.user_snapshot(user)).collect()
    }

    /// None of a user whom no night has scored yet, or found without assets.
    fn user_snapshot(&self, user: &UserKey) -> Option<UserSnapshot> {
        let last = self.portfolios.users.get(user)?.scored?;
        let rows = self.portfolios.scores.iter().filter(|((of, _), _)| of == user);
        let rows: Vec<_> = rows.collect();
        let score = |((_, asset_id), row): &(&(UserKey, _), &AssetScoreRow)| LatestScore {
            asset_id: Clone::clone(asset_id),
            symbol: row.symbol.clone(),
            score: row.score.to_string(),
            maximum: row.maximum.to_string(),
            percentage: row.percentage.to_string(),
        };
        Some(UserSnapshot {
            user: user.clone(),
            run_id: last.run_id,
            night_at: last.night_at,
            scored_at: last.scored_at,
            criteria_version: rows.first().map(|(_, row)| row.criteria_version),
            scores: rows.iter().map(score).collect(),
        })
    }
}

//! What nights of portfolio scoring write.

use std::collections::BTreeSet;

use mauntic_domain::jobs::{JobState, JobType};
use mauntic_domain::overnight::{NightStatus, Step};
use mauntic_domain::portfolio::{Symbol, UserFate};
use mauntic_flows::ports::{
    Effect, Night, NightBegin, NightChunk, NightEnd, NightQuotes, NightUsers, NightWrite,
    PortError, ScoredAsset, StepDone, Took, UserKey, UserWrite,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::State;
use super::portfolios::{AssetScoreRow, CalculationRow, LastScored, NightUserRow, PriceRow};

impl State {
    /// Foreign keys: rates and checkpoints are a night's.
    pub(super) fn check_nights(&self, effect: &Effect) -> Result<(), PortError> {
        let begins = |run_id: Uuid| {
            let of_run =
                |write: &NightWrite| matches!(write, NightWrite::Begin(of) if of.run_id == run_id);
            effect.nights.iter().any(of_run)
        };
        let needs_night = |write: &NightWrite| match write {
            NightWrite::Rates(write) => Some(write.run_id),
            NightWrite::Quotes(write) => write.took.as_ref().map(|_| write.run_id),
            _ => None,
        };
        let mut needed = effect.nights.iter().filter_map(needs_night);
        if needed.all(|run| self.portfolios.nights.contains_key(&run) || begins(run)) {
            return Ok(());
        }
        let cause = "SQLSTATE 23503 (overnight_steps_run_id_fkey)".to_owned();
        Err(PortError::Refused { what: "the effect's transaction", cause })
    }

    pub(super) fn write_night(&mut self, write: &NightWrite) {
        match write {
            NightWrite::Begin(write) => self.begin_night(write),
            NightWrite::Rates(write) => {
                let rates = || write.rates.clone();
                self.portfolios.rates.entry(write.run_id).or_insert_with(rates);
                self.note_step(write.run_id, Step::ExchangeRates, &write.took);
            }
            NightWrite::Users(write) => self.plan_night(write),
            NightWrite::Quotes(write) => self.store_quotes(write),
            NightWrite::Chunk(write) => self.score_users(write),
            NightWrite::End(write) => self.end_night(write),
        }
    }

    fn begin_night(&mut self, write: &NightBegin) {
        let night = Night {
            run_id: write.run_id,
            job_type: write.job_type.to_owned(),
            status: NightStatus::Started,
            started_at: write.started_at,
            completed_at: None,
            correlation_id: write.correlation_id.clone(),
            markets: write.markets.clone(),
            inputs_of: write.inputs_of,
            chunks_total: 0,
            chunks_done: 0,
            users_processed: 0,
            users_failed: 0,
            users_skipped: 0,
            error_details: json!({}),
            metrics: json!({}),
            steps: Vec::new(),
        };
        self.portfolios.nights.entry(write.run_id).or_insert(night);
        self.note_step(write.run_id, Step::SetUp, &write.took);
    }

    /// Once a step.
    fn note_step(&mut self, run_id: Uuid, step: Step, took: &Took) {
        let done_at = self.now;
        let Some(night) = self.portfolios.nights.get_mut(&run_id) else { return };
        if night.done(step).is_some() {
            return;
        }
        let took_ms = (done_at - took.began_at).num_milliseconds().max(0);
        night.steps.push(StepDone { step, done_at, took_ms, summary: took.summary.clone() });
        night.steps.sort_by_key(|done| done.step);
    }

    fn plan_night(&mut self, write: &NightUsers) {
        let run_id = write.run_id;
        let Some(night) = self.portfolios.nights.get(&run_id) else { return };
        if night.done(Step::Users).is_some() {
            return;
        }
        let source = night.inputs_of;
        let candidates = self.candidates(night);
        let most = usize::try_from(write.users_max).unwrap_or(usize::MAX);
        let chunk_users = usize::try_from(write.chunk_users.max(1)).unwrap_or(usize::MAX);
        let left_out = candidates.len().saturating_sub(most);
        let users: Vec<UserKey> = candidates.into_iter().take(most).collect();
        let symbols = self.symbols_of(&users);
        for symbol in &symbols {
            let known = self.portfolios.prices.get(&(source, symbol.clone()));
            let known = known.filter(|row| source != run_id && row.quote.is_some());
            let row = known.cloned().unwrap_or_default();
            self.portfolios.prices.insert((run_id, symbol.clone()), row);
        }
        let chunks = users.len().div_ceil(chunk_users);
        let summary: Value = json!({
            "users": users.len(), "chunks": chunks, "symbols": symbols.len(), "leftOut": left_out,
        });
        for (place, user) in users.into_iter().enumerate() {
            let chunk = i32::try_from(place / chunk_users).unwrap_or(i32::MAX);
            let row = NightUserRow { chunk, fate: None, unscored: None, assets_scored: 0 };
            self.portfolios.night_users.insert((run_id, user), row);
        }
        self.note_step(run_id, Step::Users, &Took { began_at: write.began_at, summary });
        if let Some(night) = self.portfolios.nights.get_mut(&run_id) {
            night.chunks_total = i32::try_from(chunks).unwrap_or(i32::MAX);
        }
    }

    /// Whom a night may score, by their keys.
    fn candidates(&self, night: &Night) -> Vec<UserKey> {
        if night.is_retry() {
            let of_it = self.night_users(night.inputs_of);
            let left = of_it.filter(|(_, row)| row.fate != Some(UserFate::Scored));
            return left.map(|(user, _)| user.clone()).collect();
        }
        let markets: Vec<_> = night.markets.iter().collect();
        let users =
            self.portfolios.users.iter().filter(|(user, row)| {
                row.active && (markets.is_empty() || self.is_in(user, &markets))
            });
        users.map(|(user, _)| user.clone()).collect()
    }

    fn symbols_of(&self, users: &[UserKey]) -> BTreeSet<Symbol> {
        let assets = users.iter().filter_map(|user| self.portfolios.assets.get(user));
        assets.flat_map(|assets| assets.values().map(|row| row.symbol.clone())).collect()
    }

    fn store_quotes(&mut self, write: &NightQuotes) {
        let now = self.now;
        for symbol in &write.asked {
            let row = self.portfolios.prices.get_mut(&(write.run_id, symbol.clone()));
            if let Some(row) = row.filter(|row| row.asked_at.is_none()) {
                let quote = write.quotes.get(symbol).cloned();
                *row = PriceRow { asked_at: Some(now), quote };
            }
        }
        if let Some(took) = &write.took {
            self.note_step(write.run_id, Step::Prices, took);
        }
    }

    fn score_users(&mut self, write: &NightChunk) {
        let Some(night_at) = self.portfolios.nights.get(&write.run_id).map(|of| of.started_at)
        else {
            return;
        };
        let last = LastScored { night_at, run_id: write.run_id, scored_at: write.scored_at };
        let decided = write.users.iter().filter(|user| self.score_user(write, user, last)).count();
        if let Some(night) = self.portfolios.nights.get_mut(&write.run_id) {
            night.chunks_done += i32::from(decided > 0);
            if night.chunks_done == night.chunks_total {
                self.wake_night(write.run_id);
            }
        }
    }

    /// Whether it was decided by this.
    fn score_user(&mut self, write: &NightChunk, of: &UserWrite, last: LastScored) -> bool {
        let row = self.portfolios.night_users.get_mut(&(write.run_id, of.user.clone()));
        let open = row.filter(|row| row.chunk == write.chunk && row.fate.is_none());
        let Some(row) = open else { return false };
        row.fate = Some(of.fate());
        row.unscored.clone_from(&of.unscored);
        row.assets_scored = i32::try_from(of.scores.len()).unwrap_or(i32::MAX);
        for event in &of.events {
            let row = CalculationRow {
                kind: event.kind,
                correlation_id: of.correlation_id,
                at: write.scored_at,
                body: event.body.clone(),
            };
            let key = (write.run_id, of.user.clone(), event.kind.seq());
            self.portfolios.calculations.insert(key, row);
        }
        let scored = |score: &ScoredAsset| AssetScoreRow {
            symbol: score.symbol.clone(),
            score: score.score,
            maximum: score.maximum,
            percentage: score.percentage,
            criteria_version: of.criteria_version.unwrap_or(0),
            run_id: write.run_id,
            scored_at: write.scored_at,
        };
        for score in &of.scores {
            let key = (of.user.clone(), score.asset_id.clone(), last.night_at, write.run_id);
            self.portfolios.history.insert(key, scored(score));
        }
        self.keep_newest(of, last, scored);
        true
    }

    /// Replaces a user's newest scores, unless a later night's are there.
    fn keep_newest(
        &mut self,
        of: &UserWrite,
        last: LastScored,
        scored: impl Fn(&ScoredAsset) -> AssetScoreRow,
    ) {
        let Some(user) = self.portfolios.users.get_mut(&of.user) else { return };
        let place = |of: LastScored| (of.night_at, of.run_id);
        let is_newer = user.scored.is_none_or(|known| place(known) < place(last));
        if of.fate() != UserFate::Scored || !is_newer {
            return;
        }
        user.scored = Some(last);
        self.portfolios.scores.retain(|(user, _), _| *user != of.user);
        for score in &of.scores {
            let key = (of.user.clone(), score.asset_id.clone());
            self.portfolios.scores.insert(key, scored(score));
        }
    }

    /// Has a night end at once, if it waits.
    fn wake_night(&mut self, run_id: Uuid) {
        let now = self.now;
        let ends = self.jobs.iter().filter(|job| {
            job.run_id == Some(run_id)
                && job.type_name == JobType::OvernightFinalize.name()
                && job.state == JobState::Queued
                && !self.is_locked(job.id)
        });
        let ends: Vec<Uuid> = ends.map(|job| job.id).collect();
        for id in ends {
            self.jobs.change(id, |row| (row.available_at, row.wake_at) = (now, now));
        }
    }

    fn end_night(&mut self, write: &NightEnd) {
        let Some(night) = self.portfolios.nights.get_mut(&write.run_id) else { return };
        night.status = write.status;
        night.completed_at = Some(write.completed_at);
        night.users_processed = write.users_processed;
        night.users_failed = write.users_failed;
        night.users_skipped = write.users_skipped;
        night.error_details = write.error_details.clone();
        night.metrics = write.metrics.clone();
    }
}

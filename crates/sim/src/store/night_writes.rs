//! What nights of portfolio scoring write.

use std::collections::BTreeSet;

use mauntic_domain::jobs::{JobState, JobType};
use mauntic_domain::overnight::{NightStatus, Step};
use mauntic_domain::portfolio::calculation::DURATION_UNKNOWN;
use mauntic_domain::portfolio::{CalculationKind, Symbol, UserFate};
use mauntic_flows::ports::{
    Effect, Night, NightBegin, NightChunk, NightEnd, NightQuotes, NightTold, NightUsers,
    NightWrite, PortError, ScoredAsset, StepDone, Took, UserKey, UserWrite,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::State;
use super::portfolios::{AssetScoreRow, CalculationRow, LastScored, NightUserRow, PriceRow};
use super::rows::EventRow;

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

    /// What a night's write was decided on is still so.
    pub(super) fn check_reads_of_nights(&self, effect: &Effect) -> Result<(), PortError> {
        let is_another = |write: &NightWrite| {
            let night = |run_id| self.portfolios.nights.get(run_id);
            match write {
                NightWrite::End(end) => {
                    let as_read = |night: &Night| {
                        (night.chunks_done, night.status) == (end.chunks_done, end.before)
                    };
                    !night(&end.run_id).is_some_and(as_read)
                }
                NightWrite::Chunk(chunk) => {
                    let has_ended = |night: &Night| night.status != NightStatus::Started;
                    chunk.users.iter().any(|user| self.is_open(chunk, user))
                        && night(&chunk.run_id).is_some_and(|of| has_ended(of) != chunk.reopens)
                }
                _ => false,
            }
        };
        if effect.nights.iter().any(is_another) {
            let cause = "what it was decided on has changed".to_owned();
            return Err(PortError::Contention { what: "the effect's transaction", cause });
        }
        Ok(())
    }

    /// Whether nothing has become of a user of a chunk.
    fn is_open(&self, chunk: &NightChunk, of: &UserWrite) -> bool {
        let row = self.portfolios.night_users.get(&(chunk.run_id, of.user.clone()));
        row.is_some_and(|row| row.chunk == chunk.chunk && row.fate.is_none())
    }

    /// A night that has ended goes on.
    pub(super) fn reopen_night(&mut self, run_id: Uuid) {
        let Some(night) = self.portfolios.nights.get_mut(&run_id) else { return };
        night.status = NightStatus::Started;
        night.completed_at = None;
        night.error_details = json!({});
    }

    pub(super) fn end_lost_night(&mut self, end: &NightEnd, told: &NightTold) -> bool {
        let night = self.portfolios.nights.get(&end.run_id).filter(|_| self.is_lost(end.run_id));
        let Some(night) = night.filter(|night| night.chunks_done == end.chunks_done) else {
            return false;
        };
        let (now, request_id) = (self.now, Some(night.correlation_id.clone()));
        self.end_night(end);
        let row = EventRow {
            id: self.new_id(),
            organization_id: None,
            event_type: told.event_type.to_owned(),
            data: told.data.clone(),
            job_id: None,
            request_id,
            occurred_at: now,
            wake_at: now,
            sent_at: None,
        };
        self.outbox.insert(row.id, row);
        true
    }

    pub(super) fn write_night(&mut self, write: &NightWrite) {
        match write {
            NightWrite::Begin(write) => self.begin_night(write),
            NightWrite::Rates(write) => {
                self.reopen_night(write.run_id);
                let rates = || write.rates.clone();
                self.portfolios.rates.entry(write.run_id).or_insert_with(rates);
                self.note_step(write.run_id, Step::ExchangeRates, &write.took);
            }
            NightWrite::Users(write) => {
                self.reopen_night(write.run_id);
                self.plan_night(write);
            }
            NightWrite::Quotes(write) => {
                self.reopen_night(write.run_id);
                self.store_quotes(write);
            }
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
        let told_by: Vec<Uuid> = self.repeats(source, run_id).chain([source]).collect();
        for symbol in &symbols {
            let prices = told_by.iter().filter(|by| **by != run_id);
            let known = prices
                .filter_map(|by| Some((self.portfolios.prices.get(&(*by, symbol.clone()))?, *by)));
            let first = known
                .filter(|(row, _)| row.quote.is_some())
                .min_by_key(|(row, by)| (row.asked_at, *by));
            let row = first.map(|(row, _)| row.clone()).unwrap_or_default();
            self.portfolios.prices.insert((run_id, symbol.clone()), row);
        }
        let chunks = users.len().div_ceil(chunk_users);
        let summary: Value = json!({
            "users": users.len(), "chunks": chunks, "symbols": symbols.len(), "leftOut": left_out,
            // Names are checked before they come here.
            "unreadable": 0,
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

    /// Nights that repeat another, but one.
    fn repeats(&self, of: Uuid, but: Uuid) -> impl Iterator<Item = Uuid> {
        let nights = self.portfolios.nights.values();
        let repeats = nights.filter(move |night| {
            night.inputs_of == of && night.run_id != of && night.run_id != but
        });
        repeats.map(|night| night.run_id)
    }

    /// Whether a night has scored a user, or is about to.
    fn takes(&self, run_id: Uuid, user: &UserKey) -> bool {
        let night = self.portfolios.nights.get(&run_id);
        let row = self.portfolios.night_users.get(&(run_id, user.clone()));
        row.is_some_and(|row| match row.fate {
            Some(fate) => fate == UserFate::Scored,
            None => night.is_some_and(|night| night.status == NightStatus::Started),
        })
    }

    /// Whom a night may score, by their keys.
    fn candidates(&self, night: &Night) -> Vec<UserKey> {
        if night.is_retry() {
            let of_it = self.night_users(night.inputs_of);
            let left = of_it.filter(|(_, row)| row.fate != Some(UserFate::Scored));
            let repeats: Vec<Uuid> = self.repeats(night.inputs_of, night.run_id).collect();
            let is_taken = |user: &UserKey| repeats.iter().any(|run| self.takes(*run, user));
            let left = left.filter(|(user, _)| !is_taken(user));
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
        if decided > 0 {
            self.reopen_night(write.run_id);
        }
        if let Some(night) = self.portfolios.nights.get_mut(&write.run_id) {
            night.chunks_done += i32::from(decided > 0);
            if night.chunks_done == night.chunks_total {
                self.wake_night(write.run_id);
            }
        }
    }

    /// Whether it was decided by this.
    fn score_user(&mut self, write: &NightChunk, of: &UserWrite, last: LastScored) -> bool {
        let took_ms = (self.now - write.scored_at).num_milliseconds().max(0);
        let known = DURATION_UNKNOWN.replace("null", &took_ms.to_string());
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
                body: match event.kind {
                    CalculationKind::Completed => event.body.replace(DURATION_UNKNOWN, &known),
                    _ => event.body.clone(),
                },
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

    /// Replaces a user's newest scores, by none where he has no assets, unless a later night's
    /// are there.
    fn keep_newest(
        &mut self,
        of: &UserWrite,
        last: LastScored,
        scored: impl Fn(&ScoredAsset) -> AssetScoreRow,
    ) {
        let Some(user) = self.portfolios.users.get_mut(&of.user) else { return };
        let place = |of: LastScored| (of.night_at, of.run_id);
        let is_newer = user.scored.is_none_or(|known| place(known) < place(last));
        let counts = of.unscored.as_ref().is_none_or(|why| why.reason.ends_scores());
        if !counts || !is_newer {
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

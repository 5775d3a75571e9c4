//! What nights of portfolio scoring are decided on.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{AssetId, OrganizationId, PortfolioUserId};
use mauntic_domain::overnight::{Lost, NightStatus, Step};
use mauntic_domain::portfolio::{Market, Quote, Rates, StoredUser, Symbol, UserFate};
use mauntic_domain::trace::TraceContext;
use serde_json::Value;
use uuid::Uuid;

use super::{NightEnd, NightTold, PortError};

/// A user of an organization; sorts as the primary keys do.
pub type UserKey = (OrganizationId, PortfolioUserId);

/// Most users that a night's end names with why they failed.
pub const FAILURES_NAMED_MAX: u32 = 10;

/// A step that was done: its checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct StepDone {
    /// Which step.
    pub step: Step,
    /// When its checkpoint was written.
    pub done_at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// What it did, for people.
    pub summary: Value,
}

/// A night: its row, and what of it is done.
#[derive(Debug, Clone, PartialEq)]
pub struct Night {
    /// The engine's run that it is.
    pub run_id: Uuid,
    /// The type of the job that began it.
    pub job_type: String,
    /// Where it stands.
    pub status: NightStatus,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub completed_at: Option<DateTime<Utc>>,
    /// Correlation id of all that it does.
    pub correlation_id: String,
    /// The markets of which users are scored; all where there are none.
    pub markets: Vec<Market>,
    /// The night whose rates and prices it goes by: its own, or the one that it repeats.
    pub inputs_of: Uuid,
    /// Its chunks; 0 until its users are known.
    pub chunks_total: i32,
    /// Those of them that are done.
    pub chunks_done: i32,
    /// Users with a score of it.
    pub users_processed: i64,
    /// Users who could not be scored.
    pub users_failed: i64,
    /// Users of whom there was nothing to score.
    pub users_skipped: i64,
    /// What went wrong, for people.
    pub error_details: Value,
    /// What it took, once it has ended.
    pub metrics: Value,
    /// Its checkpoints, in the order of the steps.
    pub steps: Vec<StepDone>,
}

impl Night {
    /// The checkpoint of a step, where it is done.
    #[must_use]
    pub fn done(&self, step: Step) -> Option<&StepDone> {
        self.steps.iter().find(|done| done.step == step)
    }

    /// Whether it is a repeat, of those users of another night who were not scored.
    #[must_use]
    pub fn is_retry(&self) -> bool {
        self.inputs_of != self.run_id
    }

    /// Whether it was ended because its run was over: whatever of it is done after all goes
    /// on with it.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        let reason = self.error_details.get("reason").and_then(Value::as_str);
        self.status != NightStatus::Started && reason.and_then(Lost::parse).is_some()
    }
}

/// A night that goes on, though its run is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostNight {
    /// The run.
    pub run_id: Uuid,
    /// Why.
    pub why: Lost,
    /// The type of its first dead job, and what that died of, for people.
    pub died: Option<(String, Option<String>)>,
    /// The span that started its jobs, where one is known.
    pub starter: Option<TraceContext>,
    /// The database's time.
    pub now: DateTime<Utc>,
}

/// Rates as a night has stored them.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRates {
    /// The rates.
    pub rates: Rates,
    /// When the provider told them; a night that took them over keeps it.
    pub fetched_at: DateTime<Utc>,
    /// Whether they were stale as the night took them.
    pub stale: bool,
}

/// What a user is scored by, besides rates and quotes: as it is stored, for what cannot be
/// read is this user's fault alone. One asset more than a portfolio may hold is the most
/// that is read; those whose symbols the night has not listed are only counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserInputs {
    /// Who.
    pub user: UserKey,
    /// What is stored; assets are sorted by their ids.
    pub stored: StoredUser,
}

/// What a chunk is scored by, of one snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct ChunkInputs {
    /// The night.
    pub night: Night,
    /// Its rates.
    pub rates: Option<StoredRates>,
    /// Its quotes of the symbols that these users have; one that the provider did not
    /// tell, or that cannot be read, is absent.
    pub quotes: BTreeMap<Symbol, Quote>,
    /// The chunk's users who have no fate yet, sorted.
    pub users: Vec<UserInputs>,
}

/// Why users of a night were not scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFailure {
    /// Who.
    pub user: UserKey,
    /// Why.
    pub reason: String,
    /// What exactly, for people.
    pub detail: Option<String>,
}

/// What a night has come to, of one snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct NightTotals {
    /// The night.
    pub night: Night,
    /// Chunks whose jobs are dead letters, or were cancelled.
    pub chunks_dead: i32,
    /// Its users by their fates.
    pub users: BTreeMap<UserFate, i64>,
    /// Its users without a fate: of chunks that are not done, or are dead.
    pub users_left: i64,
    /// Its users by why they were not scored.
    pub reasons: BTreeMap<String, i64>,
    /// Assets that were scored.
    pub assets_scored: i64,
    /// The first who failed, at most [`FAILURES_NAMED_MAX`] of them, in their order.
    pub first_failed: Vec<NamedFailure>,
    /// Chunks with somebody who was scored, or found without assets, ascending.
    pub chunks_scored: Vec<i32>,
}

impl NightTotals {
    /// Chunks that are neither done nor dead.
    #[must_use]
    pub const fn chunks_open(&self) -> i32 {
        self.night.chunks_total - self.night.chunks_done - self.chunks_dead
    }
}

/// An asset's newest score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatestScore {
    /// Which asset.
    pub asset_id: AssetId,
    /// What it is quoted by.
    pub symbol: Symbol,
    /// Points, with four decimals.
    pub score: String,
    /// Points that could be had, with four decimals.
    pub maximum: String,
    /// Percent of the maximum, with four decimals.
    pub percentage: String,
}

/// A user's newest scores, all of one night; none of one that found no assets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSnapshot {
    /// Who.
    pub user: UserKey,
    /// The night that scored them.
    pub run_id: Uuid,
    /// When it began: the later night's scores are the newer ones, of two that began at
    /// once the one with the greater id.
    pub night_at: DateTime<Utc>,
    /// When they were scored.
    pub scored_at: DateTime<Utc>,
    /// The version of the criteria; none where there are no scores.
    pub criteria_version: Option<i32>,
    /// The scores, sorted by asset.
    pub scores: Vec<LatestScore>,
}

/// What nights read. A run that is no night has none of it.
#[trait_variant::make(Send)]
pub trait NightStore: Sync {
    /// A night with its checkpoints.
    async fn night(&self, run_id: Uuid) -> Result<Option<Night>, PortError>;
    /// The rates of a night.
    async fn night_rates(&self, run_id: Uuid) -> Result<Option<StoredRates>, PortError>;
    /// The rates that were fetched last by any other night.
    async fn latest_rates(&self, but: Uuid) -> Result<Option<StoredRates>, PortError>;
    /// Those of these markets that no asset of an active user is in, in their order.
    async fn unknown_markets(&self, markets: &[Market]) -> Result<Vec<Market>, PortError>;
    /// At most `limit` symbols of a night behind one, sorted, that nobody has asked about
    /// for it.
    async fn due_symbols(
        &self,
        run_id: Uuid,
        after: Option<&Symbol>,
        limit: u32,
    ) -> Result<Vec<Symbol>, PortError>;
    /// What a chunk is scored by, in one round trip.
    async fn chunk_inputs(
        &self,
        run_id: Uuid,
        chunk: i32,
    ) -> Result<Option<ChunkInputs>, PortError>;
    /// A night that goes on and is `of`, or scores what a repeat of `of` would score too;
    /// `but` is that repeat's own.
    async fn night_in_the_way(&self, of: Uuid, but: Uuid) -> Result<Option<Uuid>, PortError>;
    /// Nights that go on though their runs are over, at most so many.
    async fn lost_nights(&self, limit: u32) -> Result<Vec<LostNight>, PortError>;
    /// Ends such a night and tells of it, in one transaction; false where somebody has ended
    /// it, or another chunk was done, or its run goes on by now.
    async fn end_lost_night(&self, end: &NightEnd, told: &NightTold) -> Result<bool, PortError>;
    /// What a night has come to.
    async fn night_totals(&self, run_id: Uuid) -> Result<Option<NightTotals>, PortError>;
    /// The newest scores of a chunk's users, whatever night's they are.
    async fn chunk_snapshots(
        &self,
        run_id: Uuid,
        chunk: i32,
    ) -> Result<Vec<UserSnapshot>, PortError>;
}

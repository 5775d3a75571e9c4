//! What nights of portfolio scoring write, each behind the fence of the job that decided
//! it. What a step has written stays: a repeat of it changes nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::ids::AssetId;
use mauntic_domain::overnight::NightStatus;
use mauntic_domain::portfolio::{
    AssetScore, Calculation, CalculationEvent, Inputs, Market, Quote, Scores, Shown, Symbol,
    Unscored, UserFate,
};
use serde_json::Value;
use uuid::Uuid;

use super::{StoredRates, UserKey};

/// What a job of a night writes.
#[derive(Debug, Clone, PartialEq)]
pub enum NightWrite {
    /// Step `set_up`.
    Begin(NightBegin),
    /// Step `exchange_rates`.
    Rates(NightRates),
    /// Step `users`.
    Users(NightUsers),
    /// A batch of step `prices`.
    Quotes(NightQuotes),
    /// A chunk's scores.
    Chunk(NightChunk),
    /// How it ended.
    End(NightEnd),
}

impl NightWrite {
    /// The night.
    #[must_use]
    pub const fn run_id(&self) -> Uuid {
        match self {
            Self::Begin(write) => write.run_id,
            Self::Rates(write) => write.run_id,
            Self::Users(write) => write.run_id,
            Self::Quotes(write) => write.run_id,
            Self::Chunk(write) => write.run_id,
            Self::End(write) => write.run_id,
        }
    }
}

/// What a checkpoint keeps of its step.
#[derive(Debug, Clone, PartialEq)]
pub struct Took {
    /// When it began, by the database's clock.
    pub began_at: DateTime<Utc>,
    /// What it did, for people.
    pub summary: Value,
}

/// A night that begins.
#[derive(Debug, Clone, PartialEq)]
pub struct NightBegin {
    /// The engine's run.
    pub run_id: Uuid,
    /// The type of the job that begins it.
    pub job_type: &'static str,
    /// When: the database's time at the claim.
    pub started_at: DateTime<Utc>,
    /// Correlation id of all that it does.
    pub correlation_id: String,
    /// The markets of which users are scored; all where there are none.
    pub markets: Vec<Market>,
    /// The night that it repeats, or its own run.
    pub inputs_of: Uuid,
    /// Its checkpoint.
    pub took: Took,
}

/// The rates that a night goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct NightRates {
    /// The night.
    pub run_id: Uuid,
    /// The rates.
    pub rates: StoredRates,
    /// Its checkpoint.
    pub took: Took,
}

/// Whom a night scores. The store finds them: the active users, of the markets where the
/// night has some; or, of a night that repeats another, those of its users who have no
/// scores of it. It puts them into chunks in the order of their keys, and the symbols of
/// their assets into the night's prices, of which a repeat takes over what is known. Its
/// checkpoint's summary tells `users`, `chunks` and `symbols`, in `leftOut` how many users
/// were more than the most, and in `unreadable` how many have names that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NightUsers {
    /// The night.
    pub run_id: Uuid,
    /// When the step began, by the database's clock.
    pub began_at: DateTime<Utc>,
    /// Most users.
    pub users_max: u32,
    /// Users of a chunk.
    pub chunk_users: u32,
}

/// Quotes of a batch of symbols.
#[derive(Debug, Clone, PartialEq)]
pub struct NightQuotes {
    /// The night.
    pub run_id: Uuid,
    /// The symbols that the provider was asked about, sorted.
    pub asked: Vec<Symbol>,
    /// What it told; of one that is absent nothing is known.
    pub quotes: BTreeMap<Symbol, Quote>,
    /// The step's checkpoint, with the last batch.
    pub took: Option<Took>,
}

/// A score of an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoredAsset {
    /// Which asset.
    pub asset_id: AssetId,
    /// What it is quoted by.
    pub symbol: Symbol,
    /// Points.
    pub score: Shown,
    /// Points that could be had.
    pub maximum: Shown,
    /// Percent of the maximum.
    pub percentage: Shown,
}

/// Most characters that are kept of why a user was not scored.
pub const DETAIL_CHARS_MAX: usize = 500;

/// What came of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserWrite {
    /// Who.
    pub user: UserKey,
    /// Correlation id of this calculation.
    pub correlation_id: Uuid,
    /// Why there are no scores, where there are none.
    pub unscored: Option<Unscored>,
    /// The version of the criteria, where there are any.
    pub criteria_version: Option<i32>,
    /// Its events, in their order.
    pub events: Vec<CalculationEvent>,
    /// Its scores, sorted by asset: of all assets, or none.
    pub scores: Vec<ScoredAsset>,
}

impl UserWrite {
    /// What is written of a calculation.
    #[must_use]
    pub fn of(user: UserKey, correlation_id: Uuid, calculation: &Calculation) -> Self {
        let unscored = calculation.outcome.as_ref().err().map(|why| Unscored {
            reason: why.reason,
            detail: why.detail.chars().take(DETAIL_CHARS_MAX).collect(),
        });
        let scores = calculation.inputs.iter().zip(&calculation.outcome).flat_map(scored);
        Self {
            user,
            correlation_id,
            unscored,
            criteria_version: calculation.criteria_version,
            events: calculation.events(),
            scores: scores.collect(),
        }
    }

    /// What became of the user.
    #[must_use]
    pub fn fate(&self) -> UserFate {
        self.unscored.as_ref().map_or(UserFate::Scored, |why| why.reason.fate())
    }
}

fn scored<'a>(
    (inputs, scores): (&'a Inputs, &'a Scores),
) -> impl Iterator<Item = ScoredAsset> + 'a {
    let score = |of: &AssetScore| {
        let symbol = inputs.assets.get(&of.asset_id)?.clone();
        let (score, maximum, percentage) = (of.score, scores.maximum, of.percentage);
        Some(ScoredAsset { asset_id: of.asset_id.clone(), symbol, score, maximum, percentage })
    };
    scores.assets.iter().filter_map(score)
}

/// A chunk's scores. Of users who have a fate by now nothing is written, and where all
/// have, the chunk counts no more. The newest scores of a user are those of the last night
/// that scored him, or found him without assets and left him none: one that began later
/// than this keeps its own. With the last chunk, the night's end is due. A night that has
/// ended without it goes on; where that is not as it was read, nothing is written, and it is
/// decided again. Each user's last event gets its duration: from the claim to this write, by
/// the database's clock, which is the same for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NightChunk {
    /// The night.
    pub run_id: Uuid,
    /// Which chunk.
    pub chunk: i32,
    /// When it was scored: the database's time at the claim.
    pub scored_at: DateTime<Utc>,
    /// Its users, sorted.
    pub users: Vec<UserWrite>,
    /// Whether the night had ended as it was read, so that this effect enqueues what ends it
    /// anew.
    pub reopens: bool,
}

/// How a night ended. Written again, it is the later one. Where another chunk was done
/// since it was decided, nothing is written, and it is decided again.
#[derive(Debug, Clone, PartialEq)]
pub struct NightEnd {
    /// The night.
    pub run_id: Uuid,
    /// How.
    pub status: NightStatus,
    /// When: the database's time at the claim.
    pub completed_at: DateTime<Utc>,
    /// Users with a score of it.
    pub users_processed: i64,
    /// Users who could not be scored.
    pub users_failed: i64,
    /// Users of whom there was nothing to score.
    pub users_skipped: i64,
    /// What went wrong, for people.
    pub error_details: Value,
    /// What it took.
    pub metrics: Value,
    /// Whether it had ended before, and ends anew: what is told says so, nothing else does.
    pub is_correction: bool,
    /// The chunks that were done as it was decided.
    pub chunks_done: i32,
    /// Its status as it was decided: of two who end it one finds another.
    pub before: NightStatus,
}

/// That a night has ended, told of.
#[derive(Debug, Clone, PartialEq)]
pub struct NightTold {
    /// Type of the event.
    pub event_type: &'static str,
    /// What it tells.
    pub data: Value,
}

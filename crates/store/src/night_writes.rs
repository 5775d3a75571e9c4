//! What nights of portfolio scoring write, column by column for `unnest`.

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::JobType;
use mauntic_domain::overnight::Step;
use mauntic_domain::portfolio::calculation::DURATION_UNKNOWN;
use mauntic_domain::portfolio::{CalculationEvent, Market, Quote, Symbol, UserFate};
use mauntic_flows::ports::{
    NightBegin, NightChunk, NightEnd, NightQuotes, NightRates, NightUsers, NightWrite, ScoredAsset,
    Took, UserWrite,
};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::flight::{Param, Statement};

/// What an effect's nights write.
pub(crate) struct Nights<'a>(Vec<Columns<'a>>);

enum Columns<'a> {
    Begin { write: &'a NightBegin, markets: Vec<&'a str>, done: Checkpoint<'a> },
    Rates { write: &'a NightRates, base: &'a str, rates: String, done: Checkpoint<'a> },
    Users { write: &'a NightUsers, users_max: i64, chunk_users: i64 },
    Quotes(Quotes<'a>),
    Chunk(Box<Chunk<'a>>),
    End(End<'a>),
}

/// Statements with their parameters, in their order.
pub(crate) type Params<'a> = Vec<(&'static str, Vec<Param<'a>>)>;

impl<'a> Nights<'a> {
    pub(crate) fn of(writes: &'a [NightWrite]) -> Self {
        Self(writes.iter().map(Columns::of).collect())
    }

    pub(crate) fn params(&self) -> Vec<Params<'_>> {
        self.0.iter().map(Columns::params).collect()
    }
}

/// The statements of a night's write.
pub(crate) fn statements<'a>(params: &'a Params<'a>) -> impl Iterator<Item = Statement<'a>> {
    params.iter().map(|(sql, params)| Statement { sql, params })
}

impl<'a> Columns<'a> {
    fn of(write: &'a NightWrite) -> Self {
        match write {
            NightWrite::Begin(write) => Self::Begin {
                write,
                markets: write.markets.iter().map(Market::as_str).collect(),
                done: Checkpoint::of(write.run_id, Step::SetUp, &write.took),
            },
            NightWrite::Rates(write) => Self::Rates {
                write,
                base: write.rates.rates.base.as_str(),
                rates: write.rates.rates.to_json(),
                done: Checkpoint::of(write.run_id, Step::ExchangeRates, &write.took),
            },
            NightWrite::Users(write) => Self::Users {
                write,
                users_max: i64::from(write.users_max),
                // At least one, or no chunk would have any.
                chunk_users: i64::from(write.chunk_users.max(1)),
            },
            NightWrite::Quotes(write) => Self::Quotes(Quotes::of(write)),
            NightWrite::Chunk(write) => Self::Chunk(Box::new(Chunk::of(write))),
            NightWrite::End(write) => Self::End(End::of(write)),
        }
    }

    fn params(&self) -> Params<'_> {
        match self {
            Self::Begin { write, markets, done } => {
                let begin: Vec<Param<'_>> = vec![
                    (&write.run_id, Type::UUID),
                    (&write.job_type, Type::TEXT),
                    (&write.started_at, Type::TIMESTAMPTZ),
                    (&write.correlation_id, Type::TEXT),
                    (markets, Type::TEXT_ARRAY),
                    (&write.inputs_of, Type::UUID),
                ];
                vec![(sql!("begin_night.sql"), begin), done.params()]
            }
            Self::Rates { write, base, rates, done } => {
                let store: Vec<Param<'_>> = vec![
                    (&write.run_id, Type::UUID),
                    (base, Type::TEXT),
                    (&write.rates.rates.as_of, Type::TIMESTAMPTZ),
                    (&write.rates.fetched_at, Type::TIMESTAMPTZ),
                    (&write.rates.stale, Type::BOOL),
                    (rates, Type::TEXT),
                ];
                vec![reopen(&write.run_id), (sql!("store_rates.sql"), store), done.params()]
            }
            Self::Users { write, users_max, chunk_users } => {
                let plan: Vec<Param<'_>> = vec![
                    (&write.run_id, Type::UUID),
                    (users_max, Type::INT8),
                    (chunk_users, Type::INT8),
                    (&write.began_at, Type::TIMESTAMPTZ),
                ];
                let hold = vec![(&write.run_id as _, Type::UUID)];
                vec![
                    (sql!("hold_night.sql"), hold),
                    reopen(&write.run_id),
                    (sql!("plan_night.sql"), plan),
                ]
            }
            Self::Quotes(quotes) => quotes.params(),
            Self::Chunk(chunk) => chunk.params(),
            Self::End(end) => vec![(sql!("end_night.sql"), end.params_if_unchanged())],
        }
    }
}

fn reopen(run_id: &Uuid) -> (&'static str, Vec<Param<'_>>) {
    (sql!("reopen_night.sql"), vec![(run_id, Type::UUID)])
}

/// How a night ended.
pub(crate) struct End<'a> {
    write: &'a NightEnd,
    status: &'static str,
    before: &'static str,
    errors: String,
    metrics: String,
}

impl<'a> End<'a> {
    pub(crate) fn of(write: &'a NightEnd) -> Self {
        let (errors, metrics) = (write.error_details.to_string(), write.metrics.to_string());
        let (status, before) = (write.status.name(), write.before.name());
        Self { write, status, before, errors, metrics }
    }

    /// Those of a night that is as it was read.
    fn params_if_unchanged(&self) -> Vec<Param<'_>> {
        let mut params = self.params();
        params.push((&self.before, Type::TEXT));
        params
    }

    pub(crate) fn params(&self) -> Vec<Param<'_>> {
        vec![
            (&self.write.run_id, Type::UUID),
            (&self.status, Type::TEXT),
            (&self.write.completed_at, Type::TIMESTAMPTZ),
            (&self.write.users_processed, Type::INT8),
            (&self.write.users_failed, Type::INT8),
            (&self.write.users_skipped, Type::INT8),
            (&self.errors, Type::TEXT),
            (&self.metrics, Type::TEXT),
            (&self.write.chunks_done, Type::INT4),
        ]
    }
}

/// A step's checkpoint.
struct Checkpoint<'a> {
    run_id: Uuid,
    step: &'static str,
    began_at: &'a DateTime<Utc>,
    summary: String,
}

impl<'a> Checkpoint<'a> {
    fn of(run_id: Uuid, step: Step, took: &'a Took) -> Self {
        let summary = took.summary.to_string();
        Self { run_id, step: step.name(), began_at: &took.began_at, summary }
    }

    fn params(&self) -> (&'static str, Vec<Param<'_>>) {
        let params: Vec<Param<'_>> = vec![
            (&self.run_id, Type::UUID),
            (&self.step, Type::TEXT),
            (self.began_at, Type::TIMESTAMPTZ),
            (&self.summary, Type::TEXT),
        ];
        (sql!("write_checkpoint.sql"), params)
    }
}

/// A batch of symbols.
struct Quotes<'a> {
    run_id: Uuid,
    symbols: Vec<&'a str>,
    quotes: Vec<Option<String>>,
    done: Option<Checkpoint<'a>>,
}

impl<'a> Quotes<'a> {
    fn of(write: &'a NightQuotes) -> Self {
        let told = |symbol: &Symbol| write.quotes.get(symbol).map(Quote::to_json);
        let done = |took| Checkpoint::of(write.run_id, Step::Prices, took);
        Self {
            run_id: write.run_id,
            symbols: write.asked.iter().map(Symbol::as_str).collect(),
            quotes: write.asked.iter().map(told).collect(),
            done: write.took.as_ref().map(done),
        }
    }

    fn params(&self) -> Params<'_> {
        let store: Vec<Param<'_>> = vec![
            (&self.run_id, Type::UUID),
            (&self.symbols, Type::TEXT_ARRAY),
            (&self.quotes, Type::TEXT_ARRAY),
        ];
        let done = self.done.iter().map(Checkpoint::params);
        let store = [reopen(&self.run_id), (sql!("store_quotes.sql"), store)];
        store.into_iter().chain(done).collect()
    }
}

/// A chunk's users, and their events and scores by their users' places, from 1.
struct Chunk<'a> {
    write: &'a NightChunk,
    owners: Vec<&'a str>,
    users: Vec<&'a str>,
    correlations: Vec<Uuid>,
    fates: Vec<&'static str>,
    reasons: Vec<Option<&'static str>>,
    details: Vec<Option<&'a str>>,
    versions: Vec<Option<i32>>,
    assets: Vec<i32>,
    events: Events<'a>,
    scores: Scores<'a>,
}

#[derive(Default)]
struct Events<'a> {
    places: Vec<i64>,
    numbers: Vec<i16>,
    kinds: Vec<&'static str>,
    bodies: Vec<&'a str>,
}

#[derive(Default)]
struct Scores<'a> {
    places: Vec<i64>,
    assets: Vec<&'a str>,
    symbols: Vec<&'a str>,
    scores: Vec<String>,
    maximums: Vec<String>,
    percentages: Vec<String>,
}

impl<'a> Chunk<'a> {
    fn of(write: &'a NightChunk) -> Self {
        let of = || write.users.iter();
        let why = || of().map(|user| user.unscored.as_ref());
        let (mut events, mut scores) = (Events::default(), Scores::default());
        for (place, user) in (1..).zip(&write.users) {
            user.events.iter().for_each(|event| events.add(place, event));
            user.scores.iter().for_each(|score| scores.add(place, score));
        }
        // A portfolio has few assets.
        let assets = |user: &UserWrite| i32::try_from(user.scores.len()).unwrap_or(i32::MAX);
        Self {
            write,
            owners: of().map(|user| user.user.0.as_str()).collect(),
            users: of().map(|user| user.user.1.as_str()).collect(),
            correlations: of().map(|user| user.correlation_id).collect(),
            fates: of().map(UserWrite::fate).map(UserFate::name).collect(),
            reasons: why().map(|why| Some(why?.reason.name())).collect(),
            details: why().map(|why| Some(why?.detail.as_str())).collect(),
            versions: of().map(|user| user.criteria_version).collect(),
            assets: of().map(assets).collect(),
            events,
            scores,
        }
    }

    fn params(&self) -> Params<'_> {
        const END: &str = JobType::OvernightFinalize.name();
        const DURATION: &str = DURATION_UNKNOWN.split_at(DURATION_UNKNOWN.len() - "null".len()).0;
        let (events, scores) = (&self.events, &self.scores);
        let hold: Vec<Param<'_>> =
            vec![(&self.owners, Type::TEXT_ARRAY), (&self.users, Type::TEXT_ARRAY)];
        let score: Vec<Param<'_>> = vec![
            (&self.write.run_id, Type::UUID),
            (&self.write.chunk, Type::INT4),
            (&self.write.scored_at, Type::TIMESTAMPTZ),
            (&self.owners, Type::TEXT_ARRAY),
            (&self.users, Type::TEXT_ARRAY),
            (&self.correlations, Type::UUID_ARRAY),
            (&self.fates, Type::TEXT_ARRAY),
            (&self.reasons, Type::TEXT_ARRAY),
            (&self.details, Type::TEXT_ARRAY),
            (&self.versions, Type::INT4_ARRAY),
            (&self.assets, Type::INT4_ARRAY),
            (&events.places, Type::INT8_ARRAY),
            (&events.numbers, Type::INT2_ARRAY),
            (&events.kinds, Type::TEXT_ARRAY),
            (&events.bodies, Type::TEXT_ARRAY),
            (&scores.places, Type::INT8_ARRAY),
            (&scores.assets, Type::TEXT_ARRAY),
            (&scores.symbols, Type::TEXT_ARRAY),
            (&scores.scores, Type::TEXT_ARRAY),
            (&scores.maximums, Type::TEXT_ARRAY),
            (&scores.percentages, Type::TEXT_ARRAY),
            (&DURATION_UNKNOWN, Type::TEXT),
            (&DURATION, Type::TEXT),
            (&self.write.reopens, Type::BOOL),
        ];
        let wake: Vec<Param<'_>> = vec![(&self.write.run_id, Type::UUID), (&END, Type::TEXT)];
        vec![
            (sql!("hold_portfolios.sql"), hold),
            (sql!("score_users.sql"), score),
            (sql!("wake_night.sql"), wake),
        ]
    }
}

impl<'a> Events<'a> {
    fn add(&mut self, place: i64, event: &'a CalculationEvent) {
        self.places.push(place);
        self.numbers.push(event.kind.seq());
        self.kinds.push(event.kind.name());
        self.bodies.push(&event.body);
    }
}

impl<'a> Scores<'a> {
    fn add(&mut self, place: i64, score: &'a ScoredAsset) {
        self.places.push(place);
        self.assets.push(score.asset_id.as_str());
        self.symbols.push(score.symbol.as_str());
        self.scores.push(score.score.to_string());
        self.maximums.push(score.maximum.to_string());
        self.percentages.push(score.percentage.to_string());
    }
}

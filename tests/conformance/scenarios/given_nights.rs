//! What the cases of nights begin with: users with portfolios, and a night as far as it got.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::{AssetId, PortfolioUserId};
use mauntic_domain::jobs::JobType;
use mauntic_domain::overnight::NightStatus;
use mauntic_domain::portfolio::{Currency, Market, Quote, Rates, Symbol, calculate};
use mauntic_flows::ports::{
    ChunkInputs, Committed, Effect, EffectStore, JobKey, NewRun, NightBegin, NightChunk, NightEnd,
    NightQuotes, NightRates, NightStore, NightUsers, NightWrite, Opened, RunStart, RunStore,
    StoredRates, Took, UserKey, UserWrite,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::effect;
use crate::portfolio_tables::PortfolioSubject;
use crate::subject::{World, organization};

/// Nights; the later ones have the greater ids.
pub(crate) const NIGHTS: [Uuid; 3] = [
    Uuid::from_u128(0x019c_7a00_4444_7000_8000_0000_0000_0001),
    Uuid::from_u128(0x019c_7a00_4444_7000_8000_0000_0000_0002),
    Uuid::from_u128(0x019c_7a00_4444_7000_8000_0000_0000_0003),
];

/// Two points where the price is above 10.
pub(crate) const CRITERIA: &str =
    r#"[{"id":"c","name":"c","metric":"price","operator":"gt","value":"10","points":"2"}]"#;

pub(crate) fn user(owner: &str, name: &str) -> UserKey {
    (organization(owner), PortfolioUserId::parse(name).expect("a name"))
}

pub(crate) fn symbol(name: &str) -> Symbol {
    Symbol::parse(name).expect("a symbol")
}

pub(crate) fn market(name: &str) -> Market {
    Market::parse(name).expect("a market")
}

pub(crate) fn currency(name: &str) -> Currency {
    Currency::parse(name).expect("a currency")
}

/// A quote in dollars.
pub(crate) fn quote(price: &str) -> Quote {
    let text = format!(r#"{{"currency":"USD","fundamentals":{{"price":"{price}"}}}}"#);
    Quote::from_json(&text).expect("a quote")
}

/// Half a euro for a dollar.
pub(crate) fn rates(fetched_at: DateTime<Utc>) -> StoredRates {
    let as_of = (fetched_at - TimeDelta::hours(1)).to_rfc3339();
    let text = json!({"base": "USD", "asOf": as_of, "units": {"EUR": "0.5"}}).to_string();
    let rates: Rates = serde_json::from_str(&text).expect("rates");
    StoredRates { rates, fetched_at, stale: false }
}

impl<S: PortfolioSubject> World<S> {
    pub(crate) fn took(&self) -> Took {
        Took { began_at: self.subject.now(), summary: json!({"said": "so"}) }
    }

    /// A user with assets of these symbols, `MARKET:SYMBOL` each, and criteria.
    pub(crate) async fn investor(&self, of: &UserKey, assets: &[&str]) {
        self.subject.put_portfolio(of, &currency("USD"), true).await;
        self.holds(of, assets).await;
        self.subject.put_criteria(of, CRITERIA).await;
    }

    /// From now on a user has these assets.
    pub(crate) async fn holds(&self, of: &UserKey, assets: &[&str]) {
        let asset = |(n, name): (usize, &&str)| {
            let (of_market, of_symbol) = name.split_once(':').expect("a market and a symbol");
            let id = AssetId::parse(format!("a{n}")).expect("a name");
            (id, symbol(of_symbol), market(of_market))
        };
        let assets: Vec<_> = assets.iter().enumerate().map(asset).collect();
        self.subject.put_assets(of, &assets).await;
    }

    /// Writes what a job of a night decided.
    pub(crate) async fn write_night(&mut self, write: NightWrite) -> Committed {
        let job = self.one(JobKey::None).await;
        let held = self.hold(job).await;
        let whole = Effect { nights: vec![write], ..effect(self.subject.now(), &[&held]) };
        self.queue.commit(&whole).await.expect("committed")
    }

    /// What begins a night, now.
    pub(crate) fn beginning(&self, run_id: Uuid, inputs_of: Uuid, markets: &[&str]) -> NightWrite {
        NightWrite::Begin(NightBegin {
            run_id,
            job_type: JobType::OvernightStart.name(),
            started_at: self.subject.now(),
            correlation_id: format!("night-{run_id}"),
            markets: markets.iter().map(|name| market(name)).collect(),
            inputs_of,
            took: self.took(),
        })
    }

    /// Begins a night and gives it rates.
    pub(crate) async fn begin(&mut self, run_id: Uuid, inputs_of: Uuid, markets: &[&str]) {
        self.write_night(self.beginning(run_id, inputs_of, markets)).await;
        let rates = rates(self.subject.now());
        let rates = NightRates { run_id, rates, took: self.took() };
        self.write_night(NightWrite::Rates(rates)).await;
    }

    /// Begins a night with rates of these units.
    pub(crate) async fn begin_with(&mut self, run_id: Uuid, units: &Value) {
        self.write_night(self.beginning(run_id, run_id, &[])).await;
        let mut rates = rates(self.subject.now());
        rates.rates.units = serde_json::from_value(units.clone()).expect("units");
        let rates = NightRates { run_id, rates, took: self.took() };
        self.write_night(NightWrite::Rates(rates)).await;
    }

    pub(crate) fn planning(&self, run_id: Uuid, users_max: u32, chunk_users: u32) -> NightWrite {
        let began_at = self.subject.now();
        NightWrite::Users(NightUsers { run_id, began_at, users_max, chunk_users })
    }

    /// Asks about all symbols that are due, and is told of some.
    pub(crate) async fn ask(&mut self, run_id: Uuid, told: &[(&str, &str)]) -> Vec<String> {
        let asked = self.queue.due_symbols(run_id, None, 100).await.expect("read");
        let names = asked.iter().map(|of| of.as_str().to_owned()).collect();
        let told = told.iter().map(|(name, price)| (symbol(name), quote(price)));
        let quotes: BTreeMap<_, _> = told.collect();
        let took = Some(self.took());
        self.write_night(NightWrite::Quotes(NightQuotes { run_id, asked, quotes, took })).await;
        names
    }

    /// A night up to its chunks, of two users each.
    pub(crate) async fn night_of(&mut self, run_id: Uuid, told: &[(&str, &str)]) {
        self.begin(run_id, run_id, &[]).await;
        self.write_night(self.planning(run_id, 100, 2)).await;
        self.ask(run_id, told).await;
    }

    pub(crate) async fn chunk(&self, run_id: Uuid, chunk: i32) -> ChunkInputs {
        let inputs = self.queue.chunk_inputs(run_id, chunk).await.expect("read");
        inputs.expect("a night")
    }

    /// What the handler decides about a chunk.
    pub(crate) async fn scoring_of(&mut self, run_id: Uuid, chunk: i32) -> NightChunk {
        let inputs = self.chunk(run_id, chunk).await;
        let rates = inputs.rates.expect("rates").rates;
        let mut users = Vec::new();
        for user in inputs.users {
            let calculation = calculate(&user.stored, &rates, &inputs.quotes);
            users.push(UserWrite::of(user.user, self.id(), &calculation));
        }
        let reopens = inputs.night.status != NightStatus::Started;
        NightChunk { run_id, chunk, scored_at: self.subject.now(), users, reopens }
    }

    pub(crate) async fn score(&mut self, run_id: Uuid, chunk: i32) -> Committed {
        let write = self.scoring_of(run_id, chunk).await;
        self.write_night(NightWrite::Chunk(write)).await
    }

    pub(crate) async fn ending(&self, run_id: Uuid, status: NightStatus) -> NightWrite {
        let night = self.queue.night(run_id).await.expect("read").expect("a night");
        NightWrite::End(NightEnd {
            is_correction: false,
            chunks_done: night.chunks_done,
            before: night.status,
            run_id,
            status,
            completed_at: self.subject.now(),
            users_processed: 3,
            users_failed: 2,
            users_skipped: 1,
            error_details: json!({"reasons": {"missing_price": 2}}),
            metrics: json!({"assets_scored": 5}),
        })
    }

    /// A job of that type in a run, which is a night then.
    pub(crate) async fn night_job(&mut self, run_id: Uuid, job_type: JobType) -> Uuid {
        let job_id = self.id();
        let (data, request_id) = (json!({}), "request-5".to_owned());
        let start = RunStart { run_id, job_id, job_type, data, exclusive: false, request_id };
        let job_key = "by-hand".to_owned();
        let run = NewRun { job_key, organization_id: None, start };
        let opened = self.queue.open_run(&run, "manual").await.expect("asked");
        assert!(matches!(opened, Opened::Started { .. }));
        job_id
    }

    /// Rows of a table of portfolios.
    pub(crate) async fn portfolios(&mut self, name: &str) -> Vec<Value> {
        self.dump().await["portfolios"][name].as_array().expect("a table").clone()
    }

    /// Some columns of its rows.
    pub(crate) async fn columns(&mut self, table: &str, columns: &[&str]) -> Value {
        let rows = self.portfolios(table).await;
        let of = |row: &Value| columns.iter().map(|name| row[name].clone()).collect::<Value>();
        rows.iter().map(of).collect()
    }
}

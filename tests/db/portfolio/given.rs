//! Users with portfolios, and nights as far as they got.

use chrono::Utc;
use mauntic_domain::jobs::{JobType, Queue};
use mauntic_domain::portfolio::calculate;
use mauntic_flows::ports::{
    ClaimRequest, Committed, CompletedJob, Database, Effect, EffectStore, JobStore, NightChunk,
    NightStore, NightWrite, UserWrite,
};
use mauntic_store::Session;
use mauntic_store::connect::Tcp;
use mauntic_tests::world::World;
use serde_json::json;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// A night.
pub(super) const NIGHT: Uuid = Uuid::from_u128(0x019c_7a00_4444_7000_8000_0000_0000_0001);

/// Ten criteria on prices.
const CRITERIA: &str = r#"(select '[' || string_agg(format('{"id":"c%s","name":"a criterion","metric":"price","operator":"gt","value":"%s","points":"2.5"}', n, n * 7), ',' order by n) || ']' from generate_series(1, 10) n)"#;

/// Users of 20 assets of 1,000 symbols and ten criteria each, and a night of all of them
/// with its rates and prices, in chunks of 50.
pub(super) async fn night(world: &World, users: i32) {
    let sql = format!(
        "insert into portfolio.users (organization_id, user_id, base_currency)
           select 'org_' || n % 7, 'user_' || lpad(n::text, 7, '0'), 'EUR'
           from generate_series(1, {users}) n;
         insert into portfolio.assets (organization_id, user_id, asset_id, symbol, market)
           select u.organization_id, u.user_id, 'asset_' || n,
             'S' || (hashtext(u.user_id || n) & 65535) % 1000, 'XNYS'
           from portfolio.users u, generate_series(1, 20) n;
         insert into portfolio.criteria (organization_id, user_id, version, rules)
           select u.organization_id, u.user_id, v, {CRITERIA}
           from portfolio.users u, generate_series(1, 2) v;
         insert into portfolio.overnight_job_runs (id, job_type, started_at, correlation_id,
             inputs_of, chunks_total)
           values ('{NIGHT}', 'overnight.start', now(), 'c', '{NIGHT}', {users} / 50 + 1);
         insert into portfolio.exchange_rates (run_id, base, as_of, fetched_at, stale, rates)
           values ('{NIGHT}', 'USD', now(), now(), false,
             '{{\"base\":\"USD\",\"asOf\":\"2026-11-30T03:00:00Z\",\"units\":{{\"EUR\":\"0.92\"}}}}');
         insert into portfolio.prices (run_id, symbol, asked_at, quote)
           select '{NIGHT}', s.symbol, now(), json_build_object('currency', 'USD', 'fundamentals',
             json_build_object('pe_ratio', (s.n * 7919 % 6000 / 100.0)::numeric(9, 2)::text,
               'pb_ratio', (s.n * 104729 % 1500 / 100.0)::numeric(9, 2)::text,
               'dividend_yield', (s.n * 1299709 % 900 / 100.0)::numeric(9, 2)::text,
               'market_cap', (s.n * 15485863 % 3000000007)::text,
               'revenue', (s.n * 32452843 % 400000009)::text,
               'earnings', (s.n * 49979687 % 90000049)::text, 'price', s.n || '.31'))
           from (select symbol, substr(symbol, 2)::int8 as n from portfolio.assets
             group by symbol) s;
         insert into portfolio.overnight_users (run_id, organization_id, user_id, chunk)
           select '{NIGHT}', u.organization_id, u.user_id,
             (row_number() over (order by u.organization_id, u.user_id) - 1) / 50
           from portfolio.users u;"
    );
    world.owner.batch_execute(&sql).await.unwrap();
    for table in ["users", "assets", "criteria", "prices", "overnight_users"] {
        world.owner.execute(&format!("vacuum analyze portfolio.{table}"), &[]).await.unwrap();
    }
}

/// Twenty nights of the same users, prices and all, within the last month.
pub(super) async fn older_nights(world: &World) {
    let sql = format!(
        "insert into portfolio.overnight_job_runs (id, job_type, started_at, correlation_id,
             inputs_of)
           select r, 'overnight.start', now() - n * interval '1 day', 'c', r
           from generate_series(1, 20) n, lateral (select md5(n::text)::uuid as r) r;
         insert into portfolio.prices (run_id, symbol)
           select n.id, p.symbol from portfolio.overnight_job_runs n, portfolio.prices p
           where n.id <> '{NIGHT}';
         insert into portfolio.overnight_users (run_id, organization_id, user_id, chunk)
           select n.id, o.organization_id, o.user_id, o.chunk
           from portfolio.overnight_job_runs n, portfolio.overnight_users o
           where n.id <> '{NIGHT}';"
    );
    world.owner.batch_execute(&sql).await.unwrap();
    for table in ["overnight_job_runs", "prices", "overnight_users"] {
        world.owner.execute(&format!("vacuum analyze portfolio.{table}"), &[]).await.unwrap();
    }
}

/// What a handler decides about a chunk.
pub(super) async fn scoring(session: &Session, chunk: i32) -> NightChunk {
    let inputs = session.chunk_inputs(NIGHT, chunk).await.unwrap().unwrap();
    let rates = inputs.rates.unwrap().rates;
    let mut users = Vec::new();
    for user in inputs.users {
        let calculation = calculate(&user.stored, &rates, &inputs.quotes);
        users.push(UserWrite::of(user.user, Uuid::new_v4(), &calculation));
    }
    NightChunk { run_id: NIGHT, chunk, scored_at: Utc::now(), users, reopens: false }
}

/// A job that is held, and the effect that completes it.
pub(super) async fn held(world: &World, session: &Session) -> Effect {
    let queue = Queue::OvernightJobs;
    let job_type = JobType::OvernightProbe;
    let sql = "insert into jobs.job (queue, type, data, failures_max)
      values ($1, $2, '{}', 3) returning id";
    let params: [&(dyn ToSql + Sync); 2] = [&queue.name(), &job_type.name()];
    let id: Uuid = world.owner.query_one(sql, &params).await.unwrap().get(0);
    let request = ClaimRequest {
        queue,
        token: Uuid::new_v4(),
        addresses: vec![(id, "m".to_owned())],
        shorts: Vec::new(),
        letters: Vec::new(),
        messages: 1,
        repeated: 0,
        expects_others: false,
        types: vec![job_type],
        also_batched: Vec::new(),
    };
    let reply = session.claim(&request).await.unwrap();
    let held = &reply.held[0];
    let job = CompletedJob { id: held.id, claim: held.claim, run_id: None, summary: json!({}) };
    Effect::of(Utc::now(), vec![job])
}

/// Commits what a job of a night decided.
pub(super) async fn write(world: &World, session: &Session, write: NightWrite) -> Committed {
    let effect = Effect { nights: vec![write], ..held(world, session).await };
    session.commit(&effect).await.unwrap()
}

/// A session of the queue worker.
pub(super) async fn session(url: &str) -> Session {
    Tcp::new(url).unwrap().open().await.unwrap()
}

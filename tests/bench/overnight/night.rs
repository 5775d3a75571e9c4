//! One night through workerd.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mauntic_local::web::{Answer, Web};
use mauntic_local::workers::{Body, Build, Options, Worker, Workers};
use mauntic_sim::market::Market;
use mauntic_sim::provider::Provider;
use mauntic_sim::provider_desk::{Desk, Told};
use mauntic_tests::logs::memory_bytes;
use mauntic_tests::portfolios::{Portfolios, fill};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::server::Server;

/// How often the tick comes: more often than a minute, so that nothing waits long for it.
const TICK_EVERY: Duration = Duration::from_secs(2);

/// Tables that a night writes a user's rows into.
const WRITTEN: &str = "select coalesce(sum(pg_total_relation_size(c.oid)), 0)::int8
  from pg_class c where c.oid in ('portfolio.calculation_events'::regclass,
    'portfolio.score_history'::regclass, 'portfolio.asset_scores'::regclass,
    'portfolio.overnight_users'::regclass)";

/// What a night cost.
pub(crate) struct Night {
    pub(crate) users: i32,
    pub(crate) scored: i64,
    pub(crate) total_ms: f64,
    /// Steps and what each took, in milliseconds.
    pub(crate) steps: Vec<(String, i64)>,
    pub(crate) bytes: i64,
    pub(crate) memory_bytes: i64,
    /// Questions for rates, and for prices.
    pub(crate) asked: (usize, usize),
}

impl Night {
    pub(crate) fn user_ms(&self) -> f64 {
        self.total_ms / f64::from(self.users)
    }
}

/// Scores so many portfolios once.
pub(crate) async fn measure(server: &Server, name: &str, of: Portfolios) -> Night {
    let database = server.database(name).await;
    let url = server.migrate(&database).await;
    let owner = server.owner(&database).await;
    fill(&owner, of).await;
    server.vacuum(&database).await;
    eprintln!("{} portfolios are there", of.users);
    let paths = Arc::new(Mutex::new(Vec::new()));
    let provider = provider(Arc::clone(&paths));
    let mut options = Options::new(Build::Production);
    for (settings, role) in
        [(&mut options.http, "mauntic_http"), (&mut options.queue, "mauntic_queue")]
    {
        settings.secrets.insert("DATABASE_URL".into(), url(role));
        settings.vars.insert("ENABLE_OVERNIGHT_CRON".into(), "false".into());
    }
    options.http.secrets.insert("ADMIN_TOKEN".into(), Uuid::new_v4().to_string());
    for variable in ["EXCHANGE_RATE_PROVIDER_URL", "PRICE_PROVIDER_URL"] {
        options.queue.vars.insert(variable.into(), provider.url());
    }
    let workers = Workers::start(&options).expect("the workers start; are they built?");
    let before = number(&owner, WRITTEN).await;
    server.checkpoint().await;
    let begin = Body::Text(r#"{"type":"overnight.start"}"#.to_owned());
    workers.send("mauntic-overnight-jobs", &[begin]).expect("sent");
    let ended = "select count(*) from portfolio.overnight_job_runs where completed_at is not null";
    let mut ticks = tokio::time::interval(TICK_EVERY);
    while number(&owner, ended).await == 0 {
        ticks.tick().await;
        workers.scheduled(Worker::Queue, "* * * * *", 1_800_000_000_000).expect("it ticks");
    }
    let night = read(&owner, of.users).await;
    let bytes = number(&owner, WRITTEN).await - before;
    let logs = workers.logs(false).expect("the runner answers");
    let memory_bytes = memory_bytes(&logs).expect("a batch says its memory");
    drop(workers);
    drop(owner);
    server.forget(database).await;
    let paths = paths.lock().unwrap();
    let of = |part: &str| paths.iter().filter(|path: &&String| path.contains(part)).count();
    Night { bytes, memory_bytes, asked: (of("/rates/"), of("/quotes")), ..night }
}

async fn read(owner: &Client, users: i32) -> Night {
    let sql = "select users_processed,
        extract(epoch from completed_at - started_at)::float8 * 1000,
        (metrics->>'process_users_ms')::int8
      from portfolio.overnight_job_runs";
    let row = owner.query_one(sql, &[]).await.unwrap();
    let (scored, total_ms, scoring): (i64, f64, i64) = (row.get(0), row.get(1), row.get(2));
    let sql = "select step, took_ms from portfolio.overnight_steps order by done_at";
    let rows = owner.query(sql, &[]).await.unwrap();
    let mut steps: Vec<(String, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    steps.push(("scoring".to_owned(), scoring));
    Night { users, scored, total_ms, steps, bytes: 0, memory_bytes: 0, asked: (0, 0) }
}

async fn number(owner: &Client, sql: &str) -> i64 {
    owner.query_one(sql, &[]).await.unwrap().get(0)
}

/// A market that trades; what it was asked is remembered.
fn provider(paths: Arc<Mutex<Vec<String>>>) -> Web {
    let desk = Mutex::new(Desk::new(Provider::default(), Market::trading()));
    let web = Web::start(move |asked| {
        paths.lock().unwrap().push(asked.path.clone());
        let line = (asked.method.as_str(), asked.path.as_str());
        let now = chrono::Utc::now();
        let Told { status, body, after } = desk.lock().unwrap().answer(line, &asked.body, now);
        Answer { status, body, after, ..Answer::default() }
    });
    web.expect("a port")
}

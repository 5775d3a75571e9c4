//! Ours as it is deployed: the built queue worker in workerd, with probes, which
//! do nothing. Each batch is an invocation with a connection of its own.
//!
//! The queue of local workerd hands a batch over when it is full or has waited
//! for its two seconds, whatever the worker could do. So the worker is measured
//! without the queue, by batches that are handed to it; and what goes through
//! the queue tells what the queue adds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mauntic_domain::jobs::{JobType, Queue};
use mauntic_local::workers::{Body, Build, Message, Options, Outcome, Worker, Workers};
use mauntic_testkit::wait::until_async;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::figures::percentile;
use crate::server::Server;
use crate::sizes::{
    BATCHES, INVOCATIONS, JOBS_QUEUED, ROUNDS_THROUGH_WORKERD, jobs_through_workerd,
};
use crate::table::{heads, line};

/// The queue that the probes are on.
const QUEUE: Queue = Queue::ScoringEvents;

/// When every message was sent, in milliseconds since 1970; nobody looks at it.
const SENT_AT_MS: i64 = 1_800_000_000_000;

/// Longest wait for the queue, in seconds: every batch may wait for its two.
const QUEUED_SECS_MAX: u32 = 120;

/// The percentiles that are printed.
const PERCENTS: [usize; 3] = [50, 95, 99];

/// Measures, and prints.
pub(crate) async fn measure(server: &Server) {
    let database = server.database("workerd").await;
    let url = server.migrate(&database).await;
    let owner = server.owner(&database).await;
    let mut options = Options::new(Build::Production);
    for (settings, role) in
        [(&mut options.http, "mauntic_http"), (&mut options.queue, "mauntic_queue")]
    {
        settings.secrets.insert("DATABASE_URL".into(), url(role));
    }
    options.http.secrets.insert("ADMIN_TOKEN".into(), Uuid::new_v4().to_string());
    let workers = Workers::start(&options).expect("the workers start; are they built?");
    handed(&workers, &insert(&owner, BATCHES[2]).await, BATCHES[2], 1);

    heads("ours through workerd, batches handed over", BATCHES.map(|b| format!("batch {b}")));
    for parallel in INVOCATIONS {
        let mut cells = Vec::new();
        for batch in BATCHES {
            let ids = insert(&owner, jobs_through_workerd(batch)).await;
            let took = handed(&workers, &ids, batch, parallel);
            cells.push(format!("{:.0}", ids.len() as f64 / took.as_secs_f64()));
        }
        line(&format!("jobs/s, {parallel} invocations at once"), cells);
    }
    let mut latencies = Vec::new();
    for batch in BATCHES {
        latencies.push(one_by_one(&workers, &owner, batch).await);
    }
    for percent in PERCENTS {
        let cells = latencies.iter().map(|all| format!("{:.2}", percentile(all.clone(), percent)));
        line(&format!("enqueue to effect p{percent}, ms"), cells);
    }
    queued(&workers, &owner).await;
    drop(workers);
    drop(owner);
    server.forget(database).await;
}

/// Hands batches to the worker, some at once.
fn handed(workers: &Workers, ids: &[Uuid], batch: usize, parallel: usize) -> Duration {
    let batches: Vec<Vec<Message>> =
        ids.chunks(batch).map(|ids| ids.iter().map(message).collect()).collect();
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..parallel {
            scope.spawn(|| {
                while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                    deliver(workers, batch);
                }
            });
        }
    });
    started.elapsed()
}

fn deliver(workers: &Workers, batch: &[Message]) {
    let result = workers.deliver(Worker::Queue, QUEUE.name(), batch).expect("delivered");
    assert_eq!(result.outcome, Outcome::Ok);
    assert_eq!(result.explicit_acks.len(), batch.len(), "every job was done");
}

/// From before a batch's rows are written until the worker has acknowledged it.
async fn one_by_one(workers: &Workers, owner: &Client, batch: usize) -> Vec<Duration> {
    let mut found = Vec::new();
    for _ in 0..ROUNDS_THROUGH_WORKERD {
        let started = Instant::now();
        let ids = insert(owner, batch).await;
        deliver(workers, &ids.iter().map(message).collect::<Vec<_>>());
        found.push(started.elapsed());
    }
    found
}

/// Through the local queue, by the database's clock.
async fn queued(workers: &Workers, owner: &Client) {
    let started = Instant::now();
    let ids = insert(owner, JOBS_QUEUED).await;
    let bodies: Vec<Body> = ids.iter().map(body).collect();
    workers.send(QUEUE.name(), &bodies).expect("sent");
    until_async("the queue to be empty", QUEUED_SECS_MAX, || async {
        let sql = "select count(*) from jobs.job where finished_at is null";
        let left: i64 = owner.query_one(sql, &[]).await.unwrap().get(0);
        (left == 0).then_some(())
    })
    .await;
    let rate = ids.len() as f64 / started.elapsed().as_secs_f64();
    let sql = "select extract(epoch from finished_at - created_at)::float8
      from jobs.job where id = any($1)";
    let rows = owner.query(sql, &[&ids]).await.unwrap();
    let all: Vec<Duration> = rows.iter().map(|row| Duration::from_secs_f64(row.get(0))).collect();
    let percentiles =
        PERCENTS.map(|percent| format!("p{percent} {:.0}", percentile(all.clone(), percent)));
    println!(
        "through the local queue, {JOBS_QUEUED} jobs sent at once: {rate:.0} jobs/s, \
         enqueue to effect {} ms",
        percentiles.join(", ")
    );
}

/// Rows of probes, which no producer writes in numbers.
async fn insert(owner: &Client, count: usize) -> Vec<Uuid> {
    let probe = JobType::probe_of(QUEUE);
    let sql = "insert into jobs.job (queue, type, data, failures_max)
      select $1, $2, '{}', $3 from generate_series(1, $4) returning id";
    let (most, count) = (probe.spec().failures_max, i32::try_from(count).unwrap());
    let rows = owner.query(sql, &[&QUEUE.name(), &probe.name(), &most, &count]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn message(id: &Uuid) -> Message {
    let (id, body) = (id.simple().to_string(), body(id));
    Message { id, timestamp_ms: SENT_AT_MS, attempts: 1, body }
}

/// The address of a job's row.
fn body(id: &Uuid) -> Body {
    let name = JobType::probe_of(QUEUE).name();
    Body::Text(json!({"type": name, "jobId": id, "v": 1}).to_string())
}

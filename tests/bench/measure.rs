//! One contender on one batch size: a pass that is timed, and one that is
//! counted.

use std::time::Duration;

use mauntic_testkit::proxy::RoundTripProxy;

use crate::contender::{Runner, Shape, Who};
use crate::server::Server;
use crate::sizes::{BATCHES_COUNTED, JOBS_WARM, jobs};

/// Jobs a batch of the warm-up.
const BATCH_WARM: usize = 100;

/// What a timed pass found; everything but the rates and times is a job's.
#[derive(Debug)]
pub(crate) struct Sample {
    /// Jobs enqueued a second, once a shape.
    pub(crate) enqueued: Vec<f64>,
    /// Jobs done a second.
    pub(crate) done: Vec<(Shape, f64)>,
    /// Bytes of write-ahead log at the enqueue, and from claim to completion.
    pub(crate) wal: [f64; 2],
    /// Row versions left behind, and those of them that only a vacuum clears.
    pub(crate) dead: [f64; 2],
    /// From enqueue to effect.
    pub(crate) latencies: Vec<Duration>,
}

/// Round trips a batch, at the enqueue and from claim to completion.
pub(crate) type Trips = [f64; 2];

/// Times a contender in a fresh database.
pub(crate) async fn timed(server: &Server, who: Who, batch: usize, pass: usize) -> Sample {
    let database = server.database("timed").await;
    let mut runner = who.start(server, &database).await;
    let mut shapes = who.shapes(batch);
    let last = *shapes.last().unwrap();
    // None is always the first.
    let turn = pass % shapes.len();
    shapes.rotate_left(turn);
    warm(&mut runner, last).await;
    server.checkpoint().await;
    let jobs = jobs(batch);
    let (mut enqueued, mut done) = (Vec::new(), Vec::new());
    let mut wal = [0, 0];
    for shape in &shapes {
        server.vacuum(&database).await;
        let before = server.wal().await;
        let took = runner.enqueue(jobs, batch).await;
        enqueued.push(rate(jobs, took));
        let between = server.wal().await;
        server.vacuum(&database).await;
        let afresh = server.wal().await;
        let took = runner.drain(jobs, batch, *shape).await;
        done.push((*shape, rate(jobs, took)));
        wal[0] += between - before;
        wal[1] += server.wal().await - afresh;
    }
    let latencies = runner.latencies(batch, last).await;
    let all = JOBS_WARM + shapes.len() * jobs + latencies.len() * batch;
    runner.stop();
    let dead = server.dead(&database).await;
    server.forget(database).await;
    Sample {
        enqueued,
        done,
        wal: wal.map(|bytes| bytes as f64 / (shapes.len() * jobs) as f64),
        dead: [dead.versions, dead.for_vacuum].map(|rows| rows as f64 / all as f64),
        latencies,
    }
}

/// Counts a contender's round trips, where it fetches no more than a batch at
/// once. What it needs once, however many batches there are, is not counted.
pub(crate) async fn counted(server: &Server, who: Who, batch: usize) -> Trips {
    let proxy = RoundTripProxy::start(server.postgres.port()).expect("a port");
    let database = server.database("counted").await;
    let mut runner = who.start(server, &database.through(|url| proxy.url(url))).await;
    // One at a time where that is to be had: several may ask for the last jobs.
    let first = who.shapes(batch)[0];
    let parallel = if who == Who::Graphile { first.parallel } else { 1 };
    let shape = Shape { parallel, ..first };
    warm(&mut runner, shape).await;
    let few = trips(&proxy, &mut runner, batch, shape, BATCHES_COUNTED).await;
    let more = trips(&proxy, &mut runner, batch, shape, 2 * BATCHES_COUNTED).await;
    runner.stop();
    drop(proxy);
    server.forget(database).await;
    let each = |at: usize| (more[at] as f64 - few[at] as f64) / BATCHES_COUNTED as f64;
    [each(0), each(1)]
}

async fn trips(
    proxy: &RoundTripProxy,
    runner: &mut Runner,
    batch: usize,
    shape: Shape,
    batches: usize,
) -> [u64; 2] {
    let before = proxy.count();
    runner.enqueue(batches * batch, batch).await;
    let between = proxy.count();
    runner.drain(batches * batch, batch, shape).await;
    [between - before, proxy.count() - between]
}

async fn warm(runner: &mut Runner, shape: Shape) {
    runner.enqueue(JOBS_WARM, BATCH_WARM).await;
    let shape = Shape { fetch: shape.fetch.max(BATCH_WARM), ..shape };
    runner.drain(JOBS_WARM, BATCH_WARM, shape).await;
}

fn rate(jobs: usize, took: Duration) -> f64 {
    jobs as f64 / took.as_secs_f64()
}

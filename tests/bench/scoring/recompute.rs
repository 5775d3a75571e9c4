//! A recompute of every contact: plain SQL, then the workers with one chunk in
//! flight and with two.

use std::time::{Duration, Instant};

use chrono::Utc;
use mauntic_local::workers::{Body, Message, Outcome, Worker};
use mauntic_tests::logs::memory_bytes;
use mauntic_tests::recompute::scores_as_stored;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::process::workerd_cpu_ms;
use crate::report::{Recomputed, Report};
use crate::server::Server;
use crate::stage::{Copy, Stage, plain};
use crate::told::tell;

/// The queue of the chunks.
const QUEUE: &str = "mauntic-scoring-events";

/// When every message was sent, in milliseconds since 1970; nobody looks at it.
const SENT_AT_MS: i64 = 1_800_000_000_000;

/// Passes of the rival, of which the best counts.
const PLAIN_PASSES: usize = 3;

/// Messages of one hand-over.
const BATCH: usize = 100;

/// How often the run is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Measures, and writes its lines.
pub(crate) async fn measure(server: &Server, stage: &Stage, report: &mut Report) {
    let mut best = Duration::MAX;
    for pass in 0..PLAIN_PASSES {
        let took = in_plain_sql(server, stage).await;
        eprintln!("plain SQL, pass {}: {took:.1?}", pass + 1);
        best = best.min(took);
    }
    let one = in_chunks(server, stage, 1).await;
    let two = in_chunks(server, stage, 2).await;
    report.recompute(stage.contacts, best, &one, &two);
}

async fn in_plain_sql(server: &Server, stage: &Stage) -> Duration {
    let database = stage.copy(server, "plain").await;
    let owner = server.owner(&database).await;
    let started = Instant::now();
    let written = owner.execute(&plain(), &[&Utc::now()]).await.unwrap();
    let took = started.elapsed();
    assert_eq!(i64::try_from(written).unwrap(), stage.contacts, "every contact has its history");
    drop(owner);
    server.forget(database).await;
    took
}

/// From the planner's message being handed over to the run's end. The chunks'
/// messages go through the local queue, which hands a hundred to one invocation,
/// one invocation at a time; the second one in flight is handed the last ones.
async fn in_chunks(server: &Server, stage: &Stage, in_flight: usize) -> Recomputed {
    let copy = stage.staffed(server, "chunks").await;
    let run = open(&copy.owner).await;
    let cpu_before = workerd_cpu_ms();
    let started = Instant::now();
    deliver(&copy, &[planner(&copy.owner, run).await]);
    let mut chunks = chunks(&copy.owner, run).await;
    if in_flight > 1 {
        // From the end: the queue begins at the start.
        chunks.reverse();
        let half = chunks.len() / 2;
        for part in chunks[..half].chunks(BATCH) {
            deliver(&copy, part);
        }
    }
    let counts = ended(&copy.owner, run).await;
    let took = started.elapsed();
    let cpu_ms = workerd_cpu_ms() - cpu_before;
    eprintln!("{in_flight} in flight: {took:.1?}");
    verify(&copy.owner, stage).await;
    let logs = copy.workers.logs(false).expect("the runner answers");
    let memory = memory_bytes(&logs);
    let sql = "select count(*) filter (where type = 'scoring.RecomputeChunk'), sum(resends)::int8
      from jobs.job where run_id = $1";
    let row = copy.owner.query_one(sql, &[&run]).await.unwrap();
    let told = tell(server, &copy).await;
    let recomputed = Recomputed {
        took,
        chunks: row.get(0),
        messages: row.get(1),
        memory_bytes: memory.expect("a batch says its memory"),
        cpu_ms,
        done: counts,
        told,
    };
    copy.forget(server).await;
    recomputed
}

/// A run as by hand, whose planner nobody is told of.
async fn open(owner: &Client) -> Uuid {
    let sql = "with run as (
        insert into jobs.run (id, job_key, trigger, exclusive, jobs_total)
        values (uuidv7(), 'scoring-batch-recompute', 'manual', true, 1) returning id)
      insert into jobs.job (queue, type, data, failures_max, run_id)
      select 'mauntic-scoring-events', 'scoring.BatchRecompute', '{}', 3, r.id from run r
      returning run_id";
    owner.query_one(sql, &[]).await.unwrap().get(0)
}

async fn planner(owner: &Client, run: Uuid) -> Uuid {
    let sql = "select id from jobs.job where run_id = $1";
    owner.query_one(sql, &[&run]).await.unwrap().get(0)
}

async fn chunks(owner: &Client, run: Uuid) -> Vec<Uuid> {
    let sql = "select id from jobs.job where run_id = $1 and type = 'scoring.RecomputeChunk'
      order by id";
    owner.query(sql, &[&run]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

fn deliver(copy: &Copy, ids: &[Uuid]) {
    let message = |id: &Uuid| Message {
        id: id.simple().to_string(),
        timestamp_ms: SENT_AT_MS,
        attempts: 1,
        body: Body::Text(json!({"type": "scoring.RecomputeChunk", "jobId": id}).to_string()),
    };
    let messages: Vec<Message> = ids.iter().map(message).collect();
    let result = copy.workers.deliver(Worker::Queue, QUEUE, &messages).expect("delivered");
    assert_eq!(result.outcome, Outcome::Ok);
}

/// Jobs done and in all, once the run is over.
async fn ended(owner: &Client, run: Uuid) -> (i32, i32) {
    let sql = "select jobs_done, jobs_total from jobs.run where id = $1 and status <> 'running'";
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        looks.tick().await;
        if let Some(row) = owner.query_opt(sql, &[&run]).await.unwrap() {
            return (row.get(0), row.get(1));
        }
    }
}

/// Speed is nothing without the right scores.
async fn verify(owner: &Client, stage: &Stage) {
    let recount = scores_as_stored();
    let sql = format!(
        "select count(*), count(*) filter (where (s.total_score, s.intent_score, s.contributions)
             is distinct from (r.total, r.intent, r.contributions))
         from ({recount}) r join scoring.lead_scores s using (organization_id, contact_id)"
    );
    let row = owner.query_one(&sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (stage.contacts, 0));
}

//! Each operation of the job protocol against the real PostgreSQL: what it
//! moves, what guards it, and what it counts.

mod claims;
mod effects;
mod keys;
mod moves;
mod older;
mod ranges;

use mauntic_domain::jobs::{JobType, Queue};
use mauntic_flows::ports::{ClaimRequest, DeadLetter, Held, JobStore, ShortJob};
use mauntic_store::Session;
use mauntic_tests::world::World;
use serde_json::{Value, json};
use uuid::Uuid;

const QUEUE: Queue = Queue::ScoringEvents;

/// A queued job of one contact with a run of its own.
struct Made {
    id: Uuid,
    run: Uuid,
}

async fn made(world: &World, contact: &str) -> Made {
    let sql = "with run as (
        insert into jobs.run (id, job_key, trigger, jobs_total) values (uuidv7(), 'k', 'manual', 1)
        returning id)
      insert into jobs.job (organization_id, queue, type, data, failures_max, run_id)
      select 'org_1', 'mauntic-scoring-events', 'scoring.CalculateScore', $1, 3, run.id from run
      returning id, run_id";
    let data = json!({"organizationId": "org_1", "contactId": contact});
    let row = world.owner.query_one(sql, &[&data]).await.unwrap();
    Made { id: row.get(0), run: row.get(1) }
}

/// Changes a job by hand.
async fn change(world: &World, id: Uuid, set: &str) {
    let sql = format!("update jobs.job set {set} where id = $1");
    assert_eq!(world.owner.execute(&sql, &[&id]).await.unwrap(), 1);
}

/// A row as JSON; and what `computed` makes of it, as `x`.
async fn row(world: &World, table: &str, id: Uuid, computed: &str) -> Value {
    let sql = format!(
        "select to_jsonb(t) || jsonb_build_object('x', {computed}) from {table} t where id = $1"
    );
    world.owner.query_one(&sql, &[&id]).await.unwrap().get(0)
}

async fn job(world: &World, id: Uuid) -> Value {
    row(world, "jobs.job", id, "null").await
}

/// Status, total, done, dead, cancelled.
async fn run(world: &World, id: Uuid) -> (String, [i64; 4]) {
    let row = row(world, "jobs.run", id, "null").await;
    let counts = ["jobs_total", "jobs_done", "jobs_dead", "jobs_cancelled"]
        .map(|name| row[name].as_i64().unwrap());
    assert_eq!(row["finished_at"].is_null(), row["status"] == "running", "{row}");
    (row["status"].as_str().unwrap().to_owned(), counts)
}

/// Reasons of the dead letters of a job.
async fn letters(world: &World, id: Uuid) -> Vec<String> {
    let sql = "select reason from jobs.dead_letter where job_id = $1 order by id";
    world.owner.query(sql, &[&id]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

fn request(ids: &[Uuid]) -> ClaimRequest {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ClaimRequest {
        queue: QUEUE,
        token: Uuid::new_v4(),
        addresses: ids.into_iter().map(|id| (id, format!("m-{id}"))).collect(),
        shorts: Vec::new(),
        letters: Vec::new(),
        messages: crate::BATCH_MAX,
        repeated: 0,
        expects_others: false,
        types: JobType::of_queue(QUEUE).collect(),
        also_batched: Vec::new(),
    }
}

async fn held(session: &Session, id: Uuid) -> Held {
    let mut reply = session.claim(&request(&[id])).await.unwrap();
    assert_eq!((reply.held.len(), &reply.letters), (1, &Ok(())), "{:?}", reply.seen);
    reply.held.remove(0)
}

/// A job sent by hand; its ids follow from the message's.
fn short(message: &str, contact: &str, key: Option<&str>) -> ShortJob {
    ShortJob {
        id: mauntic_domain::jobs::derived_job_id(QUEUE, message),
        run_id: mauntic_domain::jobs::derived_id(&["run", message]),
        job_type: JobType::CalculateScore,
        organization_id: Some("org_1".to_owned()),
        data: json!({"organizationId": "org_1", "contactId": contact}),
        request_id: Some("r-1".to_owned()),
        starter: None,
        idempotency_key: key.map(str::to_owned),
        conflict: DeadLetter {
            message_id: message.to_owned(),
            body: b"body".to_vec(),
            reason: "idempotency_conflict",
            detail: "another job has its key".to_owned(),
        },
    }
}

/// A request with jobs sent by hand and nothing else.
fn by_hand(mut shorts: Vec<ShortJob>) -> ClaimRequest {
    shorts.sort_by_key(|short| short.id);
    ClaimRequest { shorts, ..request(&[]) }
}

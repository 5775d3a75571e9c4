//! The ledger of deliveries on the real PostgreSQL: every claim is accounted
//! for at every moment, whoever ends it and however many do at once; and what
//! operators and the owner read of it and of everything else.

mod doctor;
mod ends;
mod pages;
mod receipts;

use mauntic_domain::jobs::Queue;
use mauntic_flows::ports::{AloneRequest, ClaimReply, ClaimRequest, Database, JobStore, Ports};
use mauntic_store::Session;
use mauntic_tests::world::World;
use serde_json::{Value, json};
use uuid::Uuid;

const QUEUE: Queue = Queue::ScoringEvents;

async fn session(world: &World) -> Session {
    world.queue.db().open().await.unwrap()
}

/// Queued jobs of distinct contacts.
async fn jobs(world: &World, count: i32) -> Vec<Uuid> {
    let sql = "insert into jobs.job (organization_id, queue, type, data, failures_max)
      select 'org_1', 'mauntic-scoring-events', 'scoring.CalculateScore',
        jsonb_build_object('organizationId', 'org_1', 'contactId', 'c_' || n), 3
      from generate_series(1, $1) n returning id";
    let rows = world.owner.query(sql, &[&count]).await.unwrap();
    let mut ids: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    ids.sort_unstable();
    ids
}

/// A delivery of one message a job.
fn request(ids: &[Uuid]) -> ClaimRequest {
    ClaimRequest {
        queue: QUEUE,
        token: Uuid::new_v4(),
        addresses: ids.iter().map(|id| (*id, format!("m-{id}"))).collect(),
        shorts: Vec::new(),
        letters: Vec::new(),
        messages: i32::try_from(ids.len()).unwrap(),
        repeated: 0,
        expects_others: false,
        types: mauntic_domain::jobs::JobType::of_queue(QUEUE).collect(),
        also_batched: Vec::new(),
    }
}

async fn claimed(session: &Session, ids: &[Uuid]) -> (Uuid, ClaimReply) {
    let request = request(ids);
    let reply = session.claim(&request).await.unwrap();
    assert_eq!(reply.held.len(), ids.len(), "{:?}", reply.seen);
    (request.token, reply)
}

fn alone(id: Uuid, token: Uuid) -> AloneRequest {
    AloneRequest { queue: QUEUE, id, token, lease_secs: 60 }
}

/// A delivery that took nothing yet.
async fn empty(session: &Session, messages: i32) -> Uuid {
    let request = ClaimRequest { messages, ..request(&[]) };
    session.claim(&request).await.unwrap();
    request.token
}

/// Changes jobs by hand.
async fn change(world: &World, ids: &[Uuid], set: &str) {
    let sql = format!("update jobs.job set {set} where id = any($1)");
    let changed = world.owner.execute(&sql, &[&ids]).await.unwrap();
    assert_eq!(changed, u64::try_from(ids.len()).unwrap());
}

/// The lease of whoever holds these is over.
async fn time_out(world: &World, ids: &[Uuid]) {
    change(world, ids, "lease_until = clock_timestamp()").await;
}

/// Messages, unreadable, absorbed, taken; effects, failures, put off, lost.
async fn counts(world: &World, token: Uuid) -> ([i64; 4], [i64; 4]) {
    let sql = "select to_jsonb(d) from jobs.delivery d where token = $1";
    let row: Value = world.owner.query_one(sql, &[&token]).await.unwrap().get(0);
    let of = |names: [&str; 4]| names.map(|name| row[name].as_i64().unwrap());
    (
        of(["messages", "unreadable", "absorbed", "taken"]),
        of(["effects", "failures", "put_off", "lost"]),
    )
}

/// Ends of a delivery alone.
async fn ended(world: &World, token: Uuid) -> [i64; 4] {
    counts(world, token).await.1
}

/// Every claim of every delivery is accounted for, and every effect has its
/// receipt.
async fn the_law_holds(world: &World) {
    let sql = "select to_jsonb(d) || to_jsonb(j)
      from jobs.delivery d, lateral (
        select count(*) filter (where state = 'in_progress') as held,
               count(*) filter (where state = 'completed') as receipts
        from jobs.job where lease_token = d.token) j
      where taken <> effects + failures + put_off + lost + held or effects <> receipts";
    let wrong: Vec<Value> = world.rows(sql).await.iter().map(|row| row.get(0)).collect();
    assert_eq!(json!(wrong), json!([]));
}

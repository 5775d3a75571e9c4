//! What operators do, where only the real database can show it: acts at once,
//! rights, and transactions that are rolled back.

mod acts;
mod answers;
mod audit;
mod cases;
mod rehearsals;
mod replays;
mod rights;
mod runs;

use mauntic_domain::audit::{Broken, Entry, Link, Walk};
use mauntic_domain::jobs::{JobType, Queue};
use mauntic_flows::ports::{
    Act, Database, NewRun, OperatorStore, Ports, Repeat, RequestKey, RunStart,
};
use mauntic_tests::world::World;
use serde_json::{Value, json};
use uuid::Uuid;

type Session = <mauntic_store::connect::Tcp as Database>::Session;

/// A request's key.
fn key(name: &str, asked: u8) -> RequestKey {
    let (holder, key) = ("h".to_owned(), name.to_owned());
    RequestKey { holder, key, fingerprint: [asked; 32], repeat: Repeat::default() }
}

fn act(key: Option<RequestKey>) -> Act {
    Act {
        actor: "someone".to_owned(),
        reason: Some("because".to_owned()),
        request_id: "r-1".to_owned(),
        key,
    }
}

/// The HTTP worker's session for an operator.
async fn operator(world: &World, key: Option<RequestKey>) -> Session {
    let mut session = world.http.db().open().await.unwrap();
    session.operate(act(key));
    session
}

/// The queue worker's session.
async fn system(world: &World) -> Session {
    world.queue.db().open().await.unwrap()
}

/// The audit's entries, oldest first, after its chain was followed.
async fn audited(world: &World) -> Vec<Entry> {
    let links = chain(world).await.unwrap();
    links.iter().map(|link| serde_json::from_str(&link.entry).unwrap()).collect()
}

async fn chain(world: &World) -> Result<Vec<Link>, Broken> {
    let page = operator(world, None).await.audit_chain(0, 1_000).await.unwrap();
    let mut walk = Walk::default();
    walk.follow(&page.links)?;
    walk.finish(page.head)?;
    Ok(page.links)
}

/// A dead letter and its job: of a contact, with a run or a key where it is to
/// have one. Returns the case and the job.
async fn dead(world: &World, contact: &str, run: Option<Uuid>, key: Option<&str>) -> (Uuid, Uuid) {
    let data = json!({"organizationId": "org_1", "contactId": contact});
    let sql = "with dead as (
        insert into jobs.job (organization_id, queue, type, data, failures_max, run_id, state,
          finished_at, failures, released_key, last_error)
        values ('org_1', 'mauntic-scoring-events', 'scoring.CalculateScore', $1, 3, $2,
          'dead_lettered', clock_timestamp(), 3, $3, 'broken')
        returning *)
      insert into jobs.dead_letter (queue, job_id, organization_id, type, body, reason, detail)
      select d.queue, d.id, d.organization_id, d.type, convert_to(d.data::text, 'UTF8'),
        'exhausted', 'broken' from dead d
      returning id, job_id";
    let row = world.owner.query_one(sql, &[&data, &run, &key]).await.unwrap();
    (row.get(0), row.get(1))
}

/// A run that is over, with so many jobs, all of them dead.
async fn failed_run(world: &World, jobs: i32) -> Uuid {
    let sql =
        "insert into jobs.run (id, job_key, trigger, jobs_total, jobs_dead, status, finished_at)
      values (uuidv7(), 'k', 'manual', $1, $1, 'failed', clock_timestamp()) returning id";
    world.owner.query_one(sql, &[&jobs]).await.unwrap().get(0)
}

/// A row as JSON.
async fn row(world: &World, table: &str, id: Uuid) -> Value {
    let sql = format!("select to_jsonb(t) from {table} t where id = $1");
    world.owner.query_one(&sql, &[&id]).await.unwrap().get(0)
}

/// A run to be opened of a plan for one organization.
fn new_run(job_key: &str, exclusive: bool) -> NewRun {
    NewRun {
        job_key: job_key.to_owned(),
        organization_id: Some("org_1".to_owned()),
        start: RunStart {
            run_id: Uuid::now_v7(),
            job_id: Uuid::now_v7(),
            job_type: JobType::BatchRecompute,
            data: json!({"organizationId": "org_1"}),
            exclusive,
            request_id: "r-1".to_owned(),
        },
    }
}

const QUEUE: Queue = Queue::ScoringEvents;

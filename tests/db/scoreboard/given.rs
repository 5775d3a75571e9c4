//! Tournaments to be settled, and jobs that do it.

use chrono::Utc;
use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::Origin;
use mauntic_flows::consume::{Body, Delivery, Report, consume};
use mauntic_tests::boards;
pub(crate) use mauntic_tests::boards::TOURNAMENT;
use mauntic_tests::ports::{Settlements, TestPorts};
use mauntic_tests::world::World;
use serde_json::json;
use uuid::Uuid;

/// See [`boards::fill`].
pub(crate) async fn tournament(world: &World, members: i32, matches: i32) -> Vec<Uuid> {
    boards::fill(&world.owner, members, matches).await
}

/// See [`boards::settle_job`].
pub(crate) async fn job(world: &World, match_id: Uuid, version: i32) -> Uuid {
    boards::settle_job(&world.owner, match_id, version).await
}

/// Consumes a message of each of these jobs.
pub(crate) async fn consume_jobs(ports: &TestPorts, jobs: &[Uuid]) -> Report {
    let body =
        |id: &Uuid| json!({"type": "scoreboard.settle-match-score", "jobId": id}).to_string();
    let deliveries: Vec<Delivery> = jobs
        .iter()
        .map(|id| Delivery { message_id: format!("m-{id}"), body: Body::Text(body(id)) })
        .collect();
    let origin = Origin::Jobs(Queue::ScoreboardJobs);
    consume(ports, origin, Uuid::new_v4(), &deliveries, &Settlements::default()).await
}

/// What is put off is due now.
pub(crate) async fn make_due(world: &World) {
    let sql = "update jobs.job set available_at = now(), wake_at = now() where state = 'queued'";
    world.owner.execute(sql, &[]).await.unwrap();
}

/// The state of a job and what it spent.
pub(crate) async fn state(world: &World, id: Uuid) -> (String, i16, Option<String>, f64) {
    let sql = "select state, failures, snooze_reason,
        extract(epoch from available_at - $2)::float8 from jobs.job where id = $1";
    let row = world.owner.query_one(sql, &[&id, &Utc::now()]).await.unwrap();
    (row.get(0), row.get(1), row.get(2), row.get(3))
}

/// See [`boards::differences`].
pub(crate) async fn differences(world: &World) -> Vec<String> {
    boards::differences(&world.owner).await
}

//! Plans and verifications that only locks keep apart.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use mauntic_domain::ids::{ProviderMatchId, ProviderTournamentId};
use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::scoreboard::Status;
use mauntic_flows::consume::{Body, Delivery, Report, consume};
use mauntic_sim::provider::{Fixture, Said, world_cup};
use mauntic_testkit::database::Role;
use mauntic_tests::ports::{Settlements, TestPorts};
use mauntic_tests::world::World;
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::{TOURNAMENT, tournament};

/// Who plan, or ask, at the same time.
const AT_ONCE: usize = 8;

const PLAN: &str = "scoreboard.schedule-verification";
const VERIFY: &str = "scoreboard.verify-match";

/// A tournament with a provider, and so many matches that began half an hour ago.
async fn live(world: &World, matches: i32) -> Vec<Uuid> {
    let ids = tournament(world, 3, matches).await;
    let sql = "update scoreboard.tournaments set provider_id = 'cup'";
    world.owner.execute(sql, &[]).await.unwrap();
    let sql = "update scoreboard.matches set status = 'live', result = null, result_version = 0,
        ended_at = null, kickoff = now() - interval '30 min',
        next_check_at = now() - interval '1 min'";
    world.owner.execute(sql, &[]).await.unwrap();
    ids
}

async fn job(world: &World, of: &str, data: &Value) -> Uuid {
    let sql = "insert into jobs.job (organization_id, queue, type, data, failures_max)
      values ($1, 'mauntic-scoreboard-jobs', $2, $3, 5) returning id";
    let owner = data["organizationId"].as_str();
    world.owner.query_one(sql, &[&owner, &of, data]).await.unwrap().get(0)
}

async fn consume_job(ports: &TestPorts, of: &str, id: Uuid) -> Report {
    let body = Body::Text(json!({"type": of, "jobId": id}).to_string());
    let delivery = Delivery { message_id: format!("m-{id}"), body };
    let origin = Origin::Jobs(Queue::ScoreboardJobs);
    consume(ports, origin, Uuid::new_v4(), &[delivery], &Settlements::default()).await
}

/// Does these jobs at once, each by a worker of its own.
async fn at_once(workers: &[TestPorts], of: &str, jobs: &[Uuid]) {
    let done = workers.iter().zip(jobs).map(|(ports, id)| consume_job(ports, of, *id));
    for report in join_all(done).await {
        assert_eq!((report.completed + report.snoozed, report.dead_lettered), (1, 0), "{report:?}");
    }
}

/// Workers, each with connections of its own.
fn workers(world: &World) -> Vec<TestPorts> {
    (0..AT_ONCE).map(|_| TestPorts::new(&world.database.url(Role::Queue))).collect()
}

/// Whoever asks these workers' providers about the first match hears that it has ended.
fn say_ended(workers: &[TestPorts]) {
    let fixture = Fixture {
        id: ProviderMatchId::parse("match-1").unwrap(),
        kickoff: Utc::now() - TimeDelta::minutes(30),
        ..world_cup().pop().unwrap()
    };
    let cup = ProviderTournamentId::parse("cup").unwrap();
    let said = Said::Json(fixture.told(Status::Ended, fixture.result));
    for ports in workers {
        let mut provider = ports.outside.provider.lock().unwrap();
        provider.say(&cup, &fixture.id, DateTime::UNIX_EPOCH, said.clone());
    }
}

/// The matches that jobs were planned for, one a job.
async fn planned(world: &World) -> Vec<Uuid> {
    let sql = "select (data ->> 'matchId')::uuid from jobs.job
      where type = 'scoreboard.verify-match' order by 1";
    world.rows(sql).await.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_match_that_somebody_holds_is_left_to_the_next_plan() {
    let world = World::new().await;
    let ids = live(&world, 3).await;
    let other = world.database.connect(Role::Queue).await.unwrap();
    other.batch_execute("begin").await.unwrap();
    let sql = "select from scoreboard.matches where id = $1 for no key update";
    other.execute(sql, &[&ids[1]]).await.unwrap();
    let plan = job(&world, PLAN, &json!({})).await;
    let report = consume_job(&world.queue, PLAN, plan).await;
    assert_eq!((report.completed, report.error), (1, None), "it does not wait");
    other.batch_execute("rollback").await.unwrap();
    assert_eq!(planned(&world).await.len(), 2);
    assert!(!planned(&world).await.contains(&ids[1]));
    let plan = job(&world, PLAN, &json!({})).await;
    consume_job(&world.queue, PLAN, plan).await;
    assert_eq!(planned(&world).await.len(), 3);
}

#[tokio::test]
async fn plans_at_once_ask_about_each_match_once() {
    let world = World::new().await;
    let ids: BTreeSet<Uuid> = live(&world, 300).await.into_iter().collect();
    let workers = workers(&world);
    for round in 0..3 {
        let mut jobs = Vec::new();
        for _ in &workers {
            jobs.push(job(&world, PLAN, &json!({})).await);
        }
        at_once(&workers, PLAN, &jobs).await;
        // What one left out another has planned, or the next one does.
        assert_eq!(planned(&world).await.len(), ids.len(), "{round}");
    }
    assert_eq!(planned(&world).await.into_iter().collect::<BTreeSet<_>>(), ids);
    let wait = "select count(*) from scoreboard.matches
      where next_check_at > now() + interval '3 min'";
    assert_eq!(world.count(wait).await, 300);
}

#[tokio::test]
async fn answers_at_once_raise_one_version_and_settle_once() {
    let world = World::new().await;
    let ids = live(&world, 1).await;
    let workers = workers(&world);
    say_ended(&workers);
    let data = json!({"organizationId": "org_1", "tournamentId": TOURNAMENT, "matchId": ids[0]});
    let mut jobs = Vec::new();
    for _ in &workers {
        jobs.push(job(&world, VERIFY, &data).await);
    }
    at_once(&workers, VERIFY, &jobs).await;
    let row = "select status, result_version from scoreboard.matches";
    let row = world.rows(row).await;
    assert_eq!((row[0].get::<_, String>(0), row[0].get::<_, i32>(1)), ("ended".to_owned(), 1));
    let reasons = "select reason from scoreboard.verifications where reason not in
      ('unchanged', 'stale')";
    let reasons: Vec<String> = world.rows(reasons).await.iter().map(|row| row.get(0)).collect();
    assert_eq!(reasons, ["ended"]);
    let settlements = "select count(*) from jobs.job where type = 'scoreboard.settle-match-score'";
    assert_eq!(world.count(settlements).await, 1);
}

/// The result is written by then: without its settlement it would not count before somebody
/// asks for it.
#[tokio::test]
async fn a_settlement_outlives_the_run_that_asked() {
    let world = World::new().await;
    let ids = live(&world, 1).await;
    let workers = workers(&world);
    say_ended(&workers);
    let data = json!({"organizationId": "org_1", "tournamentId": TOURNAMENT, "matchId": ids[0]});
    let asks = job(&world, VERIFY, &data).await;
    let sql = "with cancelled as (
        insert into jobs.run (id, job_key, trigger, jobs_total, cancelled_at)
        values (uuidv7(), 'scoreboard.schedule-verification', 'schedule', 1, clock_timestamp())
        returning id
      )
      update jobs.job j set run_id = c.id from cancelled c where j.id = $1";
    world.owner.execute(sql, &[&asks]).await.unwrap();
    at_once(&workers, VERIFY, &[asks]).await;
    let waits = "select count(*) from jobs.job
      where type = 'scoreboard.settle-match-score' and state = 'queued'";
    assert_eq!(world.count(waits).await, 1);
}

//! Claims: duplicates, leases, suspects, dead letters.

use std::collections::BTreeSet;

use futures::future::join_all;
use mauntic_domain::jobs::limits::KEEP_MIN;
use mauntic_domain::jobs::{JobState, JobType, Queue};
use mauntic_domain::schedules::TICK_INTERVAL_SECS;
use mauntic_flows::ports::{
    AloneClaim, AloneRequest, ClaimRequest, Database, JobStore, Next, Ports,
};
use mauntic_flows::tick::{Duty, TickSettings, tick};
use mauntic_flows::{consume, relay};
use mauntic_testkit::database::Role;
use mauntic_tests::ports::{INSTANCE, Settled};
use mauntic_tests::world::{World, contact, organization, short, texts};
use serde_json::json;
use uuid::Uuid;

const QUEUE: Queue = Queue::ScoringEvents;

fn request(token: Uuid, ids: &[Uuid]) -> ClaimRequest {
    let ids: BTreeSet<Uuid> = ids.iter().copied().collect();
    ClaimRequest {
        queue: QUEUE,
        token,
        addresses: ids.into_iter().map(|id| (id, format!("m-{id}"))).collect(),
        shorts: Vec::new(),
        letters: Vec::new(),
        messages: crate::BATCH_MAX,
        repeated: 0,
        expects_others: false,
        types: vec![JobType::CalculateScore, JobType::RecomputeChunk],
        also_batched: Vec::new(),
    }
}

fn alone(id: Uuid, token: Uuid) -> AloneRequest {
    AloneRequest { queue: QUEUE, id, token, lease_secs: 60 }
}

async fn job(world: &World, contact: &str) -> Uuid {
    let data = json!({"organizationId": "org_1", "contactId": contact});
    let sql = "insert into jobs.job (organization_id, queue, type, data, failures_max)
      values ('org_1', 'mauntic-scoring-events', 'scoring.CalculateScore', $1, 3) returning id";
    world.owner.query_one(sql, &[&data]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_job_is_claimed_once_whoever_asks() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for n in 0..30 {
        ids.push(job(&world, &format!("c{n}")).await);
    }
    let sessions = join_all((0..8).map(|_| world.queue.db().open())).await;
    let sessions: Vec<_> = sessions.into_iter().map(Result::unwrap).collect();
    let wanted: Vec<_> = sessions.iter().map(|_| request(Uuid::new_v4(), &ids)).collect();
    let asked = sessions.iter().zip(&wanted).map(|(session, wanted)| session.claim(wanted));
    let replies = join_all(asked).await;
    let held: Vec<Uuid> = replies
        .iter()
        .flat_map(|reply| &reply.as_ref().unwrap().held)
        .map(|held| held.id)
        .collect();
    assert_eq!(held.len(), 30);
    assert_eq!(held.into_iter().collect::<BTreeSet<_>>().len(), 30);
}

#[tokio::test]
async fn a_leased_job_waits_and_a_suspect_is_claimed_alone_until_its_budget_is_spent() {
    let world = World::new().await;
    let id = job(&world, "c").await;
    let session = world.queue.db().open().await.unwrap();
    let mut claims = Vec::new();
    let mut token = Uuid::new_v4();
    claims.push(session.claim(&request(token, &[id])).await.unwrap().held[0].claim);

    // Leased: neither the batch nor alone.
    let other = Uuid::new_v4();
    let reply = session.claim(&request(other, &[id])).await.unwrap();
    assert_eq!((reply.seen[0].state, reply.seen[0].next), (JobState::InProgress, Next::Nothing));
    assert_eq!(session.claim_alone(alone(id, other)).await.unwrap(), AloneClaim::NotDue);

    // Released: a suspect, never again part of a batch. The loss of the batch's
    // lease was not the job's own, the three losses alone are.
    for failures in 0..3_i16 {
        assert_eq!(relay::release(&world.queue, token, false).await.unwrap(), 1);
        token = Uuid::new_v4();
        let reply = session.claim(&request(token, &[id])).await.unwrap();
        assert!(reply.held.is_empty());
        assert_eq!(reply.seen[0].next, Next::Alone);
        let AloneClaim::Held(held, _) = session.claim_alone(alone(id, token)).await.unwrap() else {
            panic!("not held at {failures}");
        };
        claims.push(held.claim);
        assert_eq!(world.rows("select failures from jobs.job").await[0].get::<_, i16>(0), failures);
    }
    relay::release(&world.queue, token, false).await.unwrap();
    assert_eq!(session.claim_alone(alone(id, token)).await.unwrap(), AloneClaim::DeadLettered);
    assert_eq!(claims, [1, 2, 3, 4], "the fence only grows");
    let letter = &world.rows("select reason, job_id, convert_from(body, 'UTF8')::jsonb->>'contactId' from jobs.dead_letter").await[0];
    assert_eq!(
        (letter.get::<_, String>(0).as_str(), letter.get::<_, Uuid>(1)),
        ("lease_expired", id)
    );
    assert_eq!(letter.get::<_, String>(2), "c");
}

#[tokio::test]
async fn a_suspect_that_was_alone_before_comes_after_fresh_jobs_and_other_suspects() {
    let world = World::new().await;
    let (poison, innocent, fresh) =
        (job(&world, "a").await, job(&world, "b").await, job(&world, "c").await);
    let sql = "update jobs.job set state = 'in_progress', claim = 1, lease_until = clock_timestamp(), alone = id = $1
      where id in ($1, $2)";
    world.owner.execute(sql, &[&poison, &innocent]).await.unwrap();
    let body = |id| json!({"type": "scoring.CalculateScore", "jobId": id}).to_string();
    let batch = world.consume("m", &texts([poison, innocent, fresh].map(body))).await;
    assert_eq!(batch.report.completed, 3);
    assert_eq!(world.queue.host.claimed(), [fresh, innocent, poison]);
}

#[tokio::test]
async fn a_locked_job_comes_back_instead_of_being_forgotten() {
    let world = World::new().await;
    let id = job(&world, "c").await;
    let lock = world.database.connect(Role::Owner).await.unwrap();
    lock.batch_execute("begin; select from jobs.job for update").await.unwrap();
    let body = json!({"type": "scoring.CalculateScore", "jobId": id}).to_string();
    let batch = world.consume("m", &texts([body.clone()])).await;
    assert_eq!(batch.settled, [Some(Settled::Retry(consume::LOCKED_DELAY_SECS))]);
    lock.batch_execute("commit").await.unwrap();
    assert_eq!(world.consume("m", &texts([body])).await.settled, [Some(Settled::Ack)]);
}

#[tokio::test]
async fn an_address_without_a_row_is_kept_and_never_inserted() {
    let world = World::new().await;
    let id = Uuid::new_v4();
    let body = json!({"type": "scoring.CalculateScore", "jobId": id}).to_string();
    for _ in 0..2 {
        let batch = world.consume("m", &texts([body.clone()])).await;
        assert_eq!(batch.settled, [Some(Settled::Ack)]);
        assert_eq!(batch.report.dead_lettered, 1);
    }
    let rows = world.rows("select reason, job_id from jobs.dead_letter").await;
    assert_eq!(rows.len(), 1, "a redelivery adds no second case");
    assert_eq!(
        (rows[0].get::<_, String>(0).as_str(), rows[0].get::<_, Uuid>(1)),
        ("row_missing", id)
    );
    assert_eq!(world.count("select count(*) from jobs.job").await, 0);
}

#[tokio::test]
async fn a_type_of_another_build_waits_for_it() {
    let world = World::new().await;
    let sql = "insert into jobs.job (queue, type, data, failures_max)
      values ('mauntic-scoring-events', 'scoring.FromTomorrow', '{}', 3) returning id";
    let id: Uuid = world.rows(sql).await[0].get(0);
    let body = json!({"type": "scoring.FromTomorrow", "jobId": id}).to_string();
    assert_eq!(world.consume("m", &texts([body])).await.settled, [Some(Settled::Ack)]);
    let row = &world.rows("select state, claim, snooze_reason from jobs.job").await[0];
    let found = (row.get::<_, String>(0), row.get::<_, i32>(1), row.get::<_, String>(2));
    assert_eq!(found, ("queued".into(), 0, "another_build".into()));
}

#[tokio::test]
async fn a_build_out_of_its_schema_range_claims_nothing() {
    let world = World::new().await;
    world.contacts(&organization("org_1"), &[contact("c", &json!({}))]).await;
    world.rows("insert into jobs.schema_migration (number, name, sha256) values (999, 'x', sha256(''::bytea))").await;
    let batch = world.consume("m", &texts([short("org_1", "c")])).await;
    assert_eq!(batch.settled, [Some(Settled::Retry(consume::DATABASE_AWAY_DELAY_SECS))]);
    assert_eq!(world.count("select count(*) from jobs.job where claim > 0").await, 0);
}

#[tokio::test]
async fn what_the_platform_gave_up_on_is_judged_by_its_row() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let (fresh, leased) = (job(&world, "a").await, job(&world, "b").await);
    session.claim(&request(Uuid::new_v4(), &[leased])).await.unwrap();
    for message in ["first", "second", "third"] {
        // Tried since: what nobody tried killed nobody.
        world.rows("update jobs.job set claim = claim + 1 where state = 'queued'").await;
        let mut buried = request(Uuid::new_v4(), &[fresh, leased, Uuid::nil()]);
        for (id, message_id) in &mut buried.addresses {
            *message_id = if id.is_nil() { "nobody".to_owned() } else { format!("{message}-{id}") };
        }
        // The answer of the first may have been lost: a message counts once.
        let died = session.bury(&buried).await.unwrap();
        assert_eq!(
            died.iter().map(|died| died.id).collect::<Vec<_>>(),
            if message == "third" { vec![fresh] } else { vec![] }
        );
        assert_eq!(session.bury(&buried).await.unwrap(), []);
    }
    let sql = "select state, platform_deaths from jobs.job order by data->>'contactId'";
    let rows = world.rows(sql).await;
    let state = |n: usize| (rows[n].get::<_, String>(0), rows[n].get::<_, i16>(1));
    assert_eq!(state(0), ("dead_lettered".to_owned(), 3));
    assert_eq!(state(1), ("in_progress".to_owned(), 0));
    let reasons = world.rows("select reason from jobs.dead_letter order by reason").await;
    let reasons: Vec<String> = reasons.iter().map(|row| row.get(0)).collect();
    assert_eq!(reasons, ["isolate_killed", "row_missing"]);
}

#[tokio::test]
async fn the_tick_sends_what_is_due_once() {
    let world = World::new().await;
    let due = job(&world, "a").await;
    job(&world, "b").await;
    world
        .owner
        .execute("update jobs.job set wake_at = clock_timestamp() where id = $1", &[&due])
        .await
        .unwrap();
    let settings = TickSettings {
        schedules: Ok(Vec::new()),
        keep: KEEP_MIN,
        interval_secs: TICK_INTERVAL_SECS,
        instance: INSTANCE,
    };
    for sent in [1, 0] {
        let report = tick(&world.queue, &settings).await;
        assert!(report.iter().all(|(_, done)| done.is_ok()), "{report:?}");
        assert!(report.contains(&(Duty::Relay, Ok(sent))), "{report:?}");
    }
    let sent = world.queue.sent.take();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].contains(&due.to_string()));
    let sql = "select resends, wake_at > clock_timestamp() + interval '14 min' from jobs.job order by data->>'contactId'";
    let row = &world.rows(sql).await[0];
    assert_eq!((row.get::<_, i16>(0), row.get::<_, bool>(1)), (1, true));
    assert_eq!(world.count("select count(*) from jobs.heartbeat where duty = 'relay'").await, 1);
}

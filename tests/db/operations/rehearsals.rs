//! A rehearsal is the real transaction, rolled back.

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::Job;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Config, Context, Features};
use mauntic_flows::ports::{
    Committed, CompletedJob, Effect, EffectStore, JobStore, NewEvent, OperatorStore, ScoreWrite,
    SpawnedJob,
};
use mauntic_testkit::database::Role;
use mauntic_tests::world::{World, contact, organization};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{dead, failed_run, operator, row, system};

/// Every row of every table with the transaction that wrote it.
async fn dump(world: &World) -> Vec<(String, String, String)> {
    let tables = "select format('%I.%I', schemaname, tablename) from pg_tables
      where schemaname in ('jobs', 'scoring', 'auth') order by 1";
    let mut rows = Vec::new();
    for table in world.rows(tables).await {
        let table: String = table.get(0);
        let sql = format!("select xmin::text, to_jsonb(t)::text from {table} t order by ctid");
        let found = world.rows(&sql).await;
        rows.extend(found.iter().map(|row| (table.clone(), row.get(0), row.get(1))));
    }
    rows
}

/// All that an effect can do but notifications.
async fn effect(world: &World, job: Uuid, run: Uuid) -> Effect {
    let now: DateTime<Utc> = world.rows("select clock_timestamp()").await[0].get(0);
    let owner = organization("org_1");
    let features: Features = serde_json::from_value(json!({"hasEmail": true})).unwrap();
    let score = mauntic_domain::scoring::score(
        &features,
        &Config::new(Vec::new()).unwrap(),
        &Context::default(),
        PointsE4::ZERO,
    );
    let spawned = Job::parse(
        "scoring.CalculateScore",
        1,
        &json!({"organizationId": "org_1", "contactId": "d"}),
    );
    let summary = json!({"n": 1});
    let jobs = vec![CompletedJob { id: job, claim: 1, run_id: Some(run), summary }];
    Effect {
        scores: vec![ScoreWrite {
            contact: (owner, contact("c", &json!({})).0),
            score,
            input_version: 2,
            config_version: 0,
            job_id: job,
        }],
        spawned: vec![SpawnedJob {
            id: Uuid::now_v7(),
            job: spawned.unwrap(),
            idempotency_key: None,
            run_id: Some(run),
            request_id: None,
            starter: None,
        }],
        events: vec![NewEvent {
            event_type: "e",
            organization_id: None,
            data: json!({}),
            job_id: job,
            request_id: None,
        }],
        ..Effect::of(now, jobs)
    }
}

#[tokio::test]
async fn a_rehearsal_leaves_every_row_and_equals_the_commit() {
    let world = World::new().await;
    let owner = organization("org_1");
    world.contacts(&owner, &[contact("c", &json!({"hasEmail": true}))]).await;
    let run = failed_run(&world, 1).await;
    let (_, job) = dead(&world, "c", Some(run), Some("key")).await;
    let effect = effect(&world, job, run).await;
    let session = operator(&world, None).await;
    let before = dump(&world).await;
    for _ in 0..3 {
        let rehearsed = session.rehearse(job, &effect).await.unwrap();
        assert_eq!(rehearsed, Committed::Done { superseded: 0, refill: false });
        assert_eq!(dump(&world).await, before);
    }
    let queue = system(&world).await;
    queue.replay(job).await.unwrap();
    let claimed = "update jobs.job set state = 'in_progress', claim = 1,
      lease_until = clock_timestamp() + interval '1 min' where state = 'queued'";
    world.rows(claimed).await;
    assert_eq!(
        queue.commit(&effect).await.unwrap(),
        Committed::Done { superseded: 0, refill: false }
    );
    assert_eq!(world.count("select count(*) from scoring.lead_scores").await, 1);
    let receipt: Value = row(&world, "jobs.job", job).await["receipt"].clone();
    assert_eq!(receipt, json!({"n": 1}));
    // What is superseded is told as well.
    let (_, again) = dead(&world, "c", Some(run), None).await;
    world.rows("update jobs.run set jobs_total = jobs_total + 1, jobs_dead = 1").await;
    let mut older = effect;
    older.jobs[0].id = again;
    older.scores[0].input_version = 1;
    older.spawned.clear();
    let before = dump(&world).await;
    let rehearsed = session.rehearse(again, &older).await.unwrap();
    assert_eq!(rehearsed, Committed::Done { superseded: 1, refill: false });
    assert_eq!(dump(&world).await, before);
}

#[tokio::test]
async fn a_rehearsal_of_what_is_not_dead_has_no_lease() {
    let world = World::new().await;
    let run = failed_run(&world, 1).await;
    let (case, job) = dead(&world, "c", Some(run), None).await;
    let effect = effect(&world, job, run).await;
    let session = operator(&world, None).await;
    let unknown = session.rehearse(Uuid::nil(), &effect).await.unwrap();
    assert_eq!(unknown, Committed::FenceLost);
    session.replay(job).await.unwrap();
    let before = dump(&world).await;
    assert_eq!(session.rehearse(job, &effect).await.unwrap(), Committed::FenceLost);
    assert_eq!(dump(&world).await, before);
    assert!(session.case(case).await.unwrap().is_some(), "usable");
}

#[tokio::test]
async fn a_rehearsal_waits_a_second_for_real_work() {
    let world = World::new().await;
    let run = failed_run(&world, 1).await;
    let (_, job) = dead(&world, "c", Some(run), None).await;
    let effect = effect(&world, job, run).await;
    let session = operator(&world, None).await;
    let lock = world.database.connect(Role::Owner).await.unwrap();
    lock.batch_execute("begin; select from jobs.job for update").await.unwrap();
    let begun = std::time::Instant::now();
    let refused = session.rehearse(job, &effect).await.unwrap_err();
    assert_eq!(refused.code(), "contention");
    let waited = begun.elapsed().as_millis();
    assert!((900..4_000).contains(&waited), "{waited} ms");
    lock.batch_execute("rollback").await.unwrap();
    let done = session.rehearse(job, &effect).await.unwrap();
    assert_eq!(done, Committed::Done { superseded: 0, refill: false });
    // A time-out of one rehearsal is nobody else's.
    let row = world.rows("show lock_timeout").await;
    assert_eq!(row[0].get::<_, String>(0), "0");
}

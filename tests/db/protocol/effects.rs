//! Effects: one transaction, fence first, runs last.

use mauntic_domain::jobs::data::RecomputeChunk;
use mauntic_domain::jobs::{Job, JobType};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Config, Context, Features, score};
use mauntic_flows::ports::{
    Committed, CompletedJob, Database, Effect, EffectStore, NewEvent, Ports, ScoreWrite,
    SentNotification, SpawnedJob,
};
use mauntic_tests::world::{World, contact, organization};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Made, held, job, made, row, run};

fn effect(jobs: Vec<CompletedJob>) -> Effect {
    let now = chrono::Utc::now();
    Effect::of(now, jobs)
}

fn completed(made: &Made, claim: i32) -> CompletedJob {
    CompletedJob { id: made.id, claim, run_id: Some(made.run), summary: json!({"n": 1}) }
}

fn chunk(run: Uuid) -> SpawnedJob {
    let data = json!({"organizationId": "org_1", "contacts": {"ids": ["a"]}});
    let chunk: RecomputeChunk = serde_json::from_value(data).unwrap();
    SpawnedJob {
        id: Uuid::now_v7(),
        job: Job::RecomputeChunk(chunk),
        idempotency_key: None,
        run_id: Some(run),
        request_id: Some("r".to_owned()),
        starter: None,
    }
}

/// A reservation of that token.
async fn reserved(world: &World, subject: &str, token: Uuid) {
    let sql =
        "insert into jobs.notification (subject, kind, id, state, token, lease_until, expires_at)
      values ($1, 'alert', uuidv7(), 'reserved', $2, clock_timestamp(), clock_timestamp())";
    world.owner.execute(sql, &[&subject, &token]).await.unwrap();
}

#[tokio::test]
async fn an_effect_is_written_whole_or_not_at_all() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let made = made(&world, "c").await;
    let claim = held(&session, made.id).await.claim;
    let (mine, theirs) = (Uuid::new_v4(), Uuid::new_v4());
    reserved(&world, "alert-1", mine).await;
    reserved(&world, "alert-2", theirs).await;
    let mut whole = effect(vec![completed(&made, claim)]);
    whole.spawned = vec![chunk(made.run), chunk(made.run)];
    whole.spawned.sort_by_key(|spawned| spawned.id);
    let event = |n: i32| NewEvent {
        event_type: "scoring.Test",
        organization_id: Some("org_1".to_owned()),
        data: json!({"n": n}),
        job_id: made.id,
        request_id: Some("r".to_owned()),
    };
    whole.events = vec![event(1), event(2)];
    let sent = |subject: &str| SentNotification {
        subject: subject.to_owned(),
        kind: "alert",
        token: mine,
    };
    whole.notified = vec![sent("alert-1"), sent("alert-2")];

    let mut late = whole.clone();
    late.jobs[0].claim -= 1;
    assert_eq!(session.commit(&late).await.unwrap(), Committed::FenceLost);
    assert_eq!(world.count("select count(*) from jobs.job").await, 1);
    assert_eq!(world.count("select count(*) from jobs.event_outbox").await, 0);
    assert_eq!(run(&world, made.run).await, ("running".into(), [1, 0, 0, 0]));

    assert_eq!(
        session.commit(&whole).await.unwrap(),
        Committed::Done { superseded: 0, refill: false }
    );
    assert_eq!(session.commit(&whole).await.unwrap(), Committed::FenceLost, "once");
    assert_eq!(job(&world, made.id).await["receipt"], json!({"n": 1}));
    assert_eq!(run(&world, made.run).await, ("running".into(), [3, 1, 0, 0]));
    let due = "wake_at <= clock_timestamp() and available_at <= wake_at";
    let spawned = row(&world, "jobs.job", whole.spawned[0].id, due).await;
    assert_eq!((&spawned["version"], &spawned["x"]), (&json!(3), &json!(true)), "{spawned}");
    assert_eq!(
        (&spawned["queue"], &spawned["type"]),
        (&json!("mauntic-scoring-events"), &json!(JobType::RecomputeChunk.name()))
    );
    let told = world.rows("select data->>'n', job_id from jobs.event_outbox order by id").await;
    let told: Vec<(String, Uuid)> = told.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(told, [("1".to_owned(), made.id), ("2".to_owned(), made.id)]);
    let states = world.rows("select state from jobs.notification order by subject").await;
    let states: Vec<String> = states.iter().map(|row| row.get(0)).collect();
    assert_eq!(states, ["sent", "reserved"], "one was taken over by another sender");
}

#[tokio::test]
async fn a_run_ends_with_the_last_of_its_jobs() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let plan = made(&world, "c").await;
    let mut planned = effect(vec![completed(&plan, held(&session, plan.id).await.claim)]);
    planned.spawned = vec![chunk(plan.run), chunk(plan.run)];
    planned.spawned.sort_by_key(|spawned| spawned.id);
    session.commit(&planned).await.unwrap();
    world.rows("update jobs.job set state = 'in_progress', claim = 1, lease_until = clock_timestamp() where finished_at is null").await;
    let chunks: Vec<Made> =
        planned.spawned.iter().map(|one| Made { id: one.id, run: plan.run }).collect();
    let both = effect(chunks.iter().map(|made| completed(made, 1)).collect());
    session.commit(&both).await.unwrap();
    assert_eq!(run(&world, plan.run).await, ("completed".into(), [3, 3, 0, 0]));
    assert_eq!(row(&world, "jobs.run", plan.run, "null").await["stalled_at"], Value::Null);
}

#[tokio::test]
async fn a_new_grade_is_an_event_and_the_same_grade_is_none() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let write = |features: &Features, input_version, job_id| ScoreWrite {
        contact: (organization("org_1"), contact("c", &json!({})).0),
        score: score(features, &Config::default(), &Context::default(), PointsE4::ZERO),
        input_version,
        config_version: 0,
        job_id,
    };
    let mut jobs = Vec::new();
    for (version, features) in [
        (1, json!({"hasEmail": true})),
        (2, json!({"hasEmail": true, "hasPhone": true, "seniority": "vp"})),
        (3, json!({"hasEmail": true, "hasPhone": true, "hasDirectPhone": true, "seniority": "vp"})),
        (1, json!({})),
    ] {
        let made = made(&world, "c").await;
        let mut scored = effect(vec![completed(&made, held(&session, made.id).await.claim)]);
        scored.scores = vec![write(&contact("c", &features).1, version, made.id)];
        let superseded = usize::from(jobs.len() == 3);
        assert_eq!(
            session.commit(&scored).await.unwrap(),
            Committed::Done { superseded, refill: false }
        );
        jobs.push(made.id);
    }
    let sql = "select organization_id, type, data, job_id from jobs.event_outbox order by id";
    let told = world.rows(sql).await;
    let found: Vec<(Value, Uuid)> = told.iter().map(|row| (row.get(2), row.get(3))).collect();
    let graded = |grade: &str, previous: Option<&str>, total: i32| json!({"contactId": "c", "grade": grade, "previousGrade": previous, "totalScore": total});
    let crossed = |threshold: i32| json!({"contactId": "c", "threshold": threshold, "direction": "up", "previousTotal": 10, "totalScore": 40});
    let expected = [
        (graded("F", None, 10), jobs[0]),
        (graded("C", Some("F"), 40), jobs[1]),
        (crossed(20), jobs[1]),
        (crossed(40), jobs[1]),
    ];
    assert_eq!(found, expected);
    assert_eq!(told[0].get::<_, String>(0), "org_1");
    assert_eq!(told[0].get::<_, String>(1), "scoring.LeadScoreUpdated");
}

#[tokio::test]
async fn counts_of_many_runs_at_once_never_deadlock() {
    let world = World::new().await;
    let mut runs = Vec::new();
    for n in 0..8 {
        runs.push(made(&world, &format!("c{n}")).await.run);
    }
    world.rows("update jobs.run set jobs_total = 1000").await;
    let counters = (0..16).map(|n| {
        let mut runs = runs.clone();
        runs.rotate_left(n % 8);
        let world = &world;
        async move {
            let client =
                world.database.connect(mauntic_testkit::database::Role::Queue).await.unwrap();
            for _ in 0..10 {
                let sql = "select jobs.count_runs(done => $1, dead => $2)";
                client.query(sql, &[&runs, &runs[..2].to_vec()]).await.unwrap();
            }
        }
    });
    futures::future::join_all(counters).await;
    for id in runs {
        assert_eq!(run(&world, id).await, ("running".into(), [1_000, 160, 40, 0]));
    }
}

//! Dry runs: what an effect would do, told by doing it and taking it back.

use mauntic_flows::ports::{
    Committed, CompletedJob, Effect, EffectStore, JobKey, NewEvent, OperatorStore,
};
use serde_json::json;
use uuid::Uuid;

use super::given::{dead, effect, score, spawned};
use crate::subject::{Subject, World};

on_both! {
    a_rehearsal_changes_nothing
    a_rehearsal_tells_what_the_commit_will
    a_rehearsal_of_a_stale_attempt_has_lost_its_fence
    what_is_no_dead_letter_cannot_be_rehearsed
    a_job_of_a_run_is_rehearsed
}

/// All that an effect can hold, by the next attempt of this dead job.
async fn whole<S: Subject>(world: &mut World<S>, job: Uuid) -> Effect {
    let row = world.op.job(job).await.unwrap().unwrap().job;
    let summary = json!({"scored": 2});
    let done = CompletedJob { id: job, claim: row.claim + 1, run_id: row.run_id, summary };
    Effect {
        jobs: vec![done],
        scores: vec![score("ada", 40, (2, 0), job), score("bob", 90, (1, 0), job)],
        spawned: vec![spawned(world.id(), row.run_id)],
        events: vec![NewEvent {
            event_type: "test.Happened",
            organization_id: Some("org_1".to_owned()),
            data: json!({"what": 1}),
            job_id: job,
            request_id: None,
        }],
        ..effect(world.subject.now(), &[])
    }
}

/// `ada` has a score of newer features.
async fn scored<S: Subject>(world: &mut World<S>) {
    let id = world.id();
    let whole = effect(world.subject.now(), &[]);
    let scores = vec![score("ada", 10, (9, 0), id)];
    world.queue.commit(&Effect { scores, ..whole }).await.unwrap();
}

async fn a_rehearsal_changes_nothing<S: Subject>(mut world: World<S>) {
    scored(&mut world).await;
    let job = world.dead_letter(JobKey::None).await;
    let effect = whole(&mut world, job).await;
    let before = world.dump().await;
    for _ in 0..2 {
        world.op.rehearse(job, &effect).await.unwrap();
        assert_eq!(world.dump().await, before);
    }
}

async fn a_rehearsal_tells_what_the_commit_will<S: Subject>(mut world: World<S>) {
    scored(&mut world).await;
    let job = world.dead_letter(JobKey::None).await;
    let effect = whole(&mut world, job).await;
    let told = world.op.rehearse(job, &effect).await.unwrap();
    assert_eq!(told, Committed::Done { superseded: 1, refill: false });
    let case = world.case_of(job).await;
    world.replay(case, None).await;
    world.hold(job).await;
    assert_eq!(world.queue.commit(&effect).await.unwrap(), told);
    world.expect_job(job, json!({"state": "completed", "receipt": {"scored": 2}})).await;
}

async fn a_rehearsal_of_a_stale_attempt_has_lost_its_fence<S: Subject>(mut world: World<S>) {
    let job = world.dead_letter(JobKey::None).await;
    let mut effect = whole(&mut world, job).await;
    effect.jobs[0].claim -= 1;
    let before = world.dump().await;
    assert_eq!(world.op.rehearse(job, &effect).await.unwrap(), Committed::FenceLost);
    assert_eq!(world.dump().await, before);
}

async fn what_is_no_dead_letter_cannot_be_rehearsed<S: Subject>(mut world: World<S>) {
    let job = world.one(JobKey::None).await;
    let effect = whole(&mut world, job).await;
    let before = world.dump().await;
    assert_eq!(world.op.rehearse(job, &effect).await.unwrap(), Committed::FenceLost);
    assert_eq!(world.dump().await, before);
}

async fn a_job_of_a_run_is_rehearsed<S: Subject>(mut world: World<S>) {
    let (run, jobs) = world.fan_out(1).await;
    let held = world.hold(jobs[0]).await;
    world.set_back(&held, dead(true)).await;
    let effect = whole(&mut world, jobs[0]).await;
    let before = world.dump().await;
    let told = world.op.rehearse(jobs[0], &effect).await.unwrap();
    assert_eq!(told, Committed::Done { superseded: 0, refill: false });
    assert_eq!(world.dump().await, before);
    world.expect_run(run, json!({"status": "partial", "jobs_total": 2})).await;
}

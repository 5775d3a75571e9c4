//! The effect's transaction: all of it, or nothing.

use mauntic_domain::notifications::{Reservation, Window};
use mauntic_flows::ports::{
    Committed, Effect, EffectStore, GuardStore, JobKey, NewEvent, SentNotification,
};
use serde_json::json;

use super::given::{dead, effect, score, spawned};
use crate::dump::none;
use crate::subject::{Subject, World};

on_both! {
    completed_jobs_have_receipts
    a_lost_fence_writes_nothing_at_all
    a_job_completes_once
    spawned_jobs_are_sent_at_once_and_counted
    a_run_without_further_jobs_is_over
    a_run_whose_jobs_all_died_failed
    jobs_of_several_runs_are_counted_each
    events_are_kept_in_their_order
    a_notification_is_sent_by_who_holds_it
    an_effect_without_jobs_needs_no_fence
}

async fn completed_jobs_have_receipts<S: Subject>(mut world: World<S>) {
    let ids = [world.one(JobKey::None).await, world.one(JobKey::None).await];
    let held = world.claim(&ids).await.held;
    world.advance(10).await;
    let done = world.complete(&[&held[0], &held[1]]).await;
    assert_eq!(done, Committed::Done { superseded: 0, refill: false });
    let row = json!({"state": "completed", "finished_at": "+0s", "receipt": {"scored": 1},
        "lease_until": none(), "claim": 1, "wake_at": "+50s"});
    world.expect_job(ids[0], row).await;
    world.expect_job(ids[1], json!({"state": "completed"})).await;
}

async fn a_lost_fence_writes_nothing_at_all<S: Subject>(mut world: World<S>) {
    let (_, jobs) = world.fan_out(2).await;
    let held = world.claim(&jobs).await.held;
    world.advance(60).await;
    world.hold_alone(jobs[1]).await;
    let (token, fresh) = (world.id(), world.id());
    let window = Window::DEFAULT;
    world.queue.try_record("alert", "signal", window, token, fresh).await.unwrap();
    let now = world.subject.now();
    let whole = effect(now, &[&held[0], &held[1]]);
    let sent = SentNotification { subject: "alert".to_owned(), kind: "signal", token };
    let whole = Effect {
        scores: vec![score("ada", 50, (1, 0), jobs[0])],
        spawned: vec![spawned(world.id(), held[0].run_id)],
        events: vec![event("first", jobs[0])],
        notified: vec![sent],
        ..whole
    };
    let before = world.dump().await;
    assert_eq!(world.queue.commit(&whole).await.unwrap(), Committed::FenceLost);
    assert_eq!(world.dump().await, before);
}

async fn a_job_completes_once<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    world.complete(&[&held]).await;
    let before = world.dump().await;
    assert_eq!(world.complete(&[&held]).await, Committed::FenceLost);
    assert_eq!(world.dump().await, before);
}

async fn spawned_jobs_are_sent_at_once_and_counted<S: Subject>(mut world: World<S>) {
    let (run, jobs) = world.fan_out(3).await;
    let row = json!({"state": "queued", "run_id": run, "wake_at": "+0s", "available_at": "+0s",
        "organization_id": "org_1", "request_id": "request-2", "type": "scoring.CalculateScore",
        "data": {"organizationId": "org_1", "contactId": "ada"}, "version": 1,
        "expires_at": "+604800s", "scheduled_for": none()});
    world.expect_job(jobs[2], row).await;
    let counts = json!({"status": "running", "jobs_total": 4, "jobs_done": 1});
    world.expect_run(run, counts).await;
}

async fn a_run_without_further_jobs_is_over<S: Subject>(mut world: World<S>) {
    let (run, id) = world.open("empty", true).await;
    let held = world.hold_alone(id).await;
    world.advance(10).await;
    world.complete(&[&held]).await;
    let row = json!({"status": "completed", "jobs_total": 1, "jobs_done": 1,
        "finished_at": "+0s", "progressed_at": "+0s", "started_at": "-10s", "exclusive": true});
    world.expect_run(run, row).await;
}

async fn a_run_whose_jobs_all_died_failed<S: Subject>(mut world: World<S>) {
    let (run, id) = world.open("failing", true).await;
    let held = world.hold_alone(id).await;
    world.set_back(&held, dead(true)).await;
    world.expect_run(run, json!({"status": "failed", "jobs_done": 0, "jobs_dead": 1})).await;
}

async fn jobs_of_several_runs_are_counted_each<S: Subject>(mut world: World<S>) {
    let (first, mut jobs) = world.fan_out(2).await;
    let (second, others) = world.fan_out(1).await;
    jobs.extend(others);
    let held = world.claim(&jobs).await.held;
    let whole = effect(world.subject.now(), &held.iter().collect::<Vec<_>>());
    world.queue.commit(&whole).await.unwrap();
    world.expect_run(first, json!({"status": "completed", "jobs_done": 3})).await;
    world.expect_run(second, json!({"status": "completed", "jobs_done": 2})).await;
}

fn event(data: &str, job_id: uuid::Uuid) -> NewEvent {
    NewEvent {
        event_type: "test.Happened",
        organization_id: Some("org_1".to_owned()),
        data: json!({ "what": data }),
        job_id,
        request_id: Some("request-4".to_owned()),
    }
}

async fn events_are_kept_in_their_order<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    let whole = effect(world.subject.now(), &[&held]);
    let events = vec![event("second", id), event("first", id)];
    world.queue.commit(&Effect { events, ..whole }).await.unwrap();
    let data = world.column("events", "data").await;
    assert_eq!(data, [json!({"what": "second"}), json!({"what": "first"})]);
    assert_eq!(world.column("events", "sent_at").await, [none(), none()]);
}

async fn a_notification_is_sent_by_who_holds_it<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let (token, other, fresh) = (world.id(), world.id(), world.id());
    let window = Window::DEFAULT;
    world.queue.try_record("alert", "signal", window, token, fresh).await.unwrap();
    let sent = |token| SentNotification { subject: "alert".to_owned(), kind: "signal", token };
    let held = world.hold(id).await;
    let whole = effect(world.subject.now(), &[&held]);
    world.queue.commit(&Effect { notified: vec![sent(other)], ..whole }).await.unwrap();
    assert_eq!(world.column("notifications", "state").await, ["reserved"]);
    let whole = effect(world.subject.now(), &[]);
    world.queue.commit(&Effect { notified: vec![sent(token)], ..whole }).await.unwrap();
    assert_eq!(world.column("notifications", "state").await, ["sent"]);
    let asked = world.queue.try_record("alert", "signal", window, other, other).await.unwrap();
    assert_eq!(asked, Reservation::Sent);
}

async fn an_effect_without_jobs_needs_no_fence<S: Subject>(mut world: World<S>) {
    let (run, _) = world.open("spawning", false).await;
    let whole = effect(world.subject.now(), &[]);
    let spawned = vec![spawned(world.id(), Some(run)), spawned(world.id(), None)];
    let done = world.queue.commit(&Effect { spawned, ..whole }).await.unwrap();
    assert_eq!(done, Committed::Done { superseded: 0, refill: false });
    world.expect_run(run, json!({"jobs_total": 2, "status": "running"})).await;
}

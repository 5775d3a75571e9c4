//! What is sent again: jobs in turn by organization, events, and beats.

use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::limits::DISPATCHED_MAX;
use mauntic_flows::ports::{
    Effect, EffectStore, JobKey, JobStore, KeyStore, NewEvent, RelayStore, TenantStore,
};
use mauntic_tests::ports::INSTANCE;
use serde_json::json;
use uuid::Uuid;

use super::given::{dead, effect, failed, raw, scoring, snoozed};
use crate::subject::{QUEUE, RawJob, Subject, World, organization};

on_both! {
    a_due_job_is_taken_and_held_back
    a_final_or_later_job_is_not_taken
    a_lost_lease_is_taken
    a_message_says_where_its_row_is
    organizations_take_turns
    each_queue_has_its_own_limit
    an_organization_has_so_many_out
    work_across_organizations_is_not_bound
    a_sent_job_is_sent_again_later_and_later
    what_was_moved_since_it_was_sent_keeps_its_time
    a_held_or_final_job_is_not_marked
    an_organization_marks_its_own
    events_are_taken_in_order_and_held_back
    sent_events_are_gone
    a_beat_is_seen
}

async fn taken<S: Subject>(world: &World<S>, limit: i64) -> Vec<Uuid> {
    let due = world.queue.take_due(limit).await.unwrap();
    due.into_iter().map(|(_, wakeup)| wakeup.message.job_id.unwrap()).collect()
}

async fn a_due_job_is_taken_and_held_back<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    world.advance(59).await;
    assert!(taken(&world, 10).await.is_empty());
    world.advance(1).await;
    assert_eq!(taken(&world, 10).await, [id]);
    world.expect_job(id, json!({"wake_at": "+60s", "resends": 0, "state": "queued"})).await;
    assert!(taken(&world, 10).await.is_empty());
    world.advance(60).await;
    assert_eq!(taken(&world, 10).await, [id]);
}

async fn a_final_or_later_job_is_not_taken<S: Subject>(mut world: World<S>) {
    let (dead_one, later) = (world.one(JobKey::None).await, world.one(JobKey::None).await);
    let held = world.claim(&[dead_one, later]).await.held;
    for held in held {
        let setback = if held.id == later { failed(600) } else { dead(true) };
        world.set_back(&held, setback).await;
    }
    world.advance(659).await;
    assert!(taken(&world, 10).await.is_empty());
    world.advance(1).await;
    assert_eq!(taken(&world, 10).await, [later]);
}

async fn a_lost_lease_is_taken<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    world.hold(id).await;
    world.advance(60).await;
    assert_eq!(taken(&world, 10).await, [id]);
    world.expect_job(id, json!({"state": "in_progress", "lease_until": "+0s"})).await;
}

async fn a_message_says_where_its_row_is<S: Subject>(mut world: World<S>) {
    let (run, id) = world.open("relayed", true).await;
    let (queue, wakeup) = world.queue.take_due(10).await.unwrap().remove(0);
    let message = wakeup.message;
    assert_eq!(wakeup.delay_secs, 0);
    assert_eq!((queue, message.job_id, message.execution_id), (QUEUE, Some(id), Some(run)));
    assert_eq!(message.type_name, "scoring.BatchRecompute");
    assert_eq!((message.v, message.request_id.as_deref()), (Some(1), Some("request-3")));
    assert_eq!(message.enqueued_at, Some(world.subject.now()));
    assert!(message.data.is_null());
}

async fn organizations_take_turns<S: Subject>(mut world: World<S>) {
    let mut wanted = Vec::new();
    for _ in 0..3 {
        wanted.push(world.one(JobKey::None).await);
    }
    let job = scoring("org_2", "ada", JobKey::None);
    let other = world.http.enqueue(&organization("org_2"), &[job], None).await.unwrap()[0].id;
    world.advance(60).await;
    assert_eq!(taken(&world, 3).await, [wanted[0], other, wanted[1]]);
    assert_eq!(taken(&world, 3).await, [wanted[2]]);
    world.expect_job(other, json!({"wake_at": "+60s"})).await;
}

async fn each_queue_has_its_own_limit<S: Subject>(mut world: World<S>) {
    let queue = Queue::OvernightJobs.name();
    let jobs: Vec<RawJob> =
        (0..2).flat_map(|_| [raw(world.id()), RawJob { queue, ..raw(world.id()) }]).collect();
    world.subject.put_jobs(&jobs).await;
    world.advance(60).await;
    let mut first = taken(&world, 1).await;
    first.sort_unstable();
    assert_eq!(first, [jobs[0].id, jobs[1].id]);
}

/// As many jobs as an organization may have out, but for `less`.
async fn all_out<S: Subject>(world: &mut World<S>, less: i64) {
    let count = usize::try_from(DISPATCHED_MAX - less).unwrap();
    let sent = |_| RawJob { resends: 1, ..raw(world.id()) };
    let jobs: Vec<RawJob> = (0..count).map(sent).collect();
    world.subject.put_jobs(&jobs).await;
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.id).collect();
    world.queue.mark_sent(&ids).await.unwrap();
}

async fn an_organization_has_so_many_out<S: Subject>(mut world: World<S>) {
    all_out(&mut world, 2).await;
    let mut fresh = Vec::new();
    for _ in 0..3 {
        fresh.push(world.one(JobKey::None).await);
    }
    let enqueued = world.enqueue(&[scoring("org_1", "ada", JobKey::None)]).await;
    assert!(!enqueued[0].send_now);
    let job = scoring("org_2", "ada", JobKey::None);
    let other = world.http.enqueue(&organization("org_2"), &[job], None).await.unwrap();
    assert!(other[0].send_now);
    world.advance(60).await;
    let due = taken(&world, 10).await;
    assert_eq!(due, [fresh[0], other[0].id, fresh[1]]);
    world.queue.mark_sent(&fresh[..2]).await.unwrap();
    world.advance(60).await;
    assert_eq!(taken(&world, 10).await, [other[0].id]);
    let held = world.hold(fresh[0]).await;
    world.complete(&[&held]).await;
    assert_eq!(taken(&world, 10).await, [fresh[2]]);
}

async fn work_across_organizations_is_not_bound<S: Subject>(mut world: World<S>) {
    let count = usize::try_from(DISPATCHED_MAX + 1).unwrap();
    let mut everyones = |resends| RawJob { owner: None, resends, ..raw(world.id()) };
    let jobs: Vec<RawJob> = (0..count).map(|_| everyones(1)).collect();
    let fresh = everyones(0);
    world.subject.put_jobs(&jobs).await;
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.id).collect();
    world.queue.mark_sent(&ids).await.unwrap();
    world.subject.put_jobs(std::slice::from_ref(&fresh)).await;
    world.advance(60).await;
    assert_eq!(taken(&world, 10).await, [fresh.id]);
}

async fn a_sent_job_is_sent_again_later_and_later<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    for (resends, wait) in
        [(1, 900), (2, 1_800), (3, 3_600), (4, 7_200), (5, 14_400), (6, 21_600), (7, 21_600)]
    {
        world.queue.mark_sent(&[id]).await.unwrap();
        let wake_at = format!("+{wait}s");
        world.expect_job(id, json!({"resends": resends, "wake_at": wake_at})).await;
        world.advance(wait - 1).await;
        assert!(taken(&world, 10).await.is_empty());
        world.advance(1).await;
        assert_eq!(taken(&world, 10).await, [id]);
    }
}

async fn what_was_moved_since_it_was_sent_keeps_its_time<S: Subject>(mut world: World<S>) {
    let id = world.one(JobKey::None).await;
    let held = world.hold(id).await;
    world.set_back(&held, snoozed(120, "breaker_open")).await;
    world.queue.mark_sent(&[id]).await.unwrap();
    world.expect_job(id, json!({"wake_at": "+120s", "resends": 0})).await;
}

async fn a_held_or_final_job_is_not_marked<S: Subject>(mut world: World<S>) {
    let (held, over) = (world.one(JobKey::None).await, world.one(JobKey::None).await);
    world.hold(held).await;
    world.queue.cancel(&[over]).await.unwrap();
    let before = world.dump().await;
    world.queue.mark_sent(&[held, over, Uuid::max()]).await.unwrap();
    assert_eq!(world.dump().await, before);
}

async fn an_organization_marks_its_own<S: Subject>(mut world: World<S>) {
    let own = world.one(JobKey::None).await;
    let job = scoring("org_2", "ada", JobKey::None);
    let other = world.http.enqueue(&organization("org_2"), &[job], None).await.unwrap()[0].id;
    world.http.mark_own_sent(&organization("org_1"), &[own, other]).await.unwrap();
    world.expect_job(own, json!({"resends": 1, "wake_at": "+900s"})).await;
    world.expect_job(other, json!({"resends": 0, "wake_at": "+60s"})).await;
}

/// Writes events of these names.
async fn tell<S: Subject>(world: &World<S>, names: &[&str]) {
    let event = |name: &&str| NewEvent {
        event_type: "test.Happened",
        organization_id: None,
        data: json!({ "name": name }),
        job_id: Uuid::max(),
        request_id: None,
    };
    let events = names.iter().map(event).collect();
    let whole = effect(world.subject.now(), &[]);
    world.queue.commit(&Effect { events, ..whole }).await.unwrap();
}

async fn events_are_taken_in_order_and_held_back<S: Subject>(mut world: World<S>) {
    tell(&world, &["b", "a", "c"]).await;
    let taken = world.queue.take_events(2).await.unwrap();
    let names: Vec<&str> = taken.iter().map(|event| event.data["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["b", "a"]);
    assert_eq!(taken[0].occurred_at, world.subject.now());
    assert_eq!(world.queue.take_events(9).await.unwrap().len(), 1);
    assert!(world.queue.take_events(9).await.unwrap().is_empty());
    assert_eq!(world.column("events", "wake_at").await, ["+60s", "+60s", "+60s"]);
    world.advance(60).await;
    let again = world.queue.take_events(9).await.unwrap();
    assert_eq!((again.len(), &again[..2]), (3, &taken[..]));
    assert_eq!(again[2].data["name"], "c");
}

async fn sent_events_are_gone<S: Subject>(mut world: World<S>) {
    tell(&world, &["a", "b"]).await;
    let taken = world.queue.take_events(9).await.unwrap();
    world.queue.mark_events_sent(&[taken[0].id, Uuid::max()]).await.unwrap();
    assert_eq!(world.column("events", "sent_at").await, [json!("+0s"), json!(null)]);
    world.advance(60).await;
    world.queue.mark_events_sent(&[taken[0].id]).await.unwrap();
    assert_eq!(world.column("events", "sent_at").await, [json!("-60s"), json!(null)]);
    let again = world.queue.take_events(9).await.unwrap();
    assert_eq!((again.len(), again[0].id), (1, taken[1].id));
}

async fn a_beat_is_seen<S: Subject>(mut world: World<S>) {
    world.queue.beat("relay", 60, &INSTANCE).await.unwrap();
    world.queue.beat("expiry", 900, &INSTANCE).await.unwrap();
    world.advance(60).await;
    world.queue.beat("relay", 21_600, &INSTANCE).await.unwrap();
    world.queue.beat("cron", 900, &INSTANCE).await.unwrap();
    let dump = world.dump().await;
    let by = json!([INSTANCE.id, INSTANCE.schema_max]);
    let beats = json!([
        ["cron", "+0s", 900, by],
        ["expiry", "-60s", 900, by],
        ["relay", "+0s", 21_600, by]
    ]);
    assert_eq!(dump["beats"], beats);
    world.one(JobKey::None).await;
    world.advance(30).await;
    let stats = world.queue.queue_stats().await.unwrap();
    let stats = stats[QUEUE.name()];
    assert_eq!((stats.pending, stats.failed, stats.oldest_secs), (1, 0, Some(30)));
}

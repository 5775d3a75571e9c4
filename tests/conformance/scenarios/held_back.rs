//! Jobs beyond an organization's share: who ends others of it sends them.

use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::limits::{DISPATCHED_MAX, REFILL_AT};
use mauntic_flows::ports::{Committed, EffectStore, JobKey, JobStore, RelayStore, TenantStore};
use serde_json::json;
use uuid::Uuid;

use super::given::{effect, raw, scoring, snoozed};
use crate::subject::{QUEUE, RawJob, Subject, World, organization};

on_both! {
    what_is_held_back_is_asked_for_at_half_a_share
    one_that_is_out_alone_asks_for_nothing
    a_share_is_filled_in_the_order_of_the_jobs
    what_a_relay_is_sending_is_out
    what_floods_in_keeps_nothing_back
    what_was_taken_is_held_back_from_others
    what_waits_for_its_time_is_not_sent
    a_place_is_an_organization_and_a_queue
    work_of_nobody_asks_for_nothing
}

/// So many jobs of the organization are out.
async fn out<S: Subject>(world: &mut World<S>, count: i64) -> Vec<Uuid> {
    let count = usize::try_from(count).unwrap();
    let jobs: Vec<RawJob> = (0..count).map(|_| RawJob { resends: 1, ..raw(world.id()) }).collect();
    world.subject.put_jobs(&jobs).await;
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.id).collect();
    world.queue.mark_sent(&ids).await.unwrap();
    ids
}

/// Does one; whether others are asked for.
async fn refills<S: Subject>(world: &mut World<S>, id: Uuid) -> bool {
    let held = world.hold(id).await;
    match world.queue.commit(&effect(world.subject.now(), &[&held])).await.unwrap() {
        Committed::Done { refill, .. } => refill,
        lost => panic!("nothing was written: {lost:?}"),
    }
}

async fn taken<S: Subject>(world: &World<S>, owners: &[&str]) -> Vec<Uuid> {
    let taken = world.queue.take_held_back(QUEUE, owners).await.unwrap();
    assert!(taken.iter().all(|wakeup| wakeup.delay_secs == 0));
    taken.into_iter().map(|wakeup| wakeup.message.job_id.unwrap()).collect()
}

async fn what_is_held_back_is_asked_for_at_half_a_share<S: Subject>(mut world: World<S>) {
    let sent = out(&mut world, REFILL_AT + 2).await;
    world.one(JobKey::None).await;
    world.advance(5).await;
    // The one that is being done is out as well.
    assert!(!refills(&mut world, sent[0]).await);
    assert!(!refills(&mut world, sent[1]).await);
    assert!(refills(&mut world, sent[2]).await);
}

async fn one_that_is_out_alone_asks_for_nothing<S: Subject>(mut world: World<S>) {
    let sent = out(&mut world, 2).await;
    assert!(!refills(&mut world, sent[0]).await);
    // Its producer is about to send it, and after five seconds it did not.
    world.one(JobKey::None).await;
    world.advance(4).await;
    assert!(!refills(&mut world, sent[1]).await);
    let last = out(&mut world, 1).await;
    world.advance(1).await;
    assert!(refills(&mut world, last[0]).await);
}

async fn a_share_is_filled_in_the_order_of_the_jobs<S: Subject>(mut world: World<S>) {
    out(&mut world, DISPATCHED_MAX - 2).await;
    let mut fresh = Vec::new();
    for _ in 0..3 {
        fresh.push(world.one(JobKey::None).await);
        world.advance(2).await;
    }
    world.advance(5).await;
    assert_eq!(taken(&world, &["org_1"]).await, fresh[..2]);
    world.expect_job(fresh[0], json!({"wake_at": "+60s", "resends": 0})).await;
    world.queue.mark_sent(&fresh[..2]).await.unwrap();
    assert!(taken(&world, &["org_1"]).await.is_empty(), "the share is out");
}

async fn what_a_relay_is_sending_is_out<S: Subject>(mut world: World<S>) {
    out(&mut world, DISPATCHED_MAX - 2).await;
    let first = [world.one(JobKey::None).await, world.one(JobKey::None).await];
    let last = world.one(JobKey::None).await;
    world.advance(5).await;
    assert_eq!(taken(&world, &["org_1"]).await, first);
    assert!(taken(&world, &["org_1"]).await.is_empty());
    let held = world.hold(first[0]).await;
    world.complete(&[&held]).await;
    assert_eq!(taken(&world, &["org_1"]).await, [last]);
}

async fn what_floods_in_keeps_nothing_back<S: Subject>(mut world: World<S>) {
    let first = world.one(JobKey::None).await;
    world.advance(5).await;
    let count = usize::try_from(DISPATCHED_MAX).unwrap();
    let flood: Vec<RawJob> = (0..count).map(|_| raw(world.id())).collect();
    world.subject.put_jobs(&flood).await;
    assert_eq!(taken(&world, &["org_1"]).await, [first]);
}

async fn what_was_taken_is_held_back_from_others<S: Subject>(world: World<S>) {
    let id = world.one(JobKey::None).await;
    world.advance(5).await;
    assert_eq!(taken(&world, &["org_1"]).await, [id]);
    assert!(taken(&world, &["org_1"]).await.is_empty());
    assert!(world.queue.take_due(10).await.unwrap().is_empty());
    // Whoever took it died.
    world.advance(5).await;
    assert_eq!(taken(&world, &["org_1"]).await, [id]);
    world.queue.mark_sent(&[id]).await.unwrap();
    world.advance(600).await;
    assert!(taken(&world, &["org_1"]).await.is_empty(), "it was sent once");
}

async fn what_waits_for_its_time_is_not_sent<S: Subject>(mut world: World<S>) {
    let (later, over) = (world.one(JobKey::None).await, world.one(JobKey::None).await);
    let held = world.hold(later).await;
    world.set_back(&held, snoozed(120, "breaker_open")).await;
    world.queue.cancel(&[over]).await.unwrap();
    let sent = out(&mut world, 1).await;
    world.advance(119).await;
    assert!(taken(&world, &["org_1"]).await.is_empty());
    assert!(!refills(&mut world, sent[0]).await);
    world.advance(1).await;
    assert_eq!(taken(&world, &["org_1"]).await, [later]);
}

async fn a_place_is_an_organization_and_a_queue<S: Subject>(mut world: World<S>) {
    let job = scoring("org_2", "ada", JobKey::None);
    let other = world.http.enqueue(&organization("org_2"), &[job], None).await.unwrap()[0].id;
    let elsewhere = RawJob { queue: Queue::OvernightJobs.name(), ..raw(world.id()) };
    world.subject.put_jobs(&[elsewhere]).await;
    let sent = out(&mut world, 1).await;
    world.advance(60).await;
    assert!(!refills(&mut world, sent[0]).await);
    assert!(taken(&world, &["org_1"]).await.is_empty());
    let own = world.one(JobKey::None).await;
    world.advance(5).await;
    let both = taken(&world, &["org_1", "org_2"]).await;
    assert_eq!(both.len(), 2);
    assert!(both.contains(&own) && both.contains(&other));
}

async fn work_of_nobody_asks_for_nothing<S: Subject>(mut world: World<S>) {
    let nobodys = [0, 1].map(|resends| RawJob { owner: None, resends, ..raw(world.id()) });
    world.subject.put_jobs(&nobodys).await;
    world.advance(60).await;
    assert!(!refills(&mut world, nobodys[1].id).await);
    assert!(taken(&world, &["org_1"]).await.is_empty());
}

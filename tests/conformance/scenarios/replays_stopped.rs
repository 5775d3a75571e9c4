//! Replays of many: canaries that stop them, and operators who do.

use chrono::TimeDelta;
use mauntic_domain::replays::Terms;
use mauntic_flows::ports::{
    Advanced, CaseFilter, Ended, Held, JobStore, OperatorStore, RelayStore, ReplayRow, Setback,
};
use serde_json::json;
use uuid::Uuid;

use super::asked::ALL;
use super::given::{dead, failed, snoozed};
use crate::subject::{Subject, World};

on_both! {
    the_rest_waits_for_the_canaries
    canaries_that_are_done_let_the_rest_follow
    a_canary_that_fails_once_stops_the_replay
    a_canary_that_dies_stops_the_replay
    a_canary_that_died_and_was_replayed_by_hand_stops_the_replay
    canaries_that_died_before_are_as_good_as_others
    a_cancelled_canary_stops_the_replay
    a_canary_that_is_put_off_is_waited_for
    canaries_alone_may_be_all
    a_replay_is_ended
    what_is_over_is_not_ended
    an_ended_replay_goes_no_further
}

const WINDOW: TimeDelta = TimeDelta::seconds(60);

/// Five dead letters, of which two are canaries, released: the replay, the jobs.
async fn canaries<S: Subject>(world: &mut World<S>) -> (ReplayRow, Vec<Uuid>) {
    let jobs = world.dead_letters(5).await;
    let row = world.order(CaseFilter::default(), Terms { canary: 2, ..ALL }).await;
    assert_eq!(advance(world).await, Advanced { released: 2, ended: vec![] });
    let row = world.replay_row(row.id).await;
    assert_eq!((row.status.as_str(), row.replayed), ("canary", 2));
    let mut canaries = row.canaries.clone();
    canaries.sort_unstable();
    assert_eq!(canaries, jobs[..2], "the oldest");
    (row, jobs)
}

async fn advance<S: Subject>(world: &World<S>) -> Advanced {
    world.queue.advance_replays(WINDOW, None).await.unwrap()
}

async fn hold<S: Subject>(world: &mut World<S>, jobs: &[Uuid]) -> Vec<Held> {
    let mut held = world.claim(jobs).await.held;
    held.sort_by_key(|held| held.id);
    assert_eq!(held.len(), jobs.len());
    held
}

async fn the_rest_waits_for_the_canaries<S: Subject>(mut world: World<S>) {
    let (row, jobs) = canaries(&mut world).await;
    for done in 0..2 {
        let before = world.dump().await;
        assert_eq!(advance(&world).await, Advanced::default());
        assert_eq!(world.dump().await, before, "{done} are done");
        if done == 0 {
            let held = hold(&mut world, &jobs[..1]).await;
            world.complete(&[&held[0]]).await;
        }
    }
    assert_eq!(world.replay_row(row.id).await.status, "canary");
}

async fn canaries_that_are_done_let_the_rest_follow<S: Subject>(mut world: World<S>) {
    let (row, jobs) = canaries(&mut world).await;
    let held = hold(&mut world, &jobs[..2]).await;
    world.complete(&[&held[0], &held[1]]).await;
    world.advance(60).await;
    let ended = vec![(row.id, "completed")];
    assert_eq!(advance(&world).await, Advanced { released: 3, ended });
    let row = world.replay_row(row.id).await;
    assert_eq!((row.status.as_str(), row.replayed, row.completed), ("completed", 5, 2));
    assert_eq!(row.canaries.len(), 2);
}

/// The replay stops at the first canary to which this happens, and affected no
/// more than the canaries.
async fn stops<S: Subject>(world: &mut World<S>, setback: Option<Setback>) {
    let (row, jobs) = canaries(world).await;
    if let Some(setback) = setback {
        let held = hold(world, &jobs[..2]).await;
        world.complete(&[&held[0]]).await;
        world.set_back(&held[1], setback).await;
    } else {
        world.queue.cancel(&jobs[1..2]).await.unwrap();
    }
    world.advance(10).await;
    let ended = vec![(row.id, "stopped")];
    assert_eq!(advance(world).await, Advanced { released: 0, ended });
    let row = world.replay_row(row.id).await;
    assert_eq!((row.status.as_str(), row.stopped_by), ("stopped", Some(jobs[1])));
    assert_eq!((row.replayed, row.finished_at), (2, Some(world.subject.now())));
    for job in &jobs[2..] {
        world.expect_job(*job, json!({"state": "dead_lettered", "replays": 0})).await;
    }
    assert_eq!(advance(world).await, Advanced::default());
}

async fn a_canary_that_fails_once_stops_the_replay<S: Subject>(mut world: World<S>) {
    stops(&mut world, Some(failed(0))).await;
}

async fn a_canary_that_dies_stops_the_replay<S: Subject>(mut world: World<S>) {
    stops(&mut world, Some(dead(false))).await;
}

async fn a_cancelled_canary_stops_the_replay<S: Subject>(mut world: World<S>) {
    stops(&mut world, None).await;
}

async fn a_canary_that_died_and_was_replayed_by_hand_stops_the_replay<S: Subject>(
    mut world: World<S>,
) {
    let (row, jobs) = canaries(&mut world).await;
    let held = hold(&mut world, &jobs[..2]).await;
    world.complete(&[&held[0]]).await;
    world.set_back(&held[1], dead(true)).await;
    let case = world.case_of(jobs[1]).await;
    world.replay(case, None).await;
    // It is as good as new, and even done.
    let again = world.hold(jobs[1]).await;
    world.complete(&[&again]).await;
    world.expect_job(jobs[1], json!({"state": "completed", "failures": 0, "replays": 2})).await;
    let ended = vec![(row.id, "stopped")];
    assert_eq!(advance(&world).await, Advanced { released: 0, ended });
    let row = world.replay_row(row.id).await;
    assert_eq!((row.stopped_by, row.replayed), (Some(jobs[1]), 2));
}

async fn canaries_that_died_before_are_as_good_as_others<S: Subject>(mut world: World<S>) {
    let job = world.dead_letters(1).await[0];
    for _ in 0..2 {
        let case = world.case_of(job).await;
        world.replay(case, None).await;
        let held = world.hold(job).await;
        world.set_back(&held, dead(true)).await;
    }
    let row = world.order(CaseFilter::default(), Terms { canary: 1, ..ALL }).await;
    advance(&world).await;
    let held = world.hold(job).await;
    world.complete(&[&held]).await;
    let ended = vec![(row.id, "completed")];
    assert_eq!(advance(&world).await, Advanced { released: 0, ended });
}

async fn a_canary_that_is_put_off_is_waited_for<S: Subject>(mut world: World<S>) {
    let (row, jobs) = canaries(&mut world).await;
    let held = hold(&mut world, &jobs[..2]).await;
    world.complete(&[&held[0]]).await;
    world.set_back(&held[1], snoozed(30, "breaker_open")).await;
    assert_eq!(advance(&world).await, Advanced::default());
    world.advance(30).await;
    let held = hold(&mut world, &jobs[1..2]).await;
    world.complete(&[&held[0]]).await;
    assert_eq!(advance(&world).await.released, 3);
    assert_eq!(world.replay_row(row.id).await.status, "completed");
}

async fn canaries_alone_may_be_all<S: Subject>(mut world: World<S>) {
    let jobs = world.dead_letters(2).await;
    let row = world.order(CaseFilter::default(), Terms { limit: 2, canary: 9, ..ALL }).await;
    assert_eq!(advance(&world).await.released, 2);
    let held = hold(&mut world, &jobs).await;
    world.complete(&[&held[0], &held[1]]).await;
    assert_eq!(advance(&world).await.ended, [(row.id, "completed")]);
    // And where there is none, nothing is waited for.
    let row = world.order(CaseFilter::default(), Terms { canary: 9, ..ALL }).await;
    for _ in 0..3 {
        assert_eq!(advance(&world).await.released, 0);
    }
    assert_eq!(world.replay_row(row.id).await.status, "completed");
}

async fn a_replay_is_ended<S: Subject>(mut world: World<S>) {
    let (row, jobs) = canaries(&mut world).await;
    assert_eq!(world.op.end_replay(row.id).await.unwrap(), Ended::Done { jobs: 0 });
    let row = world.replay_row(row.id).await;
    assert_eq!((row.status.as_str(), row.stopped_by), ("cancelled", None));
    assert_eq!(row.finished_at, Some(world.subject.now()));
    // What it released goes on.
    world.expect_job(jobs[0], json!({"state": "queued"})).await;
}

async fn what_is_over_is_not_ended<S: Subject>(mut world: World<S>) {
    let (row, _) = canaries(&mut world).await;
    world.op.end_replay(row.id).await.unwrap();
    let before = world.dump().await;
    let over = Ended::Over { status: "cancelled".to_owned() };
    assert_eq!(world.op.end_replay(row.id).await.unwrap(), over);
    assert_eq!(world.op.end_replay(Uuid::max()).await.unwrap(), Ended::Unknown);
    assert_eq!(world.dump().await, before);
}

async fn an_ended_replay_goes_no_further<S: Subject>(mut world: World<S>) {
    let (row, jobs) = canaries(&mut world).await;
    let held = hold(&mut world, &jobs[..2]).await;
    world.complete(&[&held[0], &held[1]]).await;
    world.op.end_replay(row.id).await.unwrap();
    assert_eq!(advance(&world).await, Advanced::default());
    world.expect_job(jobs[2], json!({"state": "dead_lettered"})).await;
}

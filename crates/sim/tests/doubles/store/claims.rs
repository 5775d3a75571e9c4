//! Claims, what the platform gave up on, and moves that are no effect.

use chrono::TimeDelta;
use mauntic_domain::jobs::{JobState, JobType, Queue};
use mauntic_flows::ports::{
    AloneClaim, AloneRequest, Died, JobKey, JobStore, Next, PutOff, Replayed, SetBackJob, Setback,
};
use uuid::Uuid;

use super::*;
use mauntic_sim::store::rows::JobRow;

fn alone(id: Uuid) -> AloneRequest {
    AloneRequest { queue: Queue::ScoringEvents, id, token: TOKEN, lease_secs: 60 }
}

#[test]
fn a_claim_takes_what_is_due_and_says_what_the_rest_waits_for() {
    let world = World::new();
    let due = world.enqueue("c1", JobKey::Coalesce("k".to_owned())).id;
    let now = world.clock.database();
    let plain = |n, job_type| JobRow::new(Uuid::from_u128(n), job_type, json!({}), now);
    let late =
        JobRow { available_at: now + TimeDelta::seconds(3), ..plain(1, JobType::CalculateScore) };
    world.store.put_job(late);
    world.store.put_job(plain(2, JobType::BatchRecompute));
    let newer = JobRow { version: 9, ..plain(3, JobType::CalculateScore) };
    world.store.put_job(newer);
    world.store.put_job(plain(4, JobType::AggregateHourly));
    let ids: Vec<Uuid> = (1..=5).map(Uuid::from_u128).chain([due]).collect();
    let reply = world.claim(&ids);
    assert_eq!(reply.held.iter().map(|held| held.id).collect::<Vec<_>>(), [due]);
    assert_eq!((reply.held[0].claim, reply.now), (1, now));
    let seen: Vec<(u128, Next)> =
        reply.seen.iter().map(|seen| (seen.id.as_u128(), seen.next)).collect();
    assert_eq!(seen, [(1, Next::Nothing), (2, Next::Alone), (3, Next::AnotherBuild)]);
    assert_eq!(reply.missing, [Uuid::from_u128(4), Uuid::from_u128(5)]);
    let letters = world.store.letters();
    let reasons: Vec<&str> = letters.iter().map(|letter| letter.reason.as_str()).collect();
    assert_eq!(reasons, ["wrong_queue", "row_missing"]);
    let row = world.store.job(due).unwrap();
    assert_eq!((row.state, row.coalesce_key), (JobState::InProgress, None));
    assert_eq!(row.wake_at, now + TimeDelta::seconds(60));
    world.claim(&ids);
    assert_eq!(world.store.letters().len(), 2, "a redelivery adds no letter");
}

#[test]
fn jobs_sent_by_hand_get_a_row_and_a_run_or_join_or_conflict() {
    let world = World::new();
    let mut asked = request(&[]);
    asked.shorts =
        vec![short(1, "c1", Some("k")), short(2, "c1", Some("k")), short(3, "c2", Some("k"))];
    let reply = wait(world.session().claim(&asked)).unwrap();
    assert_eq!(reply.held.len(), 1);
    assert_eq!(reply.joined, [Uuid::from_u128(2)]);
    assert_eq!(reply.conflicts, [Uuid::from_u128(3)]);
    let run = world.store.look(|state| state.run(Uuid::from_u128(1_001)).cloned()).unwrap();
    assert_eq!((run.trigger, run.counts.total), ("manual", 1));
    assert_eq!(run.job_key, "scoring.CalculateScore");
    assert_eq!(world.store.letters()[0].message_id.as_deref(), Some("s-3"));
}

#[test]
fn a_lease_that_runs_out_costs_a_failure_only_while_alone() {
    let world = World::new();
    let id = world.held("c1").id;
    for (attempt, failures) in [(2, 0), (3, 1), (4, 2)] {
        assert_eq!(wait(world.session().claim_alone(alone(id))).unwrap(), AloneClaim::NotDue);
        world.pass(60);
        let claim = wait(world.session().claim_alone(alone(id))).unwrap();
        let AloneClaim::Held(held, _) = claim else { panic!("{claim:?}") };
        assert_eq!((held.claim, held.failures), (attempt, failures));
    }
    world.pass(60);
    assert_eq!(wait(world.session().claim_alone(alone(id))).unwrap(), AloneClaim::DeadLettered);
    assert_eq!(world.store.letters()[0].reason, "lease_expired");
}

#[test]
fn set_back_moves_only_what_is_still_held() {
    let world = World::new();
    let (a, b, c) = (world.held("c1"), world.held("c2"), world.held("c3"));
    let wait_for = TimeDelta::seconds(10);
    let failed = Setback::Failed { wait: wait_for, reason: "refused", error: "e".repeat(3_000) };
    let snoozed = Setback::Snoozed { wait: wait_for, reason: "breaker_open" };
    let dead = Setback::Dead { reason: "invalid_data", detail: "d".to_owned(), failed: true };
    let of = |held: &Held, setback: Setback| SetBackJob { id: held.id, claim: held.claim, setback };
    let stale = SetBackJob { claim: 9, ..of(&c, failed.clone()) };
    let moved = wait(world.session().set_back(&[stale, of(&b, snoozed), of(&a, failed)])).unwrap();
    assert_eq!(moved, [a.id, b.id]);
    assert_eq!(wait(world.session().set_back(&[of(&c, dead)])).unwrap(), [c.id]);
    let now = world.clock.database();
    let row = |held: &Held| world.store.job(held.id).unwrap();
    assert_eq!((row(&a).state, row(&a).failures), (JobState::Failed, 1));
    assert_eq!(row(&a).wake_at, now + TimeDelta::seconds(70));
    assert_eq!(row(&a).last_error.unwrap().len(), 2_000);
    assert_eq!((row(&b).state, row(&b).snoozes), (JobState::Queued, 1));
    assert_eq!((row(&b).available_at, row(&b).wake_at), (now + wait_for, now + wait_for));
    assert_eq!((row(&c).state, row(&c).failures), (JobState::DeadLettered, 1));
}

#[test]
fn hand_back_and_release_spend_nothing() {
    let world = World::new();
    let (a, b) = (world.held("c1"), world.held("c2"));
    wait(world.session().hand_back(&a)).unwrap();
    let token = world.store.job(b.id).unwrap().lease_token.unwrap();
    assert_eq!(wait(world.session().release(token)).unwrap(), 1);
    let now = world.clock.database();
    let (a, b) = (world.store.job(a.id).unwrap(), world.store.job(b.id).unwrap());
    assert_eq!((a.state, a.failures, a.claim), (JobState::Queued, 0, 1));
    assert_eq!((b.lease_until, b.wake_at), (Some(now), now));
}

#[test]
fn another_builds_jobs_wait_a_day() {
    let world = World::new();
    let id = world.enqueue("c1", JobKey::None).id;
    let put_off = || wait(world.session().put_off(Queue::ScoringEvents, &[id])).unwrap();
    // Five minutes at a time, as often as fits into a day.
    for _ in 0..288 {
        assert_eq!(put_off(), [(id, PutOff::Snoozed)]);
        assert_eq!(put_off(), [], "it is not due");
        world.pass(300);
    }
    assert_eq!(put_off(), [(id, PutOff::DeadLettered)]);
    assert_eq!(world.store.letters()[0].reason, "unknown_type");
}

#[test]
fn three_messages_that_died_are_a_dead_letter_and_each_counts_once() {
    let world = World::new();
    let id = world.enqueue("c1", JobKey::Idempotent("k".to_owned())).id;
    let bury = |message: &str| -> Vec<Died> {
        // Tried since: what nobody tried killed nobody.
        world.store.change_job(id, |row| row.claim += 1);
        let mut asked = request(&[]);
        asked.addresses = vec![(id, message.to_owned())];
        wait(world.session().bury(&asked)).unwrap()
    };
    assert_eq!((bury("m1").len(), bury("m1").len(), bury("m2").len()), (0, 0, 0));
    assert_eq!(world.store.job(id).unwrap().platform_deaths, 2);
    assert_eq!(bury("m3")[0].reason, "isolate_killed");
    let row = world.store.job(id).unwrap();
    assert_eq!((row.idempotency_key, row.released_key.as_deref()), (None, Some("k")));
    let mut by_hand = request(&[]);
    by_hand.shorts = vec![short(1, "c1", None)];
    for _ in 0..2 {
        assert_eq!(wait(world.session().bury(&by_hand)).unwrap(), []);
        let row = world.store.job(Uuid::from_u128(1)).unwrap();
        assert_eq!((row.platform_deaths, row.wake_at), (0, world.clock.database()));
    }
}

#[test]
fn what_is_too_late_expires_and_a_dead_job_can_be_replayed() {
    let world = World::new();
    let first = world.enqueue("c1", JobKey::Idempotent("k".to_owned())).id;
    let held = world.held("c2");
    world.pass(7 * 24 * 3_600);
    let died = wait(world.session().expire(10)).unwrap();
    assert_eq!(died.iter().map(|died| died.id).collect::<Vec<_>>(), [first, held.id]);
    let replay = |id| wait(world.session().replay(id)).unwrap();
    let second = world.enqueue("c1", JobKey::Idempotent("k".to_owned())).id;
    assert_eq!(replay(first), Replayed::KeyTaken);
    assert_eq!(wait(world.session().cancel(&[second, held.id])).unwrap(), [second]);
    assert_eq!((replay(first), replay(second)), (Replayed::Queued, Replayed::NotDead));
    let row = world.store.job(first).unwrap();
    assert_eq!((row.state, row.idempotency_key.as_deref()), (JobState::Queued, Some("k")));
    assert!(world.store.letters()[0].decided_at.is_some());
}

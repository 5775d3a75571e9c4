//! Tests of the queues and of the services outside.

use std::sync::Arc;

use chrono::TimeDelta;
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::jobs::{Message, Queue};
use mauntic_flows::consume::{Body, Settle};
use mauntic_flows::ports::{CallError, Dependency, Outside, PortError, Wakeup, Wakeups};
use mauntic_sim::clock::ManualClock;
use mauntic_sim::faults::{Call, Fault, Faults};
use mauntic_sim::outside::{Health, SimOutside};
use mauntic_sim::queue::{Finished, Mishaps, SimQueues};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::wait;

const JOBS: Origin = Origin::Jobs(Queue::ScoringEvents);
const DEAD: Origin = Origin::DeadLetters(Queue::ScoringEvents);

fn queues() -> (ManualClock, SimQueues) {
    let clock = ManualClock::default();
    let queues = SimQueues::new(clock.clone(), Arc::new(Faults::default()), 1);
    (clock, queues)
}

fn message() -> Message {
    Message {
        type_name: "scoring.CalculateScore".to_owned(),
        data: Value::Null,
        job_id: Some(Uuid::nil()),
        request_id: None,
        execution_id: None,
        idempotency_key: None,
        scheduled_for: None,
        enqueued_at: None,
        traceparent: None,
        v: None,
    }
}

fn send(queues: &SimQueues, messages: usize) -> Result<(), PortError> {
    wait(queues.send(Queue::ScoringEvents, &vec![Wakeup::from(message()); messages]))
}

#[test]
fn a_message_is_kept_back_as_it_was_asked_for() {
    let (clock, queues) = queues();
    let later = Wakeup { delay_secs: 30, ..message().into() };
    wait(queues.send(Queue::ScoringEvents, &[later, message().into()])).unwrap();
    assert_eq!(queues.pull(JOBS, 10).unwrap().deliveries().len(), 1);
    let waiting = wait(queues.backlog(Queue::ScoringEvents)).unwrap().unwrap();
    assert!(waiting.messages == 1 && waiting.bytes.unwrap() > 0, "{waiting:?}");
    clock.advance(TimeDelta::seconds(29));
    assert!(queues.pull(JOBS, 10).is_none());
    clock.advance(TimeDelta::seconds(1));
    assert!(queues.pull(JOBS, 10).is_some());
}

#[test]
fn what_is_not_acknowledged_comes_back_and_the_first_word_counts() {
    let (clock, queues) = queues();
    send(&queues, 4).unwrap();
    let batch = queues.pull(JOBS, 3).unwrap();
    assert_eq!((batch.deliveries().len(), queues.len(JOBS)), (3, 1));
    batch.ack(0);
    batch.retry(0, 5);
    batch.retry(1, 5);
    let finished = queues.finish(batch);
    assert_eq!(finished, Finished { acked: 2, retried: 1, given_up: 0, unsaid: 1 });
    let rest = queues.pull(JOBS, 100).unwrap();
    assert_eq!(rest.deliveries().len(), 1);
    assert_eq!(queues.die(rest).retried, 1);
    assert!(queues.pull(JOBS, 100).is_none());
    clock.advance(TimeDelta::seconds(5));
    let back = queues.pull(JOBS, 100).unwrap();
    assert_eq!(back.deliveries()[0].message_id, "m2");
    back.ack(0);
    assert_eq!(queues.reject(back).acked, 1);
    clock.advance(TimeDelta::seconds(55));
    let last = queues.pull(JOBS, 100).unwrap();
    last.ack(0);
    assert_eq!(queues.finish_losing(last, |_| true).retried, 1);
    assert_eq!(queues.len(JOBS), 1);
}

#[test]
fn after_too_many_deliveries_it_is_a_dead_letter_under_its_id() {
    let (clock, queues) = queues();
    queues.set_retries_max(1);
    let id = queues.put(JOBS, Body::Bytes(vec![1]));
    for (origin, given_up) in [(JOBS, 0), (JOBS, 1), (DEAD, 0), (DEAD, 1)] {
        clock.advance(TimeDelta::seconds(900));
        let batch = queues.pull(origin, 10).unwrap();
        assert_eq!(batch.deliveries()[0].message_id, id);
        assert_eq!(queues.die(batch).given_up, given_up);
    }
    assert!(queues.is_empty());
}

#[test]
fn mishaps_lose_double_delay_and_reorder() {
    let (clock, queues) = queues();
    let all = Mishaps { lost: 100, doubled: 100, late: 100, reordered: 1_000, late_max_secs: 9 };
    queues.set_mishaps(all);
    send(&queues, 1_000).unwrap();
    let counts = queues.counts();
    for kind in ["lost", "doubled", "late"] {
        assert!((50..150).contains(&counts[kind]), "{counts:?}");
    }
    let there = 1_000 - counts["lost"] + counts["doubled"];
    assert_eq!(u64::try_from(queues.len(JOBS)).unwrap(), there);
    clock.advance(TimeDelta::seconds(9));
    let batch = queues.pull(JOBS, 2_000).unwrap();
    let ids: Vec<&str> = batch.deliveries().iter().map(|one| one.message_id.as_str()).collect();
    assert!(!ids.is_sorted() && u64::try_from(ids.len()).unwrap() == there);
    queues.put(JOBS, Body::Text("x".to_owned()));
    assert!(queues.deliver_twice(JOBS, 0) && !queues.deliver_twice(JOBS, 9));
    assert!(queues.lose(JOBS, 0) && queues.len(JOBS) == 1);
}

#[test]
fn a_send_fails_before_or_after_it_was_done() {
    let faults = Arc::new(Faults::default());
    let queues = SimQueues::new(ManualClock::default(), Arc::clone(&faults), 1);
    faults.next(Some(Call::Send), Fault::Lost);
    faults.next(Some(Call::Send), Fault::AnswerLost);
    assert!(send(&queues, 1).is_err() && queues.is_empty());
    assert!(send(&queues, 1).is_err() && queues.len(JOBS) == 1);
}

#[test]
fn a_service_remembers_whom_it_answered() {
    let outside = SimOutside::new(ManualClock::default(), Arc::new(Faults::default()));
    let of = Dependency::AlertWebhook;
    let id = Uuid::from_u128(1);
    let call = || {
        let request = mauntic_flows::ports::Request::Alert(json!({}));
        wait(outside.call(&mauntic_flows::ports::Call { id, request }))
    };
    assert_eq!(call(), Ok(Vec::new()));
    for (health, expected) in [
        (Health::Down, CallError::Failed { cause: "not reached".to_owned() }),
        (Health::Mute, CallError::Failed { cause: "no answer".to_owned() }),
        (Health::Refusing(400), CallError::Refused { status: 400 }),
        (Health::NotConfigured, CallError::NotConfigured),
    ] {
        outside.set(of, health);
        assert_eq!(call(), Err(expected));
    }
    assert_eq!((outside.calls(of)[&id], outside.accepted(of)[&id]), (5, 2));
}

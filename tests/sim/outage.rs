//! Outages. A dependency that is down for six hours at steady load: nothing is
//! given up, no retry is spent, and every alert is told in the end under one id.
//! A database that is away for a day: what was sent by hand is not lost.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use mauntic_domain::ids::{ContactId, OrganizationId, SignalType};
use mauntic_domain::jobs::data::NotifyAlert;
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::jobs::{Job, JobState, Queue};
use mauntic_domain::schedules::TICK_INTERVAL_SECS;
use mauntic_flows::consume::{Body, consume};
use mauntic_flows::ports::{Database, Dependency, Host, JobKey, NewJob, TenantStore};
use mauntic_flows::tick::{TickSettings, tick};
use mauntic_sim::engine::drive::finish;
use mauntic_sim::faults::{Call, Fault};
use mauntic_sim::outside::Health;
use mauntic_sim::ports::SimPorts;
use mauntic_tests::say::say;
use uuid::Uuid;

use crate::INSTANCE;

const QUEUE: Queue = Queue::ScoringEvents;

/// When the webhook goes and comes, in minutes.
const DOWN: std::ops::Range<i64> = 10..10 + 6 * 60;

/// Minutes of the whole: the longest snooze after the outage is 18 minutes, and
/// half open, one alert is told at a time.
const WHOLE: i64 = DOWN.end + 4 * 60;

fn alert(nth: i64) -> (OrganizationId, NewJob, Uuid) {
    let owner = OrganizationId::parse(["a", "b", "c"][usize::try_from(nth % 3).unwrap()]).unwrap();
    let alert_id = Uuid::from_u128(u128::try_from(nth).unwrap() + 1);
    let data = NotifyAlert {
        organization_id: owner.clone(),
        alert_id,
        contact_id: ContactId::parse("contact").unwrap(),
        signal_type: SignalType::parse("DEMO_REQUEST").unwrap(),
        priority: None,
    };
    let request_id = "outage".to_owned();
    (owner, NewJob { job: Job::NotifyAlert(data), key: JobKey::None, request_id }, alert_id)
}

/// One minute: the tick, and all that may be delivered.
fn minute(ports: &SimPorts) {
    let settings = TickSettings {
        schedules: Ok(Vec::new()),
        keep: TimeDelta::days(30),
        interval_secs: TICK_INTERVAL_SECS,
        instance: INSTANCE,
    };
    for (duty, done) in finish(tick(ports, &settings)) {
        done.unwrap_or_else(|error| panic!("{}: {error}", duty.name()));
    }
    while let Some(batch) = ports.queues.pull(Origin::Jobs(QUEUE), 100) {
        let token = ports.host.new_id();
        let origin = batch.origin();
        let report = finish(consume(ports, origin, token, batch.deliveries(), &batch));
        assert_eq!(report.error, None);
        ports.queues.finish(batch);
    }
    ports.clock.advance(TimeDelta::minutes(1));
}

/// `every` so many minutes an alert, through the outage; how the webhook fails
/// is `health`'s matter.
fn through_an_outage(every: i64, health: impl Fn(i64) -> Health) {
    let ports = SimPorts::new(6);
    let mut asked = BTreeSet::new();
    for at in 0..WHOLE {
        let is_down = DOWN.contains(&at);
        ports.outside.set(Dependency::AlertWebhook, if is_down { health(at) } else { Health::Up });
        if at % every == 0 && at < DOWN.end + 60 {
            let (owner, job, id) = alert(at);
            let session = finish(ports.store.open()).unwrap();
            finish(session.enqueue(&owner, &[job], None)).unwrap();
            asked.insert(id);
        }
        minute(&ports);
    }

    assert_eq!(ports.store.letters(), [], "nothing is given up");
    let mut ids: BTreeMap<Uuid, String> = BTreeMap::new();
    for row in ports.store.jobs() {
        assert_eq!(row.state, JobState::Completed, "{row:?}");
        assert_eq!(row.failures, 0, "no retry is spent: {row:?}");
        let receipt = row.receipt.unwrap();
        assert_eq!(receipt["sent"], true, "{receipt}");
        let id = receipt["notificationId"].as_str().unwrap().parse().unwrap();
        let other = ids.insert(id, row.data["alertId"].to_string());
        assert_eq!(other, None, "one id an alert");
    }
    assert_eq!(ids.len(), asked.len());
    let taken = ports.outside.accepted(Dependency::AlertWebhook);
    assert!(taken.keys().eq(ids.keys()), "every alert was told under its one id");
    let calls: u64 = ports.outside.calls(Dependency::AlertWebhook).values().sum();
    let repeats: u64 = taken.values().map(|times| times - 1).sum();
    let alerts = asked.len();
    say(format_args!("{alerts} alerts, {calls} calls, {repeats} taken again under the same id"));
}

#[test]
fn six_hours_down_at_steady_load() {
    through_an_outage(1, |_| Health::Down);
}

#[test]
fn six_hours_without_answers_at_steady_load() {
    through_an_outage(1, |at| if at % 120 < 60 { Health::Mute } else { Health::Down });
}

/// Few jobs are all that is there to notice the outage: none of them may pay.
#[test]
fn six_hours_down_with_next_to_no_load() {
    for every in [30, 90, 240, DOWN.start + 1] {
        through_an_outage(every, |_| Health::Down);
    }
}

/// The webhook takes an alert again and again and its answers are lost, for
/// longer than a notification's window: it must know them for one.
#[test]
fn an_alert_keeps_its_id_beyond_its_window() {
    let ports = SimPorts::new(30);
    let (owner, job, _) = alert(0);
    let session = finish(ports.store.open()).unwrap();
    finish(session.enqueue(&owner, &[job], None)).unwrap();
    ports.outside.set(Dependency::AlertWebhook, Health::Mute);
    (0..30 * 60).for_each(|_| minute(&ports));
    ports.outside.set(Dependency::AlertWebhook, Health::Up);
    (0..60).for_each(|_| minute(&ports));
    let job = &ports.store.jobs()[0];
    assert_eq!((job.state, job.failures), (JobState::Completed, 0), "{job:?}");
    let taken = ports.outside.accepted(Dependency::AlertWebhook);
    assert_eq!(taken.len(), 1, "{taken:?}");
}

/// Messages that were sent by hand have no row that would stand for them: both
/// queues together must keep them until the database is back.
#[test]
fn what_was_sent_by_hand_outlives_a_day_without_a_database() {
    let ports = SimPorts::new(24);
    let short = r#"{"type":"scoring.CalculateScore",
        "data":{"organizationId":"a","contactId":"c"}}"#;
    let bodies = [Body::Text(short.to_owned()), Body::Text("no message".to_owned())];
    bodies.into_iter().for_each(|body| drop(ports.queues.put(Origin::Jobs(QUEUE), body)));

    let origins = [Origin::Jobs(QUEUE), Origin::DeadLetters(QUEUE)];
    let deliver = || {
        for origin in origins {
            while let Some(batch) = ports.queues.pull(origin, 100) {
                let token = ports.host.new_id();
                finish(consume(&ports, origin, token, batch.deliveries(), &batch));
                ports.queues.finish(batch);
            }
        }
    };
    ports.faults.stand(Call::Open, Some(Fault::Lost));
    for _ in 0..24 * 3_600 / 20 {
        deliver();
        ports.clock.advance(TimeDelta::seconds(20));
    }
    ports.faults.calm();
    for _ in 0..30 {
        deliver();
        minute(&ports);
    }
    let states: Vec<JobState> = ports.store.jobs().iter().map(|row| row.state).collect();
    assert_eq!(states, [JobState::Completed]);
    let reasons: Vec<String> = ports.store.letters().into_iter().map(|one| one.reason).collect();
    assert_eq!(reasons, ["malformed"]);
    assert!(ports.queues.is_empty());
}

/// Consumers are slow, so that jobs have several messages waiting; then the
/// database is away until the platform gives all of them up. No job did any of
/// that: none may pay for it.
#[test]
fn a_database_that_is_away_over_a_backlog_kills_no_job() {
    let ports = SimPorts::new(7);
    let mut promised = BTreeSet::new();
    for nth in 0..60 {
        let (owner, job, _) = alert(nth);
        let session = finish(ports.store.open()).unwrap();
        promised
            .extend(finish(session.enqueue(&owner, &[job], None)).unwrap().iter().map(|e| e.id));
    }
    let settings = TickSettings {
        schedules: Ok(Vec::new()),
        keep: TimeDelta::days(30),
        interval_secs: TICK_INTERVAL_SECS,
        instance: INSTANCE,
    };
    for _ in 0..3 * 60 {
        finish(tick(&ports, &settings));
        ports.clock.advance(TimeDelta::minutes(1));
    }
    let waiting = ports.queues.len(Origin::Jobs(QUEUE));
    assert!(waiting >= 3 * promised.len(), "several messages a job: {waiting}");

    ports.faults.stand(Call::Open, Some(Fault::Lost));
    while ports.queues.len(Origin::Jobs(QUEUE)) > 0 {
        while let Some(batch) = ports.queues.pull(Origin::Jobs(QUEUE), 100) {
            let (token, origin) = (ports.host.new_id(), batch.origin());
            finish(consume(&ports, origin, token, batch.deliveries(), &batch));
            ports.queues.finish(batch);
        }
        ports.clock.advance(TimeDelta::seconds(20));
    }
    ports.faults.calm();

    // The dead-letter queue's consumer comes first.
    for origin in [Origin::DeadLetters(QUEUE), Origin::Jobs(QUEUE)] {
        while let Some(batch) = ports.queues.pull(origin, 100) {
            let token = ports.host.new_id();
            let report = finish(consume(&ports, origin, token, batch.deliveries(), &batch));
            assert_eq!(report.error, None);
            ports.queues.finish(batch);
        }
    }
    (0..30).for_each(|_| minute(&ports));
    assert_eq!(ports.store.letters(), [], "no job pays for it");
    for row in ports.store.jobs() {
        assert_eq!(row.state, JobState::Completed, "{row:?}");
    }
}

#[test]
fn without_a_webhook_alerts_are_done_with_their_batch() {
    let ports = SimPorts::new(6);
    ports.outside.set(Dependency::AlertWebhook, Health::NotConfigured);
    for nth in 0..30 {
        let (owner, job, _) = alert(nth);
        let session = finish(ports.store.open()).unwrap();
        finish(session.enqueue(&owner, &[job], None)).unwrap();
    }
    ports.clock.advance(TimeDelta::minutes(2));
    minute(&ports);
    let jobs = ports.store.jobs();
    let told = serde_json::json!({"sent": false, "reason": "not_configured"});
    assert!(jobs.iter().all(|row| row.receipt.as_ref() == Some(&told)), "{jobs:?}");
    assert!(jobs.iter().all(|row| !row.alone && row.claim == 1), "nobody waited for another");
    assert!(ports.outside.calls(Dependency::AlertWebhook).is_empty());
}

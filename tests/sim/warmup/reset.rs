//! The job that begins a day in the counters: page by page, whatever fails, and
//! nothing waits for it.

use chrono::TimeDelta;
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::jobs::{JobState, Queue};
use mauntic_domain::schedules::TICK_INTERVAL_SECS;
use mauntic_domain::warmup::{Counter, DomainName, counter_place};
use mauntic_flows::consume::{Body, consume};
use mauntic_flows::jobs::warmup_daily_reset::RESET_DOMAINS_MAX;
use mauntic_flows::ports::{Database, DomainChange, DomainStore, Host};
use mauntic_flows::tick::{TickSettings, tick};
use mauntic_sim::engine::drive::finish;
use mauntic_sim::faults::{Call, Fault};
use mauntic_sim::ports::SimPorts;
use serde_json::{Value, json};

use crate::INSTANCE;

const QUEUE: Queue = Queue::AnalyticsJobs;

/// Domains of the world: two pages, and some.
const DOMAINS: u32 = 2 * RESET_DOMAINS_MAX + 7;

fn owner() -> OrganizationId {
    OrganizationId::parse("org_a").unwrap()
}

fn name(n: u32) -> DomainName {
    DomainName::parse(&format!("d{n:03}.example")).unwrap()
}

fn place(n: u32) -> String {
    counter_place(&owner(), &name(n))
}

/// Verified domains, each but the first with a counter of yesterday.
fn world() -> SimPorts {
    let ports = SimPorts::new(9);
    let session = finish(ports.store.open()).unwrap();
    let verified = DomainChange { verified: Some(true), ..DomainChange::default() };
    for n in 0..DOMAINS {
        finish(session.put_domain(&owner(), &name(n), &verified)).unwrap();
    }
    let yesterday = ports.clock.database().date_naive() - TimeDelta::days(1);
    for n in 1..DOMAINS {
        let body = json!({"day": yesterday, "count": 50, "keys": []});
        ports.counters.set_body(&place(n), &body.to_string());
    }
    ports
}

/// A minute: the tick, and all that may be delivered.
fn minute(ports: &SimPorts) {
    let settings = TickSettings {
        schedules: Ok(Vec::new()),
        keep: TimeDelta::days(30),
        interval_secs: TICK_INTERVAL_SECS,
        instance: INSTANCE,
    };
    finish(tick(ports, &settings));
    while let Some(batch) = ports.queues.pull(Origin::Jobs(QUEUE), 10) {
        let (token, origin) = (ports.host.new_id(), batch.origin());
        let report = finish(consume(ports, origin, token, batch.deliveries(), &batch));
        assert_eq!(report.error, None);
        ports.queues.finish(batch);
    }
    ports.clock.advance(TimeDelta::minutes(1));
}

fn send(ports: &SimPorts) {
    let body = r#"{"type":"analytics.warmup-daily-reset"}"#;
    ports.queues.put(Origin::Jobs(QUEUE), Body::Text(body.to_owned()));
}

fn days(ports: &SimPorts) -> Vec<Option<(u64, bool)>> {
    let today = ports.clock.database().date_naive();
    let of = |n| {
        let counter = Counter::from_json(&ports.counters.body(&place(n))?)?;
        Some((counter.count(counter.day()), counter.day() == today))
    };
    (0..DOMAINS).map(of).collect()
}

fn receipts(ports: &SimPorts) -> Vec<Value> {
    ports.store.jobs().into_iter().map(|job| job.receipt.unwrap_or_default()).collect()
}

#[test]
fn a_run_begins_the_day_page_by_page() {
    let ports = world();
    send(&ports);
    minute(&ports);
    let begun = days(&ports);
    assert_eq!(begun[0], None, "where no counter is, none is made");
    assert!(begun[1..].iter().all(|day| *day == Some((0, true))), "{begun:?}");
    let page =
        |domains: u32, reset: u32| json!({"domains": domains, "reset": reset, "unreadable": 0});
    let all = RESET_DOMAINS_MAX;
    assert_eq!(receipts(&ports), [page(all, all - 1), page(all, all), page(7, 7)]);
    let runs = ports.store.look(|state| state.runs().map(|run| run.counts).collect::<Vec<_>>());
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].total, runs[0].done), (3, 3), "its pages are of one run");
    // Once more, and nothing is written.
    let stored = ports.counters.counts().stored;
    send(&ports);
    minute(&ports);
    assert_eq!(ports.counters.counts().stored, stored);
    assert_eq!(receipts(&ports)[3..], [page(all, 0), page(all, 0), page(7, 0)]);
}

#[test]
fn counters_that_are_away_are_begun_when_they_are_back() {
    let ports = world();
    ports.faults.stand(Call::GetCounter, Some(Fault::Lost));
    send(&ports);
    minute(&ports);
    let job = &ports.store.jobs()[0];
    assert!(!job.state.is_final(), "{job:?}");
    assert_eq!((job.failures, job.snoozes), (0, 1), "an outage is no failure of its own: {job:?}");
    ports.faults.calm();
    // One of the page cannot be read; its answers are lost now and then.
    ports.counters.set_body(&place(5), "no counter");
    ports.counters.lose(100);
    (0..10).for_each(|_| minute(&ports));
    ports.counters.settle();
    let begun = days(&ports);
    let others = (1..DOMAINS).filter(|n| *n != 5);
    assert!(others.map(|n| begun[n as usize]).all(|day| day == Some((0, true))), "{begun:?}");
    let jobs = ports.store.jobs();
    assert!(jobs.iter().all(|job| job.state == JobState::Completed), "{jobs:?}");
    assert_eq!(receipts(&ports)[0]["unreadable"], 1);
    assert_eq!(ports.counters.body(&place(5)).as_deref(), Some("no counter"), "it stays");
}

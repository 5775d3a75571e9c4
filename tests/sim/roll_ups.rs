//! Roll-ups whose counts take too long: they are parted by organizations, in their
//! run, and count the same.

use chrono::TimeDelta;
use mauntic_domain::contact_events::QUEUE_NAME;
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::jobs::{JobState, Queue};
use mauntic_domain::schedules::TICK_INTERVAL_SECS;
use mauntic_flows::consume::{Body, Delivery, consume};
use mauntic_flows::events::consume_events;
use mauntic_flows::ports::{Host, PortError};
use mauntic_flows::tick::{TickSettings, tick};
use mauntic_sim::engine::drive::finish;
use mauntic_sim::faults::{Call, Fault};
use mauntic_sim::ports::SimPorts;
use mauntic_sim::store::rows::JobRow;
use serde_json::{Value, json};

use crate::{Done, INSTANCE};

const QUEUE: Queue = Queue::AnalyticsJobs;

const TYPE: &str = "analytics.aggregate-hourly";

/// More than a part has.
const ORGANIZATIONS: usize = 70;

fn owner(n: usize) -> OrganizationId {
    OrganizationId::parse(format!("org_{n:02}")).unwrap()
}

/// A visit of a contact of each organization, in an hour that is over.
fn world() -> SimPorts {
    let ports = SimPorts::new(3);
    let now = ports.host.now();
    for n in 0..ORGANIZATIONS {
        ports.store.put_organization(&owner(n), "an organization");
        let event = json!({"id": "e", "type": "content.PageVisited", "occurredAt": now,
            "organizationId": owner(n), "data": {"contactId": "ada", "url": "/blog"}});
        let body = Body::Text(event.to_string());
        let message = Delivery { message_id: format!("{QUEUE_NAME}-{n}"), body };
        let report = finish(consume_events(&ports, false, &[message], &Done));
        assert_eq!(report.taken, 1, "{report:?}");
    }
    ports.clock.advance(TimeDelta::hours(1));
    ports
}

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
        finish(consume(ports, origin, token, batch.deliveries(), &batch));
        ports.queues.finish(batch);
    }
    ports.clock.advance(TimeDelta::minutes(1));
}

/// The roll-ups.
fn jobs(ports: &SimPorts) -> Vec<JobRow> {
    let mut jobs = ports.store.jobs();
    jobs.retain(|job| job.type_name == TYPE);
    jobs
}

/// Whose activity is counted, each once.
fn counted(ports: &SimPorts) -> Vec<OrganizationId> {
    ports.store.look(|state| {
        let rows = state.roll_ups().event_aggregates.iter();
        rows.map(|((owner, ..), row)| {
            assert_eq!((row.event_count, row.unique_contacts), (1, 1));
            owner.clone()
        })
        .collect()
    })
}

#[test]
fn a_count_that_takes_too_long_is_parted_and_counts_the_same() {
    let ports = world();
    ports.queues.put(Origin::Jobs(QUEUE), Body::Text(json!({ "type": TYPE }).to_string()));
    let cause = "SQLSTATE 57014".to_owned();
    ports
        .faults
        .stand(Call::Commit, Some(Fault::Fail(PortError::Refused { what: "a count", cause })));
    for _ in 0..10 {
        if jobs(&ports).first().is_none_or(|job| job.failures < 2) {
            minute(&ports);
        }
    }
    assert_eq!(jobs(&ports)[0].failures, 2);
    assert_eq!(counted(&ports), []);
    ports.faults.calm();
    (0..5).for_each(|_| minute(&ports));
    let jobs = jobs(&ports);
    assert!(jobs.iter().all(|job| job.state == JobState::Completed), "{jobs:?}");
    assert_eq!(counted(&ports), (0..ORGANIZATIONS).map(owner).collect::<Vec<_>>());
    // 64 at once, and then the others.
    let told: Vec<Value> = jobs
        .iter()
        .filter_map(|job| job.receipt.as_ref())
        .map(|receipt| json!([receipt["organizations"], receipt["parts"]]))
        .collect();
    let cut = owner(63);
    assert_eq!(told, [json!([{"through": cut}, 1]), json!([{"after": cut}, 0])]);
    let runs = ports.store.look(|state| state.runs().map(|run| run.counts).collect::<Vec<_>>());
    assert_eq!((runs.len(), runs[0].total, runs[0].done), (1, 2, 2), "its parts are of one run");
}

#[test]
fn where_parts_take_too_long_as_well_each_organization_has_its_job() {
    let ports = world();
    ports.queues.put(Origin::Jobs(QUEUE), Body::Text(json!({ "type": TYPE }).to_string()));
    let cause = "SQLSTATE 57014".to_owned();
    let refused = PortError::Refused { what: "a count", cause };
    ports.faults.stand(Call::Commit, Some(Fault::Fail(refused)));
    for _ in 0..10 {
        if jobs(&ports).first().is_none_or(|job| job.failures < 4) {
            minute(&ports);
        }
    }
    assert_eq!(jobs(&ports)[0].failures, 4, "its last attempt");
    ports.faults.calm();
    // The answer of what enqueues the parts is lost.
    ports.faults.next(Some(Call::Commit), Fault::AnswerLost);
    (0..20).for_each(|_| minute(&ports));
    let jobs = jobs(&ports);
    assert!(jobs.iter().all(|job| job.state == JobState::Completed), "{jobs:?}");
    assert_eq!(counted(&ports), (0..ORGANIZATIONS).map(owner).collect::<Vec<_>>());
    // Itself, eight of one organization, and the other 62 by eights.
    assert_eq!(jobs.len(), 1 + 8 + 8);
}

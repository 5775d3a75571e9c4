//! Contacts with more signals than a job holds: chunks are cut until each fits,
//! and whoever has too many alone keeps no other from its score.

use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::jobs::{JobState, JobType, Queue};
use mauntic_domain::runs::RunStatus;
use mauntic_flows::commands::report_events::report_events;
use mauntic_flows::consume::{Body, Delivery, consume};
use mauntic_flows::ports::Database;
use mauntic_sim::engine::drive::finish;
use mauntic_sim::ports::SimPorts;
use mauntic_sim::store::Limits;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Done;

/// Contacts `c0` to `c7` with as many signals as their number.
fn report(ports: &SimPorts) {
    let owner = OrganizationId::parse("org_1").unwrap();
    let event = |contact: usize, nth: usize| {
        json!({"id": format!("e{contact}-{nth}"), "type": "delivery.MessageOpened",
            "occurredAt": ports.clock.database(), "data": {"contactId": format!("c{contact}")}})
    };
    let events: Vec<Value> = (0..8)
        .flat_map(|contact| (0..contact).map(move |nth| (contact, nth)))
        .map(|(c, n)| event(c, n))
        .collect();
    finish(async {
        let session = ports.store.open().await.unwrap();
        let reported = report_events(ports, &session, &owner, &events, "req-1").await.unwrap();
        reported.1.unwrap();
    });
}

/// Hands every queued job over, until none is left.
fn drain(ports: &SimPorts) {
    for round in 0.. {
        assert!(round < 50, "it never ends");
        let queued = ports.store.jobs().into_iter().filter(|row| row.state == JobState::Queued);
        let message = |id: Uuid| Delivery {
            message_id: id.to_string(),
            body: Body::Text(json!({"type": "x", "jobId": id}).to_string()),
        };
        let deliveries: Vec<Delivery> = queued.map(|row| message(row.id)).collect();
        if deliveries.is_empty() {
            return;
        }
        let origin = Origin::Jobs(Queue::ScoringEvents);
        finish(consume(ports, origin, Uuid::from_u128(round + 1), &deliveries, &Done));
    }
}

#[test]
fn a_chunk_is_cut_until_its_signals_fit() {
    let ports = SimPorts::new(1);
    report(&ports);
    ports.store.set_limits(Limits { signals_scored_max: 6, ..Limits::default() });
    let body = Body::Text(json!({"type": "scoring.BatchRecompute"}).to_string());
    let planner = [Delivery { message_id: "m-1".to_owned(), body }];
    finish(consume(
        &ports,
        Origin::Jobs(Queue::ScoringEvents),
        Uuid::from_u128(99),
        &planner,
        &Done,
    ));
    drain(&ports);
    let chunks: Vec<_> = ports
        .store
        .jobs()
        .into_iter()
        .filter(|row| row.type_name == JobType::RecomputeChunk.name())
        .collect();
    let splits =
        chunks.iter().filter(|row| row.receipt.as_ref().is_some_and(|of| of["splitInto"] == 2));
    assert!(splits.count() > 2, "{chunks:?}");
    // The one who has seven alone is a case for people; all others have their scores.
    let dead: Vec<_> = chunks.iter().filter(|row| row.state == JobState::DeadLettered).collect();
    assert_eq!(dead.len(), 1, "{dead:?}");
    let scored = |n: usize| {
        let key =
            (OrganizationId::parse("org_1").unwrap(), ContactId::parse(format!("c{n}")).unwrap());
        ports.store.look(|state| state.scores().contains_key(&key))
    };
    assert!((1..7).all(scored) && !scored(7));
    let runs = ports.store.look(|state| state.runs().cloned().collect::<Vec<_>>());
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].status, runs[0].counts.dead), (RunStatus::Partial, 1), "{runs:?}");
}

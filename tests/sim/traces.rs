//! When the spans of a batch's jobs begin: with their work.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::Origin;
use mauntic_flows::consume::{Body, Delivery, consume};
use mauntic_sim::engine::drive::finish;
use mauntic_sim::host::SimHost;
use mauntic_sim::ports::SimPorts;
use serde_json::json;
use uuid::Uuid;

use crate::Done;

/// What each of these began and ended, in the order in which they were done.
fn done(jobs: &[(&str, serde_json::Value)]) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let ports = SimPorts::new(7);
    // Time passes with every look at the clock.
    let host = SimHost::new(ports.clock.clone(), 7).with_looks_taking(TimeDelta::seconds(1));
    let ports = ports.with_host(host.recording());
    let message = |(nth, (of, data)): (usize, &(&str, serde_json::Value))| Delivery {
        message_id: nth.to_string(),
        body: Body::Text(json!({"type": of, "data": data}).to_string()),
    };
    let deliveries: Vec<Delivery> = jobs.iter().enumerate().map(message).collect();
    finish(consume(
        &ports,
        Origin::Jobs(Queue::ScoringEvents),
        Uuid::from_u128(1),
        &deliveries,
        &Done,
    ));
    let spans = ports.host.spans();
    assert_eq!(spans.len(), jobs.len());
    spans.iter().map(|span| (span.started_at, span.ended_at)).collect()
}

#[test]
fn a_jobs_span_begins_where_the_work_before_it_ended() {
    let score = json!({"organizationId": "o", "contactId": "c"});
    let batched = [("scoring.Probe", json!({})), ("scoring.CalculateScore", score)];
    let alone = [("scoring.AlertExpiry", json!({})), ("scoring.AlertExpiry", json!({}))];
    for spans in [done(&batched), done(&alone)] {
        let [(first_began, first_ended), (then_began, then_ended)] = spans[..] else {
            panic!("{spans:?}")
        };
        assert!(first_began < first_ended && then_began < then_ended, "{spans:?}");
        assert!(first_ended <= then_began, "{spans:?}");
    }
}

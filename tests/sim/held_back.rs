//! An organization with more jobs than its share of messages is served by its own
//! consumers, with no tick in between.

use chrono::TimeDelta;
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::data::CalculateScore;
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::jobs::{Job, JobState, Queue};
use mauntic_flows::consume::{Body, Delivery, consume};
use mauntic_flows::ports::{Database, JobKey, NewJob, RelayStore, TenantStore};
use mauntic_sim::engine::drive::finish;
use mauntic_sim::ports::SimPorts;
use mauntic_sim::store::Limits;
use serde_json::json;
use uuid::Uuid;

use crate::Done;

const SHARE: usize = 20;

fn enqueue(ports: &SimPorts, count: usize) -> Vec<Uuid> {
    let owner = OrganizationId::parse("org_1").unwrap();
    let job = |number: usize| NewJob {
        job: Job::CalculateScore(CalculateScore {
            organization_id: owner.clone(),
            contact_id: ContactId::parse(format!("c{number}")).unwrap(),
            context: None,
        }),
        key: JobKey::None,
        request_id: "request".to_owned(),
    };
    let jobs: Vec<NewJob> = (0..count).map(job).collect();
    let enqueued = finish(async {
        let session = ports.store.open().await.unwrap();
        session.enqueue(&owner, &jobs, None).await.unwrap()
    });
    enqueued.iter().filter(|one| one.send_now).map(|one| one.id).collect()
}

/// Jobs whose messages were sent and that are not done.
fn out(ports: &SimPorts) -> Vec<Uuid> {
    let rows = ports.store.jobs().into_iter();
    rows.filter(|row| row.waits() && row.resends > 0).map(|row| row.id).collect()
}

#[test]
fn a_backlog_is_done_by_those_who_end_batches() {
    let ports = SimPorts::new(7);
    let share = i64::try_from(SHARE).unwrap();
    ports.store.set_limits(Limits { dispatched_max: share, ..Limits::default() });
    let at_once = enqueue(&ports, SHARE * 10);
    assert_eq!(at_once.len(), SHARE);
    let session = finish(ports.store.open()).unwrap();
    finish(session.mark_sent(&at_once)).unwrap();
    ports.clock.advance(TimeDelta::seconds(10));
    for token in 1.. {
        let out = out(&ports);
        assert!(out.len() <= SHARE, "{} messages are out", out.len());
        if out.is_empty() {
            break;
        }
        let message = |id: &Uuid| Delivery {
            message_id: id.to_string(),
            body: Body::Text(json!({"type": "scoring.CalculateScore", "jobId": id}).to_string()),
        };
        let deliveries: Vec<Delivery> = out.iter().take(7).map(message).collect();
        let token = Uuid::from_u128(token);
        finish(consume(&ports, Origin::Jobs(Queue::ScoringEvents), token, &deliveries, &Done));
    }
    let over = ports.store.jobs().into_iter().filter(|row| row.state == JobState::Completed);
    assert_eq!(over.count(), SHARE * 10);
}

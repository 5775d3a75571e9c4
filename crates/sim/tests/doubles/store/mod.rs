//! Tests of the database's double: one a group of operations. The large suite,
//! which PostgreSQL passes as well, stands with the tests across rooms.

mod claims;
mod effects;
mod faults;
mod operators;
mod runs;
mod sending;
mod tenants;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::data::CalculateScore;
use mauntic_domain::jobs::{Job, JobType, Queue};
use mauntic_domain::scoring::Features;
use mauntic_flows::ports::{
    ClaimReply, ClaimRequest, CompletedJob, Database, DeadLetter, Effect, Enqueued, Held, JobKey,
    JobStore, NewJob, ShortJob, TenantStore,
};
use serde_json::json;
use uuid::Uuid;

use mauntic_sim::clock::ManualClock;
use mauntic_sim::faults::Faults;
use mauntic_sim::store::{MemorySession, MemoryStore};

use crate::wait;

const TOKEN: Uuid = Uuid::from_u128(7);

/// Tokens of batches: each is one invocation's.
static TOKENS: AtomicU64 = AtomicU64::new(1_000);

struct World {
    clock: ManualClock,
    store: MemoryStore,
}

impl World {
    fn new() -> Self {
        let clock = ManualClock::default();
        let store = MemoryStore::new(clock.clone(), Arc::new(Faults::default()));
        Self { clock, store }
    }

    fn session(&self) -> MemorySession {
        wait(self.store.open()).unwrap()
    }

    fn pass(&self, secs: i64) {
        self.clock.advance(TimeDelta::seconds(secs));
    }

    fn enqueue(&self, contact: &str, key: JobKey) -> Enqueued {
        let jobs = [new_job(contact, key)];
        wait(self.session().enqueue(&org("a"), &jobs, None)).unwrap().remove(0)
    }

    fn claim(&self, ids: &[Uuid]) -> ClaimReply {
        wait(self.session().claim(&request(ids))).unwrap()
    }

    /// Enqueued and claimed.
    fn held(&self, contact: &str) -> Held {
        let id = self.enqueue(contact, JobKey::None).id;
        self.claim(&[id]).held.remove(0)
    }

    fn effect(&self, held: &[&Held]) -> Effect {
        let mut jobs: Vec<CompletedJob> = held
            .iter()
            .map(|held| CompletedJob {
                id: held.id,
                claim: held.claim,
                run_id: held.run_id,
                summary: json!({}),
            })
            .collect();
        jobs.sort_by_key(|job| job.id);
        Effect::of(self.clock.database(), jobs)
    }
}

fn org(name: &str) -> OrganizationId {
    OrganizationId::parse(name).unwrap()
}

fn contact(name: &str) -> ContactId {
    ContactId::parse(name).unwrap()
}

fn score_job(contact_id: &str) -> Job {
    Job::CalculateScore(CalculateScore {
        organization_id: org("a"),
        contact_id: contact(contact_id),
        context: None,
    })
}

fn new_job(contact_id: &str, key: JobKey) -> NewJob {
    NewJob { job: score_job(contact_id), key, request_id: "r".to_owned() }
}

fn features() -> Features {
    Features { has_email: true, ..Features::default() }
}

fn request(ids: &[Uuid]) -> ClaimRequest {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ClaimRequest {
        queue: Queue::ScoringEvents,
        token: Uuid::from_u128(u128::from(TOKENS.fetch_add(1, Ordering::Relaxed))),
        addresses: ids.into_iter().map(|id| (id, format!("m-{id}"))).collect(),
        shorts: Vec::new(),
        letters: Vec::new(),
        messages: 100,
        repeated: 0,
        expects_others: false,
        types: JobType::of_queue(Queue::ScoringEvents).collect(),
        also_batched: Vec::new(),
    }
}

fn letter(message_id: &str, reason: &'static str) -> DeadLetter {
    DeadLetter {
        message_id: message_id.to_owned(),
        body: b"?".to_vec(),
        reason,
        detail: "why".to_owned(),
    }
}

fn short(n: u128, contact_id: &str, key: Option<&str>) -> ShortJob {
    let job = score_job(contact_id);
    ShortJob {
        id: Uuid::from_u128(n),
        run_id: Uuid::from_u128(n + 1_000),
        job_type: job.job_type(),
        organization_id: Some("a".to_owned()),
        data: job.data(),
        request_id: None,
        starter: None,
        idempotency_key: key.map(str::to_owned),
        conflict: letter(&format!("s-{n}"), "idempotency_conflict"),
    }
}

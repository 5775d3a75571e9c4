//! Ours: jobs through the store's ports, as the workers use them. Sessions are
//! kept from batch to batch, as the others keep their pools; a worker makes one
//! an invocation, which `workerd` shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::data::CalculateScore;
use mauntic_domain::jobs::{Job, JobType, Queue};
use mauntic_flows::ports::{
    ClaimRequest, Committed, CompletedJob, Database as _, Effect, EffectStore, Held, JobKey,
    JobStore, NewJob, TenantStore,
};
use mauntic_store::Session;
use mauntic_store::connect::Tcp;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::server::{Database, Server};
use crate::sizes::{ORGANIZATIONS, PRODUCERS};

/// The queue that the jobs are on.
const QUEUE: Queue = Queue::ScoringEvents;

/// Both workers' sessions, and the jobs that wait.
#[derive(Debug)]
pub(crate) struct Native {
    queue: Tcp,
    producers: Vec<Arc<Session>>,
    consumers: Vec<Arc<Session>>,
    /// Enqueued and not done, in the order of their enqueue: in place of the
    /// messages.
    waiting: Vec<Uuid>,
    organizations: Arc<Vec<OrganizationId>>,
}

impl Native {
    /// Brings the schema and connects.
    pub(crate) async fn start(server: &Server, database: &Database) -> Self {
        let url = server.migrate(database).await;
        let worker = |role| Tcp::new(&url(role)).unwrap();
        let producers = sessions(&worker("mauntic_http"), PRODUCERS).await;
        let queue = worker("mauntic_queue");
        let consumers = sessions(&queue, 1).await;
        let name = |number| OrganizationId::parse(format!("org_{number}")).unwrap();
        let organizations = Arc::new((0..ORGANIZATIONS).map(name).collect());
        Self { queue, producers, consumers, waiting: Vec::new(), organizations }
    }

    /// Enqueues through the producer's port; a call has one organization's jobs.
    pub(crate) async fn enqueue(&mut self, jobs: usize, batch: usize) -> Duration {
        let next = Arc::new(AtomicUsize::new(0));
        let started = Instant::now();
        let mut producers = JoinSet::new();
        for session in &self.producers {
            let (session, next) = (Arc::clone(session), Arc::clone(&next));
            let organizations = Arc::clone(&self.organizations);
            producers.spawn(async move {
                let mut ids = Vec::new();
                loop {
                    let call = next.fetch_add(1, Ordering::Relaxed);
                    if call * batch >= jobs {
                        return ids;
                    }
                    let owner = &organizations[call % organizations.len()];
                    let count = batch.min(jobs - call * batch);
                    ids.extend(enqueue(&session, owner, call * batch, count).await);
                }
            });
        }
        self.waiting = producers.join_all().await.concat();
        let took = started.elapsed();
        assert_eq!(self.waiting.len(), jobs, "every job got its row");
        took
    }

    /// Claims and completes all that waits, `batch` jobs at a time on each
    /// connection.
    pub(crate) async fn drain(&mut self, jobs: usize, batch: usize, parallel: usize) -> Duration {
        let more = parallel.saturating_sub(self.consumers.len());
        self.consumers.extend(sessions(&self.queue, more).await);
        let waiting = Arc::new(std::mem::take(&mut self.waiting));
        assert_eq!(waiting.len(), jobs);
        let next = Arc::new(AtomicUsize::new(0));
        let started = Instant::now();
        let mut consumers = JoinSet::new();
        for session in self.consumers.iter().take(parallel) {
            let (session, next) = (Arc::clone(session), Arc::clone(&next));
            let waiting = Arc::clone(&waiting);
            consumers.spawn(async move {
                let batches = || waiting.chunks(batch).nth(next.fetch_add(1, Ordering::Relaxed));
                while let Some(ids) = batches() {
                    consume(&session, ids).await;
                }
            });
        }
        consumers.join_all().await;
        started.elapsed()
    }

    /// One batch at a time, from before its enqueue until its effect is known
    /// to be committed; its ids go from hand to hand, as by a queue that takes
    /// no time.
    pub(crate) async fn latencies(&mut self, rounds: usize, batch: usize) -> Vec<Duration> {
        let (producer, consumer) = (&self.producers[0], &self.consumers[0]);
        let mut found = Vec::with_capacity(rounds);
        for round in 0..rounds {
            let owner = &self.organizations[round % self.organizations.len()];
            let started = Instant::now();
            let ids = enqueue(producer, owner, round * batch, batch).await;
            consume(consumer, &ids).await;
            found.push(started.elapsed());
        }
        found
    }
}

async fn sessions(database: &Tcp, count: usize) -> Vec<Arc<Session>> {
    let mut sessions = Vec::with_capacity(count);
    for _ in 0..count {
        sessions.push(Arc::new(database.open().await.expect("a session")));
    }
    sessions
}

async fn enqueue(
    session: &Session,
    owner: &OrganizationId,
    first: usize,
    count: usize,
) -> Vec<Uuid> {
    let jobs: Vec<NewJob> = (first..first + count).map(|number| job(owner, number)).collect();
    let rows = session.enqueue(owner, &jobs, None).await.expect("enqueued");
    rows.iter().map(|row| row.id).collect()
}

/// A probe belongs to nobody, so that no tenant's producer takes it: a job of
/// another type, whose effect is left out.
fn job(owner: &OrganizationId, number: usize) -> NewJob {
    let contact_id = ContactId::parse(format!("contact_{number}")).unwrap();
    let organization_id = owner.clone();
    let job = Job::CalculateScore(CalculateScore { organization_id, contact_id, context: None });
    NewJob { job, key: JobKey::None, request_id: "bench".to_owned() }
}

/// Claims a batch, as a worker that got its messages, and completes it with an
/// effect that writes nothing else.
async fn consume(session: &Session, ids: &[Uuid]) {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    let request = ClaimRequest {
        queue: QUEUE,
        token: Uuid::new_v4(),
        addresses: ids.iter().map(|id| (*id, id.simple().to_string())).collect(),
        shorts: Vec::new(),
        letters: Vec::new(),
        messages: i32::try_from(ids.len()).unwrap(),
        repeated: 0,
        expects_others: false,
        types: JobType::of_queue(QUEUE).collect(),
        also_batched: Vec::new(),
    };
    let reply = session.claim(&request).await.expect("claimed");
    assert_eq!(reply.held.len(), ids.len(), "every job was to be had");
    let mut jobs: Vec<CompletedJob> = reply.held.iter().map(completed).collect();
    jobs.sort_unstable_by_key(|job| job.id);
    let committed = session.commit(&Effect::of(reply.now, jobs)).await.expect("committed");
    assert!(matches!(committed, Committed::Done { .. }), "no lease was lost");
}

fn completed(held: &Held) -> CompletedJob {
    let summary = serde_json::json!({});
    CompletedJob { id: held.id, claim: held.claim, run_id: held.run_id, summary }
}

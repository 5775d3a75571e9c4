//! Single `scoring.CalculateScore` jobs through the real queue worker, a hundred a
//! batch, each batch an invocation with a connection of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::Origin;
use mauntic_flows::consume::consume;
use mauntic_local::workers::{Body, Message, Outcome, Worker};
use mauntic_testkit::proxy::RoundTripProxy;
use mauntic_tests::ports::{Settlements, TestPorts};
use mauntic_tests::singles;
use uuid::Uuid;

use crate::report::Report;
use crate::server::Server;
use crate::stage::{Copy, ORGANIZATION, Stage};

/// Jobs of a measure.
const JOBS: i64 = 10_000;

/// Jobs of a batch.
const BATCH: usize = 100;

/// Invocations at once.
const PARALLEL: [usize; 2] = [1, 4];

pub(crate) async fn measure(server: &Server, stage: &Stage, report: &mut Report) {
    let copy = stage.staffed(server, "single").await;
    let mut rates = Vec::new();
    for parallel in PARALLEL {
        let ids = singles::enqueue(&copy.owner, ORGANIZATION, stage.contacts, JOBS).await;
        let started = Instant::now();
        deliver_all(&copy, &ids, parallel);
        rates.push((parallel, ids.len() as f64 / started.elapsed().as_secs_f64()));
    }
    let undone = "select count(*) from jobs.job where state <> 'completed'";
    assert_eq!(copy.owner.query_one(undone, &[]).await.unwrap().get::<_, i64>(0), 0);
    let trips = round_trips(server, &copy).await;
    report.single(&rates, trips);
    copy.forget(server).await;
}

fn deliver_all(copy: &Copy, ids: &[Uuid], parallel: usize) {
    let batches: Vec<&[Uuid]> = ids.chunks(BATCH).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..parallel {
            scope.spawn(|| {
                while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let messages: Vec<Message> = batch.iter().map(message).collect();
                    let queue = Queue::ScoringEvents.name();
                    let result = copy.workers.deliver(Worker::Queue, queue, &messages);
                    let result = result.expect("delivered");
                    assert_eq!(result.outcome, Outcome::Ok);
                    let (done, all) = (result.explicit_acks.len(), batch.len());
                    assert!(done == all, "{done} of {all} jobs done: {:#?}", told(copy));
                }
            });
        }
    });
}

/// What the worker said last.
fn told(copy: &Copy) -> Vec<String> {
    let logs = match copy.workers.logs(false) {
        Ok(logs) => logs,
        Err(error) => return vec![format!("nothing can be read of it: {error}")],
    };
    logs.iter().rev().take(5).map(|log| format!("{log:?}")).collect()
}

fn message(id: &Uuid) -> Message {
    let (id, body) = (id.simple().to_string(), Body::Text(singles::message(id)));
    Message { id, timestamp_ms: 1_800_000_000_000, attempts: 1, body }
}

/// Round trips of one batch after connecting, counted on the wire.
async fn round_trips(server: &Server, copy: &Copy) -> u64 {
    let ids = singles::enqueue(&copy.owner, ORGANIZATION, 1_000, 100).await;
    let proxy = RoundTripProxy::start(server.postgres.port()).expect("a port");
    let url = proxy.url(&server.roles(&copy.database)("mauntic_queue"));
    let ports = TestPorts::new(&url);
    let deliveries = singles::deliveries(&ids);
    let origin = Origin::Jobs(Queue::ScoringEvents);
    let settled = Settlements::default();
    let report = consume(&ports, origin, Uuid::new_v4(), &deliveries, &settled).await;
    assert_eq!((report.completed, report.error), (ids.len(), None));
    proxy.count()
}

//! A sender by hand, and a queue that hands each of its batches over twice at
//! once: what is not acknowledged comes again, under the same id.

use std::thread;

use mauntic_local::workers::{BatchResult, Body, Message, Outcome, Worker, Workers};
use mauntic_tests::stack::QUEUE;

/// Most messages of a batch, as the real queue's.
const BATCH_MESSAGES_MAX: usize = 100;

/// When every message was sent; the workers do not look at it.
const SENT_AT_MS: i64 = 1_800_000_000_000;

/// Messages that were not acknowledged yet.
#[derive(Debug, Default)]
pub(super) struct Hand {
    pending: Vec<Message>,
    /// Batches that were handed over, each twice.
    pub(super) batches: usize,
}

impl Hand {
    pub(super) fn send(&mut self, id: String, body: Body) {
        self.pending.push(Message { id, timestamp_ms: SENT_AT_MS, attempts: 1, body });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// The next batch, filled up with `others`, which need no acknowledgement.
    pub(super) fn batch(&self, others: Vec<Message>) -> Vec<Message> {
        let own = self.pending.iter().take(BATCH_MESSAGES_MAX).cloned();
        own.chain(others).take(BATCH_MESSAGES_MAX).collect()
    }

    /// What became of a batch: the acknowledged do not come again.
    pub(super) fn settle(&mut self, results: &[BatchResult]) {
        self.batches += 1;
        let acks: Vec<&String> = results.iter().flat_map(|result| &result.explicit_acks).collect();
        self.pending.retain(|message| !acks.contains(&&message.id));
        self.pending.iter_mut().for_each(|message| message.attempts += 1);
        // A batch that keeps failing must not keep the others from their turn.
        let turn = BATCH_MESSAGES_MAX.min(self.pending.len());
        self.pending.rotate_left(turn);
    }
}

/// The address of a job's row, as a second message about it.
pub(super) fn address(job: &str) -> Message {
    let body = serde_json::json!({"type": "scoring.CalculateScore", "jobId": job, "v": 1});
    let (id, body) = (format!("again-{job}"), Body::Text(body.to_string()));
    Message { id, timestamp_ms: SENT_AT_MS, attempts: 1, body }
}

/// Hands a batch over twice at once. A runtime that dies under it gives no
/// result.
pub(super) fn twice(workers: &Workers, batch: &[Message]) -> Vec<BatchResult> {
    let deliver = || workers.deliver(Worker::Queue, QUEUE, batch).ok();
    let results = thread::scope(|scope| {
        let other = scope.spawn(deliver);
        [deliver(), other.join().unwrap()]
    });
    let is_well = |result: &BatchResult| result.outcome == Outcome::Ok;
    results.into_iter().flatten().filter(is_well).collect()
}

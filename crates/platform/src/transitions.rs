//! What is said of a job's transition, as a log line and as a data point; pure.

use mauntic_flows::ports::Transition;
use serde_json::{Map, Value, json};

/// Most transitions of one invocation that are told. The platform takes 250 data
/// points and 256 KB of log lines an invocation, and a line has at most 1,000
/// bytes. A batch is of 100 messages; only a tick may have more to tell, and
/// every job's row holds the same.
pub(crate) const TOLD_MAX: u32 = 250;

/// Name of every data point, its first blob.
pub(crate) const POINT_EVENT: &str = "queue.metric";

/// How much an outcome matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// For the record.
    Usual,
    /// It will be tried again.
    Odd,
    /// It will not.
    Grave,
}

/// The weight of an outcome.
pub(crate) fn weight(outcome: &str) -> Weight {
    match outcome {
        "dead_lettered" => Weight::Grave,
        "failed" | "handed_back" | "lost" | "unknown" => Weight::Odd,
        _ => Weight::Usual,
    }
}

/// The fields of a transition's log line. Ours first. Then, where
/// OpenTelemetry's semantic conventions for messaging have a name, the same under
/// it: the system is this one and not the queue's, because the message meant is
/// the job, which the queue's own messages only point at; `error.type` stands
/// where a job failed or died. What is not known is left out.
pub(crate) fn line(transition: &Transition) -> Value {
    let Transition { event, queue, job_type, outcome, reason, .. } = transition;
    let job_id = transition.job_id.to_string();
    let has_failed = matches!(*outcome, "failed" | "dead_lettered");
    let failure = has_failed.then(|| reason.as_deref().unwrap_or(outcome));
    let fields = [
        ("event", json!(event)),
        ("queue", json!(queue)),
        ("jobType", json!(job_type)),
        ("jobId", json!(job_id)),
        ("executionId", json!(transition.execution_id.map(|id| id.to_string()))),
        ("requestId", json!(transition.request_id)),
        ("attempt", json!(transition.attempt)),
        ("durationMs", json!(transition.duration_ms)),
        ("outcome", json!(outcome)),
        ("reason", json!(reason)),
        ("messaging.system", json!("mauntic")),
        ("messaging.operation.type", json!("process")),
        ("messaging.destination.name", json!(queue)),
        ("messaging.message.id", json!(job_id)),
        ("messaging.message.conversation_id", json!(transition.request_id)),
        ("error.type", json!(failure)),
    ];
    let known = fields.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(known.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

/// A data point: its index, its blobs and its doubles, in their order for ever.
#[derive(Debug, PartialEq)]
pub(crate) struct Point<'a> {
    /// Queue.
    pub(crate) index: &'a str,
    /// Event, type of job, outcome.
    pub(crate) blobs: [&'a str; 3],
    /// Duration in milliseconds, number of the attempt.
    pub(crate) doubles: [f64; 2],
}

/// The data point of a transition.
pub(crate) fn point(transition: &Transition) -> Point<'_> {
    // 2^31 ms are 24 days, far above any invocation.
    let duration_ms = i32::try_from(transition.duration_ms).unwrap_or(i32::MAX);
    Point {
        index: &transition.queue,
        blobs: [POINT_EVENT, &transition.job_type, transition.outcome],
        doubles: [duration_ms.into(), transition.attempt.into()],
    }
}

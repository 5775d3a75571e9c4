//! What is said about each move of a job: never payloads, never secrets.

use uuid::Uuid;

/// A move of a job's row that this invocation made or saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// Stable name, such as `job.completed`.
    pub event: &'static str,
    /// Production name of the queue.
    pub queue: String,
    /// The job's type.
    pub job_type: String,
    /// The job.
    pub job_id: Uuid,
    /// Its run.
    pub execution_id: Option<Uuid>,
    /// Correlation id.
    pub request_id: Option<String>,
    /// Number of the attempt.
    pub attempt: i32,
    /// From when its work began to the move, in milliseconds of the host's clock.
    pub duration_ms: i64,
    /// completed, failed, snoozed, dead_lettered, absorbed, handed_back, unknown, lost.
    pub outcome: &'static str,
    /// Stable reason, where there is one.
    pub reason: Option<String>,
}

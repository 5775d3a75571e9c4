//! The envelope: one JSON object in camelCase, of which only `type` is
//! required. Sent as text; read from text, tolerant of fields it
//! does not know, strict in what it uses.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::job::Job;
use super::queue::{BODY_BYTES_MAX, Queue};
use super::refusal::{Refusal, pointer};
use super::types::JobType;
use crate::object::has_nul;
use crate::trace::TraceContext;

/// Longest request id that is kept; longer ones are dropped, not cut.
pub const REQUEST_ID_BYTES_MAX: usize = 128;

/// Most characters of an idempotency key.
pub const KEY_CHARS_MAX: usize = 200;

/// Version of a message that does not name one.
const VERSION_ABSENT: u16 = 1;

/// A message as it travels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The job's type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The job's data.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
    /// The job's row; absent in messages sent by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<Uuid>,
    /// Correlation id of what started the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The run the job belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_id: Option<Uuid>,
    /// Key under which the job exists at most once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Nominal time of the schedule that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_for: Option<DateTime<Utc>>,
    /// When its row was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enqueued_at: Option<DateTime<Utc>>,
    /// W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// Version of the data's shape; absent means 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub v: Option<u16>,
}

/// What a body turned out to be.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one at a time lives, and is taken apart at once")]
pub enum Decoded {
    /// The address of a job's row: everything else stands there.
    Address {
        /// The job.
        id: Uuid,
        /// The type that the sender says it has; the row decides.
        said: Option<JobType>,
    },
    /// A job sent by hand, without a row yet.
    Short {
        /// The checked job.
        job: Job,
        /// Correlation id, if the sender gave a usable one.
        request_id: Option<String>,
        /// The span that it was sent by, if the sender gave a usable one.
        starter: Option<TraceContext>,
        /// Key under which the job exists at most once, if the sender gave one.
        idempotency_key: Option<String>,
    },
}

/// Reads one body from `queue`.
///
/// # Errors
/// Why it is no message; the caller keeps the body with the reason.
pub fn decode(queue: Queue, body: &str) -> Result<Decoded, Refusal> {
    if body.len() > BODY_BYTES_MAX {
        return Err(Refusal::TooLarge { found: body.len() });
    }
    let malformed = |error: &serde_json::Error, pointer| Refusal::Malformed {
        pointer,
        message: error.to_string(),
    };
    let value: Value =
        serde_json::from_str(body).map_err(|error| malformed(&error, String::new()))?;
    if has_nul(&value) {
        return Err(Refusal::Nul);
    }
    let message: Message = serde_path_to_error::deserialize(value)
        .map_err(|error| malformed(error.inner(), pointer(&error.path().to_string())))?;
    if let Some(id) = message.job_id {
        return Ok(Decoded::Address { id, said: JobType::from_name(&message.type_name) });
    }
    let data = if message.data.is_null() { json!({}) } else { message.data };
    let job = Job::parse(&message.type_name, message.v.unwrap_or(VERSION_ABSENT), &data)?;
    let expected = job.job_type().queue();
    if expected != queue {
        let name = job.job_type().name();
        return Err(Refusal::WrongQueue { name, expected: expected.name() });
    }
    let request_id = message.request_id.filter(|id| is_request_id(id));
    let starter = message.traceparent.as_deref().and_then(TraceContext::parse);
    let idempotency_key = message.idempotency_key;
    if let Some(length) = idempotency_key.as_ref().map(|key| key.chars().count())
        && !(1..=KEY_CHARS_MAX).contains(&length)
    {
        let message = format!("must have 1 to {KEY_CHARS_MAX} characters, has {length}");
        return Err(Refusal::InvalidKey { message });
    }
    Ok(Decoded::Short { job, request_id, starter, idempotency_key })
}

/// Reads data that somebody wrote for a job of that type, in its newest version,
/// under the same bounds as a body.
///
/// # Errors
/// Why it is none.
pub fn decode_data(type_name: &str, data: &Value) -> Result<Job, Refusal> {
    let found = data.to_string().len();
    if found > BODY_BYTES_MAX {
        return Err(Refusal::TooLarge { found });
    }
    if has_nul(data) {
        return Err(Refusal::Nul);
    }
    let version = JobType::from_name(type_name).map_or(VERSION_ABSENT, |of| of.spec().version);
    Job::parse(type_name, version, data)
}

/// Whether a text may serve as a request id: 1 to [`REQUEST_ID_BYTES_MAX`]
/// visible ASCII characters, so that it fits a header and a log field as it is.
#[must_use]
pub fn is_request_id(text: &str) -> bool {
    (1..=REQUEST_ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// The id of a job sent by hand: the same for every delivery of the message,
/// because it follows from the queue and the platform's message id alone.
#[must_use]
pub fn derived_job_id(queue: Queue, message_id: &str) -> Uuid {
    derived_id(&[queue.name(), message_id])
}

/// An id that follows from texts alone, so that whoever derives it again
/// derives the same.
#[must_use]
pub fn derived_id(parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            hash.update([0]);
        }
        hash.update(part.as_bytes());
    }
    let mut id = [0_u8; 16];
    id.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    Uuid::new_v8(id)
}

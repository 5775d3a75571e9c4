//! Answers to requests with a key of their own: kept in the transaction of what
//! was done, so that a repeat gets the first answer and does nothing.

use mauntic_domain::jobs::{JobState, Queue};
use mauntic_flows::ports::{Enqueued, PortError, RequestKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::flight::{Param, Statement};
use crate::rows::{column, unreadable};

/// What a request's key stands for.
pub(crate) enum Taken {
    /// Nothing yet; its row is this transaction's.
    Fresh,
    /// This answer, as JSON.
    Answered(String),
}

/// A key as columns.
pub(crate) struct Columns<'a> {
    holder: &'a str,
    key: &'a str,
    organization: Option<&'a str>,
    fingerprint: &'a [u8],
}

impl<'a> Columns<'a> {
    pub(crate) fn of(key: &'a RequestKey, organization: Option<&'a str>) -> Self {
        let fingerprint = key.fingerprint.as_slice();
        Self { holder: &key.holder, key: &key.key, organization, fingerprint }
    }

    pub(crate) const fn params(&self) -> [Param<'_>; 4] {
        [
            (&self.holder, Type::TEXT),
            (&self.key, Type::TEXT),
            (&self.organization, Type::TEXT),
            (&self.fingerprint, Type::BYTEA),
        ]
    }

    pub(crate) fn keeping<'b>(&'b self, answer: &'b String) -> [Param<'b>; 3] {
        [(&self.holder, Type::TEXT), (&self.key, Type::TEXT), (answer, Type::TEXT)]
    }
}

/// Locks what a key stands for.
pub(crate) const fn take<'a>(params: &'a [Param<'a>]) -> Statement<'a> {
    Statement { sql: sql!("take_answer.sql"), params }
}

/// Keeps an answer.
pub(crate) const fn keep<'a>(params: &'a [Param<'a>]) -> Statement<'a> {
    Statement { sql: sql!("keep_answer.sql"), params }
}

/// Reads what [`take`] found.
pub(crate) fn taken(rows: &[Row]) -> Result<Taken, PortError> {
    let row = rows.first().ok_or_else(|| unreadable("the answer to a key"))?;
    if !column::<bool>(row, "same")? {
        return Err(PortError::KeyConflict);
    }
    Ok(column::<Option<String>>(row, "answer")?.map_or(Taken::Fresh, Taken::Answered))
}

/// An answer as JSON.
pub(crate) fn written<T: Serialize>(answer: &T) -> Result<String, PortError> {
    let refused = |error: serde_json::Error| PortError::Refused {
        what: "keeping an answer",
        cause: error.to_string(),
    };
    serde_json::to_string(answer).map_err(refused)
}

/// An answer from JSON.
pub(crate) fn read<T: DeserializeOwned>(answer: &str) -> Result<T, PortError> {
    serde_json::from_str(answer).map_err(|_| unreadable("column answer"))
}

/// An enqueued job as it is kept.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptJob {
    id: Uuid,
    type_name: String,
    queue: String,
    created: bool,
    state: String,
    send_now: bool,
    enqueued_at: chrono::DateTime<chrono::Utc>,
}

impl From<&Enqueued> for KeptJob {
    fn from(job: &Enqueued) -> Self {
        Self {
            id: job.id,
            type_name: job.type_name.clone(),
            queue: job.queue.name().to_owned(),
            created: job.created,
            state: job.state.as_str().to_owned(),
            send_now: job.send_now,
            enqueued_at: job.enqueued_at,
        }
    }
}

impl KeptJob {
    /// As it was answered.
    pub(crate) fn answered(self) -> Result<Enqueued, PortError> {
        let known = Queue::from_name(&self.queue).zip(JobState::from_name(&self.state));
        let (queue, state) = known.ok_or_else(|| unreadable("column answer"))?;
        Ok(Enqueued {
            id: self.id,
            type_name: self.type_name,
            queue,
            created: self.created,
            state,
            send_now: self.send_now,
            enqueued_at: self.enqueued_at,
        })
    }
}

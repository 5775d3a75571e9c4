//! What goes to the runner and comes back: one JSON line each (tools/runner.mjs).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The body of a message on a queue.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Body {
    /// Content type `text`.
    Text(String),
    /// Content type `json`.
    Json(serde_json::Value),
    /// Content type `bytes`.
    Bytes(Vec<u8>),
}

/// A message of a batch of one's own making.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The queue's id of it; given twice, it is the same message delivered twice.
    pub id: String,
    /// When it was sent, in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Which delivery this is, from 1.
    pub attempts: u32,
    /// What it carries.
    pub body: Body,
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum Outcome {
    /// The handler returned.
    Ok,
    /// It did not; the word is the runtime's: `exception`, `canceled`, ...
    Failed(String),
}

impl From<String> for Outcome {
    fn from(word: String) -> Self {
        if word == "ok" { Self::Ok } else { Self::Failed(word) }
    }
}

#[derive(Deserialize)]
pub(super) struct Scheduled {
    pub(super) outcome: Outcome,
}

/// What a worker made of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResult {
    /// How the handler ended. Not [`Outcome::Ok`]: all that is not in
    /// `explicit_acks` is delivered again.
    pub outcome: Outcome,
    /// `ackAll` was called.
    pub ack_all: bool,
    /// Whether `retryAll` was called.
    pub retry_batch: RetryBatch,
    /// The ids acked one by one.
    pub explicit_acks: Vec<String>,
    /// The messages to be delivered again, one by one.
    pub retry_messages: Vec<RetryMessage>,
}

/// The whole batch to be delivered again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryBatch {
    /// Whether `retryAll` was called.
    pub retry: bool,
    /// After how many seconds; none: the queue's own delay.
    pub delay_seconds: Option<u32>,
}

/// One message to be delivered again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryMessage {
    /// The message's id.
    #[serde(rename = "msgId")]
    pub id: String,
    /// After how many seconds; none: the queue's own delay.
    pub delay_seconds: Option<u32>,
}

/// One line a worker logged.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Log {
    /// When, in milliseconds since 1970.
    #[serde(rename = "timestamp")]
    pub timestamp_ms: i64,
    /// `debug`, `log`, `info`, `warn` or `error`.
    pub level: String,
    /// What.
    pub message: String,
}

#[derive(Deserialize)]
pub(super) struct Listening {
    /// The address of the HTTP worker, without a slash at its end.
    pub(super) http: String,
}

#[derive(Serialize)]
pub(super) struct Start<'a> {
    pub(super) scratch: &'a Path,
    pub(super) port: Option<u16>,
    pub(super) persist: Option<&'a Path>,
    pub(super) workers: StartWorkers<'a>,
}

/// In this order: the first one gets the address.
#[derive(Serialize)]
pub(super) struct StartWorkers<'a> {
    pub(super) http: StartWorker<'a>,
    pub(super) queue: StartWorker<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) console: Option<StartWorker<'a>>,
}

#[derive(Serialize)]
pub(super) struct StartWorker<'a> {
    pub(super) config: PathBuf,
    pub(super) build: &'static str,
    pub(super) vars: &'a BTreeMap<String, String>,
    pub(super) secrets: &'a BTreeMap<String, String>,
    pub(super) hyperdrive: Option<&'a str>,
    /// What is asked of this worker, and not of the first one.
    pub(super) routes: &'static [&'static str],
}

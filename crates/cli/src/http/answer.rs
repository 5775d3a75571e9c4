//! An answer as it came.

use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::problem::Refused;

/// Longest wait that an answer may ask for before the request is sent again;
/// the API's longest is the backlog's.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// Largest answer that is read: a page of 100 dead letters of 64 KiB each, in
/// base64 and escaped, is under 16 MiB.
const ANSWER_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The server's clock, to the second.
    pub(crate) date: Option<DateTime<Utc>>,
    /// How long it asks to wait before the request is sent again.
    pub(super) retry_after: Option<Duration>,
    text: String,
}

impl Answer {
    /// Its body as JSON; null where it is none.
    pub(crate) fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// As a refusal, whatever its status.
    pub(super) fn refusal(&self) -> Refused {
        Refused { status: self.status, body: self.body(), text: self.text.clone(), repeated: false }
    }

    /// Its JSON, or its refusal; `repeated` says that this was not the first try.
    pub(super) fn json(self, repeated: bool) -> anyhow::Result<Value> {
        if !(200..300).contains(&self.status) {
            return Err(Refused { repeated, ..self.refusal() }.into());
        }
        if self.text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&self.text).context("the answer is not JSON; is this the address?")
    }
}

/// Reads an answer whole.
pub(super) fn read(mut answer: ureq::http::Response<ureq::Body>) -> anyhow::Result<Answer> {
    let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
    let date = header("date").and_then(|text| DateTime::parse_from_rfc2822(text).ok());
    let asked = header("retry-after").and_then(|text| text.parse().ok()).map(Duration::from_secs);
    let (date, retry_after) = (date.map(Into::into), asked.map(|wait| wait.min(RETRY_AFTER_MAX)));
    let status = answer.status().as_u16();
    let text = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string()?;
    Ok(Answer { status, date, retry_after, text })
}

//! `queues enqueue`: one job by hand, judged before it is sent by the rules that
//! the queue worker reads by.

use mauntic_domain::jobs::{Decoded, Queue, Refusal, decode};
use serde_json::{Value, json};

use crate::arguments;
use crate::failure::Usage;
use crate::http::{Api, Request, path};
use crate::output::{Columns, Output};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The queue, by its name in any environment.
    #[arg(value_parser = arguments::queue)]
    queue: Queue,
    /// The message: an object with `type` and, where the type has some, `data`.
    #[arg(value_parser = arguments::object)]
    message: Value,
    /// Under this key the job exists at most once.
    #[arg(long)]
    key: Option<String>,
    /// Why, for the audit.
    #[arg(long)]
    reason: Option<String>,
}

const FIELDS: Columns =
    &[("job", "/jobId"), ("run", "/executionId"), ("state", "/state"), ("created", "/created")];

impl Args {
    /// The message as it is sent.
    ///
    /// # Errors
    /// What the queue worker would refuse it for, as wrong usage.
    pub(super) fn message(&self) -> Result<Value, Usage> {
        let mut message = self.message.clone();
        if let Some(key) = &self.key {
            let named = message.get("idempotencyKey").filter(|named| !named.is_null());
            if named.is_some_and(|named| named != key) {
                return Err(Usage("--key and the message's idempotencyKey differ".to_owned()));
            }
            if let Some(fields) = message.as_object_mut() {
                fields.insert("idempotencyKey".to_owned(), json!(key));
            }
        }
        let refusal = match decode(self.queue, &message.to_string()) {
            Ok(Decoded::Short { .. }) => return Ok(message),
            Ok(Decoded::Address { .. }) => Refusal::Address,
            Err(refusal) => refusal,
        };
        let (pointer, code) = (refusal.pointer(), refusal.code());
        Err(Usage(format!("nothing was sent\n  body {pointer}: {refusal} ({code})")))
    }
}

pub(super) async fn run(
    api: &Api,
    args: &Args,
    message: Value,
    output: Output,
) -> anyhow::Result<()> {
    let request = request(args.queue, message).with("reason", args.reason.as_deref());
    let answer = api.call(request).await?;
    output.record(&answer, FIELDS)
}

/// Enqueues a message that was judged.
pub(super) fn request(queue: Queue, message: Value) -> Request {
    Request::post(path("queues/", queue.name(), "/messages"), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(message: Value, key: Option<&str>) -> Args {
        Args { queue: Queue::ScoringEvents, message, key: key.map(str::to_owned), reason: None }
    }

    #[test]
    fn what_the_worker_would_refuse_is_not_sent() {
        let refused = |message| args(message, None).message().unwrap_err().to_string();
        for (message, code) in [
            (json!({}), "malformed"),
            (json!({"type": "scoring.Nothing"}), "unknown_type"),
            (json!({"type": "scoring.CalculateScore"}), "invalid_data"),
            (json!({"type": "overnight.probe"}), "wrong_queue"),
            (json!({"type": "scoring.Probe", "v": 9}), "unknown_version"),
            (json!({"type": "scoring.Probe", "idempotencyKey": ""}), "invalid_key"),
            (json!({"type": "scoring.Probe", "traceparent": "\0"}), "contains_nul"),
            (json!({"type": "scoring.Probe", "x": "y".repeat(65_536)}), "too_large"),
        ] {
            let told = refused(message.clone());
            assert!(told.contains(&format!("({code})")), "{message}: {told}");
        }
        let row = json!({"type": "scoring.Probe", "jobId": uuid::Uuid::nil()});
        assert!(refused(row).contains("body /jobId:"));
    }

    #[test]
    fn the_key_goes_into_the_message_unless_it_names_another() {
        let probe = json!({"type": "scoring.Probe"});
        assert_eq!(args(probe.clone(), None).message().unwrap(), probe);
        let keyed = json!({"type": "scoring.Probe", "idempotencyKey": "k"});
        assert_eq!(args(probe, Some("k")).message().unwrap(), keyed);
        assert_eq!(args(keyed.clone(), Some("k")).message().unwrap(), keyed);
        assert!(args(keyed, Some("other")).message().is_err());
        let null = json!({"type": "scoring.Probe", "idempotencyKey": null});
        assert!(args(null, Some("k")).message().is_ok());
    }
}

//! Every shape of message ever sent, pinned. A change that breaks one of these
//! orphans messages that are still in a queue or a dead-letter queue: add a new
//! file and an upcaster instead. Beside it the rules, pinned by an oracle.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

mod oracle;

use std::path::Path;

use mauntic_domain::jobs::{Decoded, Message, Queue, decode};
use serde_json::Value;

#[test]
fn every_message_ever_sent_is_still_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/messages");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let case: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let body = serde_json::to_string(&case["body"]).unwrap();
        let decoded = decode(Queue::ScoringEvents, &body);
        match (case["expect"].as_str().unwrap(), decoded) {
            ("address", Ok(Decoded::Address(id))) => {
                assert_eq!(Value::String(id.to_string()), case["body"]["jobId"], "{name}");
            }
            ("job", Ok(Decoded::Short { job, .. })) => {
                assert_eq!(job.data(), case["body"]["data"], "{name}");
                assert_eq!(job.job_type().name(), case["body"]["type"], "{name}");
            }
            (expected, decoded) => panic!("{name}: expected {expected}, got {decoded:?}"),
        }
        read += 1;
    }
    assert!(read >= 5, "only {read} golden messages found");
}

#[test]
fn what_this_build_sends_is_a_golden_message() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/messages/v1_address.json");
    let case: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let message: Message = serde_json::from_value(case["body"].clone()).unwrap();
    assert_eq!(serde_json::to_value(&message).unwrap(), case["body"]);
}

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

mod contact_events;
mod oracle;
mod portfolio;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use mauntic_domain::jobs::events::{self, Event};
use mauntic_domain::jobs::{Decoded, JobType, Message, Queue, decode};
use serde_json::Value;

/// Every file of a folder of `golden`, by name.
fn cases(folder: &str) -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(folder);
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap())
    };
    std::fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap().path())).collect()
}

/// Messages of jobs. `expect` says what a `body` is: an `address`, a `job` whose
/// data of the newest version is `reads` (absent means as it stands), or `events`.
const MESSAGES: &str = "messages";

/// The type that a body names, and its version.
fn type_and_version(body: &Value) -> (&str, u64) {
    (body["type"].as_str().unwrap(), body["v"].as_u64().unwrap_or(1))
}

#[test]
fn every_message_ever_sent_is_still_read() {
    let mut read = 0;
    for (name, case) in cases(MESSAGES) {
        assert!(case["why"].as_str().is_some_and(|why| !why.is_empty()), "{name} says no why");
        if case["expect"] == "events" {
            // They leave and never come back.
            continue;
        }
        let body = &case["body"];
        let of = JobType::from_name(type_and_version(body).0);
        let queue = of.map_or(Queue::ScoringEvents, JobType::queue);
        let decoded = decode(queue, &serde_json::to_string(body).unwrap());
        match (case["expect"].as_str().unwrap(), decoded) {
            ("address", Ok(Decoded::Address { id, .. })) => {
                assert_eq!(Value::String(id.to_string()), body["jobId"], "{name}");
            }
            ("job", Ok(Decoded::Short { job, .. })) => {
                let reads = case.get("reads").unwrap_or(&body["data"]);
                assert_eq!(job.data(), *reads, "{name}");
                assert_eq!(job.job_type().name(), body["type"], "{name}");
            }
            (expected, decoded) => panic!("{name}: expected {expected}, got {decoded:?}"),
        }
        read += 1;
    }
    assert!(read >= 15, "only {read} golden messages found");
}

#[test]
fn every_version_of_every_type_has_a_golden_message() {
    let cases = cases(MESSAGES);
    let mut pinned = BTreeSet::new();
    for (name, case) in cases.iter().filter(|(_, case)| case["expect"] == "job") {
        let (of, version) = type_and_version(&case["body"]);
        assert!(name.starts_with(&format!("v{version}_")), "{name} holds version {version}");
        pinned.insert((of, version));
    }
    for of in JobType::ALL {
        for version in 1..=u64::from(of.spec().version) {
            assert!(pinned.contains(&(of.name(), version)), "{} v{version}", of.name());
        }
    }
}

#[test]
fn what_this_build_sends_is_a_golden_message() {
    let cases = cases(MESSAGES);
    for name in [
        "v1_address.json",
        "v1_address_unversioned.json",
        "v1_address_of_run.json",
        "v2_address.json",
        "v3_address.json",
    ] {
        let body = &cases[name]["body"];
        let message: Message = serde_json::from_value(body.clone()).unwrap();
        assert_eq!(serde_json::to_value(&message).unwrap(), *body, "{name}");
    }
}

#[test]
fn events_leave_in_the_golden_shape() {
    let case = &cases(MESSAGES)["v1_events.json"];
    let events: Vec<Event> = serde_json::from_value(case["body"]["events"].clone()).unwrap();
    let bodies = events::encode(&events).unwrap();
    let sent: Vec<Value> = bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(sent, [case["body"].clone()]);
}

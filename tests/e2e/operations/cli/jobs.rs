//! `jobs`.

use serde_json::json;

use super::Cli;
use crate::operations::{NOTHING, given};

const SCORING: &str = "mauntic-scoring-events";

pub(super) async fn jobs_are_searched_and_cancelled(cli: &mut Cli) {
    let payload = r#"{"contactId":"contact_456"}"#;
    let line = ["jobs", "list", SCORING, "--payload", payload, "--state", "completed"];
    let found = cli.json(&line);
    let items = found["items"].as_array().unwrap();
    assert!(!items.is_empty(), "{found}");
    let job = items[0]["jobId"].as_str().unwrap();
    let shown = cli.json(&["jobs", "show", job]);
    assert_eq!(shown["data"]["contactId"], "contact_456");
    assert!(shown["receipt"].is_object(), "{shown}");
    cli.run(&["jobs", "show", job]).ok().says("contact_456");
    // A list of two pages' length goes on at its cursor.
    let first = cli.json(&["jobs", "list", SCORING, "--limit", "1"]);
    let cursor = first["next"].as_str().unwrap();
    let second = cli.json(&["jobs", "list", SCORING, "--limit", "1", "--cursor", cursor]);
    assert_ne!(first["items"][0]["jobId"], second["items"][0]["jobId"]);
    let waiting = given::waiting(&cli.owner, "scoring.Probe", 1).await;
    let job = waiting.jobs[0].as_str();
    let cancelled = cli.json(&["jobs", "cancel", job, "--reason", "not wanted"]);
    assert_eq!(cancelled, json!({"jobId": job, "state": "cancelled"}));
    assert_eq!(given::state(&cli.owner, job).await, "cancelled");
    cli.run(&["jobs", "cancel", job]).failed("409 job_not_waiting");
    cli.run(&["jobs", "show", NOTHING]).failed("404 job_not_found");
}

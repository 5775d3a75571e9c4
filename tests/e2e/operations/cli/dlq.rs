//! `dlq`, case by case.

use serde_json::json;

use super::runs::well;
use super::{Cli, SEEDED};
use crate::operations::{NOTHING, given};

pub(super) async fn cases_are_listed_grouped_and_shown(cli: &mut Cli) {
    let died = given::died(&cli.owner, SEEDED, &[well(), well()], "shard 7 was away").await;
    let of_run = ["--run", died.run.as_str()];
    let line =
        |verb: &'static str, more: &[&'static str]| [&["dlq", verb], &of_run[..], more].concat();
    let list = cli.json(&line("list", &["--cause", "retries_exhausted", "--limit", "1"]));
    assert_eq!(list["items"][0]["caseId"], died.letters[1].case.as_str(), "newest first");
    assert!(list["next"].is_string(), "{list}");
    let groups = cli.json(&line("groups", &[]));
    assert_eq!(groups["items"][0]["open"], 2, "{groups}");
    cli.run(&line("groups", &[])).ok().says("shard # was away");
    let case = died.letters[0].case.as_str();
    let shown = cli.json(&["dlq", "show", case]);
    assert_eq!((&shown["attempts"], &shown["bodyEncoding"]), (&json!(3), &json!("text")));
    cli.run(&["dlq", "show", case]).ok().says("contact_456").says("shard 7 was away");
    cli.run(&["dlq", "show", NOTHING]).failed("404 case_not_found");
    for letter in &died.letters {
        cli.run(&["dlq", "discard", &letter.case, "--reason", "of the test"]).ok();
    }
    cli.run(&line("list", &[])).ok().says("none");
    let decided = cli.json(&line("list", &["--decided"]));
    assert_eq!(decided["items"].as_array().unwrap().len(), 2);
}

pub(super) async fn one_is_tried_and_replayed(cli: &mut Cli) {
    let hopeless = json!({"organizationId": SEEDED});
    let died = given::died(&cli.owner, SEEDED, &[well(), hopeless], "away").await;
    let [whole, broken] = [0, 1].map(|n| died.letters[n].clone());
    let seen = cli.json(&["dlq", "replay", &whole.case, "--dry-run"]);
    assert_eq!((&seen["outcome"], &seen["scores"]), (&json!("completed"), &json!(1)), "{seen}");
    // What would fail in earnest fails here.
    let tried = cli.run(&["dlq", "replay", "--run", &died.run, "--dry-run"]);
    assert_eq!(tried.code, 1, "{tried:?}");
    assert_eq!(tried.out.lines().count(), 2, "{tried:?}");
    for letter in &died.letters {
        assert_eq!(given::state(&cli.owner, &letter.job).await, "dead_lettered");
    }
    let line = ["dlq", "replay", &whole.case, "--reason", "it is back", "--wait"];
    cli.run_ticking(&line).ok();
    let edit = well().to_string();
    let line = ["dlq", "replay", &broken.case, "--edit", &edit, "--wait"];
    cli.run_ticking(&line).ok();
    for letter in [&whole, &broken] {
        assert_eq!(given::state(&cli.owner, &letter.job).await, "completed");
        assert_eq!(given::decision(&cli.owner, &letter.case).await.as_deref(), Some("replayed"));
    }
    cli.run(&["dlq", "replay", &whole.case]).failed("409 not_dead");
    cli.run(&["dlq", "replay", &whole.case, "--edit", "[]"]).misused("must be a JSON object");
}

pub(super) async fn one_is_discarded(cli: &mut Cli) {
    let case = given::no_job(&cli.owner, "nonsense").await;
    cli.run(&["dlq", "replay", &case]).failed("422 validation_failed");
    cli.run(&["dlq", "discard", &case]).misused("--reason");
    let discarded = cli.json(&["dlq", "discard", &case, "--reason", "of the test"]);
    assert_eq!(discarded, json!({"caseId": case, "decision": "discarded"}));
    assert_eq!(given::decision(&cli.owner, &case).await.as_deref(), Some("discarded"));
    cli.run(&["dlq", "discard", &case, "--reason", "again"]).failed("409 not_dead");
}

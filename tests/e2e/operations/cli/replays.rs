//! Replays of many.

use serde_json::json;

use super::runs::well;
use super::{Cli, SEEDED};
use crate::operations::{NOTHING, given};

pub(super) async fn many_are_replayed_behind_a_canary(cli: &mut Cli) {
    let died = given::died(&cli.owner, SEEDED, &vec![well(); 4], "away").await;
    let line = ["dlq", "replay", "--run", &died.run, "--canary", "1", "--per-second", "100"];
    let begun = cli.json(&line);
    assert_eq!((&begun["status"], &begun["canary"]), (&json!("canary"), &json!(1)), "{begun}");
    let id = begun["replayId"].as_str().unwrap();
    cli.run(&["replays", "show", id]).ok().says("canary");
    let ran = cli.run_ticking(&["replays", "show", id, "--wait", "--output", "json"]).ok();
    let done = ran.json();
    assert_eq!((&done["status"], &done["completed"]), (&json!("completed"), &json!(4)), "{done}");
    for letter in &died.letters {
        assert_eq!(given::state(&cli.owner, &letter.job).await, "completed");
        assert_eq!(given::decision(&cli.owner, &letter.case).await.as_deref(), Some("replayed"));
    }
    cli.run(&["replays", "show", NOTHING]).failed("404 replay_not_found");
}

pub(super) async fn a_failing_canary_is_a_failure(cli: &mut Cli) {
    let hopeless = json!({"organizationId": SEEDED});
    let died = given::died(&cli.owner, SEEDED, &vec![hopeless; 3], "away").await;
    let line = ["dlq", "replay", "--run", &died.run, "--canary", "1", "--wait"];
    cli.run_ticking(&line).failed("is stopped");
    let sql = "select count(*) from jobs.job where replays > 0 and run_id::text = '";
    assert_eq!(given::count(&cli.owner, &format!("{sql}{}'", died.run)).await, 1);
    let list = cli.json(&["dlq", "list", "--run", &died.run]);
    assert_eq!(list["items"].as_array().unwrap().len(), 3, "the canary is a new case");
    for case in list["items"].as_array().unwrap() {
        let id = case["caseId"].as_str().unwrap();
        cli.run(&["dlq", "discard", id, "--reason", "hopeless"]).ok();
    }
}

pub(super) async fn a_replay_is_cancelled(cli: &mut Cli) {
    let died = given::died(&cli.owner, SEEDED, &vec![well(); 3], "away").await;
    let line = ["dlq", "replay", "--run", &died.run, "--canary", "1", "--reason", "to stop"];
    let begun = cli.json(&line);
    let id = begun["replayId"].as_str().unwrap();
    let line = ["replays", "cancel", id, "--reason", "not these"];
    cli.run(&line).ok().says("releases nothing more");
    cli.run_ticking(&["replays", "show", id, "--wait"]).failed("is cancelled");
    assert_eq!(given::state(&cli.owner, &died.letters[2].job).await, "dead_lettered");
    cli.run(&["replays", "cancel", id]).failed("409 replay_over");
    for letter in &died.letters[1..] {
        cli.run(&["dlq", "discard", &letter.case, "--reason", "of the test"]).ok();
    }
}

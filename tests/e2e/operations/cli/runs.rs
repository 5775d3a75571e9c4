//! `runs`.

use serde_json::{Value, json};

use super::{Cli, SEEDED};
use crate::operations::{NOTHING, given};

/// Data of a job that can be done.
pub(super) fn well() -> Value {
    json!({"organizationId": SEEDED, "contactId": "contact_456"})
}

pub(super) async fn a_run_is_shown_and_cancelled(cli: &mut Cli) {
    let waiting = given::waiting(&cli.owner, "scoring.Probe", 2).await;
    let run = waiting.run.as_str();
    let shown = cli.json(&["runs", "show", run]);
    assert_eq!((&shown["status"], &shown["jobs"]["total"]), (&json!("running"), &json!(2)));
    cli.run(&["runs", "show", run, "--wait", "--within", "0"]).failed("not over within");
    let jobs = cli.json(&["runs", "jobs", run, "--state", "queued,failed"]);
    assert_eq!(jobs["items"].as_array().unwrap().len(), 2, "{jobs}");
    let none = cli.run(&["runs", "jobs", run, "--state", "dead_lettered"]).ok().says("none");
    assert!(none.out.is_empty(), "{none:?}");
    cli.run(&["runs", "jobs", run, "--state", "odd"]).misused("is no state");
    cli.run(&["runs", "cancel", run, "--reason", "stuck"]).ok().says("2 jobs cancelled");
    for job in &waiting.jobs {
        assert_eq!(given::state(&cli.owner, job).await, "cancelled");
    }
    cli.run(&["runs", "cancel", run]).failed("409 run_over").says("runStatus: cancelled");
    cli.run(&["runs", "show", run, "--wait"]).failed("is cancelled");
    cli.run(&["runs", "show", NOTHING]).failed("404 run_not_found");
}

pub(super) async fn dead_jobs_of_a_run_are_retried(cli: &mut Cli) {
    let died = given::died(&cli.owner, SEEDED, &[well(), well()], "away").await;
    let line = ["runs", "retry", &died.run, "--reason", "it is back", "--wait"];
    cli.run_ticking(&line).ok().says("completed");
    for letter in &died.letters {
        assert_eq!(given::state(&cli.owner, &letter.job).await, "completed");
        assert_eq!(given::decision(&cli.owner, &letter.case).await.as_deref(), Some("replayed"));
    }
    cli.run(&["runs", "retry", &died.run]).failed("409 not_dead");
}

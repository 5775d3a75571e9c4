//! `cron`.

use serde_json::json;

use super::Cli;
use crate::operations::SCHEDULE;
use crate::operations::given::{self, count};

const PAUSED: &str = "select note from jobs.schedule where paused and job_key = $1";

pub(super) async fn schedules_are_listed_and_expressions_previewed(cli: &mut Cli) {
    let list = cli.json(&["cron", "list"]);
    let known = count(&cli.owner, "select count(*) from jobs.schedule").await;
    assert_eq!(i64::try_from(list["jobs"].as_array().unwrap().len()), Ok(known));
    cli.run(&["cron", "list"]).ok().says(SCHEDULE).says("scheduler online");
    let preview = ["cron", "preview", "0 4 * * 1-5", "--count", "3", "--from", "2026-11-01"];
    let found = cli.json(&preview);
    // Weekday 1 is Sunday, and this day is one.
    assert_eq!(
        found["next"],
        json!(["2026-11-01T04:00:00Z", "2026-11-02T04:00:00Z", "2026-11-03T04:00:00Z"])
    );
    assert!(found["warnings"].to_string().contains("Sunday"), "{found}");
    // It asks nobody.
    let mut command = cli.command(&preview);
    command.env_clear();
    cli.run_with(command, &preview, "").ok().says("Sun");
    cli.run(&["cron", "preview", "* * *"]).misused("expression");
    cli.run(&["cron", "preview", "0 0 30 2 *"]).misused("expression");
}

pub(super) async fn a_paused_schedule_runs_by_hand(cli: &mut Cli) {
    cli.run(&["cron", "pause", SCHEDULE]).misused("--note");
    cli.run(&["cron", "pause", "nothing", "--note", "x"]).failed("404 schedule_not_found");
    cli.run(&["cron", "pause", SCHEDULE, "--note", "the import runs"]).ok().says("is paused");
    let note = given::text(&cli.owner, PAUSED, SCHEDULE).await;
    assert_eq!(note.as_deref(), Some("the import runs"));
    let line = ["cron", "run", SCHEDULE, "--wait", "--reason", "now"];
    cli.run_ticking(&line).ok().says("the import runs").says("completed");
    let holder = given::waiting(&cli.owner, SCHEDULE, 1).await.run;
    cli.run(&["cron", "run", SCHEDULE]).failed("409 run_held").says(&holder).says("expiresAt");
    cli.run(&["runs", "cancel", &holder]).ok();
    cli.run(&["cron", "resume", SCHEDULE, "--reason", "it is over"]).ok().says("is resumed");
    assert_eq!(given::text(&cli.owner, PAUSED, SCHEDULE).await, None);
    let sql = "select count(*) from jobs.audit where outcome = 'done'
      and action in ('cron.run', 'cron.pause', 'cron.resume') and actor <> 'bootstrap'";
    assert_eq!(count(&cli.owner, sql).await, 3);
}

pub(super) async fn its_runs_and_times_are_listed(cli: &mut Cli) {
    let runs = cli.json(&["cron", "runs", SCHEDULE, "--limit", "2"]);
    let status = |n: usize| &runs["items"][n]["status"];
    assert_eq!((status(0), status(1)), (&json!("cancelled"), &json!("completed")), "{runs}");
    cli.run(&["cron", "runs", "nothing"]).failed("404 schedule_not_found");
    let back = "update jobs.schedule set judged_until = judged_until - interval '2 h'
      where job_key = $1";
    cli.owner.execute(back, &[&SCHEDULE]).await.unwrap();
    cli.stack.tick();
    let times = cli.json(&["cron", "occurrences", SCHEDULE]);
    let items = times["items"].as_array().unwrap();
    assert!(items.len() >= 2, "{times}");
    assert!(items.iter().all(|item| item["outcome"] == "skipped"), "{times}");
    cli.run(&["cron", "occurrences", SCHEDULE, "--limit", "1"]).ok().says("skipped");
}

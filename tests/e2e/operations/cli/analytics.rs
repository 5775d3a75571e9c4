//! `analytics backfill`: a job for each nominal time, once, and what is refused
//! before it is sent.

use serde_json::json;

use super::Cli;
use crate::operations::given::count;

const JOBS: &str = "select count(*) from jobs.job where idempotency_key like 'backfill:%'";

pub(super) async fn hours_are_counted_again(cli: &mut Cli) {
    let range =
        |from, to| ["analytics", "backfill", "aggregate-hourly", "--from", from, "--to", to];
    for (from, to, why) in [
        ("2026-02-02", "2026-02-01", "--to must be after --from"),
        ("2026-01-01", "2026-03-01", "more than 1000"),
        ("2099-01-01", "2099-01-02", "is not over"),
        ("2026-02-01T10:01:00Z", "2026-02-01T10:02:00Z", "no time in between"),
    ] {
        cli.run(&range(from, to)).misused(why);
    }
    let unknown =
        ["analytics", "backfill", "nothing", "--from", "2026-02-01", "--to", "2026-02-02"];
    cli.run(&unknown).misused("analytics.aggregate-hourly");
    assert_eq!(count(&cli.owner, JOBS).await, 0);
    let hours = range("2026-02-01T10:00:00Z", "2026-02-01T13:00:00Z");
    let first = cli.json(&hours);
    let jobs = first["jobs"].as_array().unwrap();
    let nominal: Vec<_> = jobs.iter().map(|job| &job["nominal"]).collect();
    let hour = |hour| format!("2026-02-01T{hour}:00:00Z");
    assert_eq!(json!(nominal), json!([hour(10), hour(11), hour(12)]));
    assert!(jobs.iter().all(|job| job["created"] == true), "{first}");
    let again = cli.json(&hours);
    for (job, again) in jobs.iter().zip(again["jobs"].as_array().unwrap()) {
        assert_eq!((&again["jobId"], &again["created"]), (&job["jobId"], &json!(false)));
    }
    let run = jobs[0]["executionId"].as_str().unwrap();
    cli.run_ticking(&["runs", "show", run, "--wait"]).ok().says("completed");
    assert_eq!(count(&cli.owner, JOBS).await, 3);
}

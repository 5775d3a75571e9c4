//! `analytics backfill`: a job for each nominal time, once, and what is refused
//! before it is sent; and each job by hand.

use chrono::{Days, Utc};
use mauntic_domain::analytics::RollUp;
use mauntic_domain::jobs::JobType;
use serde_json::json;

use super::Cli;
use crate::operations::given::count;

const JOBS: &str = "select count(*) from jobs.job where idempotency_key like 'backfill:%'";

pub(super) async fn hours_are_counted_again(cli: &mut Cli) {
    fn range<'a>(from: &'a str, to: &'a str) -> [&'a str; 7] {
        ["analytics", "backfill", "aggregate-hourly", "--from", from, "--to", to]
    }
    for (from, to, why) in [
        ("2026-02-02", "2026-02-01", "--to must be after --from"),
        ("2026-01-01", "2026-03-01", "more than 1000"),
        ("2099-01-01", "2099-01-02", "is not over"),
        ("2020-01-01", "2020-01-02", "is deleted, or will be"),
        ("2026-02-01T10:01:00Z", "2026-02-01T10:02:00Z", "no time in between"),
    ] {
        cli.run(&range(from, to)).misused(why);
    }
    let unknown =
        ["analytics", "backfill", "nothing", "--from", "2026-02-01", "--to", "2026-02-02"];
    cli.run(&unknown).misused("analytics.aggregate-hourly");
    assert_eq!(count(&cli.owner, JOBS).await, 0);
    let day = Utc::now().date_naive() - Days::new(3);
    let hour = |hour: u32| format!("{day}T{hour:02}:00:00Z");
    let (from, to) = (hour(10), hour(13));
    let hours = range(&from, &to);
    let first = cli.json(&hours);
    let jobs = first["jobs"].as_array().unwrap();
    let nominal: Vec<_> = jobs.iter().map(|job| &job["nominal"]).collect();
    assert_eq!(json!(nominal), json!([hour(10), hour(11), hour(12)]));
    assert_eq!((&jobs[0]["from"], &jobs[0]["until"]), (&json!(hour(9)), &json!(hour(10))));
    assert!(jobs.iter().all(|job| job["created"] == true), "{first}");
    let again = cli.json(&hours);
    for (job, again) in jobs.iter().zip(again["jobs"].as_array().unwrap()) {
        assert_eq!((&again["jobId"], &again["created"]), (&job["jobId"], &json!(false)));
    }
    let run = jobs[0]["executionId"].as_str().unwrap();
    cli.run_ticking(&["runs", "show", run, "--wait"]).ok().says("completed");
    assert_eq!(count(&cli.owner, JOBS).await, 3);
}

/// The short form of the README: of each of the six, its schedule's latest time.
pub(super) async fn each_job_is_done_by_hand(cli: &mut Cli) {
    let types = RollUp::ALL.map(RollUp::job_type).into_iter().chain([JobType::WarmupDailyReset]);
    for of in types {
        let message = json!({ "type": of.name() }).to_string();
        let queued = cli.json(&["queues", "enqueue", "mauntic-analytics-jobs", &message]);
        let run = queued["executionId"].as_str().unwrap();
        cli.run_ticking(&["runs", "show", run, "--wait"]).ok().says("completed");
    }
}

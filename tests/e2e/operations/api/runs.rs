//! Runs.

use mauntic_tests::stack::until;
use serde_json::{Value, json};

use super::ask::Ask;
use super::{Api, ORGANIZATION};
use crate::operations::{NOTHING, given};

const ONE: &str = "/api/v2/admin/runs/{id}";
const JOBS: &str = "/api/v2/admin/runs/{id}/jobs";
const CANCEL: &str = "/api/v2/admin/runs/{id}/cancel";
const RETRY: &str = "/api/v2/admin/runs/{id}/retry";
const CASE: &str = "/api/v2/admin/dlq/{id}";

/// Data of a job that can be done.
pub(super) fn well() -> Value {
    json!({"organizationId": ORGANIZATION, "contactId": "c"})
}

pub(super) async fn a_run_is_shown(api: &mut Api) {
    let run = given::waiting(&api.owner, "scoring.Probe", 2).await.run;
    let shown = api.call(Ask::get(ONE).at(&run)).await.ok(200);
    assert_eq!((&shown["status"], &shown["jobs"]["total"]), (&json!("running"), &json!(2)));
    // Nothing shows a pace yet.
    assert_eq!((&shown["jobs"]["unfinished"], &shown["estimate"]), (&json!(2), &Value::Null));
    api.call(Ask::get(ONE).at(NOTHING)).await.refused(404, "run_not_found");
    api.call(Ask::get(ONE).at("x")).await.invalid(&["/id"]);
    api.call(Ask::post(CANCEL, &json!({})).at(&run)).await.done(200, "run.cancel", &run);
}

pub(super) async fn its_jobs_are_listed(api: &mut Api) {
    let died = given::died(&api.owner, ORGANIZATION, &[well(), well()], "away").await;
    let list = api.call(Ask::get(JOBS).at(&died.run).query("state=dead_lettered")).await.ok(200);
    let jobs: Vec<_> = list["items"].as_array().unwrap().iter().map(|job| &job["jobId"]).collect();
    assert_eq!(jobs, [&died.letters[1].job, &died.letters[0].job], "newest first");
    let none = api.call(Ask::get(JOBS).at(&died.run).query("state=queued,failed")).await.ok(200);
    assert_eq!(none["items"], json!([]));
    api.call(Ask::get(JOBS).at(&died.run).query("state=odd")).await.invalid(&["/state"]);
    api.call(Ask::get(JOBS).at(NOTHING)).await.refused(404, "run_not_found");
}

pub(super) async fn a_run_is_cancelled(api: &mut Api) {
    let waiting = given::waiting(&api.owner, "scoring.Probe", 3).await;
    let why = json!({"reason": "stuck"});
    let called = api.call(Ask::post(CANCEL, &why).at(&waiting.run)).await;
    let (cancelled, entry) = called.done(200, "run.cancel", &waiting.run);
    assert_eq!(cancelled, json!({"executionId": waiting.run, "cancelled": 3}));
    assert_eq!(
        (&entry["before"], &entry["reason"]),
        (&json!({"status": "running"}), &json!("stuck"))
    );
    for job in &waiting.jobs {
        assert_eq!(given::state(&api.owner, job).await, "cancelled");
    }
    let over = api.call(Ask::post(CANCEL, &why).at(&waiting.run)).await.refused(409, "run_over");
    assert_eq!(over["runStatus"], "cancelled", "{over}");
    api.call(Ask::post(CANCEL, &why).at(NOTHING)).await.refused(404, "run_not_found");
}

pub(super) async fn dead_jobs_of_a_run_are_retried(api: &mut Api) {
    let mut died = given::died(&api.owner, ORGANIZATION, &[well(), well(), well()], "away").await;
    let why = json!({"reason": "it is back"});
    let unwanted = died.letters.pop().unwrap();
    let discard = Ask::delete(CASE).at(&unwanted.case).query("reason=unwanted");
    api.call(discard).await.done(200, "dlq.discard", &unwanted.case);
    let called = api.call(Ask::post(RETRY, &why).at(&died.run)).await;
    let (retried, entry) = called.done(202, "run.retry", &died.run);
    assert_eq!(
        retried,
        json!({"executionId": died.run, "queued": 2, "refused": 0, "discarded": 1})
    );
    assert_eq!(entry["before"]["dead"], 3, "{entry}");
    let jobs: Vec<&str> = died.letters.iter().map(|letter| letter.job.as_str()).collect();
    api.until_jobs_are(&jobs, "completed").await;
    let sql = "select status from jobs.run where id::text = $1 and revision = 2";
    until(
        "the run is over",
        || api.stack.story(),
        async || {
            api.stack.tick();
            let status = given::text(&api.owner, sql, &died.run).await;
            (status.as_deref() == Some("partial")).then_some(())
        },
    )
    .await;
    for letter in &died.letters {
        assert_eq!(given::decision(&api.owner, &letter.case).await.as_deref(), Some("replayed"));
    }
    api.call(Ask::post(RETRY, &why).at(&died.run)).await.refused(409, "not_dead");
    api.call(Ask::post(RETRY, &why).at(NOTHING)).await.refused(404, "run_not_found");
}

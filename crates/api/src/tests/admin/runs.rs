//! Runs: how far they are, ended by hand, their dead jobs again.

use chrono::TimeDelta;
use mauntic_domain::jobs::JobState;
use mauntic_domain::runs::{RunCounts, RunStatus};
use serde_json::{Value, json};

use crate::tests::things::{CASE, DEAD, NOTHING, RUN, WAITING, get, post, refused, send};
use crate::tests::world::World;

#[tokio::test]
async fn a_run_is_shown_with_its_counts() {
    let world = World::with_things().await;
    let answer = get(&format!("runs/{RUN}")).send(&world).await;
    assert_eq!(answer.status, 200);
    let expected = json!({
        "executionId": RUN.to_string(), "jobKey": "scoring-batch-recompute", "trigger": "cron",
        "status": "running", "organizationId": null, "requestId": null, "scheduledFor": null,
        "revision": 0, "startedAt": "2027-01-15T08:00:00.123Z",
        "progressedAt": "2027-01-15T08:00:00.123Z", "finishedAt": null, "durationMs": null,
        "stalledAt": null, "cancelledAt": null, "outcome": null, "estimate": null,
        "jobs": {"total": 2, "completed": 0, "deadLettered": 1, "cancelled": 0, "unfinished": 1},
    });
    assert_eq!(answer.body, expected);
}

#[tokio::test]
async fn the_estimate_follows_from_what_is_done() {
    let world = World::with_things().await;
    let counts = RunCounts { total: 101, done: 21, dead: 0, cancelled: 0 };
    world.store().change_run(RUN, |run| run.counts = counts);
    world.ports.clock.advance(TimeDelta::seconds(10));
    let answer = get(&format!("runs/{RUN}")).send(&world).await;
    let estimate = json!({"seconds": 40, "ofJobs": 20, "inSeconds": 10});
    assert_eq!(answer.body["estimate"], estimate);
    // Nothing shows the pace of one that was opened again, or is over.
    world.store().change_run(RUN, |run| run.revision = 1);
    assert_eq!(get(&format!("runs/{RUN}")).send(&world).await.body["estimate"], Value::Null);
}

#[tokio::test]
async fn a_runs_jobs_are_listed_by_state() {
    let world = World::with_things().await;
    for (query, ids) in [
        ("", vec![DEAD, WAITING]),
        ("?state=queued", vec![WAITING]),
        ("?state=dead_lettered,queued", vec![DEAD, WAITING]),
        ("?state=completed", vec![]),
    ] {
        let answer = get(&format!("runs/{RUN}/jobs{query}")).send(&world).await;
        let ids: Vec<Value> = ids.iter().map(|id| json!(id.to_string())).collect();
        let items = answer.body["items"].as_array().unwrap();
        let found: Vec<&Value> = items.iter().map(|job| &job["jobId"]).collect();
        assert_eq!(found, ids.iter().collect::<Vec<_>>(), "{query}");
    }
    for query in [
        "?state=",
        "?state=done",
        "?state=queued,",
        "?state=queued,queued,queued,queued,queued,queued,queued",
    ] {
        let answer = get(&format!("runs/{RUN}/jobs{query}")).send(&world).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec!["/state"]), "{query}");
    }
}

#[tokio::test]
async fn a_run_is_cancelled_once() {
    let world = World::with_things().await;
    let cancel = || post(&format!("runs/{RUN}/cancel"), &json!({"reason": "no use"}));
    let answer = cancel().send(&world).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body, json!({"executionId": RUN.to_string(), "cancelled": 1}));
    assert_eq!(world.store().job(WAITING).unwrap().state, JobState::Cancelled);
    let entry = ("run.cancel", RUN.to_string());
    let over = refused(&world, cancel(), "run_over", (entry.0, &entry.1)).await;
    assert_eq!((over.status, &over.body["runStatus"]), (409, &json!("cancelled")));
    let audit = world.audit();
    assert_eq!((&audit[0]["outcome"], &audit[0]["reason"]), (&json!("done"), &json!("no use")));
}

#[tokio::test]
async fn dead_jobs_are_queued_again_once() {
    let world = World::with_things().await;
    let retry = || post(&format!("runs/{RUN}/retry"), &json!({}));
    let answer = retry().send(&world).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let body = json!({"executionId": RUN.to_string(), "queued": 1, "refused": 0,
        "discarded": 0});
    assert_eq!(answer.body, body);
    assert_eq!(world.store().job(DEAD).unwrap().state, JobState::Queued);
    let sent = world.sent();
    assert!(sent.iter().any(|message| message["jobId"] == DEAD.to_string()), "{sent:?}");
    let entry = ("run.retry", RUN.to_string());
    let answer = refused(&world, retry(), "not_dead", (entry.0, &entry.1)).await;
    assert_eq!(answer.status, 409);
    let run = get(&format!("runs/{RUN}")).send(&world).await;
    assert_eq!((&run.body["revision"], &run.body["status"]), (&json!(1), &json!("running")));
    assert_eq!(world.store().look(|state| state.run(RUN).unwrap().status), RunStatus::Running);
}

#[tokio::test]
async fn a_job_whose_case_was_discarded_is_not_queued_again() {
    let world = World::with_things().await;
    let discard = send("DELETE", &format!("dlq/{CASE}?reason=unwanted"), &json!({}));
    assert_eq!(discard.send(&world).await.status, 200);
    let call = post(&format!("runs/{RUN}/retry"), &json!({}));
    let target = RUN.to_string();
    let answer = refused(&world, call, "not_dead", ("run.retry", &target)).await;
    assert_eq!(answer.status, 409);
    assert_eq!(world.store().job(DEAD).unwrap().state, JobState::DeadLettered);
}

#[tokio::test]
async fn unknown_runs_are_told_from_what_is_no_id() {
    let world = World::with_things().await;
    let nothing = NOTHING.to_string();
    for path in ["", "/jobs"] {
        let answer = get(&format!("runs/{nothing}{path}")).send(&world).await;
        assert_eq!((answer.status, answer.code()), (404, "run_not_found"));
    }
    for act in ["cancel", "retry"] {
        let action = format!("run.{act}");
        let call = post(&format!("runs/{nothing}/{act}"), &json!({}));
        refused(&world, call, "run_not_found", (&action, &nothing)).await;
        for id in ["1", "%00", "%FF", "{0198}", "01980000000070008000000000000006"] {
            let call = post(&format!("runs/{id}/{act}"), &json!({}));
            let answer = refused(&world, call, "validation_failed", (&action, id)).await;
            assert_eq!((answer.status, answer.pointers()), (422, vec!["/id"]), "{id}");
        }
    }
}

//! Schedules: how they stand, run by hand, paused and resumed.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use mauntic_domain::schedules::{Flag, REGISTRY, Settings};
use mauntic_flows::cron;
use mauntic_flows::ports::Instance;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::tests::call::Answer;
use crate::tests::things::{RUN, SCHEDULE, get, post, refused, send};
use crate::tests::world::World;

fn pause(job_key: &str, body: &Value) -> crate::tests::call::Call {
    send("PATCH", &format!("cron/{job_key}"), body)
}

fn line<'a>(answer: &'a Answer, job_key: &str) -> &'a Value {
    let jobs = answer.body["jobs"].as_array().unwrap();
    jobs.iter().find(|job| job["jobKey"] == job_key).unwrap()
}

async fn judge(world: &World, settings: &Settings) {
    let schedules = cron::schedules(settings).unwrap();
    let report = cron::judge_all(&world.ports, &schedules, None).await.unwrap();
    assert_eq!(report.error, None);
}

#[tokio::test]
async fn every_schedule_is_listed_as_it_stands() {
    let world = World::with_things().await;
    let answer = get("cron").send(&world).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["scheduler"]["status"], "online");
    assert_eq!(answer.body["scheduler"]["heartbeatAt"], "2027-01-15T08:00:00.123Z");
    let keys: Vec<&str> = answer.body["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["jobKey"].as_str().unwrap())
        .collect();
    assert_eq!(keys, REGISTRY.map(|schedule| schedule.job_key));
    let job = line(&answer, SCHEDULE);
    assert_eq!((&job["enabled"], &job["running"]), (&json!(true), &json!(true)));
    assert_eq!((&job["schedule"], &job["owner"]), (&json!("0 * * * *"), &json!("scoring")));
    assert_eq!(job["nextRunAt"], "2027-01-15T09:00:00.000Z");
    assert_eq!(
        job["lastRun"],
        json!({
            "startedAt": "2027-01-15T08:00:00.123Z", "finishedAt": null, "status": "running",
            "durationMs": null,
            "summary": {"total": 2, "completed": 0, "deadLettered": 1, "cancelled": 0, "unfinished": 1},
        })
    );
    let queue = json!({"name": "mauntic-scoring-events", "pending": 1, "processing": 0, "dlq": 1});
    assert_eq!(job["queue"], queue);
    let idle = line(&answer, "overnight-scoring");
    assert_eq!((&idle["running"], &idle["lastRun"]), (&json!(false), &Value::Null));
}

#[tokio::test]
async fn a_schedule_is_enabled_unless_its_row_or_newest_time_says_otherwise() {
    let world = World::with_things().await;
    let disabled = BTreeSet::from([Flag::Scoring]);
    // A new expression has its times from now on.
    let overnight_cron = Some("*/5 * * * *".to_owned());
    let settings = Settings { disabled, overnight_cron, ..Settings::default() };
    judge(&world, &settings).await;
    world.ports.clock.advance(TimeDelta::seconds(3_601));
    judge(&world, &settings).await;
    let answer = get("cron").send(&world).await;
    for (job_key, reason) in [
        (SCHEDULE, json!("disabled")),
        ("overnight-scoring", Value::Null),
        ("match-verifier-5m", Value::Null),
    ] {
        let job = line(&answer, job_key);
        assert_eq!((&job["disabledReason"], &job["enabled"]), (&reason, &json!(reason.is_null())));
    }
    assert_eq!(
        pause(SCHEDULE, &json!({"paused": true, "note": "n"})).send(&world).await.status,
        200
    );
    let answer = get("cron").send(&world).await;
    let job = line(&answer, SCHEDULE);
    assert_eq!((&job["disabledReason"], &job["pauseNote"]), (&json!("paused"), &json!("n")));

    // The next time that runs enables it again.
    let resumed = pause(SCHEDULE, &json!({"paused": false})).send(&world).await;
    assert_eq!(resumed.body, json!({"jobKey": SCHEDULE, "paused": false, "note": null}));
    world.ports.clock.advance(TimeDelta::seconds(3_600));
    judge(&world, &Settings::default()).await;
    assert_eq!(line(&get("cron").send(&world).await, SCHEDULE)["enabled"], true);
}

#[tokio::test]
async fn the_expression_is_the_one_in_force() {
    let world = World::new();
    let own = get("cron").send(&world).await;
    assert_eq!(line(&own, "overnight-scoring")["schedule"], "0 4 * * *");
    let overnight_cron = Some("30 3 * * *".to_owned());
    judge(&world, &Settings { overnight_cron, ..Settings::default() }).await;
    let answer = get("cron").send(&world).await;
    let job = line(&answer, "overnight-scoring");
    assert_eq!(job["schedule"], "30 3 * * *");
    assert_eq!(job["nextRunAt"], "2027-01-16T03:30:00.000Z");
}

#[tokio::test]
async fn a_markets_night_is_a_schedule_while_a_deployment_keeps_it() {
    let world = World::with_things().await;
    let key = "overnight-scoring-xetr";
    let run = || post(&format!("cron/{key}/run"), &json!({}));
    let refused_first = refused(&world, run(), "schedule_not_found", ("cron.run", key)).await;
    assert_eq!(refused_first.status, 404);
    let why = refused_first.body["detail"].as_str().unwrap();
    assert!(why.contains("OVERNIGHT_MARKET_CRONS"), "{why}");
    for list in ["runs", "occurrences"] {
        assert_eq!(get(&format!("cron/{key}/{list}")).send(&world).await.status, 404, "{list}");
    }
    let market_crons = Some("XETR=*/5 * * * *".to_owned());
    let settings = Settings { market_crons, ..Settings::default() };
    judge(&world, &settings).await;
    let queued = run().send(&world).await;
    assert_eq!((queued.status, &queued.body["jobKey"]), (202, &json!(key)));
    let data = world.store().look(|state| {
        let job = state.live_jobs().find(|job| job.type_name == "overnight.start");
        job.unwrap().data.clone()
    });
    assert_eq!(data, json!({"markets": ["XETR"]}));
    let held = refused(&world, run(), "run_held", ("cron.run", key)).await;
    assert_eq!(held.status, 409);

    // Its own times find the run that is open.
    world.ports.clock.advance(TimeDelta::seconds(300));
    judge(&world, &settings).await;
    let times = get(&format!("cron/{key}/occurrences")).send(&world).await;
    assert_eq!(times.body["items"][0]["reason"], "overlap");
    let runs = get(&format!("cron/{key}/runs")).send(&world).await;
    assert_eq!(runs.body["items"].as_array().unwrap().len(), 1);
    let answer = get("cron").send(&world).await;
    let job = line(&answer, key);
    assert_eq!((&job["running"], &job["enabled"]), (&json!(true), &json!(true)));
    assert_eq!((&job["schedule"], &job["owner"]), (&json!("*/5 * * * *"), &json!("portfolio")));
    assert_eq!(job["description"], "Scores the portfolio of every user with assets of XETR.");
    let paused = pause(key, &json!({"paused": true, "note": "n"})).send(&world).await;
    assert_eq!(paused.status, 200);
    assert_eq!(line(&get("cron").send(&world).await, key)["pauseNote"], "n");
    assert_eq!(line(&answer, "overnight-scoring")["pauseNote"], Value::Null);
    assert_eq!(pause(key, &json!({"paused": false})).send(&world).await.status, 200);

    // Dropped, it has its times as before, and each is skipped.
    world.ports.clock.advance(TimeDelta::seconds(300));
    judge(&world, &Settings::default()).await;
    let answer = get("cron").send(&world).await;
    let job = line(&answer, key);
    assert_eq!((&job["enabled"], &job["disabledReason"]), (&json!(false), &json!("disabled")));
    assert_eq!(get("cron/overnight-scoring-a.b/runs").send(&world).await.status, 404);
}

#[tokio::test]
async fn the_scheduler_is_offline_when_a_duty_is_late() {
    let answer = get("cron").send(&World::without_beats()).await;
    let none = json!({"status": "offline", "heartbeatAt": null, "instanceId": null});
    assert_eq!(answer.body["scheduler"], none);
    let world = World::new();
    world.put_beat("relay", 150);
    assert_eq!(get("cron").send(&world).await.body["scheduler"]["status"], "offline");
}

#[tokio::test]
async fn the_scheduler_has_the_instance_of_the_newest_beat() {
    use mauntic_flows::ports::{Database, Ports, RelayStore};
    let world = World::new();
    let by = Instance { id: Uuid::from_u128(7), schema_max: 6 };
    world.ports.clock.advance(TimeDelta::seconds(1));
    world.ports.db().open().await.unwrap().beat("relay", 60, &by).await.unwrap();
    let answer = get("cron").send(&world).await;
    assert_eq!(answer.body["scheduler"]["instanceId"], by.id.to_string());
    let health = crate::tests::call::Call::get("/api/monitoring/health").send(&world).await;
    let duties = health.body["checks"]["scheduler"]["duties"].as_array().unwrap();
    let relay = duties.iter().find(|duty| duty["name"] == "relay").unwrap();
    assert_eq!(relay["instanceId"], by.id.to_string());
}

#[tokio::test]
async fn a_run_by_hand_is_a_run() {
    let world = World::with_things().await;
    let answer = post(&format!("cron/{SCHEDULE}/run"), &json!({"reason": "asked"}));
    let answer = answer.send(&world).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let id = answer.body["executionId"].as_str().unwrap().to_owned();
    assert_eq!(
        answer.body,
        json!({
            "success": true, "jobKey": SCHEDULE, "trigger": "manual", "executionId": id,
            "queuedAt": "2027-01-15T08:00:00.123Z", "message": "The run is queued.",
        })
    );
    assert_eq!(world.sent().len(), 1);
    let run = get(&format!("runs/{id}")).send(&world).await;
    assert_eq!((&run.body["trigger"], &run.body["status"]), (&json!("manual"), &json!("running")));
    let audit = world.audit();
    assert_eq!(audit.len(), 1);
    assert_eq!((&audit[0]["action"], &audit[0]["target"]), (&json!("cron.run"), &json!(SCHEDULE)));
    assert_eq!((&audit[0]["reason"], &audit[0]["outcome"]), (&json!("asked"), &json!("done")));

    // It holds the schedule's lock.
    let again = post(&format!("cron/{SCHEDULE}/run"), &json!({}));
    let held = refused(&world, again, "run_held", ("cron.run", SCHEDULE)).await;
    assert_eq!((held.status, &held.body["holder"]), (409, &json!(id)));
    assert_eq!(held.body["lockAcquiredAt"], "2027-01-15T08:00:00.123Z");
    assert_eq!(held.body["expiresAt"], "2027-01-15T08:25:00.123Z");
    let runs = get(&format!("cron/{SCHEDULE}/runs")).send(&world).await;
    let listed: Vec<_> =
        runs.body["items"].as_array().unwrap().iter().map(|run| &run["executionId"]).collect();
    assert_eq!(listed, [&json!(id), &json!(RUN.to_string())]);
}

#[tokio::test]
async fn a_paused_schedule_takes_a_run_by_hand_and_says_so() {
    let world = World::with_things().await;
    pause(SCHEDULE, &json!({"paused": true, "note": "they move"})).send(&world).await;
    let answer = post(&format!("cron/{SCHEDULE}/run"), &json!({})).send(&world).await;
    assert_eq!(answer.status, 202);
    let message = answer.body["message"].as_str().unwrap();
    assert!(message.contains("paused") && message.contains("they move"), "{message}");
    let actions: Vec<_> =
        world.audit().iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect();
    assert_eq!(actions, ["cron.pause", "cron.run"]);
}

#[tokio::test]
async fn a_run_needs_no_body() {
    use crate::tests::call::Call;
    use crate::tests::world::OPERATOR_KEY;
    let world = World::with_things().await;
    let call = Call::new("POST", &format!("/api/v2/admin/cron/{SCHEDULE}/run")).key(OPERATOR_KEY);
    assert_eq!(call.send(&world).await.status, 202);
}

#[tokio::test]
async fn schedules_that_cannot_run_or_are_not_there_are_refused() {
    let world = World::with_things().await;
    let run = |job_key: &str| post(&format!("cron/{job_key}/run"), &json!({}));
    for job_key in ["nothing", "system-tick", "%00", "%FF", "scoring.BatchRecompute"] {
        let answer =
            refused(&world, run(job_key), "schedule_not_found", ("cron.run", job_key)).await;
        assert_eq!(answer.status, 404);
        let resume = pause(job_key, &json!({"paused": false}));
        refused(&world, resume, "schedule_not_found", ("cron.resume", job_key)).await;
    }
    // Registered, and no tick has looked at it.
    let fresh = World::new();
    let call = pause(SCHEDULE, &json!({"paused": true, "note": "n"}));
    refused(&fresh, call, "schedule_not_found", ("cron.pause", SCHEDULE)).await;
    for list in ["runs", "occurrences"] {
        let answer = get(&format!("cron/nothing/{list}")).send(&world).await;
        assert_eq!((answer.status, answer.code()), (404, "schedule_not_found"));
    }
    // Runs of a type that was enqueued by hand are listed by it.
    let runs = get("cron/scoring.Probe/runs").send(&world).await;
    assert_eq!((runs.status, &runs.body["items"]), (200, &json!([])));
}

#[tokio::test]
async fn a_pause_has_a_note_and_a_resumption_none() {
    let world = World::with_things().await;
    let long = "x".repeat(501);
    for (body, pointers) in [
        (json!({}), vec!["/paused"]),
        (json!({"paused": "yes"}), vec!["/paused", "/paused"]),
        (json!({"paused": true}), vec!["/note"]),
        (json!({"paused": true, "note": long}), vec!["/note", "/note"]),
        (json!({"paused": true, "note": 1}), vec!["/note", "/note"]),
        (json!({"paused": false, "note": "n"}), vec!["/note"]),
        (json!({"paused": true, "note": "n", "reason": ""}), vec!["/reason"]),
        (json!({"paused": true, "note": "n", "why": "w"}), vec!["/why"]),
    ] {
        let action = if body["paused"] == false { "cron.resume" } else { "cron.pause" };
        let call = pause(SCHEDULE, &body);
        let answer = refused(&world, call, "validation_failed", (action, SCHEDULE)).await;
        assert_eq!((answer.status, answer.pointers()), (422, pointers), "{body}");
    }
}

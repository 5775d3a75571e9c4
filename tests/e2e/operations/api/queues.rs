//! Queues and jobs.

use serde_json::{Value, json};

use super::ask::Ask;
use super::runs::well;
use super::{Api, ORGANIZATION};
use crate::operations::{NOTHING, given};

const LIST: &str = "/api/v2/admin/queues";
const JOBS: &str = "/api/v2/admin/queues/{queue}/jobs";
const MESSAGES: &str = "/api/v2/admin/queues/{queue}/messages";
const ONE: &str = "/api/v2/admin/jobs/{id}";
const CANCEL: &str = "/api/v2/admin/jobs/{id}/cancel";

const SCORING: &str = "mauntic-scoring-events";
const OVERNIGHT: &str = "mauntic-overnight-jobs";

pub(super) async fn queues_are_counted(api: &mut Api) {
    let waiting = given::waiting(&api.owner, "scoring.Probe", 2).await;
    let counts = async |api: &mut Api| -> Value {
        let list = api.call(Ask::get(LIST)).await.ok(200);
        let queues = list["queues"].as_array().unwrap();
        assert_eq!(queues.len(), 4, "{list}");
        queues.iter().find(|queue| queue["name"] == SCORING).unwrap().clone()
    };
    let before = counts(api).await;
    assert_eq!((&before["pending"], &before["processing"]), (&json!(2), &json!(0)), "{before}");
    let letters = before["deadLetters"].as_i64().unwrap();
    given::died(&api.owner, ORGANIZATION, &[well()], "away").await;
    assert_eq!(counts(api).await["deadLetters"], letters + 1);
    let path = "/api/v2/admin/runs/{id}/cancel";
    let called = api.call(Ask::post(path, &json!({})).at(&waiting.run)).await;
    called.done(200, "run.cancel", &waiting.run);
    assert_eq!(counts(api).await["pending"], 0);
}

pub(super) async fn jobs_are_searched(api: &mut Api) {
    let data = json!({"organizationId": ORGANIZATION, "contactId": "wanted"});
    let died = given::died(&api.owner, ORGANIZATION, &[data, well()], "away").await;
    let job = &died.letters[0].job;
    let payload = "payload=%7B%22contactId%22%3A%22wanted%22%7D";
    let by_run = format!("runId={}&state=dead_lettered&limit=1", died.run);
    let by_id = format!("id={job}&organizationId={ORGANIZATION}&type=scoring.CalculateScore");
    for query in [payload, by_id.as_str()] {
        let found = api.call(Ask::get(JOBS).at(SCORING).query(query)).await.ok(200);
        let ids: Vec<_> =
            found["items"].as_array().unwrap().iter().map(|job| &job["jobId"]).collect();
        assert_eq!(ids, [job.as_str()], "{query}");
    }
    let page = api.call(Ask::get(JOBS).at(SCORING).query(&by_run)).await.ok(200);
    let next = format!("{by_run}&cursor={}", page["next"].as_str().unwrap());
    let page = api.call(Ask::get(JOBS).at(SCORING).query(&next)).await.ok(200);
    assert_eq!(page["items"][0]["jobId"], job.as_str(), "the older one comes second");
    api.call(Ask::get(JOBS).at("nothing")).await.refused(404, "queue_not_found");
    api.call(Ask::get(JOBS).at(SCORING).query("payload=1")).await.invalid(&["/payload"]);
}

pub(super) async fn a_message_is_enqueued(api: &mut Api) {
    let all = json!({"type": "scoring.BatchRecompute"});
    let ask = Ask::post(MESSAGES, &all).at(SCORING).query("reason=the%20import%20is%20over");
    let (queued, entry) = api.call(ask).await.done(202, "queue.enqueue", SCORING);
    assert_eq!((&queued["state"], &queued["created"]), (&json!("queued"), &json!(true)));
    assert_eq!(entry["reason"], "the import is over");
    assert_eq!(entry["after"]["jobId"], queued["jobId"]);
    // Through another queue, by its own key once only.
    let probe = json!({"type": "overnight.probe", "idempotencyKey": "night-1"});
    let (first, _) = api.call(Ask::post(MESSAGES, &probe).at(OVERNIGHT)).await.done(
        202,
        "queue.enqueue",
        OVERNIGHT,
    );
    let jobs = [&queued["jobId"], &first["jobId"]].map(|id| id.as_str().unwrap());
    api.until_jobs_are(&jobs, "completed").await;
    let again = api.call(Ask::post(MESSAGES, &probe).at(OVERNIGHT)).await.ok(202);
    assert_eq!((&again["jobId"], &again["created"]), (&first["jobId"], &json!(false)), "{again}");
    assert_eq!(again["state"], "completed");
    let long = json!({"type": "scoring.Probe", "data": {"x": "y".repeat(65_536)}});
    for (wrong, pointer) in [
        (json!({}), ""),
        (json!({"type": "scoring.Nothing"}), "/type"),
        (json!({"type": "overnight.probe"}), "/type"),
        (json!({"type": "scoring.CalculateScore", "data": {"organizationId": "org_a"}}), "/data"),
        (json!({"type": "scoring.Probe", "v": 9}), "/v"),
        (long, "/data"),
    ] {
        let called = api.call(Ask::post(MESSAGES, &wrong).at(SCORING)).await;
        let problem = called.refused(422, "validation_failed");
        let at = problem["errors"][0]["pointer"].as_str().unwrap();
        assert!(at.starts_with(pointer), "{at} of {problem}");
    }
    api.call(Ask::post(MESSAGES, &all).at("nothing")).await.refused(404, "queue_not_found");
}

pub(super) async fn a_job_is_shown(api: &mut Api) {
    let probe = json!({"type": "scoring.Probe"});
    let (queued, _) =
        api.call(Ask::post(MESSAGES, &probe).at(SCORING)).await.done(202, "queue.enqueue", SCORING);
    let job = queued["jobId"].as_str().unwrap();
    api.until_jobs_are(&[job], "completed").await;
    let shown = api.call(Ask::get(ONE).at(job)).await.ok(200);
    assert_eq!((&shown["state"], &shown["attempt"]), (&json!("completed"), &json!(1)), "{shown}");
    assert!(shown["receipt"].is_object() && shown["errors"] == json!([]), "{shown}");
    api.call(Ask::get(ONE).at(NOTHING)).await.refused(404, "job_not_found");
}

pub(super) async fn a_job_is_cancelled(api: &mut Api) {
    let waiting = given::waiting(&api.owner, "scoring.Probe", 1).await;
    let job = &waiting.jobs[0];
    let ask = || Ask::post(CANCEL, &json!({"reason": "not wanted"})).at(job).keyed("cancel-1");
    let (cancelled, entry) = api.call(ask()).await.done(200, "job.cancel", job);
    assert_eq!(cancelled, json!({"jobId": job, "state": "cancelled"}));
    assert_eq!(entry["reason"], "not wanted");
    assert_eq!(given::state(&api.owner, job).await, "cancelled");
    assert_eq!(api.call(ask()).await.repeated(200), cancelled, "the same request is done once");
    let over = api.call(Ask::post(CANCEL, &json!({})).at(job)).await;
    assert_eq!(over.refused(409, "job_not_waiting")["state"], "cancelled");
    api.call(Ask::post(CANCEL, &json!({})).at(NOTHING)).await.refused(404, "job_not_found");
}

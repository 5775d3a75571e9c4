//! Schedules.

use mauntic_tests::stack::until;
use serde_json::{Value, json};

use super::Api;
use super::ask::Ask;
use crate::operations::SCHEDULE;
use crate::operations::given::{self, count};

const LIST: &str = "/api/v2/admin/cron";
const PREVIEW: &str = "/api/v2/admin/cron/preview";
const ONE: &str = "/api/v2/admin/cron/{jobKey}";
const RUN: &str = "/api/v2/admin/cron/{jobKey}/run";
const RUNS: &str = "/api/v2/admin/cron/{jobKey}/runs";
const OCCURRENCES: &str = "/api/v2/admin/cron/{jobKey}/occurrences";
const CANCEL: &str = "/api/v2/admin/runs/{id}/cancel";

/// A line of the list.
async fn line(api: &mut Api) -> Value {
    let list = api.call(Ask::get(LIST)).await.ok(200);
    let jobs = list["jobs"].as_array().unwrap();
    jobs.iter().find(|line| line["jobKey"] == SCHEDULE).unwrap().clone()
}

pub(super) async fn schedules_are_listed(api: &mut Api) {
    let key = api.key.clone();
    let refused = api.call(Ask::get(LIST).by(Some(&key))).await;
    refused.refused(403, "operator_key_required");
    let list = api.call(Ask::get(LIST)).await.ok(200);
    assert_eq!(list["scheduler"]["status"], "online", "{list}");
    let known = count(&api.owner, "select count(*) from jobs.schedule").await;
    assert_eq!(i64::try_from(list["jobs"].as_array().unwrap().len()), Ok(known));
    let line = line(api).await;
    assert_eq!((&line["running"], &line["lastRun"]), (&json!(false), &Value::Null), "{line}");
    assert_eq!(line["queue"]["name"], "mauntic-scoring-events");
}

pub(super) async fn expressions_are_previewed(api: &mut Api) {
    let asked = Ask::get(PREVIEW).query("expr=0%204%20*%20*%201-5&count=3");
    let preview = api.call(asked).await.ok(200);
    assert_eq!(preview["next"].as_array().unwrap().len(), 3);
    let warnings = preview["warnings"].to_string();
    assert!(warnings.contains("Sunday"), "{warnings}");
    for wrong in ["expr=", "expr=*%20*%20*", "expr=0%200%2030%202%20*%20*", "count=3"] {
        api.call(Ask::get(PREVIEW).query(wrong)).await.invalid(&["/expr"]);
    }
}

pub(super) async fn a_schedule_is_paused_and_resumed(api: &mut Api) {
    let pause = json!({"paused": true, "note": "the import runs", "reason": "asked for"});
    api.call(Ask::patch(ONE, &json!({"paused": true})).at(SCHEDULE)).await.invalid(&["/note"]);
    let unknown = api.call(Ask::patch(ONE, &pause).at("nothing")).await;
    unknown.refused(404, "schedule_not_found");
    let (paused, entry) =
        api.call(Ask::patch(ONE, &pause).at(SCHEDULE)).await.done(200, "cron.pause", SCHEDULE);
    assert_eq!(paused, json!({"jobKey": SCHEDULE, "paused": true, "note": "the import runs"}));
    assert_eq!(
        (&entry["before"]["paused"], &entry["reason"]),
        (&json!(false), &json!("asked for"))
    );
    let sql = "select note from jobs.schedule where paused and job_key = $1";
    assert_eq!(given::text(&api.owner, sql, SCHEDULE).await.as_deref(), Some("the import runs"));
    let shown = line(api).await;
    assert_eq!((&shown["enabled"], &shown["disabledReason"]), (&json!(false), &json!("paused")));
    let resume = json!({"paused": false});
    let (_, entry) =
        api.call(Ask::patch(ONE, &resume).at(SCHEDULE)).await.done(200, "cron.resume", SCHEDULE);
    assert_eq!(entry["before"]["note"], "the import runs");
    assert_eq!(given::text(&api.owner, sql, SCHEDULE).await, None);
}

pub(super) async fn a_schedule_runs_by_hand(api: &mut Api) {
    let why = json!({"reason": "a customer waits"});
    api.call(Ask::post(RUN, &why).at("nothing")).await.refused(404, "schedule_not_found");
    api.call(Ask::post(RUN, &json!({"x": 1})).at(SCHEDULE)).await.invalid(&["/x"]);
    api.call(Ask::post(RUN, &why).at(SCHEDULE).by(None)).await.refused(401, "unauthenticated");
    let holder = given::waiting(&api.owner, SCHEDULE, 1).await.run;
    let held = api.call(Ask::post(RUN, &why).at(SCHEDULE)).await.refused(409, "run_held");
    assert_eq!(held["holder"], holder.as_str());
    assert!(held["lockAcquiredAt"].is_string() && held["expiresAt"].is_string(), "{held}");
    let body = json!({});
    api.call(Ask::post(CANCEL, &body).at(&holder)).await.done(200, "run.cancel", &holder);
    let pause = json!({"paused": true, "note": "all by hand"});
    api.call(Ask::patch(ONE, &pause).at(SCHEDULE)).await.done(200, "cron.pause", SCHEDULE);
    let ask = || Ask::post(RUN, &why).at(SCHEDULE).keyed("run-1");
    let (started, entry) = api.call(ask()).await.done(202, "cron.run", SCHEDULE);
    assert!(started["message"].as_str().unwrap().contains("all by hand"), "{started}");
    let run = started["executionId"].as_str().unwrap();
    assert_eq!(entry["reason"], "a customer waits");
    let again = api.call(ask()).await.repeated(202);
    assert_eq!(again["executionId"], run, "the same request is done once");
    let sql = "select status from jobs.run where id::text = $1";
    let status = until(
        "the run is over",
        || api.stack.story(),
        async || given::text(&api.owner, sql, run).await.filter(|status| status != "running"),
    )
    .await;
    assert_eq!(status, "completed");
}

pub(super) async fn its_runs_are_listed(api: &mut Api) {
    api.call(Ask::get(RUNS).at("nothing")).await.refused(404, "schedule_not_found");
    let first = api.call(Ask::get(RUNS).at(SCHEDULE).query("limit=1")).await.ok(200);
    assert_eq!(first["items"][0]["status"], "completed", "{first}");
    let next = format!("limit=1&cursor={}", first["next"].as_str().unwrap());
    let second = api.call(Ask::get(RUNS).at(SCHEDULE).query(&next)).await.ok(200);
    assert_eq!(
        (&second["items"][0]["status"], &second["next"]),
        (&json!("cancelled"), &Value::Null)
    );
    api.call(Ask::get(RUNS).at(SCHEDULE).query("cursor=x")).await.invalid(&["/cursor"]);
}

pub(super) async fn its_nominal_times_are_listed(api: &mut Api) {
    let back = "update jobs.schedule set judged_until = judged_until - interval '2 h'
      where job_key = $1";
    api.owner.execute(back, &[&SCHEDULE]).await.unwrap();
    api.stack.tick();
    let list = api.call(Ask::get(OCCURRENCES).at(SCHEDULE)).await.ok(200);
    let items = list["items"].as_array().unwrap();
    assert!(items.len() >= 2, "{list}");
    for item in items {
        assert_eq!(item["outcome"], "skipped", "{item}");
        let reason = item["reason"].as_str().unwrap();
        assert!(["paused", "disabled"].contains(&reason), "{item}");
    }
    api.call(Ask::get(OCCURRENCES).at("nothing")).await.refused(404, "schedule_not_found");
}

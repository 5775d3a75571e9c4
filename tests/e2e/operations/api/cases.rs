//! Dead letters, one by one.

use serde_json::{Value, json};

use super::ask::Ask;
use super::runs::well;
use super::{Api, ORGANIZATION};
use crate::operations::{NOTHING, given};

const LIST: &str = "/api/v2/admin/dlq";
const GROUPS: &str = "/api/v2/admin/dlq/groups";
const ONE: &str = "/api/v2/admin/dlq/{id}";
const REPLAY: &str = "/api/v2/admin/dlq/{id}/replay";

fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|case| case["caseId"].as_str().unwrap()).collect()
}

pub(super) async fn cases_are_listed(api: &mut Api) {
    let died = given::died(&api.owner, ORGANIZATION, &[well(), well(), well()], "away").await;
    let [first, second, third] = [0, 1, 2].map(|n| died.letters[n].case.as_str());
    let query = format!("runId={}&reason=retries_exhausted&limit=2", died.run);
    let page = api.call(Ask::get(LIST).query(&query)).await.ok(200);
    assert_eq!(ids(&page), [third, second], "newest first");
    // What is decided between two pages moves no page.
    let gone = format!("/api/v2/admin/dlq/{third}?reason=seen");
    let token = Some(mauntic_tests::stack::ADMIN_TOKEN);
    assert_eq!(api.stack.call("DELETE", &gone, token, None).status, 200);
    let next = format!("{query}&cursor={}", page["next"].as_str().unwrap());
    let page = api.call(Ask::get(LIST).query(&next)).await.ok(200);
    assert_eq!((ids(&page), &page["next"]), (vec![first], &Value::Null));
    let decided = format!("runId={}&decided=true", died.run);
    let page = api.call(Ask::get(LIST).query(&decided)).await.ok(200);
    assert_eq!((ids(&page), &page["items"][0]["decision"]), (vec![third], &json!("discarded")));
    api.call(Ask::get(LIST).query("decided=perhaps")).await.invalid(&["/decided"]);
}

pub(super) async fn cases_are_grouped(api: &mut Api) {
    let why = "contact 17 of shard a2 was locked";
    let died = given::died(&api.owner, ORGANIZATION, &[well(), well()], why).await;
    let query = format!("runId={}", died.run);
    let groups = api.call(Ask::get(GROUPS).query(&query)).await.ok(200);
    let group = &groups["items"][0];
    assert_eq!((groups["items"].as_array().unwrap().len(), &group["open"]), (1, &json!(2)));
    assert_eq!(
        group["fingerprint"],
        "scoring.CalculateScore/retries_exhausted/contact # of shard # was locked"
    );
    assert_eq!(group["newestCaseId"], died.letters[1].case.as_str());
    api.call(Ask::get(GROUPS).query("limit=0")).await.invalid(&["/limit"]);
}

pub(super) async fn a_case_is_shown(api: &mut Api) {
    let died = given::died(&api.owner, ORGANIZATION, &[well()], "away").await;
    let shown = api.call(Ask::get(ONE).at(&died.letters[0].case)).await.ok(200);
    let body: Value = serde_json::from_str(shown["body"].as_str().unwrap()).unwrap();
    assert_eq!((body, &shown["bodyEncoding"]), (well(), &json!("text")));
    assert_eq!((&shown["attempts"], &shown["errors"][0]["error"]), (&json!(3), &json!("away")));
    assert_eq!(shown["lineage"].as_array().unwrap().len(), 1);
    let no_job = given::no_job(&api.owner, "nonsense").await;
    let shown = api.call(Ask::get(ONE).at(&no_job)).await.ok(200);
    assert_eq!((&shown["job"], &shown["body"]), (&Value::Null, &json!("nonsense")));
    api.call(Ask::get(ONE).at(NOTHING)).await.refused(404, "case_not_found");
}

pub(super) async fn a_case_is_replayed(api: &mut Api) {
    let hopeless = json!({"organizationId": ORGANIZATION});
    let died = given::died(&api.owner, ORGANIZATION, &[well(), hopeless], "away").await;
    let (whole, broken) = (&died.letters[0], &died.letters[1]);
    let dry = json!({"dryRun": true});
    let seen = api.call(Ask::post(REPLAY, &dry).at(&whole.case)).await.ok(200);
    assert_eq!((&seen["outcome"], &seen["scores"]), (&json!("completed"), &json!(1)), "{seen}");
    assert_eq!(given::state(&api.owner, &whole.job).await, "dead_lettered", "nothing was done");
    let why = json!({"reason": "it is back"});
    let called = api.call(Ask::post(REPLAY, &why).at(&whole.case)).await;
    let (replayed, entry) = called.done(202, "dlq.replay", &whole.case);
    assert_eq!(replayed["jobId"], whole.job.as_str(), "under the same id");
    assert_eq!(
        (&entry["after"]["edited"], &entry["reason"]),
        (&json!(false), &json!("it is back"))
    );
    // Its data was wrong.
    let edit = |data: Value| Ask::post(REPLAY, &json!({"data": data})).at(&broken.case);
    let foreign = json!({"organizationId": "org_b", "contactId": "c"});
    api.call(edit(foreign)).await.invalid(&["/data/organizationId"]);
    let called = api.call(edit(json!({"organizationId": 1}))).await;
    called.refused(422, "validation_failed");
    let (_, entry) = api.call(edit(well())).await.done(202, "dlq.replay", &broken.case);
    assert_eq!(entry["after"]["edited"], true);
    api.until_jobs_are(&[&whole.job, &broken.job], "completed").await;
    for letter in &died.letters {
        assert_eq!(given::decision(&api.owner, &letter.case).await.as_deref(), Some("replayed"));
        api.call(Ask::post(REPLAY, &why).at(&letter.case)).await.refused(409, "not_dead");
    }
    let no_job = given::no_job(&api.owner, "nonsense").await;
    api.call(Ask::post(REPLAY, &json!({})).at(&no_job)).await.refused(422, "validation_failed");
    api.call(Ask::post(REPLAY, &why).at(NOTHING)).await.refused(404, "case_not_found");
}

pub(super) async fn a_case_is_discarded(api: &mut Api) {
    let died = given::died(&api.owner, ORGANIZATION, &[well()], "away").await;
    let case = &died.letters[0].case;
    api.call(Ask::delete(ONE).at(case)).await.invalid(&["/reason"]);
    let called = api.call(Ask::delete(ONE).at(case).query("reason=a%20test")).await;
    let (discarded, entry) = called.done(200, "dlq.discard", case);
    assert_eq!(discarded, json!({"caseId": case, "decision": "discarded"}));
    assert_eq!(entry["reason"], "a test");
    assert_eq!(given::decision(&api.owner, case).await.as_deref(), Some("discarded"));
    assert_eq!(given::state(&api.owner, &died.letters[0].job).await, "dead_lettered");
    let called = api.call(Ask::delete(ONE).at(case).query("reason=again")).await;
    called.refused(409, "not_dead");
    let called = api.call(Ask::delete(ONE).at(NOTHING).query("reason=x")).await;
    called.refused(404, "case_not_found");
}

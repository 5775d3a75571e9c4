//! What an organization does: features in, scores out.

use mauntic_tests::stack::{ADMIN_TOKEN, until};
use serde_json::json;

use super::Api;
use super::ask::Ask;
use crate::operations::given::count;

const FEATURES: &str = "/api/v1/scoring/contacts/{contactId}/features";
const SCORE: &str = "/api/v1/scoring/contacts/{contactId}/score";
const EXPLAIN: &str = "/api/v1/scoring/contacts/{contactId}/score/explain";
const BOARD: &str = "/api/v1/scoring/leaderboard";
const RECALCULATE: &str = "/api/v1/scoring/recalculate";

pub(super) async fn features_are_scored_and_explained(api: &mut Api) {
    let features = json!({"hasEmail": true, "hasPhone": true});
    let refused = api.call(Ask::put(FEATURES, &features).at("c").by(Some(ADMIN_TOKEN))).await;
    refused.refused(403, "organization_key_required");
    api.call(Ask::put(FEATURES, &json!({"hasEmial": true})).at("c")).await.invalid(&["/hasEmial"]);
    api.call(Ask::get(SCORE).at("c")).await.refused(404, "contact_not_found");
    let put = api.call(Ask::put(FEATURES, &features).at("c")).await.ok(202);
    assert_eq!(put["inputVersion"], 1);
    let sql = "select count(*) from scoring.lead_scores where organization_id = 'org_a'";
    until(
        "the contact is scored",
        || api.stack.story(),
        async || (count(&api.owner, sql).await == 1).then_some(()),
    )
    .await;
    let score = api.call(Ask::get(SCORE).at("c")).await.ok(200);
    assert_eq!((&score["contactId"], &score["inputVersion"]), (&json!("c"), &json!(1)), "{score}");
    let explained = api.call(Ask::get(EXPLAIN).at("c")).await.ok(200);
    assert_eq!(explained["totalScore"], score["totalScore"], "{explained}");
    let board = api.call(Ask::get(BOARD).query("limit=1")).await.ok(200);
    let first = &board["items"][0];
    assert_eq!((&first["contactId"], &first["totalScore"]), (&json!("c"), &score["totalScore"]));
    api.call(Ask::get(BOARD).query("limit=0")).await.invalid(&["/limit"]);
}

pub(super) async fn a_recalculation_is_done_once_a_key(api: &mut Api) {
    let body = json!({"contactIds": ["c"]});
    let first = api.call(Ask::post(RECALCULATE, &body).keyed("again-1")).await.ok(202);
    assert_eq!((&first["contacts"], &first["jobs"]), (&json!(1), &json!(1)), "{first}");
    let job = first["jobIds"][0].as_str().unwrap();
    api.until_jobs_are(&[job], "completed").await;
    let again = api.call(Ask::post(RECALCULATE, &body).keyed("again-1")).await.repeated(202);
    assert_eq!(again, first, "a key's second answer is its first");
    let other = json!({"contactIds": ["d"]});
    let refused = api.call(Ask::post(RECALCULATE, &other).keyed("again-1")).await;
    refused.refused(409, "idempotency_conflict");
    api.call(Ask::post(RECALCULATE, &json!({"contactIds": []}))).await.invalid(&["/contactIds"]);
}

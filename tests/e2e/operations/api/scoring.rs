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
const EVENTS: &str = "/api/v1/events";

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
    let again = api.call(Ask::post(RECALCULATE, &body).keyed("again-1")).await.ok(202);
    assert_eq!(again, first, "a key's second answer is its first");
    let other = json!({"contactIds": ["d"]});
    let refused = api.call(Ask::post(RECALCULATE, &other).keyed("again-1")).await;
    refused.refused(409, "idempotency_conflict");
    api.call(Ask::post(RECALCULATE, &json!({"contactIds": []}))).await.invalid(&["/contactIds"]);
}

pub(super) async fn events_become_signals_and_alerts(api: &mut Api) {
    let sql =
        "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";
    let now: String = api.owner.query_one(sql, &[]).await.unwrap().get(0);
    let visit = |id: &str, url: &str| {
        json!({"id": id, "type": "content.PageVisited", "occurredAt": now,
            "data": {"contactId": "visitor", "url": url}})
    };
    let one = visit("evt-1", "https://example.com/pricing");
    let taken = api.call(Ask::post(EVENTS, &one)).await.ok(202);
    let whole = json!({"accepted": 1, "repeated": 0, "signals": 1, "alerts": 1, "rejected": []});
    assert_eq!(taken, whole);
    let many = json!({"events": [one, visit("evt-2", "/blog"), visit("evt-3", "")]});
    let taken = api.call(Ask::post(EVENTS, &many)).await.ok(202);
    assert_eq!((&taken["accepted"], &taken["repeated"]), (&json!(1), &json!(1)), "{taken}");
    assert_eq!(taken["rejected"][0]["pointer"], "/events/2/data/url", "{taken}");
    until(
        "the visitor is scored by both signals",
        || api.stack.story(),
        async || {
            let sql = "select count(*) from scoring.lead_scores s join scoring.contact_features f
                using (organization_id, contact_id)
              where s.contact_id = 'visitor' and s.input_version = f.input_version
                and s.intent_score > 20";
            (count(&api.owner, sql).await == 1).then_some(())
        },
    )
    .await;
    api.call(Ask::post(EVENTS, &json!({"events": []}))).await.invalid(&["/events"]);
    api.call(Ask::post(EVENTS, &visit("evt-4", ""))).await.invalid(&["/data/url"]);
}

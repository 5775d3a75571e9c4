//! What an organization does: features in, scores out.

use mauntic_tests::stack::{ADMIN_TOKEN, until};
use serde_json::{Value, json};

use super::Api;
use super::ask::Ask;
use crate::operations::NOTHING;
use crate::operations::given::count;

const FEATURES: &str = "/api/v1/scoring/contacts/{contactId}/features";
const SCORE: &str = "/api/v1/scoring/contacts/{contactId}/score";
const EXPLAIN: &str = "/api/v1/scoring/contacts/{contactId}/score/explain";
const BOARD: &str = "/api/v1/scoring/leaderboard";
const RECALCULATE: &str = "/api/v1/scoring/recalculate";
const EVENTS: &str = "/api/v1/events";
const HISTORY: &str = "/api/v1/scoring/contacts/{contactId}/score/history";
const SIGNALS: &str = "/api/v1/scoring/contacts/{contactId}/signals";
const ALERTS: &str = "/api/v1/scoring/alerts";
const ACKNOWLEDGE: &str = "/api/v1/scoring/alerts/{id}/acknowledge";

/// A signal of 20 points that was detected half of its ten hours ago, and of which
/// the contact's stored score knows nothing; and when exactly half is left of it.
const SIGNAL: &str = "insert into scoring.intent_signals (organization_id, contact_id, event_id,
    signal_type, source, weight, decay_model, decay_hours, priority, cap_per_day, detected_at,
    decayed_at, input_version)
  select 'org_a', 'c', 'evt_1', 'DEMO_REQUEST', 'content', 20, 'linear', 10, 'critical', 100,
    t - interval '5 h', t + interval '5 h', 2
  from date_trunc('milliseconds', clock_timestamp()) t
  returning to_char((detected_at + interval '5 h') at time zone 'UTC',
    'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";

/// An alert of it.
const ALERT: &str = "insert into scoring.signal_alerts (organization_id, contact_id, signal_type,
    priority, event_id, due_at)
  values ('org_a', 'c', 'DEMO_REQUEST', 'critical', 'evt_1', clock_timestamp() + interval '1 h')
  returning id::text";

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

pub(super) async fn a_score_is_shown_as_of_any_instant(api: &mut Api) {
    let as_of: String = api.owner.query_one(SIGNAL, &[]).await.unwrap().get(0);
    let query = format!("asOf={as_of}");
    let score = api.call(Ask::get(SCORE).at("c").query(&query)).await.ok(200);
    assert_eq!((&score["asOf"], &score["intentScore"]), (&json!(as_of), &json!(10)), "{score}");
    let explained = api.call(Ask::get(EXPLAIN).at("c").query(&query)).await.ok(200);
    let signals = &explained["signals"];
    assert_eq!((&signals["sum"], &signals["counted"]), (&json!(10), &json!(10)), "{explained}");
    assert_eq!(signals["items"][0]["currentWeight"], 10, "{explained}");
    assert_eq!(explained["totalScore"], score["totalScore"]);
    let stored = api.call(Ask::get(EXPLAIN).at("c")).await.ok(200);
    assert_eq!((&stored["signals"]["sum"], &stored["signals"]["items"]), (&json!(0), &json!([])));
    for wrong in ["asOf=2001-01-01T00:00:00Z", "asOf=now"] {
        api.call(Ask::get(SCORE).at("c").query(wrong)).await.invalid(&["/asOf"]);
    }
}

pub(super) async fn signals_and_days_are_listed(api: &mut Api) {
    let list = api.call(Ask::get(SIGNALS).at("c")).await.ok(200);
    let signal = &list["items"][0];
    assert_eq!((&signal["eventId"], &signal["weight"]), (&json!("evt_1"), &json!(20)), "{list}");
    assert!(signal["currentWeight"].as_f64().unwrap() <= 10.0, "{list}");
    api.call(Ask::get(SIGNALS).at("nobody")).await.refused(404, "contact_not_found");
    let called = api.call(Ask::get(HISTORY).at("c")).await;
    let tag = called.answer.headers["etag"].clone();
    let days = called.ok(200);
    assert_eq!(days["items"][0]["grade"], "D", "{days}");
    let again = api.call(Ask::get(HISTORY).at("c").knowing(&tag)).await;
    assert_eq!(again.answer.headers["etag"], tag);
    assert_eq!(again.ok(304), Value::Null, "nothing has changed");
    api.call(Ask::get(HISTORY).at("c").query("limit=401")).await.invalid(&["/limit"]);
}

pub(super) async fn an_alert_is_taken_on_once(api: &mut Api) {
    let alert: String = api.owner.query_one(ALERT, &[]).await.unwrap().get(0);
    let open = api.call(Ask::get(ALERTS).query("status=open&contactId=c")).await.ok(200);
    assert_eq!(open["items"][0]["alertId"], alert.as_str(), "{open}");
    let (first, second) = (json!({"userId": "user_1"}), json!({"userId": "user_2"}));
    let taken = api.call(Ask::post(ACKNOWLEDGE, &first).at(&alert).keyed("ack-1")).await.ok(200);
    assert_eq!(
        (&taken["status"], &taken["acknowledgedBy"]),
        (&json!("acknowledged"), &json!("user_1"))
    );
    let again = api.call(Ask::post(ACKNOWLEDGE, &first).at(&alert).keyed("ack-1")).await.ok(200);
    assert_eq!(again, taken, "a key's second answer is its first");
    let refused = api.call(Ask::post(ACKNOWLEDGE, &second).at(&alert)).await;
    refused.refused(409, "already_acknowledged");
    let refused = api.call(Ask::post(ACKNOWLEDGE, &first).at(NOTHING)).await;
    refused.refused(404, "alert_not_found");
    api.call(Ask::post(ACKNOWLEDGE, &json!({})).at(&alert)).await.invalid(&["/userId"]);
    api.call(Ask::get(ALERTS).query("status=over")).await.invalid(&["/status"]);
}

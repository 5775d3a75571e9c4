//! An organization's configuration: drafted, previewed, published, and scored by.

use mauntic_tests::stack::{ADMIN_TOKEN, until};
use serde_json::json;

use super::Api;
use super::ask::Ask;
use crate::operations::given::count;

const CONFIG: &str = "/api/v1/scoring/config";
const SIGNALS: &str = "/api/v1/scoring/signal-config";
const DRAFT: &str = "/api/v1/scoring/config/draft";
const PREVIEW: &str = "/api/v1/scoring/config/preview";
const PUBLISH: &str = "/api/v1/scoring/config/publish";

pub(super) async fn a_configuration_is_drafted_and_discarded(api: &mut Api) {
    let state = api.call(Ask::get(CONFIG)).await.ok(200);
    assert_eq!((&state["version"], &state["draft"]), (&json!(0), &json!(null)), "{state}");
    let entries = json!({"entries": [{"category": "fit", "factor": "vip", "weight": 1}]});
    let by_operator = Ask::put(CONFIG, &entries).seeing("\"0.0\"").by(Some(ADMIN_TOKEN));
    api.call(by_operator).await.refused(403, "organization_key_required");
    api.call(Ask::put(CONFIG, &entries)).await.refused(428, "precondition_required");
    let bad = json!({"entries": [{"category": "fit", "factor": "vip", "weight": -1}]});
    let bad = Ask::put(CONFIG, &bad).seeing("\"0.0\"");
    api.call(bad).await.invalid(&["/entries/0/weight"]);
    let put = api.call(Ask::put(CONFIG, &entries).seeing("\"0.0\"")).await;
    let (_, tag) = put.changed(200, "config.draft");
    assert_eq!(tag, "\"0.1\"");
    let stale = api.call(Ask::delete(DRAFT).seeing("\"0.0\"")).await;
    stale.refused(412, "precondition_failed");
    let (_, tag) = api.call(Ask::delete(DRAFT).seeing(&tag)).await.changed(200, "config.discard");
    api.call(Ask::delete(DRAFT).seeing(&tag)).await.refused(409, "no_draft");
}

pub(super) async fn a_draft_is_previewed_and_published(api: &mut Api) {
    api.call(Ask::post(PREVIEW, &json!({}))).await.refused(409, "no_draft");
    // The contact `c` has an e-mail address and a phone: 25 points of fit become 65.
    let entries = json!({"entries": [{"category": "fit", "factor": "has_email", "weight": 50}]});
    let put = api.call(Ask::put(CONFIG, &entries).seeing("\"0.2\"")).await;
    let (_, tag) = put.changed(200, "config.draft");
    let types = json!({"entries": [{"signalType": "DEMO_REQUEST", "decayHours": 72}]});
    let put = api.call(Ask::put(SIGNALS, &types).seeing(&tag)).await;
    let (_, tag) = put.changed(200, "config.draft");
    let state = api.call(Ask::get(SIGNALS)).await.ok(200);
    assert_eq!(state["draft"]["entries"][0]["decayHours"], 72, "{state}");
    let one = api.call(Ask::post(PREVIEW, &json!({"contactId": "c"}))).await.ok(200);
    assert_eq!(one["contact"]["after"]["categories"][0]["points"], 65, "{one}");
    api.call(Ask::post(PREVIEW, &json!({"sample": 0}))).await.invalid(&["/sample"]);
    let publish = || Ask::post(PUBLISH, &json!({"note": "it was asked for"}));
    api.call(publish()).await.refused(428, "precondition_required");
    let (first, _) =
        api.call(publish().seeing(&tag).keyed("publish-1")).await.changed(202, "config.publish");
    assert_eq!((&first["version"], &first["opened"]), (&json!(1), &json!(true)), "{first}");
    let again = api.call(publish().seeing(&tag).keyed("publish-1")).await.ok(202);
    assert_eq!(again, first, "a key's second answer is its first");
    api.call(publish().seeing(&tag)).await.refused(412, "precondition_failed");
    let sql = "select count(*) from scoring.lead_scores where organization_id = 'org_a'
      and contact_id = 'c' and config_version = 1 and fit_score = 65";
    until(
        "the contact is scored by what was published",
        || api.stack.story(),
        async || (count(&api.owner, sql).await == 1).then_some(()),
    )
    .await;
}

//! Breakers.

use serde_json::json;

use super::Api;
use super::ask::Ask;
use crate::operations::{BREAKER, given};

const LIST: &str = "/api/v2/admin/breakers";
const RESET: &str = "/api/v2/admin/breakers/{name}/reset";

const OPEN: &str = "insert into jobs.breaker (name, state, failures, successes, until, version)
  values ('alert_webhook', 'open', 0, 0, clock_timestamp() + interval '1 h', 1)
  on conflict (name) do update set state = 'open', until = excluded.until,
    version = jobs.breaker.version + 1";

pub(super) async fn breakers_are_listed(api: &mut Api) {
    let list = api.call(Ask::get(LIST)).await.ok(200);
    let first = &list["items"][0];
    assert_eq!((&first["name"], &first["state"]), (&json!(BREAKER), &json!("closed")), "{list}");
    api.owner.execute(OPEN, &[]).await.unwrap();
    let list = api.call(Ask::get(LIST)).await.ok(200);
    let first = &list["items"][0];
    assert_eq!(first["state"], "open", "{list}");
    assert!(first["retryAt"].is_string() && first["changedAt"].is_string(), "{list}");
}

pub(super) async fn a_breaker_is_reset(api: &mut Api) {
    api.owner.execute(OPEN, &[]).await.unwrap();
    let why = json!({"reason": "it is back"});
    let called = api.call(Ask::post(RESET, &why).at(BREAKER)).await;
    let (reset, entry) = called.done(200, "breaker.reset", BREAKER);
    assert_eq!(reset, json!({"name": BREAKER, "state": "closed"}));
    assert_eq!(entry["reason"], "it is back");
    let sql = "select state from jobs.breaker where name = $1";
    assert_eq!(given::text(&api.owner, sql, BREAKER).await.as_deref(), Some("closed"));
    api.call(Ask::post(RESET, &why).at("nothing")).await.refused(404, "breaker_not_found");
}

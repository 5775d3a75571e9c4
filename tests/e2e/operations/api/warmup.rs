//! Sending domains and their days.

use mauntic_tests::stack::ADMIN_TOKEN;
use serde_json::{Value, json};

use super::Api;
use super::ask::Ask;

const DOMAINS: &str = "/api/v1/warmup/domains";
const DOMAIN: &str = "/api/v1/warmup/domains/{domain}";
const RESERVE: &str = "/api/v1/warmup/domains/{domain}/reserve";

pub(super) async fn a_sending_domain_is_stored_and_listed(api: &mut Api) {
    let refused = api.call(Ask::put(DOMAIN, &json!({})).at("a.example").by(Some(ADMIN_TOKEN)));
    refused.await.refused(403, "organization_key_required");
    api.call(Ask::put(DOMAIN, &json!({"verified": 1})).at("a.example"))
        .await
        .invalid(&["/verified"]);
    api.call(Ask::get(DOMAIN).at("a.example")).await.refused(404, "domain_not_found");
    let fresh = api.call(Ask::put(DOMAIN, &json!({})).at("A.example")).await.ok(200);
    let told = ["domain", "verifiedAt", "schedule", "day", "limit"].map(|name| &fresh[name]);
    assert_eq!(told, [&json!("a.example"), &Value::Null, &Value::Null, &json!(1), &json!(50)]);
    let own = json!({"createdAt": "2020-01-01T00:00:00Z",
        "schedule": [{"day": 1, "maxEmails": 5}, {"day": 3650, "maxEmails": 3_654}]});
    api.call(Ask::put(DOMAIN, &own).at("b.example")).await.ok(200);
    let list = api.call(Ask::get(DOMAINS).query("limit=1")).await.ok(200);
    assert_eq!(list["items"][0]["domain"], "a.example", "{list}");
    let query = format!("limit=1&cursor={}", list["next"].as_str().unwrap());
    let rest = api.call(Ask::get(DOMAINS).query(&query)).await.ok(200);
    let second = &rest["items"][0];
    assert_eq!((&second["domain"], &rest["next"]), (&json!("b.example"), &Value::Null));
    let limit = second["limit"].as_i64().unwrap();
    assert_eq!(limit, second["day"].as_i64().unwrap() + 4, "on the line between its steps");
    api.call(Ask::get(DOMAINS).query("limit=0")).await.invalid(&["/limit"]);
}

pub(super) async fn emails_are_reserved_up_to_the_limit(api: &mut Api) {
    let ask = |count: i64| Ask::post(RESERVE, &json!({ "count": count })).at("a.example");
    api.call(ask(1)).await.refused(409, "domain_not_verified");
    api.call(Ask::put(DOMAIN, &json!({"verified": true})).at("a.example")).await.ok(200);
    for count in [0, -1, 100_001] {
        api.call(ask(count)).await.invalid(&["/count"]);
    }
    api.call(Ask::post(RESERVE, &json!({"count": 1})).at("no.example"))
        .await
        .refused(404, "domain_not_found");
    assert_eq!(api.call(ask(30).keyed("r-1")).await.ok(200), json!({"granted": 30}));
    assert_eq!(api.call(ask(30).keyed("r-1")).await.repeated(200), json!({"granted": 30}));
    api.call(ask(31).keyed("r-1")).await.refused(409, "idempotency_conflict");
    assert_eq!(api.call(ask(30)).await.ok(200), json!({"granted": 20}), "what is left");
    let over = api.call(ask(1)).await.refused(429, "warmup_limit_reached");
    assert!(over["retryAfter"].as_str().unwrap().ends_with("T00:00:00.000Z"), "{over}");
    let day = api.call(Ask::get(DOMAIN).at("a.example")).await.ok(200);
    let told = ["count", "limit", "day", "progressPercent"].map(|name| &day[name]);
    assert_eq!(told, [&json!(50), &json!(50), &json!(1), &json!(3)], "{day}");
}

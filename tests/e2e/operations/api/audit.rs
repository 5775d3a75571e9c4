//! The audit itself.

use serde_json::{Value, json};

use super::Api;
use super::ask::Ask;
use crate::operations::SCHEDULE;
use crate::operations::given::count;

const LIST: &str = "/api/v2/admin/audit";
const VERIFY: &str = "/api/v2/admin/audit/verify";

pub(super) async fn what_was_done_and_refused_is_listed(api: &mut Api) {
    for (query, outcome) in [
        (format!("action=cron.run&target={SCHEDULE}&outcome=done"), "done"),
        (format!("action=cron.run&target={SCHEDULE}&outcome=run_held"), "run_held"),
        ("outcome=case_not_found&actor=bootstrap".to_owned(), "case_not_found"),
    ] {
        let list = api.call(Ask::get(LIST).query(&query)).await.ok(200);
        let items = list["items"].as_array().unwrap();
        assert!(!items.is_empty(), "{query}");
        assert!(items.iter().all(|line| line["entry"]["outcome"] == outcome), "{list}");
    }
    let page = api.call(Ask::get(LIST).query("limit=2")).await.ok(200);
    let next = format!("limit=2&cursor={}", page["next"].as_str().unwrap());
    let after = api.call(Ask::get(LIST).query(&next)).await.ok(200);
    let seqs = [&page["items"][1]["seq"], &after["items"][0]["seq"]].map(Value::as_i64);
    assert_eq!(seqs[0].map(|seq| seq - 1), seqs[1], "pages follow each other");
    api.call(Ask::get(LIST).query("limit=101")).await.invalid(&["/limit"]);
}

pub(super) async fn the_audit_is_verified(api: &mut Api) {
    let verified = api.call(Ask::get(VERIFY)).await.ok(200);
    assert_eq!((&verified["verified"], &verified["broken"]), (&json!(true), &Value::Null));
    let entries = count(&api.owner, "select count(*) from jobs.audit").await;
    assert_eq!(verified["entries"], entries);
    let third =
        "select seq from jobs.audit where actor = 'bootstrap' order by seq offset 2 limit 1";
    let third = count(&api.owner, third).await;
    let alter = "update jobs.audit set entry = replace(entry, $1, $2) where seq = $3";
    api.owner.execute(alter, &[&"bootstrap", &"somebody", &third]).await.unwrap();
    let broken = api.call(Ask::get(VERIFY)).await.ok(200);
    let before = json!(third - 1);
    assert_eq!((&broken["verified"], &broken["entries"]), (&json!(false), &before), "{broken}");
    assert_eq!(broken["broken"]["code"], "altered");
    api.owner.execute(alter, &[&"somebody", &"bootstrap", &third]).await.unwrap();
    assert_eq!(api.call(Ask::get(VERIFY)).await.ok(200)["head"], verified["head"]);
}

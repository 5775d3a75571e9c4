//! The audit as it is listed and verified.

use serde_json::{Value, json};

use crate::tests::things::{BREAKER, SCHEDULE, get, post};
use crate::tests::world::World;

async fn busy() -> World {
    let world = World::with_things().await;
    post(&format!("breakers/{BREAKER}/reset"), &json!({"reason": "well again"})).send(&world).await;
    post("cron/nothing/run", &json!({})).send(&world).await;
    post(&format!("cron/{SCHEDULE}/run"), &json!({})).send(&world).await;
    world
}

#[tokio::test]
async fn entries_are_listed_by_what_must_hold() {
    let world = busy().await;
    for (query, targets) in [
        ("", vec![SCHEDULE, "nothing", BREAKER]),
        ("?action=cron.run", vec![SCHEDULE, "nothing"]),
        ("?action=cron.run&outcome=done", vec![SCHEDULE]),
        ("?target=nothing", vec!["nothing"]),
        ("?outcome=schedule_not_found", vec!["nothing"]),
        ("?actor=nobody", vec![]),
    ] {
        let answer = get(&format!("audit{query}")).send(&world).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let items = answer.body["items"].as_array().unwrap().iter();
        // The world's own.
        let items = items.filter(|item| item["entry"]["requestId"] != "r");
        let found: Vec<_> = items.map(|item| item["entry"]["target"].as_str().unwrap()).collect();
        assert_eq!(found, targets, "{query}");
    }
    let answer = get("audit?action=breaker.reset").send(&world).await;
    let line = &answer.body["items"][0];
    assert_eq!(line["hash"].as_str().unwrap().len(), 64);
    assert_eq!(line["entry"]["reason"], "well again");
    assert_eq!(line["entry"]["actor"].as_str().unwrap().len(), 36);
    for (query, pointer) in
        [("actor=", "/actor"), ("limit=0", "/limit"), ("cursor=x", "/cursor"), ("seq=1", "/seq")]
    {
        let answer = get(&format!("audit?{query}")).send(&world).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![pointer]));
    }
}

#[tokio::test]
async fn the_chain_is_verified() {
    let world = busy().await;
    let answer = get("audit/verify").send(&world).await;
    assert_eq!((&answer.body["verified"], &answer.body["broken"]), (&json!(true), &Value::Null));
    let newest = get("audit?limit=1").send(&world).await;
    assert_eq!(answer.body["head"], newest.body["items"][0]["hash"]);
    assert_eq!(answer.body["entries"], newest.body["items"][0]["seq"]);
    let empty = get("audit/verify").send(&World::new()).await;
    assert_eq!((&empty.body["verified"], &empty.body["entries"]), (&json!(true), &json!(0)));
}

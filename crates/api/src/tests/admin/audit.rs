//! The audit as it is listed and verified.

use mauntic_flows::ports::{Act, Database, Dependency, OperatorStore, Ports};
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

/// So many entries of what was done.
async fn long(entries: usize) -> World {
    let world = World::new();
    let mut session = world.ports.db().open().await.unwrap();
    session.operate(Act {
        actor: "bootstrap".to_owned(),
        reason: None,
        request_id: "r".to_owned(),
        key: None,
    });
    for _ in 0..entries {
        session.reset_breaker(Dependency::AlertWebhook).await.unwrap();
    }
    world
}

#[tokio::test]
async fn a_long_chain_is_verified_in_more_requests_than_one() {
    let world = long(10_050).await;
    let first = get("audit/verify").send(&world).await.body;
    assert_eq!(
        (&first["verified"], &first["complete"], &first["broken"]),
        (&json!(false), &json!(false), &Value::Null)
    );
    assert_eq!(first["entries"], 10_000);
    let next = format!("audit/verify?after=10000&hash={}", first["hash"].as_str().unwrap());
    let last = get(&next).send(&world).await.body;
    assert_eq!((&last["verified"], &last["complete"]), (&json!(true), &json!(true)));
    assert_eq!((&last["entries"], &last["hash"]), (&json!(10_050), &first["head"]));
    assert_eq!(last["head"], first["head"]);
}

#[tokio::test]
async fn a_chain_is_followed_from_an_entry_that_somebody_kept() {
    let world = long(3).await;
    let list = get("audit").send(&world).await.body;
    let hash = |place: usize| list["items"][place]["hash"].as_str().unwrap().to_owned();
    let verified = async |after: &str, hash: &str| {
        get(&format!("audit/verify?after={after}&hash={hash}")).send(&world).await
    };
    let zeros = "0".repeat(64);
    for (after, hash, code) in [
        ("0", &zeros, Value::Null),
        ("2", &hash(1), Value::Null),
        ("3", &hash(0), Value::Null),
        // Of a chain that was written anew since, or shortened.
        ("2", &hash(2), json!("altered")),
        ("3", &hash(1), json!("altered")),
        ("9", &hash(0), json!("end")),
        ("9223372036854775807", &hash(0), json!("end")),
    ] {
        let answer = verified(after, hash).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body["broken"].get("code").unwrap_or(&Value::Null), &code, "{after}");
        assert_eq!(
            (&answer.body["complete"], &answer.body["head"]),
            (&json!(true), &list["items"][0]["hash"])
        );
    }
    let of = hash(0);
    for (query, pointers) in [
        ("after=1".to_owned(), vec!["/hash"]),
        (format!("hash={of}"), vec!["/after"]),
        (format!("after=-1&hash={of}"), vec!["/after"]),
        (format!("after=9223372036854775808&hash={of}"), vec!["/after"]),
        (format!("after=1&hash={}", of.to_uppercase()), vec!["/hash"]),
        (format!("after=1&hash={}", &of[1..]), vec!["/hash"]),
        (format!("after=x&hash=%C3%A9{}", &of[2..]), vec!["/after", "/hash"]),
        ("limit=1".to_owned(), vec!["/limit"]),
    ] {
        let answer = get(&format!("audit/verify?{query}")).send(&world).await;
        assert_eq!((answer.status, answer.pointers()), (422, pointers), "{query}");
    }
}

//! Replays of many, and the breakers.

use chrono::TimeDelta;
use mauntic_domain::breaker::Breaker;
use mauntic_flows::ports::{Database, Dependency, GuardStore, Ports};
use mauntic_sim::faults::{Call as Step, Fault};
use mauntic_sim::host::SimHost;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::tests::call::Call;
use crate::tests::things::{BREAKER, CASE, NOTHING, REPLAY, get, post, refused};
use crate::tests::world::World;

fn order(body: &Value) -> Call {
    post("dlq/replay", body)
}

#[tokio::test]
async fn an_order_is_followed_where_it_says() {
    let world = World::with_things().await;
    for n in 0..4 {
        world.put_dead(Uuid::from_u128(100 + n), Uuid::from_u128(200 + n), &format!("contact_{n}"));
    }
    let filter = json!({"organizationId": "org_a", "payload": {"organizationId": "org_a"}});
    let body = json!({"filter": filter, "limit": 3, "perSecond": 1000, "reason": "mended"});
    let answer = order(&body).send(&world).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let id = answer.body["replayId"].as_str().unwrap();
    assert_eq!(answer.header("location"), format!("/api/v2/admin/dlq/replays/{id}"));
    let found = get(&format!("dlq/replays/{id}")).send(&world).await;
    assert_eq!(found.body, answer.body);
    for (name, value) in [
        ("status", json!("completed")),
        ("filter", filter),
        ("limit", json!(3)),
        ("canary", json!(0)),
        ("perSecond", json!(1000)),
        ("reason", json!("mended")),
        ("replayed", json!(3)),
        ("unfinished", json!(3)),
    ] {
        assert_eq!(found.body[name], value, "{name}");
    }
    assert_eq!(get("dlq").send(&world).await.body["items"].as_array().unwrap().len(), 2);
    let audit = world.audit();
    assert_eq!((audit.len(), &audit[0]["action"]), (1, &json!("dlq.replay_many")));
}

#[tokio::test]
async fn canaries_go_first() {
    let world = World::with_things().await;
    for n in 0..4 {
        world.put_dead(Uuid::from_u128(100 + n), Uuid::from_u128(200 + n), &format!("contact_{n}"));
    }
    let answer = order(&json!({"filter": {}, "canary": 2})).send(&world).await;
    assert_eq!((&answer.body["status"], &answer.body["replayed"]), (&json!("canary"), &json!(2)));
    assert_eq!(answer.body["canaries"].as_array().unwrap().len(), 2);
    assert_eq!((&answer.body["limit"], &answer.body["perSecond"]), (&json!(100_000), &json!(50)));
}

#[tokio::test]
async fn a_dry_run_of_many_lists_what_each_would_do() {
    let world = World::with_things().await;
    let before = world.store().dump();
    let answer = order(&json!({"filter": {}, "dryRun": true})).send(&world).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!((&answer.body["dryRun"], &answer.body["limit"]), (&json!(true), &json!(100)));
    assert_eq!(answer.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(world.store().dump(), before);
}

#[tokio::test]
async fn a_dry_run_tries_those_that_a_replay_takes_first() {
    let world = World::with_things().await;
    // Ids are the order of cases.
    let cases: Vec<Uuid> = (0..4).map(|n| Uuid::from_u128(200 + n)).collect();
    for (n, case) in (0..).zip(&cases) {
        world.put_dead(Uuid::from_u128(100 + n), *case, "contact_7");
    }
    let filter = json!({"payload": {"contactId": "contact_7"}});
    let body = json!({"filter": filter, "dryRun": true, "limit": 3});
    let answer = order(&body).send(&world).await;
    let items = answer.body["items"].as_array().unwrap();
    let tried: Vec<_> = items.iter().map(|item| item["caseId"].as_str().unwrap()).collect();
    assert_eq!(tried, cases[..3].iter().map(Uuid::to_string).collect::<Vec<_>>());
    order(&json!({"filter": filter, "limit": 3, "perSecond": 1000})).send(&world).await;
    let left = get("dlq?payload=%7B%22contactId%22%3A%22contact_7%22%7D").send(&world).await;
    let left: Vec<_> = left.body["items"].as_array().unwrap().iter().collect();
    assert_eq!((left.len(), &left[0]["caseId"]), (1, &json!(cases[3].to_string())));
}

#[tokio::test]
async fn a_dry_run_ends_in_time_and_names_what_it_did_not_try() {
    let mut world = World::with_things().await;
    for n in 0..60 {
        world.put_dead(Uuid::from_u128(100 + n), Uuid::from_u128(200 + n), &format!("contact_{n}"));
    }
    // Each wait for a lock takes its second.
    let host = SimHost::new(world.ports.clock.clone(), 1);
    let slow = world.ports.clone().with_host(host.with_looks_taking(TimeDelta::seconds(1)));
    world.rehearsing = Some(slow);
    world.ports.faults.stand(Step::Rehearse, Some(Fault::Contended));
    let before = world.store().dump();
    let answer = order(&json!({"filter": {}, "dryRun": true})).send(&world).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let items = answer.body["items"].as_array().unwrap();
    assert_eq!(items.len(), 61, "every case is answered for");
    let of = |reason: &str| items.iter().filter(|item| item["reason"] == reason).count();
    let tried = of("contention");
    assert!((10..=15).contains(&tried), "{tried}");
    assert_eq!(of("not_tried"), items.len() - tried);
    assert!(items.iter().skip(tried).all(|item| item["outcome"] == "refused"));
    assert_eq!(world.store().dump(), before);
}

#[tokio::test]
async fn where_nobody_does_dry_runs_it_is_said_and_what_to_do() {
    let mut world = World::with_things().await;
    world.rehearsing = None;
    let dry = json!({"filter": {}, "dryRun": true});
    let one = json!({"dryRun": true});
    for call in [order(&dry), post(&format!("dlq/{CASE}/replay"), &one)] {
        let answer = call.send(&world).await;
        assert_eq!((answer.status, &answer.body["code"]), (503, &json!("rehearsals_unavailable")));
        assert_eq!(answer.body["retryable"], true);
        assert!(answer.body["detail"].as_str().unwrap().contains("`REHEARSALS`"));
    }
    let cause = "the queue worker is not reachable: it is not bound";
    assert!(world.log().iter().all(|line| line["cause"] == cause));
}

#[tokio::test]
async fn an_order_is_read_strictly() {
    let world = World::with_things().await;
    let large = json!({"a": "x".repeat(4_096)});
    for (body, pointers) in [
        (json!({}), vec!["/filter"]),
        (json!({"filter": null}), vec!["/filter"]),
        (json!({"filter": []}), vec!["/filter"]),
        (
            json!({"filter": {"queue": "x", "runId": 1, "no": 1}}),
            vec!["/filter/no", "/filter/queue", "/filter/runId"],
        ),
        (json!({"filter": {"payload": []}}), vec!["/filter/payload"]),
        (json!({"filter": {"payload": large}}), vec!["/filter/payload"]),
        (json!({"filter": {}, "limit": 0}), vec!["/limit"]),
        (json!({"filter": {}, "limit": -1}), vec!["/limit"]),
        (json!({"filter": {}, "limit": 1.5}), vec!["/limit"]),
        (json!({"filter": {}, "limit": 1e30}), vec!["/limit"]),
        (json!({"filter": {}, "limit": 100_001}), vec!["/limit"]),
        (json!({"filter": {}, "limit": "NaN"}), vec!["/limit"]),
        (json!({"filter": {}, "limit": 101, "dryRun": true}), vec!["/limit"]),
        (json!({"filter": {}, "canary": 1001, "perSecond": 0}), vec!["/canary", "/perSecond"]),
        (json!({"filter": {}, "perSecond": 1001}), vec!["/perSecond"]),
        (json!({"filter": {}, "dryRun": 1}), vec!["/dryRun"]),
        (json!({"filter": {}, "reason": "x".repeat(501)}), vec!["/reason"]),
        (json!({"filter": {}, "all": true}), vec!["/all"]),
    ] {
        let entry = ("dlq.replay_many", "dlq");
        let answer = refused(&world, order(&body), "validation_failed", entry).await;
        assert_eq!((answer.status, answer.pointers()), (422, pointers), "{body}");
    }
}

#[tokio::test]
async fn a_replay_is_cancelled_once() {
    let world = World::with_things().await;
    let cancel = |id: Uuid| post(&format!("dlq/replays/{id}/cancel"), &json!({}));
    let answer = cancel(REPLAY).send(&world).await;
    assert_eq!(answer.body, json!({"replayId": REPLAY.to_string(), "status": "cancelled"}));
    let (target, nothing) = (REPLAY.to_string(), NOTHING.to_string());
    let entry = ("dlq.replay_cancel", target.as_str());
    let over = refused(&world, cancel(REPLAY), "replay_over", entry).await;
    assert_eq!((over.status, &over.body["replayStatus"]), (409, &json!("cancelled")));
    let entry = ("dlq.replay_cancel", nothing.as_str());
    refused(&world, cancel(NOTHING), "replay_not_found", entry).await;
    let answer = get(&format!("dlq/replays/{nothing}")).send(&world).await;
    assert_eq!((answer.status, answer.code()), (404, "replay_not_found"));
}

#[tokio::test]
async fn a_breaker_is_shown_and_reset() {
    let world = World::with_things().await;
    let until = world.ports.clock.database() + chrono::TimeDelta::seconds(60);
    let session = world.ports.db().open().await.unwrap();
    for (breaker, state, failures, successes, retry) in [
        (Breaker::Failing { failures: 3 }, "closed", 3, 0, false),
        (Breaker::Open { until }, "open", 0, 0, true),
        (Breaker::HalfOpen { successes: 2, probe_until: Some(until) }, "half_open", 0, 2, true),
        (Breaker::HalfOpen { successes: 1, probe_until: None }, "half_open", 0, 1, false),
    ] {
        let (_, version, _) = session.breaker(Dependency::AlertWebhook).await.unwrap();
        assert!(session.put_breaker(Dependency::AlertWebhook, version, breaker).await.unwrap());
        let answer = get("breakers").send(&world).await;
        let line = &answer.body["items"][0];
        assert_eq!((&line["name"], &line["state"]), (&json!(BREAKER), &json!(state)));
        assert_eq!((&line["failures"], &line["successes"]), (&json!(failures), &json!(successes)));
        assert_eq!(line["retryAt"] == "2027-01-15T08:01:00.123Z", retry);
    }
    let answer = post(&format!("breakers/{BREAKER}/reset"), &json!({})).send(&world).await;
    assert_eq!(answer.body, json!({"name": BREAKER, "state": "closed"}));
    assert_eq!(get("breakers").send(&world).await.body["items"][0]["state"], "closed");
    let call = post("breakers/nothing/reset", &json!({}));
    let answer = refused(&world, call, "breaker_not_found", ("breaker.reset", "nothing")).await;
    assert_eq!(answer.status, 404);
}

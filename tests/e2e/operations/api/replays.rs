//! Replays of many dead letters.

use mauntic_tests::stack::until;
use serde_json::{Value, json};

use super::ask::Ask;
use super::runs::well;
use super::{Api, ORGANIZATION};
use crate::operations::{NOTHING, given};

const ORDER: &str = "/api/v2/admin/dlq/replay";
const ONE: &str = "/api/v2/admin/dlq/replays/{id}";
const CANCEL: &str = "/api/v2/admin/dlq/replays/{id}/cancel";

/// Letters of a run, and an order for them.
async fn many(api: &Api, more: &Value) -> (given::Died, Value) {
    let died = given::died(&api.owner, ORGANIZATION, &vec![well(); 4], "away").await;
    let mut order = json!({"filter": {"runId": died.run}, "reason": "it is back"});
    order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    (died, order)
}

async fn order(api: &mut Api, body: &Value) -> Value {
    let called = api.call(Ask::post(ORDER, body)).await;
    let id = called.answer.body["replayId"].as_str().unwrap_or_default().to_owned();
    let place = called.answer.headers.get("location").cloned();
    let (replay, entry) = called.done(202, "dlq.replay_many", &id);
    assert_eq!(place, Some(format!("/api/v2/admin/dlq/replays/{id}")));
    assert_eq!(entry["after"]["filter"], body["filter"], "{entry}");
    replay
}

/// Ticks until it is over and so are its jobs.
async fn until_over(api: &mut Api, id: &str) -> Value {
    let path = format!("/api/v2/admin/dlq/replays/{id}");
    until(
        "the replay is over",
        || api.stack.story(),
        async || {
            api.stack.tick();
            let token = Some(mauntic_tests::stack::ADMIN_TOKEN);
            let row = api.stack.call("GET", &path, token, None).body;
            let is_over = row["finishedAt"].is_string() && row["unfinished"] == 0;
            is_over.then_some(row)
        },
    )
    .await
}

pub(super) async fn many_are_replayed(api: &mut Api) {
    let (died, body) = many(api, &json!({"canary": 1, "perSecond": 100})).await;
    let dry = json!({"filter": {"runId": died.run}, "dryRun": true, "limit": 3});
    let seen = api.call(Ask::post(ORDER, &dry)).await.ok(200);
    let items = seen["items"].as_array().unwrap();
    assert_eq!(items.len(), 3, "{seen}");
    assert!(items.iter().all(|item| item["outcome"] == "completed"), "{seen}");
    api.call(Ask::post(ORDER, &json!({"canary": 1}))).await.invalid(&["/filter"]);
    let wrong = json!({"filter": {"run": "x"}, "perSecond": 0});
    api.call(Ask::post(ORDER, &wrong)).await.refused(422, "validation_failed");
    let replay = order(api, &body).await;
    assert_eq!((&replay["status"], &replay["replayed"]), (&json!("canary"), &json!(1)), "{replay}");
    let done = until_over(api, replay["replayId"].as_str().unwrap()).await;
    assert_eq!((&done["status"], &done["replayed"]), (&json!("completed"), &json!(4)), "{done}");
    assert_eq!((&done["completed"], &done["deadAgain"]), (&json!(4), &json!(0)), "{done}");
    for letter in &died.letters {
        assert_eq!(given::state(&api.owner, &letter.job).await, "completed");
        assert_eq!(given::decision(&api.owner, &letter.case).await.as_deref(), Some("replayed"));
    }
}

pub(super) async fn a_replay_is_shown(api: &mut Api) {
    let (died, body) = many(api, &json!({"limit": 2, "canary": 0})).await;
    let replay = order(api, &body).await;
    let id = replay["replayId"].as_str().unwrap();
    let done = until_over(api, id).await;
    let shown = api.call(Ask::get(ONE).at(id)).await.ok(200);
    assert_eq!(shown, done);
    assert_eq!((&shown["replayed"], &shown["limit"]), (&json!(2), &json!(2)), "{shown}");
    assert_eq!((&shown["actor"], &shown["reason"]), (&json!("bootstrap"), &json!("it is back")));
    // The oldest first; the others stay open.
    let mut open = Vec::new();
    for letter in &died.letters {
        open.push(given::decision(&api.owner, &letter.case).await.is_none());
    }
    assert_eq!(open, [false, false, true, true]);
    api.call(Ask::get(ONE).at(NOTHING)).await.refused(404, "replay_not_found");
}

pub(super) async fn a_replay_is_cancelled(api: &mut Api) {
    // One canary is out; nobody ticks, so that nothing follows.
    let (died, body) = many(api, &json!({"canary": 1})).await;
    let replay = order(api, &body).await;
    let id = replay["replayId"].as_str().unwrap();
    let why = json!({"reason": "not these"});
    let called = api.call(Ask::post(CANCEL, &why).at(id)).await;
    let (cancelled, entry) = called.done(200, "dlq.replay_cancel", id);
    assert_eq!(cancelled, json!({"replayId": id, "status": "cancelled"}));
    assert_eq!(entry["before"], json!({"status": "canary", "replayed": 1}));
    let done = until_over(api, id).await;
    assert_eq!((&done["status"], &done["replayed"]), (&json!("cancelled"), &json!(1)), "{done}");
    assert_eq!(given::state(&api.owner, &died.letters[3].job).await, "dead_lettered");
    let over = api.call(Ask::post(CANCEL, &why).at(id)).await.refused(409, "replay_over");
    assert_eq!(over["replayStatus"], "cancelled");
    api.call(Ask::post(CANCEL, &why).at(NOTHING)).await.refused(404, "replay_not_found");
}

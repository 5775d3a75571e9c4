//! Portfolios: what is stored, how scores came about, and whether they come about again.

use serde_json::{Value, json};

use super::ask::Ask;
use super::{Api, ORGANIZATION};
use crate::operations::{NOTHING, night};

const USER: &str = "/api/v1/portfolio/users/{userId}";
const CRITERIA: &str = "/api/v1/portfolio/users/{userId}/criteria";
const SCORES: &str = "/api/v1/portfolio/scores";
const SCORE: &str = "/api/v1/portfolio/scores/{assetId}";
const HISTORY: &str = "/api/v1/portfolio/scores/{assetId}/history";
const INPUTS: &str = "/api/v1/portfolio/scores/{assetId}/inputs";
const REPLAY: &str = "/api/v1/portfolio/scores/{assetId}/replay";
const OWN_RUNS: &str = "/api/v1/portfolio/runs";
const OWN_RUN: &str = "/api/v1/portfolio/runs/{id}";
const RUNS: &str = "/api/v2/admin/overnight/runs";
const RUN: &str = "/api/v2/admin/overnight/runs/{id}";
const OWN_USERS: &str = "/api/v1/portfolio/runs/{id}/users";
const USERS: &str = "/api/v2/admin/overnight/runs/{id}/users";
const REPLAYED: &str = "/api/v2/admin/overnight/runs/{id}/replay";

fn criteria() -> Value {
    let criteria: Value = serde_json::from_str(night::CRITERIA).unwrap();
    json!({ "criteria": criteria })
}

fn portfolio(assets: &[&str]) -> Value {
    let asset = |id: &&str| json!({"id": id, "symbol": "AAPL", "market": "XNAS"});
    json!({"baseCurrency": "EUR", "assets": assets.iter().map(asset).collect::<Value>()})
}

pub(super) async fn a_portfolio_is_stored_with_its_criteria(api: &mut Api) {
    api.call(Ask::get(USER).at("ada")).await.refused(404, "portfolio_not_found");
    let early = Ask::put(CRITERIA, &criteria()).at("ada");
    api.call(early).await.refused(404, "portfolio_not_found");
    let both = Ask::put(USER, &portfolio(&["a1", "a2"])).at("ada");
    assert_eq!(api.call(both).await.ok(200)["assets"].as_array().unwrap().len(), 2);
    for version in [1, 1] {
        let stored = api.call(Ask::put(CRITERIA, &criteria()).at("ada")).await.ok(200);
        assert_eq!(stored["version"], version, "{stored}");
    }
    let other = api.call(Ask::put(CRITERIA, &json!({"criteria": []})).at("ada")).await.ok(200);
    assert_eq!(other["version"], 2);
    let one = api.call(Ask::put(USER, &portfolio(&["a1"])).at("ada")).await.ok(200);
    assert_eq!(one["assets"].as_array().unwrap().len(), 1);
    assert_eq!(api.call(Ask::get(USER).at("ada")).await.ok(200), one);
    let twice = Ask::put(USER, &portfolio(&["a1", "a1"])).at("ada");
    api.call(twice).await.invalid(&["/assets/1/id"]);
    let mut wrong = criteria();
    wrong["criteria"][0]["value"] = json!("9".repeat(40));
    let wrong = Ask::put(CRITERIA, &wrong).at("ada");
    api.call(wrong).await.invalid(&["/criteria/0/value"]);
}

pub(super) async fn a_score_is_explained_and_replayed(api: &mut Api) {
    api.call(Ask::put(USER, &portfolio(&["a7"])).at("bob")).await.ok(200);
    let run = night::scored(&api.owner, ORGANIZATION, "bob", "a7").await;
    let list = api.call(Ask::get(SCORES).query("userId=bob")).await.ok(200);
    assert_eq!((&list["items"][0]["score"], &list["next"]), (&json!("10.0000"), &Value::Null));
    let score = api.call(Ask::get(SCORE).at("a7")).await.ok(200);
    assert_eq!(score["breakdown"][0]["matched"], true, "{score}");
    let history = api.call(Ask::get(HISTORY).at("a7")).await.ok(200);
    assert_eq!(history["items"][0]["runId"], run.as_str(), "{history}");
    let of_run = format!("userId=bob&runId={run}");
    let inputs = api.call(Ask::get(INPUTS).at("a7").query(&of_run)).await.ok(200);
    let price = &inputs["inputs"]["quotes"]["AAPL"]["fundamentals"]["price"];
    assert_eq!(*price, "189.95", "{inputs}");
    let replay = api.call(Ask::get(REPLAY).at("a7")).await.ok(200);
    assert_eq!((&replay["identical"], &replay["difference"]), (&json!(true), &Value::Null));
    night::alter(&api.owner, &run, ORGANIZATION, "bob", "a7").await;
    let replay = api.call(Ask::get(REPLAY).at("a7")).await.ok(200);
    assert_eq!(replay["difference"]["place"], "scores/inputsHash", "{replay}");
    api.call(Ask::get(SCORE).at("nothing")).await.refused(404, "asset_score_not_found");
    // An asset's id is its user's own.
    night::scored(&api.owner, ORGANIZATION, "cy", "a7").await;
    api.call(Ask::get(REPLAY).at("a7")).await.invalid(&["/userId"]);
    let whose = api.call(Ask::get(REPLAY).at("a7").query("userId=cy")).await.ok(200);
    assert_eq!(whose["identical"], true, "{whose}");
}

pub(super) async fn nights_are_listed_and_replayed(api: &mut Api) {
    let run = night::scored(&api.owner, ORGANIZATION, "eve", "a9").await;
    let own = api.call(Ask::get(OWN_RUNS).query("limit=1")).await.ok(200);
    assert_eq!(own["items"][0]["runId"], run.as_str(), "{own}");
    let own = api.call(Ask::get(OWN_RUN).at(&run)).await.ok(200);
    let users = json!([{"fate": "scored", "reason": null, "users": 1, "assetsScored": 1}]);
    assert_eq!(own["users"], users, "{own}");
    api.call(Ask::get(OWN_RUN).at(NOTHING)).await.refused(404, "run_not_found");
    let users = api.call(Ask::get(OWN_USERS).at(&run).query("fate=scored")).await.ok(200);
    assert_eq!(users["items"][0]["userId"], "eve", "{users}");
    let failed = Ask::get(USERS).at(&run).query("fate=failed");
    assert_eq!(api.call(failed).await.ok(200)["items"], json!([]));
    let list = api.call(Ask::get(RUNS).query("limit=1")).await.ok(200);
    assert_eq!(list["items"][0]["runId"], run.as_str(), "{list}");
    let one = api.call(Ask::get(RUN).at(&run)).await.ok(200);
    assert_eq!(one["status"], "completed", "{one}");
    let replay = api.call(Ask::get(REPLAYED).at(&run)).await.ok(200);
    assert_eq!((&replay["users"], &replay["identical"]), (&json!(1), &json!(1)), "{replay}");
}

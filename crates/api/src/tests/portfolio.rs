//! Portfolios: what is stored, what nights made of it, and how that comes about again.

use std::collections::BTreeMap;

use mauntic_domain::ids::{AssetId, PortfolioUserId};
use mauntic_domain::portfolio::{
    Calculation, CalculationKind, Currency, Decimal, Market, Quote, Rates, StoredUser, Symbol,
    calculate,
};
use mauntic_flows::ports::UserKey;
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Answer, Call};
use super::things::{ASSET, HOLDER, NIGHT, NOTHING, get};
use super::world::{OTHER_KEY, READ_KEY, WRITE_KEY, World, organization};

const RULES: &str = r#"[{"id":"cheap","name":"Cheap","metric":"pe_ratio","operator":"lt","value":"25","points":10},{"id":"paid","name":"","metric":"dividend_yield","operator":"exists","points":-0.5}]"#;

fn holder(owner: &str, name: &str) -> UserKey {
    (organization(owner), PortfolioUserId::parse(name).unwrap())
}

fn calculated(criteria: Option<&str>) -> Calculation {
    let user = StoredUser {
        base_currency: "EUR".to_owned(),
        assets: vec![(ASSET.to_owned(), "AAPL".to_owned()), ("b".to_owned(), "SAP".to_owned())],
        criteria: criteria.map(|rules| (1, rules.to_owned())),
        unlisted: 0,
    };
    let rates = r#"{"base":"USD","asOf":"2027-01-15T03:00:00Z","units":{"EUR":"0.92"}}"#;
    let quote = |symbol: &str, json: &str| {
        (Symbol::parse(symbol).unwrap(), Quote::from_json(json).unwrap())
    };
    let quotes: BTreeMap<_, _> = [
        quote("AAPL", r#"{"currency":"USD","fundamentals":{"pe_ratio":"31","price":"190"}}"#),
        quote("SAP", r#"{"currency":"EUR","fundamentals":{"pe_ratio":"22"}}"#),
    ]
    .into();
    calculate(&user, &Rates::from_json(rates).unwrap(), &quotes)
}

/// A night of a user of `org_a` and another who has no criteria.
pub(crate) fn put_night(world: &World) {
    let (user, other) = (holder("org_a", HOLDER), holder("org_a", "holder_2"));
    let euro = Currency::parse("EUR").unwrap();
    for user in [&user, &other] {
        world.store().put_portfolio(user, &euro, true);
    }
    let [apple, sap] = [("AAPL", "XNAS"), ("SAP", "XETR")]
        .map(|(symbol, market)| (Symbol::parse(symbol).unwrap(), Market::parse(market).unwrap()));
    let asset = |id: &str| AssetId::parse(id).unwrap();
    let assets = [(asset(ASSET), apple.0, apple.1), (asset("b"), sap.0, sap.1)];
    world.store().put_assets(&user, &assets);
    world.store().put_criteria(&user, RULES);
    world.store().put_night(NIGHT, &[(user, calculated(Some(RULES))), (other, calculated(None))]);
}

async fn read(world: &World, path: &str) -> Answer {
    Call::get(&format!("/api/v1/portfolio/{path}")).key(READ_KEY).send(world).await
}

async fn put(world: &World, path: &str, body: &str) -> Answer {
    let call = Call::new("PUT", &format!("/api/v1/portfolio/{path}")).key(WRITE_KEY);
    call.json(body).send(world).await
}

#[tokio::test]
async fn a_portfolio_is_stored_whole_and_read_again() {
    let world = World::new();
    assert_eq!(read(&world, "users/u1").await.code(), "portfolio_not_found");
    assert_eq!(
        put(&world, "users/u1/criteria", r#"{"criteria":[]}"#).await.code(),
        "portfolio_not_found"
    );
    let first = r#"{"baseCurrency":"EUR","assets":[{"id":"b","symbol":"SAP","market":"XETR"},{"id":"a","symbol":"AAPL","market":"XNAS"}]}"#;
    let stored = put(&world, "users/u1", first).await;
    assert_eq!(stored.status, 200, "{}", stored.body);
    let ids = |answer: &Answer| -> Vec<String> {
        let assets = answer.body["assets"].as_array().unwrap().iter();
        assets.map(|asset| asset["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        (ids(&stored), &stored.body["active"]),
        (vec!["a".into(), "b".into()], &json!(true))
    );
    assert_eq!((&stored.body["criteria"], &stored.body["runId"]), (&Value::Null, &Value::Null));
    // What is left out is held no more.
    let second = r#"{"baseCurrency":"CHF","active":false,"assets":[{"id":"c","symbol":"NESN","market":"XSWX"}]}"#;
    let stored = put(&world, "users/u1", second).await;
    assert_eq!((ids(&stored), &stored.body["active"]), (vec!["c".into()], &json!(false)));
    assert_eq!(read(&world, "users/u1").await.body, stored.body);
    let other = Call::get("/api/v1/portfolio/users/u1").key(OTHER_KEY).send(&world).await;
    assert_eq!(other.code(), "portfolio_not_found");
}

#[tokio::test]
async fn criteria_have_versions_and_keep_their_digits() {
    let world = World::new();
    put(&world, "users/u1", r#"{"baseCurrency":"EUR","assets":[]}"#).await;
    let of = |value: &str| {
        format!(
            r#"{{"criteria":[{{"id":"a","name":"A","metric":"price","operator":"gt","value":{value},"points":1}}]}}"#
        )
    };
    for (value, version, kept) in [
        ("12345678901234567890.12345678", 1, "12345678901234567890.12345678"),
        // The same in other words makes no version.
        ("\"12345678901234567890.123456780\"", 1, "12345678901234567890.12345678"),
        ("2", 2, "2"),
        ("12345678901234567890.12345678", 3, "12345678901234567890.12345678"),
    ] {
        let stored = put(&world, "users/u1/criteria", &of(value)).await;
        assert_eq!((stored.status, &stored.body["version"]), (200, &json!(version)), "{value}");
        assert_eq!(stored.body["criteria"][0]["value"], kept);
    }
    let read = read(&world, "users/u1").await;
    assert_eq!(read.body["criteria"]["version"], 3);
}

#[tokio::test]
async fn what_is_wrong_is_named_with_its_place() {
    let world = World::new();
    put(&world, "users/u1", r#"{"baseCurrency":"EUR","assets":[]}"#).await;
    let before = world.rows();
    let many: Vec<Value> =
        (0..101).map(|n| json!({"id": n.to_string(), "symbol": "A", "market": "X"})).collect();
    let many = json!({"baseCurrency": "EUR", "assets": many}).to_string();
    let criterion = |field: &str, json: &str| {
        let mut of = json!({"id": "a", "name": "A", "metric": "price", "operator": "gt",
            "value": 1, "points": 1});
        of[field] = json!("@");
        format!(r#"{{"criteria":[{}]}}"#, of.to_string().replace("\"@\"", json))
    };
    let long = "9".repeat(40);
    for (path, body, pointers) in [
        ("users/u1", "{}".to_owned(), vec!["/baseCurrency", "/assets"]),
        ("users/u1", r#"{"baseCurrency":"euro","assets":[{"id":"a b","symbol":"aapl","market":""}],"owner":1}"#.to_owned(),
            vec!["/owner", "/baseCurrency", "/assets/0/id", "/assets/0/symbol", "/assets/0/market"]),
        ("users/u1", r#"{"baseCurrency":"EUR","assets":[{"id":"a","symbol":"A","market":"X"},{"id":"a","symbol":"B","market":"X"}]}"#.to_owned(),
            vec!["/assets/1/id"]),
        ("users/u1", many, vec!["/assets"]),
        ("users/a%20b", r#"{"baseCurrency":"EUR","assets":[]}"#.to_owned(), vec!["/userId"]),
        ("users/u1/criteria", "{}".to_owned(), vec!["/criteria"]),
        ("users/u1/criteria", "[]".to_owned(), vec![""]),
        ("users/u1/criteria", criterion("metric", "\"eps\""), vec!["/criteria/0/metric"]),
        ("users/u1/criteria", criterion("operator", "\"eq\""), vec!["/criteria/0/operator"]),
        ("users/u1/criteria", criterion("value", "\"NaN\""), vec!["/criteria/0/value"]),
        ("users/u1/criteria", criterion("value", "1e5"), vec!["/criteria/0/value"]),
        ("users/u1/criteria", criterion("value", &long), vec!["/criteria/0/value"]),
        ("users/u1/criteria", criterion("points", "\"Infinity\""), vec!["/criteria/0/points"]),
    ] {
        let answer = put(&world, path, &body).await;
        assert_eq!(answer.code(), "validation_failed", "{path} {body}");
        let errors = answer.body["errors"].as_array().unwrap().iter();
        let found: Vec<&str> = errors.map(|error| error["pointer"].as_str().unwrap()).collect();
        assert_eq!(found, pointers, "{body}: {}", answer.body);
    }
    for body in ["{", "{\"criteria\":[NaN]}"] {
        assert_eq!(put(&world, "users/u1/criteria", body).await.code(), "malformed_json");
    }
    assert_eq!(world.rows(), before);
}

#[tokio::test]
async fn a_score_is_explained_line_by_line() {
    let world = World::with_things().await;
    let list = read(&world, "scores?limit=1").await;
    assert_eq!(list.body["items"][0]["assetId"], ASSET);
    let next = list.body["next"].as_str().unwrap();
    let rest = read(&world, &format!("scores?cursor={next}")).await;
    assert_eq!(
        (&rest.body["items"][0]["assetId"], &rest.body["next"]),
        (&json!("b"), &Value::Null)
    );
    let none = read(&world, "scores?userId=holder_2").await;
    assert_eq!(none.body["items"], json!([]));
    let score = read(&world, "scores/b").await;
    let expected = json!([
        {"criterionId": "cheap", "matched": true, "pointsAwarded": 10, "skippedReason": null},
        {"criterionId": "paid", "matched": false, "pointsAwarded": 0,
         "skippedReason": "missing_fundamental"},
    ]);
    assert_eq!(score.body["breakdown"], expected);
    let numbers = ["score", "maximum", "percentage"].map(|name| score.body[name].clone());
    assert_eq!(json!(numbers), json!(["10.0000", "10.0000", "100.0000"]));
    assert_eq!((&score.body["userId"], &score.body["runId"]), (&json!(HOLDER), &json!(NIGHT)));
    let history = read(&world, "scores/b/history").await;
    assert_eq!(history.body["items"].as_array().unwrap().len(), 1);
    let inputs = read(&world, &format!("scores/b/inputs?runId={NIGHT}")).await;
    assert_eq!(inputs.body["inputs"]["quotes"]["AAPL"]["fundamentals"]["price"], "190");
    assert_eq!(read(&world, "scores/nothing").await.code(), "asset_score_not_found");
    let unknown = read(&world, &format!("scores/b/inputs?runId={NOTHING}")).await;
    assert_eq!(unknown.code(), "run_not_found");
}

#[tokio::test]
async fn a_replay_is_identical_until_something_is_altered() {
    let world = World::with_things().await;
    let replay = read(&world, &format!("scores/{ASSET}/replay")).await;
    assert_eq!((replay.status, &replay.body["identical"]), (200, &json!(true)), "{}", replay.body);
    let all = get(&format!("overnight/runs/{NIGHT}/replay")).send(&world).await;
    let counts = ["users", "identical", "withoutInputs"].map(|name| all.body[name].clone());
    assert_eq!((json!(counts), &all.body["next"]), (json!([2, 1, 1]), &Value::Null));
    // On purpose: a captured price.
    let mut altered = calculated(Some(RULES));
    let quotes = &mut altered.inputs.as_mut().unwrap().quotes;
    let price = &mut quotes.values_mut().next().unwrap().fundamentals.price;
    *price = Decimal::parse("190.01").ok();
    world.store().put_night(NIGHT, &[(holder("org_a", HOLDER), altered)]);
    let replay = read(&world, &format!("scores/{ASSET}/replay")).await;
    assert_eq!(replay.body["identical"], false);
    assert_eq!(replay.body["difference"]["place"], "scores/inputsHash");
    let all = get(&format!("overnight/runs/{NIGHT}/replay")).send(&world).await;
    assert_eq!(all.body["differences"][0]["userId"], HOLDER);
    let unknown = get(&format!("overnight/runs/{NOTHING}/replay")).send(&world).await;
    assert_eq!(unknown.code(), "run_not_found");
    let cursor = get(&format!("overnight/runs/{NIGHT}/replay?cursor=x")).send(&world).await;
    assert_eq!(cursor.code(), "validation_failed");
}

#[tokio::test]
async fn what_is_altered_or_gone_of_rows_and_events_is_a_difference() {
    let world = World::with_things().await;
    let user = holder("org_a", HOLDER);
    let of_user = async |world: &World| {
        let own = read(world, &format!("scores/{ASSET}/replay")).await;
        let all = get(&format!("overnight/runs/{NIGHT}/replay")).send(world).await;
        assert_eq!(all.body["withoutInputs"], 1, "who is scored is never without inputs");
        let place = &all.body["differences"][0]["place"];
        assert_eq!(own.body["difference"]["place"], *place);
        place.as_str().unwrap().to_owned()
    };
    let raised = serde_json::from_value(json!("10.5000")).unwrap();
    world.store().alter_portfolios(|all| {
        let (_, row) = all.scores.iter_mut().next().unwrap();
        row.percentage = raised;
    });
    assert_eq!(of_user(&world).await, format!("asset_scores/{ASSET}/percentage"));
    for (kind, place) in
        [(CalculationKind::ScoresComputed, "scores"), (CalculationKind::InputsCaptured, "inputs")]
    {
        world.store().alter_portfolios(|all| {
            all.calculations.remove(&(NIGHT, user.clone(), kind.seq())).unwrap();
        });
        assert_eq!(of_user(&world).await, place);
    }
    world.store().alter_portfolios(|all| all.calculations.clear());
    let gone = read(&world, &format!("scores/{ASSET}/replay")).await;
    assert_eq!(gone.body["difference"]["place"], "started");
    let inputs = read(&world, &format!("scores/{ASSET}/inputs")).await;
    assert_eq!(inputs.code(), "run_not_found");
}

#[tokio::test]
async fn what_nobody_holds_any_more_is_read_by_its_user() {
    let world = World::with_things().await;
    world.store().alter_portfolios(|all| all.scores.clear());
    for part in ["/history", "/inputs", "/replay"] {
        let path = format!("scores/{ASSET}{part}");
        assert_eq!(read(&world, &path).await.code(), "asset_score_not_found", "{part}");
        let own = read(&world, &format!("{path}?userId={HOLDER}")).await;
        assert_eq!(own.status, 200, "{part} {}", own.body);
        let path = format!("/api/v1/portfolio/{path}?userId={HOLDER}");
        let other = Call::get(&path).key(OTHER_KEY).send(&world).await;
        assert_eq!(other.code(), "asset_score_not_found", "{part}");
    }
    let newest = read(&world, &format!("scores/{ASSET}?userId={HOLDER}")).await;
    assert_eq!(newest.code(), "asset_score_not_found");
    let unknown = read(&world, &format!("scores/nothing/history?userId={HOLDER}")).await;
    assert_eq!(unknown.code(), "asset_score_not_found");
}

#[tokio::test]
async fn users_of_a_run_are_listed_by_their_fates() {
    let world = World::with_things().await;
    let own = read(&world, &format!("runs/{NIGHT}/users?limit=1")).await;
    assert_eq!(own.body["items"][0]["userId"], HOLDER);
    let next = own.body["next"].as_str().unwrap();
    let rest = read(&world, &format!("runs/{NIGHT}/users?cursor={next}")).await;
    let expected = json!([{"organizationId": "org_a", "userId": "holder_2", "fate": "skipped",
        "reason": "no_criteria", "detail": "there are no criteria", "assetsScored": 0}]);
    assert_eq!((&rest.body["items"], &rest.body["next"]), (&expected, &Value::Null));
    let skipped = read(&world, &format!("runs/{NIGHT}/users?fate=skipped")).await;
    assert_eq!(skipped.body["items"], expected);
    let all = get(&format!("overnight/runs/{NIGHT}/users?fate=skipped")).send(&world).await;
    assert_eq!(all.body["items"], expected);
    let failed = read(&world, &format!("runs/{NIGHT}/users?fate=failed")).await;
    assert_eq!((failed.status, &failed.body["items"]), (200, &json!([])));
    let wrong = read(&world, &format!("runs/{NIGHT}/users?fate=dead")).await;
    assert_eq!(wrong.body["errors"][0]["pointer"], "/fate");
    let foreign = read(&world, &format!("runs/{NIGHT}/users?fate=failed&cursor={next}")).await;
    assert_eq!(foreign.code(), "validation_failed", "a cursor of another list");
    let path = format!("/api/v1/portfolio/runs/{NIGHT}/users");
    let other = Call::get(&path).key(OTHER_KEY).send(&world).await;
    assert_eq!(other.code(), "run_not_found");
    let unknown = get(&format!("overnight/runs/{NOTHING}/users")).send(&world).await;
    assert_eq!(unknown.code(), "run_not_found");
}

#[tokio::test]
async fn whose_asset_it_is_is_asked_where_several_have_it() {
    let world = World::with_things().await;
    let night = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_000c);
    world.store().put_night(night, &[(holder("org_a", "holder_3"), calculated(Some(RULES)))]);
    world.store().put_night(night, &[(holder("org_b", "holder_4"), calculated(Some(RULES)))]);
    for part in ["", "/history", "/inputs", "/replay"] {
        let answer = read(&world, &format!("scores/{ASSET}{part}")).await;
        assert_eq!(answer.code(), "validation_failed", "{part}");
        assert_eq!(answer.body["errors"][0]["pointer"], "/userId");
        let answer = read(&world, &format!("scores/{ASSET}{part}?userId=holder_3")).await;
        assert_eq!(answer.status, 200, "{part} {}", answer.body);
    }
}

#[tokio::test]
async fn an_organization_sees_its_own_users_of_a_night() {
    let world = World::with_things().await;
    let runs = read(&world, "runs").await;
    assert_eq!(runs.body["items"][0]["runId"], json!(NIGHT));
    assert_eq!(runs.body["items"][0]["status"], "partial");
    let run = read(&world, &format!("runs/{NIGHT}")).await;
    let expected = json!([
        {"fate": "scored", "reason": null, "users": 1, "assetsScored": 2},
        {"fate": "skipped", "reason": "no_criteria", "users": 1, "assetsScored": 0},
    ]);
    assert_eq!(run.body["users"], expected);
    let other = Call::get("/api/v1/portfolio/runs").key(OTHER_KEY).send(&world).await;
    assert_eq!(other.body["items"], json!([]));
    let all = get("overnight/runs").send(&world).await;
    assert_eq!(all.body["items"][0]["usersProcessed"], 1);
    let one = get(&format!("overnight/runs/{NIGHT}")).send(&world).await;
    assert_eq!(one.body, all.body["items"][0]);
}

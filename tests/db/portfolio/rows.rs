//! Whatever a row of a portfolio holds, its night goes on: who cannot be scored is told so
//! alone, and everybody else is scored.

use std::collections::BTreeMap;

use chrono::Utc;
use mauntic_domain::ids::{OrganizationId, PortfolioUserId};
use mauntic_domain::overnight::Step;
use mauntic_domain::portfolio::{Rates, UserFate, calculate};
use mauntic_flows::ports::{
    Committed, NightBegin, NightChunk, NightRates, NightStore, NightUsers, NightWrite,
    PortfolioStore, StoredRates, Took, UserWrite,
};
use mauntic_store::Session;
use mauntic_testkit::database::Role;
use mauntic_tests::world::World;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::{NIGHT, session, write};

const CHUNK_USERS: u32 = 50;

/// What any column of text may hold: all but U+0000.
fn any_text(chars_max: usize) -> impl Strategy<Value = String> {
    let char = any::<char>().prop_filter("PostgreSQL has none", |c| *c != '\0');
    prop::collection::vec(char, 1..=chars_max).prop_map(|chars| chars.into_iter().collect())
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![any_text(64), "[A-Za-z0-9_.:-]{1,64}", "[a-z]{1,8}[ \n/'é\u{2028}]"]
}

/// JSON as `json` takes it: texts may hold `\u0000`, which no column of text does.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![any::<String>(), Just("\0".to_owned()), Just("a\0b".to_owned())];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        text.clone().prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 12, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text.clone(), inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn criterion() -> Value {
    json!({"id": "c", "name": "c", "metric": "price", "operator": "gt", "value": "1", "points": 1})
}

/// Criteria of which nearly everything is well, and others.
fn any_rules() -> impl Strategy<Value = String> {
    const FIELDS: [&str; 6] = ["id", "name", "metric", "operator", "value", "points"];
    let altered = (prop::sample::select(&FIELDS[..]), any_json()).prop_map(|(field, value)| {
        let mut one = criterion();
        one[field] = value;
        json!([one]).to_string()
    });
    let added = (any::<String>(), any_json()).prop_map(|(name, value)| {
        let mut one = criterion();
        one[format!("\0{name}")] = value;
        json!([one]).to_string()
    });
    let others = prop::sample::select(vec![
        r#"[{"\ud800":1}]"#.to_owned(),
        "[1e999999999]".to_owned(),
        "\"\\u0000\"".to_owned(),
        format!("{}{}", "[".repeat(500), "]".repeat(500)),
    ]);
    prop_oneof![3 => altered, 2 => added, 1 => any_json().prop_map(|json| json.to_string()), 1 => others]
}

#[derive(Debug)]
struct Stored {
    owner: String,
    user: String,
    asset: String,
    rules: String,
    quote: String,
}

fn any_stored() -> impl Strategy<Value = Stored> {
    let owner = prop_oneof![3 => Just("org_1".to_owned()), 1 => any_name()];
    let quote = prop_oneof![
            Just("{}".to_owned()),
            any_json().prop_map(
                |json| json!({"currency": json, "fundamentals": {"price": json}}).to_string()
            ),
            Just(
                r#"{"currency":"USD","fundamentals":{"price":"9999999999999999999999999999"}}"#
                    .to_owned()
            ),
        ];
    (owner, any_name(), any_name(), any_rules(), quote)
        .prop_map(|(owner, user, asset, rules, quote)| Stored { owner, user, asset, rules, quote })
}

/// Users of whom nothing is sure, each with a symbol of his own; and of every second one
/// somebody of the same organization with whom all is well.
async fn fill(world: &World, all: &[Stored]) {
    let owner = &world.owner;
    let user = "insert into portfolio.users (organization_id, user_id, base_currency)
      values ($1, $2, 'USD') on conflict do nothing";
    let asset = "insert into portfolio.assets (organization_id, user_id, asset_id, symbol, market)
      values ($1, $2, $3, $4, 'XNYS')";
    let criteria = "insert into portfolio.criteria (organization_id, user_id, version, rules)
      values ($1, $2, 1, $3)";
    let good = json!([criterion()]).to_string();
    for (nth, of) in all.iter().enumerate() {
        if owner.execute(user, &[&of.owner, &of.user]).await.unwrap() == 0 {
            continue;
        }
        owner.execute(asset, &[&of.owner, &of.user, &of.asset, &format!("H{nth}")]).await.unwrap();
        owner.execute(criteria, &[&of.owner, &of.user, &of.rules]).await.unwrap();
        let name = format!("well:{nth:04}");
        owner.execute(user, &[&"org_1", &name]).await.unwrap();
        owner.execute(asset, &[&"org_1", &name, &"a", &"GOOD"]).await.unwrap();
        owner.execute(criteria, &[&"org_1", &name, &good]).await.unwrap();
    }
}

/// A night of all of them up to its chunks.
async fn begin(world: &World, session: &Session, all: &[Stored]) {
    let now = Utc::now();
    let took = Took { began_at: now, summary: json!({}) };
    let rates = r#"{"base":"USD","asOf":"2026-11-30T03:00:00Z","units":{"EUR":"0.92"}}"#;
    let rates =
        StoredRates { rates: Rates::from_json(rates).unwrap(), fetched_at: now, stale: false };
    for step in [
        NightWrite::Begin(NightBegin {
            run_id: NIGHT,
            job_type: "overnight.start",
            started_at: now,
            correlation_id: "c".to_owned(),
            markets: Vec::new(),
            inputs_of: NIGHT,
            took: took.clone(),
        }),
        NightWrite::Rates(NightRates { run_id: NIGHT, rates, took }),
        NightWrite::Users(NightUsers {
            run_id: NIGHT,
            began_at: now,
            users_max: 10_000,
            chunk_users: CHUNK_USERS,
        }),
    ] {
        write(world, session, step).await;
    }
    let tell = "update portfolio.prices set asked_at = now(), quote = $2 where symbol = $1";
    let good = r#"{"currency":"USD","fundamentals":{"price":"7"}}"#;
    world.owner.execute(tell, &[&"GOOD", &good]).await.unwrap();
    for (nth, of) in all.iter().enumerate() {
        world.owner.execute(tell, &[&format!("H{nth}"), &of.quote]).await.unwrap();
    }
}

#[tokio::test]
async fn whatever_a_row_holds_everybody_else_is_scored() {
    let mut runner = TestRunner::deterministic();
    let all: Vec<Stored> =
        (0..150).map(|_| any_stored().new_tree(&mut runner).unwrap().current()).collect();
    let world = World::new().await;
    fill(&world, &all).await;
    let session = session(&world.database.url(Role::Queue)).await;
    begin(&world, &session, &all).await;
    let night = session.night(NIGHT).await.unwrap().unwrap();
    let rates = session.night_rates(NIGHT).await.unwrap().unwrap().rates;
    for chunk in 0..night.chunks_total {
        let inputs = session.chunk_inputs(NIGHT, chunk).await.unwrap().unwrap();
        let score = |of: mauntic_flows::ports::UserInputs| {
            let calculation = calculate(&of.stored, &rates, &inputs.quotes);
            UserWrite::of(of.user, Uuid::new_v4(), &calculation)
        };
        let users = inputs.users.into_iter().map(score).collect();
        let scored_at = Utc::now();
        let scored = NightChunk { run_id: NIGHT, chunk, scored_at, users, reopens: false };
        let committed = write(&world, &session, NightWrite::Chunk(scored)).await;
        assert!(matches!(committed, Committed::Done { .. }), "chunk {chunk}");
    }
    let totals = session.night_totals(NIGHT).await.unwrap().unwrap();
    assert_eq!((totals.chunks_open(), totals.users_left), (0, 0));
    assert!(totals.users[&UserFate::Failed] > 20, "{:?}", totals.users);
    // Who has no name that is one is counted, and nobody else is left out.
    let (mut readable, mut names) = (BTreeMap::new(), 0);
    let rows = "select organization_id, user_id from portfolio.users";
    for row in world.rows(rows).await {
        let (owner, user): (String, String) = (row.get(0), row.get(1));
        names += 1;
        if OrganizationId::parse(&*owner).is_ok() && PortfolioUserId::parse(&*user).is_ok() {
            readable.insert((owner, user), ());
        }
    }
    let summary = &totals.night.done(Step::Users).unwrap().summary;
    assert!(readable.len() < names);
    assert_eq!(summary["users"], readable.len());
    assert_eq!(summary["unreadable"], names - readable.len());
    let well = "select count(*) from portfolio.overnight_users
      where user_id like 'well:%' and fate is distinct from 'scored'";
    assert_eq!(world.count(well).await, 0);
    let without = "select count(*) from portfolio.overnight_users where fate is null";
    assert_eq!(world.count(without).await, 0);
    // And every one of them is made again.
    let made = session.calculations(NIGHT, None, 10_000).await.unwrap();
    assert_eq!(made.len(), readable.len());
    for (user, of) in made {
        assert!(
            !matches!(of.recorded.replay(), Some(Err(_))),
            "{user:?}: {:?}",
            of.recorded.replay()
        );
    }
}

//! Nights one after the other: the newest scores are the later night's, a repeat takes only
//! who was not scored, and what is old goes but for what newest scores are made of.

use chrono::TimeDelta;
use mauntic_domain::jobs::limits::KEEP_MIN;
use mauntic_domain::overnight::{HISTORY_KEPT, NightStatus};
use mauntic_domain::portfolio::Criteria;
use mauntic_flows::ports::{NightStore, NightWrite, PortfolioStore, RelayStore, Retired};
use serde_json::{Value, json};
use uuid::Uuid;

use super::given_nights::{CRITERIA, NIGHTS, currency, user};
use crate::dump::differences;
use crate::memory::Memory;
use crate::portfolio_tables::PortfolioSubject;
use crate::postgres::Postgres;
use crate::subject::World;

on_both! {
    an_older_night_overwrites_no_newer_scores
    what_a_user_gave_up_has_no_newest_score
    who_holds_nothing_any_more_has_no_newest_scores
    of_two_that_began_at_once_the_greater_id_is_later
    a_repeat_takes_only_who_was_not_scored
    a_repeat_knows_what_its_night_was_told
    snapshots_are_of_the_newest_night
    what_is_old_goes_but_newest_scores_can_be_made_anew
    past_scores_go_after_a_quarter
    criteria_go_a_quarter_after_they_were_replaced
}

const FIRST: Uuid = NIGHTS[0];
const SECOND: Uuid = NIGHTS[1];
const THIRD: Uuid = NIGHTS[2];

async fn newest<S: PortfolioSubject>(world: &mut World<S>) -> Value {
    world.columns("scores", &["user_id", "asset_id", "score", "run_id"]).await
}

async fn an_older_night_overwrites_no_newer_scores<S: PortfolioSubject>(mut world: World<S>) {
    world.investor(&user("org_1", "ada"), &["X:A", "X:B"]).await;
    world.night_of(SECOND, &[("A", "11"), ("B", "11")]).await;
    world.advance(1).await;
    world.night_of(FIRST, &[("A", "9"), ("B", "9")]).await;
    world.score(FIRST, 0).await;
    let of_first = json!([["ada", "a0", "0.0000", FIRST], ["ada", "a1", "0.0000", FIRST]]);
    assert_eq!(newest(&mut world).await, of_first);
    world.score(SECOND, 0).await;
    assert_eq!(newest(&mut world).await, of_first);
    let history = world.columns("history", &["asset_id", "night_at", "score"]).await;
    let expected = json!([
        ["a0", "-1s", "2.0000"],
        ["a0", "+0s", "0.0000"],
        ["a1", "-1s", "2.0000"],
        ["a1", "+0s", "0.0000"]
    ]);
    assert_eq!(history, expected);
    assert_eq!(world.columns("users", &["scored_run"]).await, json!([[FIRST]]));
}

async fn what_a_user_gave_up_has_no_newest_score<S: PortfolioSubject>(mut world: World<S>) {
    let ada = user("org_1", "ada");
    world.investor(&ada, &["X:A", "X:B"]).await;
    world.investor(&user("org_2", "ada"), &["X:A", "X:B"]).await;
    world.night_of(FIRST, &[("A", "11"), ("B", "11")]).await;
    world.score(FIRST, 0).await;
    world.advance(1).await;
    world.holds(&ada, &["X:B"]).await;
    world.night_of(SECOND, &[("A", "9"), ("B", "9")]).await;
    world.score(SECOND, 0).await;
    let expected = json!([
        ["ada", "a0", "0.0000", SECOND],
        ["ada", "a0", "0.0000", SECOND],
        ["ada", "a1", "0.0000", SECOND]
    ]);
    assert_eq!(newest(&mut world).await, expected);
}

async fn who_holds_nothing_any_more_has_no_newest_scores<S: PortfolioSubject>(mut world: World<S>) {
    let ada = user("org_1", "ada");
    world.investor(&ada, &["X:A", "X:B"]).await;
    world.investor(&user("org_2", "ada"), &["X:A"]).await;
    world.night_of(FIRST, &[("A", "11"), ("B", "11")]).await;
    world.score(FIRST, 0).await;
    world.advance(1).await;
    world.night_of(THIRD, &[("A", "9"), ("B", "9")]).await;
    world.advance(1).await;
    world.holds(&ada, &[]).await;
    world.night_of(SECOND, &[("A", "9")]).await;
    let others = json!([["ada", "a0", "0.0000", SECOND]]);
    world.score(SECOND, 0).await;
    assert_eq!(newest(&mut world).await, others);
    // One that began before is scored late, and brings nothing back.
    world.holds(&ada, &["X:A", "X:B"]).await;
    world.score(THIRD, 0).await;
    assert_eq!(newest(&mut world).await, others);
    assert_eq!(world.columns("users", &["scored_run"]).await, json!([[SECOND], [SECOND]]));
    assert_eq!(world.portfolios("history").await.len(), 3 + 1 + 3);
    let snapshots = world.queue.chunk_snapshots(SECOND, 0).await.unwrap();
    let told: Vec<_> =
        snapshots.iter().map(|of| (of.run_id, of.criteria_version, of.scores.len())).collect();
    assert_eq!(told, [(SECOND, None, 0), (SECOND, Some(1), 1)]);
}

async fn of_two_that_began_at_once_the_greater_id_is_later<S: PortfolioSubject>(
    mut world: World<S>,
) {
    world.investor(&user("org_1", "ada"), &["X:A"]).await;
    world.night_of(FIRST, &[("A", "9")]).await;
    world.night_of(SECOND, &[("A", "11")]).await;
    for night in [SECOND, FIRST] {
        world.score(night, 0).await;
        assert_eq!(newest(&mut world).await, json!([["ada", "a0", "2.0000", SECOND]]));
    }
}

async fn a_repeat_takes_only_who_was_not_scored<S: PortfolioSubject>(mut world: World<S>) {
    for name in ["ada", "bob", "cy", "dan"] {
        world.investor(&user("org_1", name), &["X:A"]).await;
    }
    world.holds(&user("org_1", "bob"), &["X:UNTOLD"]).await;
    world.holds(&user("org_1", "cy"), &[]).await;
    world.night_of(FIRST, &[("A", "11")]).await;
    world.score(FIRST, 0).await;
    // Its second chunk was never done, and one came since.
    world.investor(&user("org_1", "eve"), &["X:A"]).await;
    world.begin(SECOND, FIRST, &[]).await;
    world.write_night(world.planning(SECOND, 100, 2)).await;
    let night = world.queue.night(SECOND).await.unwrap().unwrap();
    assert!(night.is_retry());
    let of_second = world.columns("night_users", &["run_id", "user_id", "chunk"]).await;
    let of_second: Vec<&Value> =
        of_second.as_array().unwrap().iter().filter(|row| row[0] == json!(SECOND)).collect();
    let expected = [json!([SECOND, "bob", 0]), json!([SECOND, "cy", 0]), json!([SECOND, "dan", 1])];
    assert_eq!(of_second, expected.iter().collect::<Vec<_>>());
}

async fn a_repeat_knows_what_its_night_was_told<S: PortfolioSubject>(mut world: World<S>) {
    world.investor(&user("org_1", "ada"), &["X:A", "X:UNTOLD"]).await;
    world.night_of(FIRST, &[("A", "11")]).await;
    world.score(FIRST, 0).await;
    world.advance(60).await;
    world.holds(&user("org_1", "ada"), &["X:A", "X:NEW", "X:UNTOLD"]).await;
    world.begin(SECOND, FIRST, &[]).await;
    world.write_night(world.planning(SECOND, 100, 2)).await;
    assert_eq!(world.ask(SECOND, &[("NEW", "1"), ("UNTOLD", "12")]).await, ["NEW", "UNTOLD"]);
    let prices = world.columns("prices", &["run_id", "symbol", "asked_at"]).await;
    let expected = json!([
        [FIRST, "A", "-60s"],
        [FIRST, "UNTOLD", "-60s"],
        [SECOND, "A", "-60s"],
        [SECOND, "NEW", "+0s"],
        [SECOND, "UNTOLD", "+0s"]
    ]);
    assert_eq!(prices, expected);
    world.score(SECOND, 0).await;
    let fates = world.columns("night_users", &["run_id", "fate"]).await;
    assert_eq!(fates, json!([[FIRST, "failed"], [SECOND, "scored"]]));
}

async fn snapshots_are_of_the_newest_night<S: PortfolioSubject>(mut world: World<S>) {
    world.investor(&user("org_1", "ada"), &["X:A", "X:B"]).await;
    world.investor(&user("org_1", "bob"), &[]).await;
    world.investor(&user("org_1", "cy"), &["X:A"]).await;
    world.night_of(FIRST, &[("A", "11"), ("B", "9")]).await;
    world.score(FIRST, 0).await;
    let began_at = world.subject.now();
    world.advance(60).await;
    world.night_of(SECOND, &[("A", "9"), ("B", "9")]).await;
    world.advance(1).await;
    world.score(SECOND, 1).await;
    let of =
        async |world: &World<S>, run, chunk| world.queue.chunk_snapshots(run, chunk).await.unwrap();
    let snapshots = of(&world, SECOND, 0).await;
    let [snapshot, empty] = snapshots.as_slice() else { panic!("{snapshots:?}") };
    assert_eq!((empty.run_id, empty.scores.as_slice()), (FIRST, [].as_slice()));
    assert_eq!(snapshot.user, user("org_1", "ada"));
    assert_eq!((snapshot.run_id, snapshot.night_at), (FIRST, began_at));
    assert_eq!((snapshot.scored_at, snapshot.criteria_version), (began_at, Some(1)));
    let scores: Vec<_> = snapshot
        .scores
        .iter()
        .map(|of| {
            (of.asset_id.as_str(), of.symbol.as_str(), of.score.as_str(), of.percentage.as_str())
        })
        .collect();
    assert_eq!(scores, [("a0", "A", "2.0000", "100.0000"), ("a1", "B", "0.0000", "0.0000")]);
    // Of the older night, the newer scores.
    let snapshots = of(&world, FIRST, 1).await;
    assert_eq!((snapshots.len(), snapshots[0].run_id), (1, SECOND));
}

async fn what_is_old_goes_but_newest_scores_can_be_made_anew<S: PortfolioSubject>(
    mut world: World<S>,
) {
    for name in ["ada", "bob", "cy"] {
        world.investor(&user("org_1", name), &["X:A"]).await;
    }
    world.night_of(FIRST, &[("A", "11")]).await;
    world.score(FIRST, 0).await;
    world.score(FIRST, 1).await;
    world.advance(60).await;
    world.holds(&user("org_1", "bob"), &["X:UNTOLD"]).await;
    world.night_of(SECOND, &[("A", "12")]).await;
    world.score(SECOND, 0).await;
    let retire = async |world: &World<S>, limit| {
        let gone = world.queue.retire(KEEP_MIN, limit).await.unwrap();
        let Retired { night_users, prices, nights, .. } = gone;
        (night_users, prices, nights)
    };
    world.subject.advance(KEEP_MIN - TimeDelta::seconds(60)).await;
    assert_eq!(retire(&world, 100).await, (0, 0, 0));
    world.advance(1).await;
    // Ada was scored since; bob failed, and cy was not scored in the second night.
    assert_eq!(retire(&world, 100).await, (1, 1, 0));
    let told = world.columns("calculations", &["run_id", "user_id", "seq"]).await;
    let of = |run, user: &'static str, seqs: &'static [i32]| {
        seqs.iter().map(move |seq| json!([run, user, seq]))
    };
    let first = of(FIRST, "bob", &[1, 2, 3, 4]).chain(of(FIRST, "cy", &[1, 2, 3, 4]));
    let second = of(SECOND, "ada", &[1, 2, 3, 4]).chain(of(SECOND, "bob", &[1, 2, 4]));
    assert_eq!(told, first.chain(second).collect::<Value>());
    // A night goes once nobody's newest scores are of it.
    world.night_of(THIRD, &[("A", "12"), ("UNTOLD", "1")]).await;
    world.score(THIRD, 0).await;
    world.score(THIRD, 1).await;
    world.advance(120).await;
    assert_eq!(retire(&world, 1).await, (1, 1, 0));
    assert_eq!(retire(&world, 100).await, (4, 1, 2));
    assert_eq!(world.columns("nights", &["id"]).await, json!([[THIRD]]));
    assert_eq!(world.columns("rates", &["run_id"]).await, json!([[THIRD]]));
    assert_eq!(world.columns("steps", &["step"]).await.as_array().unwrap().len(), 4);
    assert_eq!(world.portfolios("history").await.len(), 7);
}

async fn past_scores_go_after_a_quarter<S: PortfolioSubject>(mut world: World<S>) {
    world.investor(&user("org_1", "ada"), &["X:A", "X:B"]).await;
    world.night_of(FIRST, &[("A", "11"), ("B", "9")]).await;
    world.score(FIRST, 0).await;
    world.subject.advance(HISTORY_KEPT).await;
    let retire =
        async |world: &World<S>| world.queue.retire(KEEP_MIN, 1).await.unwrap().score_history;
    assert_eq!(retire(&world).await, 0);
    world.advance(1).await;
    assert_eq!((retire(&world).await, retire(&world).await, retire(&world).await), (1, 1, 0));
    assert_eq!(newest(&mut world).await.as_array().unwrap().len(), 2);
}

async fn criteria_go_a_quarter_after_they_were_replaced<S: PortfolioSubject>(mut world: World<S>) {
    let [ada, bob] = ["ada", "bob"].map(|name| user("org_1", name));
    let criteria = [Criteria::parse(CRITERIA).unwrap(), Criteria::default()];
    for of in [&ada, &bob] {
        world.subject.put_portfolio(of, &currency("USD"), true).await;
        world.holds(of, &["X:A"]).await;
        for (version, rules) in (1..).zip([&criteria[1], &criteria[0]]) {
            let stored = world.http.put_criteria(&of.0, &of.1, rules).await.unwrap().unwrap();
            assert_eq!(stored.version, version);
        }
    }
    world.night_of(FIRST, &[("A", "11")]).await;
    world.score(FIRST, 0).await;
    // Bob's newest scores are of what he has replaced since.
    world.http.put_criteria(&ada.0, &ada.1, &criteria[0]).await.unwrap();
    world.http.put_criteria(&bob.0, &bob.1, &criteria[1]).await.unwrap();
    let retire = async |world: &World<S>, limit| {
        let gone = world.queue.retire(KEEP_MIN, limit).await.unwrap();
        gone.criteria
    };
    world.subject.advance(HISTORY_KEPT).await;
    assert_eq!(retire(&world, 9).await, 0);
    world.advance(1).await;
    assert_eq!(
        (retire(&world, 1).await, retire(&world, 9).await, retire(&world, 9).await),
        (1, 1, 0)
    );
    let kept = world.columns("criteria", &["user_id", "version"]).await;
    assert_eq!(kept, json!([["ada", 2], ["bob", 2], ["bob", 3]]));
    // Once others are newest, and a quarter is over, it goes as well.
    world.holds(&bob, &[]).await;
    world.night_of(SECOND, &[("A", "11")]).await;
    world.score(SECOND, 0).await;
    assert_eq!(retire(&world, 9).await, 1);
    let kept = world.columns("criteria", &["user_id", "version"]).await;
    assert_eq!(kept, json!([["ada", 2], ["bob", 3]]));
}

/// Everything above, and some more, after which both have the same rows.
async fn whole<S: PortfolioSubject>(world: &mut World<S>) -> Value {
    for (owner, name) in [("org_1", "ada"), ("org_1", "bob"), ("org_2", "ada"), ("org_2", "eve")] {
        world.investor(&user(owner, name), &["X:A", "Y:B", "X:C"]).await;
    }
    world.subject.put_criteria(&user("org_1", "bob"), r#"{"no": "criteria"}"#).await;
    world.subject.put_portfolio(&user("org_2", "eve"), &currency("EUR"), true).await;
    world.night_of(FIRST, &[("A", "11"), ("B", "9"), ("C", "20")]).await;
    world.advance(2).await;
    world.score(FIRST, 0).await;
    world.score(FIRST, 1).await;
    let end = world.ending(FIRST, NightStatus::Partial).await;
    world.write_night(end).await;
    world.advance(60).await;
    world.subject.put_criteria(&user("org_1", "bob"), CRITERIA).await;
    world.begin(SECOND, FIRST, &[]).await;
    world.write_night(world.planning(SECOND, 1, 1)).await;
    world.advance(1).await;
    world.ask(SECOND, &[]).await;
    let write = world.scoring_of(SECOND, 0).await;
    for _ in 0..2 {
        world.write_night(NightWrite::Chunk(write.clone())).await;
    }
    world.begin(THIRD, THIRD, &["Y"]).await;
    world.write_night(world.planning(THIRD, 2, 3)).await;
    world.dump().await
}

#[tokio::test]
async fn both_have_the_same_rows_after_nights() {
    let memory = whole(&mut World::<Memory>::new().await).await;
    let postgres = whole(&mut World::<Postgres>::new().await).await;
    let found = differences(&memory, &postgres);
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(memory["portfolios"]["scores"].as_array().unwrap().len(), 12);
}

//! Nights of portfolio scoring: one set of rates and prices, asked for once; every user by
//! himself; and whatever dies on the way, nothing that was done is done again.

mod nights;
mod traces;
mod trouble;

use chrono::TimeDelta;
use mauntic_domain::overnight::{NightStatus, SYMBOLS_ASKED_MAX, Step};
use mauntic_domain::portfolio::{Market, UserFate};
use mauntic_flows::ports::{Night, Request};
use mauntic_sim::provider::Said;
use mauntic_sim::store::State;
use serde_json::json;

use nights::{ASSETS, Nights, symbol};

/// Batches of prices for so many users.
fn batches(users: usize) -> usize {
    (users + ASSETS - 1).div_ceil(SYMBOLS_ASKED_MAX as usize)
}

#[test]
fn at_its_time_a_night_scores_everybody_by_what_was_asked_for_once() {
    let users = 310;
    let nights = Nights::of(users);
    nights.evening();
    nights.minutes(1);
    assert_eq!(nights.nights().len(), 0, "it is not time yet");
    nights.minutes(10);
    let night = nights.latest();
    assert_eq!(nights.nights().len(), 1);
    assert_eq!(night.status, NightStatus::Completed);
    assert_eq!((night.users_processed, night.users_failed, night.users_skipped), (310, 0, 0));
    assert_eq!(night.chunks_total, 310 / 50 + 1);
    assert_eq!(night.chunks_done, night.chunks_total);
    assert_eq!(nights.asked().0, 1, "rates");
    let quotes = nights.asked().1;
    assert_eq!(quotes.len(), batches(users));
    assert_eq!(quotes.iter().sum::<usize>(), users + ASSETS - 1, "each symbol once");
    let steps: Vec<Step> = night.steps.iter().map(|done| done.step).collect();
    assert_eq!(steps, Step::ALL);
    assert_eq!(nights.replayed(night.run_id), users);
    assert_eq!(night.metrics["users_total"], 310);
    assert_eq!(night.metrics["assets_scored"], 310 * 3);
    assert_eq!(night.error_details, json!({}));
    let told = nights.told();
    let types: Vec<&str> = told.iter().map(|(event, _)| event.as_str()).collect();
    assert_eq!(types, ["overnight.ScoringStarted", "overnight.ScoringCompleted"]);
    assert_eq!(told[1].1, "completed");
    assert_eq!(nights.ports.projections.len(), users);
    let of = |nth: usize| nights.snapshot(&nights.users[nth]).unwrap();
    // Two organizations' users of one name.
    assert_eq!((&of(0)["userId"], &of(1)["userId"]), (&json!("user_0000"), &json!("user_0000")));
    assert_eq!(of(1)["organizationId"], "org_b");
    assert_eq!(of(0)["scores"].as_array().unwrap().len(), ASSETS);
    assert_eq!((nights.unfinished(), nights.letter_reasons().len()), (0, 0));
    // And again the day after.
    nights.evening();
    nights.minutes(11);
    assert_eq!(nights.nights().len(), 2);
    assert_eq!(nights.asked().0, 2);
    assert_eq!(of(0)["runId"], json!(nights.latest().run_id));
}

#[test]
fn a_night_of_some_markets_scores_those_who_are_in_them() {
    let nights = Nights::of(30);
    let night = nights.night(&json!({"markets": ["XNYS", "NOWHERE"]}));
    assert_eq!((night.status, night.users_processed), (NightStatus::Completed, 10));
    assert_eq!(night.error_details, json!({"unknownMarkets": ["NOWHERE"]}));
    let night = nights.night(&json!({"markets": ["NOWHERE", "NEITHER"]}));
    assert_eq!((night.status, night.users_processed), (NightStatus::Failed, 0));
    assert_eq!(night.error_details["reason"], "unknown_market");
    assert_eq!(nights.told().last().unwrap().1, "failed");
}

#[test]
fn a_markets_own_time_begins_a_night_of_that_market() {
    let nights = Nights::of(30);
    nights.list_markets("XNYS=2 * * * *");
    nights.minutes(70);
    let is_of_market = |night: &Night| {
        let key_of = |state: &State| state.run(night.run_id).map(|run| run.job_key.clone());
        nights.ports.store.look(key_of).as_deref() == Some("overnight-scoring-xnys")
    };
    let night = nights.nights().into_iter().find(is_of_market).unwrap();
    let markets: Vec<&str> = night.markets.iter().map(Market::as_str).collect();
    assert_eq!((markets, night.users_processed), (vec!["XNYS"], 10));
    assert_eq!(night.status, NightStatus::Completed);
}

#[test]
fn a_markets_trigger_leaves_the_others_alone_and_the_tick_skips_who_is_dropped() {
    let (xnys, xetr) = ("overnight-scoring-xnys", "overnight-scoring-xetr");
    let (ran, disabled) = (("ran", None), ("skipped", Some("disabled")));
    let nights = Nights::of(3);
    nights.evening();
    nights.list_markets("XNYS=2 * * * *; XETR=3 * * * *");
    nights.tick();
    nights.ports.clock.advance(TimeDelta::minutes(4));
    // The time of XNYS is over, and nobody has judged it yet.
    nights.fire("3 * * * *");
    assert_eq!((nights.outcomes(xnys), nights.outcomes(xetr)), (vec![], vec![ran]));
    // Nor does a trigger take it for dropped where the deployment has dropped it.
    nights.list_markets("XETR=3 * * * *");
    nights.fire("3 * * * *");
    assert_eq!((nights.outcomes(xnys), nights.outcomes(xetr)), (vec![], vec![ran]));
    nights.tick();
    assert_eq!(nights.outcomes(xnys), [disabled]);
    nights.ports.clock.advance(TimeDelta::hours(1));
    nights.tick();
    assert_eq!(nights.outcomes(xnys), [disabled; 2]);
    // Named again it goes on from now.
    nights.list_markets("XNYS=2 * * * *; XETR=3 * * * *");
    nights.minutes(61);
    assert_eq!(nights.outcomes(xnys), [disabled, disabled, ran]);
}

#[test]
fn a_night_without_anybody_ends() {
    let nights = Nights::of(0);
    let night = nights.night(&json!({}));
    assert_eq!((night.status, night.chunks_total), (NightStatus::Completed, 0));
    assert_eq!(nights.asked(), (1, Vec::new()));
    assert_eq!(nights.unfinished(), 0);
}

#[test]
fn what_is_wrong_with_one_user_is_that_ones_fate() {
    let nights = Nights::of(200);
    let store = &nights.ports.store;
    store.put_criteria(&nights.users[7], r#"[{"id": "x"}]"#);
    store.put_criteria(&nights.users[11], "[]");
    store.put_assets(&nights.users[13], &[]);
    let since = nights.ports.clock.now();
    // Users 48, 49 and 50 have it, in two chunks.
    nights.ports.outside.market().say_quote(&symbol(50), since, None);
    let night = nights.night(&json!({}));
    assert_eq!(night.status, NightStatus::Partial);
    assert_eq!((night.users_processed, night.users_failed, night.users_skipped), (194, 4, 2));
    let fates = nights.fates(night.run_id);
    for (fate, reason, many) in [
        (UserFate::Scored, "", 194),
        (UserFate::Failed, "bad_criteria", 1),
        (UserFate::Failed, "missing_price", 3),
        (UserFate::Skipped, "no_criteria", 1),
        (UserFate::Skipped, "no_assets", 1),
    ] {
        assert_eq!(fates.get(&(Some(fate), reason)), Some(&many), "{fates:?}");
    }
    assert_eq!(nights.replayed(night.run_id), 194);
    assert_eq!(night.error_details["reasons"]["missing_price"], 3);
    assert_eq!(night.error_details["firstFailed"].as_array().unwrap().len(), 4);
    assert_eq!(nights.snapshot(&nights.users[7]), None);
    assert_eq!(nights.letter_reasons().len(), 0);
}

#[test]
fn a_retry_does_only_what_failed_by_the_nights_own_rates() {
    let nights = Nights::of(120);
    let (store, since) = (&nights.ports.store, nights.ports.clock.now());
    store.put_criteria(&nights.users[7], "{}");
    nights.ports.outside.market().say_quote(&symbol(50), since, None);
    let first = nights.night(&json!({}));
    assert_eq!((first.status, first.users_failed), (NightStatus::Partial, 4));
    store.put_criteria(&nights.users[7], &nights::criteria().to_string());
    let now = nights.ports.clock.now();
    let mut market = nights.ports.outside.market();
    market.say_quote(&symbol(50), now, Some(mauntic_sim::market::quote(&symbol(50))));
    // What is told by now is not what the night went by.
    market.say_rates(now, Said::Json(json!({"base": "USD", "asOf": now, "rates": {}})));
    drop(market);
    let before = nights.asked();
    let retry = nights.night(&json!({"retryOf": first.run_id}));
    assert_eq!((retry.status, retry.users_processed), (NightStatus::Completed, 4));
    assert_eq!(retry.inputs_of, first.run_id);
    let (rates, quotes) = nights.asked();
    assert_eq!(rates, before.0, "nobody is asked for rates");
    assert_eq!(quotes[before.1.len()..], [1], "and for the one symbol alone");
    assert_eq!(nights.replayed(retry.run_id), 4);
    let rates = nights.ports.store.look(|state| state.portfolios().rates.clone());
    assert_eq!(rates[&retry.run_id].rates, rates[&first.run_id].rates);
    // Of a retry that leaves nobody there is nothing more to do.
    let none = nights.night(&json!({"retryOf": retry.run_id}));
    assert_eq!((none.status, none.users_processed), (NightStatus::Completed, 0));
    // Of a night that is none there is nothing to repeat.
    nights.send("overnight.start", &json!({"retryOf": uuid::Uuid::from_u128(7)}));
    nights.minutes(2);
    assert_eq!(nights.letter_reasons(), ["unknown_night"]);
}

#[test]
fn a_late_snapshot_never_replaces_a_newer_one() {
    let nights = Nights::of(4);
    let first = nights.night(&json!({}));
    let older = nights.snapshot(&nights.users[0]).unwrap();
    nights.ports.clock.advance(TimeDelta::hours(1));
    let second = nights.night(&json!({}));
    let newer = nights.snapshot(&nights.users[0]).unwrap();
    assert_eq!((&older["runId"], &newer["runId"]), (&json!(first.run_id), &json!(second.run_id)));
    // What is no snapshot is replaced.
    let (owner, user) = &nights.users[0];
    let place = mauntic_domain::overnight::snapshot::snapshot_place(owner, user);
    for body in ["", "{}", &older.to_string()] {
        nights.ports.projections.set_body(&place, body);
        let third = nights.night(&json!({}));
        assert_eq!(nights.snapshot(&nights.users[0]).unwrap()["runId"], json!(third.run_id));
    }
    let mut later = newer;
    later["nightAt"] = json!(nights.ports.clock.now() + TimeDelta::days(1));
    nights.ports.projections.set_body(&place, &later.to_string());
    nights.night(&json!({}));
    assert_eq!(nights.snapshot(&nights.users[0]), Some(later));
}

/// No question for rates comes after their checkpoint, none about symbols after theirs, and
/// none about a batch whose answer is stored, which is so when the next one is asked about.
fn assert_nothing_is_asked_again(nights: &Nights) {
    let market = nights.ports.outside.market();
    let night = nights.latest();
    for question in market.asked() {
        let step = match question.request {
            Request::Rates => Step::ExchangeRates,
            _ => Step::Prices,
        };
        assert!(question.at <= Nights::done_at(&night, step), "{question:?}");
    }
    let first = |request: &Request| match request {
        Request::Quotes { symbols } => symbols.first().cloned(),
        _ => None,
    };
    let firsts: Vec<_> = market.asked().iter().filter_map(|asked| first(&asked.request)).collect();
    assert!(firsts.is_sorted(), "{firsts:?}");
}

/// A night, of which every other invocation dies when so many polls are over, until a step is
/// done or to its end; how many died.
fn killed(users: usize, dies_after: usize, until: Option<Step>) -> usize {
    let nights = Nights::of(users);
    nights.send("overnight.start", &json!({}));
    let mut died = 0;
    for turn in 0..40 {
        let is_past = |night: &Night| until.is_some_and(|step| night.done(step).is_some());
        let dies = turn % 2 == 0 && !nights.nights().iter().any(is_past);
        match nights.deliver(dies.then_some(dies_after)) {
            Some(has_lived) => died += usize::from(!has_lived),
            None => nights.tick(),
        }
        // Whoever died holds nothing any more.
        nights.ports.clock.advance(TimeDelta::seconds(61));
    }
    nights.minutes(40);
    let night = nights.latest();
    assert_eq!(night.status, NightStatus::Completed, "{dies_after}: {night:?}");
    assert_eq!(nights.replayed(night.run_id), users, "{dies_after}");
    assert_eq!(nights.letter_reasons().len(), 0, "{dies_after}");
    assert_eq!(nights.ports.projections.len(), users, "{dies_after}");
    assert_nothing_is_asked_again(&nights);
    died
}

#[test]
fn a_night_that_dies_at_any_moment_goes_on_where_it_was() {
    let mut died = 0;
    // Until a night is over before anybody dies: its longest invocation stores snapshots,
    // which is the same again and again.
    let mut dies_after = 0;
    loop {
        let deaths = killed(60, dies_after, None);
        died += deaths;
        if deaths == 0 {
            break;
        }
        dies_after += if dies_after < 60 { 1 } else { 101 };
    }
    assert!(died > 100, "{died} deaths in nights of up to {dies_after} polls");
    // With two batches of prices.
    let asking = |dies_after| killed(210, dies_after, Some(Step::Prices));
    let deaths: Vec<usize> = (0..22).step_by(3).map(asking).collect();
    assert!(deaths.iter().all(|deaths| *deaths > 0), "{deaths:?}");
}

//! Providers that fail, chunks that are given up, and a place for snapshots that is away.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use mauntic_domain::overnight::NightStatus;
use mauntic_flows::jobs::overnight_prices::QUESTIONS_MAX;
use mauntic_flows::objects::ATTEMPTS_MAX;
use mauntic_flows::outside::CALL_MAX;
use mauntic_flows::ports::{Dependency, Request};
use mauntic_sim::faults::{Call, Fault};
use mauntic_sim::market;
use mauntic_sim::outside::Health;
use mauntic_sim::provider::Said;
use serde_json::json;

use super::nights::{Nights, symbol};

#[test]
fn without_rates_nobody_is_scored_and_with_stored_ones_everybody_is() {
    let nights = Nights::of(10);
    let outside = &nights.ports.outside;
    outside.set(Dependency::ExchangeRateProvider, Health::NotConfigured);
    let night = nights.night(&json!({}));
    assert_eq!((night.status, night.users_processed), (NightStatus::Failed, 0));
    assert_eq!(night.error_details["reason"], "no_rates");
    assert_eq!(nights.asked(), (0, Vec::new()));
    assert_eq!((nights.unfinished(), nights.letter_reasons().len()), (0, 0));
    // A retry of a night that never got to its users is a night.
    outside.set(Dependency::ExchangeRateProvider, Health::Up);
    let night = nights.night(&json!({"retryOf": night.run_id}));
    assert_eq!((night.status, night.users_processed), (NightStatus::Completed, 10));

    for (health, hours, is_stale) in
        [(Health::Down, 2, false), (Health::Refusing(403), 23, true), (Health::Mute, 1, true)]
    {
        outside.set(Dependency::ExchangeRateProvider, health);
        nights.ports.clock.advance(TimeDelta::hours(hours));
        let night = nights.long_night();
        assert_eq!((night.status, night.users_processed), (NightStatus::Completed, 10));
        assert_eq!(night.error_details.get("staleRates").is_some(), is_stale, "{health:?}");
    }
    assert_eq!(nights.letter_reasons().len(), 0);
}

#[test]
fn rates_that_cannot_be_read_are_asked_for_again_and_then_left() {
    let nights = Nights::of(10);
    let since = nights.ports.clock.now();
    nights.ports.outside.market().say_rates(since, Said::Garbage(b"<html>".to_vec()));
    let night = nights.night(&json!({}));
    assert_eq!(night.status, NightStatus::Failed);
    assert_eq!(night.error_details["cause"], "the answer is not JSON");
    assert_eq!(nights.asked().0, 3);
    // What is wrong with one currency is wrong for those who need it.
    let told =
        json!({"base": "USD", "asOf": since, "rates": {"EUR": "0", "GBP": "0.8", "JPY": 150}});
    nights.ports.outside.market().say_rates(nights.ports.clock.now(), Said::Json(told));
    let night = nights.night(&json!({}));
    assert_eq!(night.status, NightStatus::Partial, "{night:?}");
    let reasons = night.error_details["reasons"].as_object().unwrap();
    assert_eq!(reasons.keys().collect::<Vec<_>>(), ["missing_rate"]);
}

#[test]
fn rates_without_any_are_never_stored_and_those_of_a_time_to_come_are_stale() {
    let nights = Nights::of(10);
    let first = nights.night(&json!({}));
    let stored = |run| nights.ports.store.look(|state| state.portfolios().rates[&run].clone());
    for rates in [json!({}), json!({"USD": 1}), json!({"EUR": "0", "JPY": "NaN"})] {
        let now = nights.ports.clock.now();
        let told = json!({"base": "USD", "asOf": now, "rates": rates});
        nights.ports.outside.market().say_rates(now, Said::Json(told));
        let night = nights.night(&json!({}));
        assert_eq!((night.status, night.users_processed), (NightStatus::Completed, 10));
        assert_eq!(stored(night.run_id).rates, stored(first.run_id).rates, "{rates}");
    }
    for (ahead, is_stale) in [(TimeDelta::minutes(4), false), (TimeDelta::days(400), true)] {
        let now = nights.ports.clock.now();
        nights.ports.outside.market().say_rates(now, Said::Json(market::rates(now + ahead)));
        let night = nights.night(&json!({}));
        assert_eq!(night.status, NightStatus::Completed);
        assert_eq!(night.error_details.get("staleRates").is_some(), is_stale, "{ahead}");
    }
}

#[test]
fn prices_that_nobody_tells_fail_their_holders_and_no_night() {
    let nights = Nights::of(300);
    nights.ports.outside.set(Dependency::PriceProvider, Health::Down);
    let night = nights.long_night();
    assert_eq!((night.status, night.users_failed), (NightStatus::Failed, 300));
    assert_eq!(night.error_details["symbolsUnanswered"], 302);
    assert_eq!(nights.letter_reasons().len(), 0);
    nights.ports.outside.set(Dependency::PriceProvider, Health::Up);
    // The breaker has opened.
    nights.ports.clock.advance(TimeDelta::minutes(30));
    nights.minutes(5);
    let retry = nights.night(&json!({"retryOf": night.run_id}));
    assert_eq!((retry.status, retry.users_processed), (NightStatus::Completed, 300));
}

/// Symbols that the provider refuses, each of whose holders fail alone.
#[test]
fn a_symbol_that_is_refused_costs_nobody_else_his_price() {
    let nights = Nights::of(300);
    for nth in [50, 250, 251] {
        nights.ports.outside.market().refuse(&symbol(nth), true);
    }
    let night = nights.night(&json!({}));
    // Of each symbol there are three, who are of both organizations.
    assert_eq!((night.status, night.users_processed), (NightStatus::Partial, 300 - 3 - 4));
    assert_eq!(night.error_details["symbolsUnanswered"], 3);
    assert_eq!(night.error_details["reasons"], json!({"missing_price": 7}));
    let quotes = nights.asked().1;
    assert!(quotes.len() <= 2 * QUESTIONS_MAX, "{quotes:?}");
    // Once they are taken, a retry asks about them alone.
    for nth in [50, 250, 251] {
        nights.ports.outside.market().refuse(&symbol(nth), false);
    }
    let retry = nights.night(&json!({"retryOf": night.run_id}));
    assert_eq!((retry.status, retry.users_processed), (NightStatus::Completed, 7));
    assert_eq!(nights.asked().1[quotes.len()..], [3]);
}

/// An entry that makes all of an answer unreadable.
#[test]
fn a_symbol_that_spoils_an_answer_costs_nobody_else_his_price() {
    let nights = Nights::of(300);
    let garbage = Said::Garbage(br#"{"quotes": [{"price": NaN}]}"#.to_vec());
    nights.ports.outside.market().spoil(&symbol(70), Some(garbage));
    let night = nights.night(&json!({}));
    assert_eq!((night.status, night.users_processed), (NightStatus::Partial, 300 - 3));
    assert_eq!(night.error_details["symbolsUnanswered"], 1);
    assert_eq!(night.error_details["reasons"], json!({"missing_price": 3}));
    let quotes = nights.asked().1;
    assert_eq!(quotes[..4], [200, 102, 102, 102], "it may have been a hiccup");
    assert!(quotes.len() <= 3 + 2 * QUESTIONS_MAX, "{quotes:?}");
    assert_eq!(nights.letter_reasons().len(), 0);
}

/// A provider that is away for longer than its retries take, and for less than an outage.
#[test]
fn a_night_waits_for_a_provider_that_is_away_for_minutes() {
    for of in [Dependency::ExchangeRateProvider, Dependency::PriceProvider] {
        let nights = Nights::of(300);
        nights.ports.outside.set(of, Health::Down);
        nights.send("overnight.start", &json!({}));
        nights.minutes(8);
        nights.ports.outside.set(of, Health::Up);
        nights.minutes(20);
        let night = nights.latest();
        assert_eq!((night.status, night.users_processed), (NightStatus::Completed, 300), "{of:?}");
        assert_eq!((night.error_details, nights.letter_reasons().len()), (json!({}), 0));
    }
}

/// Each question takes as long as a provider that hangs and the one that is asked in its place;
/// and one symbol among 200 has them refuse it, so that a price is known at the fifth.
#[test]
fn a_job_that_asks_for_long_goes_on_as_the_next_one() {
    let nights = Nights::of(300);
    nights.ports.outside.market().refuse(&symbol(0), true);
    nights.ports.outside.takes(Dependency::PriceProvider, CALL_MAX);
    nights.night(&json!({}));
    nights.minutes(10);
    let night = nights.latest();
    assert_eq!((night.status, night.users_processed), (NightStatus::Partial, 300 - 1));
    assert_eq!(night.error_details["symbolsUnanswered"], 1);
    let calls = nights.ports.outside.calls(Dependency::PriceProvider);
    // Behind the first the time is over.
    assert_eq!(calls.values().max(), Some(&1), "{calls:?}");
    // Nobody lost his lease, and nobody asked the same again.
    let asked: BTreeSet<String> = {
        let market = nights.ports.outside.market();
        let quotes = market.asked().iter().filter(|asked| asked.request != Request::Rates);
        quotes.map(|asked| format!("{:?}", asked.request)).collect()
    };
    assert_eq!(asked.len() as u64, calls.values().sum::<u64>());
    assert_eq!(nights.letter_reasons().len(), 0);
}

/// The provider hangs and fails, and what that says of its health is contended each time: a
/// repeat would ask again while the lease runs out.
#[test]
fn what_is_contended_behind_a_long_call_is_put_off_and_not_repeated() {
    let nights = Nights::of(5);
    let (outside, faults) = (&nights.ports.outside, &nights.ports.faults);
    outside.set(Dependency::PriceProvider, Health::Down);
    outside.takes(Dependency::PriceProvider, CALL_MAX);
    faults.stand(Call::PutBreaker, Some(Fault::Contended));
    nights.may_fail.set(true);
    nights.send("overnight.start", &json!({}));
    nights.minutes(30);
    let calls = outside.calls(Dependency::PriceProvider);
    let [(id, asked)] = calls.iter().collect::<Vec<_>>()[..] else { panic!("{calls:?}") };
    let row = nights.ports.store.look(|state| state.job(*id).cloned()).unwrap();
    let claims = u64::try_from(row.claim).unwrap();
    assert!(*asked > 1 && *asked == claims, "{asked} calls, {claims} claims");
    assert_eq!((row.failures, nights.letter_reasons().len()), (0, 0));
    faults.calm();
    outside.set(Dependency::PriceProvider, Health::Up);
    nights.minutes(30);
    let night = nights.latest();
    assert_eq!((night.status, night.users_processed), (NightStatus::Completed, 5));
}

#[test]
fn a_provider_that_refuses_everything_is_asked_within_bounds() {
    for (status, most) in [(400, 302 * 3), (403, 2), (404, 2), (302, 2)] {
        let nights = Nights::of(300);
        nights.ports.outside.set(Dependency::PriceProvider, Health::Refusing(status));
        let night = nights.night(&json!({}));
        assert_eq!((night.status, night.users_failed), (NightStatus::Failed, 300), "{status}");
        assert_eq!(night.error_details["symbolsUnanswered"], 302);
        let calls = nights.ports.outside.calls(Dependency::PriceProvider);
        let job_max = calls.values().max().copied().unwrap();
        let asked: u64 = calls.values().sum();
        assert!(job_max <= QUESTIONS_MAX as u64 && asked <= most, "{status}: {asked}, {job_max}");
        assert_eq!(nights.letter_reasons().len(), 0);
    }
}

#[test]
fn a_breaker_that_stays_open_holds_no_night_for_ever() {
    let nights = Nights::of(5);
    nights.night(&json!({}));
    nights.ports.outside.set(Dependency::ExchangeRateProvider, Health::Down);
    for _ in 0..4 {
        nights.night(&json!({}));
    }
    nights.send("overnight.start", &json!({}));
    nights.minutes(60);
    assert!(nights.nights().iter().all(|night| night.status == NightStatus::Completed));
    assert_eq!((nights.unfinished(), nights.letter_reasons().len()), (0, 0));
}

#[test]
fn a_chunk_that_is_given_up_leaves_its_users_alone_and_can_be_done_later() {
    let nights = Nights::of(120);
    nights.may_fail.set(true);
    nights.ports.faults.stand(Call::ChunkInputs, Some(Fault::Fail(unreadable())));
    let night = nights.night(&json!({}));
    assert_eq!(nights.letter_reasons().len(), 3);
    nights.minutes(30);
    let night = nights.nights().into_iter().find(|one| one.run_id == night.run_id).unwrap();
    assert_eq!((night.status, night.users_failed), (NightStatus::Failed, 120));
    assert_eq!(night.error_details["chunksDead"], json!({"chunks": 3, "users": 120}));
    // The run's dead jobs are done after all, and the night ends anew.
    nights.ports.faults.stand(Call::ChunkInputs, None);
    nights.retry_run(night.run_id);
    nights.minutes(30);
    let night = nights.latest();
    assert_eq!((night.status, night.users_processed), (NightStatus::Completed, 120));
    assert_eq!(night.error_details, json!({}));
    assert_eq!(nights.replayed(night.run_id), 120);
    assert_eq!(nights.ports.projections.len(), 120);
    assert_eq!(nights.unfinished(), 0);
}

/// A step that dies leaves no night open, and what dies of it can be done later.
#[test]
fn a_night_whose_step_died_has_failed_until_it_is_done_after_all() {
    for (call, reached) in [(Call::LatestRates, 1), (Call::DueSymbols, 3)] {
        let nights = Nights::of(60);
        nights.may_fail.set(true);
        let health = if reached == 1 { Health::NotConfigured } else { Health::Up };
        nights.ports.outside.set(Dependency::ExchangeRateProvider, health);
        nights.ports.faults.stand(call, Some(Fault::Fail(unreadable())));
        let night = nights.night(&json!({}));
        assert_eq!(night.steps.len(), reached);
        assert_eq!((night.status, nights.letter_reasons().len()), (NightStatus::Failed, 1));
        assert_eq!(night.error_details["reason"], "job_died");
        assert_eq!(night.error_details["job"], "overnight.start");
        let types: Vec<String> = nights.told().into_iter().map(|(event, _)| event).collect();
        assert_eq!(types, ["overnight.ScoringStarted", "overnight.ScoringCompleted"]);
        nights.ports.faults.stand(call, None);
        nights.ports.outside.set(Dependency::ExchangeRateProvider, Health::Up);
        nights.retry_run(night.run_id);
        nights.minutes(10);
        let night = nights.latest();
        assert_eq!((night.status, night.users_processed), (NightStatus::Completed, 60));
        assert_eq!(night.error_details, json!({}));
        assert_eq!(nights.told().len(), 1);
        assert_eq!(nights.unfinished(), 0);
    }
}

/// All were scored, and what was to say so died: the night is not completed.
#[test]
fn a_night_whose_end_died_counts_what_came_of_its_users() {
    let nights = Nights::of(60);
    nights.may_fail.set(true);
    nights.ports.faults.stand(Call::NightTotals, Some(Fault::Fail(unreadable())));
    nights.send("overnight.start", &json!({}));
    nights.deliver_all();
    assert_eq!(nights.letter_reasons().len(), 1);
    nights.ports.faults.stand(Call::NightTotals, None);
    nights.minutes(2);
    let night = nights.latest();
    assert_eq!((night.status, night.users_processed), (NightStatus::Partial, 60));
    assert_eq!(night.error_details["job"], "overnight.finalize");
    nights.retry_run(night.run_id);
    nights.minutes(5);
    assert_eq!(nights.latest().status, NightStatus::Completed);
    assert_eq!(nights.ports.projections.len(), 60);
}

#[test]
fn a_night_whose_run_is_cancelled_has_failed() {
    let nights = Nights::of(60);
    nights.send("overnight.start", &json!({}));
    nights.deliver(None);
    nights.cancel_run(nights.latest().run_id);
    nights.minutes(3);
    let night = nights.latest();
    assert_eq!((night.status, night.users_processed), (NightStatus::Failed, 0));
    assert_eq!(night.error_details["reason"], "run_cancelled");
    assert_eq!(nights.unfinished(), 0);
}

#[test]
fn what_goes_on_is_not_repeated_and_no_user_is_scored_by_two_repeats() {
    let nights = Nights::of(60);
    nights.ports.outside.market().refuse(&symbol(5), true);
    nights.send("overnight.start", &json!({}));
    nights.deliver(None);
    let first = nights.latest();
    nights.send("overnight.start", &json!({"retryOf": first.run_id}));
    nights.minutes(5);
    assert_eq!(nights.letter_reasons(), ["night_running"]);
    nights.ports.outside.market().refuse(&symbol(5), false);
    // While the first repeat goes on there is no other.
    nights.send("overnight.start", &json!({"retryOf": first.run_id}));
    nights.deliver(None);
    nights.send("overnight.start", &json!({"retryOf": first.run_id}));
    nights.minutes(5);
    assert_eq!(nights.letter_reasons(), ["night_running"; 2]);
    let second = nights.latest();
    assert_eq!((second.status, second.users_processed), (NightStatus::Completed, 3));
    // Nobody is left for another one, of whichever of the two.
    for of in [first.run_id, second.run_id] {
        let none = nights.night(&json!({"retryOf": of}));
        assert_eq!((none.inputs_of, none.chunks_total), (first.run_id, 0));
    }
}

fn unreadable() -> mauntic_flows::ports::PortError {
    mauntic_flows::ports::PortError::Unreadable { what: "a chunk", place: "a test".to_owned() }
}

#[test]
fn snapshots_wait_for_their_place_and_scores_for_nothing() {
    let nights = Nights::of(10);
    nights.ports.faults.stand(Call::GetProjection, Some(Fault::Lost));
    let night = nights.night(&json!({}));
    assert_eq!(night.status, NightStatus::Completed);
    assert!(nights.ports.projections.is_empty());
    nights.ports.faults.stand(Call::GetProjection, None);
    nights.ports.projections.lose(500);
    nights.minutes(60);
    nights.ports.projections.settle();
    assert_eq!(nights.ports.projections.len(), 10);
    assert_eq!((nights.unfinished(), nights.letter_reasons().len()), (0, 0));
}

/// Whether a write was done is not known: one user's looks tell, and the others' would take
/// longer than the lease.
#[test]
fn a_place_that_takes_nothing_is_left_after_one_user() {
    let nights = Nights::of(50);
    nights.ports.faults.stand(Call::PutProjection, Some(Fault::Unsure));
    nights.night(&json!({}));
    let jobs = nights.ports.store.look(|state| state.jobs().cloned().collect::<Vec<_>>());
    let mut warm = jobs.iter().filter(|job| job.type_name == "overnight.warm-cache");
    let claims = u64::try_from(warm.next().unwrap().claim).unwrap();
    let tried = nights.ports.faults.applied()[&("unsure", Call::PutProjection)];
    assert!(claims > 1, "{claims}");
    assert_eq!(tried, claims * u64::from(ATTEMPTS_MAX));
    nights.ports.faults.calm();
    nights.minutes(60);
    assert_eq!(nights.ports.projections.len(), 50);
    assert_eq!((nights.unfinished(), nights.letter_reasons().len()), (0, 0));
}

#[test]
fn what_is_sent_by_hand_without_a_night_is_a_dead_letter() {
    let nights = Nights::of(1);
    for (of, data) in [
        ("overnight.start", json!({"step": "users"})),
        ("overnight.score-users", json!({"chunk": 0})),
        ("overnight.finalize", json!({})),
    ] {
        nights.send(of, &data);
    }
    nights.minutes(1);
    assert_eq!(nights.letter_reasons(), ["unknown_night"; 3]);
}

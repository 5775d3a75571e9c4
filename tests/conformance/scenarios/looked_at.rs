//! What somebody should look at: queues, breakers, runs, schedules and rates.

use chrono::TimeDelta;
use mauntic_domain::breaker::Breaker;
use mauntic_domain::jobs::limits::RUN_IDLE;
use mauntic_domain::overnight::NightStatus;
use mauntic_domain::schedules::Outcome;
use mauntic_flows::ports::{
    Dependency, GuardStore, KeyStore, NightRates, NightWrite, OperatorStore, RunStore, StoredRates,
    Warning, WarningKind,
};

use super::given::idempotent;
use super::given_nights::{NIGHTS, rates};
use super::views::{SCHEDULE, judge};
use crate::portfolio_tables::PortfolioSubject;
use crate::subject::{QUEUE, Subject, World};

on_both! {
    what_is_to_be_looked_at_is_told_by_name
    a_night_by_stale_rates_is_told
}

async fn told<S: Subject>(world: &World<S>) -> Vec<Warning> {
    world.http.vitals().await.unwrap().warnings.unwrap()
}

fn named(kind: WarningKind, name: &str, count: Option<i64>) -> Warning {
    Warning { kind, id: None, name: Some(name.to_owned()), count }
}

async fn what_is_to_be_looked_at_is_told_by_name<S: Subject>(mut world: World<S>) {
    let webhook = Dependency::AlertWebhook;
    world.queue.put_breaker(webhook, 0, Breaker::Failing { failures: 4 }).await.unwrap();
    assert_eq!(told(&world).await, []);
    let until = world.subject.now() + TimeDelta::seconds(120);
    world.queue.put_breaker(webhook, 1, Breaker::Open { until }).await.unwrap();
    for key in ["one", "two"] {
        world.dead_letter(idempotent(key)).await;
    }
    for run in judge(&mut world, &[Outcome::Missed, Outcome::Ran, Outcome::Missed]).await {
        world.queue.cancel_run(run).await.unwrap();
    }
    let (run, _) = world.open("a-lock", true).await;
    let letters = named(WarningKind::DeadLetters, QUEUE.name(), Some(2));
    let breaker = named(WarningKind::BreakerOpen, webhook.name(), None);
    let missed = |count| named(WarningKind::OccurrencesMissed, SCHEDULE, Some(count));
    assert_eq!(told(&world).await, [letters.clone(), breaker.clone(), missed(2)]);
    world.advance(RUN_IDLE.num_seconds() + 1).await;
    world.queue.recount(RUN_IDLE, 10).await.unwrap();
    let stalled = Warning { id: Some(run), ..named(WarningKind::RunStalled, "a-lock", None) };
    assert_eq!(told(&world).await, [letters.clone(), breaker, stalled, missed(2)]);
    world.op.reset_breaker(webhook).await.unwrap();
    world.queue.cancel_run(run).await.unwrap();
    // A day after the first of them.
    let rest = TimeDelta::hours(24) - RUN_IDLE - TimeDelta::minutes(2);
    world.advance(rest.num_seconds()).await;
    assert_eq!(told(&world).await, [letters.clone(), missed(1)]);
    world.advance(180).await;
    assert_eq!(told(&world).await, [letters]);
}

async fn a_night_by_stale_rates_is_told<S: PortfolioSubject>(mut world: World<S>) {
    for (run_id, is_stale) in [(NIGHTS[0], true), (NIGHTS[1], false)] {
        let beginning = world.beginning(run_id, run_id, &[]);
        world.write_night(beginning).await;
        let rates = StoredRates { stale: is_stale, ..rates(world.subject.now()) };
        let rates = NightRates { run_id, rates, took: world.took() };
        world.write_night(NightWrite::Rates(rates)).await;
        let before = told(&world).await;
        let end = world.ending(run_id, NightStatus::Completed).await;
        world.write_night(end).await;
        let warning =
            Warning { kind: WarningKind::RatesStale, id: Some(run_id), name: None, count: None };
        let wanted: Vec<_> = is_stale.then_some(warning).into_iter().collect();
        assert_eq!(told(&world).await, wanted);
        // Until it has ended the one before it is told.
        assert_eq!(before.len(), usize::from(!is_stale));
        world.advance(60).await;
    }
}

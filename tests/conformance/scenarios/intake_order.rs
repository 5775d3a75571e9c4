//! What counts of contact events does not depend on who came first.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::scoring::SignalConfigEntry;
use mauntic_domain::scoring::signals::SIGNALS_PER_DAY_MAX;
use mauntic_flows::ports::{Database, EventStore, SignalView, TakenIn};
use serde_json::{Value, json};

use super::given_signals::signal;
use super::intake::{entry, event, visit, with};
use crate::dump::differences;
use crate::memory::Memory;
use crate::postgres::Postgres;
use crate::subject::{Subject, World, organization};

on_both! {
    the_earliest_of_a_day_count
    a_full_day_takes_no_further_signals
    what_is_ahead_of_the_clock_is_detected_now
    every_order_gives_the_same_signals
    concurrent_intakes_are_one_after_the_other
}

fn at(event: Value, time: DateTime<Utc>) -> Value {
    with(event, json!({ "occurredAt": time }))
}

/// Two visits of a day count.
async fn capped<S: Subject>(world: &World<S>) {
    let capped = SignalConfigEntry { cap_per_day: Some(2), ..entry("WEBSITE_VISIT") };
    world.subject.put_signal_config(&organization("org_1"), vec![capped]).await;
}

async fn counted<S: Subject>(world: &mut World<S>) -> Vec<(String, bool)> {
    let rows = world.rows("signals").await;
    let text = |row: &Value| row["event_id"].as_str().unwrap().to_owned();
    rows.iter().map(|row| (text(row), row["counted"].as_bool().unwrap())).collect()
}

async fn a_full_day_takes_no_further_signals<S: Subject>(mut world: World<S>) {
    let now = world.subject.now();
    let of = |day: i64, from: usize, many: usize| -> Vec<SignalView> {
        let at = now - TimeDelta::days(day);
        (from..from + many).map(|n| signal(&format!("evt-{n:05}"), at)).collect()
    };
    world.put_signals("ada", &of(0, 0, SIGNALS_PER_DAY_MAX)).await;
    world.put_signals("ada", &of(1, SIGNALS_PER_DAY_MAX, SIGNALS_PER_DAY_MAX - 1)).await;
    let yesterday = |id| at(visit(id, "/blog"), now - TimeDelta::days(1));
    let taken = world.take_in(&[visit("a", "/demo"), yesterday("b"), yesterday("c")]).await;
    // A batch is judged as it finds the day.
    assert_eq!((taken.taken(), taken.signals, taken.alerts), (3, 2, 0));
    let taken = world.take_in(&[yesterday("d")]).await;
    assert_eq!((taken.taken(), taken.signals), (1, 0));
    assert_eq!(world.rows("activity").await.len(), 4, "what happened is kept");
}

async fn what_is_ahead_of_the_clock_is_detected_now<S: Subject>(mut world: World<S>) {
    let ahead = world.subject.now() + TimeDelta::minutes(4);
    world.take_in(&[at(visit("a", "/demo"), ahead)]).await;
    let row = &world.rows("signals").await[0];
    assert_eq!((&row["detected_at"], &row["decayed_at"]), (&json!("+0s"), &json!("+604800s")));
}

async fn the_earliest_of_a_day_count<S: Subject>(mut world: World<S>) {
    capped(&world).await;
    let midnight = world.subject.now().date_naive().and_hms_opt(0, 0, 0).unwrap().and_utc();
    let day = |hours: i64| midnight + TimeDelta::hours(hours);
    let last = midnight - TimeDelta::milliseconds(1);
    world
        .take_in(&[
            at(visit("a", "/blog"), day(5)),
            at(visit("b", "/blog"), day(4)),
            // Of another type, day or contact.
            at(visit("c", "/demo"), day(5)),
            at(visit("d", "/blog"), last),
            at(event("e", "content.PageVisited", json!({"contactId": "bob", "url": "/"})), day(5)),
            at(visit("f", "/blog"), day(6)),
        ])
        .await;
    let on = |names: &[(&str, bool)]| -> Vec<(String, bool)> {
        names.iter().map(|(name, counts)| ((*name).to_owned(), *counts)).collect()
    };
    let of_ada = [("a", true), ("b", true), ("c", true), ("d", true), ("f", false), ("e", true)];
    assert_eq!(counted(&mut world).await, on(&of_ada));
    // One that is late takes the place of one that counted; of two of one time
    // the lesser id is first.
    world.take_in(&[at(visit("g", "/blog"), midnight), at(visit("h", "/blog"), day(4))]).await;
    let of_ada = [
        ("a", false),
        ("b", true),
        ("c", true),
        ("d", true),
        ("f", false),
        ("g", true),
        ("h", false),
        ("e", true),
    ];
    assert_eq!(counted(&mut world).await, on(&of_ada));
}

/// Every order of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![vec![]];
    }
    let shorter = orders(count - 1);
    let put = |order: &Vec<usize>| {
        let with = |at: usize| {
            let mut order = order.clone();
            order.insert(at, count - 1);
            order
        };
        (0..count).map(with).collect::<Vec<_>>()
    };
    shorter.iter().flat_map(put).collect()
}

async fn every_order_gives_the_same_signals<S: Subject>(world: World<S>) {
    drop(world);
    let mut first = None;
    for order in orders(4) {
        let mut world = World::<S>::new().await;
        capped(&world).await;
        let now = world.subject.now();
        let ago = |minutes: i64| now - TimeDelta::minutes(minutes);
        let events = [
            at(visit("a", "/blog"), ago(10)),
            at(visit("b", "/blog"), ago(20)),
            at(visit("c", "/blog"), ago(20)),
            at(visit("d", "/pricing"), ago(30)),
        ];
        for place in &order {
            world.take_in(&events[*place..=*place]).await;
            // It comes twice.
            world.take_in(&events[*place..=*place]).await;
        }
        let mut rows = world.rows("signals").await;
        for row in &mut rows {
            // Says which intake it was.
            row.as_object_mut().unwrap().remove("input_version");
        }
        let activity = world.rows("activity").await;
        let alerts = world.rows("alerts").await.len();
        let found = (rows, activity.len(), alerts);
        assert_eq!(first.get_or_insert_with(|| found.clone()), &found, "in the order {order:?}");
    }
}

async fn concurrent_intakes_are_one_after_the_other<S: Subject>(mut world: World<S>) {
    capped(&world).await;
    let owner = organization("org_1");
    let now = world.subject.now();
    let of = |n: i64| at(visit(&format!("e-{n}"), "/blog"), now - TimeDelta::minutes(n));
    let mut intakes = Vec::new();
    for n in 0..6 {
        // Each event is in two of them.
        intakes.push(world.intake(&[of(n), of((n + 1) % 6), visit(&format!("d-{n}"), "/demo")]));
    }
    let mut sessions = Vec::new();
    for _ in &intakes {
        sessions.push(world.subject.http().open().await.unwrap());
    }
    let calls = intakes
        .iter()
        .zip(&sessions)
        .map(|(intake, session)| session.take_in(Some(&owner), intake));
    let taken = futures::future::join_all(calls).await;
    let taken: Vec<_> = taken.into_iter().map(Result::unwrap).collect();
    assert_eq!(taken.iter().map(TakenIn::taken).sum::<usize>(), 12);
    assert_eq!(taken.iter().map(|one| one.signals).sum::<u64>(), 12);
    assert_eq!(taken.iter().map(|one| one.alerts).sum::<u64>(), 1);
    let rows = world.rows("signals").await;
    let visits = rows.iter().filter(|row| row["signal_type"] == "WEBSITE_VISIT");
    let counted: Vec<_> = visits.filter(|row| row["counted"] == true).collect();
    let names: Vec<_> = counted.iter().map(|row| row["event_id"].as_str().unwrap()).collect();
    assert_eq!(names, ["e-4", "e-5"]);
    assert_eq!(world.rows("alerts").await.len(), 1);
    let jobs = world.rows("jobs").await;
    let scorings = jobs.iter().filter(|row| row["type"] == "scoring.CalculateScore").count();
    assert_eq!((jobs.len(), scorings), (2, 1));
}

#[tokio::test]
async fn both_stores_end_the_same() {
    let mut memory = World::<Memory>::new().await;
    let mut postgres = World::<Postgres>::new().await;
    script(&mut memory).await;
    script(&mut postgres).await;
    let found = differences(&memory.dump().await, &postgres.dump().await);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Something of everything.
async fn script<S: Subject>(world: &mut World<S>) {
    capped(world).await;
    let now = world.subject.now();
    for owner in ["org_1", "org_2"] {
        world.subject.put_organization(&organization(owner)).await;
    }
    for turn in 0..4 {
        let mut events = Vec::new();
        for (n, url) in ["/blog", "/demo", "/pricing", "/blog", "/comparison"].iter().enumerate() {
            let minutes = i64::try_from(n).unwrap() * 7 + turn * 3;
            let time = now - TimeDelta::minutes(minutes % 11);
            let owner = if n == 4 { "org_2" } else { "org_1" };
            let name = format!("e-{}", (n + usize::try_from(turn).unwrap() * 2) % 7);
            let contact = ["ada", "bob"][n % 2];
            let data = json!({"contactId": contact, "url": url});
            let made = at(event(&name, "content.PageVisited", data), time);
            events.push(with(made, json!({"organizationId": owner})));
        }
        let mut intake = world.intake(&events);
        intake.tell = turn % 2 == 0;
        world.queue.take_in(None, &intake).await.unwrap();
        world.advance(30).await;
        world.take_in(&[visit(&format!("own-{turn}"), "/case-studies")]).await;
    }
}

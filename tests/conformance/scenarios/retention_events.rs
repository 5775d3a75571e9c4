//! Retention of contact events: ids as long as an event may come again, the rest
//! for a year and more.

use chrono::{Datelike, Months, NaiveDate, NaiveTime, TimeDelta};
use mauntic_domain::contact_events::{ACTIVITY_KEPT, SEEN_KEPT};
use mauntic_domain::scoring::signals::SIGNALS_KEPT;
use mauntic_flows::ports::{EffectStore, EventStore, EventsRetired, JobKey};
use serde_json::{Value, json};

use super::given::effect;
use super::intake::{event, visit};
use crate::subject::{Subject, World};

on_both! {
    ids_go_when_no_event_can_come_again
    an_id_that_was_forgotten_may_be_used_again
    archived_signals_go
    closed_alerts_go
    activity_and_enrichment_jobs_go_by_whole_months
    at_most_so_many_rows_of_events_go
}

async fn retire<S: Subject>(world: &World<S>) -> EventsRetired {
    world.queue.retire_events(100).await.unwrap()
}

/// So long after now nothing of a table is gone, and a moment later it is.
async fn goes_after<S: Subject>(world: &World<S>, kept: TimeDelta, gone: EventsRetired) {
    world.subject.advance(kept).await;
    // Ids went long ago.
    assert_eq!(EventsRetired { seen: 0, ..retire(world).await }, EventsRetired::default());
    world.advance(1).await;
    assert_eq!(retire(world).await, gone);
    assert_eq!(retire(world).await, EventsRetired::default());
}

async fn ids_go_when_no_event_can_come_again<S: Subject>(mut world: World<S>) {
    world.take_in(&[visit("a", "/blog"), visit("b", "/blog")]).await;
    world.subject.advance(SEEN_KEPT).await;
    assert_eq!(retire(&world).await, EventsRetired::default());
    world.advance(1).await;
    assert_eq!(retire(&world).await, EventsRetired { seen: 2, ..EventsRetired::default() });
    let dump = world.dump().await;
    assert_eq!(dump["seen"], json!([]));
    assert_eq!(dump["signals"].as_array().unwrap().len(), 2);
    assert_eq!(dump["activity"].as_array().unwrap().len(), 2);
}

async fn an_id_that_was_forgotten_may_be_used_again<S: Subject>(mut world: World<S>) {
    world.take_in(&[visit("a", "/pricing")]).await;
    world.subject.advance(SEEN_KEPT + TimeDelta::seconds(1)).await;
    retire(&world).await;
    let before = world.rows("signals").await;
    let taken = world.take_in(&[visit("a", "/demo")]).await;
    assert_eq!((taken.taken(), taken.signals, taken.alerts), (1, 0, 0), "its signal stands");
    let kinds = |rows: &[Value]| -> Vec<Value> {
        rows.iter().map(|row| row["signal_type"].clone()).collect()
    };
    assert_eq!(kinds(&world.rows("signals").await), kinds(&before));
    assert_eq!(world.rows("activity").await.len(), 2);
}

/// Archives what has decayed.
async fn archive<S: Subject>(world: &mut World<S>) {
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let now = world.subject.now();
    let mut sweep = effect(now, &[&held]);
    sweep.archived_signals = world.queue.decayed_signals(now, 100).await.unwrap();
    world.queue.commit(&sweep).await.unwrap();
}

async fn archived_signals_go<S: Subject>(mut world: World<S>) {
    world.take_in(&[visit("a", "/blog")]).await;
    world.subject.advance(TimeDelta::days(8)).await;
    archive(&mut world).await;
    let left = SIGNALS_KEPT - TimeDelta::days(8);
    // Of another, that is not archived.
    world.take_in(&[visit("b", "/blog")]).await;
    goes_after(&world, left, EventsRetired { signals: 1, ..EventsRetired::default() }).await;
    assert_eq!(world.column("signals", "event_id").await, [json!("b")]);
}

async fn closed_alerts_go<S: Subject>(mut world: World<S>) {
    world.take_in(&[visit("a", "/demo"), visit("b", "/pricing")]).await;
    world.subject.advance(TimeDelta::days(1)).await;
    let alerts = world.rows("alerts").await;
    let id = world.labels.id(alerts[0]["id"].as_str().unwrap());
    let job = world.one(JobKey::None).await;
    let held = world.hold(job).await;
    let mut sweep = effect(world.subject.now(), &[&held]);
    sweep.expired_alerts = vec![id];
    world.queue.commit(&sweep).await.unwrap();
    let kept = EventsRetired { alerts: 1, ..EventsRetired::default() };
    // What they were opened by is older by a day.
    world.subject.advance(ACTIVITY_KEPT - TimeDelta::hours(1)).await;
    assert_eq!(retire(&world).await.alerts, 0);
    goes_after(&world, TimeDelta::hours(1), kept).await;
    assert_eq!(world.column("alerts", "status").await, [json!("open")]);
}

async fn activity_and_enrichment_jobs_go_by_whole_months<S: Subject>(mut world: World<S>) {
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let now = world.subject.now();
    let next = now.date_naive().with_day(1).unwrap() + Months::new(1);
    let last = midnight(next) - TimeDelta::milliseconds(1);
    world.subject.advance(last - now).await;
    let ended = |id: &str| {
        event(id, "enrichment.JobFinished", json!({"contactId": "ada", "status": "failed"}))
    };
    world.take_in(&[ended("a")]).await;
    world.advance(1).await;
    world.take_in(&[ended("b")]).await;
    // A moment before the first month is over for as long as is kept.
    let until = midnight(next) + ACTIVITY_KEPT - TimeDelta::milliseconds(1);
    world.subject.advance(until - world.subject.now()).await;
    retire(&world).await;
    for table in ["activity", "enrichments"] {
        assert_eq!(world.column(table, "event_id").await, [json!("a"), json!("b")], "{table}");
    }
    world.subject.advance(TimeDelta::milliseconds(1)).await;
    let gone = EventsRetired { enrichments: 1, ..EventsRetired::default() };
    assert_eq!(retire(&world).await, gone, "months of activity are not counted");
    // Of the month that ended then nothing is left, of the next one all.
    for table in ["activity", "enrichments"] {
        assert_eq!(world.column(table, "event_id").await, [json!("b")], "{table}");
    }
}

async fn at_most_so_many_rows_of_events_go<S: Subject>(mut world: World<S>) {
    world.take_in(&[visit("a", "/blog"), visit("b", "/blog"), visit("c", "/blog")]).await;
    world.subject.advance(ACTIVITY_KEPT + TimeDelta::seconds(1)).await;
    for seen in [2, 1, 0] {
        let gone = world.queue.retire_events(2).await.unwrap();
        assert_eq!(gone, EventsRetired { seen, ..EventsRetired::default() });
    }
}

//! What is shown of a score: exact, or said to be stale.

use chrono::TimeDelta;
use mauntic_domain::contact_events::Channel;
use mauntic_domain::ids::{EventId, SignalType};
use mauntic_domain::scoring::{Config, Decay, Features, Priority, Signal};
use serde_json::json;

use super::*;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// A signal of so many points that falls evenly for a week.
fn signal(points: i64, age_hours: i64) -> SignalView {
    let detected_at = now() - TimeDelta::hours(age_hours);
    SignalView {
        event_id: EventId::parse(format!("evt_{age_hours}")).unwrap(),
        signal_type: SignalType::parse("DEMO_REQUEST").unwrap(),
        source: Channel::Content,
        priority: Priority::Critical,
        signal: Signal {
            weight: SignalWeight::from_hundredths(points * 100).unwrap(),
            decay: Decay::default(),
            detected_at,
        },
        input_version: 3,
        received_at: detected_at,
        counted: true,
        archived_at: None,
    }
}

fn view(signals: Vec<SignalView>) -> ContactView {
    ContactView {
        now: now(),
        features: Features { has_email: true, ..Features::default() },
        input_version: 3,
        config: Config::default(),
        config_version: 0,
        score: None,
        signals,
        truncated: false,
    }
}

/// The same with the score that was computed from it an hour ago.
fn with_score(view: ContactView, context: &Context) -> ContactView {
    let calculated_at = now() - TimeDelta::hours(1);
    let sum =
        SignalsPart::of(&view.config, view.signals.iter().map(|one| &one.signal), calculated_at)
            .sum;
    let row = ScoreRow {
        score: score(&view.features, &view.config, context, sum),
        previous_total: None,
        input_version: 3,
        input_version_now: view.input_version,
        config_version: 0,
        calculated_at,
    };
    ContactView { score: Some(row), ..view }
}

fn assert_adds_up((shown, signals): &Explained) {
    let signals = signals.as_ref().unwrap();
    let (sum, items) = signals.parts.as_ref().unwrap();
    let weights: PointsE4 = items.iter().map(|(_, weight)| weight.points()).sum();
    assert_eq!(weights, *sum);
    assert_eq!(signals.counted, PointsE4::min(*sum, signals.cap));
    let found = shown.score.contributions().iter().find(|one| one.factor == "intent_signals");
    assert_eq!(found.map_or(PointsE4::ZERO, |one| one.points), signals.counted);
    assert!(!signals.stale && !signals.truncated);
}

#[test]
fn a_stored_score_is_the_sum_of_its_signals() {
    for (signals, sum, counted) in [
        (vec![], "0", "0"),
        (vec![signal(20, 85)], "10", "10"),
        (vec![signal(20, 1), signal(30, 1)], "50", "40"),
    ] {
        let explained = stored(with_score(view(signals), &Context::default())).unwrap();
        assert_adds_up(&explained);
        let shown = explained.1.unwrap();
        assert_eq!(shown.parts.unwrap().0.to_string(), sum);
        assert_eq!(
            (shown.counted.to_string(), shown.cap.to_string()),
            (counted.into(), "40".into())
        );
        assert_eq!(explained.0.as_of, now() - TimeDelta::hours(1));
        assert_eq!(explained.0.calculated_at, Some(explained.0.as_of));
    }
}

#[test]
fn signals_that_are_not_the_scores_own_are_not_listed() {
    let whole = with_score(view(vec![signal(20, 1), signal(10, 2)]), &Context::default());
    let newer = ContactView { input_version: 4, ..whole.clone() };
    let one_less = ContactView { signals: vec![signal(20, 1)], ..whole.clone() };
    for (other, stale, truncated) in [
        (newer, true, false),
        (one_less, true, false),
        (ContactView { truncated: true, ..whole.clone() }, false, true),
    ] {
        let (shown, signals) = stored(other).unwrap();
        let signals = signals.unwrap();
        assert_eq!((signals.stale, signals.truncated, &signals.parts), (stale, truncated, &None));
        assert!(signals.counted > PointsE4::ZERO, "what is stored stands");
        assert_eq!(shown.score, whole.score.as_ref().unwrap().score);
    }
}

#[test]
fn a_score_of_which_the_request_gave_the_category_has_no_signals() {
    let given: Context = serde_json::from_value(json!({"intent": 7})).unwrap();
    let (_, signals) = stored(with_score(view(vec![signal(20, 1)]), &given)).unwrap();
    assert_eq!(signals, None);
    let given: Context = serde_json::from_value(json!({"engagement": 7})).unwrap();
    assert_adds_up(&stored(with_score(view(vec![signal(20, 1)]), &given)).unwrap());
}

#[test]
fn a_contact_without_a_score_is_not_ready_but_is_computed() {
    assert_eq!(stored(view(vec![signal(20, 1)])), Err(NotShown::NotReady));
    let explained = computed(view(vec![signal(20, 0)]), now()).unwrap();
    assert_adds_up(&explained);
    let (shown, _) = explained;
    assert_eq!(shown.score.total().to_string(), "30");
    assert_eq!((shown.previous_total, shown.calculated_at, shown.as_of), (None, None, now()));
}

#[test]
fn as_of_an_instant_it_is_held_against_the_stored_score() {
    let whole = with_score(view(vec![signal(20, 1)]), &Context::default());
    let later = now() + TimeDelta::hours(83);
    let explained = computed(whole, later).unwrap();
    assert_adds_up(&explained);
    assert_eq!(explained.0.score.total().to_string(), "20");
    assert_eq!(explained.0.previous_total, Some(PointsE4::whole(30)));
}

#[test]
fn an_instant_has_bounds() {
    let tiny = TimeDelta::milliseconds(1);
    let (from, to) = (now() - AS_OF_PAST_MAX, now() + AS_OF_FUTURE_MAX);
    for instant in [from, to] {
        assert!(computed(view(vec![]), instant).is_ok());
    }
    for instant in [from - tiny, to + tiny] {
        let found = computed(view(vec![]), instant);
        assert_eq!(found, Err(NotShown::OutOfBounds { from, to }));
    }
    let many = ContactView { truncated: true, ..view(vec![signal(20, 1)]) };
    assert_eq!(computed(many, now()), Err(NotShown::TooManySignals));
}

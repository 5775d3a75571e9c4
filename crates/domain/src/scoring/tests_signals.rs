//! What signals weigh together, and what they add to a score.

use proptest::prelude::*;

use super::super::tests_any::{any_instant, any_signal, any_signals};
use super::*;
use crate::scoring::{
    Category, Config, Context, DecayHours, DecayModel, Features, Score, explain, score,
};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn signal(weight: &str, model: DecayModel, hours: u64, detected_at: &str) -> Signal {
    Signal {
        weight: serde_json::from_str(weight).unwrap(),
        decay: Decay { model, hours: DecayHours::new(hours).unwrap() },
        detected_at: at(detected_at),
    }
}

#[test]
fn a_signal_weighs_from_its_instant_until_its_time() {
    let of = signal("20", DecayModel::Linear, 168, "2026-02-19T10:00:00Z");
    for (as_of, expected) in [
        ("2026-02-19T09:59:59.999Z", "0"),
        ("2026-02-19T10:00:00Z", "20"),
        ("2026-02-22T22:00:00Z", "10"),
        ("2026-02-26T09:00:00Z", "0.12"),
        ("2026-02-26T10:00:00Z", "0"),
        ("2027-02-26T10:00:00Z", "0"),
    ] {
        assert_eq!(of.remaining(at(as_of)).to_string(), expected, "{as_of}");
    }
    assert_eq!(of.decayed_at(), at("2026-02-26T10:00:00Z"));
}

#[test]
fn parts_of_a_millisecond_count_nowhere() {
    // The database keeps microseconds.
    let of = signal("20", DecayModel::Step, 4, "2026-02-19T10:00:00.000999Z");
    for (as_of, expected) in [
        ("2026-02-19T10:00:00Z", "20"),
        ("2026-02-19T11:59:59.999999Z", "20"),
        ("2026-02-19T12:00:00Z", "10"),
        ("2026-02-19T14:00:00Z", "0"),
    ] {
        assert_eq!(of.remaining(at(as_of)).to_string(), expected, "{as_of}");
    }
}

#[test]
fn signals_of_different_models_add_up() {
    let signals = [
        signal("20", DecayModel::Linear, 168, "2026-02-19T10:00:00Z"),
        signal("100", DecayModel::Exponential, 252, "2026-02-19T10:00:00Z"),
        signal("30", DecayModel::Step, 100, "2026-02-19T10:00:00Z"),
        // Not yet, and no longer.
        signal("5", DecayModel::Linear, 168, "2026-02-22T22:00:00.001Z"),
        signal("5", DecayModel::Linear, 1, "2026-02-19T10:00:00Z"),
    ];
    // After 84 h: 10 + 36.79 + 7.5.
    assert_eq!(sum(&signals, at("2026-02-22T22:00:00Z")).to_string(), "54.29");
    assert_eq!(sum(&signals, at("2026-02-19T09:00:00Z")), PointsE4::ZERO);
    assert_eq!(sum(&[], at("2026-02-19T10:00:00Z")), PointsE4::ZERO);
}

fn scored(config: &str, weighed: &str) -> Score {
    let features: Features = serde_json::from_str(
        r#"{"hasEmail":true,"demoRequest":true,"customFactors":{"intent_signals":true}}"#,
    )
    .unwrap();
    let config = Config::new(serde_json::from_str(config).unwrap()).unwrap();
    score(&features, &config, &Context::default(), PointsE4::parse(weighed, 4).unwrap())
}

/// Beside an e-mail address (fit 10) and a request for a demo (intent 30).
#[test]
fn signals_are_one_contribution_up_to_its_cap() {
    let entry = |category: &str, cap: &str, enabled: bool| {
        format!(
            r#"[{{"category":"{category}","factor":"intent_signals","weight":{cap},"enabled":{enabled}}}]"#
        )
    };
    #[rustfmt::skip]
    let rows = [
        // configuration                    weighed   engagement  intent   contribution
        ("[]".to_owned(),                   "0",      "0",        "30",    None),
        ("[]".to_owned(),                   "0.01",   "0",        "30.01", Some("0.01")),
        ("[]".to_owned(),                   "39.99",  "0",        "69.99", Some("39.99")),
        ("[]".to_owned(),                   "40",     "0",        "70",    Some("40")),
        ("[]".to_owned(),                   "40.01",  "0",        "70",    Some("40")),
        ("[]".to_owned(),                   "999999", "0",        "70",    Some("40")),
        (entry("intent", "55.5", true),     "54",     "0",        "84",    Some("54")),
        (entry("intent", "55.5", true),     "56",     "0",        "85.5",  Some("55.5")),
        (entry("engagement", "12", true),   "13",     "12",       "30",    Some("12")),
        (entry("intent", "0", true),        "13",     "0",        "30",    None),
        (entry("intent", "-5", true),       "13",     "0",        "30",    None),
        (entry("intent", "55.5", false),    "13",     "0",        "30",    None),
    ];
    for (config, weighed, engagement, intent, contribution) in rows {
        let scored = scored(&config, weighed);
        let of = scored.components().get(SIGNALS_FACTOR).map(ToString::to_string);
        assert_eq!(of.as_deref(), contribution, "{config} {weighed}");
        assert_eq!(scored.category(Category::Engagement).to_string(), engagement);
        assert_eq!(scored.category(Category::Intent).to_string(), intent, "{config} {weighed}");
        assert_eq!(scored.category(Category::Fit).to_string(), "10");
    }
}

#[test]
fn a_replaced_category_has_no_signals() {
    let context: Context = serde_json::from_str(r#"{"intent":7}"#).unwrap();
    let config = Config::default();
    let scored = score(&Features::default(), &config, &context, PointsE4::whole(20));
    assert_eq!(scored.total(), PointsE4::whole(7));
    assert!(!scored.components().contains_key(SIGNALS_FACTOR));
    // Another category's replacement leaves them.
    let context: Context = serde_json::from_str(r#"{"engagement":7}"#).unwrap();
    let scored = score(&Features::default(), &config, &context, PointsE4::whole(20));
    assert_eq!(scored.total(), PointsE4::whole(27));
}

#[test]
fn an_explanation_says_what_signals_are() {
    let explained = explain(&scored("[]", "12.5"), None);
    let line = explained.contributions.iter().find(|line| line.factor == SIGNALS_FACTOR).unwrap();
    assert_eq!((line.category, line.points.to_string()), (Some(Category::Intent), "12.5".into()));
    assert_eq!(line.label, "Signals of intent");
    assert!(line.description.ends_with("decayed: 12.5 points."), "{}", line.description);
}

proptest! {
    #[test]
    fn a_set_weighs_what_its_parts_weigh_in_any_order(
        (signals, shuffled) in any_signals().prop_flat_map(|s| (Just(s.clone()), Just(s).prop_shuffle())),
        at in any::<prop::sample::Index>(),
        as_of in any_instant(),
    ) {
        let (left, right) = signals.split_at(at.index(signals.len() + 1));
        prop_assert_eq!(sum(&signals, as_of), sum(left, as_of) + sum(right, as_of));
        prop_assert_eq!(sum(&signals, as_of), sum(&shuffled, as_of));
        let each: PointsE4 = signals.iter().map(|one| sum([one], as_of)).sum();
        prop_assert_eq!(sum(&signals, as_of), each);
        let weights: PointsE4 = signals.iter().map(|one| one.weight.points()).sum();
        prop_assert!((PointsE4::ZERO..=weights).contains(&sum(&signals, as_of)));
        // Hundredths, so that a stored sum of them is the same sum.
        prop_assert_eq!(sum(&signals, as_of).e4() % 100, 0);
    }

    #[test]
    fn a_set_that_has_come_never_grows(signals in any_signals(), mut instants in proptest::collection::vec(any_instant(), 2..8)) {
        let all_came = signals.iter().map(|one| one.detected_at).max();
        instants.retain(|instant| all_came.is_none_or(|came| *instant >= came));
        instants.sort();
        let weighed: Vec<_> = instants.iter().map(|as_of| sum(&signals, *as_of)).collect();
        prop_assert!(weighed.windows(2).all(|pair| pair[0] >= pair[1]), "{weighed:?}");
        let end = signals.iter().map(Signal::decayed_at).max();
        prop_assert!(end.is_none_or(|end| sum(&signals, end) == PointsE4::ZERO));
    }

    #[test]
    fn asking_in_between_changes_nothing(
        signals in any_signals(), asked in proptest::collection::vec(any_instant(), 0..8), as_of in any_instant(),
    ) {
        let at_once = sum(&signals, as_of);
        let kept = signals.clone();
        let between: PointsE4 = asked.iter().map(|instant| sum(&signals, *instant)).sum();
        prop_assert!(between >= PointsE4::ZERO);
        prop_assert_eq!(sum(&signals, as_of), at_once);
        prop_assert_eq!(signals, kept);
    }

    #[test]
    fn only_the_age_counts(of in any_signal(), as_of in any_instant(), later_millis in 0_i64..10_i64.pow(12)) {
        // What was weighed in steps is weighed as of each step's own instant: a
        // signal and an instant that move together weigh the same.
        let later = TimeDelta::milliseconds(later_millis);
        let moved = Signal { detected_at: of.detected_at + later, ..of };
        prop_assert_eq!(moved.remaining(as_of + later), of.remaining(as_of));
    }

    #[test]
    fn parts_of_a_millisecond_never_count(of in any_signal(), as_of in any_instant(), micros in [0_i64..1_000, 0_i64..1_000]) {
        let [later, detected] = micros.map(TimeDelta::microseconds);
        let between = Signal { detected_at: of.detected_at + detected, ..of };
        prop_assert_eq!(between.remaining(as_of + later), of.remaining(as_of));
    }
}

//! What an organization may say of a type, and what a signal is given then.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::tests_any::any_weight;
use super::*;

fn entries(json: &Value) -> Vec<SignalConfigEntry> {
    serde_json::from_value(json.clone()).unwrap()
}

fn config(json: &Value) -> SignalConfig {
    SignalConfig::new(entries(json)).unwrap()
}

fn weight(json: &str) -> SignalWeight {
    serde_json::from_str(json).unwrap()
}

fn of_type(name: &str) -> SignalType {
    SignalType::parse(name).unwrap()
}

#[test]
fn an_entry_goes_before_the_defaults_and_what_came_before_both() {
    let config = config(&json!([
        {"signalType": "PRICING_PAGE", "weight": 12.5},
        {"signalType": "EMAIL_OPEN", "decayHours": 24},
        {"signalType": "EMAIL_CLICK", "decayModel": "step", "tier": "critical"},
        {"signalType": "DEMO_REQUEST", "tier": "low", "capPerDay": 3, "weight": 0},
        {"signalType": "JOB_CHANGE", "weight": 50, "decayHours": 720, "decayModel": "exponential",
         "tier": "medium", "enabled": true, "capPerDay": 1000},
        {"signalType": "WEBSITE_VISIT", "enabled": false, "weight": 5},
    ]));
    #[rustfmt::skip]
    let rows = [
        // type          given       default  what it is given
        ("FREE_TRIAL",   None,       "25",  Some(("25",   "linear",      168, "high",     100))),
        ("FREE_TRIAL",   Some("1"),  "25",  Some(("1",    "linear",      168, "high",     100))),
        ("PRICING_PAGE", None,       "20",  Some(("12.5", "linear",      168, "critical", 100))),
        ("PRICING_PAGE", Some("0"),  "20",  Some(("0",    "linear",      168, "critical", 100))),
        ("pricing_page", None,       "20",  Some(("20",   "linear",      168, "low",      100))),
        ("EMAIL_OPEN",   None,       "3",   Some(("3",    "linear",      24,  "low",      100))),
        ("EMAIL_CLICK",  None,       "8",   Some(("8",    "step",        168, "critical", 100))),
        ("DEMO_REQUEST", None,       "30",  Some(("0",    "linear",      168, "low",      3))),
        ("JOB_CHANGE",   None,       "5",   Some(("50",   "exponential", 720, "medium",   1_000))),
        ("JOB_CHANGE",   Some("7"),  "5",   Some(("7",    "exponential", 720, "medium",   1_000))),
        ("WEBSITE_VISIT", None,      "5",   None),
        ("WEBSITE_VISIT", Some("9"), "5",   None),
        ("OF_AN_OBSERVER", None,     "5",   Some(("5",    "linear",      168, "low",      100))),
    ];
    for (name, given, default, expected) in rows {
        let terms = config.terms(&of_type(name), given.map(weight), weight(default));
        let found = terms.map(|terms| {
            let Decay { model, hours } = terms.decay;
            let (priority, cap) = (terms.priority.as_str(), terms.cap_per_day);
            (terms.weight.to_string(), model.as_str(), hours.hours(), priority, cap)
        });
        let expected = expected.map(|(weight, model, hours, priority, cap)| {
            (weight.to_owned(), model, hours, priority, cap)
        });
        assert_eq!(found, expected, "{name} {given:?}");
    }
}

#[test]
fn an_entry_that_is_none_says_where_and_why() {
    for (field, value, why) in [
        ("signalType", json!("A B"), "may contain only letters"),
        ("signalType", json!(""), "must not be empty"),
        ("weight", json!(-0.01), "must be 0 to 999.99"),
        ("weight", json!(1000), "must be 0 to 999.99"),
        ("weight", json!(1.005), "at most 2 decimals"),
        ("weight", json!("5"), "must be 0 to 999.99"),
        ("decayHours", json!(0), "must be 1 to 8784 whole hours"),
        ("decayHours", json!(-5), "must be 1 to 8784 whole hours"),
        ("decayHours", json!(8_785), "must be 1 to 8784 whole hours"),
        ("decayHours", json!(1.5), "must be 1 to 8784 whole hours"),
        ("decayModel", json!("cubic"), "expected one of `linear`, `exponential`, `step`"),
        ("tier", json!("urgent"), "expected one of `critical`, `high`, `medium`, `low`"),
        ("enabled", json!("yes"), "expected a boolean"),
        ("capPerDay", json!(-1), "u16"),
        ("capPerDay", json!(65_536), "u16"),
    ] {
        let mut entry = json!({"signalType": "X"});
        entry[field] = value;
        let error =
            serde_path_to_error::deserialize::<_, SignalConfigEntry>(entry.clone()).unwrap_err();
        assert_eq!(error.path().to_string(), field, "{entry}");
        assert!(error.inner().to_string().contains(why), "{entry}: {error}");
    }
    assert!(serde_json::from_value::<SignalConfigEntry>(json!({"weight": 5})).is_err());
}

#[test]
fn a_list_that_is_no_configuration_is_refused() {
    let refused = |list: &Value| SignalConfig::new(entries(list)).unwrap_err();
    let twice = json!([{"signalType": "A"}, {"signalType": "B"}, {"signalType": "A"}]);
    let error = refused(&twice);
    assert_eq!(error, SignalConfigError::DuplicateType { signal_type: of_type("A"), index: 2 });
    assert_eq!(error.to_string(), "signal type A is configured twice; keep one entry for it");
    for cap in [0, 1_001, 65_535] {
        let list = json!([{"signalType": "A"}, {"signalType": "B", "capPerDay": cap}]);
        assert_eq!(refused(&list), SignalConfigError::Cap { index: 1 });
        assert_eq!(refused(&list).to_string(), "capPerDay must be 1 to 1000");
    }
    let many = |count: usize| (0..count).map(|n| json!({"signalType": format!("T{n}")})).collect();
    assert_eq!(config(&many(SIGNAL_ENTRIES_MAX)).entries().count(), SIGNAL_ENTRIES_MAX);
    let error = refused(&many(SIGNAL_ENTRIES_MAX + 1));
    assert_eq!(error, SignalConfigError::TooMany { found: 501 });
}

#[test]
fn an_entry_is_written_as_it_is_read() {
    for (read, written) in [
        (
            json!({"signalType": "A"}),
            json!({"signalType": "A", "decayHours": 168, "decayModel": "linear", "enabled": true}),
        ),
        (
            json!({"signalType": "A", "weight": null, "tier": null, "capPerDay": null}),
            json!({"signalType": "A", "decayHours": 168, "decayModel": "linear", "enabled": true}),
        ),
        (
            json!({"signalType": "A", "weight": 12.5, "decayHours": 1, "decayModel": "step",
                "tier": "high", "enabled": false, "capPerDay": 7}),
            json!({"signalType": "A", "weight": 12.5, "decayHours": 1, "decayModel": "step",
                "tier": "high", "enabled": false, "capPerDay": 7}),
        ),
    ] {
        let entry: SignalConfigEntry = serde_json::from_value(read).unwrap();
        assert_eq!(serde_json::to_value(&entry).unwrap(), written);
        assert_eq!(serde_json::from_value::<SignalConfigEntry>(written).unwrap(), entry);
    }
}

fn any_entries() -> impl Strategy<Value = Vec<SignalConfigEntry>> {
    let fields = (
        prop::option::of(any_weight()),
        1..=8_784_u64,
        prop::sample::select(DecayModel::ALL.to_vec()),
        prop::option::of(prop::sample::select(Priority::ALL.to_vec())),
        any::<bool>(),
        prop::option::of(1..=CAP_PER_DAY_MAX),
    );
    proptest::collection::btree_map("[A-E]", fields, 0..5).prop_map(|by_type| {
        let entry =
            |(name, (weight, hours, decay_model, tier, enabled, cap_per_day)): (String, _)| {
                SignalConfigEntry {
                    signal_type: of_type(&name),
                    weight,
                    decay_hours: DecayHours::new(hours).unwrap(),
                    decay_model,
                    tier,
                    enabled,
                    cap_per_day,
                }
            };
        by_type.into_iter().map(entry).collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_entries_does_not_matter(
        (list, shuffled) in any_entries().prop_flat_map(|e| (Just(e.clone()), Just(e).prop_shuffle())),
    ) {
        let (a, b) = (SignalConfig::new(list.clone()).unwrap(), SignalConfig::new(shuffled).unwrap());
        prop_assert_eq!(&a, &b);
        prop_assert_eq!(a.entries().cloned().collect::<Vec<_>>(), list);
    }

    #[test]
    fn a_type_without_an_entry_has_the_defaults(list in any_entries(), default in any_weight()) {
        let config = SignalConfig::new(list).unwrap();
        let terms = config.terms(&of_type("F"), None, default).unwrap();
        let expected = SignalConfig::default().terms(&of_type("F"), None, default).unwrap();
        prop_assert_eq!(terms, expected);
        prop_assert_eq!(terms.weight, default);
    }
}

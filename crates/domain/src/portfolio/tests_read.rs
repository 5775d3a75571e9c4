//! What people write, and what is wrong with it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::criteria::{CRITERIA_BYTES_MAX, CRITERIA_MAX, NAME_CHARS_MAX};
use super::fault::FAULTS_LISTED_MAX;
use super::*;

fn faults(json: &str) -> Vec<(&'static str, String)> {
    let faults = Criteria::parse(json).unwrap_err();
    assert_eq!(faults.found().min(FAULTS_LISTED_MAX), faults.listed().len());
    faults.listed().iter().map(|fault| (fault.name, fault.pointer.clone())).collect()
}

fn sent() -> Value {
    json!({"id": "a", "name": "A", "metric": "price", "operator": "gt", "value": 1, "points": 1})
}

/// One criterion with a field replaced by JSON text: `null` is as good as absent.
fn with(field: &str, json: &str) -> String {
    let mut sent = sent();
    sent[field] = json!("\u{1}here");
    format!("[{}]", sent.to_string().replace("\"\\u0001here\"", json))
}

/// A row: a field, what stands there, the name of the fault at it.
#[test]
fn a_fault_has_its_name_and_place() {
    let long = format!("\"{}\"", "x".repeat(NAME_CHARS_MAX + 1));
    for (field, json, name) in [
        ("id", "null", "missing"),
        ("id", "7", "not_text"),
        ("id", "\"\"", "bad_id"),
        ("id", "\"a b\"", "bad_id"),
        ("name", "null", "missing"),
        ("name", long.as_str(), "bad_name"),
        ("name", r#""\u0000""#, "bad_name"),
        ("metric", "\"eps\"", "unknown_metric"),
        ("metric", "\"Price\"", "unknown_metric"),
        ("metric", "[]", "not_text"),
        ("operator", "\"eq\"", "unknown_operator"),
        ("operator", "null", "missing"),
        ("value", "null", "missing"),
        ("value", "\"NaN\"", "not_finite"),
        ("value", "\"-Infinity\"", "not_finite"),
        ("value", "1e5", "exponent"),
        ("value", "\"1E-3\"", "exponent"),
        ("value", "1234567890123456789012345678901234567890", "too_many_digits"),
        ("value", "0.1234567890123456789012345678901234567890", "too_many_digits"),
        ("value", "\"ten\"", "not_decimal"),
        ("value", "true", "not_decimal"),
        ("value", "{}", "not_decimal"),
        ("value2", "\"inf\"", "not_finite"),
        ("points", "null", "missing"),
        ("points", "\"NaN\"", "not_finite"),
        ("points", "1000001", "points_range"),
        ("points", "0.0000000000000000001", "points_range"),
        ("points", "1e2", "exponent"),
        ("requiredFundamentals", "\"price\"", "not_list"),
        ("requiredFundamentals", "{}", "not_list"),
        ("weight", "1", "unknown_field"),
    ] {
        assert_eq!(faults(&with(field, json)), [(name, format!("/0/{field}"))], "{field}: {json}");
    }
    let required = with("requiredFundamentals", r#"["price","eps",3]"#);
    let expected = [1, 2].map(|at| ("unknown_metric", format!("/0/requiredFundamentals/{at}")));
    assert_eq!(faults(&required), expected);
    assert_eq!(faults("{}"), [("not_list", String::new())]);
    assert_eq!(faults("[1]"), [("not_object", "/0".to_owned())]);
    for json in ["", "[", "NaN", "[NaN]", "[{\"value\": Infinity}]", "[]]"] {
        assert_eq!(faults(json), [("not_json", String::new())], "{json}");
    }
}

#[test]
fn every_fault_is_found_at_once() {
    let twice = json!([sent(), sent(), {"id": "b", "a/b~c": 1}]).to_string();
    let expected = [
        ("duplicate_id", "/1/id"),
        ("unknown_field", "/2/a~1b~0c"),
        ("missing", "/2/name"),
        ("missing", "/2/metric"),
        ("missing", "/2/operator"),
        ("missing", "/2/points"),
    ];
    assert_eq!(faults(&twice), expected.map(|(name, place)| (name, place.to_owned())));
    let many: Vec<Value> = (0..CRITERIA_MAX).map(|_| json!({})).collect();
    let faults = Criteria::parse(&json!(many).to_string()).unwrap_err();
    assert_eq!((faults.found(), faults.listed().len()), (5 * CRITERIA_MAX, FAULTS_LISTED_MAX));
}

#[test]
fn a_list_has_its_limit() {
    let list = |length: usize| {
        let mut list = vec![sent(); length];
        for (at, one) in list.iter_mut().enumerate() {
            one["id"] = json!(format!("{at:0>64}"));
            one["name"] = json!("\u{1}".repeat(NAME_CHARS_MAX));
            one["value"] = json!("-".to_owned() + &"9".repeat(28));
            one["value2"] = one["value"].clone();
            one["points"] = json!("-123456.123456789012345678");
            one["metric"] = json!("dividend_yield");
            one["operator"] = json!("between");
            one["requiredFundamentals"] = json!(Metric::ALL.map(Metric::name));
        }
        json!(list).to_string()
    };
    let longest = Criteria::parse(&list(CRITERIA_MAX)).unwrap();
    assert!(longest.to_json().len() < CRITERIA_BYTES_MAX, "{}", longest.to_json().len());
    assert_eq!(faults(&list(CRITERIA_MAX + 1)), [("too_many", String::new())]);
    assert_eq!(Criteria::parse("[]").unwrap(), Criteria::default());
}

#[test]
fn numbers_are_taken_by_their_text() {
    let criteria = Criteria::parse(&with("value", "12345678901234567890.12345678")).unwrap();
    let value = criteria.iter().next().unwrap().value.unwrap();
    assert_eq!(value.to_string(), "12345678901234567890.12345678");
    let criteria = Criteria::parse(&with("points", "0.100000000000000001")).unwrap();
    assert!(criteria.to_json().contains(r#""points":0.100000000000000001"#));
}

proptest! {
    /// Whatever comes is read or refused, and a refusal says where.
    #[test]
    fn nothing_that_is_sent_makes_it_stop(json in "[\\[{\"a-z:0-9.,}\\]e ]{0,60}") {
        match Criteria::parse(&json) {
            Ok(criteria) => prop_assert_eq!(Criteria::parse(&criteria.to_json()), Ok(criteria)),
            Err(faults) => prop_assert!(faults.found() > 0),
        }
    }
}

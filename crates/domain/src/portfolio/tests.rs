//! What criteria make of assets, and prices of currencies.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::scores::breakdown;
use super::*;
use crate::ids::AssetId;

pub(super) fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn criteria(value: &Value) -> Criteria {
    Criteria::parse(&value.to_string()).unwrap()
}

pub(super) fn fundamentals(value: &Value) -> Fundamentals {
    serde_json::from_value(value.clone()).unwrap()
}

pub(super) fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

pub(super) fn symbol(code: &str) -> Symbol {
    Symbol::parse(code).unwrap()
}

pub(super) fn number(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

pub(super) fn rates() -> Rates {
    let units = [("EUR", "0.92"), ("JPY", "149.5"), ("USD", "1"), ("VND", "25000")];
    let units = units.map(|(code, units)| (currency(code), number(units)));
    let as_of = time("2026-11-30T03:00:00Z");
    Rates { base: currency("USD"), as_of, units: units.into() }
}

pub(super) fn quotes() -> BTreeMap<Symbol, Quote> {
    let told = [
        ("AAPL", "USD", json!({"price": "189.95", "pe_ratio": "31.2"})),
        ("SAP", "EUR", json!({"price": "120.5", "pe_ratio": "22"})),
        ("7203", "JPY", json!({"price": "2500"})),
        ("PRIV", "CHF", json!({"market_cap": "1000000"})),
        ("CHFX", "CHF", json!({"price": "1"})),
        ("HUGE", "USD", json!({"price": "9999999999999999999999999999"})),
    ];
    let quote = |(code, of, known): (&str, &str, Value)| {
        (symbol(code), Quote { currency: currency(of), fundamentals: fundamentals(&known) })
    };
    told.map(quote).into()
}

pub(super) fn rules() -> Value {
    json!([
        {"id": "cheap", "name": "Cheap", "metric": "pe_ratio", "operator": "lt", "value": 25,
         "points": 10},
        {"id": "dear", "name": "Dear", "metric": "price", "operator": "gt", "value": "150",
         "points": -2.5},
    ])
}

pub(super) fn user(base: &str, assets: &[(&str, &str)]) -> StoredUser {
    StoredUser {
        base_currency: base.to_owned(),
        assets: assets.iter().map(|(id, symbol)| ((*id).into(), (*symbol).into())).collect(),
        criteria: Some((3, criteria(&rules()).to_json())),
        unlisted: 0,
    }
}

/// A row: the criterion without its id and name, what is known of the asset, its mark.
#[test]
fn a_criterion_is_as_its_rule_says() {
    use Mark::{MissingFundamental as Missing, No, Yes};
    let pe = json!({"pe_ratio": "20"});
    for (rule, known, expected) in [
        (json!({"operator": "gt", "value": 19.9}), &pe, Yes),
        (json!({"operator": "gt", "value": 20}), &pe, No),
        (json!({"operator": "gte", "value": "20.000"}), &pe, Yes),
        (json!({"operator": "gte", "value": "20.0000000000000000000000001"}), &pe, No),
        (json!({"operator": "lt", "value": 20}), &pe, No),
        (json!({"operator": "lt", "value": "20.01"}), &pe, Yes),
        (json!({"operator": "lte", "value": 20}), &pe, Yes),
        (json!({"operator": "lte", "value": -20}), &pe, No),
        (json!({"operator": "equals", "value": "20.0"}), &pe, Yes),
        (json!({"operator": "equals", "value": "20.1"}), &pe, No),
        (json!({"operator": "between", "value": 20, "value2": 30}), &pe, Yes),
        (json!({"operator": "between", "value": 10, "value2": "20"}), &pe, Yes),
        (json!({"operator": "between", "value": 20.1, "value2": 30}), &pe, No),
        // The wrong way round there is nothing between.
        (json!({"operator": "between", "value": 30, "value2": 10}), &pe, No),
        (json!({"operator": "between", "value": 10}), &pe, No),
        (json!({"operator": "between", "value": 10, "value2": null}), &pe, No),
        (json!({"operator": "exists"}), &pe, Yes),
        (json!({"operator": "exists", "value": null}), &pe, Yes),
        (json!({"operator": "exists", "metric": "revenue"}), &pe, Missing),
        (json!({"operator": "exists", "metric": "revenue", "requiredFundamentals": []}), &pe, No),
        (json!({"operator": "gt", "value": 0, "metric": "revenue"}), &pe, Missing),
        (json!({"operator": "gt", "value": 0}), &json!({"pe_ratio": null}), Missing),
        // What is required takes the place of the metric itself.
        (
            json!({"operator": "gt", "value": 0, "requiredFundamentals": ["pe_ratio", "earnings"]}),
            &pe,
            Missing,
        ),
        (
            json!({"operator": "gt", "value": 0, "metric": "revenue",
                   "requiredFundamentals": ["pe_ratio"]}),
            &pe,
            No,
        ),
        (
            json!({"operator": "gt", "value": 0, "requiredFundamentals": ["pe_ratio", "pe_ratio"]}),
            &pe,
            Yes,
        ),
        (json!({"operator": "gt", "value": 0, "requiredFundamentals": null}), &pe, Yes),
    ] {
        let mut of = json!({"id": "a", "name": "A", "metric": "pe_ratio", "points": 1});
        of.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
        let criteria = criteria(&json!([of]));
        let (marks, points) = criteria.mark(&fundamentals(known));
        assert_eq!(marks, [expected], "{rule} of {known}");
        assert_eq!(points.to_string(), if expected == Yes { "1" } else { "0" });
    }
}

#[test]
fn every_metric_is_looked_at() {
    for (index, metric) in Metric::ALL.into_iter().enumerate() {
        let mut known = Fundamentals::default();
        known.set(metric, Some(number(&index.to_string())));
        assert_eq!(known.get(metric), Some(number(&index.to_string())));
        assert_eq!(
            serde_json::to_value(&known).unwrap(),
            json!({metric.name(): index.to_string()})
        );
        let others = Metric::ALL.into_iter().filter(|other| *other != metric);
        assert!(others.into_iter().all(|other| known.get(other).is_none()));
        let equal = json!([{"id": "a", "name": "", "metric": metric.name(), "operator": "equals",
            "value": index, "points": 1}]);
        assert_eq!(criteria(&equal).mark(&known).0, [Mark::Yes]);
    }
}

#[test]
fn a_breakdown_names_every_criterion() {
    let criteria = criteria(&rules());
    let of = |known| {
        let (marks, score) = criteria.mark(&fundamentals(&known));
        let lines = criteria.iter().map(|criterion| (&criterion.id, criterion.points));
        (score.shown().to_string(), serde_json::to_string(&breakdown(lines, &marks)).unwrap())
    };
    let (score, lines) = of(json!({"pe_ratio": "20", "price": "150.01"}));
    assert_eq!(score, "7.5000");
    let expected = r#"[{"criterionId":"cheap","matched":true,"pointsAwarded":10,"skippedReason":null},{"criterionId":"dear","matched":true,"pointsAwarded":-2.5,"skippedReason":null}]"#;
    assert_eq!(lines, expected);
    let (score, lines) = of(json!({"price": "150"}));
    assert_eq!(score, "0.0000");
    let expected = r#"[{"criterionId":"cheap","matched":false,"pointsAwarded":0,"skippedReason":"missing_fundamental"},{"criterionId":"dear","matched":false,"pointsAwarded":0,"skippedReason":null}]"#;
    assert_eq!(lines, expected);
}

#[test]
fn prices_are_converted_once() {
    let rates = rates();
    for (amount, from, to, expected) in [
        ("100", "USD", "EUR", Ok("92")),
        ("92", "EUR", "USD", Ok("100")),
        ("149.5", "JPY", "EUR", Ok("0.92")),
        ("1", "EUR", "VND", Ok("27173.91304347826086956521739")),
        ("0", "JPY", "EUR", Ok("0")),
        ("-3", "USD", "EUR", Ok("-2.76")),
        // In its own currency a price needs no rate, and has none of its digits changed.
        ("0.3333333333333333333333333333", "CHF", "CHF", Ok("0.3333333333333333333333333333")),
        ("1", "CHF", "EUR", Err("there is no rate of CHF")),
        ("1", "EUR", "CHF", Err("there is no rate of CHF")),
        (
            "9999999999999999999999999999",
            "EUR",
            "JPY",
            Err("the result has more than 28 digits before its point"),
        ),
    ] {
        let converted = rates.convert(number(amount), &currency(from), &currency(to));
        let converted = converted.map(|to| to.to_string()).map_err(|error| error.to_string());
        assert_eq!(converted.as_deref().map_err(String::as_str), expected, "{amount} {from} {to}");
    }
    // The base is one of itself, listed or not.
    let unlisted = Rates { units: [(currency("EUR"), number("0.92"))].into(), ..rates };
    assert_eq!(
        unlisted.convert(number("100"), &currency("USD"), &currency("EUR")),
        Ok(number("92"))
    );
}

#[test]
fn rates_are_stale_after_a_day() {
    let rates = rates();
    assert!(!rates.is_stale(time("2026-12-01T03:00:00Z")));
    assert!(rates.is_stale(time("2026-12-01T03:00:00.000001Z")));
    // Of a time to come, as far as no clock goes wrong.
    assert!(!rates.is_stale(time("2026-11-30T02:55:00Z")));
    assert!(rates.is_stale(time("2026-11-30T02:54:59.999999Z")));
}

#[test]
fn names_are_read_as_they_are_written() {
    for reason in Reason::ALL {
        assert_eq!(Reason::from_name(reason.name()), Some(reason));
    }
    for fate in UserFate::ALL {
        assert_eq!(UserFate::from_name(fate.name()), Some(fate));
    }
    for (at, kind) in (1..).zip(CalculationKind::ALL) {
        assert_eq!((CalculationKind::from_name(kind.name()), kind.seq()), (Some(kind), at));
    }
    for metric in Metric::ALL {
        assert_eq!(Metric::from_name(metric.name()), Some(metric));
        assert_eq!(serde_json::to_value(metric).unwrap(), metric.name());
    }
    for operator in Operator::ALL {
        assert_eq!(Operator::from_name(operator.name()), Some(operator));
        assert_eq!(serde_json::to_value(operator).unwrap(), operator.name());
    }
}

#[test]
fn ids_sort_as_they_are_stored() {
    let ids: BTreeSet<AssetId> = ["b", "a", "B", "_"].map(|id| AssetId::parse(id).unwrap()).into();
    let sorted: Vec<&str> = ids.iter().map(AssetId::as_str).collect();
    assert_eq!(sorted, ["B", "_", "a", "b"]);
}

//! What providers of rates and prices answer, and what is no answer.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::provider::{CURRENCIES_MAX, QUOTES_BYTES_MAX, QUOTES_MAX, RATES_BYTES_MAX};
use super::tests::{currency, symbol, time};
use super::*;

fn left_out(told: &[LeftOut]) -> Vec<(&'static str, Option<&str>)> {
    told.iter().map(|one| (one.fault.name(), one.code.as_deref())).collect()
}

fn rates(rates: &str) -> Told<Rates> {
    let body = format!(r#"{{"base":"USD","asOf":"2026-11-30T03:00:00Z","rates":{rates}}}"#);
    parse_rates(body.as_bytes()).unwrap()
}

#[test]
fn rates_are_read() {
    let body = r#"{"provider": "x", "base": "USD", "asOf": "2026-11-30T04:00:00+01:00",
        "rates": {"EUR": "0.92", "JPY": 149.50, "USD": 1.0}}"#;
    let Told { told, left_out } = parse_rates(body.as_bytes()).unwrap();
    assert_eq!(left_out, []);
    assert_eq!(told.as_of, time("2026-11-30T03:00:00Z"));
    let json = r#"{"base":"USD","asOf":"2026-11-30T03:00:00Z","units":{"EUR":"0.92","JPY":"149.5","USD":"1"}}"#;
    assert_eq!(told.to_json(), json);
    assert_eq!(Rates::from_json(json), Some(told));
}

/// A rate that is wrong fails those alone who need it.
#[test]
fn a_rate_that_is_wrong_is_left_out() {
    for (entry, fault, code) in [
        (r#""eur":"1""#, "bad_code", None),
        (r#""":"1""#, "bad_code", None),
        (r#""EUR":null"#, "not_decimal", Some("EUR")),
        (r#""EUR":[]"#, "not_decimal", Some("EUR")),
        (r#""EUR":"NaN""#, "not_finite", Some("EUR")),
        (r#""EUR":1e3"#, "exponent", Some("EUR")),
        (r#""EUR":0.12345678901234567890123456789"#, "too_many_digits", Some("EUR")),
        (r#""EUR":0"#, "bad_rate", Some("EUR")),
        (r#""EUR":"-0.92""#, "bad_rate", Some("EUR")),
        (r#""USD":1.01"#, "bad_rate", Some("USD")),
    ] {
        let told = rates(&format!(r#"{{{entry},"JPY":"149.5"}}"#));
        assert_eq!(left_out(&told.left_out), [(fault, code)], "{entry}");
        assert_eq!(told.told.units.len(), 1);
    }
    // Which of two counts would be a guess, so that none does; three are two repeats.
    let told = rates(r#"{"EUR":"0.92","EUR":"0.93","JPY":"1","EUR":"bad"}"#);
    assert_eq!(left_out(&told.left_out), [("told_twice", Some("EUR")); 2]);
    assert_eq!(told.told.units.into_keys().collect::<Vec<_>>(), [currency("JPY")]);
}

#[test]
fn an_answer_without_rates_is_refused_by_name() {
    let many: serde_json::Map<String, Value> =
        (0..=CURRENCIES_MAX).map(|n| (format!("A{n}"), json!(1))).collect();
    let of = |rates: Value| {
        json!({"base": "USD", "asOf": "2026-11-30T03:00:00Z", "rates": rates}).to_string()
    };
    let with = |field: &str, value: Value| {
        let mut answer: Value = serde_json::from_str(&of(json!({"EUR": 1}))).unwrap();
        answer[field] = value;
        answer.to_string()
    };
    for (body, name, said) in [
        (String::new(), "answer_not_json", "the answer is not JSON"),
        ("[]".to_owned(), "answer_not_json", "the answer is not JSON"),
        ("NaN".to_owned(), "answer_not_json", "the answer is not JSON"),
        (
            " ".repeat(RATES_BYTES_MAX + 1),
            "answer_too_long",
            "the answer has more than 65536 bytes",
        ),
        (of(json!(many)), "answer_too_many", "the answer has more than 500 entries"),
        (of(json!([])), "answer_field", "rates is missing or malformed"),
        (of(json!({})), "answer_no_rates", "the answer has no rate that can be used"),
        (of(json!({"USD": 1})), "answer_no_rates", "the answer has no rate that can be used"),
        (
            of(json!({"EUR": "0", "JPY": "NaN"})),
            "answer_no_rates",
            "the answer has no rate that can be used",
        ),
        (of(Value::Null), "answer_field", "rates is missing or malformed"),
        (with("base", json!("usd")), "answer_field", "base is missing or malformed"),
        (with("base", json!(null)), "answer_field", "base is missing or malformed"),
        (with("asOf", json!("yesterday")), "answer_field", "asOf is missing or malformed"),
        (with("asOf", json!(1_764_471_600)), "answer_field", "asOf is missing or malformed"),
        (
            with("asOf", json!("+12026-11-30T03:00:00Z")),
            "answer_field",
            "asOf is missing or malformed",
        ),
    ] {
        let error = parse_rates(body.as_bytes()).unwrap_err();
        assert_eq!((error.name(), error.to_string().as_str()), (name, said));
    }
    assert_eq!(parse_rates(b"\xff"), Err(TellError::NotJson));
}

fn asked() -> BTreeSet<Symbol> {
    ["AAPL", "SAP"].map(symbol).into()
}

#[test]
fn quotes_are_read() {
    let body = r#"{"quotes": [
        {"symbol": "SAP", "currency": "EUR", "price": "120.50", "pe_ratio": null, "isin": "DE0007164600"},
        {"symbol": "AAPL", "currency": "USD", "price": 189.95, "pe_ratio": 31.2, "market_cap": "2950000000000"}
    ]}"#;
    let told = parse_quotes(&asked(), body.as_bytes()).unwrap();
    assert_eq!(told.left_out, []);
    let json: Vec<String> = told.told.values().map(Quote::to_json).collect();
    let apple = r#"{"currency":"USD","fundamentals":{"pe_ratio":"31.2","market_cap":"2950000000000","price":"189.95"}}"#;
    assert_eq!(json, [apple, r#"{"currency":"EUR","fundamentals":{"price":"120.5"}}"#]);
    assert_eq!(Quote::from_json(apple).as_ref(), told.told.get(&symbol("AAPL")));
    let told = parse_quotes(&asked(), br#"{"quotes":[]}"#).unwrap();
    assert!(told.told.is_empty() && told.left_out.is_empty());
}

#[test]
fn a_quote_that_is_wrong_is_left_out() {
    for (quote, fault, code) in [
        ("7", "not_object", None),
        ("{}", "bad_code", None),
        (r#"{"symbol":"aapl","currency":"USD"}"#, "bad_code", None),
        (r#"{"symbol":"MSFT","currency":"USD"}"#, "not_asked", Some("MSFT")),
        (r#"{"symbol":"AAPL","price":"1"}"#, "bad_currency", Some("AAPL")),
        (r#"{"symbol":"AAPL","currency":"dollar"}"#, "bad_currency", Some("AAPL")),
        (r#"{"symbol":"AAPL","currency":"USD","price":"NaN"}"#, "not_finite", Some("AAPL")),
        (r#"{"symbol":"AAPL","currency":"USD","earnings":1E9}"#, "exponent", Some("AAPL")),
        (r#"{"symbol":"AAPL","currency":"USD","price":{}}"#, "not_decimal", Some("AAPL")),
        (
            r#"{"symbol":"AAPL","currency":"USD","price":1234567890123456789012345678901234567890}"#,
            "too_many_digits",
            Some("AAPL"),
        ),
    ] {
        let body = format!(r#"{{"quotes":[{quote},{{"symbol":"SAP","currency":"EUR"}}]}}"#);
        let told = parse_quotes(&asked(), body.as_bytes()).unwrap();
        assert_eq!(left_out(&told.left_out), [(fault, code)], "{quote}");
        assert_eq!(told.told.into_keys().collect::<Vec<_>>(), [symbol("SAP")]);
    }
    let twice = json!({"quotes": vec![json!({"symbol": "AAPL", "currency": "USD"}); 2]});
    let told = parse_quotes(&asked(), twice.to_string().as_bytes()).unwrap();
    assert_eq!(left_out(&told.left_out), [("told_twice", Some("AAPL"))]);
    assert!(told.told.is_empty());
}

#[test]
fn an_answer_without_quotes_is_refused_by_name() {
    let many = json!({"quotes": vec![json!({}); QUOTES_MAX + 1]}).to_string();
    for (body, name) in [
        ("[]".to_owned(), "answer_not_json"),
        ("{".to_owned(), "answer_not_json"),
        ("{}".to_owned(), "answer_field"),
        (r#"{"quotes":{}}"#.to_owned(), "answer_field"),
        (many, "answer_too_many"),
        (" ".repeat(QUOTES_BYTES_MAX + 1), "answer_too_long"),
    ] {
        assert_eq!(parse_quotes(&asked(), body.as_bytes()).unwrap_err().name(), name);
    }
}

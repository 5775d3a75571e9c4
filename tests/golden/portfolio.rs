//! Portfolios by the rules against an oracle, and what was ever stored of one, which is
//! replayed for as long as it is kept.

use std::collections::BTreeMap;

use mauntic_domain::portfolio::scores::breakdown;
use mauntic_domain::portfolio::{
    CalculationKind, Criteria, Currency, Decimal, Fundamentals, Metric, Quote, Rates, Reason,
    Scores, Stored, StoredUser, Symbol, calculate, replay,
};
use mauntic_tests::contacts::Numbers;
use mauntic_tests::oracle;
use mauntic_tests::say::say;
use serde_json::{Value, json};

const QUESTIONS: usize = 5_000;

const OPERATORS: [&str; 7] = ["gt", "lt", "gte", "lte", "equals", "between", "exists"];

/// The last is told no rate of.
const CURRENCIES: [&str; 5] = ["USD", "EUR", "JPY", "BTC", "CHF"];

const SYMBOLS: [&str; 6] = ["A", "B", "C", "D", "E", "F"];

fn pick<'a>(numbers: &mut Numbers, from: &[&'a str]) -> &'a str {
    let at = numbers.below(u64::try_from(from.len()).unwrap());
    from[usize::try_from(at).unwrap()]
}

/// A number of few digits, so that some are equal; seldom of as many as there may be.
fn number(numbers: &mut Numbers) -> String {
    let sign = if numbers.below(4) == 0 { "-" } else { "" };
    match numbers.below(12) {
        0 => format!("{sign}{}", "9".repeat(28)),
        1 => format!("{sign}0.{}1", "0".repeat(27)),
        2 => format!("{sign}{}.{:014}", numbers.below(100_000_000_000_000), numbers.below(99_999)),
        _ => format!("{sign}{}.{}", numbers.below(5), numbers.below(4) * 25),
    }
}

fn points(numbers: &mut Numbers) -> String {
    let sign = if numbers.below(3) == 0 { "-" } else { "" };
    match numbers.below(4) {
        // On the half of what is shown, and beside it.
        0 => format!("{sign}0.0000{}", pick(numbers, &["5", "4999", "50001"])),
        1 => format!("{sign}{}", numbers.below(1_000_001)),
        _ => format!("{sign}{}.{}", numbers.below(100), numbers.below(4) * 25),
    }
}

fn criterion(numbers: &mut Numbers, at: u64) -> Value {
    let metrics = Metric::ALL.map(Metric::name);
    let mut of = json!({
        "id": format!("c{at}"), "name": "", "metric": pick(numbers, &metrics),
        "operator": pick(numbers, &OPERATORS), "value": number(numbers),
        "points": points(numbers),
    });
    if numbers.below(3) > 0 {
        of["value2"] = json!(number(numbers));
    }
    if numbers.below(4) == 0 {
        let required: Vec<&str> = (0..numbers.below(3)).map(|_| pick(numbers, &metrics)).collect();
        of["requiredFundamentals"] = json!(required);
    }
    of
}

fn quote(numbers: &mut Numbers) -> Value {
    let mut known = json!({});
    for metric in Metric::ALL {
        if numbers.below(4) > 0 {
            known[metric.name()] = json!(number(numbers));
        }
    }
    let currencies = if numbers.below(12) == 0 { &CURRENCIES[4..] } else { &CURRENCIES[..4] };
    json!({"currency": pick(numbers, currencies), "fundamentals": known})
}

fn question(numbers: &mut Numbers) -> Value {
    let criteria: Vec<Value> = (0..=numbers.below(6)).map(|at| criterion(numbers, at)).collect();
    let assets: Vec<Value> = (0..=numbers.below(5))
        .map(|at| json!({"id": format!("a{at}"), "symbol": pick(numbers, &SYMBOLS)}))
        .collect();
    let mut quotes = json!({});
    for symbol in SYMBOLS {
        if numbers.below(30) > 0 {
            quotes[symbol] = quote(numbers);
        }
    }
    let units = json!({"EUR": "0.92", "JPY": "149.53", "BTC": "0.0000093541"});
    json!({
        "criteria": criteria, "baseCurrency": pick(numbers, &CURRENCIES[..4]),
        "rates": {"base": "USD", "units": units}, "assets": assets, "quotes": quotes,
    })
}

fn decimals<K: Ord>(of: &Value, key: impl Fn(&str) -> K) -> BTreeMap<K, Decimal> {
    let read = |(name, text): (&String, &Value)| {
        (key(name), Decimal::parse(text.as_str().unwrap()).unwrap())
    };
    of.as_object().unwrap().iter().map(read).collect()
}

fn by_the_rules(question: &Value) -> Value {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let units = decimals(&question["rates"]["units"], |code| Currency::parse(code).unwrap());
    let base = Currency::parse(text(&question["rates"]["base"])).unwrap();
    let rates = Rates { base, as_of: "2026-11-30T03:00:00Z".parse().unwrap(), units };
    let quotes: BTreeMap<Symbol, Quote> = question["quotes"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(symbol, quote)| {
            let mut fundamentals = Fundamentals::default();
            for (name, number) in decimals(&quote["fundamentals"], str::to_owned) {
                fundamentals.set(Metric::from_name(&name).unwrap(), Some(number));
            }
            let currency = Currency::parse(text(&quote["currency"])).unwrap();
            (Symbol::parse(symbol.as_str()).unwrap(), Quote { currency, fundamentals })
        })
        .collect();
    let criteria = Criteria::parse(&question["criteria"].to_string()).unwrap();
    let assets = question["assets"].as_array().unwrap().iter();
    let user = StoredUser {
        base_currency: text(&question["baseCurrency"]),
        assets: assets.map(|asset| (text(&asset["id"]), text(&asset["symbol"]))).collect(),
        criteria: Some((1, criteria.to_json())),
        unlisted: 0,
    };
    let calculation = calculate(&user, &rates, &quotes);
    let inputs = calculation.inputs.as_ref().unwrap().to_json();
    match &calculation.outcome {
        Err(why) => {
            assert_eq!(replay(&inputs, Stored::Unscored(why.reason)), Ok(()));
            json!({"reason": why.reason.name()})
        }
        Ok(scores) => {
            assert_eq!(replay(&inputs, Stored::Scores(&scores.to_json())), Ok(()));
            shown(scores)
        }
    }
}

fn shown(scores: &Scores) -> Value {
    let lines = scores.assets.iter().map(|asset| {
        let weighed = scores.criteria.iter().map(|one| (&one.id, one.points));
        // By its text: points are written as they were given, to the last digit.
        let lines = serde_json::to_string(&breakdown(weighed, &asset.marks)).unwrap();
        let lines: Value = serde_json::from_str(&lines).unwrap();
        json!({"assetId": asset.asset_id, "score": asset.score,
               "percentage": asset.percentage, "breakdown": lines})
    });
    let lines: Vec<Value> = lines.collect();
    json!({"maximum": scores.maximum, "scores": lines})
}

/// Numbers as numbers: 1.0 and 1 are one.
fn with_floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.iter().map(with_floats).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), with_floats(value)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

#[test]
fn portfolios_by_the_rules_are_as_the_oracle_has_them() {
    let mut numbers = Numbers::new(2_026);
    let questions: Vec<Value> = (0..QUESTIONS).map(|_| question(&mut numbers)).collect();
    let answers = oracle::portfolios(&questions);
    for (question, answer) in questions.iter().zip(&answers) {
        assert_eq!(with_floats(&by_the_rules(question)), with_floats(answer), "{question}");
    }
    // What makes the comparison worth something is among them, and often.
    let often = |what: &str, is: &dyn Fn(&str) -> bool| {
        let found = answers.iter().filter(|answer| is(&answer.to_string())).count();
        say(format_args!("{what}: {found} of {QUESTIONS}"));
        assert!(found >= 100, "{what} only {found} times");
    };
    for reason in [Reason::MissingPrice, Reason::MissingRate, Reason::BadNumbers] {
        often(reason.name(), &|answer| answer.contains(reason.name()));
    }
    often("a match", &|answer| answer.contains(r#""matched":true"#));
    often("a skipped criterion", &|answer| answer.contains("missing_fundamental"));
    often("a negative score", &|answer| answer.contains(r#""score":"-"#));
    often("a half that is up", &|answer| answer.contains(r#""score":"0.0001""#));
    // The first one: whole hundredths are 0 and 100 for the most part.
    let has_decimals = |answer: &str| {
        let percentage = answer.split(r#""percentage":""#).nth(1);
        percentage.is_some_and(|rest| !rest.split('"').next().unwrap().ends_with(".0000"))
    };
    often("a percentage with decimals", &has_decimals);
    often("a maximum of nothing", &|answer| answer.contains(r#""maximum":"0.0000""#));
}

/// Bodies of events are kept for years, and are replayed by the builds of then.
#[test]
fn every_calculation_ever_stored_is_still_replayed() {
    let cases = super::cases("calculations");
    for (name, case) in &cases {
        assert!(case["why"].as_str().is_some_and(|why| !why.is_empty()), "{name} says no why");
        let body = |kind: CalculationKind| case[kind.name()].as_str();
        let inputs = body(CalculationKind::InputsCaptured).unwrap();
        let stored = body(CalculationKind::ScoresComputed).map_or_else(
            || Stored::Unscored(Reason::from_name(case["reason"].as_str().unwrap()).unwrap()),
            Stored::Scores,
        );
        assert_eq!(replay(inputs, stored), Ok(()), "{name}");
    }
    assert!(cases.len() >= 2, "only {} golden calculations found", cases.len());
}

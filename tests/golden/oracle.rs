//! The rules against the oracle, by themselves: also what HTTP would refuse and
//! what a thousand contacts may not show.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::float_arithmetic,
    reason = "questions are made from small numbers"
)]

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::scoring::{Decay, DecayHours, DecayModel, SignalWeight};
use mauntic_tests::contacts::{Numbers, config, context, features};
use mauntic_tests::say::say;
use mauntic_tests::{oracle, scored::by_the_rules};
use serde_json::{Value, json};

const QUESTIONS: u64 = 5_000;

/// How many contributors a score names.
const TOP: usize = 5;

fn question(numbers: &mut Numbers, n: u64) -> Value {
    let mut features = features(numbers);
    // Names of the model's own, which HTTP refuses and older rows may have.
    for name in ["has_email", "demo_request", "content_download", "intent_signals"] {
        if numbers.below(2) == 1 {
            features["customFactors"][name] = json!(true);
        }
    }
    let context = if numbers.below(3) == 0 { context(numbers) } else { Value::Null };
    let mut config = config(numbers, n);
    if numbers.below(2) == 1 {
        config.as_array_mut().unwrap().push(cap(numbers));
    }
    let signals: Vec<Value> = (0..numbers.below(4)).map(|_| signal(numbers)).collect();
    json!({
        "features": features,
        "config": config,
        "context": context,
        "signals": signals,
        "asOf": as_of(),
    })
}

fn as_of() -> DateTime<Utc> {
    "2026-02-19T10:00:00.250Z".parse().unwrap()
}

/// An organization's word on what signals may add: seldom nothing, often more
/// than they weigh.
fn cap(numbers: &mut Numbers) -> Value {
    let category = ["fit", "engagement", "intent"][numbers.below(3) as usize];
    let weight = (numbers.below(200_000) as f64 - 10_000.0) / 100.0;
    let enabled = numbers.below(8) > 0;
    json!({"category": category, "factor": "intent_signals", "weight": weight, "enabled": enabled})
}

/// How a weight falls, and for how many milliseconds it has: also less than none,
/// and longer than it takes.
fn fallen(numbers: &mut Numbers) -> (Value, i64) {
    let model = ["linear", "exponential", "step"][numbers.below(3) as usize];
    let is_small = numbers.below(2) == 1;
    let (hours_max, hundredths) = if is_small { (400, 5_000) } else { (8_784, 100_000) };
    let hours = 1 + numbers.below(hours_max);
    let weight = numbers.below(hundredths) as f64 / 100.0;
    let whole = hours as i64 * 3_600_000;
    let quarters = numbers.below(5) as i64 * whole / 4;
    let elapsed = match numbers.below(4) {
        // Where curves end and steps are, and beside it.
        0 => quarters + numbers.below(3) as i64 - 1,
        _ => (whole as f64 * (numbers.below(12_000) as f64 / 10_000.0 - 0.05)) as i64,
    };
    (json!({"weight": weight, "decayModel": model, "decayHours": hours}), elapsed)
}

fn signal(numbers: &mut Numbers) -> Value {
    let (mut signal, elapsed_millis) = fallen(numbers);
    signal["detectedAt"] = json!(as_of() - TimeDelta::milliseconds(elapsed_millis));
    signal
}

/// Whether the last contributor that is named gives as much as one that is not.
fn cut_in_a_tie(score: &Value) -> bool {
    let last = score["topContributors"].as_array().and_then(|top| top.get(TOP - 1));
    let Some(last) = last.map(|last| &last["points"]) else {
        return false;
    };
    let named = score["topContributors"].as_array().unwrap();
    let count = |same: &mut dyn Iterator<Item = &Value>| same.filter(|p| *p == last).count();
    let all = count(&mut score["components"].as_object().unwrap().values());
    all > count(&mut named.iter().map(|one| &one["points"]))
}

#[test]
fn the_rules_and_the_oracle_agree() {
    let mut numbers = Numbers::new(4_711);
    let questions: Vec<Value> = (0..QUESTIONS).map(|n| question(&mut numbers, n)).collect();
    let answers = oracle::ask(&questions);
    for (question, answer) in questions.iter().zip(&answers) {
        assert_eq!(by_the_rules(question), *answer, "{question}");
    }
    // What makes the comparison worth something is among them, and often.
    let total = |answer: &Value| answer["totalScore"].as_f64().unwrap();
    let zero = |answer: &Value| {
        answer["components"].as_object().unwrap().values().any(|points| *points == json!(0))
    };
    let of_context = |answer: &Value| answer["components"].to_string().contains("context_");
    let often = |what: &str, is: &dyn Fn(&Value) -> bool| {
        let found = answers.iter().filter(|answer| is(answer)).count();
        say(format_args!("{what}: {found} of {QUESTIONS}"));
        assert!(found >= 20, "{what} only {found} times");
    };
    let signals = |answer: &Value| answer["components"]["intent_signals"].as_f64();
    often("signals up to the default cap", &|answer| signals(answer) == Some(40.0));
    often("signals below it", &|answer| signals(answer).is_some_and(|points| points < 40.0));
    often("signals above it", &|answer| signals(answer).is_some_and(|points| points > 40.0));
    often("no signals", &|answer| signals(answer).is_none());
    often("a factor of weight 0", &zero);
    often("a tie at the last contributor named", &cut_in_a_tie);
    often("a context", &of_context);
    often("a total kept at 100", &|answer| total(answer) >= 100.0);
    often("a total kept at 0", &|answer| {
        let sum =
            ["fitScore", "engagementScore", "intentScore"].map(|c| answer[c].as_f64().unwrap());
        sum.iter().sum::<f64>() < 0.0
    });
}

#[test]
fn the_curves_and_the_oracle_agree() {
    let mut numbers = Numbers::new(815);
    let questions: Vec<Value> = (0..QUESTIONS)
        .map(|_| {
            let (mut question, elapsed_millis) = fallen(&mut numbers);
            question["elapsedMillis"] = elapsed_millis.into();
            question
        })
        .collect();
    let answers = oracle::ask(&questions);
    for (question, answer) in questions.iter().zip(&answers) {
        let weight: SignalWeight = serde_json::from_value(question["weight"].clone()).unwrap();
        let model: DecayModel = serde_json::from_value(question["decayModel"].clone()).unwrap();
        let hours: DecayHours = serde_json::from_value(question["decayHours"].clone()).unwrap();
        let elapsed = TimeDelta::milliseconds(question["elapsedMillis"].as_i64().unwrap());
        let left = Decay { model, hours }.remaining(weight, elapsed);
        assert_eq!(json!({"currentWeight": left}), *answer, "{question}");
    }
    let of = |is: &dyn Fn(f64) -> bool| {
        answers.iter().filter(|answer| is(answer["currentWeight"].as_f64().unwrap())).count()
    };
    say(format_args!("nothing left: {} of {QUESTIONS}", of(&|left| left == 0.0)));
    assert!(of(&|left| left == 0.0) >= 100 && of(&|left| left > 0.0) >= 3_000);
}

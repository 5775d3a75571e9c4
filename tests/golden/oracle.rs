//! The rules against the oracle, by themselves: also what HTTP would refuse and
//! what a thousand contacts may not show.

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
    for name in ["has_email", "demo_request", "content_download"] {
        if numbers.below(2) == 1 {
            features["customFactors"][name] = json!(true);
        }
    }
    let context = if numbers.below(3) == 0 { context(numbers) } else { Value::Null };
    json!({"features": features, "config": config(numbers, n), "context": context})
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

//! Each rule over lines: what is answered, and what is refused and why.

use serde_json::{Value, json};

use super::*;

mod boards;
mod portfolios;

/// The output lines, and the numbers of lines and of refusals.
fn run_lines(answer: lines::Answer, input: &str) -> (Vec<Value>, (usize, usize)) {
    let mut output = Vec::new();
    let counts = lines::answer(&mut input.as_bytes(), &mut output, answer).unwrap();
    let text = String::from_utf8(output).unwrap();
    (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), counts)
}

fn answered(answer: lines::Answer, line: &Value) -> Value {
    let (lines, counts) = run_lines(answer, &line.to_string());
    assert_eq!(counts, (1, 0), "{line}: {lines:?}");
    lines[0].clone()
}

/// Code and message of the error line in the place of a line.
fn refused(answer: lines::Answer, line: &str) -> (String, String) {
    let (lines, counts) = run_lines(answer, line);
    assert_eq!((counts, &lines[0]["error"]["line"]), ((1, 1), &json!(1)), "{lines:?}");
    let text = |name: &str| lines[0]["error"][name].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

fn check_refusals(answer: lines::Answer, rows: &[(Value, &str)]) {
    for (line, why) in rows {
        let (code, message) = refused(answer, &line.to_string());
        assert_eq!(code, "invalid_input", "{line}: {message}");
        assert!(message.contains(why), "{line}: {message}");
    }
}

#[test]
fn every_line_but_empty_ones_has_its_own_in_order() {
    let input = "\u{feff}{\"signalType\":\"EMAIL_CLICK\"}\r\n\n  \nnonsense\n[]\n{}\n{\"signalType\":\"X\"}";
    let (lines, counts) = run_lines(priority::answer, input);
    assert_eq!(counts, (7, 3));
    let codes: Vec<Option<&str>> = lines.iter().map(|l| l["error"]["code"].as_str()).collect();
    let refused = Some("invalid_input");
    assert_eq!(codes, [None, refused, refused, refused, None]);
    let numbers: Vec<Option<u64>> = lines.iter().map(|l| l["error"]["line"].as_u64()).collect();
    assert_eq!(numbers, [None, Some(4), Some(5), Some(6), None]);
    assert_eq!(lines[2]["error"]["message"], "a line must be a JSON object");
}

#[test]
fn a_line_has_a_mebibyte_at_most() {
    let line = |bytes: usize| {
        let frame = json!({"signalType": ""}).to_string().len();
        json!({"signalType": "x".repeat(bytes - frame)}).to_string()
    };
    let verbs: [lines::Answer; 7] = [
        score::answer,
        decay::answer,
        priority::answer,
        warmup::answer,
        settle::answer,
        rank::answer,
        portfolio::answer,
    ];
    for answer in verbs {
        assert_eq!(refused(answer, &line(1024 * 1024)).0, "invalid_input");
        let (code, message) = refused(answer, &line(1024 * 1024 + 1));
        assert_eq!(
            (code.as_str(), message.as_str()),
            ("too_long", "a line has at most 1048576 bytes")
        );
    }
}

#[test]
fn priorities_are_those_of_the_table() {
    for (signal_type, priority) in [
        ("DEMO_REQUEST", "critical"),
        ("FUNDING_ROUND", "high"),
        ("CONTENT_DOWNLOAD", "medium"),
        ("EMAIL_OPEN", "low"),
        ("OF_AN_OBSERVER", "low"),
    ] {
        let answer = answered(priority::answer, &json!({"signalType": signal_type}));
        assert_eq!(answer, json!({"priority": priority}), "{signal_type}");
    }
    check_refusals(
        priority::answer,
        &[
            (json!({}), "missing field `signalType`"),
            (json!({"signalType": ""}), "signalType: must not be empty"),
            (json!({"signalType": "A B"}), "signalType: may contain only"),
            (json!({"signalType": 7}), "signalType: invalid type"),
            (json!({"signalType": "A", "tier": "low"}), "unknown field `tier`"),
        ],
    );
}

#[test]
fn limits_of_a_warm_up_are_those_of_the_table() {
    for (day, limit) in [
        (json!(i64::MIN), json!(0)),
        (json!(-1), json!(0)),
        (json!(0), json!(0)),
        (json!(1), json!(50)),
        (json!(6), json!(1_750)),
        (json!(8), json!(3_333)),
        (json!(30), json!(50_000)),
        (json!(31), json!(null)),
        (json!(i64::MAX), json!(null)),
    ] {
        let answer = answered(warmup::answer, &json!({"day": day}));
        assert_eq!(answer, json!({"maxEmails": limit}), "{day}");
    }
    check_refusals(
        warmup::answer,
        &[
            (json!({}), "missing field `day`"),
            (json!({"day": 1.5}), "day: invalid type"),
            (json!({"day": "1"}), "day: invalid type"),
            (json!({"day": null}), "day: invalid type"),
            (json!({"day": u64::MAX}), "day: invalid value"),
            (json!({"day": 1, "domain": "example.com"}), "unknown field `domain`"),
        ],
    );
}

#[test]
fn decay_is_that_of_the_models() {
    const HOUR: u64 = 3_600;
    for (weight, model, hours, seconds, left) in [
        ("20", "linear", 168, 0, "20"),
        ("20", "linear", 168, HOUR, "19.88"),
        ("20", "linear", 168, 84 * HOUR, "10"),
        ("20", "linear", 168, 168 * HOUR, "0"),
        ("100", "exponential", 3, HOUR, "36.79"),
        ("100", "exponential", 3, 3 * HOUR - 1, "4.98"),
        ("100", "exponential", 3, 3 * HOUR, "0"),
        ("30", "step", 4, 2 * HOUR - 1, "30"),
        ("30", "step", 4, 2 * HOUR, "15"),
        ("30", "step", 4, 3 * HOUR, "7.5"),
        ("30", "step", 4, 4 * HOUR, "0"),
        ("0", "linear", 1, 0, "0"),
        ("999.99", "linear", 8784, 0, "999.99"),
        ("999.99", "linear", 8784, u64::MAX, "0"),
        ("999.99", "step", 1, u64::MAX / 2, "0"),
    ] {
        let weight: Value = serde_json::from_str(weight).unwrap();
        let line = json!({"weight": weight, "decayModel": model, "decayHours": hours, "elapsedSeconds": seconds});
        let left: Value = serde_json::from_str(left).unwrap();
        assert_eq!(answered(decay::answer, &line), json!({"currentWeight": left}), "{line}");
    }
}

#[test]
fn a_decay_that_is_none_is_refused() {
    let with = |field: &str, value: Value| {
        let mut line =
            json!({"weight": 5, "decayModel": "linear", "decayHours": 168, "elapsedSeconds": 0});
        line[field] = value;
        line
    };
    let without = |field: &str| {
        let mut line = with("weight", json!(5));
        line.as_object_mut().unwrap().remove(field);
        line
    };
    let hours = "decayHours: must be 1 to 8784 whole hours";
    let seconds = "elapsedSeconds: must be 0 or more whole seconds";
    check_refusals(
        decay::answer,
        &[
            (without("weight"), "missing field `weight`"),
            (without("decayModel"), "missing field `decayModel`"),
            (without("decayHours"), "missing field `decayHours`"),
            (without("elapsedSeconds"), "missing field `elapsedSeconds`"),
            (with("weight", json!(-1)), "weight: must be 0 to 999.99 with at most 2 decimals"),
            (with("weight", json!(1000)), "weight: must be 0 to 999.99 with at most 2 decimals"),
            (with("weight", json!(0.001)), "weight: must be 0 to 999.99 with at most 2 decimals"),
            (with("weight", json!("5")), "weight: must be 0 to 999.99 with at most 2 decimals"),
            (with("decayModel", json!("cubic")), "decayModel: unknown variant `cubic`"),
            (with("decayHours", json!(0)), hours),
            (with("decayHours", json!(-1)), hours),
            (with("decayHours", json!(1.5)), hours),
            (with("decayHours", json!(8_785)), hours),
            (with("elapsedSeconds", json!(-1)), seconds),
            (with("elapsedSeconds", json!(0.5)), seconds),
            (with("elapsedSeconds", json!("1")), seconds),
            (with("asOf", json!(null)), "unknown field `asOf`"),
        ],
    );
}

fn signal(weight: f64, detected_at: &str) -> Value {
    json!({"weight": weight, "detectedAt": detected_at})
}

#[test]
fn signals_are_one_component_of_a_score() {
    let week_before = "2026-02-12T10:00:00Z";
    let half = "2026-02-16T00:00:00+02:00";
    for (signals, component, total) in [
        (json!(null), None, 10.0),
        (json!([]), None, 10.0),
        (json!([signal(20.0, week_before)]), None, 10.0),
        (json!([signal(20.0, "2026-02-19T10:00:00.001Z")]), None, 10.0),
        (json!([signal(20.5, "2026-02-19T10:00:00Z")]), Some(20.5), 30.5),
        // Half of the week that is the default, and a given decay's quarter.
        (json!([signal(20.0, half), signal(1.0, week_before)]), Some(10.0), 20.0),
        (
            json!([{"signalType": "DEMO_REQUEST", "weight": 30, "decayModel": "step",
                "decayHours": 100, "detectedAt": half}]),
            Some(7.5),
            17.5,
        ),
        (json!([signal(30.0, "2026-02-19T10:00:00Z"), signal(30.0, half)]), Some(40.0), 50.0),
    ] {
        let line = json!({"features": {"hasEmail": true}, "signals": signals, "asOf": "2026-02-19T10:00:00Z"});
        let scored = answered(score::answer, &line);
        assert_eq!(scored["components"]["intent_signals"].as_f64(), component, "{line}");
        assert_eq!(scored["totalScore"].as_f64(), Some(total), "{line}");
    }
}

#[test]
fn a_score_without_signals_needs_no_instant_and_ignores_one() {
    let features = json!({"features": {"hasEmail": true}});
    let scored = answered(score::answer, &features);
    let fields: Vec<&str> = scored.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        fields,
        [
            "components",
            "engagementScore",
            "fitScore",
            "grade",
            "intentScore",
            "topContributors",
            "totalScore"
        ]
    );
    for as_of in [json!(null), json!("2026-02-19T10:00:00Z")] {
        let line = json!({"features": {"hasEmail": true}, "signals": null, "asOf": as_of});
        assert_eq!(answered(score::answer, &line), scored);
    }
}

#[test]
fn a_score_that_cannot_be_is_refused() {
    let of = |signal: Value| json!({"features": {}, "signals": [signal], "asOf": "2026-02-19T10:00:00Z"});
    let with = |field: &str, value: Value| {
        let mut signal = signal(5.0, "2026-02-19T10:00:00Z");
        signal[field] = value;
        of(signal)
    };
    let moment = "must be a time with its zone, as in 2026-02-19T10:00:00Z";
    check_refusals(
        score::answer,
        &[
            (json!({}), "missing field `features`"),
            (json!({"features": []}), "features must be an object"),
            (json!({"features": {"hasMail": true}}), "no feature is named \"hasMail\""),
            (json!({"features": {"companySize": "huge"}}), "features.companySize: unknown variant"),
            (json!({"features": {}, "context": []}), "context: must be an object"),
            (json!({"features": {}, "asof": 1}), "unknown field `asof`"),
            (
                json!({"features": {}, "signals": [signal(5.0, "2026-02-19T10:00:00Z")]}),
                "asOf is needed where signals are given",
            ),
            (json!({"features": {}, "asOf": "2026-02-19"}), &format!("asOf: {moment}")),
            (json!({"features": {}, "asOf": 1_771_495_200}), "asOf: invalid type"),
            (json!({"features": {}, "signals": {}}), "signals: invalid type"),
            (of(json!({"weight": 5})), "signals[0]: missing field `detectedAt`"),
            (
                of(json!({"detectedAt": "2026-02-19T10:00:00Z"})),
                "signals[0]: missing field `weight`",
            ),
            (with("detectedAt", json!("yesterday")), &format!("signals[0].detectedAt: {moment}")),
            (with("weight", json!(1000)), "signals[0].weight: must be 0 to 999.99"),
            (with("decayHours", json!(0)), "signals[0].decayHours: must be 1 to 8784 whole hours"),
            (with("decayModel", json!("cubic")), "signals[0].decayModel: unknown variant"),
            (with("signalType", json!("A B")), "signals[0].signalType: may contain only"),
            (with("points", json!(1)), "unknown field `points`"),
        ],
    );
    let twice = r#"[{"category":"fit","factor":"x","weight":1},{"category":"fit","factor":"x","weight":1}]"#;
    let (code, _) = refused(score::answer, &format!(r#"{{"features":{{}},"config":{twice}}}"#));
    assert_eq!(code, "invalid_config");
}

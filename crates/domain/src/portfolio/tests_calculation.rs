//! What is captured of a user, what comes of it, and how it is made again.

use serde_json::{Value, json};

use super::tests::{quotes, rates, user};
use super::*;

#[test]
fn all_that_is_needed_is_captured_and_nothing_else() {
    let user = user("EUR", &[("b", "SAP"), ("a", "AAPL"), ("c", "AAPL"), ("d", "PRIV")]);
    let calculation = calculate(&user, &rates(), &quotes());
    assert_eq!(calculation.fate(), UserFate::Scored);
    // No rate of yen; none of francs, in which no price is told.
    let inputs = r#"{"criteriaVersion":3,"criteria":[{"id":"cheap","name":"Cheap","metric":"pe_ratio","operator":"lt","value":"25","points":10},{"id":"dear","name":"Dear","metric":"price","operator":"gt","value":"150","points":-2.5}],"baseCurrency":"EUR","rates":{"base":"USD","asOf":"2026-11-30T03:00:00Z","units":{"EUR":"0.92","USD":"1"}},"assets":{"a":"AAPL","b":"SAP","c":"AAPL","d":"PRIV"},"quotes":{"AAPL":{"currency":"USD","fundamentals":{"pe_ratio":"31.2","price":"189.95"}},"PRIV":{"currency":"CHF","fundamentals":{"market_cap":"1000000"}},"SAP":{"currency":"EUR","fundamentals":{"pe_ratio":"22","price":"120.5"}}}}"#;
    let scores = r#"{"maximum":"10.0000","criteria":[{"id":"cheap","points":10},{"id":"dear","points":-2.5}],"assets":[{"assetId":"a","score":"-2.5000","percentage":"-25.0000","marks":["no","yes"]},{"assetId":"b","score":"10.0000","percentage":"100.0000","marks":["yes","no"]},{"assetId":"c","score":"-2.5000","percentage":"-25.0000","marks":["no","yes"]},{"assetId":"d","score":"0.0000","percentage":"0.0000","marks":["missing_fundamental","missing_fundamental"]}],"inputsHash":""#;
    let events = calculation.events();
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, CalculationKind::ALL);
    let bodies: Vec<&str> = events.iter().map(|event| event.body.as_str()).collect();
    assert_eq!(bodies[0], r#"{"assetCount":4,"criteriaVersion":3}"#);
    assert_eq!(bodies[1], inputs);
    assert!(bodies[2].starts_with(scores), "{}", bodies[2]);
    let completed =
        r#"{"status":"scored","reason":null,"detail":null,"assetCount":4,"durationMs":null}"#;
    assert_eq!(bodies[3], completed);
    assert_eq!(replay(bodies[1], Stored::Scores(bodies[2])), Ok(()));
}

fn check_unscored(user: &StoredUser, reason: Reason, detail: &str, events: usize) {
    let calculation = calculate(user, &rates(), &quotes());
    let why = calculation.outcome.as_ref().unwrap_err();
    assert_eq!((why.reason, why.detail.as_str()), (reason, detail));
    assert_eq!(calculation.fate(), reason.fate());
    let told = calculation.events();
    assert_eq!(told.len(), events, "{detail}");
    let last: Value = serde_json::from_str(&told[events - 1].body).unwrap();
    assert_eq!(last["status"], reason.fate().name());
    assert_eq!((&last["reason"], &last["detail"]), (&json!(reason.name()), &json!(detail)));
    let again = super::tests_recorded::recorded(&calculation).replay();
    assert_eq!(again, (events == 3).then_some(Ok(())));
}

#[test]
fn a_user_of_whom_nothing_can_be_captured_is_named() {
    let with = |criteria: Option<&str>| StoredUser {
        criteria: criteria.map(|rules| (1, rules.to_owned())),
        ..user("EUR", &[("a", "SAP")])
    };
    let many: Vec<(String, String)> =
        (0..=inputs::ASSETS_MAX).map(|n| (format!("a{n}"), "SAP".to_owned())).collect();
    let too_many = StoredUser { assets: many, ..user("EUR", &[]) };
    let eps = r#"[{"id":"a","name":"","metric":"eps","operator":"exists","points":1}]"#;
    let unreadable = "the stored criteria cannot be read: ";
    let metric = "/0/metric: must be one of pe_ratio, pb_ratio, dividend_yield, market_cap, \
                  revenue, earnings, price";
    let base = "its base currency must be a currency of 3 letters, such as EUR";
    let twice = user("EUR", &[("a", "SAP"), ("a", "AAPL")]);
    let came_since = "all of 2 assets came after the night listed them";
    // No column of text takes U+0000.
    let nul =
        r#"[{"id":"a","name":"","metric":"price","operator":"exists","points":1,"\u0000":1}]"#;
    let nul_at = format!(
        "{unreadable}/0/\u{fffd}: is not known here; known are id, name, metric, operator, value, value2, points, requiredFundamentals"
    );
    for (user, reason, detail) in [
        (with(None), Reason::NoCriteria, "there are no criteria"),
        (with(Some("[]")), Reason::NoCriteria, "there are no criteria"),
        (user("EUR", &[]), Reason::NoAssets, "there are no assets"),
        (
            StoredUser { criteria: None, ..user("EUR", &[]) },
            Reason::NoAssets,
            "there are no assets",
        ),
        (StoredUser { unlisted: 2, ..user("EUR", &[]) }, Reason::NewAssets, came_since),
        (with(Some("{")), Reason::BadCriteria, &format!("{unreadable}: must be JSON")),
        (with(Some(eps)), Reason::BadCriteria, &format!("{unreadable}{metric}")),
        (with(Some(nul)), Reason::BadCriteria, &nul_at),
        (user("euro", &[("a", "SAP")]), Reason::BadPortfolio, base),
        (twice, Reason::BadPortfolio, "it holds a twice"),
        (too_many, Reason::BadPortfolio, "it holds 101 assets, more than 100"),
    ] {
        check_unscored(&user, reason, detail, 2);
    }
}

#[test]
fn a_user_is_scored_whole_or_named() {
    let unknown: Vec<_> = (10..22).map(|n| (format!("a{n}"), format!("X{n}"))).collect();
    let unknown = StoredUser { assets: unknown, ..user("EUR", &[]) };
    let ten = "nothing was told of X10, X11, X12, X13, X14, X15, X16, X17, X18, X19 and 2 more";
    let gone = user("EUR", &[("a", "SAP"), ("b", "GONE"), ("c", "GONE")]);
    let franc = user("EUR", &[("a", "SAP"), ("b", "CHFX")]);
    let pound = user("GBP", &[("a", "SAP"), ("b", "CHFX")]);
    let huge = user("VND", &[("a", "HUGE"), ("b", "SAP")]);
    let digits = "in the base currency these prices have too many digits: HUGE";
    for (user, reason, detail) in [
        (gone, Reason::MissingPrice, "nothing was told of GONE"),
        (unknown, Reason::MissingPrice, ten),
        (franc, Reason::MissingRate, "there is no rate of CHF"),
        (pound, Reason::MissingRate, "there is no rate of GBP"),
        (huge, Reason::BadNumbers, digits),
    ] {
        check_unscored(&user, reason, detail, 3);
    }
    // In its own currency no rate is needed, nor where there is no price.
    for held in [&[("a", "CHFX")], &[("a", "PRIV")]] {
        assert_eq!(calculate(&user("CHF", held), &rates(), &quotes()).fate(), UserFate::Scored);
    }
}

#[test]
fn a_difference_names_its_place() {
    let calculation = calculate(&user("EUR", &[("a", "SAP")]), &rates(), &quotes());
    let events = calculation.events();
    let (inputs, scores) = (events[1].body.as_str(), events[2].body.as_str());
    let of = |inputs: &str, stored| replay(inputs, stored).unwrap_err().to_string();
    let altered = scores.replace("10.0000\",\"percentage", "11.0000\",\"percentage");
    let expected = r#"scores/assets/0/score: stored is "11.0000", computed is "10.0000""#;
    assert_eq!(of(inputs, Stored::Scores(&altered)), expected);
    let spaced = scores.replacen("{", "{ ", 1);
    assert!(of(inputs, Stored::Scores(&spaced)).starts_with("scores from byte 1 on: stored is"));
    let cut = &scores[..40];
    assert!(of(inputs, Stored::Scores(cut)).starts_with("scores from byte 40 on: stored is ,"));
    // A number that changes no score is seen by the hash.
    let altered = inputs.replace("120.5", "120.6");
    let difference = replay(&altered, Stored::Scores(scores)).unwrap_err();
    assert_eq!(difference.place, "scores/inputsHash");
    let written = inputs.replace("120.5", "120.50");
    let expected =
        r#"inputs/quotes/SAP/fundamentals/price: stored is "120.50", computed is "120.5""#;
    assert_eq!(of(&written, Stored::Scores(scores)), expected);
    let difference = replay("{", Stored::Scores(scores)).unwrap_err();
    assert_eq!(difference.stored, "no inputs at line 1, column 1");
    let expected = "outcome: stored is missing_price, computed is scores";
    assert_eq!(of(inputs, Stored::Unscored(Reason::MissingPrice)), expected);
    let without = inputs.replace(r#""SAP":{"currency""#, r#""SAQ":{"currency""#);
    let expected = "outcome: stored is scores, computed is missing_price";
    assert_eq!(of(&without, Stored::Scores(scores)), expected);
    let expected = "outcome: stored is bad_numbers, computed is missing_price";
    assert_eq!(of(&without, Stored::Unscored(Reason::BadNumbers)), expected);
}

//! What is altered or missing of a user's night is told with its place.

use serde_json::{Value, json};

use super::tests::{quotes, rates, user};
use super::*;

/// A calculation as it is stored.
pub(super) fn recorded(of: &Calculation) -> Recorded {
    let events = of.events();
    let body = |kind| {
        let event = events.iter().find(|event| event.kind == kind);
        event.map(|event| event.body.clone())
    };
    let rows: Value = match (&of.inputs, &of.outcome) {
        (Some(inputs), Ok(scores)) => {
            let row = |of: &AssetScore| {
                let numbers = [of.score, scores.maximum, of.percentage];
                let symbol = inputs.assets[&of.asset_id].as_str();
                let numbers = numbers.map(|number| number.to_string());
                (of.asset_id.to_string(), score_row(symbol, numbers, inputs.criteria_version))
            };
            Value::Object(scores.assets.iter().map(row).collect())
        }
        _ => json!({}),
    };
    Recorded {
        fate: of.fate(),
        reason: of.outcome.as_ref().err().map(|why| why.reason.name().to_owned()),
        assets_scored: i32::try_from(rows.as_object().unwrap().len()).unwrap(),
        started: body(CalculationKind::Started),
        inputs: body(CalculationKind::InputsCaptured),
        scores: body(CalculationKind::ScoresComputed),
        completed: body(CalculationKind::Completed),
        newest: Some(rows.clone()),
        history: Some(rows),
    }
}

fn of(assets: &[(&str, &str)]) -> Recorded {
    recorded(&calculate(&user("EUR", assets), &rates(), &quotes()))
}

fn place(of: &Recorded) -> String {
    of.replay().expect("something was captured").unwrap_err().place
}

type Alter = fn(&mut Recorded);

#[test]
fn whatever_of_a_scored_user_is_gone_or_altered_is_told() {
    let whole = of(&[("a", "SAP"), ("b", "AAPL")]);
    assert_eq!(whole.replay(), Some(Ok(())));
    let older = Recorded { newest: None, history: None, ..whole.clone() };
    assert_eq!(older.replay(), Some(Ok(())), "what is not there is not compared");
    let altered: [(Alter, &str); 16] = [
        (|of| of.started = None, "started"),
        (|of| of.inputs = None, "inputs"),
        (|of| of.scores = None, "scores"),
        (|of| (of.inputs, of.scores) = (None, None), "inputs"),
        (|of| of.completed = None, "completed"),
        (|of| of.completed = Some("{}".to_owned()), "completed"),
        (
            |of| of.started = Some(r#"{"assetCount":2,"criteriaVersion":4}"#.to_owned()),
            "started/criteriaVersion",
        ),
        (
            |of| {
                of.completed = of
                    .completed
                    .take()
                    .map(|body| body.replace("\"assetCount\":2", "\"assetCount\":1"))
            },
            "completed/assetCount",
        ),
        (|of| of.fate = UserFate::Failed, "overnight_users/fate"),
        (|of| of.assets_scored = 1, "overnight_users/assetsScored"),
        (|of| of.newest = Some(json!({})), "asset_scores/a"),
        (|of| of.newest.as_mut().unwrap()["b"]["score"] = json!("9.0000"), "asset_scores/b/score"),
        (
            |of| of.newest.as_mut().unwrap()["a"]["criteriaVersion"] = json!(2),
            "asset_scores/a/criteriaVersion",
        ),
        (|of| of.history.as_mut().unwrap()["a"]["symbol"] = json!("SAQ"), "score_history/a/symbol"),
        (|of| of.history.as_mut().unwrap()["c"] = json!({}), "score_history/c"),
        (
            |of| of.inputs = of.inputs.take().map(|body| body.replace("120.5", "120.6")),
            "scores/inputsHash",
        ),
    ];
    for (alter, expected) in altered {
        let mut one = whole.clone();
        alter(&mut one);
        assert_eq!(place(&one), expected);
    }
}

#[test]
fn whatever_of_a_user_without_scores_is_gone_or_added_is_told() {
    let failed = of(&[("a", "GONE")]);
    assert_eq!((failed.fate, failed.replay()), (UserFate::Failed, Some(Ok(()))));
    let without = Recorded { inputs: None, ..failed.clone() };
    assert_eq!(place(&without), "inputs", "they were captured before the price was missing");
    let with = Recorded { scores: Some("{}".to_owned()), ..failed.clone() };
    assert_eq!(place(&with), "scores");
    let tired = failed.completed.as_ref().map(|body| body.replace("missing_price", "tired"));
    assert_eq!(place(&Recorded { completed: tired, ..failed.clone() }), "completed/reason");
    let other = Some("bad_numbers".to_owned());
    assert_eq!(place(&Recorded { reason: other, ..failed }), "overnight_users/reason");
    let skipped = of(&[]);
    assert_eq!(skipped.replay(), None, "nothing could be captured");
    let row = json!({"a": score_row("SAP", ["1", "1", "1"].map(str::to_owned), 3)});
    assert_eq!(place(&Recorded { newest: Some(row), ..skipped.clone() }), "asset_scores/a");
    assert_eq!(place(&Recorded { started: None, ..skipped }), "started");
}

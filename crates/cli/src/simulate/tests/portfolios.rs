//! What criteria make of assets.

use super::*;

fn criterion(id: &str, metric: &str, operator: &str, value: &Value, points: &Value) -> Value {
    json!({"id": id, "name": id, "metric": metric, "operator": operator, "value": value,
           "points": points})
}

fn asset(id: &str, fundamentals: &Value) -> Value {
    json!({"id": id, "symbol": "AAPL", "fundamentals": fundamentals})
}

fn line(criteria: &[Value], assets: &[Value]) -> Value {
    json!({"criteria": criteria, "assets": assets})
}

#[test]
fn every_asset_has_its_breakdown_in_the_order_of_the_line() {
    let mut between = criterion("band", "pe_ratio", "between", &json!("10"), &json!("2.50"));
    between["value2"] = json!(20);
    let criteria = [
        between,
        criterion("dear", "price", "gte", &json!(100), &json!(-1.00005)),
        criterion("paid", "dividend_yield", "exists", &json!(null), &json!(1)),
    ];
    let assets = [
        asset("b", &json!({"pe_ratio": 15, "price": "100.000", "dividend_yield": null})),
        asset("a", &json!({"pe_ratio": "20.0000000000000000000000001", "dividend_yield": 0})),
    ];
    let input = line(&criteria, &assets).to_string();
    let mut output = Vec::new();
    lines::answer(&mut input.as_bytes(), &mut output, portfolio::answer).unwrap();
    let expected = concat!(
        r#"{"scores":[{"assetId":"b","score":"1.5000","breakdown":["#,
        r#"{"criterionId":"band","matched":true,"pointsAwarded":2.5,"skippedReason":null},"#,
        r#"{"criterionId":"dear","matched":true,"pointsAwarded":-1.00005,"skippedReason":null},"#,
        r#"{"criterionId":"paid","matched":false,"pointsAwarded":0,"skippedReason":"missing_fundamental"}]},"#,
        r#"{"assetId":"a","score":"1.0000","breakdown":["#,
        r#"{"criterionId":"band","matched":false,"pointsAwarded":0,"skippedReason":null},"#,
        r#"{"criterionId":"dear","matched":false,"pointsAwarded":0,"skippedReason":"missing_fundamental"},"#,
        r#"{"criterionId":"paid","matched":true,"pointsAwarded":1,"skippedReason":null}]}]}"#,
        "\n",
    );
    assert_eq!(String::from_utf8(output).unwrap(), expected);
    assert_eq!(answered(portfolio::answer, &line(&[], &[])), json!({"scores": []}));
}

#[test]
fn lines_that_cannot_be_are_refused_by_name() {
    let exists = |metric: &str| criterion("c", metric, "exists", &json!(null), &json!(1));
    let valued = |value: Value| criterion("c", "price", "gt", &value, &json!(1));
    let known = |known: Value| line(&[exists("price")], &[asset("a", &known)]);
    let twice = [asset("a", &json!({})), asset("a", &json!({}))];
    check_refusals(
        portfolio::answer,
        &[
            (json!({}), "missing at /criteria: is required; missing at /assets: is required"),
            (json!({"criteria": [], "assets": [], "user": 1}), "unknown_field at /user"),
            (line(&[exists("eps")], &[]), "unknown_metric at /criteria/0/metric"),
            (
                line(&[criterion("c", "price", "eq", &json!(1), &json!(1))], &[]),
                "unknown_operator at /criteria/0/operator",
            ),
            (line(&[exists("price"), exists("price")], &[]), "duplicate_id at /criteria/1/id"),
            (line(&[valued(json!("NaN"))], &[]), "not_finite at /criteria/0/value"),
            (line(&[valued(json!("-Infinity"))], &[]), "not_finite at /criteria/0/value"),
            (line(&[valued(json!("1e5"))], &[]), "exponent at /criteria/0/value"),
            (line(&[valued(json!("9".repeat(40)))], &[]), "too_many_digits at /criteria/0/value"),
            (line(&[valued(json!(null))], &[]), "missing at /criteria/0/value"),
            (line(&[], &twice), "duplicate_id at /assets/1/id"),
            (line(&[], &[json!({"id": "a", "symbol": "A"})]), "missing at /assets/0/fundamentals"),
            (line(&[], &[json!(7)]), "not_object at /assets/0"),
            (known(json!({"price": "inf"})), "not_finite at /assets/0/fundamentals/price"),
            (known(json!({"price": true})), "not_decimal at /assets/0/fundamentals/price"),
            (known(json!({"eps": 1})), "unknown_field at /assets/0/fundamentals/eps"),
            (known(json!([])), "not_object at /assets/0/fundamentals"),
            (line(&vec![json!({}); 5], &[]), "; and 5 more"),
        ],
    );
    for (text, why) in [
        (
            r#"{"criteria":[],"assets":[{"id":"a","symbol":"A","fundamentals":{"price":NaN}}]}"#,
            "expected value",
        ),
        (
            r#"{"criteria":[],"assets":[{"id":"a","symbol":"A","fundamentals":{"price":1e5}}]}"#,
            "exponent at /assets/0/fundamentals/price",
        ),
        (
            r#"{"criteria":[],"assets":[{"id":"a","symbol":"A","fundamentals":{"price":1234567890123456789012345678901234567890}}]}"#,
            "too_many_digits at /assets/0/fundamentals/price",
        ),
        ("[]", "a line must be a JSON object"),
    ] {
        let (code, message) = refused(portfolio::answer, text);
        assert!(code == "invalid_input" && message.contains(why), "{text}: {message}");
    }
}

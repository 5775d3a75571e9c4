//! Configurations whose bodies are not valid: each fault is named.

use mauntic_domain::scoring::model::RESERVED_FACTORS;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::call::Call;
use super::config::{CONFIG, PREVIEW, PUBLISH, SIGNALS, changed, preview, publish, put};
use super::refusals::refused;
use super::world::{WRITE_KEY, World};

#[tokio::test]
async fn weights_that_are_not_valid_are_named() {
    let of = |field: &str, value: Value| {
        let mut entry = json!({"category": "fit", "factor": "vip", "weight": 1, "enabled": true});
        entry[field] = value;
        json!([entry])
    };
    let many: Vec<Value> = (0..1_001)
        .map(|n| json!({"category": "fit", "factor": format!("f{n}"), "weight": 1}))
        .collect();
    #[rustfmt::skip]
    let table = [
        (json!(null),                          vec!["/entries"]),
        (json!({}),                            vec!["/entries"]),
        (json!(many),                          vec!["/entries"]),
        (json!([1, "x", [], null]),            vec!["/entries/0", "/entries/1", "/entries/2", "/entries/3"]),
        (json!([{}]),                          vec!["/entries/0/category", "/entries/0/factor", "/entries/0/weight"]),
        (of("category", json!("fat")),         vec!["/entries/0/category"]),
        (of("category", json!("FIT")),         vec!["/entries/0/category"]),
        (of("category", json!(null)),          vec!["/entries/0/category"]),
        (of("category", json!({"fit": null})), vec!["/entries/0/category"]),
        (of("factor", json!("a b")),           vec!["/entries/0/factor"]),
        (of("factor", json!(7)),               vec!["/entries/0/factor"]),
        (of("factor", json!("x".repeat(65))),  vec!["/entries/0/factor"]),
        (of("weight", json!(-0.01)),           vec!["/entries/0/weight"]),
        (of("weight", json!(1_000)),           vec!["/entries/0/weight"]),
        (of("weight", json!(1.005)),           vec!["/entries/0/weight"]),
        (of("weight", json!("1")),             vec!["/entries/0/weight"]),
        (of("weight", json!(1e300)),           vec!["/entries/0/weight"]),
        (of("weight", json!({"$serde_json::private::Number": "1"})), vec!["/entries/0/weight"]),
        (of("enabled", json!("yes")),          vec!["/entries/0/enabled"]),
        (of("label", json!("x")),              vec!["/entries/0/label"]),
        (json!([{"category": "fit", "factor": "a", "weight": 1},
                {"category": "fat", "factor": "b", "weight": -1},
                {"category": "fit", "factor": "a", "weight": 2}]),
            vec!["/entries/1/category", "/entries/1/weight", "/entries/2/factor"]),
    ];
    for (entries, pointers) in table {
        let answer = refused(put(CONFIG, "\"0.0\"", &entries), 422, "validation_failed").await;
        assert_eq!(answer.pointers(), pointers, "{entries}");
    }
    for name in RESERVED_FACTORS {
        let entries = of("factor", json!(name));
        let answer = refused(put(CONFIG, "\"0.0\"", &entries), 422, "validation_failed").await;
        assert_eq!(answer.pointers(), ["/entries/0/factor"]);
    }
    let unknown = Call::new("PUT", CONFIG).key(WRITE_KEY).header("if-match", "\"0.0\"");
    let unknown = unknown.json(json!({"entries": [], "entry": 1}).to_string());
    assert_eq!(refused(unknown, 422, "validation_failed").await.pointers(), ["/entry"]);
    for weight in [json!(0), json!(999.99), json!(12.5), json!(3.0)] {
        let call = put(CONFIG, "\"0.0\"", &of("weight", weight));
        changed(&World::new(), call, "\"0.1\"").await;
    }
    let world = World::new();
    let most = json!(many[..1_000]);
    changed(&world, put(CONFIG, "\"0.0\"", &most), "\"0.1\"").await;
}

#[tokio::test]
async fn types_of_signal_that_are_not_valid_are_named() {
    let of = |field: &str, value: Value| {
        let mut entry = json!({"signalType": "T"});
        entry[field] = value;
        json!([entry])
    };
    let many: Vec<Value> = (0..501).map(|n| json!({"signalType": format!("T{n}")})).collect();
    #[rustfmt::skip]
    let table = [
        (json!(many),                           vec!["/entries"]),
        (json!([{}]),                           vec!["/entries/0/signalType"]),
        (of("signalType", json!("")),           vec!["/entries/0/signalType"]),
        (of("weight", json!(-1)),               vec!["/entries/0/weight"]),
        (of("weight", json!(1_000)),            vec!["/entries/0/weight"]),
        (of("decayHours", json!(0)),            vec!["/entries/0/decayHours"]),
        (of("decayHours", json!(-5)),           vec!["/entries/0/decayHours"]),
        (of("decayHours", json!(8_785)),        vec!["/entries/0/decayHours"]),
        (of("decayHours", json!(1.5)),          vec!["/entries/0/decayHours"]),
        (of("decayHours", json!("24")),         vec!["/entries/0/decayHours"]),
        (of("decayModel", json!("cubic")),      vec!["/entries/0/decayModel"]),
        (of("tier", json!("urgent")),           vec!["/entries/0/tier"]),
        (of("enabled", json!(1)),               vec!["/entries/0/enabled"]),
        (of("capPerDay", json!(0)),             vec!["/entries/0/capPerDay"]),
        (of("capPerDay", json!(1_001)),         vec!["/entries/0/capPerDay"]),
        (json!([{"signalType": "T"}, {"signalType": "T", "decayHours": 0}]),
            vec!["/entries/1/signalType", "/entries/1/decayHours"]),
    ];
    for (entries, pointers) in table {
        let answer = refused(put(SIGNALS, "\"0.0\"", &entries), 422, "validation_failed").await;
        assert_eq!(answer.pointers(), pointers, "{entries}");
    }
    let most = json!(many[..500]);
    changed(&World::new(), put(SIGNALS, "\"0.0\"", &most), "\"0.1\"").await;
}

#[tokio::test]
async fn a_preview_is_asked_for_strictly() {
    #[rustfmt::skip]
    let table = [
        (json!({"sample": 0}),                      vec!["/sample"]),
        (json!({"sample": 1_001}),                  vec!["/sample"]),
        (json!({"sample": "10"}),                   vec!["/sample"]),
        (json!({"contactId": "a b"}),               vec!["/contactId"]),
        (json!({"contactId": 7}),                   vec!["/contactId"]),
        (json!({"contactId": "c", "sample": 10}),   vec!["/sample"]),
        (json!({"contact": "c"}),                   vec!["/contact"]),
    ];
    for (body, pointers) in table {
        let answer = refused(preview(&body), 422, "validation_failed").await;
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
    let note = publish("\"0.0\"").json(json!({"note": "x".repeat(501)}).to_string());
    assert_eq!(refused(note, 422, "validation_failed").await.pointers(), ["/note"]);
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z\\x00 _]{0,8}".prop_map(Value::from),
        prop::sample::select(vec!["fit", "linear", "low", "demo_request"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let names = prop::sample::select(vec![
            "entries",
            "category",
            "factor",
            "weight",
            "enabled",
            "signalType",
            "decayHours",
            "decayModel",
            "tier",
            "capPerDay",
            "note",
            "sample",
            "contactId",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names, inner), 0..6).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(n, v)| (n.to_owned(), v)).collect()
            )),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_body_is_our_fault(body in any_value(), seen in "[\"0-9.W/*, ]{0,8}|\"0\\.0\"") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (method, path) in [("PUT", CONFIG), ("PUT", SIGNALS), ("POST", PREVIEW), ("POST", PUBLISH)] {
            let call = Call::new(method, path).key(WRITE_KEY).header("if-match", &seen);
            let answer = runtime.block_on(call.json(body.to_string()).send(&World::new()));
            prop_assert!(answer.status < 500, "{} {}", path, answer.body);
        }
    }
}

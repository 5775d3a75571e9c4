//! Whether one JSON document is part of another, as the database has it.

use mauntic_sim::store::contains::contains;
use serde_json::json;

#[test]
fn as_the_database_has_it() {
    let whole = json!({"a": 1, "b": [1, {"c": 2, "d": 3}], "e": {"f": null}});
    for part in [
        json!({}),
        json!({"a": 1.0}),
        json!({"b": []}),
        json!({"b": [{"c": 2}]}),
        json!({"b": [1, 1]}),
        json!({"e": {}}),
        json!({"e": {"f": null}}),
    ] {
        assert!(contains(&whole, &part), "{part}");
    }
    for part in [json!([]), json!(1), json!({"b": 1}), json!({"e": null}), json!({"g": null})] {
        assert!(!contains(&whole, &part), "{part}");
    }
    assert!(contains(&json!(["a", "b"]), &json!("b")));
    assert!(!contains(&json!([["a"]]), &json!("a")));
    assert!(!contains(&json!("a"), &json!(["a"])));
}

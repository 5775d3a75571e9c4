//! Whether one JSON value contains another, as the database's `@>` has it.

use serde_json::Value;

/// `whole @> part`: an object has all of its members, an array has an element
/// for each of its elements, a scalar is it; an array may contain a scalar.
pub(super) fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Array(items), Value::String(_) | Value::Number(_) | Value::Bool(_)) => {
            items.iter().any(|item| is_same(item, part))
        }
        (Value::Array(items), Value::Null) => items.contains(&Value::Null),
        _ => is_within(whole, part),
    }
}

fn is_within(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(name, part)| whole.get(name).is_some_and(|whole| is_within(whole, part))),
        (Value::Array(whole), Value::Array(part)) => {
            part.iter().all(|part| whole.iter().any(|whole| is_within(whole, part)))
        }
        _ => is_same(whole, part),
    }
}

/// Numbers by their value, as the database has them.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::contains;

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
}

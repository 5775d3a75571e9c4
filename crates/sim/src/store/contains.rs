//! Whether one JSON value contains another, as the database's `@>` has it.

use serde_json::Value;

/// `whole @> part`: an object has all of its members, an array has an element
/// for each of its elements, a scalar is it; an array may contain a scalar.
#[must_use]
pub fn contains(whole: &Value, part: &Value) -> bool {
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

//! Optional fields of an event's data.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::event::EventFault;

/// A text; null is none.
pub(super) fn text<'a>(
    data: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a str>, EventFault> {
    match data.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(EventFault::new(format!("/data/{name}"), "must be a string")),
    }
}

/// A number, as its type reads it; null is none.
pub(super) fn number<T: DeserializeOwned>(
    data: &Map<String, Value>,
    name: &str,
) -> Result<Option<T>, EventFault> {
    match data.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value @ Value::Number(_)) => T::deserialize(value)
            .map(Some)
            .map_err(|error| EventFault::new(format!("/data/{name}"), error.to_string())),
        Some(_) => Err(EventFault::new(format!("/data/{name}"), "must be a number")),
    }
}

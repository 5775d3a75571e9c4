//! Objects that are objects: a derived struct also reads a list of its fields'
//! values, which would let a slip of the sender pass for data.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reads a JSON object, or null as nothing; for `deserialize_with`.
///
/// # Errors
/// When it is another kind of value, or does not fit.
pub fn optional_object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        object @ Value::Object(_) => T::deserialize(object).map(Some).map_err(D::Error::custom),
        _ => Err(D::Error::custom("must be an object")),
    }
}

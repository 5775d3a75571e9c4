//! The checks that the objects in every body share. They look at the JSON value
//! before serde reads it, for serde takes more than the API's document allows.

use mauntic_domain::gather::gathered;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::faults::{Faults, Part};
use crate::pointer::{Pointer, expectation};
use crate::problem::Problem;

/// Checks each field of an object by itself, so that every fault is found and
/// not only the first: the name must be one of `names`, a `T` with that field
/// alone must be readable (every field of `T` has a default), and the value
/// must be no list and no object. serde reads a list as a struct and an object
/// as an enum; none of ours is written so.
pub(crate) fn check_fields<T: DeserializeOwned>(
    fields: &Map<String, Value>,
    names: &[&str],
    at: &Pointer,
    faults: &mut Faults,
) {
    for (name, value) in fields {
        let here = at.field(name);
        if !names.contains(&name.as_str()) {
            faults.add(&here, format!("is not known here; known are {}", names.join(", ")));
            continue;
        }
        let alone: Map<String, Value> = gathered([(name.clone(), value.clone())]);
        match serde_path_to_error::deserialize::<_, T>(Value::Object(alone)) {
            Err(error) => {
                let message = expectation(&error.inner().to_string());
                faults.add(&at.path(error.path()), message);
            }
            Ok(_) if value.is_object() || value.is_array() => {
                faults.add(&here, "must be a single value");
            }
            Ok(_) => {}
        }
    }
}

/// The object that must stand here; anything else is a fault.
pub(crate) fn object<'a>(
    value: &'a Value,
    at: &Pointer,
    faults: &mut Faults,
) -> Option<&'a Map<String, Value>> {
    let fields = value.as_object();
    if fields.is_none() {
        faults.add(at, "must be a JSON object");
    }
    fields
}

/// Reads a checked object.
pub(crate) fn read<T: DeserializeOwned>(
    fields: Map<String, Value>,
    at: &Pointer,
) -> Result<T, Problem> {
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
        let mut faults = Faults::of(Part::Body);
        let message = expectation(&error.inner().to_string());
        faults.add(&at.path(error.path()), message);
        faults.problem()
    })
}

//! Holds answers to the API's document: the status is listed, a problem's code
//! has its example there, and a body has the shape of its schema.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use mauntic_sim::ports::SimPorts;
use serde_json::Value;

use super::call::Answer;
use crate::describe;

/// The document's text, made once.
pub(crate) fn written() -> &'static str {
    static WRITTEN: LazyLock<String> = LazyLock::new(|| describe::<SimPorts>().to_json().unwrap());
    &WRITTEN
}

/// The document.
pub(crate) fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(written()).unwrap());
    &DOCUMENT
}

/// Holds an answer to what the document says of its operation. What any path
/// or any method may get is told in the document's heading.
pub(crate) fn assert_documented(method: &str, answer: &Answer) {
    let Some(path) = answer.line["path"].as_str() else {
        assert_eq!(answer.code(), if method == "HEAD" { "" } else { "route_not_found" });
        return;
    };
    if answer.status == 405 || answer.status == 204 {
        assert!(!answer.header("allow").is_empty());
        return;
    }
    let method = if method == "HEAD" { "get" } else { method };
    let operation = &document()["paths"][path][method.to_lowercase()];
    let response = &operation["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{method} {path} {}", answer.status);
    if answer.body.is_null() {
        return;
    }
    // What a media type is given beyond its name is not in the document.
    let media_type = answer.header("content-type").split(';').next().unwrap();
    let content = &response["content"][media_type];
    assert!(content.is_object(), "{method} {path}: {response}");
    if answer.header("content-type") == "application/problem+json" {
        let example = resolve(&content["examples"][answer.code()]);
        assert!(example.is_object(), "{method} {path}: {}", answer.code());
    }
    assert_shape(&content["schema"], &answer.body, path);
}

/// Holds a value to its schema, by as much of JSON Schema as the document
/// uses; a field that the schema does not name is refused.
pub(crate) fn assert_shape(schema: &Value, value: &Value, at: &str) {
    if let Some(schemas) = resolve(schema)["oneOf"].as_array() {
        // Of an object that may be absent.
        let is_null = |schema: &&Value| schema["type"] == "null";
        let part = schemas.iter().find(|schema| is_null(schema) == value.is_null());
        return assert_shape(part.unwrap_or_else(|| panic!("{at}: {value}")), value, at);
    }
    let known = known_names(schema);
    let names = value.as_object().into_iter().flat_map(|fields| fields.keys());
    // A problem has members of its kind's own.
    let is_closed = !known.is_empty() && !takes_more(schema);
    let unknown: Vec<_> = names.filter(|name| is_closed && !known.contains(name)).collect();
    assert!(unknown.is_empty(), "{at}: {unknown:?}");
    assert_part(schema, value, at);
}

pub(crate) fn resolve(schema: &Value) -> &Value {
    let Some(reference) = schema["$ref"].as_str() else {
        return schema;
    };
    let target = document().pointer(reference.trim_start_matches('#'));
    target.unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

fn takes_more(schema: &Value) -> bool {
    let schema = resolve(schema);
    let mut parts = schema["allOf"].as_array().into_iter().flatten();
    schema.get("additionalProperties").is_some_and(|more| more != &Value::Bool(false))
        || parts.any(takes_more)
}

fn known_names(schema: &Value) -> BTreeSet<&String> {
    let schema = resolve(schema);
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let own = schema["properties"].as_object().into_iter().flat_map(|p| p.keys());
    own.chain(parts.flat_map(known_names)).collect()
}

fn assert_part(schema: &Value, value: &Value, at: &str) {
    let schema = resolve(schema);
    if let Some(parts) = schema["allOf"].as_array() {
        return parts.iter().for_each(|part| assert_part(part, value, at));
    }
    assert_type(schema, value, at);
    if let Some(values) = schema["enum"].as_array() {
        assert!(values.contains(value), "{at}: {value}");
    }
    if let (Some(items), Some(found)) = (schema.get("items"), value.as_array()) {
        found.iter().for_each(|item| assert_shape(items, item, at));
    }
    let Some(fields) = value.as_object() else {
        return;
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(fields.contains_key(name.as_str().unwrap()), "{at}: {name}");
    }
    if let Some(properties) = schema["properties"].as_object() {
        for (name, part) in properties {
            if let Some(field) = fields.get(name) {
                assert_shape(part, field, &format!("{at}.{name}"));
            }
        }
    }
}

fn assert_type(schema: &Value, value: &Value, at: &str) {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{at}: type {other}"),
    };
    let fits = match &schema["type"] {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        _ => true,
    };
    assert!(fits, "{at}: {value} is no {}", schema["type"]);
}

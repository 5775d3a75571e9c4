//! Structured log lines: one object each, so that Workers Logs indexes its
//! fields. They carry stable names, ids and numbers; never a payload, a secret
//! or a contact.

use js_sys::JSON;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use worker::web_sys::console;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// What happened, for the record.
    Info,
    /// Odd, and nothing was lost.
    Warn,
    /// Somebody should look.
    Error,
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// Logs an event that is for the record.
pub fn info(event: &str, fields: Value) {
    named(Level::Info, event, fields);
}

/// Logs an odd event.
pub fn warn(event: &str, fields: Value) {
    named(Level::Warn, event, fields);
}

/// Logs an event that somebody should look at.
pub fn error(event: &str, fields: Value) {
    named(Level::Error, event, fields);
}

/// Logs that a setting cannot be used; such errors name it, never its value.
pub(crate) fn setting(fault: &dyn std::error::Error) {
    error("setting_unreadable", json!({"cause": fault.to_string()}));
}

/// Logs an object that names its event itself.
pub fn line(level: Level, mut fields: Value) {
    if let Value::Object(fields) = &mut fields {
        fields.insert("level".to_owned(), json!(level.name()));
    }
    let text = fields.to_string();
    // An object, as the fields of a text would not be indexed.
    let line = JSON::parse(&text).unwrap_or_else(|_| JsValue::from_str(&text));
    match level {
        Level::Info => console::log_1(&line),
        Level::Warn => console::warn_1(&line),
        Level::Error => console::error_1(&line),
    }
}

fn named(level: Level, event: &str, mut fields: Value) {
    if let Value::Object(fields) = &mut fields {
        fields.insert("event".to_owned(), json!(event));
    }
    line(level, fields);
}

//! The canonical form of replies and rows: two subjects that went through the
//! same give equal values.
//!
//! - An id that a database made is named in the order of its first appearance,
//!   `db:0` first; ids that a test made are the same in both and stay.
//! - A time is its distance from the database's now, such as `+60s`.
//! - Texts for people only say whether they are there, and whether they are as
//!   long as their column's limit.
//! - A dead letter's body is JSON where it can be read as such.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The byte of an id that says who made it, and the database's value there.
/// `mauntic_sim` and `clockwork.sql` make ids by one pattern.
const MAKER: (usize, u8) = (7, 1);

/// Columns that hold texts for people.
const TEXTS: [&str; 3] = ["last_error", "detail", "error"];

/// Longest text that is kept of an error.
const TEXT_CHARS_MAX: usize = 2_000;

/// The names of ids that one database made.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    names: BTreeMap<Uuid, String>,
    ids: BTreeMap<String, Uuid>,
}

impl Labels {
    /// The id's name; itself where a test made it.
    pub(crate) fn name(&mut self, id: Uuid) -> String {
        if !is_of_database(id) {
            return id.to_string();
        }
        let next = format!("db:{}", self.names.len());
        let name = self.names.entry(id).or_insert(next);
        self.ids.insert(name.clone(), id);
        name.clone()
    }

    /// The id of that name.
    pub(crate) fn id(&self, name: &str) -> Uuid {
        let made = || Uuid::parse_str(name).expect("an id that a database or a test made");
        self.ids.get(name).copied().unwrap_or_else(made)
    }

    /// The canonical form of a reply or row.
    pub(crate) fn canonical(&mut self, now: DateTime<Utc>, value: Value) -> Value {
        match value {
            Value::String(text) => self.text(now, text),
            Value::Array(items) => {
                items.into_iter().map(|item| self.canonical(now, item)).collect()
            }
            Value::Object(fields) => {
                let field = |(name, value): (String, Value)| {
                    let value = match (name.as_str(), value) {
                        (of, Value::String(text)) if TEXTS.contains(&of) => mark(&text),
                        ("body", Value::String(body)) => {
                            let parsed = serde_json::from_str(&body);
                            self.canonical(now, parsed.unwrap_or(Value::String(body)))
                        }
                        (_, value) => self.canonical(now, value),
                    };
                    (name, value)
                };
                Value::Object(fields.into_iter().map(field).collect::<Map<_, _>>())
            }
            other => other,
        }
    }

    fn text(&mut self, now: DateTime<Utc>, text: String) -> Value {
        if let Ok(id) = Uuid::parse_str(&text) {
            return Value::String(self.name(id));
        }
        match DateTime::parse_from_rfc3339(&text) {
            Ok(at) => Value::String(distance(at.to_utc() - now)),
            Err(_) => Value::String(text),
        }
    }
}

fn is_of_database(id: Uuid) -> bool {
    id.get_version_num() == 7 && id.as_bytes()[MAKER.0] == MAKER.1
}

fn distance(from_now: TimeDelta) -> String {
    let us = from_now.num_microseconds().expect("a time that is near enough");
    if us % 1_000_000 == 0 { format!("{:+}s", us / 1_000_000) } else { format!("{us:+}us") }
}

fn mark(text: &str) -> Value {
    let is_cut = text.chars().count() >= TEXT_CHARS_MAX;
    Value::String(if is_cut { "as long as may be" } else { "a text" }.to_owned())
}

/// Where two values differ, a line each.
pub(crate) fn differences(left: &Value, right: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", left, right, &mut found);
    found
}

fn compare(path: &str, left: &Value, right: &Value, found: &mut Vec<String>) {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for name in names {
                let (a, b) = (a.get(name).unwrap_or(&Value::Null), b.get(name));
                compare(&format!("{path}.{name}"), a, b.unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (n, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{path}[{n}]"), a, b, found);
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            let only = |rows: &[Value], others: &[Value], whose: &str| {
                let only = rows.iter().filter(|row| !others.contains(row));
                only.map(|row| format!("{path}: only in {whose}: {row}")).collect::<Vec<_>>()
            };
            found.extend(only(a, b, "memory"));
            found.extend(only(b, a, "PostgreSQL"));
        }
        _ if left == right => {}
        _ => found.push(format!("{path}: {left} in memory, {right} in PostgreSQL")),
    }
}

/// Whether `row` has all that `wanted` has.
pub(crate) fn assert_has(row: &Value, wanted: &Value) {
    for (name, wanted) in wanted.as_object().expect("an object of columns") {
        let found = row.get(name).unwrap_or_else(|| panic!("no column {name} in {row:#}"));
        assert_eq!(found, wanted, "column {name} of {row:#}");
    }
}

/// Nothing.
pub(crate) fn none() -> Value {
    json!(null)
}

//! Lists that are edited as rows of a form, and become the entries of a body: a row whose
//! first field is empty is no entry.

use maud::{Markup, html};
use serde_json::{Map, Number, Value};

use crate::form::Typed;
use crate::request::Pairs;
use crate::show::{nothing, table};
use crate::stop::Problem;

/// Empty rows behind those that there are.
const EMPTY_ROWS: usize = 2;

/// What a column holds.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Number,
    OneOf(&'static [&'static str]),
    Flag,
}

/// A column; its name is the entry's field.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: Kind,
}

/// The entries of a form, and the row of each.
pub(super) fn read(columns: &[Column], form: &Pairs) -> (Vec<Value>, Vec<usize>) {
    let (mut entries, mut rows) = (Vec::new(), Vec::new());
    let first = columns.first().map(|column| column.name).unwrap_or_default();
    // Each has a field of the first column, empty or not.
    for row in 0..form.iter().filter(|(name, _)| is_of(first, name)).count() {
        if form.get(&field(first, row)).is_some() {
            entries.push(Value::Object(entry(columns, form, row)));
            rows.push(row);
        }
    }
    (entries, rows)
}

fn is_of(column: &str, name: &str) -> bool {
    name.strip_prefix(column)
        .and_then(|rest| rest.strip_prefix('.'))
        .is_some_and(|rest| rest.parse::<usize>().is_ok())
}

fn field(column: &str, row: usize) -> String {
    format!("{column}.{row}")
}

fn entry(columns: &[Column], form: &Pairs, row: usize) -> Map<String, Value> {
    let mut entry = Map::new();
    for column in columns {
        let text = form.get(&field(column.name, row));
        let value = match (column.kind, text) {
            (Kind::Flag, text) => Some(text.is_some().into()),
            (_, None) => None,
            // What is no number is told so by the API.
            (Kind::Number, Some(text)) => {
                Some(text.parse::<Number>().map_or_else(|_| text.into(), Value::Number))
            }
            (Kind::Text | Kind::OneOf(_), Some(text)) => Some(text.into()),
        };
        if let Some(value) = value {
            entry.insert(column.name.to_owned(), value);
        }
    }
    entry
}

/// The faults of a body as those of its form's fields.
pub(super) fn faults(mut problem: Problem, rows: &[usize]) -> Problem {
    for fault in &mut problem.errors {
        let mut parts = fault.pointer.split('/').skip(1);
        let place =
            (parts.next(), parts.next().and_then(|nth| nth.parse::<usize>().ok()), parts.next());
        if let (Some("entries"), Some(nth), Some(name)) = place
            && let Some(row) = rows.get(nth)
        {
            fault.pointer = format!("/{}", field(name, *row));
        }
    }
    problem
}

/// The entries to be read.
pub(super) fn list(caption: &str, columns: &[Column], entries: &[Value]) -> Markup {
    let heads: Vec<&'static str> = columns.iter().map(|column| column.label).collect();
    let shown = |entry: &Value, column: &Column| match (column.kind, entry.get(column.name)) {
        (Kind::Flag, Some(Value::Bool(false))) => html! { "no" },
        (Kind::Flag, _) => html! { "yes" },
        (_, None | Some(Value::Null)) => nothing(),
        (_, Some(value)) => html! { (text(value)) },
    };
    let rows: Vec<Markup> = entries
        .iter()
        .map(|entry| html! { @for column in columns { td { (shown(entry, column)) } } })
        .collect();
    table(caption, &heads, &rows)
}

/// The rows as fields.
pub(super) fn editor(
    caption: &str,
    columns: &[Column],
    entries: &[Value],
    typed: &Typed<'_>,
) -> Markup {
    let first = columns.first().map(|column| column.name).unwrap_or_default();
    let typed_rows =
        typed.values.map(|form| form.iter().filter(|(name, _)| is_of(first, name)).count());
    let rows = typed_rows.unwrap_or(entries.len() + EMPTY_ROWS);
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table.editor {
                caption { (caption) }
                thead { tr { @for column in columns { th scope="col" { (column.label) } } } }
                tbody {
                    @for row in 0..rows {
                        tr { @for column in columns { td data-head=(column.label) { (cell(column, row, entries.get(row), typed)) } } }
                    }
                }
            }
        }
    }
}

fn cell(column: &Column, row: usize, entry: Option<&Value>, typed: &Typed<'_>) -> Markup {
    let name = field(column.name, row);
    let label = format!("{} of row {}", column.label, row + 1);
    let stored = entry.and_then(|entry| entry.get(column.name)).map(text).unwrap_or_default();
    let value = typed.value(&name, &stored);
    let fault = typed.fault(&name);
    html! {
        @match column.kind {
            Kind::Flag => {
                @let is_on = match typed.values { Some(form) => form.get(&name).is_some(), None => stored != "false" };
                input type="checkbox" name=(name) value="true" checked[is_on] aria-label=(label);
            },
            Kind::OneOf(options) => select name=(name) aria-label=(label) aria-invalid=[fault.map(|_| "true")] {
                @for option in options { option value=(option) selected[*option == value] { (option) } }
            },
            Kind::Text | Kind::Number => {
                input name=(name) value=(value) maxlength="64" autocomplete="off" aria-label=(label)
                    inputmode=[matches!(column.kind, Kind::Number).then_some("decimal")]
                    aria-invalid=[fault.map(|_| "true")];
            },
        }
        @if let Some(fault) = fault { p.fault { (column.label) " " (fault) "." } }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

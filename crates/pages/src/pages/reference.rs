//! `GET /admin/reference`: the API's own document as pages: every operation by area, and one
//! with what it takes and answers.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::jobs::pretty;
use crate::answer::{Outcome, Page};
use crate::client::Api;
use crate::paths::segment;
use crate::show::{badge, table};
use crate::stop::Stop;
use crate::visit::Visit;

const HERE: &str = "/admin/reference";

/// Deepest schema that is followed: deeper ones name what they are.
const DEPTH_MAX: u8 = 4;

/// What is read of an OpenAPI document.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Document {
    paths: BTreeMap<String, BTreeMap<String, Operation>>,
    #[serde(default)]
    components: Components,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Components {
    #[serde(default)]
    schemas: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Operation {
    operation_id: String,
    summary: String,
    description: String,
    tags: Vec<String>,
    parameters: Vec<Parameter>,
    request_body: Option<Body>,
    responses: BTreeMap<String, Body>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Parameter {
    name: String,
    #[serde(rename = "in")]
    place: String,
    required: bool,
    description: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Body {
    description: String,
    content: BTreeMap<String, Content>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Content {
    schema: Value,
}

/// `GET /admin/reference`.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>) -> Result<Outcome, Stop> {
    let document: Document = visit.anybody()?.get("/openapi.json").await?;
    let mut areas: BTreeMap<&str, Vec<Markup>> = BTreeMap::new();
    for (path, operations) in &document.paths {
        for (method, of) in operations {
            let area = of.tags.first().map_or("other", String::as_str);
            areas.entry(area).or_default().push(html! {
                td { (badge(&method.to_uppercase())) }
                th scope="row" { a href={ (HERE) "/" (segment(&of.operation_id)) } { code { (path) } } }
                td { (of.summary) }
            });
        }
    }
    let body = html! {
        p { "The document itself is at " code { "/openapi.json" } " of the API, for whoever has a key." }
        @for (area, rows) in &areas {
            section { h2 { (area) } (table("Operations", &["Method", "Path", "What"], rows)) }
        }
    };
    Ok(Page::new(HERE, "API", body).into())
}

/// `GET /admin/reference/{operation}`.
pub(super) async fn one<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    let document: Document = visit.anybody()?.get("/openapi.json").await?;
    let mut all = document.paths.iter().flat_map(|(path, operations)| {
        operations.iter().map(move |(method, of)| (path, method, of))
    });
    let found = all.find(|(_, _, of)| of.operation_id == id);
    let (path, method, of) =
        found.ok_or_else(|| Stop::NotFound("There is no operation of this name.".to_owned()))?;
    let body = html! {
        p { (badge(&method.to_uppercase())) " " code { (path) } }
        @if !of.description.is_empty() { p { (of.description) } }
        section { h2 { "Parameters" } (parameters(of)) }
        @if let Some(taken) = &of.request_body { section { h2 { "Takes" } (content(taken, &document)) } }
        section {
            h2 { "Answers" }
            @for (status, told) in &of.responses {
                details open[status.starts_with('2')] {
                    summary { (status) " " (told.description) }
                    (content(told, &document))
                }
            }
        }
        p { a href=(HERE) { "All operations" } }
    };
    Ok(Page::new(HERE, of.summary.clone(), body).into())
}

fn parameters(of: &Operation) -> Markup {
    let rows: Vec<Markup> = of
        .parameters
        .iter()
        .map(|of| {
            html! {
                th scope="row" { code { (of.name) } }
                td { (of.place) }
                td { (if of.required { "yes" } else { "no" }) }
                td { (of.description) }
            }
        })
        .collect();
    table("Parameters", &["Name", "Where", "Needed", "What"], &rows)
}

fn content(of: &Body, document: &Document) -> Markup {
    html! {
        @for (form, content) in &of.content {
            p.hint { (form) }
            (pretty(&resolved(&content.schema, &document.components.schemas, DEPTH_MAX)))
        }
    }
}

/// A schema with what it names put in its place, down to a depth.
fn resolved(schema: &Value, known: &BTreeMap<String, Value>, depth: u8) -> Value {
    match schema {
        Value::Object(fields) => {
            let named =
                fields.get("$ref").and_then(Value::as_str).and_then(|name| name.rsplit('/').next());
            match named {
                Some(name) if depth > 0 => known
                    .get(name)
                    .map_or_else(|| schema.clone(), |found| resolved(found, known, depth - 1)),
                Some(name) => name.into(),
                None => fields
                    .iter()
                    .map(|(name, of)| (name.clone(), resolved(of, known, depth)))
                    .collect(),
            }
        }
        Value::Array(items) => items.iter().map(|of| resolved(of, known, depth)).collect(),
        other => other.clone(),
    }
}

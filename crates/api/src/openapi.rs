//! The parts of the API's document that no handler has: its heading, the
//! security scheme, the refusals with examples, and the headers of every answer.

use std::collections::BTreeMap;

use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, Parameter, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, Object, Ref, RefOr, Response, ResponseBuilder, Type,
};
use utoipa::{OpenApi, PartialSchema, ToSchema};

use crate::code::Code;
use crate::csv::CSV;
use crate::etag::{ANALYTICS, is_tagged};
use crate::faults::{FieldError, Part};
use crate::problem::{PROBLEM_JSON, Problem, ProblemBody};

/// The parameter of operations that take a key.
const KEY: &str = "Idempotency-Key";

const EXAMPLE_REQUEST_ID: &str = "01980000-0000-7000-8000-000000000000";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Mauntic",
        description = "Scoring of contacts. Every refusal is an RFC 9457 problem; branch on its \
                       `code`. Beside those listed, any path may answer `route_not_found` (404) \
                       and any route `method_not_allowed` (405). Every answer carries \
                       `X-Request-Id`: the request's own, if it was 1 to 128 visible ASCII \
                       characters, else a new one. The audit has an entry of every call that \
                       changed something by an operator's route, and of every such call that was \
                       refused to a live key, up to 100 an hour and key; one of nobody's is in \
                       the log alone, because anybody could fill the audit with those.",
        license(name = "MIT OR Apache-2.0")
    ),
    tags(
        (name = "scoring", description = "One organization's contacts and their scores"),
        (name = "events", description = "What contacts did"),
        (name = "analytics", description = "One organization's roll-ups, by day, week or month; as CSV by \
                       `Accept: text/csv`"),
        (name = "warmup", description = "How many e-mails a young sending domain may send a day"),
        (name = "scoreboards", description = "Tournaments, guesses about their matches, and who stands where"),
        (name = "portfolio", description = "Users' assets and criteria, and the scores that nights make of them"),
        (name = "admin", description = "Every organization's jobs, for operators"),
        (name = "monitoring", description = "Health, open to everybody, and this document, for any key"),
    )
)]
struct Base;

/// The document before the handlers add theirs.
pub(crate) fn base() -> utoipa::openapi::OpenApi {
    let mut document = Base::openapi();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An organization's key (`mk_…`) or an operator's."))
        .build();
    let headers = HEADERS.map(|(name, told)| (name.to_owned(), RefOr::T(header(told)))).into();
    let examples = Code::ALL.map(|code| (code.as_str().to_owned(), RefOr::T(example(code)))).into();
    let mut components = ComponentsBuilder::from(document.components.take().unwrap_or_default())
        .security_scheme("bearer", SecurityScheme::Http(bearer))
        .schema(ProblemBody::name(), ProblemBody::schema())
        .schema(FieldError::name(), FieldError::schema())
        .schema(Part::name(), Part::schema())
        .build();
    components.headers = headers;
    components.examples = examples;
    document.components = Some(components);
    document
}

/// Headers of answers, told once.
const HEADERS: [(&str, &str); 3] = [
    (REQUEST_ID, "Correlation id of the request"),
    (REPLAYED, "`true` where the answer is an earlier request's of the same key; absent otherwise"),
    (TAG, "Names this answer; sent back as `If-None-Match`, it is 304 while nothing changed"),
];
const REQUEST_ID: &str = "X-Request-Id";
const REPLAYED: &str = "Idempotent-Replayed";
const TAG: &str = "ETag";

/// The document after the handlers added theirs.
pub(crate) fn complete(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for (path, item) in &mut document.paths.paths {
        let Some(read) = item.get.as_mut().filter(|_| is_tagged(path)) else { continue };
        may_be_kept(read);
        if path.starts_with(ANALYTICS) {
            may_be_a_table(read);
        }
    }
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        let is_key =
            |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(p) if p.name == KEY);
        let is_keyed = operation.parameters.iter().flatten().any(is_key);
        for (status, response) in &mut operation.responses.responses {
            let RefOr::T(response) = response else { continue };
            add_header(response, REQUEST_ID);
            if is_keyed && status.starts_with('2') {
                add_header(response, REPLAYED);
            }
        }
    }
    document
}

/// Says that an answer has a tag, and what who names it is told.
fn may_be_kept(operation: &mut Operation) {
    if let Some(RefOr::T(found)) = operation.responses.responses.get_mut("200") {
        add_header(found, TAG);
    }
    let unchanged = ResponseBuilder::new().description("Nothing changed").build();
    operation.responses.responses.insert("304".to_owned(), RefOr::T(unchanged));
}

/// Says that the lines of an answer are to be had as a table.
fn may_be_a_table(operation: &mut Operation) {
    if let Some(RefOr::T(found)) = operation.responses.responses.get_mut("200") {
        let text = Object::with_type(Type::String);
        let content = ContentBuilder::new().schema(Some(text)).build();
        found.content.insert(CSV.to_owned(), RefOr::T(content));
    }
}

fn add_header(response: &mut Response, name: &str) {
    let told = Ref::new(format!("#/components/headers/{name}"));
    response.headers.insert(name.to_owned(), RefOr::Ref(told));
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, patch, delete, .. } = item;
    [get, put, post, patch, delete].into_iter().flatten()
}

/// The responses of these refusals: one a status, an example each.
pub(crate) fn problem_responses(groups: &[&[Code]]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in groups.iter().copied().flatten() {
        let codes = by_status.entry(code.status().as_u16()).or_default();
        codes.push(*code);
    }
    by_status
        .into_iter()
        .map(|(status, codes)| (status.to_string(), RefOr::T(response(&codes))))
        .collect()
}

fn response(codes: &[Code]) -> Response {
    let titles: Vec<&str> = codes.iter().map(|code| code.title()).collect();
    let examples = codes.iter().map(|code| {
        let told = Ref::new(format!("#/components/examples/{}", code.as_str()));
        (code.as_str(), RefOr::Ref(told))
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(ProblemBody::name())))
        .examples_from_iter(examples)
        .build();
    ResponseBuilder::new().description(titles.join("; ")).content(PROBLEM_JSON, content).build()
}

fn header(told: &str) -> Header {
    let text = Object::with_type(Type::String);
    HeaderBuilder::new().schema(Some(text)).description(Some(told)).build()
}

fn example(code: Code) -> Example {
    let problem = match code {
        Code::ValidationFailed => Problem::new(code).errors(vec![FieldError::example()]),
        _ => Problem::new(code),
    };
    let body = serde_json::to_value(problem.body(EXAMPLE_REQUEST_ID));
    ExampleBuilder::new().summary(code.title()).value(body.ok()).build()
}

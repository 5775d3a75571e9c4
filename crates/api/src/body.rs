//! A JSON body, read once: its headers, its size, its outermost shape.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::{Map, Value};

use crate::code::Code;
use crate::faults::{Faults, Part};
use crate::fields::object;
use crate::pointer::Pointer;
use crate::problem::Problem;

/// Most bytes of a body. The longest meant one is 10,000 contact ids of 64
/// bytes with quotes and commas: 670 KB. A document of this size that is all
/// brackets takes about 32 × as much memory, a quarter of an isolate's 128 MB.
pub(crate) const BODY_BYTES_MAX: usize = 1024 * 1024;

const _: () = assert!(
    mauntic_flows::commands::recalculate::CONTACTS_MAX * (mauntic_domain::ids::NAME_LENGTH_MAX + 3)
        + 1_024
        < BODY_BYTES_MAX
);

/// A body that is a JSON object without U+0000, which no text column holds.
pub(crate) struct JsonBody(pub(crate) Map<String, Value>);

/// The same where every field is optional: no body, or `null`, is an empty object.
pub(crate) struct OptionalBody(pub(crate) Map<String, Value>);

/// A body that is a JSON object, whatever its texts hold: its parts are checked
/// one by one.
pub(crate) struct RawBody(pub(crate) Map<String, Value>);

/// A body by its text, whose numbers keep their digits.
pub(crate) struct TextBody(pub(crate) String);

impl<S: Send + Sync> FromRequest<S> for TextBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        check_headers(request.headers())?;
        let bytes = bytes(request, state).await?;
        let text = String::from_utf8(bytes.into());
        text.map(Self).map_err(|_| Problem::new(Code::MalformedJson))
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        check_headers(request.headers())?;
        parse(&bytes(request, state).await?, Texts::WithoutNul).map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        check_headers(request.headers())?;
        parse(&bytes(request, state).await?, Texts::Any).map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for OptionalBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        check_length(request.headers())?;
        let headers = request.headers().clone();
        let bytes = bytes(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(Map::new()));
        }
        check_headers(&headers)?;
        if bytes.trim_ascii() == b"null" {
            return Ok(Self(Map::new()));
        }
        parse(&bytes, Texts::WithoutNul).map(Self)
    }
}

/// Reads it all; the router's body limit counts meanwhile.
async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| unreadable(&rejection))
}

/// Which texts a body may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Texts {
    Any,
    WithoutNul,
}

fn parse(bytes: &[u8], texts: Texts) -> Result<Map<String, Value>, Problem> {
    // serde_json stops at a depth of 128, so nesting cannot exhaust the stack.
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        Problem::with_detail(Code::MalformedJson, format!("The body is not JSON: {error}."))
    })?;
    let mut faults = Faults::of(Part::Body);
    if texts == Texts::WithoutNul {
        refuse_nul(&value, &Pointer::root(), &mut faults);
    }
    object(&value, &Pointer::root(), &mut faults);
    match value {
        Value::Object(fields) if faults.is_empty() => Ok(fields),
        _ => Err(faults.problem()),
    }
}

fn check_headers(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let media_type = text(CONTENT_TYPE)
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase());
    let is_json = media_type.is_some_and(|name| {
        name == "application/json" || (name.starts_with("application/") && name.ends_with("+json"))
    });
    let is_plain = headers.get(CONTENT_ENCODING).is_none_or(|v| v == "identity");
    if !is_json || !is_plain {
        return Err(Problem::new(Code::UnsupportedMediaType));
    }
    check_length(headers)
}

fn check_length(headers: &HeaderMap) -> Result<(), Problem> {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = length.and_then(|value| value.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > BODY_BYTES_MAX as u64) {
        return Err(Problem::new(Code::BodyTooLarge));
    }
    Ok(())
}

fn unreadable(rejection: &BytesRejection) -> Problem {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            Problem::new(Code::BodyTooLarge)
        }
        other => Problem::new(Code::BodyUnreadable).because(other.to_string()),
    }
}

fn refuse_nul(value: &Value, at: &Pointer, faults: &mut Faults) {
    const MESSAGE: &str = "must not contain the character U+0000";
    match value {
        Value::String(text) if text.contains('\0') => faults.add(at, MESSAGE),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate().filter(|(_, v)| can_hold_nul(v)) {
                refuse_nul(item, &at.item(index), faults);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                if name.contains('\0') {
                    faults.add(&at.field(name), MESSAGE);
                } else if can_hold_nul(field) {
                    refuse_nul(field, &at.field(name), faults);
                }
            }
        }
        _ => {}
    }
}

/// Spares a pointer for each of the many values that are plainly well.
fn can_hold_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(_) | Value::Object(_) => true,
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

//! The header `If-Match`: a change is made of the state that its caller saw, or
//! not at all. The state's `ETag` is strong and the same for every part of a
//! configuration.

use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use mauntic_flows::ports::{ConfigToken, Unchanged};

use crate::code::Code;
use crate::problem::Problem;

/// Most digits of each number of a tag: of 2^63 - 1.
const DIGITS_MAX: usize = 19;

/// The state that a caller saw.
pub(crate) struct IfMatch(pub(crate) ConfigToken);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let token = read(&seen(&parts.headers)?);
        token.map(Self).ok_or_else(|| Problem::new(Code::PreconditionFailed))
    }
}

/// What stands between the quotes of the tag that a caller saw.
pub(crate) fn seen(headers: &HeaderMap) -> Result<String, Problem> {
    let mut headers = headers.get_all(IF_MATCH).iter();
    let Some(header) = headers.next() else {
        return Err(Problem::new(Code::PreconditionRequired));
    };
    // Whatever is no tag of ours, `*` and a weak tag included, names no state that
    // somebody saw.
    let tag = header.to_str().ok().filter(|_| headers.next().is_none());
    let tag = tag.and_then(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"'));
    tag.map(str::to_owned).ok_or_else(|| Problem::new(Code::PreconditionFailed))
}

fn read(tag: &str) -> Option<ConfigToken> {
    let (version, revision) = tag.split_once('.')?;
    Some(ConfigToken { version: number(version)?, revision: number(revision)? })
}

fn number(text: &str) -> Option<i64> {
    let is_number =
        (1..=DIGITS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// The header that names a state.
pub(crate) fn etag(token: ConfigToken) -> [(HeaderName, HeaderValue); 1] {
    let tag = format!("\"{}.{}\"", token.version, token.revision);
    // Digits, a point and quotes are always a header's value.
    [(ETAG, HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\"")))]
}

/// Why a configuration was left as it is.
pub(crate) fn unchanged(why: Unchanged) -> Problem {
    Problem::new(match why {
        Unchanged::Stale(_) => Code::PreconditionFailed,
        Unchanged::NoDraft => Code::NoDraft,
    })
}

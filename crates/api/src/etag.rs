//! What an organization reads may be kept by its client, and asked about again
//! (RFC 9110, 8.8.3 and 13.1.2): every such answer has a tag, and who names it is
//! told that nothing has changed.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LINK};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::code::Code;
use crate::problem::Problem;

/// What the routes begin with whose answers have a tag.
const TAGGED: [&str; 4] =
    ["/api/v1/scoring/", ANALYTICS, "/api/v1/scoreboards/", "/api/v1/portfolio/"];

/// What the routes of reports begin with.
pub(crate) const ANALYTICS: &str = "/api/v1/analytics/";

/// Kept by the one client alone, and used only after asking.
const REVALIDATED: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Whether what is read of a path has a tag.
pub(crate) fn is_tagged(path: &str) -> bool {
    TAGGED.iter().any(|area| path.starts_with(area))
}

/// The middleware; inside of `observe`, so that refusals pass it by.
pub(crate) async fn tag(request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_read || !is_tagged(request.uri().path()) {
        return next.run(request).await;
    }
    let headers = request.headers().clone();
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // A body of ours is in memory already.
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => {
            let problem = Problem::new(Code::InternalError);
            return problem.because(error.to_string()).into_response();
        }
    };
    let tag =
        parts.headers.get(ETAG).cloned().unwrap_or_else(|| of(&body, parts.headers.get(LINK)));
    let is_known = is_named(&headers, &tag);
    parts.headers.insert(ETAG, tag);
    // What may be shown for a while says so itself.
    parts.headers.entry(CACHE_CONTROL).or_insert(REVALIDATED);
    if !is_known {
        return Response::from_parts(parts, Body::from(body));
    }
    for told in [CONTENT_TYPE, CONTENT_LENGTH, LINK] {
        parts.headers.remove(told);
    }
    parts.status = StatusCode::NOT_MODIFIED;
    Response::from_parts(parts, Body::empty())
}

/// The tag of a body and of where its list goes on, which a table does not tell
/// itself.
fn of(body: &[u8], link: Option<&HeaderValue>) -> HeaderValue {
    let hash = Sha256::new().chain_update(body);
    let hash = hash.chain_update(link.map_or(&[][..], HeaderValue::as_bytes));
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(hash.finalize()));
    // Base64 in quotes is visible ASCII, which is always a header's value.
    HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether the client names this tag, or anything at all.
fn is_named(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let mut conditions = headers.get_all(IF_NONE_MATCH).iter();
    conditions.any(|condition| names(condition.as_bytes(), opaque(tag.as_bytes())))
}

/// Whether a list of tags has this one, compared weakly: with or without the mark
/// of weakness they are the same. What is no list names nothing from there on.
fn names(list: &[u8], tag: &[u8]) -> bool {
    let mut rest = list.trim_ascii();
    if rest == b"*" {
        return true;
    }
    loop {
        while let Some((b' ' | b'\t' | b',', after)) = rest.split_first() {
            rest = after;
        }
        let quoted = opaque(rest);
        let end = quoted.split_first().filter(|(first, _)| **first == b'"');
        let end = end.and_then(|(_, text)| text.iter().position(|byte| *byte == b'"'));
        // Both of the quotes are part of it.
        let Some((one, after)) = end.and_then(|end| quoted.split_at_checked(end + 2)) else {
            return false;
        };
        if one == tag {
            return true;
        }
        rest = after;
    }
}

/// A tag without its mark of weakness.
fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

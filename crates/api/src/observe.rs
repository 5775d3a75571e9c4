//! Around every request: its id, the problem's body, the security headers and
//! the log line. Nothing leaves the router without passing here.

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use mauntic_domain::jobs::message::is_request_id;
use mauntic_flows::ports::{Host, PortError, Ports};

use crate::code::Code;
use crate::log::LogLine;
use crate::problem::Problem;
use crate::state::{ApiState, Shared};

/// Header of the correlation id, both ways.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// On every answer: it is data for programs, so nothing of it may be framed,
/// run, guessed at or kept.
const SECURITY_HEADERS: [(HeaderName, &str); 5] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
    (REFERRER_POLICY, "no-referrer"),
];

/// The request's correlation id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestId(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            Problem::new(Code::InternalError).because("the router lost the request id")
        })
    }
}

/// What the log should say about an answer that is no problem.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    /// Stable name.
    pub(crate) code: &'static str,
    /// What a port said, if one did.
    pub(crate) cause: Option<String>,
}

/// The middleware.
pub(crate) async fn observe<P: Ports>(
    State(state): State<Shared<P>>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = state.ports.host().now();
    let id = given_id(request.headers()).unwrap_or_else(|| state.ports.host().new_id().to_string());
    let method = method_name(request.method());
    let path = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(RequestId(id.clone()));

    let mut response = next.run(request).await;
    let problem = response.extensions_mut().remove::<Problem>();
    let note = response.extensions_mut().remove::<Note>();
    if let Some(problem) = &problem {
        response = problem.render(&id);
    }
    finish(response.headers_mut(), &id);

    let elapsed = state.ports.host().now() - started;
    let code = problem.as_ref().map(Problem::code);
    let cause = problem.as_ref().and_then(Problem::cause);
    state.log.line(&LogLine::Request {
        method,
        path: path.as_ref().map(MatchedPath::as_str),
        status: response.status().as_u16(),
        request_id: &id,
        duration_ms: elapsed.num_milliseconds().max(0),
        code: code.or(note.as_ref().map(|note| note.code)),
        cause: cause.or(note.as_ref().and_then(|note| note.cause.as_deref())),
    });
    response
}

/// Logs that jobs were stored but not sent. The caller's answer stays what it
/// is: the tick sends them.
pub(crate) fn note_send<P: Ports>(
    state: &ApiState<P>,
    request_id: &RequestId,
    sent: Result<(), PortError>,
) {
    if let Err(error) = sent {
        state.log.line(&LogLine::SendFailed {
            request_id: &request_id.0,
            code: error.code(),
            cause: &error.to_string(),
        });
    }
}

fn given_id(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(REQUEST_ID)?.to_str().ok()?;
    is_request_id(text).then(|| text.to_owned())
}

fn finish(headers: &mut HeaderMap, id: &str) {
    for (name, value) in SECURITY_HEADERS {
        // What has a tag says itself how it may be kept.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // An id is visible ASCII, which is always a header's value.
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
}

fn method_name(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] =
        ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

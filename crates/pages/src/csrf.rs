//! What a form must bring: a token of the session that showed it, from a page of this very
//! origin. Either alone would do in today's browsers; a mistake in one is then none in both.

use http::header::ORIGIN;
use http::{HeaderMap, HeaderValue};
use subtle::ConstantTimeEq;

use crate::moment::keyed;
use crate::session::{Secrets, Session};

/// The hidden field.
pub(crate) const FIELD: &str = "csrf";

/// The token of a session's forms.
pub(crate) fn token(secrets: &Secrets, session: &Session) -> String {
    let mac = keyed(secrets.forms(), session.id.as_bytes());
    mac.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a form has the token of this session.
pub(crate) fn is_token(secrets: &Secrets, session: &Session, given: &str) -> bool {
    token(secrets, session).as_bytes().ct_eq(given.as_bytes()).into()
}

/// Whether a browser sent it from a page of this origin, by what no page can set. A client
/// that says neither is no browser, and has the API.
pub(crate) fn is_same_origin(headers: &HeaderMap, ours: &str) -> bool {
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let site = headers.get("sec-fetch-site").map(text);
    let origin = headers.get(ORIGIN).map(text);
    (site.is_some() || origin.is_some())
        && site.is_none_or(|site| site == "same-origin")
        && origin.is_none_or(|origin| origin.eq_ignore_ascii_case(ours))
}

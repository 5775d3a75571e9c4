//! The header `Idempotency-Key`: the same request under the same key is done
//! once, and for a day answered with what came of it then; such an answer says so
//! by the header `Idempotent-Replayed`.

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use mauntic_flows::ports::{Repeat, RequestKey};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::faults::{Faults, Part};
use crate::pointer::Pointer;
use crate::problem::Problem;

/// The header (draft-ietf-httpapi-idempotency-key-header).
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// On an answer that is an earlier request's: `true`. Others have none.
pub(crate) const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Most characters of a key.
const KEY_CHARS_MAX: usize = 200;

/// A request as its key stands for it.
pub(crate) struct Keyed {
    method: Method,
    path: String,
    key: Option<String>,
    repeat: Repeat,
}

/// The middleware: what the store tells of a request's key becomes a header of
/// its answer.
pub(crate) async fn tell_repeats(mut request: Request, next: Next) -> Response {
    let repeat = Repeat::default();
    request.extensions_mut().insert(repeat.clone());
    let mut response = next.run(request).await;
    if repeat.is_told() && response.status().is_success() {
        response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

impl<S: Send + Sync> FromRequestParts<S> for Keyed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let mut headers = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let key = match (headers.next(), headers.next()) {
            (None, _) => None,
            (Some(header), None) => Some(header.to_str().ok().and_then(read).ok_or_else(refused)?),
            (Some(_), Some(_)) => return Err(refused()),
        };
        let path_and_query = parts.uri.path_and_query().map_or("", |path| path.as_str());
        let (method, path) = (parts.method.clone(), path_and_query.to_owned());
        let repeat = parts.extensions.get::<Repeat>().cloned().unwrap_or_default();
        Ok(Self { method, path, key, repeat })
    }
}

impl Keyed {
    /// The request's key, of this holder and for this body; none without the
    /// header.
    pub(crate) fn with(self, holder: &str, body: &Value) -> Option<RequestKey> {
        let key = self.key?;
        let mut hash = Sha256::new();
        // Neither a method nor a path holds a space. The body is written anew,
        // its fields in the order of their names and without white space.
        hash.update(format!("{} {} {body}", self.method, self.path));
        let (holder, fingerprint) = (holder.to_owned(), hash.finalize().into());
        Some(RequestKey { holder, key, fingerprint, repeat: self.repeat })
    }
}

/// Reads a key, with the quotes of a structured header's string or without.
fn read(text: &str) -> Option<String> {
    let text = text.trim();
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let key = quoted.unwrap_or(text);
    let is_key =
        (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    is_key.then(|| key.to_owned())
}

fn refused() -> Problem {
    let mut faults = Faults::of(Part::Header);
    let message = format!("must be given once and have 1 to {KEY_CHARS_MAX} visible characters");
    faults.add(&Pointer::root().field("Idempotency-Key"), message);
    faults.problem()
}

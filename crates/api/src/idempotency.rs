//! The header `Idempotency-Key`: the same request under the same key is done
//! once, and for a day answered with what came of it then. An answer does not
//! tell whether it is a repeat's.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, Method};
use mauntic_flows::ports::RequestKey;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::faults::{Faults, Part};
use crate::pointer::Pointer;
use crate::problem::Problem;

/// The header (draft-ietf-httpapi-idempotency-key-header).
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Most characters of a key.
const KEY_CHARS_MAX: usize = 200;

/// A request as its key stands for it.
pub(crate) struct Keyed {
    method: Method,
    path: String,
    key: Option<String>,
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
        Ok(Self { method: parts.method.clone(), path: path_and_query.to_owned(), key })
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
        Some(RequestKey { holder: holder.to_owned(), key, fingerprint: hash.finalize().into() })
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

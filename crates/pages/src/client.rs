//! The API as a client has it: a key, routes, answers as types. Unknown fields are left
//! alone, so that a console reads what a newer API says.

use std::future::Future;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH};
use http::{HeaderName, HeaderValue, Method, Request, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::moment::keyed;
use crate::stop::{Problem, Stop};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The API, however it is reached.
pub trait Api {
    /// Sends a request, whose address is a path and query; says why there is no answer.
    fn call(
        &self,
        request: Request<Vec<u8>>,
    ) -> impl Future<Output = Result<Response<Vec<u8>>, String>>;
}

/// The API by one key, for one request of a person.
#[derive(Clone, Copy)]
pub(crate) struct Client<'v, A> {
    api: &'v A,
    key: &'v str,
    request_id: &'v str,
}

/// An answer, and the tag of what it shows.
#[derive(Debug)]
pub(crate) struct Told<T> {
    pub(crate) value: T,
    pub(crate) tag: Option<String>,
}

/// What changes something.
#[derive(Debug, Clone)]
pub(crate) struct Act<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    /// None for no body.
    pub(crate) body: Option<&'a Value>,
    /// Random of the form that was shown: sent twice, it is done once.
    pub(crate) once: Option<&'a str>,
    /// The tag of the state that its caller saw.
    pub(crate) seen: Option<&'a str>,
}

impl<'v, A: Api> Client<'v, A> {
    /// By this key.
    pub(crate) fn new(api: &'v A, key: &'v str, request_id: &'v str) -> Self {
        Self { api, key, request_id }
    }

    /// Reads.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Stop> {
        self.tagged(path).await.map(|told| told.value)
    }

    /// Reads, and keeps the tag.
    pub(crate) async fn tagged<T: DeserializeOwned>(&self, path: &str) -> Result<Told<T>, Stop> {
        let answer = self.send(Request::get(path), Vec::new()).await?;
        if !answer.status().is_success() {
            return Err(refusal(&answer));
        }
        let tag = answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        read(path, answer.body()).map(|value| Told { value, tag })
    }

    /// Reads what says by its status what it says in its body as well.
    pub(crate) async fn whatever<T: DeserializeOwned>(&self, path: &str) -> Result<T, Stop> {
        let answer = self.send(Request::get(path), Vec::new()).await?;
        serde_json::from_slice(answer.body()).map_err(|_| refusal(&answer))
    }

    /// Changes something.
    pub(crate) async fn act<T: DeserializeOwned>(&self, act: Act<'_>) -> Result<T, Stop> {
        let mut request = Request::builder().method(act.method).uri(act.path);
        if let Some(once) = act.once {
            // Of this form for this route: another act under the same key would be refused.
            let of = keyed(once.as_bytes(), act.path.as_bytes());
            let of: String = of.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
            request = request.header(IDEMPOTENCY_KEY, of);
        }
        if let Some(seen) = act.seen {
            // What is no header is the tag of nothing.
            let seen = HeaderValue::from_str(seen).unwrap_or(HeaderValue::from_static("\"\""));
            request = request.header(IF_MATCH, seen);
        }
        let body = act.body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let answer = self.send(request, body).await?;
        if !answer.status().is_success() {
            return Err(refusal(&answer));
        }
        read(act.path, answer.body())
    }

    async fn send(
        &self,
        request: http::request::Builder,
        body: Vec<u8>,
    ) -> Result<Response<Vec<u8>>, Stop> {
        let mut request = request
            .header(AUTHORIZATION, format!("Bearer {}", self.key))
            .header(REQUEST_ID, self.request_id)
            .header(ACCEPT, "application/json");
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        // A key with other characters than a header takes is nobody's.
        let request = request.body(body).map_err(|_| Stop::SignIn)?;
        self.api.call(request).await.map_err(|cause| {
            Stop::Away(Box::new(Problem {
                title: "The API does not answer".to_owned(),
                detail: cause,
                request_id: self.request_id.to_owned(),
                retryable: true,
                ..Problem::default()
            }))
        })
    }
}

fn refusal(answer: &Response<Vec<u8>>) -> Stop {
    let status = answer.status().as_u16();
    let problem = serde_json::from_slice(answer.body()).unwrap_or_else(|_| Problem {
        title: "The API refused without saying why".to_owned(),
        detail: format!("It answered with the status {status}."),
        status,
        ..Problem::default()
    });
    Stop::of(status, problem)
}

fn read<T: DeserializeOwned>(path: &str, body: &[u8]) -> Result<T, Stop> {
    serde_json::from_slice(body).map_err(|error| {
        let route = path.split('?').next().unwrap_or_default();
        Stop::Unreadable(format!(
            "{route} answered with something that this console cannot read: {error}"
        ))
    })
}

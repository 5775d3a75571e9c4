//! A request by the runtime's `fetch`, which keeps connections by itself.

use std::pin::pin;
use std::time::Duration;

use futures::StreamExt;
use futures::future::{Either, select};
use worker::js_sys::Uint8Array;
use worker::wasm_bindgen::JsValue;
use worker::{Fetch, Headers, Method, Request, RequestInit, RequestRedirect};

use super::sleep;
use crate::connect::Options;
use crate::error::Error;
use crate::http::{BYTES_MAX, Header, PATH, Reply};

/// Sends a request, and waits for the whole of its answer.
pub(crate) async fn post(
    options: &Options,
    host: &str,
    headers: &[Header<'_>],
    body: Vec<u8>,
) -> Result<Reply, Error> {
    let request = request(options, host, headers, &body)
        .map_err(|error| Error::Unreachable { host: host.to_owned(), cause: error.to_string() })?;
    let silence_max = options.limits.silence_max;
    let fetch = Fetch::Request(request);
    let mut answer = unanswered(silence_max, fetch.send()).await?;
    let status = answer.status_code();
    let mut chunks = answer.stream().map_err(|error| lost(&error))?;
    let mut read = Vec::new();
    while let Some(chunk) =
        unanswered(silence_max, async { chunks.next().await.transpose() }).await?
    {
        if read.len() + chunk.len() > BYTES_MAX {
            return Err(Error::AnswerTooLarge { bytes_max: BYTES_MAX });
        }
        read.extend_from_slice(&chunk);
    }
    Ok(Reply { status, body: read })
}

fn request(
    options: &Options,
    host: &str,
    headers: &[Header<'_>],
    body: &[u8],
) -> worker::Result<Request> {
    let sent = Headers::new();
    for (name, value) in headers {
        sent.set(name, value)?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_headers(sent)
        // The address goes to this host and to no other.
        .with_redirect(RequestRedirect::Manual)
        .with_body(Some(JsValue::from(Uint8Array::from(body))));
    Request::new_with_init(&format!("https://{host}:{}{PATH}", options.port), &init)
}

/// The runtime does not tell whether a request that failed was sent.
fn lost(error: &worker::Error) -> Error {
    Error::Unanswered { how: error.to_string() }
}

async fn unanswered<T>(
    silence_max: Duration,
    future: impl Future<Output = worker::Result<T>>,
) -> Result<T, Error> {
    match select(pin!(future), sleep(silence_max)).await {
        Either::Left((heard, _)) => heard.map_err(|error| lost(&error)),
        Either::Right(((), _)) => {
            Err(Error::Unanswered { how: format!("nothing within {} s", silence_max.as_secs()) })
        }
    }
}

//! The API by the binding `API`, and bodies.

use std::cell::OnceCell;

use futures::TryStreamExt;
use http::HeaderMap;
use mauntic_pages::Api;
use wasm_bindgen::JsValue;
use worker::{Env, Headers, Method, Request, RequestInit, Response, Result};

/// The binding, of the HTTP worker.
const BINDING: &str = "API";

/// Only the path counts; an address has to have a host.
const HOST: &str = "https://api";

/// Most bytes of an answer: the longest is the document of the API, of half as many.
const ANSWER_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Header of the correlation id.
const REQUEST_ID: &str = "x-request-id";

/// What the worker is bound to, for one page.
pub(crate) struct Bound {
    env: Env,
    request_id: OnceCell<String>,
}

impl Bound {
    pub(crate) fn new(env: Env) -> Self {
        Self { env, request_id: OnceCell::new() }
    }

    /// The id that the page shows and the API was called by; none if it was not called.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.request_id.get().map(String::as_str)
    }
}

impl Api for Bound {
    async fn call(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> std::result::Result<http::Response<Vec<u8>>, String> {
        // All calls for a page have one.
        if let Some(id) = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()) {
            self.request_id.get_or_init(|| id.to_owned());
        }
        self.ask(request).await.map_err(|error| error.to_string())
    }
}

impl Bound {
    async fn ask(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>> {
        let (parts, body) = request.into_parts();
        let mut init = RequestInit::new();
        init.with_method(Method::from(parts.method.as_str().to_owned()));
        init.with_headers(Headers::from(parts.headers));
        if !body.is_empty() {
            init.with_body(Some(JsValue::from(String::from_utf8_lossy(&body).as_ref())));
        }
        let request = Request::new_with_init(&format!("{HOST}{}", parts.uri), &init)?;
        let told = self.env.service(BINDING)?.fetch_request(request).await?;
        let mut told = Response::try_from(told)?;
        let mut answer = http::Response::new(read(&mut told).await?);
        *answer.status_mut() = http::StatusCode::from_u16(told.status_code()).unwrap_or_default();
        *answer.headers_mut() = HeaderMap::from(told.headers());
        Ok(answer)
    }
}

async fn read(told: &mut Response) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // An answer without a body has no stream.
    let Ok(mut stream) = told.stream() else { return Ok(bytes) };
    while let Some(chunk) = stream.try_next().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_BYTES_MAX {
            return Err(format!("the answer has more than {ANSWER_BYTES_MAX} bytes").into());
        }
    }
    Ok(bytes)
}

/// A form, and one byte more than it may have where it has more.
pub(crate) async fn body(request: &mut Request, most: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if request.method() != Method::Post {
        return Ok(bytes);
    }
    let Ok(mut stream) = request.stream() else { return Ok(bytes) };
    while let Some(chunk) = stream.try_next().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > most {
            bytes.truncate(most + 1);
            break;
        }
    }
    Ok(bytes)
}

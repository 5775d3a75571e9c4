//! Spans on their way to whoever collects them, by OTLP over HTTP: kept while an invocation
//! lasts and posted after it, so that no job waits for it or fails by it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use js_sys::Uint8Array;
use mauntic_flows::ports::Span;
use serde_json::json;
use worker::{
    AbortSignal, Env, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Url, web_sys,
};

use crate::config::{self, Collector};
use crate::{log, otlp};

/// Most spans of an invocation: a batch has 100 messages, and a span some 600 bytes.
const SPANS_MAX: usize = 250;

/// Media type of what is posted.
const CONTENT_TYPE: &str = "application/x-protobuf";

/// Longest wait for the collector. What an invocation has left after its end are 30 s.
const ANSWER_MS_MAX: u32 = 5_000;

/// Whether this isolate has found that the settings cannot be used, which it says once:
/// they are as they are as long as it lives.
static IS_UNUSABLE: AtomicBool = AtomicBool::new(false);

/// What one invocation told.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    is_collected: bool,
    told: Mutex<Vec<Span>>,
}

impl Spans {
    pub(crate) fn new(env: &Env) -> Self {
        let is_usable = !IS_UNUSABLE.load(Ordering::Relaxed);
        Self { is_collected: is_usable && config::is_traced(env), told: Mutex::default() }
    }

    pub(crate) const fn is_collected(&self) -> bool {
        self.is_collected
    }

    pub(crate) fn keep(&self, span: Span) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < SPANS_MAX {
            told.push(span);
        }
    }

    pub(crate) fn take(&self) -> Vec<Span> {
        std::mem::take(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Posts them; what keeps it from that is in the log and nowhere else.
pub(crate) async fn export(env: Env, spans: Vec<Span>) {
    if spans.is_empty() {
        return;
    }
    let sent = match config::collector(&env) {
        Ok(None) => return,
        Ok(Some(collector)) => post(&collector, &otlp::encode(&spans)).await,
        Err(error) => {
            if !IS_UNUSABLE.swap(true, Ordering::Relaxed) {
                log::setting(&error);
            }
            return;
        }
    };
    if let Err(cause) = sent {
        log::warn("traces_not_sent", json!({"spans": spans.len(), "cause": cause}));
    }
}

/// No cause holds an address or a header: the runtime's own messages name them.
async fn post(collector: &Collector, body: &[u8]) -> Result<(), String> {
    let request = request(collector, body).map_err(|_| "no request could be made".to_owned())?;
    let signal = AbortSignal::from(web_sys::AbortSignal::timeout_with_u32(ANSWER_MS_MAX));
    let response = Fetch::Request(request).send_with_signal(&signal).await;
    let response = response.map_err(|_| "not reached in time".to_owned())?;
    match response.status_code() {
        200..=299 => Ok(()),
        status => Err(format!("answered with status {status}")),
    }
}

fn request(collector: &Collector, body: &[u8]) -> worker::Result<Request> {
    let headers = Headers::new();
    for (name, value) in &collector.headers {
        headers.set(name, value)?;
    }
    headers.set("Content-Type", CONTENT_TYPE)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual)
        .with_body(Some(Uint8Array::from(body).into()));
    Request::new_with_init(traces_of(&collector.url).as_str(), &init)
}

/// Where a collector takes traces, by its base address.
fn traces_of(base: &Url) -> Url {
    let mut address = base.clone();
    if let Ok(mut segments) = address.path_segments_mut() {
        segments.pop_if_empty().extend(["v1", "traces"]);
    }
    address
}

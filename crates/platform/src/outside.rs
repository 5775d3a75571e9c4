//! Services outside, by `fetch`. Nothing here logs or returns an address: the
//! runtime's own messages name it, so they are not passed on.

use futures::StreamExt;
use mauntic_domain::portfolio::Symbol;
use mauntic_flows::outside::CALL_MAX;
use mauntic_flows::ports::{Call, CallError, Dependency, Outside, Request as Asked};
use mauntic_flows::webhook::{HEADERS, WebhookSecret};
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use worker::send::IntoSendFuture;
use worker::{
    AbortSignal, Env, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response,
    ResponseBody, Url, web_sys,
};

use crate::config::{
    ConfigError, EXCHANGE_RATE_PROVIDER, MATCH_PROVIDER, PRICE_PROVIDER, Provider,
    ProviderVariables,
};
use crate::host::wall_clock;
use crate::{answer, config, log};

/// Longest wait for an answer, to its last byte: a sixth of a lease, and more than a
/// webhook that does its work after answering needs.
const ANSWER_MS_MAX: u32 = 10_000;

// A provider and the one that is asked in its place.
const _: () = assert!(2 * ANSWER_MS_MAX as i64 <= CALL_MAX.num_milliseconds());

/// The name that repeats of a call share, as payment services have it.
const IDEMPOTENCY_HEADER: &str = "Idempotency-Key";

/// The same under a name that no gateway takes for its own.
const NOTIFICATION_HEADER: &str = "X-Mauntic-Notification";

/// What a provider may show with its own log lines.
const REQUEST_HEADER: &str = "X-Request-Id";

/// Calls the services that this deployment has an address of.
#[derive(Debug)]
pub struct WorkerOutside {
    env: Env,
}

impl WorkerOutside {
    /// Addresses are looked up when they are used.
    #[must_use]
    pub fn new(env: Env) -> Self {
        Self { env }
    }

    async fn tell(&self, call: &Call, body: &Value) -> Result<Vec<u8>, CallError> {
        let target = config::alert_webhook(&self.env).map_err(|error| unusable(&error))?;
        let secret = config::alert_webhook_secret(&self.env).map_err(|error| unusable(&error))?;
        let address = target.ok_or(CallError::NotConfigured)?;
        send(telling(&address, secret.as_ref(), call, body), call).await
    }

    async fn ask(
        &self,
        call: &Call,
        variables: &ProviderVariables,
        question: Question<'_>,
    ) -> Result<Vec<u8>, CallError> {
        let providers =
            config::providers(&self.env, variables).map_err(|error| unusable(&error))?;
        let (first, fallback) = providers.ok_or(CallError::NotConfigured)?;
        let answer = send(asking(&first, &question, call), call).await;
        let Some(fallback) = fallback else { return answer };
        match answer::fault(&call.request, &answer) {
            Some(cause) => {
                warn(call, &cause);
                send(asking(&fallback, &question, call), call).await
            }
            None => answer,
        }
    }
}

/// What a provider is asked, behind its address.
struct Question<'a> {
    path: Vec<&'a str>,
    query: Option<String>,
}

impl<'a> Question<'a> {
    fn of<const PARTS: usize>(path: [&'a str; PARTS]) -> Self {
        Self { path: path.into(), query: None }
    }
}

impl Outside for WorkerOutside {
    fn is_configured(&self, dependency: Dependency) -> bool {
        let variables = match dependency {
            Dependency::AlertWebhook => {
                return !matches!(config::alert_webhook(&self.env), Ok(None));
            }
            Dependency::ExchangeRateProvider => &EXCHANGE_RATE_PROVIDER,
            Dependency::MatchProvider => &MATCH_PROVIDER,
            Dependency::PriceProvider => &PRICE_PROVIDER,
        };
        !matches!(config::providers(&self.env, variables), Ok(None))
    }

    async fn call(&self, call: &Call) -> Result<Vec<u8>, CallError> {
        let (variables, question) = match &call.request {
            Asked::Alert(body) => {
                return noted(call, self.tell(call, body).into_send().await);
            }
            Asked::Match { tournament, id } => {
                let path = ["tournaments", tournament.as_str(), "matches", id.as_str()];
                (&MATCH_PROVIDER, Question::of(path))
            }
            Asked::Matches { tournament } => {
                let path = ["tournaments", tournament.as_str(), "matches"];
                (&MATCH_PROVIDER, Question::of(path))
            }
            Asked::Rates => (&EXCHANGE_RATE_PROVIDER, Question::of(["rates", "latest"])),
            Asked::Quotes { symbols } => (
                &PRICE_PROVIDER,
                Question { query: Some(named(symbols)), ..Question::of(["quotes"]) },
            ),
        };
        noted(call, self.ask(call, variables, question).into_send().await)
    }
}

/// What came of a call; a failure leaves a line.
fn noted(call: &Call, outcome: Result<Vec<u8>, CallError>) -> Result<Vec<u8>, CallError> {
    outcome.inspect_err(|error| warn(call, &error.to_string()))
}

fn warn(call: &Call, cause: &str) {
    let (to, id) = (call.request.dependency().name(), call.id.to_string());
    log::warn("call_failed", json!({"dependency": to, "callId": id, "cause": cause}));
}

/// A setting that cannot be used is no reason to drop what is to be told, nor to tell it
/// unsigned: it waits behind the breaker until that is mended.
fn unusable(error: &ConfigError) -> CallError {
    log::setting(error);
    failed(error.to_string())
}

/// Sends it once; what came back, as far as it is of use.
async fn send(request: worker::Result<Request>, call: &Call) -> Result<Vec<u8>, CallError> {
    let request = request.map_err(|_| failed("no request could be made"))?;
    let signal = AbortSignal::from(web_sys::AbortSignal::timeout_with_u32(ANSWER_MS_MAX));
    let seen = |cause: &str| {
        if signal.aborted() {
            failed(format!("no answer within {} s", ANSWER_MS_MAX / 1_000))
        } else {
            failed(cause)
        }
    };
    let response = Fetch::Request(request).send_with_signal(&signal).await;
    let mut response = response.map_err(|_| seen("not reached"))?;
    answer::judge(response.status_code())?;
    let body = read(&mut response, call.request.answer_bytes_max()).await;
    // A stream that was aborted may look like one that ended.
    match body {
        Ok(body) if !signal.aborted() => Ok(body),
        _ => Err(seen("the answer broke off")),
    }
}

/// At most a byte more of a body than is of use; of one that is of none, nothing.
async fn read(response: &mut Response, bytes_max: usize) -> worker::Result<Vec<u8>> {
    let mut body = match response.body() {
        ResponseBody::Stream(_) if bytes_max > 0 => response.stream()?,
        _ => return Ok(Vec::new()),
    };
    let mut bytes = Vec::new();
    while bytes.len() <= bytes_max
        && let Some(chunk) = body.next().await
    {
        let chunk = chunk?;
        let rest = (bytes_max + 1).saturating_sub(bytes.len());
        bytes.extend_from_slice(chunk.get(..rest).unwrap_or(&chunk));
    }
    Ok(bytes)
}

fn telling(
    address: &Url,
    secret: Option<&WebhookSecret>,
    call: &Call,
    body: &Value,
) -> worker::Result<Request> {
    let body = body.to_string();
    let headers = Headers::new();
    headers.set("Content-Type", "application/json")?;
    headers.set(IDEMPOTENCY_HEADER, &call.id.to_string())?;
    headers.set(NOTIFICATION_HEADER, &call.id.to_string())?;
    if let Some(secret) = secret {
        for (name, value) in HEADERS.into_iter().zip(secret.sign(call.id, wall_clock(), &body)) {
            headers.set(name, &value)?;
        }
    }
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual)
        .with_body(Some(JsValue::from_str(&body)));
    Request::new_with_init(address.as_str(), &init)
}

/// The query that names symbols. Of their characters only these two are not as good as
/// any in a query.
fn named(symbols: &[Symbol]) -> String {
    let encoded = |symbol: &Symbol| symbol.as_str().replace('^', "%5E").replace('=', "%3D");
    format!("symbols={}", symbols.iter().map(encoded).collect::<Vec<_>>().join(","))
}

/// The path goes behind what the address has of one, its parts percent-encoded, and the
/// query behind its own.
fn asking(of: &Provider, question: &Question<'_>, call: &Call) -> worker::Result<Request> {
    let mut address = of.url.clone();
    if let Ok(mut segments) = address.path_segments_mut() {
        segments.pop_if_empty().extend(&question.path);
    }
    if let Some(query) = &question.query {
        let own = of.url.query().filter(|own| !own.is_empty()).map(|own| format!("{own}&"));
        address.set_query(Some(&(own.unwrap_or_default() + query)));
    }
    let headers = Headers::new();
    headers.set("Accept", "application/json")?;
    headers.set(REQUEST_HEADER, &call.id.to_string())?;
    if let Some(key) = &of.key {
        headers.set("Authorization", &format!("Bearer {key}"))?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::Get).with_headers(headers).with_redirect(RequestRedirect::Manual);
    Request::new_with_init(address.as_str(), &init)
}

fn failed(cause: impl Into<String>) -> CallError {
    CallError::Failed { cause: cause.into() }
}

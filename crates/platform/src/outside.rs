//! Services outside, by `fetch`. Nothing here logs or returns an address: the
//! runtime's own messages name it, so they are not passed on.

use mauntic_flows::ports::{Call, CallError, Dependency, Outside};
use mauntic_flows::webhook::{HEADERS, WebhookSecret};
use serde_json::json;
use wasm_bindgen::JsValue;
use worker::send::IntoSendFuture;
use worker::{
    AbortSignal, Env, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Url, web_sys,
};

use crate::config::ConfigError;
use crate::host::wall_clock;
use crate::{answer, config, log};

/// Longest wait for an answer: a sixth of a lease, and more than a webhook that
/// does its work after answering needs.
const ANSWER_MS_MAX: u32 = 10_000;

/// The name that repeats of a call share, as payment services have it.
const IDEMPOTENCY_HEADER: &str = "Idempotency-Key";

/// The same under a name that no gateway takes for its own.
const NOTIFICATION_HEADER: &str = "X-Mauntic-Notification";

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

    fn alert_webhook(&self) -> Result<Target, ConfigError> {
        Ok((config::alert_webhook(&self.env)?, config::alert_webhook_secret(&self.env)?))
    }
}

impl Outside for WorkerOutside {
    fn is_configured(&self, dependency: Dependency) -> bool {
        let address = match dependency {
            Dependency::AlertWebhook => config::alert_webhook(&self.env),
        };
        !matches!(address, Ok(None))
    }

    async fn call(&self, dependency: Dependency, call: &Call) -> Result<(), CallError> {
        let target = match dependency {
            Dependency::AlertWebhook => self.alert_webhook(),
        };
        // A setting that cannot be used is no reason to drop what is to be told,
        // nor to tell it unsigned: it waits behind the breaker until that is mended.
        let (address, secret) = target.map_err(|error| {
            log::setting(&error);
            failed(error.to_string())
        })?;
        let address = address.ok_or(CallError::NotConfigured)?;
        let outcome = post(&address, secret.as_ref(), call).into_send().await;
        if let Err(error) = &outcome {
            let (to, id) = (dependency.name(), call.id.to_string());
            let fields = json!({"dependency": to, "callId": id, "cause": error.to_string()});
            log::warn("call_failed", fields);
        }
        outcome
    }
}

/// Where to, and what signs it.
type Target = (Option<Url>, Option<WebhookSecret>);

async fn post(address: &Url, secret: Option<&WebhookSecret>, call: &Call) -> Result<(), CallError> {
    let request = request(address, secret, call).map_err(|_| failed("no request could be made"))?;
    let signal = AbortSignal::from(web_sys::AbortSignal::timeout_with_u32(ANSWER_MS_MAX));
    match Fetch::Request(request).send_with_signal(&signal).await {
        Ok(response) => answer::judge(response.status_code()),
        Err(_) if signal.aborted() => {
            Err(failed(format!("no answer within {} s", ANSWER_MS_MAX / 1_000)))
        }
        Err(_) => Err(failed("not reached")),
    }
}

fn request(address: &Url, secret: Option<&WebhookSecret>, call: &Call) -> worker::Result<Request> {
    let body = call.body.to_string();
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

fn failed(cause: impl Into<String>) -> CallError {
    CallError::Failed { cause: cause.into() }
}

//! Variables, secrets and bindings (the README's table). An error names
//! the variable, never its value.

use chrono::TimeDelta;
use js_sys::{JSON, Reflect};
use mauntic_domain::jobs::limits::KEEP_MIN;
use mauntic_domain::schedules::tick::TICK_CRON_VARIABLE;
use mauntic_domain::schedules::{Effective, Settings, SettingsError, Tick, TickError};
use mauntic_flows::cron;
use mauntic_flows::webhook::{SECRET_FORM, WebhookSecret};
use wasm_bindgen::JsValue;
use worker::{Env, Hyperdrive, Url};

use mauntic_neon::{Hosts, SERVICE_PORT};
use mauntic_store::address::{self, Address, AddressError};
use mauntic_store::transport;

use crate::otlp;

/// Longest lease: a queue's invocation ends after 15 minutes, whatever it holds.
const LEASE_SECS_MAX: u32 = 900;

/// Longest retention: ten years, more than any table here is made for.
pub(crate) const KEEP_MAX: TimeDelta = TimeDelta::days(3_650);

/// As OpenTelemetry names them.
const OTLP_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const OTLP_HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";

/// What is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigError {
    /// A secret or variable that is needed is not there.
    #[error("{name} is not set")]
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// `DATABASE_URL` cannot be used.
    #[error("DATABASE_URL {0}")]
    DatabaseUrl(AddressError),
    /// The same, over Neon's WebSocket.
    #[error("DATABASE_URL {0}")]
    NeonUrl(mauntic_neon::AddressError),
    /// A variable has a value that is not allowed.
    #[error("{name} must be {expected}")]
    Invalid {
        /// Its name.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
    },
}

/// How the database is reached, with what that takes.
#[derive(Debug)]
pub(crate) enum Transport {
    /// Through the binding `HYPERDRIVE`.
    Hyperdrive(Hyperdrive),
    /// By a socket to the host of `DATABASE_URL`.
    Tcp(Address),
    /// By Neon's WebSocket at this port of the host of `DATABASE_URL`.
    Neon(mauntic_neon::Address, u16),
}

impl Transport {
    /// As `DATABASE_TRANSPORT` has it.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Hyperdrive(_) => transport::Transport::Hyperdrive.name(),
            Self::Tcp(_) => transport::Transport::Tcp.name(),
            Self::Neon(..) => transport::Transport::NeonWs.name(),
        }
    }
}

/// The database's transport.
pub(crate) fn transport(env: &Env) -> Result<Transport, ConfigError> {
    const NAME: &str = "DATABASE_TRANSPORT";
    let bound = env.hyperdrive("HYPERDRIVE").ok();
    let chosen = transport::Transport::choose(text(env, NAME).as_deref(), bound.is_some());
    let chosen = chosen.map_err(|expected| ConfigError::Invalid { name: NAME, expected })?;
    if let (transport::Transport::Hyperdrive, Some(hyperdrive)) = (chosen, bound) {
        return Ok(Transport::Hyperdrive(hyperdrive));
    }
    let url = text(env, "DATABASE_URL").ok_or(ConfigError::Missing { name: "DATABASE_URL" })?;
    if chosen == transport::Transport::NeonWs {
        return neon(env, &url);
    }
    address::parse(&url).map(Transport::Tcp).map_err(ConfigError::DatabaseUrl)
}

/// A password goes to Neon's own hosts, and to the one that is named.
fn neon(env: &Env, url: &str) -> Result<Transport, ConfigError> {
    let named = text(env, "NEON_HOST");
    let named = named.as_deref().map(|text| {
        let expected = transport::NEON_HOST_FORM;
        transport::neon_host(text).ok_or(ConfigError::Invalid { name: "NEON_HOST", expected })
    });
    // The port is that host's alone.
    let (hosts, host, port) = match named.transpose()? {
        Some((host, port)) => (Hosts::neon().and(host), Some(host), port),
        None => (Hosts::neon(), None, None),
    };
    match mauntic_neon::Address::parse(url, &hosts) {
        Ok(address) => {
            let port = port.filter(|_| Some(address.host()) == host);
            Ok(Transport::Neon(address, port.unwrap_or(SERVICE_PORT)))
        }
        Err(mauntic_neon::AddressError::HostRefused { .. }) => Err(ConfigError::Invalid {
            name: "DATABASE_URL",
            expected: "of a host of Neon's, or of the one that NEON_HOST names",
        }),
        Err(error) => Err(ConfigError::NeonUrl(error)),
    }
}

/// How long a claim holds a job, where the deployment says so; else its type
/// does.
pub(crate) fn lease_secs(env: &Env) -> Result<Option<u32>, ConfigError> {
    let parse = |text: String| {
        let secs = text.parse().ok();
        secs.filter(|secs| (1..=LEASE_SECS_MAX).contains(secs)).ok_or(ConfigError::Invalid {
            name: "JOB_LEASE_SECONDS",
            expected: "a whole number from 1 to 900",
        })
    };
    text(env, "JOB_LEASE_SECONDS").map(parse).transpose()
}

/// How long final rows are kept.
pub(crate) fn keep(env: &Env) -> Result<TimeDelta, ConfigError> {
    let Some(text) = text(env, "RETENTION_DAYS") else {
        return Ok(KEEP_MIN);
    };
    let keep = text.trim().parse().ok().and_then(TimeDelta::try_days);
    keep.filter(|keep| (KEEP_MIN..=KEEP_MAX).contains(keep)).ok_or(ConfigError::Invalid {
        name: "RETENTION_DAYS",
        expected: "a whole number from 30 to 3650",
    })
}

/// The schedules that this deployment judges. A pause flag that is empty is not
/// `true`, so here an empty variable is not an absent one.
pub(crate) fn schedules(env: &Env) -> Result<Vec<Effective>, SettingsError> {
    cron::schedules(&Settings::from_vars(|name| raw(env, name))?)
}

/// When the tick comes.
pub(crate) fn tick(env: &Env) -> Result<Tick, TickError> {
    text(env, TICK_CRON_VARIABLE).map_or_else(|| Ok(Tick::default()), |text| Tick::parse(&text))
}

/// The webhook that is told of alerts, if there is one.
pub(crate) fn alert_webhook(env: &Env) -> Result<Option<Url>, ConfigError> {
    address(env, "ALERT_WEBHOOK_URL")
}

/// What calls of the webhook are signed with, if they are.
pub(crate) fn alert_webhook_secret(env: &Env) -> Result<Option<WebhookSecret>, ConfigError> {
    let parse = |text: String| {
        WebhookSecret::parse(&text)
            .ok_or(ConfigError::Invalid { name: "ALERT_WEBHOOK_SECRET", expected: SECRET_FORM })
    };
    text(env, "ALERT_WEBHOOK_SECRET").map(parse).transpose()
}

/// Where a provider is asked, and as whom.
#[derive(Debug)]
pub(crate) struct Provider {
    /// Its address.
    pub(crate) url: Url,
    /// What it knows us by, and nobody else.
    pub(crate) key: Option<String>,
}

/// The variables of a provider, and of who is asked in its place.
#[derive(Debug)]
pub(crate) struct ProviderVariables {
    first: ProviderNames,
    fallback: ProviderNames,
}

#[derive(Debug)]
struct ProviderNames {
    url: &'static str,
    key: &'static str,
}

macro_rules! provider_variables {
    ($name:literal) => {
        ProviderVariables {
            first: ProviderNames { url: concat!($name, "_URL"), key: concat!($name, "_KEY") },
            fallback: ProviderNames {
                url: concat!($name, "_FALLBACK_URL"),
                key: concat!($name, "_FALLBACK_KEY"),
            },
        }
    };
}

/// Of the provider of matches.
pub(crate) const MATCH_PROVIDER: ProviderVariables = provider_variables!("MATCH_PROVIDER");

/// Of the provider of exchange rates.
pub(crate) const EXCHANGE_RATE_PROVIDER: ProviderVariables =
    provider_variables!("EXCHANGE_RATE_PROVIDER");

/// Of the provider of prices and fundamentals.
pub(crate) const PRICE_PROVIDER: ProviderVariables = provider_variables!("PRICE_PROVIDER");

/// A provider, and who is asked in its place, if there is one. A fallback alone is none.
pub(crate) fn providers(
    env: &Env,
    of: &ProviderVariables,
) -> Result<Option<(Provider, Option<Provider>)>, ConfigError> {
    let Some(first) = provider(env, &of.first)? else { return Ok(None) };
    Ok(Some((first, provider(env, &of.fallback)?)))
}

fn provider(env: &Env, of: &ProviderNames) -> Result<Option<Provider>, ConfigError> {
    let Some(url) = address(env, of.url)? else { return Ok(None) };
    let is_visible = |key: &String| key.bytes().all(|byte| byte.is_ascii_graphic());
    let parse = |text: String| {
        Some(text.trim().to_owned()).filter(is_visible).ok_or(ConfigError::Invalid {
            name: of.key,
            expected: "visible ASCII characters without blanks",
        })
    };
    let key = text(env, of.key).map(parse).transpose()?;
    Ok(Some(Provider { url, key }))
}

fn address(env: &Env, name: &'static str) -> Result<Option<Url>, ConfigError> {
    let parse = |text: String| {
        let url = Url::parse(text.trim()).ok().filter(is_web_address);
        url.ok_or(ConfigError::Invalid {
            name,
            expected: "an http or https address without a user name, its host in ASCII (`xn--…`)",
        })
    };
    text(env, name).map(parse).transpose()
}

/// `fetch` throws at an address that holds a user name or a password.
fn is_web_address(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
}

/// Where spans are sent.
#[derive(Debug)]
pub(crate) struct Collector {
    /// The base address, behind which `/v1/traces` goes.
    pub(crate) url: Url,
    /// Sent along.
    pub(crate) headers: Vec<(String, String)>,
}

/// Whether somebody collects spans; also where the settings cannot be used, which sending
/// them tells.
pub(crate) fn is_traced(env: &Env) -> bool {
    text(env, OTLP_ENDPOINT).is_some()
}

/// Who collects spans, if anybody does.
pub(crate) fn collector(env: &Env) -> Result<Option<Collector>, ConfigError> {
    let Some(url) = address(env, OTLP_ENDPOINT)? else { return Ok(None) };
    let parse = |text: String| {
        otlp::headers(&text).ok_or(ConfigError::Invalid {
            name: OTLP_HEADERS,
            expected: "headers as name=value, by commas, values percent-encoded",
        })
    };
    let headers = text(env, OTLP_HEADERS).map(parse).transpose()?.unwrap_or_default();
    Ok(Some(Collector { url, headers }))
}

/// Whether anything is bound by this name.
pub(crate) fn is_bound(env: &Env, name: &str) -> bool {
    Reflect::get(env, &JsValue::from_str(name))
        .is_ok_and(|value| !value.is_undefined() && !value.is_null())
}

/// The bootstrap operator's token, if there is one.
#[must_use]
pub fn admin_token(env: &Env) -> Option<String> {
    text(env, "ADMIN_TOKEN")
}

/// The token of operators who only look, if there is one.
#[must_use]
pub fn viewer_token(env: &Env) -> Option<String> {
    text(env, "VIEWER_TOKEN")
}

/// A variable or secret as text; empty is absent.
pub(crate) fn text(env: &Env, name: &str) -> Option<String> {
    raw(env, name).filter(|text| !text.is_empty())
}

/// The same, empty or not. A number or a boolean, which `[vars]` may hold as
/// such, is what it looks like.
fn raw(env: &Env, name: &str) -> Option<String> {
    let value = Reflect::get(env, &JsValue::from_str(name)).ok()?;
    if value.as_f64().is_some() || value.as_bool().is_some() {
        return Some(JSON::stringify(&value).ok()?.into());
    }
    value.as_string()
}

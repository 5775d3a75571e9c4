//! Variables, secrets and bindings (the README's table). An error names
//! the variable, never its value.

use js_sys::{JSON, Reflect};
use mauntic_store::LEASE_SECS_DEFAULT;
use wasm_bindgen::JsValue;
use worker::{Env, Hyperdrive};

use mauntic_store::address::{self, Address, AddressError};

/// Longest lease: a queue's invocation ends after 15 minutes, whatever it holds.
const LEASE_SECS_MAX: u32 = 900;

/// What is wrong with the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
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
    /// A variable has a value that is not allowed.
    #[error("{name} must be {expected}")]
    Invalid {
        /// Its name.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
    },
}

/// How the database is reached.
#[derive(Debug)]
pub(crate) enum Transport {
    /// Through the binding `HYPERDRIVE`.
    Hyperdrive(Hyperdrive),
    /// By a socket to the host of `DATABASE_URL`.
    Tcp(Address),
}

/// The database's transport: `HYPERDRIVE` if it is bound, else `DATABASE_URL`.
pub(crate) fn transport(env: &Env) -> Result<Transport, ConfigError> {
    if let Ok(hyperdrive) = env.hyperdrive("HYPERDRIVE") {
        return Ok(Transport::Hyperdrive(hyperdrive));
    }
    let way = text(env, "DATABASE_TRANSPORT");
    if way.as_deref().is_some_and(|way| way != "tcp") {
        return Err(ConfigError::Invalid {
            name: "DATABASE_TRANSPORT",
            expected: "tcp, the only transport of this build",
        });
    }
    let url = text(env, "DATABASE_URL").ok_or(ConfigError::Missing { name: "DATABASE_URL" })?;
    address::parse(&url).map(Transport::Tcp).map_err(ConfigError::DatabaseUrl)
}

/// How long a claim holds a job.
pub(crate) fn lease_secs(env: &Env) -> Result<u32, ConfigError> {
    let Some(text) = text(env, "JOB_LEASE_SECONDS") else {
        return Ok(LEASE_SECS_DEFAULT);
    };
    let secs = text.parse().ok();
    secs.filter(|secs| (1..=LEASE_SECS_MAX).contains(secs)).ok_or(ConfigError::Invalid {
        name: "JOB_LEASE_SECONDS",
        expected: "a whole number from 1 to 900",
    })
}

/// The bootstrap operator's token, if there is one.
#[must_use]
pub fn admin_token(env: &Env) -> Option<String> {
    text(env, "ADMIN_TOKEN")
}

/// A variable or secret as text. Empty is absent; a number or a boolean, which
/// `[vars]` may hold as such, is what it looks like.
pub(crate) fn text(env: &Env, name: &str) -> Option<String> {
    let value = Reflect::get(env, &JsValue::from_str(name)).ok()?;
    let text = if value.as_f64().is_some() || value.as_bool().is_some() {
        JSON::stringify(&value).ok()?.into()
    } else {
        value.as_string()?
    };
    Some(text).filter(|text| !text.is_empty())
}

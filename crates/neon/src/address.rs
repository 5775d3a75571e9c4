//! Reads a database's address and says where Neon's services of it are. Pure; a
//! password is kept and never shown.
//!
//! Both services stand behind TLS on the host of the database itself, so `sslmode`
//! and `channel_binding` have nothing to say here and are left out.

use std::fmt;

use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, Host, SslMode};

use crate::hosts::Hosts;

/// PostgreSQL's port, the only one that Neon has.
const PORT: u16 = 5432;

/// Port of HTTPS, where Neon's services are.
pub const SERVICE_PORT: u16 = 443;

/// Keys of the query that a server is told.
const KEYS_KEPT: [&str; 2] = ["application_name", "options"];

/// Ends the first label of a host behind which a transaction pooler stands.
const POOLED: &str = "-pooler";

/// A label of Neon's HTTP service, in place of the first one of the database's host.
const HTTP_LABEL: &str = "api";

/// Bytes that a part of an address need not escape.
const UNESCAPED: &[u8] = b"-._~";

/// Why a text is no address; never repeats it, for its password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Not a URL, or broken in its parts.
    #[error("must be postgresql://user:password@host/database")]
    NotAUrl,
    /// A scheme of something else.
    #[error("must begin with postgresql:// or postgres://")]
    WrongScheme,
    /// No user, and nobody to ask for one.
    #[error("must name a user")]
    NoUser,
    /// No password, which Neon always asks for.
    #[error("must have a password")]
    NoPassword,
    /// A password, user or database that the protocol cannot carry.
    #[error("must not have a NUL in it")]
    Nul,
    /// None, several, or a path of a Unix socket.
    #[error("must name exactly one host, by its name")]
    NotOneHost,
    /// Neon's transports would send the password to whoever that is.
    #[error("names the host {host}, which is not Neon's; allow it by name if it speaks for Neon")]
    HostRefused {
        /// The host.
        host: String,
    },
    /// Neon listens on 5432 alone.
    #[error("names the port {port}; Neon's databases have 5432 alone")]
    WrongPort {
        /// The port.
        port: u16,
    },
}

/// A database, and whom to be there.
#[derive(Clone)]
pub struct Address {
    host: String,
    config: Config,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Address {
    /// Reads a URL, whose host must be one of `hosts`.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(url: &str, hosts: &Hosts) -> Result<Self, AddressError> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(AddressError::WrongScheme);
        }
        let mut config = config(url)?;
        let [Host::Tcp(host)] = config.get_hosts() else { return Err(AddressError::NotOneHost) };
        let host = host.to_ascii_lowercase();
        if !is_name(&host) {
            return Err(AddressError::NotOneHost);
        }
        if !hosts.allow(&host) {
            return Err(AddressError::HostRefused { host });
        }
        match config.get_ports() {
            [] | [PORT] => {}
            [port, ..] => return Err(AddressError::WrongPort { port: *port }),
        }
        if config.get_user().is_none_or(str::is_empty) {
            return Err(AddressError::NoUser);
        }
        if config.get_password().is_none_or(<[u8]>::is_empty) {
            return Err(AddressError::NoPassword);
        }
        if said(&config).iter().flatten().any(|part| part.contains(&0)) {
            return Err(AddressError::Nul);
        }
        config.ssl_mode(SslMode::Disable).channel_binding(ChannelBinding::Disable);
        Ok(Self { host, config })
    }

    /// The database's host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The host of the HTTP service.
    #[must_use]
    pub fn http_host(&self) -> String {
        match self.host.split_once('.') {
            Some((_, rest)) => format!("{HTTP_LABEL}.{rest}"),
            None => self.host.clone(),
        }
    }

    /// Whether a transaction pooler stands before the database: no named prepared
    /// statements then, no `SET` but `SET LOCAL`, no start-up `options`.
    #[must_use]
    pub fn is_pooled(&self) -> bool {
        self.host.split('.').next().is_some_and(|label| label.ends_with(POOLED))
    }

    /// Whom the driver is to be there. TLS is the transport's.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What the server is told of a connection, unless the address says it.
    pub fn set_application_name(&mut self, name: &str) {
        if self.config.get_application_name().is_none() {
            self.config.application_name(name);
        }
    }

    /// The password, for the transports alone.
    pub(crate) fn password(&self) -> &[u8] {
        self.config.get_password().unwrap_or_default()
    }

    /// The same as [`connection_string`](Self::connection_string) has it.
    pub(crate) fn escaped_password(&self) -> String {
        escaped(Some(self.password()))
    }

    /// The address as the HTTP service's header has it, every part escaped.
    pub(crate) fn connection_string(&self) -> String {
        let [user, password, database, options] = said(&self.config).map(escaped);
        let database = if database.is_empty() { &user } else { &database };
        let options = if options.is_empty() { options } else { format!("?options={options}") };
        format!("postgresql://{user}:{password}@{}/{database}{options}", self.host)
    }
}

/// User, password, database and options.
fn said(config: &Config) -> [Option<&[u8]>; 4] {
    [
        config.get_user().map(str::as_bytes),
        config.get_password(),
        config.get_dbname().map(str::as_bytes),
        config.get_options().map(str::as_bytes),
    ]
}

/// Reads what the driver knows of a URL. The query begins at the first `?` behind the
/// credentials, for a password may hold one that nobody has escaped.
fn config(url: &str) -> Result<Config, AddressError> {
    let (credentials, rest) = url.split_at(url.find('@').unwrap_or(0));
    let (host, query) = rest.split_once('?').unwrap_or((rest, ""));
    let kept = |pair: &&str| KEYS_KEPT.contains(&pair.split('=').next().unwrap_or(pair));
    let query: Vec<&str> = query.split('&').filter(kept).collect();
    let known = format!("{credentials}{host}?{}", query.join("&"));
    known.parse().map_err(|_| AddressError::NotAUrl)
}

/// A name of ASCII labels, as certificates and URLs have it.
fn is_name(host: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !host.is_empty()
        && host.split('.').all(|label| !label.is_empty() && label.bytes().all(is_letter))
}

fn escaped(part: Option<&[u8]>) -> String {
    let mut text = String::new();
    for byte in part.unwrap_or_default() {
        if byte.is_ascii_alphanumeric() || UNESCAPED.contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;

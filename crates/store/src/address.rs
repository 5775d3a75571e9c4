//! Reads a `DATABASE_URL`, the same way on the host and in a worker; pure.
//!
//! Providers put keys into their URLs that this client does not know or cannot
//! keep (Neon's `channel_binding=require`, which needs the TLS layer that the
//! runtime owns). What is not understood is left out, and `sslmode` is read
//! strictly: the socket and the protocol must agree on TLS, because the SDK
//! panics when they do not.

use std::net::IpAddr;

use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, Host, SslMode};

/// PostgreSQL's port.
const PORT_DEFAULT: u16 = 5432;

/// Keys of the query that mean something on a socket that is already open.
const KEYS_KEPT: [&str; 2] = ["application_name", "options"];

/// Where the database is and how to speak to it.
#[derive(Debug, Clone)]
pub struct Address {
    /// Name or number, for the socket and for the certificate's check.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Whether the socket is one that upgrades to TLS.
    pub tls: bool,
    /// User, password, database; its `sslmode` agrees with `tls`.
    pub config: Config,
}

impl Address {
    /// Whether the database is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

/// The same address for another user. Neither name nor password may hold
/// characters that an address would have to escape.
#[must_use]
pub fn with_user(url: &str, user: &str, password: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    // As the parser does: the first @ ends the credentials, if there are any.
    let host = match rest.split_once('@') {
        Some((credentials, host)) if !credentials.contains('?') => host,
        _ => rest,
    };
    format!("{scheme}://{user}:{password}@{host}")
}

/// Why a text is no address; never repeats it, for its password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not a URL, or broken in its parts.
    #[error("must be postgres://user:password@host:port/database?sslmode=require")]
    NotAUrl,
    /// No user; the client would ask the operating system, which is not there.
    #[error("must name a user")]
    NoUser,
    /// None, several, or a path of a Unix socket.
    #[error("must name exactly one host")]
    NotOneHost,
    /// An `sslmode` PostgreSQL does not have.
    #[error("has an unknown sslmode; use require, or disable inside one machine")]
    UnknownSslMode,
}

/// Reads a URL.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn parse(url: &str) -> Result<Address, AddressError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(AddressError::NotAUrl);
    }
    let (base, query) = split_query(url);
    let kept: Vec<&str> =
        pairs(query).filter(|(key, _)| KEYS_KEPT.contains(key)).map(|(_, pair)| pair).collect();
    let mut config: Config =
        format!("{base}?{}", kept.join("&")).parse().map_err(|_| AddressError::NotAUrl)?;
    if config.get_user().is_none_or(str::is_empty) {
        return Err(AddressError::NoUser);
    }
    let [Host::Tcp(host)] = config.get_hosts() else {
        return Err(AddressError::NotOneHost);
    };
    let host = host.clone();
    let sslmode = pairs(query).find_map(|(_, pair)| pair.strip_prefix("sslmode="));
    let tls = tls_of(sslmode, &host)?;
    config.ssl_mode(if tls { SslMode::Require } else { SslMode::Disable });
    config.channel_binding(ChannelBinding::Disable);
    let port = config.get_ports().first().copied().unwrap_or(PORT_DEFAULT);
    Ok(Address { host, port, tls, config })
}

/// The query begins at the first `?` behind the credentials: a password may
/// hold one, if somebody forgot to escape it.
fn split_query(url: &str) -> (&str, &str) {
    let (credentials, rest) = url.split_at(url.find('@').unwrap_or(0));
    match rest.split_once('?') {
        Some((host, query)) => (url.get(..credentials.len() + host.len()).unwrap_or(url), query),
        None => (url, ""),
    }
}

/// Keys, each with its whole `key=value`.
fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').map(|pair| (pair.split('=').next().unwrap_or(pair), pair))
}

/// Certificates are always checked, by the runtime and against the host's name,
/// so `require` is `verify-full` here. The modes that would fall back to plain
/// text do so only within the machine.
fn tls_of(sslmode: Option<&str>, host: &str) -> Result<bool, AddressError> {
    match sslmode {
        Some("disable") => Ok(false),
        Some("require" | "verify-ca" | "verify-full") => Ok(true),
        None | Some("allow" | "prefer") => Ok(!is_loopback(host)),
        Some(_) => Err(AddressError::UnknownSslMode),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;

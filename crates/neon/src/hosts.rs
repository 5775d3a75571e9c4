//! Whom a password may be sent to. Neon's transports send it in clear text inside
//! TLS, so that a host which is not Neon's must be named by who configures it. Pure.

/// Ends the name of every database of Neon's.
const NEON: &str = ".neon.tech";

/// Hosts that speak Neon's protocols; Neon's own, unless others are named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hosts {
    others: Vec<String>,
}

impl Hosts {
    /// Neon's own alone.
    #[must_use]
    pub const fn neon() -> Self {
        Self { others: Vec::new() }
    }

    /// This one too, by its whole name.
    #[must_use]
    pub fn and(mut self, host: &str) -> Self {
        self.others.push(host.to_ascii_lowercase());
        self
    }

    /// Whether a host, in lower case, is one of them.
    #[must_use]
    pub fn allow(&self, host: &str) -> bool {
        let is_neons = host.strip_suffix(NEON).is_some_and(|labels| !labels.is_empty());
        is_neons || self.others.iter().any(|other| other == host)
    }
}

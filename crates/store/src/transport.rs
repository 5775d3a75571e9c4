//! How a worker reaches the database, by what its environment says; pure, for who
//! connects and for who looks at a deployment.

/// Every value of `DATABASE_TRANSPORT`.
const NAMED: &str = "hyperdrive, tcp or neon-ws";

/// What `NEON_HOST` must be.
pub const NEON_HOST_FORM: &str =
    "a host in lower case, or a host and a port, as neon.example.com:443";

/// A way to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Through the binding `HYPERDRIVE`.
    Hyperdrive,
    /// By a socket to the host of `DATABASE_URL`; TLS by its `sslmode`.
    Tcp,
    /// By Neon's WebSocket, to the host of `DATABASE_URL`.
    NeonWs,
}

impl Transport {
    /// What `DATABASE_TRANSPORT` chooses; without it, `HYPERDRIVE` where it is bound, else
    /// a socket.
    ///
    /// # Errors
    /// What the variable must be.
    pub fn choose(named: Option<&str>, is_bound: bool) -> Result<Self, &'static str> {
        match named {
            None if is_bound => Ok(Self::Hyperdrive),
            Some("hyperdrive") if is_bound => Ok(Self::Hyperdrive),
            Some("hyperdrive") => Err("tcp or neon-ws where HYPERDRIVE is not bound"),
            None | Some("tcp") => Ok(Self::Tcp),
            Some("neon-ws") => Ok(Self::NeonWs),
            Some(_) => Err(NAMED),
        }
    }

    /// As `DATABASE_TRANSPORT` has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hyperdrive => "hyperdrive",
            Self::Tcp => "tcp",
            Self::NeonWs => "neon-ws",
        }
    }
}

/// Reads `NEON_HOST`: who may get a password besides Neon's own hosts, and the port of its
/// WebSocket if it is another one.
#[must_use]
pub fn neon_host(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok().filter(|port| *port > 0)?)),
        None => (text, None),
    };
    let is_letter =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    (!host.is_empty() && host.bytes().all(is_letter)).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_taken_and_else_what_is_bound() {
        use Transport::{Hyperdrive, NeonWs, Tcp};
        for (named, with_binding, without) in [
            (None, Some(Hyperdrive), Some(Tcp)),
            (Some("hyperdrive"), Some(Hyperdrive), None),
            (Some("tcp"), Some(Tcp), Some(Tcp)),
            (Some("neon-ws"), Some(NeonWs), Some(NeonWs)),
            (Some("neon"), None, None),
            (Some("TCP"), None, None),
            (Some(""), None, None),
        ] {
            assert_eq!(Transport::choose(named, true).ok(), with_binding, "{named:?}, bound");
            assert_eq!(Transport::choose(named, false).ok(), without, "{named:?}");
        }
        for way in [Hyperdrive, Tcp, NeonWs] {
            assert_eq!(Transport::choose(Some(way.name()), true), Ok(way));
            assert!(NAMED.contains(way.name()));
        }
    }

    #[test]
    fn a_host_of_neons_protocols_is_a_name_with_or_without_a_port() {
        for (text, read) in [
            ("neon.example.com", Some(("neon.example.com", None))),
            ("localhost:4444", Some(("localhost", Some(4444)))),
            ("", None),
            (":443", None),
            ("localhost:", None),
            ("localhost:0", None),
            ("localhost:65536", None),
            ("Neon.example.com", None),
            ("https://neon.example.com", None),
            ("me@neon.example.com", None),
            ("neon.example.com/v2", None),
        ] {
            assert_eq!(neon_host(text), read, "{text:?}");
        }
    }
}

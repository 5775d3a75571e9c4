//! What can go wrong, each by a name, and what it means to who calls. No error
//! repeats an address, a password or a parameter.

use std::error::Error as StdError;

use tokio_postgres::error::SqlState;

use crate::address::AddressError;
use crate::sql_error::SqlError;
use crate::startup::{Asked, StartupError};
use crate::wire::WireError;

/// A transport, or the database behind it, failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database's address cannot be used.
    #[error("the database's address {0}")]
    Address(#[from] AddressError),
    /// No connection to the host.
    #[error("{host} cannot be reached: {cause}")]
    Unreachable {
        /// The host.
        host: String,
        /// As the system says it.
        cause: String,
    },
    /// A certificate that is not the host's, has expired, or is nobody's we trust.
    #[error("{host} shows a certificate that cannot be trusted: {cause}")]
    Certificate {
        /// The host.
        host: String,
        /// As TLS says it.
        cause: String,
    },
    /// The host is there and speaks no WebSocket.
    #[error("{host} answers HTTP {status} to the upgrade to WebSocket")]
    NotUpgraded {
        /// The host.
        host: String,
        /// Its status; 0 where the runtime does not tell.
        status: u16,
    },
    /// Nothing came for too long. The other side may be gone, and nobody has said so.
    #[error("{what} did not come within {secs} s")]
    TimedOut {
        /// What was waited for.
        what: &'static str,
        /// How long, in seconds.
        secs: u64,
    },
    /// The pipelined start-up did not go through.
    #[error(transparent)]
    Startup(#[from] StartupError),
    /// PostgreSQL's messages are binary frames.
    #[error("a text frame came where PostgreSQL's bytes belong")]
    TextFrame,
    /// A frame over the limit.
    #[error("a frame of {bytes} bytes came, at most {bytes_max}")]
    FrameTooLarge {
        /// Bytes of it.
        bytes: usize,
        /// Bytes that are taken.
        bytes_max: usize,
    },
    /// More has come, unread, than is kept.
    #[error("{bytes} bytes came that nobody had read, at most {bytes_max}")]
    Flooded {
        /// Bytes unread.
        bytes: usize,
        /// Bytes that are kept.
        bytes_max: usize,
    },
    /// What came is not PostgreSQL's protocol, or over a limit.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The connection ended within a message.
    #[error("the connection ended amid a message: {how}")]
    CutAmidMessage {
        /// How it ended.
        how: String,
    },
    /// The connection ended between two messages of an answer.
    #[error("the connection ended before the answer was complete: {how}")]
    CutAmidAnswer {
        /// How it ended.
        how: String,
    },
    /// The connection broke while nothing was asked.
    #[error("the connection broke: {how}")]
    Broken {
        /// How it ended.
        how: String,
    },
    /// PostgreSQL, or Neon's proxy for it, refuses.
    #[error(transparent)]
    Sql(Box<SqlError>),
    /// An HTTP request is larger than the limit; nothing was sent.
    #[error("a request of {bytes} bytes, at most {bytes_max}: nothing was sent")]
    RequestTooLarge {
        /// Bytes of it.
        bytes: usize,
        /// Bytes that are sent.
        bytes_max: usize,
    },
    /// An HTTP answer is larger than the limit. What was asked has been done.
    #[error("an answer of more than {bytes_max} bytes: what was asked may have been done")]
    AnswerTooLarge {
        /// Bytes that are taken.
        bytes_max: usize,
    },
    /// An HTTP status that Neon does not have for a database's error.
    #[error("{host} answers HTTP {status}: {message}")]
    Status {
        /// The host.
        host: String,
        /// The status.
        status: u16,
        /// The beginning of what it says.
        message: String,
    },
    /// An answer that is not what Neon's service sends.
    #[error("the answer is not what Neon's service sends: {0}")]
    Malformed(&'static str),
    /// The request was sent and no whole answer came: it was done, or it was not.
    #[error("the request was sent and no answer came: {how}; it may have been done")]
    Unanswered {
        /// How it ended.
        how: String,
    },
    /// A value that is not what was asked of it.
    #[error("column {column}: {cause}")]
    Column {
        /// Its name or number.
        column: String,
        /// What is wrong.
        cause: String,
    },
    /// The driver, for a reason of its own.
    #[error("the driver: {0}")]
    Driver(String),
}

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Correct the configuration: address, host, certificate.
    Configuration,
    /// Correct the user or the password.
    Password,
    /// The database is waking or restarting: try again in a moment.
    Waking,
    /// The network, or the other side's machine: try again.
    Network,
    /// The other side does not speak the protocol, or is over a limit.
    Protocol,
    /// The statement, by its SQLSTATE.
    Statement,
}

/// What Neon's proxy says, without a SQLSTATE of its own, while a compute wakes or its
/// control plane does not answer (`proxy/src/proxy/wake_compute.rs`, `compute/mod.rs`).
const WAKING: [&str; 3] =
    ["Couldn't connect to compute node", "Control plane request failed", "endpoint is disabled"];

/// What it says where its SQLSTATE does not reach the caller: over HTTP.
const PASSWORD_REFUSED: &str = "password authentication failed";

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Address(_) | Self::Certificate { .. } | Self::NotUpgraded { .. } => {
                Reason::Configuration
            }
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::CutAmidMessage { .. }
            | Self::CutAmidAnswer { .. }
            | Self::Broken { .. }
            | Self::Unanswered { .. } => Reason::Network,
            Self::Sql(error) => of_sql(error),
            Self::Status { status, message, .. } => match status {
                401 | 403 => Reason::Password,
                429 | 500.. => of_message(message).unwrap_or(Reason::Waking),
                _ => of_message(message).unwrap_or(Reason::Protocol),
            },
            _ => Reason::Protocol,
        }
    }

    /// The SQLSTATE, where PostgreSQL has said one.
    #[must_use]
    pub fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Sql(error) => error.code(),
            _ => None,
        }
    }

    /// Whether connecting without pipelining may work where pipelining did not.
    #[must_use]
    pub fn asked(&self) -> Option<Asked> {
        match self {
            Self::Startup(StartupError::Asked(asked)) => Some(*asked),
            _ => None,
        }
    }
}

fn of_sql(error: &SqlError) -> Reason {
    let code = error.code().map(SqlState::code).unwrap_or_default();
    match code {
        "28P01" | "28000" => Reason::Password,
        // A shutdown, a crash, a database that cannot yet connect.
        "57P01" | "57P02" | "57P03" => Reason::Waking,
        "08000" | "08001" | "08003" | "08004" | "08006" => Reason::Network,
        // Neon's proxy has no code of its own for what is not the client's fault.
        "" | "XX000" => of_message(error.message()).unwrap_or(Reason::Statement),
        _ => Reason::Statement,
    }
}

fn of_message(message: &str) -> Option<Reason> {
    if message.starts_with(PASSWORD_REFUSED) {
        return Some(Reason::Password);
    }
    WAKING.iter().any(|known| message.contains(known)).then_some(Reason::Waking)
}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}

/// What the driver gives back is ours, where it came from the transport; PostgreSQL's;
/// or its own.
impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(db) = error.as_db_error() {
            return Self::Sql(Box::new(SqlError::from(db)));
        }
        let io = error.source().and_then(|source| source.downcast_ref::<std::io::Error>());
        if let Some(ours) = io.and_then(std::io::Error::get_ref).and_then(|e| e.downcast_ref()) {
            return Self::clone(ours);
        }
        if error.is_closed() || io.is_some() {
            return Self::Broken { how: error.to_string() };
        }
        Self::Driver(error.to_string())
    }
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;

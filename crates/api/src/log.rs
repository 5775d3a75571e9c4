//! The log lines of this room: one a request, one a failed send. They carry
//! stable names and numbers; never a token, a contact, a body or a raw path.

use serde::Serialize;

/// A structured line; its JSON is what the log should hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum LogLine<'a> {
    /// A request was answered.
    Request {
        /// Method; `other` for one that HTTP does not define, because a client
        /// may write anything there.
        method: &'static str,
        /// The route's pattern; none for an unknown route.
        path: Option<&'a str>,
        /// Status of the answer.
        status: u16,
        /// Correlation id.
        request_id: &'a str,
        /// Wall time by the host's clock.
        duration_ms: i64,
        /// Code of the problem, if the answer was one.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<&'a str>,
        /// What a port said, for faults on our side.
        #[serde(skip_serializing_if = "Option::is_none")]
        cause: Option<&'a str>,
    },
    /// Jobs were stored, but their messages were not sent; the tick sends them.
    SendFailed {
        /// Correlation id.
        request_id: &'a str,
        /// Code of the port's error.
        code: &'a str,
        /// What the port said.
        cause: &'a str,
    },
}

impl LogLine<'_> {
    /// Whether somebody should look: our fault, not the caller's.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        match self {
            Self::Request { status, .. } => *status >= 500,
            Self::SendFailed { .. } => true,
        }
    }
}

/// Where log lines go; any such closure is one.
pub trait Log: Send + Sync + 'static {
    /// Takes a line.
    fn line(&self, line: &LogLine<'_>);
}

impl<F: Fn(&LogLine<'_>) + Send + Sync + 'static> Log for F {
    fn line(&self, line: &LogLine<'_>) {
        self(line);
    }
}

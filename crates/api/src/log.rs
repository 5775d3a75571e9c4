//! The log lines of this room: one a request, and one for each thing beside it
//! that failed. They carry stable names and numbers; never a token, a contact,
//! a body or a raw path.

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
    /// A refused call of somebody known has no entry in the audit.
    AuditFailed {
        /// Correlation id.
        request_id: &'a str,
        /// What was refused.
        action: &'a str,
        /// Code of what kept the entry from being written.
        code: &'a str,
        /// What the port said.
        cause: &'a str,
    },
    /// A refused call of somebody known has no entry in the audit, which has as
    /// many of theirs, or of everybody's, as it takes in an hour: this line is
    /// what there is of it.
    AuditFull {
        /// Correlation id.
        request_id: &'a str,
        /// Who was refused: a key's id, or `bootstrap`.
        actor: &'a str,
        /// What was refused.
        action: &'a str,
        /// Code of the refusal.
        code: &'a str,
    },
    /// The platform did not say what waits on a queue.
    BacklogUnknown {
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
            Self::SendFailed { .. } | Self::AuditFailed { .. } => true,
            // The callers' doing. Best effort, and shown as unknown.
            Self::AuditFull { .. } | Self::BacklogUnknown { .. } => false,
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

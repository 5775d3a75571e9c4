//! Services outside: what is asked of them, and what may go wrong.

use uuid::Uuid;

/// A service outside; its breaker has its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dependency {
    /// The webhook that is told of alerts.
    AlertWebhook,
}

impl Dependency {
    /// Every dependency.
    pub const ALL: [Self; 1] = [Self::AlertWebhook];

    /// Name of its breaker, in rows and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AlertWebhook => "alert_webhook",
        }
    }
}

/// A call; repeated with the same id, the other side can tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Stable id, sent along.
    pub id: Uuid,
    /// What is said.
    pub body: serde_json::Value,
}

/// Why a call did not succeed. No variant holds an address or a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It is not configured in this deployment.
    #[error("no address is configured")]
    NotConfigured,
    /// Not reached, or no answer in time, or an answer that says it is its own
    /// fault (5xx, 429): the breaker counts it, and a later call may succeed.
    #[error("{cause}")]
    Failed {
        /// What was seen.
        cause: String,
    },
    /// It refuses this very call (4xx): repeating does not help, and it is no
    /// sign of bad health.
    #[error("refused with status {status}")]
    Refused {
        /// The answer's status.
        status: u16,
    },
}

/// What the platform says of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Messages that wait.
    pub messages: i64,
    /// Their bytes, where that is known.
    pub bytes: Option<i64>,
}

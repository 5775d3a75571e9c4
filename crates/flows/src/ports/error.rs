//! Why a port could not do its work, sorted by what a caller should do.

/// A port's failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// Not reachable, or the connection broke before anything was asked to be
    /// final: nothing happened, try again later.
    #[error("{what} is not reachable: {cause}")]
    Unavailable {
        /// The component.
        what: &'static str,
        /// What was seen, without secrets.
        cause: String,
    },
    /// A transaction lost against others (deadlock, lock time-out,
    /// serialization): nothing happened, repeating helps.
    #[error("{what} was refused by concurrent work: {cause}")]
    Contention {
        /// The operation.
        what: &'static str,
        /// SQLSTATE.
        cause: String,
    },
    /// The answer to a COMMIT was lost: it happened or it did not; the row
    /// will tell.
    #[error("{what} may or may not have been done: {cause}")]
    Unknown {
        /// The operation.
        what: &'static str,
        /// What was seen.
        cause: String,
    },
    /// Refused for what was asked; repeating it as it is does not help.
    #[error("{what} was refused: {cause}")]
    Refused {
        /// The operation.
        what: &'static str,
        /// SQLSTATE and constraint, never row values.
        cause: String,
    },
    /// An idempotency key stands for a job with other content; nothing was
    /// written.
    #[error("an idempotency key stands for a job with other content")]
    KeyConflict,
    /// The organization has as many unfinished jobs on the queue as it may;
    /// nothing was written.
    #[error("too many unfinished jobs, at most {unfinished_max} a queue")]
    Backlog {
        /// The limit.
        unfinished_max: i64,
    },
    /// What was stored cannot be read by this build; repeating does not help
    /// until somebody mends it.
    #[error("{what} cannot be read: {place}")]
    Unreadable {
        /// The kind of thing.
        what: &'static str,
        /// Column and path, never the value.
        place: String,
    },
}

impl PortError {
    /// Stable name for logs and metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "unavailable",
            Self::Contention { .. } => "contention",
            Self::Unknown { .. } => "commit_unknown",
            Self::Refused { .. } => "refused",
            Self::KeyConflict => "idempotency_conflict",
            Self::Backlog { .. } => "backlog_full",
            Self::Unreadable { .. } => "unreadable",
        }
    }
}

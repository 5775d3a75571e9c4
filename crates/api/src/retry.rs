//! When the request of a refusal may be repeated.

use crate::code::Code;

/// Seconds after which a caller should try again. The database's restart and
/// its fail-over take about this long.
const UNAVAILABLE_RETRY_SECS: u32 = 5;

/// Seconds after which work that lost against other work can be repeated.
const CONTENTION_RETRY_SECS: u32 = 1;

/// Seconds in which the relay tops an organization's jobs up once.
const BACKLOG_RETRY_SECS: u32 = 60;

impl Code {
    /// Seconds for `Retry-After`, where waiting is what helps.
    pub(crate) const fn retry_after_secs(self) -> Option<u32> {
        match self {
            Self::DatabaseUnavailable
            | Self::CountersUnavailable
            | Self::RehearsalsUnavailable
            | Self::CommitUnknown => Some(UNAVAILABLE_RETRY_SECS),
            Self::Contention | Self::ScoreNotReady => Some(CONTENTION_RETRY_SECS),
            Self::BacklogFull => Some(BACKLOG_RETRY_SECS),
            _ => None,
        }
    }

    /// Whether the same request may succeed later.
    pub(crate) const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::BodyUnreadable
                | Self::ScoreNotReady
                | Self::RunHeld
                | Self::BacklogFull
                | Self::WarmupLimitReached
                | Self::DatabaseUnavailable
                | Self::CountersUnavailable
                | Self::RehearsalsUnavailable
                | Self::Contention
                | Self::CommitUnknown
        )
    }
}

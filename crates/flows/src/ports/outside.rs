//! Services outside: what is asked of them, and what may go wrong.

use mauntic_domain::ids::{ProviderMatchId, ProviderTournamentId};
use mauntic_domain::portfolio::Symbol;
use mauntic_domain::portfolio::provider::{
    QUOTES_BYTES_MAX, RATES_BYTES_MAX, parse_quotes, parse_rates,
};
use mauntic_domain::scoreboard::provider::{
    LIST_BYTES_MAX, MATCH_BYTES_MAX, parse_match, parse_matches,
};
use uuid::Uuid;

/// A service outside; its breaker has its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dependency {
    /// The webhook that is told of alerts.
    AlertWebhook,
    /// The provider that is asked for exchange rates.
    ExchangeRateProvider,
    /// The provider that is asked about matches.
    MatchProvider,
    /// The provider that is asked for prices and fundamentals.
    PriceProvider,
}

impl Dependency {
    /// Every dependency, in the order of their names.
    pub const ALL: [Self; 4] =
        [Self::AlertWebhook, Self::ExchangeRateProvider, Self::MatchProvider, Self::PriceProvider];

    /// Name of its breaker, in rows and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AlertWebhook => "alert_webhook",
            Self::ExchangeRateProvider => "exchange_rate_provider",
            Self::MatchProvider => "match_provider",
            Self::PriceProvider => "price_provider",
        }
    }
}

/// A call; repeated with the same id, the other side can tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Stable id, sent along.
    pub id: Uuid,
    /// What is said or asked.
    pub request: Request,
}

/// What is said to a service, or asked of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Tells the webhook this of an alert. What it answers is not read.
    Alert(serde_json::Value),
    /// Asks the provider about a match.
    Match {
        /// Of which tournament.
        tournament: ProviderTournamentId,
        /// Which match.
        id: ProviderMatchId,
    },
    /// Asks the provider for all matches of a tournament.
    Matches {
        /// Which tournament.
        tournament: ProviderTournamentId,
    },
    /// Asks the provider for the latest exchange rates.
    Rates,
    /// Asks the provider for the quotes of these symbols.
    Quotes {
        /// 1 to [`SYMBOLS_ASKED_MAX`](mauntic_domain::overnight::SYMBOLS_ASKED_MAX).
        symbols: Vec<Symbol>,
    },
}

impl Request {
    /// Whom it is for.
    #[must_use]
    pub const fn dependency(&self) -> Dependency {
        match self {
            Self::Alert(_) => Dependency::AlertWebhook,
            Self::Match { .. } | Self::Matches { .. } => Dependency::MatchProvider,
            Self::Rates => Dependency::ExchangeRateProvider,
            Self::Quotes { .. } => Dependency::PriceProvider,
        }
    }

    /// Longest answer that is of use, in bytes. A longer one is cut a byte behind that,
    /// so that whoever reads it sees that it is too long.
    #[must_use]
    pub const fn answer_bytes_max(&self) -> usize {
        match self {
            Self::Alert(_) => 0,
            Self::Match { .. } => MATCH_BYTES_MAX,
            Self::Matches { .. } => LIST_BYTES_MAX,
            Self::Rates => RATES_BYTES_MAX,
            Self::Quotes { .. } => QUOTES_BYTES_MAX,
        }
    }

    /// Whether an answer is one; of what it says, some may still be wrong.
    #[must_use]
    pub fn is_answered_by(&self, body: &[u8]) -> bool {
        match self {
            Self::Alert(_) => true,
            Self::Match { id, .. } => parse_match(id, body).is_ok(),
            Self::Matches { .. } => parse_matches(body).is_ok(),
            Self::Rates => parse_rates(body).is_ok(),
            Self::Quotes { symbols } => {
                parse_quotes(&symbols.iter().cloned().collect(), body).is_ok()
            }
        }
    }
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

/// Whether a refusal is of who asks, and not of what is asked: asked otherwise, it refuses
/// again.
#[must_use]
pub const fn refuses_caller(status: u16) -> bool {
    matches!(status, 401 | 403)
}

/// Calls services outside; only [`crate::outside`] uses it, behind the breaker.
#[trait_variant::make(Send)]
pub trait Outside: Sync {
    /// Whether this deployment has such a service; also where its settings cannot be
    /// used, which the call tells.
    fn is_configured(&self, dependency: Dependency) -> bool;
    /// One call, within a bounded time; what it answered, up to a byte more than
    /// [`Request::answer_bytes_max`].
    async fn call(&self, call: &Call) -> Result<Vec<u8>, CallError>;
}

/// What the platform says of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Messages that wait.
    pub messages: i64,
    /// Their bytes, where that is known.
    pub bytes: Option<i64>,
}

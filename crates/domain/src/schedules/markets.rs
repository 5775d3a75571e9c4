//! Nights of one market, which a deployment adds to the night of all: each scores the users
//! who hold something there. The key of such a schedule says which market it is of, so that
//! who has its row needs no settings to know what it does.

use super::cron::{CRON_BYTES_MAX, Cron, CronError};
use super::registry::{OVERNIGHT_JOB_KEY, REGISTRY, Schedule};
use crate::portfolio::Market;
use crate::portfolio::names::{CodeError, MARKET_CHARS_MAX};

/// Variable that gives markets nights of their own: `MARKET=expression`, by semicolons.
pub const MARKET_CRONS_VARIABLE: &str = "OVERNIGHT_MARKET_CRONS";

/// Most of them. The longest entry has 118 bytes: 16 of a market, 100 of an expression, `=`
/// and `;`. So 32 of them have 3,776 of the 5,000 bytes that a Worker's variable may have.
pub const MARKET_CRONS_MAX: usize = 32;

const _: () = assert!(MARKET_CRONS_MAX * (MARKET_CHARS_MAX + CRON_BYTES_MAX + 2) <= 5_000);

/// What the keys of their schedules begin with; the market follows, in small letters.
pub const MARKET_KEY_PREFIX: &str = "overnight-scoring-";

/// What is wrong with an entry. Never repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MarketCronError {
    /// There is no `=` in it.
    #[error("must be MARKET=expression, such as XETR=0 3 * * MON-FRI")]
    Form,
    /// What stands before the `=`.
    #[error("the market {0}")]
    Market(#[source] CodeError),
    /// What stands behind it.
    #[error("the expression {0}")]
    Cron(#[source] CronError),
    /// The market stands in an entry before.
    #[error("names a market that an entry before it names; a list of times is one expression")]
    Twice,
    /// It is one more than [`MARKET_CRONS_MAX`].
    #[error("is one too many: at most {MARKET_CRONS_MAX} markets have a night of their own")]
    TooMany,
}

/// Reads a deployment's list. White space around each part is dropped, and so are entries
/// without anything else.
///
/// # Errors
/// The first entry that is wrong, counted from 1, and how.
pub(super) fn parse(text: &str) -> Result<Vec<(Market, Cron)>, (usize, MarketCronError)> {
    let mut read: Vec<(Market, Cron)> = Vec::new();
    let entries = text.split(';').map(str::trim).filter(|entry| !entry.is_empty());
    for (entry, nth) in entries.zip(1..) {
        let (market, cron) = parse_entry(entry).map_err(|error| (nth, error))?;
        if read.iter().any(|(known, _)| *known == market) {
            return Err((nth, MarketCronError::Twice));
        }
        if read.len() == MARKET_CRONS_MAX {
            return Err((nth, MarketCronError::TooMany));
        }
        read.push((market, cron));
    }
    Ok(read)
}

fn parse_entry(entry: &str) -> Result<(Market, Cron), MarketCronError> {
    let (market, cron) = entry.split_once('=').ok_or(MarketCronError::Form)?;
    let market = Market::parse(market.trim_end()).map_err(MarketCronError::Market)?;
    let cron = Cron::parse(cron.trim_start()).map_err(MarketCronError::Cron)?;
    Ok((market, cron))
}

/// The key of a market's schedule; no two markets have one.
#[must_use]
pub fn market_key(market: &Market) -> String {
    format!("{MARKET_KEY_PREFIX}{}", market.as_str().to_ascii_lowercase())
}

/// The schedule of a key, and the market that it is of, if it is of one: such a one is the
/// night's but for its key, its expression and whom it scores. Whether a deployment keeps it
/// is not said by its key.
#[must_use]
pub fn schedule_of(job_key: &str) -> Option<(Schedule, Option<Market>)> {
    let market = job_key.strip_prefix(MARKET_KEY_PREFIX);
    // Small letters only, so that a schedule has one key.
    let market = market.filter(|of| !of.bytes().any(|b| b.is_ascii_uppercase()));
    let market = market.and_then(|of| Market::parse(of.to_ascii_uppercase()).ok());
    let key = if market.is_some() { OVERNIGHT_JOB_KEY } else { job_key };
    let schedule = REGISTRY.into_iter().find(|schedule| schedule.job_key == key)?;
    Some((schedule, market))
}

#[cfg(test)]
#[path = "tests_markets.rs"]
mod tests;

//! When the tick comes. Every minute, unless the deployment says otherwise: a
//! database that sleeps while nobody asks it anything is woken by each tick.

use super::cron::{Cron, CronError};

/// Cron expression of the tick, in Cloudflare's dialect: every minute. A
/// deployment may name another.
pub const TICK_CRON: &str = "* * * * *";

/// Seconds from one tick to the next, by [`TICK_CRON`].
pub const TICK_INTERVAL_SECS: u32 = 60;

/// Most seconds between two ticks: six hours. What waits for the tick waits as
/// long, which is no longer than a message waits to be sent again at last
/// ([`crate::jobs::limits::RESEND_MAX`]); and a schedule of every minute has 360
/// times meanwhile, so that one look still judges all of them
/// ([`super::JUDGED_MAX`]).
pub const TICK_INTERVAL_SECS_MAX: u32 = 6 * 3_600;

/// Variable that replaces [`TICK_CRON`].
pub const TICK_CRON_VARIABLE: &str = "TICK_CRON";

/// The tick of a deployment; by default [`TICK_CRON`]'s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick {
    cron: String,
    interval_secs: u32,
}

/// Why a text is no expression for the tick. Names the variable, never repeats
/// its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TickError {
    /// Not an expression.
    #[error("{TICK_CRON_VARIABLE}: {0}")]
    Cron(#[source] CronError),
    /// Leaves more than [`TICK_INTERVAL_SECS_MAX`] between two ticks.
    #[error("{TICK_CRON_VARIABLE}: must leave at most 6 hours between any two ticks")]
    TooRare,
}

impl Tick {
    /// Reads the expression of a deployment. White space around it is dropped.
    ///
    /// # Errors
    /// The first rule that is broken, found in bounded time.
    pub fn parse(text: &str) -> Result<Self, TickError> {
        let cron = Cron::parse(text.trim()).map_err(TickError::Cron)?;
        let interval = cron.interval_max_secs();
        let interval_secs = interval.filter(|secs| *secs <= TICK_INTERVAL_SECS_MAX);
        let interval_secs = interval_secs.ok_or(TickError::TooRare)?;
        Ok(Self { cron: cron.as_str().to_owned(), interval_secs })
    }

    /// Whether the trigger of this expression runs the tick. The default's always
    /// does: a deployment whose triggers do not follow its variable yet still
    /// ticks.
    #[must_use]
    pub fn is_fired_by(&self, trigger: &str) -> bool {
        trigger == self.cron || trigger == TICK_CRON
    }

    /// The longest time from one tick to the next, in seconds.
    #[must_use]
    pub const fn interval_secs(&self) -> u32 {
        self.interval_secs
    }
}

impl Default for Tick {
    fn default() -> Self {
        Self { cron: TICK_CRON.to_owned(), interval_secs: TICK_INTERVAL_SECS }
    }
}

#[cfg(test)]
#[path = "tests_tick.rs"]
mod tests;

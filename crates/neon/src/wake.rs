//! Connecting to a database that may be asleep.
//!
//! Neon's proxy wakes a compute by itself and mostly answers late rather than with an
//! error; where it gives up, or the compute is only just starting, another attempt a
//! moment later succeeds. Nothing has been asked yet, so that repeating is harmless.

use std::time::Duration;

use tokio_postgres::Client;

use crate::address::Address;
use crate::connect::{Connection, Options, connect, within};
use crate::error::{Error, Reason};
use crate::platform;

/// How long, and how often, a connection is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Attempts at most.
    pub attempts_max: u32,
    /// Largest wait before the second attempt; it doubles before each one more.
    pub wait_base: Duration,
    /// All attempts and waits together.
    pub total_max: Duration,
}

/// A compute wakes within some 500 ms, with the tail in seconds: at most 0.2, 0.4, 0.8 and
/// 1.6 s between five attempts.
impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts_max: 5,
            wait_base: Duration::from_millis(200),
            total_max: Duration::from_secs(10),
        }
    }
}

/// Doublings after which a wait grows no more; the total ends it long before.
const DOUBLINGS_MAX: u32 = 10;

impl Patience {
    /// How long to wait before another attempt, `attempts` having failed, the last by
    /// `error`; none if it is the last word. `random` spreads waits over all of 0 to the
    /// largest, so that those who were turned away together do not come back together.
    #[must_use]
    pub fn wait(&self, attempts: u32, error: &Error, random: u32) -> Option<Duration> {
        let again = matches!(error.reason(), Reason::Waking | Reason::Network);
        if !again || attempts >= self.attempts_max {
            return None;
        }
        let doublings = attempts.saturating_sub(1).min(DOUBLINGS_MAX);
        let wait_max = self.wait_base.saturating_mul(1 << doublings);
        let millis = u64::try_from(wait_max.as_millis()).unwrap_or(u64::MAX);
        let part = u128::from(millis) * u128::from(random) / u128::from(u32::MAX);
        Some(Duration::from_millis(u64::try_from(part).unwrap_or(millis)))
    }
}

/// Connects, again and again while the database wakes. Says how many attempts it took.
///
/// # Errors
/// The last attempt's, or [`Error::TimedOut`] once all of them take too long.
pub async fn connect_awake(
    address: &Address,
    options: &Options,
    patience: &Patience,
) -> Result<(Client, Connection, u32), Error> {
    let attempt = || connect(address, options);
    let ((client, connection), attempts) = Box::pin(awake(patience, attempt)).await?;
    Ok((client, connection, attempts))
}

/// What `attempt` gives, again and again while the database wakes, and how many attempts it
/// took.
///
/// # Errors
/// As for [`connect_awake`].
pub async fn awake<T, F>(patience: &Patience, attempt: impl Fn() -> F) -> Result<(T, u32), Error>
where
    F: Future<Output = Result<T, Error>>,
{
    within(patience.total_max, "a connection to a database that may be asleep", async {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let error = match attempt().await {
                Ok(connected) => return Ok((connected, attempts)),
                Err(error) => error,
            };
            // Without a random number all wait the longest.
            let random = getrandom::u32().unwrap_or(u32::MAX);
            let Some(wait) = patience.wait(attempts, &error, random) else { return Err(error) };
            platform::sleep(wait).await;
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::AddressError;

    const ASLEEP: Error = Error::TimedOut { what: "a connection", secs: 1 };

    #[test]
    fn waits_double_and_end() {
        let patience = Patience::default();
        let longest: Vec<_> =
            (1..=6).map(|attempts| patience.wait(attempts, &ASLEEP, u32::MAX)).collect();
        let expected = [Some(200), Some(400), Some(800), Some(1_600), None, None]
            .map(|millis| millis.map(Duration::from_millis));
        assert_eq!(longest, expected);
        assert_eq!(patience.wait(3, &ASLEEP, 0), Some(Duration::ZERO));
        assert!(patience.wait(3, &ASLEEP, u32::MAX / 2) < Some(Duration::from_millis(401)));
    }

    #[test]
    fn what_does_not_pass_is_not_tried_again() {
        let error = Error::Address(AddressError::NoUser);
        assert_eq!(Patience::default().wait(1, &error, 1), None);
    }

    #[test]
    fn numbers_at_their_ends_overflow_nothing() {
        let patience =
            Patience { attempts_max: u32::MAX, wait_base: Duration::MAX, total_max: Duration::MAX };
        assert!(patience.wait(u32::MAX - 1, &ASLEEP, u32::MAX).is_some());
    }
}

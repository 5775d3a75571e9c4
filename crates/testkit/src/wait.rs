//! Waiting for what another thread, process or server will do. A test waits on
//! a condition; the bound only turns a hang into a failure.

use std::thread;
use std::time::Duration;

/// The pause between two looks: short against what is waited for (tens of
/// milliseconds), long against the cost of a look (one query, 1 ms).
const LOOK_MS: u32 = 10;

/// Waits until `look` answers something, at most `seconds`. Blocks the thread;
/// [`until_async`] is for asynchronous looks.
///
/// # Panics
/// When the time is up, naming `what`.
#[allow(clippy::panic, reason = "a test that waited in vain has failed")]
pub fn until<T>(what: &str, seconds: u32, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..=seconds * 1_000 / LOOK_MS {
        if let Some(seen) = look() {
            return seen;
        }
        thread::park_timeout(Duration::from_millis(u64::from(LOOK_MS)));
    }
    panic!("waited {seconds} s in vain for {what}");
}

/// Waits until the future that `look` makes answers something, at most about
/// `seconds` (a look that itself takes long takes its own time).
///
/// # Panics
/// When the time is up, naming `what`.
#[allow(clippy::panic, reason = "a test that waited in vain has failed")]
pub async fn until_async<T, F>(what: &str, seconds: u32, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    for _ in 0..=seconds * 1_000 / LOOK_MS {
        if let Some(seen) = look().await {
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(u64::from(LOOK_MS))).await;
    }
    panic!("waited {seconds} s in vain for {what}");
}

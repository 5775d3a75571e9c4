//! The one way to change an object outside of the database: read, decide, store if nobody
//! stored anything meanwhile.
//!
//! An object takes about one write a second. Of many who want to change one at
//! once, one succeeds at a time and the others look again, so that a caller asks a counter
//! for blocks: 50 callers that need 20 e-mails each are 1,000 writes one by one, which is
//! a quarter of an hour, and 50 writes in blocks.

use chrono::TimeDelta;
use mauntic_domain::warmup::Counter;

use crate::consume::REPEATED_WITHIN;
use crate::ports::{Host, Objects, PortError, Ports};

/// Looks at an object before its caller is asked to come back: with the waits in
/// between, at most 100 + 200 + 400 + 800 + 1,600 ms, half of that on average. An
/// object that takes a write a second takes three in that time.
pub const ATTEMPTS_MAX: u32 = 6;

/// Longest wait before the second look, in milliseconds; doubled before each
/// further one.
pub const WAIT_MS: i64 = 100;

/// What objects of a kind hold.
pub(crate) trait Content: Sized + Send {
    /// What it is, in errors.
    const WHAT: &'static str;
    /// Reads an object; none where that cannot be read, and is to be mended by people.
    fn read(body: &str) -> Option<Self>;
    /// What is stored.
    fn body(&self) -> String;
}

impl Content for Counter {
    const WHAT: &'static str = "a warm-up counter";

    fn read(body: &str) -> Option<Self> {
        Self::from_json(body)
    }

    fn body(&self) -> String {
        self.to_json()
    }
}

/// What is decided about an object.
pub(crate) enum Next<C, T> {
    /// This is to be stored, and then said.
    Store(C, T),
    /// This can be said as it is.
    Say(T),
}

/// Decides about the object at a place until what was decided is stored.
///
/// Whether a write was done whose answer is lost is not known. Where a repeat finds
/// out (`is_repeatable`) it is decided again: nothing that the object was before
/// comes again, so that a write that is still on its way fails once another one is
/// done. Elsewhere it is told as such.
///
/// # Errors
/// Nothing was stored, but for [`PortError::Unknown`].
pub(crate) async fn swap<P: Ports, O: Objects, C: Content, T: Send>(
    ports: &P,
    objects: &O,
    place: &str,
    is_repeatable: bool,
    decide: impl Fn(Option<C>) -> Next<C, T> + Send + Sync,
) -> Result<T, PortError> {
    let mut unsure = None;
    for attempt in 0..ATTEMPTS_MAX {
        if attempt > 0 {
            ports.host().wait(wait(attempt, ports.host().random())).await;
        }
        let (content, tag) = match read(objects, place).await {
            Ok(Some((content, tag))) => (Some(content), Some(tag)),
            Ok(None) => (None, None),
            Err(error) => return Err(unsure.unwrap_or(error)),
        };
        let (content, answer) = match decide(content) {
            Next::Store(content, answer) => (content, answer),
            Next::Say(answer) => return Ok(answer),
        };
        match objects.put(place, &content.body(), tag.as_deref()).await {
            Ok(true) => return Ok(answer),
            Ok(false) | Err(PortError::Contention { .. }) => {}
            Err(error @ PortError::Unknown { .. }) if is_repeatable => unsure = Some(error),
            Err(error) => return Err(unsure.unwrap_or(error)),
        }
    }
    let cause = format!("others were faster {ATTEMPTS_MAX} times");
    Err(unsure.unwrap_or(PortError::Contention { what: C::WHAT, cause }))
}

/// Whether a job that goes through objects leaves the rest to its next attempt: behind one that
/// failed the others fail as well, each after [`ATTEMPTS_MAX`] looks and 1.5 s of waits, which
/// for some 40 of them would be a lease. What is stored by then stays so.
pub(crate) fn is_over(error: &PortError, taken: TimeDelta) -> bool {
    matches!(error, PortError::Unavailable { .. } | PortError::Unknown { .. })
        || taken > REPEATED_WITHIN
}

/// What an object holds, and its tag; none where there is none yet.
pub(crate) async fn read<O: Objects, C: Content>(
    objects: &O,
    place: &str,
) -> Result<Option<(C, String)>, PortError> {
    let Some(object) = objects.get(place).await? else { return Ok(None) };
    let content = C::read(&object.body);
    let content =
        content.ok_or_else(|| PortError::Unreadable { what: C::WHAT, place: place.to_owned() })?;
    Ok(Some((content, object.tag)))
}

/// Full jitter, so that those who met once do not meet again.
fn wait(attempt: u32, random: u32) -> TimeDelta {
    let longest = WAIT_MS << (attempt - 1);
    TimeDelta::milliseconds((longest * i64::from(random)) >> u32::BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_stay_within_three_seconds() {
        let longest = (1..ATTEMPTS_MAX).map(|attempt| wait(attempt, u32::MAX));
        let longest: Vec<i64> = longest.map(|wait| wait.num_milliseconds()).collect();
        assert_eq!(longest, [99, 199, 399, 799, 1_599]);
        assert_eq!(wait(ATTEMPTS_MAX - 1, 0), TimeDelta::zero());
    }
}

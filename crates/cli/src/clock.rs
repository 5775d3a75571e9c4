//! The one place of the command that asks this machine for the time.

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, Utc};

/// This machine's wall clock, to the millisecond.
#[allow(clippy::disallowed_methods, reason = "fires cron by the wall clock, and compares clocks")]
pub(crate) fn now() -> anyhow::Result<DateTime<Utc>> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let millis = i64::try_from(since.as_millis())?;
    DateTime::from_timestamp_millis(millis).context("the clock is out of range")
}

/// A time as it is shown: RFC 3339, UTC, milliseconds; as the API shows it.
pub(crate) fn shown(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

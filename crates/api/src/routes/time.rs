//! Times in a query, and how times are shown.

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};

/// What [`instant`] reads.
pub(crate) const INSTANT_FORM: &str =
    "an RFC 3339 time with its zone, as 2026-11-29T12:00:00Z; a plus is written %2B";

/// What [`day`] reads.
pub(crate) const DAY_FORM: &str = "a day, as 2026-11-29";

/// Reads an instant, of which whole milliseconds count.
pub(crate) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    DateTime::from_timestamp_millis(time.timestamp_millis())
}

/// Reads an instant that is shown with four digits of its year.
pub(crate) fn dated(text: &str) -> Option<DateTime<Utc>> {
    instant(text).filter(|time| (1970..10_000).contains(&time.year()))
}

/// Reads a day.
pub(crate) fn day(text: &str) -> Option<NaiveDate> {
    const CHARS: usize = 10;
    let is_short = text.len() == CHARS;
    is_short.then(|| instant(&format!("{text}T00:00:00Z"))).flatten().map(|time| time.date_naive())
}

/// Time as it is shown: RFC 3339, UTC, milliseconds.
pub(crate) fn shown(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The same of a time that may not have come.
pub(crate) fn shown_if(time: Option<DateTime<Utc>>) -> Option<String> {
    time.map(shown)
}

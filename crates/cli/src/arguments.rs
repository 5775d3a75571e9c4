//! Reads arguments that are more than a word; what is wrong with one is wrong
//! usage. `clap` calls these, so that errors are texts.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::Origin;
use serde_json::Value;

/// A queue by its name in production or in an environment (`-staging`).
pub(crate) fn queue(text: &str) -> Result<Queue, String> {
    match Origin::from_deployed_name(text) {
        Some(Origin::Jobs(queue)) => Ok(queue),
        Some(Origin::DeadLetters(queue)) => {
            Err(format!("is a dead-letter queue; see `mauntic dlq list --queue {}`", queue.name()))
        }
        None => {
            let known = Queue::ALL.map(Queue::name).join(", ");
            Err(format!("is no queue; there are {known}, also with -staging"))
        }
    }
}

/// A JSON object.
pub(crate) fn object(text: &str) -> Result<Value, String> {
    let parsed = serde_json::from_str::<Value>(text);
    let value = parsed.map_err(|error| format!("is not JSON: {error}"))?;
    if value.is_object() { Ok(value) } else { Err("must be a JSON object".to_owned()) }
}

/// A length of time: `90`, `90s`, `15m`, `24h` or `7d`.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let wrong = || "must be a whole number with s, m, h or d, such as 90s or 24h".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let unit = match text.get(digits.len()..) {
        Some("" | "s") => 1,
        Some("m") => 60,
        Some("h") => 60 * 60,
        Some("d") => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_number.then(|| digits.parse::<u32>().ok()).flatten().ok_or_else(wrong)?;
    // A century is long enough, and keeps every sum of times in range.
    let secs = u64::from(number) * unit;
    if secs > 100 * 366 * 24 * 60 * 60 {
        return Err("must be at most a hundred years".to_owned());
    }
    Ok(Duration::from_secs(secs))
}

/// A time: RFC 3339, or a day for its midnight in UTC.
pub(crate) fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(day.and_time(NaiveTime::MIN).and_utc());
    }
    text.parse::<DateTime<Utc>>()
        .map_err(|_| "must be a time such as 2026-07-01T12:00:00Z, or a day".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_known_by_its_name_in_every_environment() {
        for known in Queue::ALL {
            assert_eq!(queue(known.name()), Ok(known));
            assert_eq!(queue(&format!("{}-staging", known.name())), Ok(known));
            let dead = queue(&format!("{}-dlq", known.name())).unwrap_err();
            assert!(dead.contains("dlq list"), "{dead}");
        }
        assert!(queue("mauntic-domain-events").unwrap_err().contains("mauntic-scoring-events"));
    }

    #[test]
    fn spans_have_units_and_bounds() {
        for (text, secs) in
            [("0", 0), ("90", 90), ("90s", 90), ("2m", 120), ("24h", 86_400), ("7d", 604_800)]
        {
            assert_eq!(span(text), Ok(Duration::from_secs(secs)), "{text}");
        }
        for text in ["", "s", "-1s", "+1s", "1.5h", "1w", "1hh", "99999999999s", "36601d", "١s"] {
            assert!(span(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_is_its_midnight() {
        assert_eq!(moment("2026-07-01"), moment("2026-07-01T00:00:00Z"));
        assert_eq!(moment("2026-07-01T02:00:00+02:00"), moment("2026-07-01T00:00:00Z"));
        assert!(moment("yesterday").is_err());
        assert!(moment("2026-02-30").is_err());
    }

    #[test]
    fn an_object_is_no_other_json() {
        assert!(object("{}").is_ok());
        assert!(object("[]").unwrap_err().contains("object"));
        assert!(object("{").unwrap_err().contains("JSON"));
    }
}

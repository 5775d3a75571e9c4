//! The workers' own log lines, as the runtime prints their objects.

use mauntic_local::workers::Log;

/// What a batch said at its end, or the guard in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchLine {
    /// Whether the guard ended it.
    pub cut_off: bool,
    /// How long it was open, in milliseconds.
    pub duration_ms: i64,
    /// Stable code of the error it met, if it met one and lived.
    pub error_code: Option<String>,
    /// Messages that did nothing, because their job was final already.
    pub absorbed: i64,
}

/// The lines of batches among these.
///
/// # Panics
/// When one of them does not say how long the batch was open.
#[must_use]
pub fn batches(logs: &[Log]) -> Vec<BatchLine> {
    logs.iter().filter_map(|log| batch_line(&log.message)).collect()
}

/// The most memory that a batch's line says an instance has taken, in bytes; none where no
/// batch has ended.
#[must_use]
pub fn memory_bytes(logs: &[Log]) -> Option<i64> {
    let of = |log: &Log| digits(value(&log.message, "memoryBytes")?).parse().ok();
    logs.iter().filter_map(of).max()
}

fn batch_line(message: &str) -> Option<BatchLine> {
    let event = quoted(message, "event")?;
    let cut_off = event == "batch_cut_off";
    if !cut_off && event != "batch" {
        return None;
    }
    let duration = value(message, "durationMs").and_then(|text| digits(text).parse().ok());
    let duration_ms = duration.unwrap_or_else(|| panic!("no duration: {message}"));
    // The guard counts nothing.
    let absorbed = value(message, "absorbed").and_then(|text| digits(text).parse().ok());
    let (error_code, absorbed) = (quoted(message, "code"), absorbed.unwrap_or_default());
    Some(BatchLine { cut_off, duration_ms, error_code, absorbed })
}

/// The text of a field, which holds no quote.
fn quoted(message: &str, field: &str) -> Option<String> {
    let text = value(message, field)?.strip_prefix(['\'', '"'])?;
    text.split(['\'', '"']).next().map(str::to_owned)
}

/// What follows a field's name, whose quotes some runtimes print and some not.
fn value<'a>(message: &'a str, field: &str) -> Option<&'a str> {
    let named = |(at, _): &(usize, &str)| {
        let before = message[..*at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
    };
    let (at, _) = message.match_indices(field).find(named)?;
    let rest = message[at + field.len()..].trim_start_matches(['\'', '"']);
    rest.strip_prefix(':').map(str::trim_start)
}

fn digits(text: &str) -> &str {
    text.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(message: &str) -> Log {
        Log { timestamp_ms: 0, level: "log".to_owned(), message: message.to_owned() }
    }

    #[test]
    fn lines_of_batches_are_read_and_no_others() {
        let lines = [
            "{ absorbed: 5, event: 'batch', error: { code: 'database_unavailable', cause: 'x' }, durationMs: 12 }",
            r#"{"event": "batch", "error": null, "durationMs": 7, "level": "info"}"#,
            "{\n  level: 'error',\n  event: 'batch_cut_off',\n  durationMs: 3\n}",
            "{ event: 'tick', sent: 3 }",
            "a batch of words, durationMs: 9",
        ];
        let found = batches(&lines.map(log));
        let line = |cut_off, duration_ms, code: Option<&str>| BatchLine {
            cut_off,
            duration_ms,
            error_code: code.map(str::to_owned),
            absorbed: if code.is_some() { 5 } else { 0 },
        };
        let expected = [
            line(false, 12, Some("database_unavailable")),
            line(false, 7, None),
            line(true, 3, None),
        ];
        assert_eq!(found, expected);
    }
}

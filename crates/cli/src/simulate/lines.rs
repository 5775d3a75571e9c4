//! Lines of JSON in, a result or an error line each out.

use std::io::{BufRead, BufWriter, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Longest line: the HTTP API's largest body, 1 MiB.
const LINE_BYTES_MAX: usize = 1024 * 1024;

pub(super) const NO_OBJECT: &str = "a line must be a JSON object";

/// Why a line has no answer: a code for programs, a sentence for people.
pub(super) type Refusal = (&'static str, String);

/// Answers a line.
pub(super) type Answer = fn(&str) -> Result<String, Refusal>;

/// Numbers of lines read and of lines refused.
pub(super) fn answer(
    input: &mut impl BufRead,
    output: &mut impl Write,
    answer: Answer,
) -> std::io::Result<(usize, usize)> {
    let mut output = BufWriter::new(output);
    let (mut lines, mut refused) = (0, 0);
    let mut line = Vec::new();
    while read_line(input, &mut line)? {
        lines += 1;
        let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line).trim_ascii();
        if text.is_empty() {
            continue;
        }
        let result = line_text(text).and_then(answer).unwrap_or_else(|(code, message)| {
            refused += 1;
            json!({"error": {"code": code, "message": message, "line": lines}}).to_string()
        });
        writeln!(output, "{result}")?;
    }
    output.flush()?;
    Ok((lines, refused))
}

/// Reads a line without its end; of a longer one than is allowed, one byte more
/// than that, and the rest is skipped. False at the end.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let mut begun = false;
    loop {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            return Ok(begun);
        }
        begun = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let content = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or(chunk);
        let room = (LINE_BYTES_MAX + 1).saturating_sub(line.len());
        line.extend(content.iter().take(room));
        let used = content.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}

fn line_text(line: &[u8]) -> Result<&str, Refusal> {
    if line.len() > LINE_BYTES_MAX {
        return Err(("too_long", format!("a line has at most {LINE_BYTES_MAX} bytes")));
    }
    std::str::from_utf8(line).map_err(|error| invalid(format!("a line must be UTF-8: {error}")))
}

pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    ("invalid_input", message.into())
}

/// Reads what a line's JSON object holds, or says where it is wrong.
pub(super) fn read<T: DeserializeOwned>(line: &str) -> Result<T, Refusal> {
    let value: Value = serde_json::from_str(line).map_err(|error| invalid(error.to_string()))?;
    if !value.is_object() {
        return Err(invalid(NO_OBJECT));
    }
    read_value(value)
}

/// Reads what an object holds, or says where it is wrong.
pub(super) fn read_value<T: DeserializeOwned>(value: Value) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let (path, reason) = (error.path().to_string(), error.inner());
        // A field that is missing or unknown is of the line itself.
        invalid(if path == "." { reason.to_string() } else { format!("{path}: {reason}") })
    })
}

pub(super) fn render(answer: &impl Serialize) -> Result<String, Refusal> {
    serde_json::to_string(answer).map_err(|error| ("unprintable", error.to_string()))
}

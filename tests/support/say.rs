//! What a suite has to say of itself, said past the harness: that shows what a
//! test prints only when it fails.

use std::fmt::Display;
use std::io::Write;

/// Says a line, whether or not the test passes.
///
/// # Panics
/// When nothing can be written to the standard error.
pub fn say(line: impl Display) {
    // In one write: tests run side by side.
    let line = format!("{line}\n");
    std::io::stderr().write_all(line.as_bytes()).expect("somebody listens");
}

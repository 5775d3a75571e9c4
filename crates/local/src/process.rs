//! What both components need of a child process: its last lines for error
//! reports, and waits that are bounded.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Lines kept of what a child wrote: a screen or two, which is what a person
/// reads of a failure. At 8 KiB a line ([`LINE_BYTES_MAX`]) at most 1.6 MiB.
const TAIL_LINES_MAX: usize = 200;

/// A longer line is cut; a logged statement can be megabytes long.
const LINE_BYTES_MAX: usize = 8 * 1024;

/// The last lines a child wrote, shared with the thread that reads them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tail(Arc<Mutex<VecDeque<String>>>);

impl Tail {
    pub(crate) fn push(&self, line: &str) {
        let mut lines = lock(&self.0);
        if lines.len() == TAIL_LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(line.chars().take(LINE_BYTES_MAX / 4).collect());
    }

    /// All lines kept, oldest first, joined by line ends.
    pub(crate) fn text(&self) -> String {
        let lines = lock(&self.0);
        lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }
}

/// A poisoned lock only means that another thread's assertion failed while it
/// held the value; every value behind these locks is whole at any time.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads `from` to its end on a thread of its own: each line goes to `tail` and
/// to `each`, and `ended` is called once after the last.
pub(crate) fn read_lines(
    from: impl Read + Send + 'static,
    tail: Tail,
    mut each: impl FnMut(&str) + Send + 'static,
    ended: impl FnOnce() + Send + 'static,
) {
    thread::spawn(move || {
        let mut reader = BufReader::new(from);
        let mut bytes = Vec::new();
        // A read error on a pipe is its end for every purpose here: the other
        // side is gone.
        while matches!(reader.read_until(b'\n', &mut bytes), Ok(count) if count > 0) {
            let text = String::from_utf8_lossy(&bytes);
            let line = text.trim_end();
            each(line);
            tail.push(line);
            bytes.clear();
        }
        ended();
    });
}

/// What a bounded wait came to.
pub(crate) enum Waited<T> {
    /// The event.
    Came(T),
    /// The other side is gone and nothing will come any more.
    Gone,
    /// The time was up.
    TimedOut,
}

/// Waits for the next event, at most `limit`.
pub(crate) fn wait_for<T>(events: &Receiver<T>, limit: Duration) -> Waited<T> {
    match events.recv_timeout(limit) {
        Ok(event) => Waited::Came(event),
        Err(RecvTimeoutError::Disconnected) => Waited::Gone,
        Err(RecvTimeoutError::Timeout) => Waited::TimedOut,
    }
}

/// Sends SIGKILL to a whole process group, by its id, which must be that of an
/// own child not yet waited for: until then the system cannot give it away.
///
/// # Errors
/// When no shell could be run. A group that is gone already is no error.
pub(crate) fn kill_group(group: u32) -> std::io::Result<()> {
    Command::new("/bin/sh")
        .args(["-c", "kill -KILL -- \"-$1\"", "sh", &group.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map(|_status| ())
}

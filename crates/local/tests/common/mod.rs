//! Shared by this crate's tests.

use std::thread;
use std::time::Duration;

/// Looks again every 10 ms, for at most 30 s.
const LOOKS_MAX: u32 = 3_000;

/// Waits until `holds`; fails the test when it never does.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..LOOKS_MAX {
        if holds() {
            return;
        }
        thread::park_timeout(Duration::from_millis(10));
    }
    panic!("waited in vain: {what}");
}

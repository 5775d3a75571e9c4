//! Choosing a port on 127.0.0.1.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which systems give out ports for outgoing connections
/// (Linux from 32768, macOS from 49152): a server that is stopped and started
/// again must not find its port lent to a passing connection.
const PORTS: Range<u16> = 20_000..30_000;

/// Ports looked at for one free one. With 5,000 of the 10,000 taken, all 64 are
/// taken once in 2^64.
const PORT_TRIES_MAX: u16 = 64;

/// A port nobody listens on at this moment, if one is found. Whoever wants it
/// must start, see whether it worked, and ask again.
pub(crate) fn free() -> Option<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let span = PORTS.end - PORTS.start;
    // Processes that start together begin at different places: 7919 is a prime
    // that spreads neighbouring process ids over the whole range.
    let process = std::process::id().wrapping_mul(7919) % u32::from(span);
    let process = u16::try_from(process).unwrap_or_default();
    (0..PORT_TRIES_MAX)
        .map(|_| (process + NEXT.fetch_add(1, Ordering::Relaxed) % span) % span)
        .map(|number| PORTS.start + number)
        .find(|port| is_free(*port))
}

/// The first port from here on that nobody listens on, or `first` itself when
/// all are taken, so that the start fails on it and says so.
pub(crate) fn free_from(first: u16) -> u16 {
    (first..first.saturating_add(PORT_TRIES_MAX)).find(|port| is_free(*port)).unwrap_or(first)
}

/// Whether nobody listens on this port at this moment.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

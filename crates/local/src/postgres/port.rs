//! Choosing a port on 127.0.0.1.

use super::error::Error;
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

/// A port nobody listens on at this moment. Whoever wants it must start, see
/// whether it worked, and ask again.
pub(super) fn free() -> Result<u16, Error> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let span = PORTS.end - PORTS.start;
    // Processes that start together begin at different places: 7919 is a prime
    // that spreads neighbouring process ids over the whole range.
    let process = std::process::id().wrapping_mul(7919) % u32::from(span);
    let process = u16::try_from(process).unwrap_or_default();
    for _ in 0..PORT_TRIES_MAX {
        let number = NEXT.fetch_add(1, Ordering::Relaxed) % span;
        let port = PORTS.start + (process + number) % span;
        if is_free(port) {
            return Ok(port);
        }
    }
    Err(Error::NoPort {
        tries: PORT_TRIES_MAX,
    })
}

/// Whether nobody listens on this port at this moment.
pub(super) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

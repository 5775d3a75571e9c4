//! What has been seen of clients. A flight begins with what a client sends after the
//! server has spoken: what it sends before it has heard an answer shares one.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counts of a server, all of them growing.
#[derive(Debug, Default)]
pub struct Counts {
    connections: AtomicU64,
    upgrades: AtomicU64,
    requests: AtomicU64,
    frames: AtomicU64,
    flights: AtomicU64,
}

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::SeqCst)
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::SeqCst);
}

impl Counts {
    /// Connections of TCP.
    #[must_use]
    pub fn connections(&self) -> u64 {
        read(&self.connections)
    }

    /// Connections that became WebSockets.
    #[must_use]
    pub fn upgrades(&self) -> u64 {
        read(&self.upgrades)
    }

    /// Requests for SQL over HTTP.
    #[must_use]
    pub fn requests(&self) -> u64 {
        read(&self.requests)
    }

    /// Frames that clients have sent.
    #[must_use]
    pub fn frames(&self) -> u64 {
        read(&self.frames)
    }

    /// Flights of clients: over WebSocket after the upgrade, over HTTP a request each.
    #[must_use]
    pub fn flights(&self) -> u64 {
        read(&self.flights)
    }

    pub(crate) fn connected(&self) {
        add(&self.connections);
    }

    pub(crate) fn upgraded(&self) {
        add(&self.upgrades);
    }

    pub(crate) fn requested(&self) {
        add(&self.requests);
        add(&self.flights);
    }

    /// A client has sent a frame.
    pub(crate) fn framed(&self, turn: &Turn) {
        add(&self.frames);
        if turn.servers.swap(false, Ordering::SeqCst) {
            add(&self.flights);
        }
    }
}

/// Who has spoken last on a connection. It opens as the server's: it has upgraded.
#[derive(Debug)]
pub(crate) struct Turn {
    servers: AtomicBool,
}

impl Turn {
    pub(crate) fn new() -> Self {
        Self { servers: AtomicBool::new(true) }
    }

    /// The server has spoken.
    pub(crate) fn answered(&self) {
        self.servers.store(true, Ordering::SeqCst);
    }
}

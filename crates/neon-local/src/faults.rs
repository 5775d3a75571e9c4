//! What goes wrong on the way to a client.

use std::time::Duration;

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The connection is gone, without a word.
    Cut,
    /// The other side says good-bye with this status of WebSocket's.
    Close(u16),
    /// Nothing comes any more, and the connection stays: a half-open one.
    Hang,
    /// A text frame comes.
    Text,
    /// A frame of so many bytes comes.
    Frame(usize),
}

/// When and how a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Bytes of PostgreSQL's, or of an HTTP answer's body, that come before.
    pub after_bytes: u64,
    /// How.
    pub ending: Ending,
}

/// What goes wrong with the connections that are made from now on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// How long every byte takes, in either direction, TLS and all.
    pub delay: Duration,
    /// Largest frame to a client: larger ones are split.
    pub frame_bytes_max: Option<usize>,
    /// How long frames to a client are gathered, to be merged.
    pub merged_within: Option<Duration>,
    /// How a connection ends before it should.
    pub end: Option<End>,
    /// Whether the database is asleep: connections are refused as Neon's proxy does.
    pub asleep: bool,
    /// Whether there are no WebSockets here.
    pub not_upgraded: bool,
}

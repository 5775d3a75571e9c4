//! What goes wrong on the way to a client.

use std::slice::Chunks;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt};

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
    /// Whether whoever connects hears nothing behind TLS.
    pub mute: bool,
    /// Whether there are no WebSockets here.
    pub not_upgraded: bool,
    /// Whether they are at another path, to which whoever asks for one is sent.
    pub moved: bool,
}

impl Faults {
    /// What of `bytes` comes, `sent` having come before: piece by piece, and the end that
    /// comes behind them.
    pub(crate) fn pieces<'a>(
        &self,
        sent: u64,
        bytes: &'a [u8],
    ) -> (Chunks<'a, u8>, Option<Ending>) {
        let left = self.end.map_or(usize::MAX, |end| {
            usize::try_from(end.after_bytes.saturating_sub(sent)).unwrap_or(usize::MAX)
        });
        let (now, behind) = bytes.split_at(left.min(bytes.len()));
        let size = self.frame_bytes_max.unwrap_or(usize::MAX).min(now.len()).max(1);
        let ending = self.end.filter(|_| !behind.is_empty()).map(|end| end.ending);
        (now.chunks(size), ending)
    }
}

/// What comes next, and what else comes within a while; none at the end. `buffer` is what
/// is read into at once.
pub(crate) async fn gathered(
    from: &mut (impl AsyncRead + Unpin),
    buffer: &mut [u8],
    within: Option<Duration>,
) -> Option<Bytes> {
    let Ok(bytes @ 1..) = from.read(buffer).await else { return None };
    let first = buffer.get(..bytes).unwrap_or_default();
    let Some(within) = within else { return Some(Bytes::copy_from_slice(first)) };
    let mut piece = first.to_vec();
    while let Ok(Ok(bytes @ 1..)) = tokio::time::timeout(within, from.read(buffer)).await {
        piece.extend_from_slice(buffer.get(..bytes).unwrap_or_default());
    }
    Some(Bytes::from(piece))
}

//! A connection that takes its time, without getting slower for it: bytes travel one
//! behind the other, each for as long.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex, split};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Bytes that are read at once.
const READ_BYTES: usize = 64 * 1024;

/// Pieces on the way: with [`READ_BYTES`], 16 MiB.
const TRAVELLING_MAX: usize = 256;

/// A stream behind which everything takes `delay` in either direction.
pub(crate) fn delayed(far: TcpStream, delay: Duration) -> DuplexStream {
    let (near, inner) = duplex(READ_BYTES);
    let (far_read, far_write) = far.into_split();
    let (inner_read, inner_write) = split(inner);
    tokio::spawn(carry(far_read, inner_write, delay));
    tokio::spawn(carry(inner_read, far_write, delay));
    near
}

/// Carries one direction until either end of it is gone.
async fn carry(
    from: impl AsyncRead + Unpin + Send + 'static,
    mut to: impl AsyncWrite + Unpin,
    delay: Duration,
) {
    let (sender, mut travelling) = mpsc::channel(TRAVELLING_MAX);
    let reading = tokio::spawn(depart(from, sender, delay));
    while let Some((due, piece)) = travelling.recv().await {
        sleep_until(due).await;
        if to.write_all(&piece).await.is_err() {
            break;
        }
    }
    reading.abort();
    // Whoever is at that end may be gone already.
    to.shutdown().await.ok();
}

async fn depart(
    mut from: impl AsyncRead + Unpin,
    sender: mpsc::Sender<(Instant, Vec<u8>)>,
    delay: Duration,
) {
    let mut buffer = vec![0; READ_BYTES];
    while let Ok(bytes @ 1..) = from.read(&mut buffer).await {
        let piece = buffer.get(..bytes).unwrap_or_default().to_vec();
        if sender.send((Instant::now() + delay, piece)).await.is_err() {
            break;
        }
    }
}

//! The pipelined start-up around a stream.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::error::Error;
use crate::startup::Startup;

/// Bytes that are read at once during start-up: its whole answer has a few hundred.
const READ_BYTES: usize = 4 * 1024;

/// A stream whose start-up message takes the password along.
#[derive(Debug)]
pub struct Pipelined<S> {
    stream: S,
    startup: Startup,
    /// To be written, and how much of it is.
    out: Vec<u8>,
    written: usize,
    /// To be read, and how much of it is.
    read: Vec<u8>,
    taken: usize,
}

impl<S> Pipelined<S> {
    /// Around a stream on which nothing has been said.
    pub fn new(stream: S, startup: Startup) -> Self {
        Self { stream, startup, out: Vec::new(), written: 0, read: Vec::new(), taken: 0 }
    }
}

impl<S: AsyncWrite + Unpin> Pipelined<S> {
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.out.get(self.written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                bytes => self.written += bytes,
            }
        }
        self.out.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Pipelined<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_out(cx))?;
        if this.startup.is_through() {
            return Pin::new(&mut this.stream).poll_write(cx, bytes);
        }
        this.startup.outgoing(bytes, &mut this.out).map_err(Error::from)?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_out(cx))?;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_out(cx))?;
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Pipelined<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if let Some(rest) = this.read.get(this.taken..).filter(|rest| !rest.is_empty()) {
                let (now, _) = rest.split_at(rest.len().min(buf.remaining()));
                buf.put_slice(now);
                this.taken += now.len();
                return Poll::Ready(Ok(()));
            }
            this.read.clear();
            this.taken = 0;
            if this.startup.is_through() {
                return Pin::new(&mut this.stream).poll_read(cx, buf);
            }
            let mut bytes = [0; READ_BYTES];
            let mut piece = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut piece))?;
            if piece.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            let fed = this.startup.incoming(piece.filled(), &mut this.read);
            fed.map_err(Error::from)?;
        }
    }
}

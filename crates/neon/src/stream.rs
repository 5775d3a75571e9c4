//! PostgreSQL's bytes over a WebSocket: a stream for
//! [`connect_raw`](tokio_postgres::Config::connect_raw) over any transport of frames.
//!
//! Writes are gathered and go as one frame a flush. What is read is followed message
//! by message, so that a close in the middle is never taken for an end, and so that
//! silence is an error exactly while an answer is owed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::error::Error;
use crate::exchange::{Exchange, Standing};
use crate::platform::{self, Sleep};

/// Bytes of a frame that is sent. The driver flushes after some 8 KiB of its own, so
/// that only one large message fills a frame; a mebibyte of it is 3% of the 32 MiB that
/// workerd, the narrowest on the way, takes.
const SENT_BYTES_MAX: usize = 1024 * 1024;

/// What is taken, and how long is waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest frame that is taken, in bytes. workerd itself takes 32 MiB.
    pub frame_bytes_max: usize,
    /// Largest message of PostgreSQL's that is taken, in bytes: a row, mostly. An
    /// isolate has 128 MB, in which a message may stand twice.
    pub message_bytes_max: u32,
    /// Most bytes that wait to be read, in Workers: nobody can ask the other side to
    /// wait there. Elsewhere they wait in the other side's memory.
    pub unread_bytes_max: usize,
    /// Longest silence while an answer is owed, or while nothing can be sent. Longer
    /// than any statement may run, or it ends that statement's connection.
    pub silence_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes_max: 32 * 1024 * 1024,
            message_bytes_max: 32 * 1024 * 1024,
            unread_bytes_max: 64 * 1024 * 1024,
            silence_max: Duration::from_secs(60),
        }
    }
}

/// What a transport hands over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A binary frame.
    Binary(Bytes),
    /// A text frame, whatever is in it.
    Text,
    /// The end, and how it came: a status of the other side's, or none.
    Closed {
        /// Its status; none if the connection just ended.
        status: Option<u16>,
        /// What it says about it.
        reason: String,
    },
}

/// Frames, in order. After an error or the end it is asked no more.
pub trait Transport {
    /// The next event.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Event, Error>>;

    /// Whether a frame may be sent now; this is where the other side's slowness is felt.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>>;

    /// Sends a frame; [`poll_ready`](Self::poll_ready) has said that it may.
    ///
    /// # Errors
    /// When the connection is gone.
    fn send(&mut self, frame: Bytes) -> Result<(), Error>;

    /// Waits until all that was sent has left.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>>;

    /// Says good-bye, and waits until that has left.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>>;
}

/// WebSocket's status for "done".
const DONE: u16 = 1000;

/// The stream.
#[derive(Debug)]
pub struct WsStream<T> {
    transport: T,
    limits: Limits,
    exchange: Exchange,
    /// Written and not yet sent.
    unsent: Vec<u8>,
    /// Sent, and not known to have left.
    is_leaving: bool,
    /// Received and not yet read.
    unread: Bytes,
    /// Runs while something is owed or cannot leave; over, the connection is.
    patience: Option<Sleep>,
    ended: Option<Result<(), Error>>,
}

impl<T: Transport + Unpin> WsStream<T> {
    /// Over a transport on which nothing has been said.
    pub fn new(transport: T, limits: Limits) -> Self {
        Self {
            transport,
            limits,
            exchange: Exchange::new(limits.message_bytes_max),
            unsent: Vec::new(),
            is_leaving: false,
            unread: Bytes::new(),
            patience: None,
            ended: None,
        }
    }

    /// Ends for good; every later call says the same.
    fn end<U>(&mut self, error: Error) -> Poll<io::Result<U>> {
        self.ended = Some(Err(error.clone()));
        self.patience = None;
        Poll::Ready(Err(error.into()))
    }

    /// Something has moved: patience begins anew.
    fn moved(&mut self) {
        self.patience = None;
    }

    /// Waits, but not for ever.
    fn poll_patience(&mut self, cx: &mut Context<'_>, what: &'static str) -> Poll<Error> {
        let silence_max = self.limits.silence_max;
        let patience = self.patience.get_or_insert_with(|| platform::sleep(silence_max));
        ready!(patience.as_mut().poll(cx));
        Poll::Ready(Error::TimedOut { what, secs: silence_max.as_secs() })
    }

    /// Sends what is gathered, as one frame.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.unsent.is_empty() {
            return Poll::Ready(Ok(()));
        }
        ready!(self.transport.poll_ready(cx))?;
        let frame = Bytes::from(std::mem::take(&mut self.unsent));
        self.exchange.sent(&frame)?;
        self.transport.send(frame)?;
        self.is_leaving = true;
        self.moved();
        Poll::Ready(Ok(()))
    }

    fn poll_leave(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_send(cx))?;
        if self.is_leaving {
            ready!(self.transport.poll_flush(cx))?;
            self.is_leaving = false;
            self.moved();
        }
        Poll::Ready(Ok(()))
    }

    /// The next bytes, or the end.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        match ready!(self.transport.poll_next(cx))? {
            Event::Binary(frame) => {
                let (bytes, bytes_max) = (frame.len(), self.limits.frame_bytes_max);
                if bytes > bytes_max {
                    return Poll::Ready(Err(Error::FrameTooLarge { bytes, bytes_max }));
                }
                self.exchange.received(&frame)?;
                Poll::Ready(Ok(Some(frame)))
            }
            Event::Text => Poll::Ready(Err(Error::TextFrame)),
            Event::Closed { status, reason } => Poll::Ready(self.closed(status, &reason)),
        }
    }

    /// What a close means, by where the exchange stands.
    fn closed(&self, status: Option<u16>, reason: &str) -> Result<Option<Bytes>, Error> {
        let how = match status {
            Some(status) if reason.is_empty() => format!("closed with status {status}"),
            Some(status) => format!("closed with status {status}, {reason}"),
            None => "cut without a word".to_owned(),
        };
        match self.exchange.standing() {
            Standing::AmidMessage => Err(Error::CutAmidMessage { how }),
            Standing::AmidAnswer => Err(Error::CutAmidAnswer { how }),
            Standing::Idle if status != Some(DONE) => Err(Error::Broken { how }),
            Standing::Idle | Standing::Over => Ok(None),
        }
    }
}

impl<T: Transport + Unpin> AsyncRead for WsStream<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.unread.has_remaining() {
                let now = this.unread.split_to(this.unread.len().min(buf.remaining()));
                buf.put_slice(&now);
                return Poll::Ready(Ok(()));
            }
            if let Some(ended) = &this.ended {
                return Poll::Ready(ended.clone().map_err(io::Error::from));
            }
            match this.poll_receive(cx) {
                Poll::Ready(Ok(Some(frame))) => {
                    this.moved();
                    this.unread = frame;
                }
                Poll::Ready(Ok(None)) => this.ended = Some(Ok(())),
                Poll::Ready(Err(error)) => return this.end(error),
                Poll::Pending if this.exchange.standing() == Standing::Idle => {
                    return Poll::Pending;
                }
                Poll::Pending => {
                    let late = ready!(this.poll_patience(cx, "the server's answer"));
                    return this.end(late);
                }
            }
        }
    }
}

impl<T: Transport + Unpin> AsyncWrite for WsStream<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(Err(error)) = &this.ended {
            return Poll::Ready(Err(error.clone().into()));
        }
        if this.unsent.len() >= SENT_BYTES_MAX {
            match this.poll_send(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return this.end(error),
                Poll::Pending => {
                    let late = ready!(this.poll_patience(cx, "room for what is sent"));
                    return this.end(late);
                }
            }
        }
        let room = SENT_BYTES_MAX - this.unsent.len();
        let (now, _) = bytes.split_at(bytes.len().min(room));
        this.unsent.extend_from_slice(now);
        Poll::Ready(Ok(now.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some(Err(error)) = &this.ended {
            return Poll::Ready(Err(error.clone().into()));
        }
        match this.poll_leave(cx) {
            Poll::Ready(Ok(())) => Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => this.end(error),
            Poll::Pending => {
                let late = ready!(this.poll_patience(cx, "room for what is sent"));
                this.end(late)
            }
        }
    }

    /// Sends the rest and says good-bye; the other side's is not waited for.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(ended) = &self.ended {
            return Poll::Ready(ended.clone().map_err(io::Error::from));
        }
        ready!(self.as_mut().poll_flush(cx))?;
        let this = self.get_mut();
        match this.transport.poll_close(cx) {
            Poll::Ready(Ok(())) => Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => this.end(error),
            Poll::Pending => {
                let late = ready!(this.poll_patience(cx, "room for the good-bye"));
                this.end(late)
            }
        }
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;

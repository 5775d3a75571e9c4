//! Frames from a server that upgrades, and then sends whatever it likes.

use std::io;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use mauntic_neon::{Follow, Limits, Pipelined, Socket, Startup, WsStream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::runtime::{Builder, Runtime};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::{BODY_BYTES_MAX, PASSWORD, STARTUP, in_pieces};

/// Largest frame that is taken.
const FRAME_BYTES_MAX: usize = 2048;

/// Ends the head of a request.
const BLANK_LINE: &[u8] = b"\r\n\r\n";

/// Before the key of a request for a WebSocket.
const KEY: &str = "Sec-WebSocket-Key: ";

/// An answer's last message: the server is ready.
const READY: u8 = b'Z';

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

/// The other end of a connection: says what it is to say, piece by piece, and ends.
struct Server<'a> {
    asked: Vec<u8>,
    answer: Vec<u8>,
    rest: &'a [u8],
    size: usize,
}

impl Server<'_> {
    /// Upgrades, once the request is whole.
    fn heard(&mut self, bytes: &[u8]) {
        let was_whole = self.is_asked();
        self.asked.extend_from_slice(bytes);
        if was_whole || !self.is_asked() {
            return;
        }
        let text = String::from_utf8_lossy(&self.asked).into_owned();
        let key = text.lines().find_map(|line| line.strip_prefix(KEY)).expect("a key");
        let accept = derive_accept_key(key.as_bytes());
        self.answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        )
        .into_bytes();
    }

    fn is_asked(&self) -> bool {
        self.asked.windows(BLANK_LINE.len()).any(|four| four == BLANK_LINE)
    }
}

impl AsyncRead for Server<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.answer.is_empty() {
            let rest = this.answer.split_off(this.answer.len().min(buf.remaining()));
            buf.put_slice(&this.answer);
            this.answer = rest;
            return Poll::Ready(Ok(()));
        }
        let (now, behind) = this.rest.split_at(this.size.min(this.rest.len()).min(buf.remaining()));
        buf.put_slice(now);
        this.rest = behind;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Server<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.heard(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A start-up whose answer ends well has been answered to its end, in whole messages.
pub fn frames(input: &[u8]) {
    let (size, rest) = in_pieces(input);
    let Ok(read) = RUNTIME.block_on(read(size, rest)) else { return };
    let mut kinds = Vec::new();
    let mut follow = Follow::messages(BODY_BYTES_MAX);
    follow.feed(&read, |kind| kinds.push(kind)).expect("what was read is PostgreSQL's");
    assert!(!follow.is_amid(), "a part of a message is taken for the whole");
    assert!(kinds.contains(&READY), "a part of an answer is taken for the whole");
}

/// All that the driver reads, if it ends well.
async fn read(size: usize, rest: &[u8]) -> io::Result<Vec<u8>> {
    let server = Server { asked: Vec::new(), answer: Vec::new(), rest, size };
    let limits = Limits {
        frame_bytes_max: FRAME_BYTES_MAX,
        message_bytes_max: BODY_BYTES_MAX,
        ..Limits::default()
    };
    let socket = Socket::upgrade(server, "ep-1.aws.neon.tech", "/v2", &limits).await;
    let stream = WsStream::new(socket.expect("the server upgrades"), limits);
    let mut stream = Pipelined::new(stream, Startup::new(PASSWORD));
    stream.write_all(&STARTUP).await?;
    stream.flush().await?;
    let mut read = Vec::new();
    let ended = stream.read_to_end(&mut read).await;
    if let Err(error) = &ended {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter2"), "a password is shown");
    }
    ended.map(|_| read)
}

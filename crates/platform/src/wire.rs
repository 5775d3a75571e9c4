//! PostgreSQL's bytes, however they come: one type, so that the driver's code, which is
//! the larger part of a transport, is in a worker once.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_postgres::{Client, Config, Connection, Error};
use worker::Socket;

/// An open way to the database.
pub(crate) enum Wire {
    /// A socket of the runtime's, which speaks TLS by itself where it is to.
    Socket(Socket),
    /// Neon's WebSocket, with TLS around it.
    Neon(Box<mauntic_neon::Stream>),
}

/// What a client's statements are done by.
pub(crate) type Work = Connection<Wire, Wire>;

/// Starts PostgreSQL's protocol.
pub(crate) async fn start(config: &Config, wire: Wire) -> Result<(Client, Work), Error> {
    config.connect_raw(wire, Upgrade).await
}

/// Has the runtime upgrade a socket; it checks the certificate against the host's name.
struct Upgrade;

impl TlsConnect<Wire> for Upgrade {
    type Stream = Wire;
    type Error = Infallible;
    type Future = Ready<Result<Wire, Infallible>>;

    fn connect(self, wire: Wire) -> Self::Future {
        ready(Ok(match wire {
            Wire::Socket(socket) => Wire::Socket(socket.start_tls()),
            // Its addresses never ask the driver for TLS.
            neon @ Wire::Neon(_) => neon,
        }))
    }
}

/// Asks a server for TLS as the driver does, and has the runtime upgrade the socket.
#[cfg(feature = "fault-hooks")]
pub(crate) async fn encrypted(mut wire: Wire) -> Result<Wire, String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
    wire.write_all(&SSL_REQUEST).await.map_err(|error| error.to_string())?;
    wire.flush().await.map_err(|error| error.to_string())?;
    match wire.read_u8().await.map_err(|error| error.to_string())? {
        b'S' => Upgrade.connect(wire).await.map_err(|error| error.to_string()),
        _ => Err("the server has no TLS".to_owned()),
    }
}

/// The runtime does not tell what the channel could be bound to.
impl TlsStream for Wire {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Socket(socket) => Pin::new(socket).poll_read(cx, into),
            Self::Neon(stream) => Pin::new(stream).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Socket(socket) => Pin::new(socket).poll_write(cx, bytes),
            Self::Neon(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Socket(socket) => Pin::new(socket).poll_flush(cx),
            Self::Neon(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Socket(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Neon(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

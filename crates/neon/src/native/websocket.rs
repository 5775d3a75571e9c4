//! A WebSocket of `tungstenite` as a transport.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use super::Network;
use crate::error::Error;
use crate::stream::{Event, Limits, Transport};

/// Bytes that are read at once: a record of TLS. The library writes zeroes into as many
/// before each read, and one never gives more; room for a whole frame it makes besides.
const READ_BYTES: usize = 16 * 1024;

/// A socket on any stream of bytes; an encrypted one, unless it is said.
#[derive(Debug)]
pub struct Socket<S = TlsStream<TcpStream>>(WebSocketStream<S>);

/// Opens `wss://host:port/path`.
pub(crate) async fn open(
    network: &Network,
    host: &str,
    port: u16,
    path: &str,
    limits: &Limits,
) -> Result<Socket, Error> {
    let tls = network.connect(host, port).await?;
    Socket::upgrade(tls, host, path, limits).await
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// Asks whoever is at the other end of a stream for a WebSocket.
    ///
    /// # Errors
    /// [`Error::NotUpgraded`] when it has none there, [`Error::Unreachable`] when it
    /// speaks something else.
    pub async fn upgrade(
        stream: S,
        host: &str,
        path: &str,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let url = format!("wss://{host}{path}");
        let frame = Some(limits.frame_bytes_max);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .max_frame_size(frame)
            .max_message_size(frame);
        let opened = tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await;
        let (socket, _) = opened.map_err(|error| match error {
            WsError::Http(answer) => {
                Error::NotUpgraded { host: host.to_owned(), status: answer.status().as_u16() }
            }
            other => Error::Unreachable { host: host.to_owned(), cause: other.to_string() },
        })?;
        Ok(Self(socket))
    }
}

/// What an error of the library means to a connection that was open. One that ends
/// without a word is an end like any other: where the exchange stands gives it its name.
fn event(error: &WsError) -> Result<Event, Error> {
    let cut = |reason: String| Ok(Event::Closed { status: None, reason });
    match error {
        WsError::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
            Err(Error::FrameTooLarge { bytes: *size, bytes_max: *max_size })
        }
        WsError::Utf8(_) => Ok(Event::Text),
        WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => cut(String::new()),
        WsError::Io(error) => cut(error.to_string()),
        other => Err(Error::Broken { how: other.to_string() }),
    }
}

fn broken(error: &WsError) -> Error {
    Error::Broken { how: error.to_string() }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport for Socket<S> {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Event, Error>> {
        loop {
            let message = match ready!(Pin::new(&mut self.0).poll_next(cx)) {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Poll::Ready(event(&error)),
                None => {
                    return Poll::Ready(Ok(Event::Closed { status: None, reason: String::new() }));
                }
            };
            return Poll::Ready(Ok(match message {
                Message::Binary(bytes) => Event::Binary(bytes),
                Message::Text(_) => Event::Text,
                Message::Close(Some(close)) => Event::Closed {
                    status: Some(close.code.into()),
                    reason: close.reason.as_str().to_owned(),
                },
                // A close frame without a status is a good-bye without a word more.
                Message::Close(None) => Event::Closed { status: Some(1000), reason: String::new() },
                // The library answers pings by itself.
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
            }));
        }
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.0).poll_ready(cx).map_err(|error| broken(&error))
    }

    fn send(&mut self, frame: Bytes) -> Result<(), Error> {
        let sent = Pin::new(&mut self.0).start_send(Message::Binary(frame));
        sent.map_err(|error| broken(&error))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.0).poll_flush(cx).map_err(|error| broken(&error))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.0).poll_close(cx).map_err(|error| broken(&error))
    }
}

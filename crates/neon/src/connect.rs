//! Connecting over a WebSocket.

use std::fmt;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{Either, select};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{AsyncMessage, Client, NoTls};

use crate::address::{Address, SERVICE_PORT};
use crate::error::Error;
use crate::pipelined::Pipelined;
use crate::platform::{self, Network, Socket};
use crate::startup::Startup;
use crate::stream::{Limits, WsStream};

/// Where Neon's proxy takes WebSockets.
const PATH: &str = "/v2";

/// How to connect.
#[derive(Debug, Clone)]
pub struct Options {
    /// Longest wait for an authenticated connection, or for an HTTP answer to begin.
    pub timeout: Duration,
    /// Whether the password goes with the start-up, which takes a flight less. A server
    /// that asks for something else than a clear-text password is then connected anew,
    /// without.
    pub pipelined: bool,
    /// What is taken from the other side.
    pub limits: Limits,
    /// Port of the service.
    pub port: u16,
    /// How hosts are found and whom to trust.
    pub network: Network,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            pipelined: true,
            limits: Limits::default(),
            port: SERVICE_PORT,
            network: Network::default(),
        }
    }
}

/// PostgreSQL's bytes, over a WebSocket that is open.
pub type Stream = Pipelined<WsStream<Socket>>;

/// The connection's work. It must be spawned or polled for the client to get answers,
/// and says by name how it ended.
pub struct Connection(tokio_postgres::Connection<Stream, NoTlsStream>);

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Connection {
    /// The next notice or notification, for who wants them; none at the end. A future
    /// that is polled logs and forgets them.
    pub fn poll_message(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<AsyncMessage, Error>>> {
        self.0.poll_message(cx).map(|message| message.map(|read| read.map_err(Error::from)))
    }
}

impl Future for Connection {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map_err(Error::from)
    }
}

/// Connects once.
///
/// # Errors
/// By name, as the variants of [`Error`] say. Nothing waits longer than the options'
/// time-out.
pub async fn connect(address: &Address, options: &Options) -> Result<(Client, Connection), Error> {
    let start = |stream| address.config().connect_raw(stream, NoTls);
    let (client, connection) = Box::pin(connect_with(address, options, start)).await?;
    Ok((client, Connection(connection)))
}

/// [`connect`], the driver's part of it being the caller's: who also connects otherwise, and
/// would have the driver's code twice. `start` is called again where the server asks for
/// something else than the password that has been sent.
///
/// # Errors
/// As for [`connect`].
pub async fn connect_with<T, F>(
    address: &Address,
    options: &Options,
    start: impl Fn(Stream) -> F,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, tokio_postgres::Error>>,
{
    within(options.timeout, "a connection", async {
        let startup = if options.pipelined {
            Startup::new(address.password())
        } else {
            Startup::unpipelined()
        };
        let stream = Box::pin(open(address, options, startup)).await?;
        match start(stream).await.map_err(Error::from) {
            Err(error) if error.asked().is_some() => {
                let stream = Box::pin(open(address, options, Startup::unpipelined())).await?;
                Ok(start(stream).await?)
            }
            done => done,
        }
    })
    .await
}

async fn open(address: &Address, options: &Options, startup: Startup) -> Result<Stream, Error> {
    let Options { network, port, limits, .. } = options;
    let socket = platform::open(network, address.host(), *port, PATH, limits).await?;
    Ok(Pipelined::new(WsStream::new(socket, *limits), startup))
}

/// Waits, but not for ever.
pub(crate) async fn within<T>(
    limit: Duration,
    what: &'static str,
    future: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match select(pin!(future), platform::sleep(limit)).await {
        Either::Left((done, _)) => done,
        Either::Right(((), _)) => Err(Error::TimedOut { what, secs: limit.as_secs() }),
    }
}

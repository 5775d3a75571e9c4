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

/// The bytes of a connection.
type Stream = Pipelined<WsStream<Socket>>;

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
    within(options.timeout, "a connection", async {
        let startup = if options.pipelined {
            Startup::new(address.password())
        } else {
            Startup::unpipelined()
        };
        match Box::pin(attempt(address, options, startup)).await {
            Err(error) if error.asked().is_some() => {
                Box::pin(attempt(address, options, Startup::unpipelined())).await
            }
            done => done,
        }
    })
    .await
}

async fn attempt(
    address: &Address,
    options: &Options,
    startup: Startup,
) -> Result<(Client, Connection), Error> {
    let Options { network, port, limits, .. } = options;
    let socket = platform::open(network, address.host(), *port, PATH, limits).await?;
    let stream = Pipelined::new(WsStream::new(socket, *limits), startup);
    let (client, connection) = address.config().connect_raw(stream, NoTls).await?;
    Ok((client, Connection(connection)))
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

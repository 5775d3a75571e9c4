//! Opens the database from a worker: one connection an invocation, because the
//! platform forbids an invocation to use another's socket.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{Either, select};
use mauntic_flows::ports::{Database, PortError};
use mauntic_neon::{Options, Patience, awake, connect_with};
use mauntic_store::address::Address;
use mauntic_store::{Session, Timeout, connect_error};
use serde_json::json;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config};
use wasm_bindgen_futures::spawn_local;
use worker::send::IntoSendFuture;
use worker::{Delay, Env, Hyperdrive, SecureTransport, Socket};

use crate::config::{self, ConfigError, Transport};
use crate::log;
use crate::wire::{self, Wire, Work};

/// Longest wait for an authenticated connection: a sleeping database wakes in
/// less, and the driver itself would wait for ever.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How the database shows our connections, unless the address says otherwise.
const APPLICATION_NAME: &str = "mauntic";

/// The component in errors.
const DATABASE: &str = "the database";

/// Opens sessions over what `DATABASE_TRANSPORT` says.
#[derive(Debug)]
pub struct WorkerDatabase {
    env: Env,
}

impl WorkerDatabase {
    /// The configuration is read at each opening, so that a fault in it is an
    /// error of the work that needs it and not of the isolate.
    #[must_use]
    pub fn new(env: Env) -> Self {
        Self { env }
    }
}

impl Database for WorkerDatabase {
    type Session = Session;

    async fn open(&self) -> Result<Session, PortError> {
        let opened = open(&self.env).into_send().await;
        if let Err(error) = &opened {
            log::error("database_not_opened", json!({"cause": error.to_string()}));
        }
        opened
    }
}

async fn open(env: &Env) -> Result<Session, PortError> {
    let lease_secs = config::lease_secs(env).map_err(|error| misconfigured(&error))?;
    let transport = config::transport(env).map_err(|error| misconfigured(&error))?;
    tell_once(&transport);
    let (client, work) = dial(transport).await?;
    // What is spawned is polled for the last time before the invocation ends, and what it holds
    // then stays in the isolate's memory for ever, half a megabyte of buffers behind a chunk.
    // So it does not wait for the server: polled once more after the client is gone, it has
    // said goodbye. A broken connection shows as an error of the client's next call.
    let (end, gone) = oneshot::channel();
    spawn_local(async move { drop(select(work, gone).await) });
    let session = Session::new(client, timer).with_end(end);
    Ok(match lease_secs {
        Some(secs) => session.with_lease(secs),
        None => session,
    })
}

/// How the database is reached is the same as long as an isolate lives.
fn tell_once(transport: &Transport) {
    static TOLD: AtomicBool = AtomicBool::new(false);
    if !TOLD.swap(true, Ordering::Relaxed) {
        log::info("database_transport", json!({"transport": transport.name()}));
    }
}

/// The runtime's way of waiting.
fn timer(limit: Duration) -> Timeout {
    Box::pin(Delay::from(limit).into_send())
}

async fn dial(transport: Transport) -> Result<(Client, Work), PortError> {
    match transport {
        Transport::Hyperdrive(hyperdrive) => {
            over(hyperdrive.connect(), hyperdrive_config(&hyperdrive)).await
        }
        Transport::Tcp(address) => over(socket(&address), address.config).await,
        Transport::Neon(mut address, port) => {
            address.set_application_name(APPLICATION_NAME);
            let start = |stream| wire::start(address.config(), Wire::Neon(Box::new(stream)));
            let connected = over_neon(&address, port, start).await;
            connected.map_err(|error| unavailable(error.to_string()))
        }
    }
}

/// A socket that speaks TLS where it is to.
pub(crate) fn socket(address: &Address) -> worker::Result<Socket> {
    let secure = if address.tls { SecureTransport::StartTls } else { SecureTransport::Off };
    Socket::builder().secure_transport(secure).connect(&*address.host, address.port)
}

/// What `start` makes of Neon's WebSocket, again and again while the database wakes.
pub(crate) async fn over_neon<T, F>(
    address: &mauntic_neon::Address,
    port: u16,
    start: impl Fn(mauntic_neon::Stream) -> F,
) -> Result<T, mauntic_neon::Error>
where
    F: Future<Output = Result<T, tokio_postgres::Error>>,
{
    let options = Options { timeout: CONNECT_TIMEOUT, port, ..Options::default() };
    let patience = Patience { total_max: CONNECT_TIMEOUT, ..Patience::default() };
    let connected = awake(&patience, || connect_with(address, &options, &start)).await;
    connected.map(|(connected, _)| connected)
}

/// Over a socket, with the configuration whose `sslmode` agrees with it.
async fn over(
    socket: worker::Result<Socket>,
    mut config: Config,
) -> Result<(Client, Work), PortError> {
    let wire = Wire::Socket(socket.map_err(|error| unavailable(error.to_string()))?);
    if config.get_application_name().is_none() {
        config.application_name(APPLICATION_NAME);
    }
    let connecting = pin!(wire::start(&config, wire));
    let timeout = pin!(Delay::from(CONNECT_TIMEOUT));
    match select(connecting, timeout).await {
        Either::Left((connected, _)) => connected.map_err(|error| connect_error(&error)),
        Either::Right(((), _)) => {
            let secs = CONNECT_TIMEOUT.as_secs();
            Err(unavailable(format!("no connection within {secs} s")))
        }
    }
}

/// From its parts: its connection string holds the password unescaped. The hop
/// to it is inside the machine; it speaks TLS to the database.
fn hyperdrive_config(hyperdrive: &Hyperdrive) -> Config {
    let mut config = Config::new();
    config
        .user(hyperdrive.user())
        .password(hyperdrive.password())
        .dbname(hyperdrive.database())
        .ssl_mode(SslMode::Disable);
    config
}

/// A deployment that is not configured loses nothing: its batches come back
/// until it is.
fn misconfigured(error: &ConfigError) -> PortError {
    unavailable(error.to_string())
}

fn unavailable(cause: String) -> PortError {
    PortError::Unavailable { what: DATABASE, cause }
}

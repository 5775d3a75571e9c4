//! Opens the database from a worker: one connection an invocation, because the
//! platform forbids an invocation to use another's socket.

use std::pin::pin;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{Either, select};
use mauntic_flows::ports::{Database, PortError};
use mauntic_store::{Session, Timeout, connect_error};
use serde_json::json;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use wasm_bindgen_futures::spawn_local;
use worker::postgres_tls::PassthroughTls;
use worker::send::IntoSendFuture;
use worker::{Delay, Env, Hyperdrive, SecureTransport, Socket};

use crate::config::{self, ConfigError, Transport};
use crate::log;

/// Longest wait for an authenticated connection: a sleeping database wakes in
/// less, and the driver itself would wait for ever.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How the database shows our connections, unless the address says otherwise.
const APPLICATION_NAME: &str = "mauntic";

/// The component in errors.
const DATABASE: &str = "the database";

/// Opens sessions over `HYPERDRIVE` or TCP.
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
    let (socket, config) = dial(transport).map_err(|error| unavailable(error.to_string()))?;
    let connecting = pin!(config.connect_raw(socket, PassthroughTls));
    let timeout = pin!(Delay::from(CONNECT_TIMEOUT));
    let (client, connection) = match select(connecting, timeout).await {
        Either::Left((connected, _)) => connected.map_err(|error| connect_error(&error))?,
        Either::Right(((), _)) => {
            let secs = CONNECT_TIMEOUT.as_secs();
            return Err(unavailable(format!("no connection within {secs} s")));
        }
    };
    // What is spawned is polled for the last time before the invocation ends, and what it holds
    // then stays in the isolate's memory for ever, half a megabyte of buffers behind a chunk.
    // So it does not wait for the server: polled once more after the client is gone, it has
    // said goodbye. A broken connection shows as an error of the client's next call.
    let (end, gone) = oneshot::channel();
    spawn_local(async move { drop(select(connection, gone).await) });
    let session = Session::new(client, timer).with_end(end);
    Ok(match lease_secs {
        Some(secs) => session.with_lease(secs),
        None => session,
    })
}

/// The runtime's way of waiting.
fn timer(limit: Duration) -> Timeout {
    Box::pin(Delay::from(limit).into_send())
}

/// A socket, and the configuration whose `sslmode` agrees with it.
fn dial(transport: Transport) -> worker::Result<(Socket, Config)> {
    let (socket, mut config) = match transport {
        Transport::Hyperdrive(hyperdrive) => {
            (hyperdrive.connect()?, hyperdrive_config(&hyperdrive))
        }
        Transport::Tcp(address) => {
            let secure = if address.tls { SecureTransport::StartTls } else { SecureTransport::Off };
            let builder = Socket::builder().secure_transport(secure);
            (builder.connect(address.host, address.port)?, address.config)
        }
    };
    if config.get_application_name().is_none() {
        config.application_name(APPLICATION_NAME);
    }
    Ok((socket, config))
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

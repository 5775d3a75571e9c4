//! Connecting on the host: TCP with TLS by `sslmode`, one session an invocation
//! as in a worker. Certificates are checked against the public authorities.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};
use mauntic_flows::ports::{Database, PortError};
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::{self, AddressError};
use crate::error::DATABASE;
use crate::{Session, Timeout, Timer, connect_error};

/// Longest wait for a connection; a worker's is the same.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client that is on its way.
pub type Dialled = Pin<Box<dyn Future<Output = Result<Client, PortError>> + Send>>;

/// A way to a client that this room does not know.
pub type Dial = Arc<dyn Fn() -> Dialled + Send + Sync>;

/// Connects over TCP; TLS by the address's `sslmode`.
#[derive(Clone)]
pub struct Tcp {
    config: Config,
    tls: MakeRustlsConnect,
    dial: Option<Dial>,
    lease_secs: Option<u32>,
    timer: Timer,
}

impl std::fmt::Debug for Tcp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tcp").field("lease_secs", &self.lease_secs).finish_non_exhaustive()
    }
}

impl Tcp {
    /// Reads a PostgreSQL URL, as a worker does.
    ///
    /// # Errors
    /// When it is not one; the error does not repeat it, for its password.
    pub fn new(url: &str) -> Result<Self, AddressError> {
        let mut config = address::parse(url)?.config;
        config.connect_timeout(CONNECT_TIMEOUT);
        let tls = MakeRustlsConnect::with_webpki_roots();
        Ok(Self { config, tls, dial: None, lease_secs: None, timer })
    }

    /// Leases of `secs` seconds, whatever a type says.
    #[must_use]
    pub fn with_lease(self, secs: u32) -> Self {
        Self { lease_secs: Some(secs), ..self }
    }

    /// Another way to the database, for tests of what is done over it.
    #[must_use]
    pub fn with_dial(self, dial: Dial) -> Self {
        Self { dial: Some(dial), ..self }
    }

    /// Another TLS, for tests: theirs trusts an authority that nobody else does.
    #[must_use]
    pub fn with_tls(self, tls: MakeRustlsConnect) -> Self {
        Self { tls, ..self }
    }

    /// Another way of waiting, for tests of what happens when nothing answers.
    #[must_use]
    pub fn with_timer(self, timer: Timer) -> Self {
        Self { timer, ..self }
    }

    /// A bare client, for statements that are no port's.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn client(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = self.config.connect(self.tls.clone()).await?;
        // A broken connection shows as an error of the client's next call.
        drop(tokio::spawn(connection));
        Ok(client)
    }
}

/// The host's way of waiting.
fn timer(limit: Duration) -> Timeout {
    Box::pin(tokio::time::sleep(limit))
}

impl Database for Tcp {
    type Session = Session;

    async fn open(&self) -> Result<Session, PortError> {
        // The socket's own timeout is over before the server has said a word.
        let silence = (self.timer)(CONNECT_TIMEOUT);
        let connecting = pin!(async {
            match &self.dial {
                Some(dial) => dial().await,
                None => self.client().await.map_err(|error| connect_error(&error)),
            }
        });
        let client = match select(connecting, silence).await {
            Either::Left((client, _)) => client?,
            Either::Right(((), _)) => {
                let cause = format!("no connection within {} s", CONNECT_TIMEOUT.as_secs());
                return Err(PortError::Unavailable { what: DATABASE, cause });
            }
        };
        let session = Session::new(client, self.timer);
        Ok(match self.lease_secs {
            Some(secs) => session.with_lease(secs),
            None => session,
        })
    }
}

//! Connecting on the host: plain TCP, one session an invocation as in a worker.

use std::time::Duration;

use mauntic_flows::ports::{Database, PortError};
use tokio_postgres::{Config, NoTls};

use crate::{Session, connect_error};

/// Longest wait for a connection; a worker's is the same.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Connects over TCP without TLS: for a PostgreSQL of this machine.
#[derive(Debug, Clone)]
pub struct Tcp {
    config: Config,
    lease_secs: u32,
}

impl Tcp {
    /// Reads a PostgreSQL URL.
    ///
    /// # Errors
    /// When it is not one; the error does not repeat it, for its password.
    pub fn new(url: &str) -> Result<Self, tokio_postgres::Error> {
        let mut config: Config = url.parse()?;
        config.connect_timeout(CONNECT_TIMEOUT);
        Ok(Self { config, lease_secs: crate::LEASE_SECS_DEFAULT })
    }

    /// Leases of `secs` seconds.
    #[must_use]
    pub fn with_lease(self, lease_secs: u32) -> Self {
        Self { lease_secs, ..self }
    }

    /// A bare client, for statements that are no port's.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn client(&self) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
        let (client, connection) = self.config.connect(NoTls).await?;
        // A broken connection shows as an error of the client's next call.
        drop(tokio::spawn(connection));
        Ok(client)
    }
}

impl Database for Tcp {
    type Session = Session;

    async fn open(&self) -> Result<Session, PortError> {
        let client = self.client().await.map_err(|error| connect_error(&error))?;
        Ok(Session::new(client).with_lease(self.lease_secs))
    }
}

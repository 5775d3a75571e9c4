//! A migrated database of its own for each test.
//!
//! One PostgreSQL server per test process, started when the first test wants
//! it, holds a template that was migrated once. A test's database is a file copy
//! of that: 5 ms, 9 MB, gone with the value. Tests run in any order and at once.
//! A test that kills its server takes a [`Cluster`] of its own.

mod maintenance;

use self::maintenance::{Maintenance, Order};
use mauntic_local::postgres::{self, Options, Postgres, SUPERUSER};
use std::sync::OnceLock;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{Client, NoTls};

/// A test's database could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server did not start.
    #[error(transparent)]
    Server(#[from] postgres::Error),
    /// A statement failed.
    #[error("could not {what}: {}", with_cause(.source))]
    Statement {
        /// What the statement was for.
        what: String,
        /// Why not.
        source: tokio_postgres::Error,
    },
    /// The schema could not be brought into the template.
    #[error("the migrations failed on an empty database: {0}")]
    Migrations(String),
    /// The thread that makes and drops databases is gone, or could not start.
    #[error("the maintenance thread of the test databases is gone")]
    Maintenance,
}

/// The driver's own text leaves out what the server said.
fn with_cause(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)
}

/// Whom a connection is made as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The owner of everything, past every policy: for fixtures and assertions.
    Owner,
    /// The HTTP worker's.
    Http,
    /// The queue worker's.
    Queue,
}

impl Role {
    /// Its name in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => SUPERUSER,
            Self::Http => "mauntic_http",
            Self::Queue => "mauntic_queue",
        }
    }
}

/// A server with a migrated template.
#[derive(Debug)]
pub struct Cluster {
    server: Postgres,
    orders: mpsc::UnboundedSender<Order>,
}

impl Cluster {
    /// Starts a server for one test alone. Blocks for about half a second.
    ///
    /// # Errors
    /// When the server does not start or the migrations fail.
    pub fn start() -> Result<Self, Error> {
        let server = Postgres::start(Options::temporary())?;
        let orders = Maintenance::start(server.url(SUPERUSER, SUPERUSER))?;
        Ok(Self { server, orders })
    }

    /// The server all tests of this process share. It must not be killed.
    ///
    /// # Panics
    /// When it cannot be started: no test can run then.
    #[allow(clippy::panic, reason = "without a server every test has failed")]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Self::start().unwrap_or_else(|error| panic!("{error}")))
    }

    /// The server, to be stopped, killed and started again.
    #[must_use]
    pub fn server(&self) -> &Postgres {
        &self.server
    }

    /// A fresh copy of the template.
    ///
    /// # Errors
    /// When the server refuses or is gone.
    pub async fn create(&self) -> Result<TestDatabase, Error> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Create(reply)).map_err(|_gone| Error::Maintenance)?;
        let name = answer.await.map_err(|_gone| Error::Maintenance)??;
        let address = self.server.url("{role}", &name);
        Ok(TestDatabase { name, address, orders: self.orders.clone() })
    }
}

/// A database of one test's own. Dropped, it is gone, with whoever is connected.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    /// With `{role}` in place of the user.
    address: String,
    orders: mpsc::UnboundedSender<Order>,
}

impl TestDatabase {
    /// A fresh copy of the template, on the shared server.
    ///
    /// # Panics
    /// When there is none to be had: the test has failed then.
    #[allow(clippy::panic, reason = "a test without its database has failed")]
    pub async fn create() -> Self {
        Cluster::shared().create().await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Its name on the server.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address for this role.
    #[must_use]
    pub fn url(&self, role: Role) -> String {
        self.address.replace("{role}", role.name())
    }

    /// A connection as this role, polled by the calling runtime.
    ///
    /// # Errors
    /// When the server refuses or is gone.
    pub async fn connect(&self, role: Role) -> Result<Client, Error> {
        connect(&self.url(role)).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // Without the thread the whole server is gone or going.
        self.orders.send(Order::Drop(std::mem::take(&mut self.name))).ok();
    }
}

/// Connects, and lets the calling runtime poll the connection.
///
/// # Errors
/// When the server refuses or is gone.
pub async fn connect(url: &str) -> Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .map_err(|source| Error::Statement { what: format!("connect to {url}"), source })?;
    // How a connection ended is told to whoever waits for one of its answers.
    tokio::spawn(async { connection.await.unwrap_or_default() });
    Ok(client)
}

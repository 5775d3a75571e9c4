//! A proxy in front of PostgreSQL that lets a statement pass only when a test
//! says so, and a scheduler that leads sessions through an order of statements.
//!
//! A session is one concurrent operation, with a port of its own: whatever
//! connects there belongs to it, be it a connection that is kept or one that the
//! operation makes for itself. Logging in and leaving pass at once. A statement
//! is a simple query, or the messages of an extended query up to its Sync; COPY
//! from the client and Flush are not understood. BEGIN and a preparation do
//! nothing that others could see, so they go along with what follows them, in
//! one step.
//!
//! An order of eight statements takes 5 ms over connections that are kept, and
//! 15 ms if each operation makes its own.
//!
//! Whether a statement waits for a lock is asked of PostgreSQL, over another
//! connection. Connections must not be encrypted.

mod connection;
mod interleave;
mod schedules;
mod session;
mod state;
mod statement;

pub use self::interleave::{Event, Trace};
pub use self::schedules::{ORDERS_MAX, Schedules};
pub use self::session::{SessionHandle, Step};
pub use self::statement::is_begin;

use self::connection::listen;
use self::state::Shared;
use crate::database::{self, connect};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_postgres::Config;

/// Milliseconds after which a waiting backend looks for a deadlock, in the
/// database that is stepped through: the least there is.
const DEADLOCK_TIMEOUT_MS: u32 = 1;

/// Milliseconds a backend has waited for a lock when it counts as blocked, if it
/// sleeps. It has looked for a deadlock by then and looks no more, so that of a
/// deadlock's two the later one fails, and an order can be run again.
const BLOCKED_AFTER_MS: u32 = 3 * DEADLOCK_TIMEOUT_MS;

/// A stepping proxy could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is not one of a server on this machine's loopback.
    #[error("{0} names no port")]
    Address(String),
    /// No port could be had.
    #[error(transparent)]
    Port(#[from] io::Error),
    /// The connection that asks for locks could not be had.
    #[error(transparent)]
    Connect(#[from] database::Error),
    /// The database could not be prepared.
    #[error(transparent)]
    Prepare(#[from] tokio_postgres::Error),
}

/// The proxy. Dropped, it cuts its connections, and its tasks end.
#[derive(Debug)]
pub struct SteppingProxy {
    addresses: Vec<SocketAddr>,
    upstream: u16,
    shared: Arc<Shared>,
    _listeners: JoinSet<()>,
}

impl SteppingProxy {
    /// Starts before the database at this address, which its owner uses, with
    /// ports for so many sessions. Lowers the database's `deadlock_timeout` for
    /// connections to come.
    ///
    /// # Errors
    /// When the database cannot be reached or no port can be had.
    pub async fn start(owner: &str, sessions: usize) -> Result<Self, Error> {
        Self::merging(owner, sessions, is_begin).await
    }

    /// [`start`](Self::start) with another rule than [`is_begin`] for the
    /// statements that go along with what follows them.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub async fn merging(
        owner: &str,
        sessions: usize,
        is_prelude: fn(&str) -> bool,
    ) -> Result<Self, Error> {
        let config: Config = owner.parse()?;
        let port = config.get_ports().first().copied();
        let upstream = port.ok_or_else(|| Error::Address(owner.to_owned()))?;
        let admin = connect(owner).await?;
        let sql = format!(
            "do $$ begin execute format('alter database %I set deadlock_timeout = {}',
               current_database()); end $$",
            DEADLOCK_TIMEOUT_MS
        );
        admin.batch_execute(&sql).await?;
        let shared = Arc::new(Shared::new(admin, sessions, is_prelude).await?);
        let mut listeners = JoinSet::new();
        let mut addresses = Vec::new();
        for session in 0..sessions {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            addresses.push(listener.local_addr()?);
            listeners.spawn(listen(listener, upstream, session, Arc::clone(&shared)));
        }
        Ok(Self { addresses, upstream, shared, _listeners: listeners })
    }

    /// The address of a database for this session, from its address without the
    /// proxy. Sessions are numbered from 0.
    ///
    /// # Panics
    /// When there is no such session.
    #[must_use]
    #[allow(clippy::panic, reason = "a test that asks for it is wrong")]
    pub fn url(&self, session: usize, direct: &str) -> String {
        let Some(address) = self.addresses.get(session) else {
            panic!("there is no session {session}");
        };
        direct.replace(&format!("@127.0.0.1:{}/", self.upstream), &format!("@{address}/"))
    }

    /// A session, to be stepped by hand.
    ///
    /// # Panics
    /// When there is no such session.
    #[must_use]
    pub fn session(&self, number: usize) -> SessionHandle {
        assert!(number < self.addresses.len(), "there is no session {number}");
        SessionHandle::new(Arc::clone(&self.shared), number)
    }
}

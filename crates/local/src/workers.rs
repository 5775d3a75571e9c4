//! The workers in workerd, as deployed: the configuration of `wrangler/`, with
//! shared queues, dead-letter queues and R2, in one runtime. A Node process
//! (tools/runner.mjs) drives wrangler's test harness and takes our orders.
//!
//! Queues live in the runtime's memory: a kill or restart loses what is queued,
//! delayed or being retried, as the job protocol must survive anyway. R2 outlives
//! both, and this process where [`Options::persist`] says so.

mod error;
mod options;
mod runner;
mod wire;

pub use error::Error;
pub use options::{Build, Options, Settings, Worker};
pub use wire::{BatchResult, Body, Log, Message, Outcome, RetryBatch, RetryMessage};

use self::runner::Runner;
use self::wire::{Listening, Scheduled, Start, StartWorker, StartWorkers};
use crate::{port, process};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// Loading wrangler takes 1 s, two runtimes 1 s; ten times that on a busy
/// machine, twice over.
const START_SECONDS_MAX: u64 = 60;

/// The longest that tests let a batch stay open is 120 s, with half of it to
/// spare.
const INVOKE_SECONDS_MAX: u64 = 180;

/// A look at memory, a signal, a write: seconds at worst.
const SHORT_SECONDS_MAX: u64 = 30;

/// The running workers. Dropped, they end. All calls block, with a bound, and
/// may come from many threads at once.
#[derive(Debug)]
pub struct Workers {
    runner: Runner,
    http_url: Mutex<String>,
}

impl Workers {
    /// Starts the workers as they are built: 2 s, mostly wrangler's own.
    ///
    /// # Errors
    /// As the variants of [`Error`] say; within 60 s.
    pub fn start(options: &Options) -> Result<Self, Error> {
        let node = options.tools.join("node_modules/node/bin/node");
        let script = options.tools.join("tools/runner.mjs");
        for path in [&node, &script] {
            if !path.exists() {
                return Err(Error::NotInstalled { path: path.clone() });
            }
        }
        let console = options.console.as_ref().map(|_| Worker::Console);
        for worker in [Worker::Http, Worker::Queue].into_iter().chain(console) {
            let folder = options.wrangler.join("../workers").join(worker.key());
            let path = folder.join(options.build.folder(worker)).join("index.js");
            if !path.exists() {
                return Err(Error::NotBuilt { path });
            }
        }
        let runner = Runner::spawn(&node, &script, scratch(), options.trusted.as_deref())?;
        let console = options.console.as_ref();
        let order = Start {
            scratch: runner.scratch(),
            port: options.port.map(port::free_from),
            persist: options.persist.as_deref(),
            workers: StartWorkers {
                http: worker(options, Worker::Http, &options.http),
                queue: worker(options, Worker::Queue, &options.queue),
                console: console.map(|console| worker(options, Worker::Console, console)),
            },
        };
        let Listening { http } = runner.order("start", &order, START_SECONDS_MAX)?;
        Ok(Self { runner, http_url: Mutex::new(http) })
    }

    /// The address of the HTTP worker, without a slash at its end. It outlives
    /// every [`kill`](Self::kill) and [`restart`](Self::restart).
    #[must_use]
    pub fn http_url(&self) -> String {
        process::lock(&self.http_url).clone()
    }

    /// Fires a cron trigger and waits for the handler. `time_ms` is the nominal
    /// time, in milliseconds since 1970.
    ///
    /// # Errors
    /// When the runner is gone, refuses, or does not answer within 180 s. A
    /// handler that fails is an [`Outcome`].
    pub fn scheduled(&self, worker: Worker, cron: &str, time_ms: i64) -> Result<Outcome, Error> {
        let order = json!({ "worker": worker.key(), "cron": cron, "timeMs": time_ms });
        let scheduled: Scheduled = self.runner.order("scheduled", &order, INVOKE_SECONDS_MAX)?;
        Ok(scheduled.outcome)
    }

    /// Hands a batch of one's own making to the worker's queue handler, past
    /// the queue: nothing is delivered again, whatever the answer.
    ///
    /// # Errors
    /// When the runner is gone, refuses (a runtime that dies under the batch is
    /// that), or does not answer within 180 s.
    pub fn deliver(
        &self,
        worker: Worker,
        queue: &str,
        messages: &[Message],
    ) -> Result<BatchResult, Error> {
        let order = json!({ "worker": worker.key(), "queue": queue, "messages": messages });
        self.runner.order("deliver", &order, INVOKE_SECONDS_MAX)
    }

    /// Sends messages through the real queue, by the producer binding of
    /// whichever worker has one for it, in batches of at most 100.
    ///
    /// # Errors
    /// When no worker has a producer for it, or the runner is gone or silent.
    pub fn send(&self, queue: &str, bodies: &[Body]) -> Result<(), Error> {
        let order = json!({ "queue": queue, "bodies": bodies });
        self.runner.order("send", &order, SHORT_SECONDS_MAX)
    }

    /// Stores an object in a bucket of the HTTP worker, by its binding.
    ///
    /// # Errors
    /// When it has no such binding, or the runner is gone or silent.
    pub fn store(&self, bucket: &str, key: &str, body: &str) -> Result<(), Error> {
        let worker = Worker::Http.key();
        let order = json!({ "worker": worker, "bucket": bucket, "key": key, "body": body });
        self.runner.order("store", &order, SHORT_SECONDS_MAX)
    }

    /// What an object of such a bucket holds; none where there is none.
    ///
    /// # Errors
    /// When it has no such binding, or the runner is gone or silent.
    pub fn stored(&self, bucket: &str, key: &str) -> Result<Option<String>, Error> {
        let order = json!({ "worker": Worker::Http.key(), "bucket": bucket, "key": key });
        self.runner.order("stored", &order, SHORT_SECONDS_MAX)
    }

    /// Kills the runtimes by SIGKILL: what is in flight fails at once, what is
    /// queued is lost. The harness tries to revive them by itself, but only after
    /// [`restart`](Self::restart) do they answer for certain.
    ///
    /// # Errors
    /// When the runner is gone or silent.
    pub fn kill(&self) -> Result<(), Error> {
        let _pids: Vec<u32> = self.runner.order("kill", &json!({}), SHORT_SECONDS_MAX)?;
        Ok(())
    }

    /// Starts fresh runtimes at the same address, whether the old ones live or
    /// not.
    ///
    /// # Errors
    /// When the runner is gone, or is not done within 60 s.
    pub fn restart(&self) -> Result<(), Error> {
        let Listening { http } = self.runner.order("restart", &json!({}), START_SECONDS_MAX)?;
        *process::lock(&self.http_url) = http;
        Ok(())
    }

    /// What the workers logged so far, of which `clear` forgets it.
    ///
    /// # Errors
    /// When the runner is gone or silent.
    pub fn logs(&self, clear: bool) -> Result<Vec<Log>, Error> {
        self.runner.order("logs", &json!({ "clear": clear }), SHORT_SECONDS_MAX)
    }

    /// What the runner and the runtimes said besides, as far as it is kept.
    #[must_use]
    pub fn runner_log(&self) -> String {
        self.runner.log()
    }
}

fn worker<'a>(options: &Options, worker: Worker, settings: &'a Settings) -> StartWorker<'a> {
    StartWorker {
        config: options.wrangler.join(format!("{}.toml", worker.key())),
        build: options.build.folder(worker),
        routes: worker.routes(),
        vars: &settings.vars,
        secrets: &settings.secrets,
        hyperdrive: settings.hyperdrive.as_deref(),
    }
}

/// A folder for this runner alone.
fn scratch() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("mauntic-workers-{}-{number}", std::process::id()))
}

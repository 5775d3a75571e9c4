//! The runner's process and the pipe to it. Orders may come from many threads;
//! answers find their order by its number.

use super::error::Error;
use crate::process::{Tail, Waited, kill_group, lock, read_lines, wait_for};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The runner gives the harness 5 s to close; with 5 s to spare.
const END_SECONDS_MAX: u64 = 10;

type Reply = Result<Value, String>;
type Waiting = Arc<Mutex<HashMap<u64, Sender<Reply>>>>;

#[derive(Serialize)]
struct Order<'a, T> {
    id: u64,
    op: &'a str,
    #[serde(flatten)]
    rest: &'a T,
}

#[derive(Deserialize)]
struct Answer {
    id: u64,
    #[serde(default)]
    ok: Value,
    error: Option<String>,
}

/// The process. Dropped, it ends with everything it started.
#[derive(Debug)]
pub(super) struct Runner {
    child: Child,
    orders: Mutex<Option<ChildStdin>>,
    waiting: Waiting,
    next: AtomicU64,
    gone: Mutex<Receiver<()>>,
    tail: Tail,
    scratch: PathBuf,
}

impl Runner {
    /// Starts Node on the script. Whatever it and its children write besides
    /// their answers goes to `scratch`, which is removed in the end. Certificates
    /// that are `trusted` are so by the workers, too.
    pub(super) fn spawn(
        node: &Path,
        script: &Path,
        scratch: PathBuf,
        trusted: Option<&str>,
    ) -> Result<Self, Error> {
        fs::create_dir_all(&scratch).map_err(io("create", &scratch))?;
        let certificates = scratch.join("trusted.pem");
        if let Some(pem) = trusted {
            fs::write(&certificates, pem).map_err(io("write", &certificates))?;
        }
        // An environment of our own: what wrangler finds in a developer's
        // (accounts, proxies, log levels) must not change what a test sees.
        let mut child = Command::new(node)
            .arg(script)
            .env_clear()
            .envs([("PATH", "/usr/local/bin:/usr/bin:/bin"), ("CI", "1"), ("NO_COLOR", "1")])
            .env("WRANGLER_SEND_METRICS", "false")
            // Else every start asks the internet for the place it runs at.
            .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
            // Loading wrangler is half of a start; this halves it.
            .env("NODE_COMPILE_CACHE", script.with_file_name("../node_modules/.cache/node"))
            .envs(trusted.map(|_| ("NODE_EXTRA_CA_CERTS", &certificates)))
            .env("HOME", &scratch)
            .env("TMPDIR", &scratch)
            .current_dir(&scratch)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(io("run", node))?;
        let (tail, waiting) = (Tail::default(), Waiting::default());
        let (send_gone, gone) = channel::<()>();
        if let Some(output) = child.stderr.take() {
            read_lines(output, tail.clone(), |_line| {}, || {});
        }
        if let Some(output) = child.stdout.take() {
            let (at_line, at_end) = (Arc::clone(&waiting), Arc::clone(&waiting));
            let stray = tail.clone();
            let each = move |line: &str| settle(&at_line, line, &stray);
            read_lines(output, Tail::default(), each, move || {
                // Each order still waiting learns that nothing will come.
                lock(&at_end).clear();
                drop(send_gone);
            });
        }
        let orders = Mutex::new(child.stdin.take());
        let gone = Mutex::new(gone);
        Ok(Self { child, orders, waiting, next: AtomicU64::new(1), gone, tail, scratch })
    }

    /// Gives an order and waits for its answer.
    pub(super) fn order<T: DeserializeOwned>(
        &self,
        op: &'static str,
        rest: &impl Serialize,
        seconds: u64,
    ) -> Result<T, Error> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, reply) = channel();
        lock(&self.waiting).insert(id, sender);
        self.write(&Order { id, op, rest }, op)?;
        let waited = wait_for(&reply, Duration::from_secs(seconds));
        lock(&self.waiting).remove(&id);
        match waited {
            Waited::Came(Ok(value)) => {
                serde_json::from_value(value).map_err(|source| Error::Answer { order: op, source })
            }
            Waited::Came(Err(message)) => Err(Error::Refused { order: op, message }),
            Waited::Gone => Err(Error::Ended { order: op, log: self.tail.text() }),
            Waited::TimedOut => Err(Error::TimedOut { order: op, seconds, log: self.tail.text() }),
        }
    }

    fn write(&self, order: &impl Serialize, op: &'static str) -> Result<(), Error> {
        let mut line =
            serde_json::to_vec(order).map_err(|source| Error::Answer { order: op, source })?;
        line.push(b'\n');
        let mut orders = lock(&self.orders);
        let written = orders.as_mut().map(|pipe| pipe.write_all(&line));
        match written {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => Err(Error::Ended { order: op, log: self.tail.text() }),
        }
    }

    /// The folder that goes with the runner.
    pub(super) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// What the runner itself said, as far as it is kept.
    pub(super) fn log(&self) -> String {
        self.tail.text()
    }

    /// Ends the runner and everything it started.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        drop(lock(&self.orders).take());
        let waited = wait_for(&lock(&self.gone), Duration::from_secs(END_SECONDS_MAX));
        // Also after a good end: the runtimes of a runner that crashed live on.
        kill_group(self.child.id()).map_err(io("run", "/bin/sh"))?;
        self.child.wait().map_err(io("wait for", "tools/runner.mjs"))?;
        if self.scratch.exists() {
            fs::remove_dir_all(&self.scratch).map_err(io("remove", &self.scratch))?;
        }
        match waited {
            Waited::Came(()) | Waited::Gone => Ok(()),
            Waited::TimedOut => Err(Error::TimedOut {
                order: "end",
                seconds: END_SECONDS_MAX,
                log: self.tail.text(),
            }),
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("{error}");
        }
    }
}

fn settle(waiting: &Waiting, line: &str, stray: &Tail) {
    let Ok(Answer { id, ok, error }) = serde_json::from_str::<Answer>(line) else {
        stray.push(line);
        return;
    };
    // An order that gave up waiting is not in the list any more.
    if let Some(sender) = lock(waiting).remove(&id) {
        sender.send(error.map_or(Ok(ok), Err)).ok();
    }
}

/// Names the action and the path of a failed system call.
pub(super) fn io<'a>(
    what: &'static str,
    path: impl Into<PathBuf> + 'a,
) -> impl FnOnce(std::io::Error) -> Error + 'a {
    move |source| Error::Io { what, path: path.into(), source }
}

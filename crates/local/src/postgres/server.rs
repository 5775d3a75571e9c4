//! One run of the server under its guardian (supervisor.sh).

use super::Spec;
use super::error::{Error, io};
use super::settings::settings;
use crate::process::{Tail, Waited, kill_group, read_lines, wait_for};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// From the order to "ready": 0.1 s as a rule, but a kept database that was
/// killed first replays its log, at most 1 GB (`max_wal_size`) from slow disk.
const READY_SECONDS_MAX: u64 = 60;

/// The guardian gives the server 20 s for a fast and 20 s for an immediate
/// stop; with 5 s to spare.
const STOP_SECONDS_MAX: u64 = 45;

/// After SIGKILL to the first process the others notice within milliseconds.
const KILL_SECONDS_MAX: u64 = 10;

enum Event {
    Ready,
    Ended,
}

/// A server and its guardian. Dropped, both end, and temporary data vanishes.
#[derive(Debug)]
pub(super) struct Server {
    guardian: Child,
    /// Closed, the guardian ends the server.
    orders: Option<ChildStdin>,
    events: Receiver<Event>,
    guardian_gone: Receiver<()>,
    running: Arc<AtomicBool>,
}

impl Server {
    /// Starts the server on `port` and waits until it takes connections.
    pub(super) fn start(spec: &Spec, port: u16, tail: &Tail) -> Result<Self, Error> {
        tail.clear();
        let mut server = Self::spawn(spec, port, tail)?;
        match wait_for(&server.events, Duration::from_secs(READY_SECONDS_MAX)) {
            Waited::Came(Event::Ready) => Ok(server),
            Waited::TimedOut => Err(spec.timed_out("start", READY_SECONDS_MAX, tail)),
            Waited::Came(Event::Ended) | Waited::Gone => {
                // The data must outlive this guardian: the caller tries again.
                server.leave(spec, tail)?;
                let log = tail.text();
                if log.contains("could not create any TCP/IP sockets") {
                    return Err(Error::PortTaken { port });
                }
                Err(Error::Ended { folder: spec.folder.data.clone(), log })
            }
        }
    }

    fn spawn(spec: &Spec, port: u16, tail: &Tail) -> Result<Self, Error> {
        let mut guardian = spec
            .account
            .command("/bin/sh")
            .args(["-c", include_str!("supervisor.sh"), "supervisor.sh"])
            .args([spec.binaries.folder(), &spec.folder.data, &spec.folder.outer])
            .arg(if spec.folder.temporary { "remove" } else { "keep" })
            .args(settings(spec.durable, port))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(io("run", "/bin/sh"))?;
        let (send_event, events) = channel();
        let (send_gone, guardian_gone) = channel::<()>();
        let running = Arc::new(AtomicBool::new(true));
        if let Some(log) = guardian.stderr.take() {
            let (ready, running) = (send_event.clone(), Arc::clone(&running));
            // Nobody listens any more once the server is dropped, and then
            // nobody needs to hear.
            let each = move |line: &str| {
                if line.contains("database system is ready to accept connections") {
                    ready.send(Event::Ready).ok();
                }
            };
            read_lines(log, tail.clone(), each, move || {
                running.store(false, Ordering::SeqCst);
                send_event.send(Event::Ended).ok();
            });
        }
        if let Some(output) = guardian.stdout.take() {
            read_lines(output, Tail::default(), |_line| {}, move || drop(send_gone));
        }
        let orders = guardian.stdin.take();
        Ok(Self { guardian, orders, events, guardian_gone, running })
    }

    /// Whether any process of the server is alive.
    pub(super) fn is_running(&self) -> bool {
        self.running.load(Ordering::SeqCst)
    }

    /// Ends the server in good order; the data stays.
    pub(super) fn stop(&mut self, spec: &Spec, tail: &Tail) -> Result<(), Error> {
        self.end_by("stop", STOP_SECONDS_MAX, spec, tail)
    }

    /// Ends the server by SIGKILL; the data stays as the crash left it.
    pub(super) fn kill(&mut self, spec: &Spec, tail: &Tail) -> Result<(), Error> {
        self.end_by("kill", KILL_SECONDS_MAX, spec, tail)
    }

    fn end_by(
        &mut self,
        order: &'static str,
        seconds: u64,
        spec: &Spec,
        tail: &Tail,
    ) -> Result<(), Error> {
        if !self.is_running() {
            return Ok(());
        }
        self.order(order)?;
        loop {
            match wait_for(&self.events, Duration::from_secs(seconds)) {
                Waited::Came(Event::Ready) => {}
                Waited::Came(Event::Ended) | Waited::Gone => return Ok(()),
                Waited::TimedOut => return Err(spec.timed_out(order, seconds, tail)),
            }
        }
    }

    /// Sends the guardian of an ended server away without touching the data.
    pub(super) fn leave(&mut self, spec: &Spec, tail: &Tail) -> Result<(), Error> {
        self.order("leave")?;
        self.await_guardian(spec, tail)
    }

    /// Ends server and guardian for good; temporary data vanishes.
    pub(super) fn end(&mut self, spec: &Spec, tail: &Tail) -> Result<(), Error> {
        drop(self.orders.take());
        self.await_guardian(spec, tail)
    }

    fn order(&mut self, order: &str) -> Result<(), Error> {
        let Some(orders) = self.orders.as_mut() else {
            return Ok(());
        };
        writeln!(orders, "{order}").map_err(io("give orders to", "supervisor.sh"))
    }

    fn await_guardian(&mut self, spec: &Spec, tail: &Tail) -> Result<(), Error> {
        let waited = wait_for(&self.guardian_gone, Duration::from_secs(STOP_SECONDS_MAX));
        let hung = matches!(waited, Waited::TimedOut);
        if hung {
            kill_group(self.guardian.id()).map_err(io("run", "/bin/sh"))?;
        }
        self.orders = None;
        self.guardian.wait().map_err(io("wait for", "supervisor.sh"))?;
        if hung { Err(spec.timed_out("stop", STOP_SECONDS_MAX, tail)) } else { Ok(()) }
    }
}

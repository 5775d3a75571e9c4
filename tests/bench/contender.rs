//! Who is measured, and what each is asked to do.

use std::time::Duration;

use crate::native::Native;
use crate::peer::Peer;
use crate::server::{Database, Server};

/// A contender's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// Through the store's ports, in this process.
    Ours,
    /// pg-boss, in a Node process.
    PgBoss,
    /// graphile-worker, in a Node process.
    Graphile,
}

/// How a contender works on a batch size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shape {
    /// Connections, fetchers or workers at once.
    pub(crate) parallel: usize,
    /// Jobs it asks for at once.
    pub(crate) fetch: usize,
}

/// What the manual of graphile-worker sets for speed: beside a local queue of
/// the batch's size it is tried with this one, with all of its manual's workers
/// and with a third of them.
const GRAPHILE_LOCAL_QUEUE: usize = 500;
/// See [`GRAPHILE_LOCAL_QUEUE`].
const GRAPHILE_WORKERS: [usize; 2] = [24, 8];

impl Who {
    /// Everybody.
    pub(crate) const ALL: [Self; 3] = [Self::Ours, Self::PgBoss, Self::Graphile];

    /// Its name in tables.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::PgBoss => "pg-boss",
            Self::Graphile => "graphile-worker",
        }
    }

    /// What `parallel` counts.
    pub(crate) const fn counted(self) -> &'static str {
        match self {
            Self::Ours => "connections",
            Self::PgBoss => "fetchers",
            Self::Graphile => "workers",
        }
    }

    /// The shapes it is tried in. graphile-worker does jobs one by one whatever
    /// it fetches: a batch is its local queue, of which it has one a process.
    pub(crate) fn shapes(self, batch: usize) -> Vec<Shape> {
        let each = |parallel: &[usize], fetch| -> Vec<Shape> {
            parallel.iter().map(|&parallel| Shape { parallel, fetch }).collect()
        };
        match (self, batch) {
            (Self::Ours, _) => each(&[1, 2, 4, 8], batch),
            (Self::PgBoss, _) | (Self::Graphile, 1) => each(&[4, 8], batch),
            (Self::Graphile, 10) => each(&[4, 10], batch),
            (Self::Graphile, _) => {
                let manual = each(&GRAPHILE_WORKERS, GRAPHILE_LOCAL_QUEUE);
                [each(&GRAPHILE_WORKERS[..1], batch), manual].concat()
            }
        }
    }

    /// Connects it to a database, with its schema.
    pub(crate) async fn start(self, server: &Server, database: &Database) -> Runner {
        match self {
            Self::Ours => Runner::Native(Box::new(Native::start(server, database).await)),
            Self::PgBoss => Runner::Peer(Peer::start("pg-boss", &database.url)),
            Self::Graphile => Runner::Peer(Peer::start("graphile-worker", &database.url)),
        }
    }
}

/// A contender at work.
#[derive(Debug)]
pub(crate) enum Runner {
    /// Ours.
    Native(Box<Native>),
    /// One of the others.
    Peer(Peer),
}

impl Runner {
    /// Enqueues jobs, `batch` a call; how long that took.
    pub(crate) async fn enqueue(&mut self, jobs: usize, batch: usize) -> Duration {
        match self {
            Self::Native(native) => native.enqueue(jobs, batch).await,
            Self::Peer(peer) => peer.enqueue(jobs, batch),
        }
    }

    /// Does all that was enqueued; how long that took.
    pub(crate) async fn drain(&mut self, jobs: usize, batch: usize, shape: Shape) -> Duration {
        match self {
            Self::Native(native) => native.drain(jobs, batch, shape.parallel).await,
            Self::Peer(peer) => peer.drain(jobs, shape),
        }
    }

    /// From a batch's enqueue to its effect's commit, one batch after the other
    /// and nothing else to do.
    pub(crate) async fn latencies(&mut self, batch: usize, shape: Shape) -> Vec<Duration> {
        let rounds = crate::sizes::rounds(batch);
        match self {
            Self::Native(native) => native.latencies(rounds, batch).await,
            Self::Peer(peer) => peer.latencies(rounds, batch, shape),
        }
    }

    /// Ends it: its connections close.
    pub(crate) fn stop(self) {
        match self {
            Self::Native(native) => drop(native),
            Self::Peer(peer) => peer.stop(),
        }
    }
}

//! The queues: at least once, in any order, and gone when a test says so. As
//! the platform does it: a message has one id for all its deliveries, comes
//! back when it is not acknowledged, and after too many times lands in the
//! dead-letter queue under the same id.

mod batch;
mod send;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::Origin;
use mauntic_flows::consume::Body;
use mauntic_flows::ports::OutgoingEvent;

use crate::clock::ManualClock;
use crate::faults::Faults;
use crate::rng::Rng;
pub use batch::{Batch, Finished};

/// Times a message comes back before it is given up; the deployed queues' own.
pub const RETRIES_MAX: u32 = 100;

/// Wait before a message of a failed invocation comes back; the deployed
/// queues' own, of jobs and of dead letters.
pub const RETRY_DELAY: TimeDelta = TimeDelta::seconds(60);
/// See [`RETRY_DELAY`].
pub const DEAD_RETRY_DELAY: TimeDelta = TimeDelta::seconds(900);

/// What may happen to a message on its way, per thousand sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mishaps {
    /// Gone for good.
    pub lost: u32,
    /// There twice, under two ids.
    pub doubled: u32,
    /// Late by up to [`Self::late_max_secs`].
    pub late: u32,
    /// Batches in random order, per thousand pulled.
    pub reordered: u32,
    /// Longest delay.
    pub late_max_secs: u32,
}

/// A message in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The platform's id.
    pub id: String,
    /// The body.
    pub body: Body,
    /// Deliveries so far.
    pub deliveries: u32,
    /// Not delivered before this.
    pub visible_at: DateTime<Utc>,
}

/// Every queue and its dead-letter queue.
#[derive(Debug)]
pub struct SimQueues {
    clock: ManualClock,
    faults: Arc<Faults>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    rng: Rng,
    mishaps: Mishaps,
    retries_max: u32,
    ids: u64,
    queues: BTreeMap<(Queue, bool), Vec<Parcel>>,
    has_listeners: bool,
    events: Vec<OutgoingEvent>,
    /// What was sent, where that is kept.
    sent: Option<Vec<String>>,
    counts: BTreeMap<&'static str, u64>,
}

impl SimQueues {
    /// Empty queues.
    #[must_use]
    pub const fn new(clock: ManualClock, faults: Arc<Faults>, seed: u64) -> Self {
        let inner = Inner {
            rng: Rng::new(seed),
            mishaps: Mishaps { lost: 0, doubled: 0, late: 0, reordered: 0, late_max_secs: 0 },
            retries_max: RETRIES_MAX,
            ids: 0,
            queues: BTreeMap::new(),
            has_listeners: false,
            events: Vec::new(),
            sent: None,
            counts: BTreeMap::new(),
        };
        Self { clock, faults, inner: Mutex::new(inner) }
    }

    /// What happens to messages from now on.
    pub fn set_mishaps(&self, mishaps: Mishaps) {
        self.inner().mishaps = mishaps;
    }

    /// Another number of retries than [`RETRIES_MAX`], so that tests of
    /// dead-letter queues are short.
    pub fn set_retries_max(&self, retries_max: u32) {
        self.inner().retries_max = retries_max;
    }

    /// Whether anybody listens to events; nobody does at first.
    pub fn set_listeners(&self, has_listeners: bool) {
        self.inner().has_listeners = has_listeners;
    }

    /// Keeps the bodies of all that is sent from now on.
    pub fn keep_sent(&self) {
        self.inner().sent.get_or_insert_default();
    }

    /// The bodies of what was sent, whatever became of it, if they are kept.
    #[must_use]
    pub fn sent(&self) -> Vec<String> {
        self.inner().sent.clone().unwrap_or_default()
    }

    /// Puts a body into a queue, as somebody does by hand; returns its id.
    pub fn put(&self, origin: Origin, body: Body) -> String {
        let now = self.clock.now();
        self.inner().put(key(origin), body, now)
    }

    /// What is in a queue, in its order; not what is being consumed.
    #[must_use]
    pub fn waiting(&self, origin: Origin) -> Vec<Parcel> {
        self.inner().queues.get(&key(origin)).cloned().unwrap_or_default()
    }

    /// How many messages are in a queue.
    #[must_use]
    pub fn len(&self, origin: Origin) -> usize {
        self.inner().queues.get(&key(origin)).map_or(0, Vec::len)
    }

    /// Whether nothing is in any queue.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner().queues.values().all(Vec::is_empty)
    }

    /// When the next message of any queue can be delivered.
    #[must_use]
    pub fn next_visible(&self) -> Option<DateTime<Utc>> {
        self.inner().queues.values().flatten().map(|parcel| parcel.visible_at).min()
    }

    /// Takes a message away for good, the `nth` of its queue.
    pub fn lose(&self, origin: Origin, nth: usize) -> bool {
        let mut inner = self.inner();
        let queue = inner.queues.entry(key(origin)).or_default();
        let is_there = nth < queue.len();
        if is_there {
            queue.remove(nth);
            inner.count("lost");
        }
        is_there
    }

    /// Delivers a message twice under its one id, the `nth` of its queue.
    pub fn deliver_twice(&self, origin: Origin, nth: usize) -> bool {
        let mut inner = self.inner();
        let queue = inner.queues.entry(key(origin)).or_default();
        let again = queue.get(nth).cloned();
        let is_there = again.is_some();
        queue.extend(again);
        if is_there {
            inner.count("delivered_twice");
        }
        is_there
    }

    /// Takes the events that were published.
    #[must_use]
    pub fn take_events(&self) -> Vec<OutgoingEvent> {
        std::mem::take(&mut self.inner().events)
    }

    /// What happened to messages, by name.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.inner().counts.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn key(origin: Origin) -> (Queue, bool) {
    (origin.queue(), matches!(origin, Origin::DeadLetters(_)))
}

impl Inner {
    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }
}

//! The host's double: a clock that may be wrong, ids and randomness by seed, and
//! a memory of what was said.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_flows::ports::{Checkpoint, Host, Span, Transition};
use uuid::Uuid;

use crate::clock::ManualClock;
use crate::faults::Yield;
use crate::ids::{Maker, v7};
use crate::rng::Rng;

/// What a turn of the others stands for while somebody waits, in milliseconds: a
/// call of a port.
const WAIT_TURN_MS: i64 = 10;

/// A host.
#[derive(Debug)]
pub struct SimHost {
    clock: ManualClock,
    look_takes: TimeDelta,
    looks: AtomicU64,
    ids: AtomicU64,
    said: Mutex<Said>,
}

#[derive(Debug)]
struct Said {
    rng: Rng,
    is_recording: bool,
    transitions: Vec<Transition>,
    spans: Vec<Span>,
    claimed: Vec<Uuid>,
    counts: BTreeMap<(&'static str, &'static str), u64>,
}

impl SimHost {
    /// A host with this clock.
    #[must_use]
    pub const fn new(clock: ManualClock, seed: u64) -> Self {
        let said = Said {
            rng: Rng::new(seed),
            is_recording: false,
            transitions: Vec::new(),
            spans: Vec::new(),
            claimed: Vec::new(),
            counts: BTreeMap::new(),
        };
        Self {
            clock,
            look_takes: TimeDelta::zero(),
            looks: AtomicU64::new(0),
            ids: AtomicU64::new(0),
            said: Mutex::new(said),
        }
    }

    /// Every look at the clock takes so long, for the looker alone.
    #[must_use]
    pub fn with_looks_taking(self, look_takes: TimeDelta) -> Self {
        Self { look_takes, ..self }
    }

    /// Keeps what is said from now on, not only its counts.
    #[must_use]
    pub fn recording(self) -> Self {
        self.said().is_recording = true;
        self
    }

    /// What was said, in order, if it is kept.
    #[must_use]
    pub fn transitions(&self) -> Vec<Transition> {
        self.said().transitions.clone()
    }

    /// The spans that were told, in order, if they are kept.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        self.said().spans.clone()
    }

    /// The jobs that were claimed, in order, if it is kept.
    #[must_use]
    pub fn claimed(&self) -> Vec<Uuid> {
        self.said().claimed.clone()
    }

    /// How often each event had each outcome.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<(&'static str, &'static str), u64> {
        self.said().counts.clone()
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host for SimHost {
    fn now(&self) -> DateTime<Utc> {
        let look = self.looks.fetch_add(1, Ordering::Relaxed) + 1;
        self.clock.host() + self.look_takes * i32::try_from(look).unwrap_or(i32::MAX)
    }

    fn new_id(&self) -> Uuid {
        v7(self.clock.host(), Maker::Host, self.ids.fetch_add(1, Ordering::Relaxed))
    }

    fn random(&self) -> u32 {
        self.said().rng.next_u32()
    }

    /// The clock stands still; whoever waits lets the others go on, the longer the
    /// more often.
    async fn wait(&self, wait: TimeDelta) {
        for _ in 0..=(wait.num_milliseconds() / WAIT_TURN_MS) {
            Yield::default().await;
        }
    }

    fn observe(&self, transition: &Transition) {
        let mut said = self.said();
        *said.counts.entry((transition.event, transition.outcome)).or_default() += 1;
        if said.is_recording {
            said.transitions.push(transition.clone());
        }
    }

    fn is_traced(&self) -> bool {
        self.said().is_recording
    }

    fn trace(&self, span: Span) {
        self.said().spans.push(span);
    }

    fn reached(&self, checkpoint: Checkpoint<'_>) {
        if let Checkpoint::Claimed(held) = checkpoint {
            let mut said = self.said();
            if said.is_recording {
                said.claimed.extend(held.iter().map(|held| held.id));
            }
        }
    }
}

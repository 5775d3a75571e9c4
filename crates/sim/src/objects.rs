//! The double of objects that are replaced by compare-and-swap, with answers that are
//! lost and writes that arrive late. As in the real one, an object's tag is made of its
//! content.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mauntic_flows::ports::{Object, Objects, PortError};

use crate::faults::{Call, Fault, Faults, Yield};
use crate::rng::{Rng, mix};

/// Most turns that a call takes, each way.
const TURNS_MAX: usize = 3;

/// Objects by their places.
#[derive(Debug)]
pub struct SimObjects {
    faults: Arc<Faults>,
    /// What they are, in errors.
    what: &'static str,
    /// Their reads and writes.
    calls: [Call; 2],
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    rng: Rng,
    objects: BTreeMap<String, String>,
    lost_per_mille: u32,
    /// Writes that are still on their way: place, body and tag.
    late: Vec<(String, String, Option<String>)>,
    counts: Counts,
}

/// How often what happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Reads.
    pub gets: u64,
    /// Writes that were done.
    pub stored: u64,
    /// Writes that met another state.
    pub conflicts: u64,
    /// Writes whose answer was lost, done or not.
    pub lost: u64,
}

impl SimObjects {
    /// No counters.
    #[must_use]
    pub const fn counters(faults: Arc<Faults>, seed: u64) -> Self {
        Self::new(faults, seed, "the counters", [Call::GetCounter, Call::PutCounter])
    }

    /// No snapshots.
    #[must_use]
    pub const fn projections(faults: Arc<Faults>, seed: u64) -> Self {
        Self::new(faults, seed, "the projections", [Call::GetProjection, Call::PutProjection])
    }

    const fn new(faults: Arc<Faults>, seed: u64, what: &'static str, calls: [Call; 2]) -> Self {
        let inner = Inner {
            rng: Rng::new(seed),
            objects: BTreeMap::new(),
            lost_per_mille: 0,
            late: Vec::new(),
            counts: Counts { gets: 0, stored: 0, conflicts: 0, lost: 0 },
        };
        Self { faults, what, calls, inner: Mutex::new(inner) }
    }

    /// From now on the answers of so many writes in a thousand are lost. A third of
    /// these is done, a third is not, and a third is done when a later write comes.
    pub fn lose(&self, per_mille: u32) {
        self.inner().lost_per_mille = per_mille;
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.inner().counts
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner().objects.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is at a place.
    #[must_use]
    pub fn body(&self, place: &str) -> Option<String> {
        self.inner().objects.get(place).cloned()
    }

    /// Puts something there by hand.
    pub fn set_body(&self, place: &str, body: &str) {
        self.inner().objects.insert(place.to_owned(), body.to_owned());
    }

    /// What is on its way arrives.
    pub fn settle(&self) {
        self.inner().arrive();
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the others go on for a while.
    async fn travel(&self) {
        let turns = self.inner().rng.below(TURNS_MAX);
        for _ in 0..=turns {
            Yield::default().await;
        }
    }

    fn read(&self, place: &str) -> Result<Option<Object>, PortError> {
        let fault = self.faults.draw(self.calls[0]);
        let mut inner = self.inner();
        inner.counts.gets += 1;
        match fault {
            None => Ok(inner.objects.get(place).map(|body| object(body))),
            Some(Fault::Fail(error)) => Err(error),
            Some(_) => Err(self.unavailable()),
        }
    }

    fn unavailable(&self) -> PortError {
        PortError::Unavailable { what: self.what, cause: "not reached".to_owned() }
    }

    fn write(&self, place: &str, body: &str, tag: Option<&str>) -> Result<bool, PortError> {
        let fault = self.faults.draw(self.calls[1]);
        let mut inner = self.inner();
        let write = (place.to_owned(), body.to_owned(), tag.map(str::to_owned));
        let per_mille = inner.lost_per_mille;
        match fault {
            Some(Fault::Fail(error)) => Err(error),
            Some(Fault::Contended) => {
                let cause = "too many writes a second".to_owned();
                Err(PortError::Contention { what: self.what, cause })
            }
            Some(Fault::AnswerLost) => {
                inner.put(&write);
                Err(inner.lost(self.what))
            }
            Some(Fault::Unsure) => Err(inner.lost(self.what)),
            Some(_) => Err(self.unavailable()),
            None if inner.rng.chance(per_mille) => {
                match inner.rng.below(3) {
                    0 => drop(inner.put(&write)),
                    1 => inner.late.push(write),
                    _ => {}
                }
                Err(inner.lost(self.what))
            }
            None => {
                let is_stored = inner.put(&write);
                inner.arrive();
                Ok(is_stored)
            }
        }
    }
}

impl Inner {
    fn put(&mut self, (place, body, tag): &(String, String, Option<String>)) -> bool {
        let found = self.objects.get(place).map(|body| object(body).tag);
        let is_as_seen = found == *tag;
        if is_as_seen {
            self.objects.insert(place.clone(), body.clone());
            self.counts.stored += 1;
        } else {
            self.counts.conflicts += 1;
        }
        is_as_seen
    }

    fn arrive(&mut self) {
        for write in std::mem::take(&mut self.late) {
            self.put(&write);
        }
    }

    const fn lost(&mut self, what: &'static str) -> PortError {
        self.counts.lost += 1;
        PortError::Unknown { what, cause: String::new() }
    }
}

fn object(body: &str) -> Object {
    let hash = body.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte)));
    Object { body: body.to_owned(), tag: format!("{hash:016x}") }
}

impl Objects for SimObjects {
    async fn get(&self, place: &str) -> Result<Option<Object>, PortError> {
        self.travel().await;
        let found = self.read(place);
        self.travel().await;
        found
    }

    async fn put(&self, place: &str, body: &str, tag: Option<&str>) -> Result<bool, PortError> {
        self.travel().await;
        let stored = self.write(place, body, tag);
        self.travel().await;
        stored
    }
}

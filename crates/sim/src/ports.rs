//! All doubles together: one world, one clock, one source of faults.

use std::sync::Arc;

use mauntic_flows::ports::Ports;

use crate::clock::ManualClock;
use crate::faults::Faults;
use crate::host::SimHost;
use crate::objects::SimObjects;
use crate::outside::SimOutside;
use crate::queue::SimQueues;
use crate::store::MemoryStore;

/// The ports of a world; clones are the same world.
#[derive(Debug, Clone)]
pub struct SimPorts {
    /// The time.
    pub clock: ManualClock,
    /// What goes wrong.
    pub faults: Arc<Faults>,
    /// The database.
    pub store: MemoryStore,
    /// The queues.
    pub queues: Arc<SimQueues>,
    /// The host.
    pub host: Arc<SimHost>,
    /// Services outside.
    pub outside: Arc<SimOutside>,
    /// Counters.
    pub counters: Arc<SimObjects>,
    /// Snapshots of what is read often.
    pub projections: Arc<SimObjects>,
}

impl SimPorts {
    /// An empty world where all goes well.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with(ManualClock::default(), Arc::new(Faults::default()), seed)
    }

    /// An empty world with these faults.
    #[must_use]
    pub fn with(clock: ManualClock, faults: Arc<Faults>, seed: u64) -> Self {
        Self {
            store: MemoryStore::new(clock.clone(), Arc::clone(&faults)),
            queues: Arc::new(SimQueues::new(clock.clone(), Arc::clone(&faults), seed)),
            host: Arc::new(SimHost::new(clock.clone(), seed)),
            outside: Arc::new(SimOutside::new(clock.clone(), Arc::clone(&faults))),
            counters: Arc::new(SimObjects::counters(Arc::clone(&faults), seed)),
            projections: Arc::new(SimObjects::projections(Arc::clone(&faults), seed)),
            clock,
            faults,
        }
    }

    /// The same world with another host.
    #[must_use]
    pub fn with_host(self, host: SimHost) -> Self {
        Self { host: Arc::new(host), ..self }
    }
}

impl Ports for SimPorts {
    type Db = MemoryStore;
    type Wakeups = SimQueues;
    type Host = SimHost;
    type Outside = SimOutside;
    type Counters = SimObjects;
    type Projections = SimObjects;

    fn db(&self) -> &MemoryStore {
        &self.store
    }
    fn wakeups(&self) -> &SimQueues {
        &self.queues
    }
    fn host(&self) -> &SimHost {
        &self.host
    }
    fn outside(&self) -> &SimOutside {
        &self.outside
    }
    fn counters(&self) -> &SimObjects {
        &self.counters
    }
    fn projections(&self) -> &SimObjects {
        &self.projections
    }
}

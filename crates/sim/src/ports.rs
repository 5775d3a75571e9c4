//! All doubles together: one world, one clock, one source of faults.

use std::sync::Arc;

use mauntic_flows::ports::{Database, Ports};

use crate::clock::ManualClock;
use crate::faults::Faults;
use crate::host::SimHost;
use crate::objects::SimObjects;
use crate::outside::SimOutside;
use crate::queue::SimQueues;
use crate::store::MemoryStore;

/// The ports of a world; clones are the same world. The database may be another than the
/// double.
#[derive(Debug, Clone)]
pub struct SimPorts<D = MemoryStore> {
    /// The time.
    pub clock: ManualClock,
    /// What goes wrong.
    pub faults: Arc<Faults>,
    /// The database.
    pub store: D,
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
        let store = MemoryStore::new(clock.clone(), Arc::clone(&faults));
        Self::over(store, clock, faults, seed)
    }
}

impl<D> SimPorts<D> {
    /// A world around a database, whose own faults and clock are its own matter.
    #[must_use]
    pub fn over(store: D, clock: ManualClock, faults: Arc<Faults>, seed: u64) -> Self {
        Self {
            store,
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

impl<D: Database + Send + Sync + 'static> Ports for SimPorts<D> {
    type Db = D;
    type Wakeups = SimQueues;
    type Host = SimHost;
    type Outside = SimOutside;
    type Counters = SimObjects;
    type Projections = SimObjects;

    fn db(&self) -> &D {
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

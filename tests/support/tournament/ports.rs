//! Ports over any database: queues that lose, double and reorder, and remember every
//! message that was ever sent.

use std::sync::{Arc, Mutex};

use mauntic_domain::jobs::Queue;
use mauntic_flows::ports::{Backlog, Database, OutgoingEvent, PortError, Ports, Wakeup, Wakeups};
use mauntic_sim::clock::ManualClock;
use mauntic_sim::faults::Faults;
use mauntic_sim::host::SimHost;
use mauntic_sim::objects::SimObjects;
use mauntic_sim::outside::SimOutside;
use mauntic_sim::queue::SimQueues;

/// Ports of a worker; everything but the database is a double.
#[derive(Debug)]
pub struct PlayPorts<D> {
    /// The database.
    pub db: D,
    /// The time.
    pub clock: ManualClock,
    /// What goes wrong at doubles.
    pub faults: Arc<Faults>,
    /// The queues.
    pub queues: Remembering,
    host: SimHost,
    outside: SimOutside,
    counters: SimObjects,
    projections: SimObjects,
}

impl<D> PlayPorts<D> {
    /// All of them, of one seed.
    pub fn new(db: D, clock: ManualClock, faults: Arc<Faults>, seed: u64) -> Self {
        let queues = SimQueues::new(clock.clone(), Arc::clone(&faults), seed);
        Self {
            db,
            queues: Remembering { queues, sent: Mutex::default() },
            host: SimHost::new(clock.clone(), seed),
            outside: SimOutside::new(clock.clone(), Arc::clone(&faults)),
            counters: SimObjects::counters(Arc::clone(&faults), seed),
            projections: SimObjects::projections(Arc::clone(&faults), seed),
            clock,
            faults,
        }
    }
}

impl<D: Database + Send + Sync + 'static> Ports for PlayPorts<D> {
    type Db = D;
    type Wakeups = Remembering;
    type Host = SimHost;
    type Outside = SimOutside;
    type Counters = SimObjects;
    type Projections = SimObjects;

    fn db(&self) -> &D {
        &self.db
    }
    fn wakeups(&self) -> &Remembering {
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

/// Queues, and what was ever sent to them.
#[derive(Debug)]
pub struct Remembering {
    /// The queues.
    pub queues: SimQueues,
    sent: Mutex<Vec<String>>,
}

impl Remembering {
    /// The bodies of all messages so far, whatever became of them.
    #[must_use]
    pub fn sent(&self) -> Vec<String> {
        self.sent.lock().expect("nobody panics there").clone()
    }
}

impl Wakeups for Remembering {
    async fn send(&self, queue: Queue, messages: &[Wakeup]) -> Result<(), PortError> {
        let bodies = messages.iter().map(|wakeup| serde_json::to_string(&wakeup.message));
        let bodies = bodies.map(|body| body.expect("a message is JSON"));
        self.sent.lock().expect("nobody panics there").extend(bodies);
        self.queues.send(queue, messages).await
    }
    async fn backlog(&self, queue: Queue) -> Result<Option<Backlog>, PortError> {
        self.queues.backlog(queue).await
    }
    fn has_listeners(&self) -> bool {
        true
    }
    async fn publish(&self, events: &[OutgoingEvent]) -> Result<(), PortError> {
        self.queues.publish(events).await
    }
}

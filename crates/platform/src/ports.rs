//! The ports, put together.

use mauntic_flows::ports::Ports;
use worker::Env;

use crate::{WorkerDatabase, WorkerHost, WorkerObjects, WorkerOutside, WorkerWakeups};

/// Everything a flow needs, in a worker. Holds no I/O, so it may serve many
/// requests.
#[derive(Debug)]
pub struct WorkerPorts {
    db: WorkerDatabase,
    wakeups: WorkerWakeups,
    host: WorkerHost,
    outside: WorkerOutside,
    counters: WorkerObjects,
    projections: WorkerObjects,
}

impl WorkerPorts {
    /// The ports over an environment's bindings, read when they are used.
    #[must_use]
    pub fn new(env: &Env) -> Self {
        Self {
            db: WorkerDatabase::new(env.clone()),
            wakeups: WorkerWakeups::new(env.clone()),
            host: WorkerHost::new(env),
            outside: WorkerOutside::new(env.clone()),
            counters: WorkerObjects::counters(env.clone()),
            projections: WorkerObjects::projections(env.clone()),
        }
    }
}

impl Ports for WorkerPorts {
    type Db = WorkerDatabase;
    type Wakeups = WorkerWakeups;
    type Host = WorkerHost;
    type Outside = WorkerOutside;
    type Counters = WorkerObjects;
    type Projections = WorkerObjects;

    fn db(&self) -> &WorkerDatabase {
        &self.db
    }

    fn wakeups(&self) -> &WorkerWakeups {
        &self.wakeups
    }

    fn host(&self) -> &WorkerHost {
        &self.host
    }

    fn outside(&self) -> &WorkerOutside {
        &self.outside
    }

    fn counters(&self) -> &WorkerObjects {
        &self.counters
    }

    fn projections(&self) -> &WorkerObjects {
        &self.projections
    }
}

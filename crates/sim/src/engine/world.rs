//! One seed's world: the doubles, what runs, what was asked, and what is told of
//! it.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::schedules::Effective;
use mauntic_flows::ports::{ContactKey, Dependency};
use uuid::Uuid;

use super::executor::Invocation;
use super::failure::Failure;
use super::model::Model;
use super::schedules::of_the_simulator;
use super::watch;
use crate::market::Market;
use crate::outside::Health;
use crate::ports::SimPorts;
use crate::queue::Mishaps;
use crate::rng::Rng;
use crate::store::{Limits, Twin};

/// What happens to sent messages by itself, beside what operations do to them.
const MISHAPS: Mishaps =
    Mishaps { lost: 5, doubled: 5, late: 20, reordered: 50, late_max_secs: 60 };

/// Operations that a failure shows.
const TOLD_MAX: usize = 30;

/// Organizations, and contacts of each: few, so that jobs meet.
const OWNERS: [&str; 3] = ["org_a", "org_b", "org_c"];
/// See [`OWNERS`].
const CONTACTS: usize = 3;

/// A world.
pub(super) struct World {
    pub(super) ports: SimPorts,
    pub(super) rng: Rng,
    pub(super) model: Model,
    pub(super) schedules: Vec<Effective>,
    /// Those of the build before, which runs beside this one for a while.
    pub(super) schedules_before: Vec<Effective>,
    /// What an organization may have, where it is little.
    pub(super) limits: Option<Limits>,
    pub(super) running: Vec<Invocation>,
    pub(super) counts: BTreeMap<&'static str, u64>,
    /// When it began.
    pub(super) started: DateTime<Utc>,
    /// When the database comes back, while it is away.
    pub(super) away_until: Option<DateTime<Utc>>,
    pub(super) trace: VecDeque<String>,
    is_traced: bool,
    requests: u64,
}

impl World {
    pub(super) fn new(seed: u64, twin: Twin, is_traced: bool) -> Self {
        let ports = SimPorts::new(seed);
        ports.queues.set_mishaps(MISHAPS);
        ports.store.set_twin(twin);
        ports.queues.set_listeners(true);
        *ports.outside.market() = Market::trading();
        let limits = watch::limits(seed);
        ports.store.set_limits(limits.unwrap_or_default());
        Self {
            limits,
            started: ports.clock.database(),
            ports,
            rng: Rng::new(seed.wrapping_mul(0x9e37_79b9).wrapping_add(1)),
            model: Model::default(),
            schedules: of_the_simulator(),
            schedules_before: of_the_simulator(),
            running: Vec::new(),
            counts: BTreeMap::new(),
            away_until: None,
            trace: VecDeque::new(),
            is_traced,
            requests: 0,
        }
    }

    /// One more of something.
    pub(super) fn count(&mut self, what: &'static str) {
        self.count_many(what, 1);
    }

    pub(super) fn count_many(&mut self, what: &'static str, many: usize) {
        *self.counts.entry(what).or_default() += u64::try_from(many).unwrap_or(0);
    }

    /// A line of the trace; the last ones are kept.
    pub(super) fn tell(&mut self, what: std::fmt::Arguments<'_>) {
        if !self.is_traced && self.trace.len() >= TOLD_MAX {
            self.trace.pop_front();
        }
        let at = self.now().format("%dT%H:%M:%S%.3f");
        self.trace.push_back(format!("{at} {what}"));
    }

    /// The database's clock.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.ports.clock.database()
    }

    pub(super) fn owner(&mut self) -> OrganizationId {
        name(&OWNERS, self.rng.below(OWNERS.len()))
    }

    /// All of them.
    pub(super) fn owners(&self) -> Vec<OrganizationId> {
        (0..OWNERS.len()).map(|nth| name(&OWNERS, nth)).collect()
    }

    pub(super) fn contact(&mut self) -> ContactKey {
        const NAMES: [&str; CONTACTS] = ["c0", "c1", "c2"];
        (self.owner(), name(&NAMES, self.rng.below(CONTACTS)))
    }

    pub(super) fn request_id(&mut self) -> String {
        self.requests += 1;
        format!("req-{}", self.requests)
    }

    /// A number from `low` to `high`.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = usize::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.rng.below(span)).unwrap_or(0)
    }

    /// Sets the services outside.
    pub(super) fn set_outside(&self, health: Health) {
        Dependency::ALL.into_iter().for_each(|one| self.ports.outside.set(one, health));
    }

    /// The failure, with the last operations.
    pub(super) fn failure(&self, failure: Failure) -> Failure {
        Failure { told: self.trace.iter().cloned().collect(), ..failure }
    }
}

/// Queues and their dead-letter queues.
pub(super) fn origins() -> impl Iterator<Item = Origin> {
    Queue::ALL.into_iter().flat_map(|queue| [Origin::Jobs(queue), Origin::DeadLetters(queue)])
}

/// The last digits of an id, for the trace.
pub(super) fn short(id: Uuid) -> String {
    let text = id.simple().to_string();
    text.get(26..).unwrap_or_default().to_owned()
}

/// One of these names; all are within the alphabet.
fn name<T: TryFrom<String>>(names: &[&str], nth: usize) -> T {
    let name = names.get(nth).copied().unwrap_or("other").to_owned();
    let Ok(name) = T::try_from(name) else { unreachable!("a name of the simulator is a name") };
    name
}

//! One seed's world: the doubles, what runs, what was asked, and what is told of
//! it.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::jobs::{JobState, Queue};
use mauntic_domain::schedules::Effective;
use mauntic_flows::ports::{ContactKey, Dependency, Host as _};
use mauntic_flows::tick;
use uuid::Uuid;

use super::executor::{Ended, Invocation};
use super::failure::{Failed, Failure, fail};
use super::model::Model;
use super::schedules::of_the_simulator;
use crate::outside::Health;
use crate::ports::SimPorts;
use crate::queue::Batch;
use crate::rng::Rng;
use crate::store::{State, Twin};

/// Most invocations that run side by side.
pub(super) const SIDE_BY_SIDE_MAX: usize = 6;

/// Most port calls of what should end: a tick has about a hundred.
const POLLS_MAX: u32 = 200_000;

/// Operations that a failure shows.
const TOLD_MAX: usize = 30;

/// Organizations, and contacts of each: few, so that jobs meet.
const OWNERS: usize = 3;
/// See [`OWNERS`].
const CONTACTS: usize = 8;

/// A world.
pub(super) struct World {
    pub(super) ports: SimPorts,
    pub(super) rng: Rng,
    pub(super) model: Model,
    pub(super) schedules: Vec<Effective>,
    pub(super) running: Vec<Invocation>,
    pub(super) counts: BTreeMap<&'static str, u64>,
    /// When the database comes back, while it is away.
    pub(super) away_until: Option<DateTime<Utc>>,
    pub(super) trace: VecDeque<String>,
    is_traced: bool,
    requests: u64,
}

impl World {
    pub(super) fn new(seed: u64, twin: Twin, is_traced: bool) -> Self {
        let ports = SimPorts::new(seed);
        ports.store.set_twin(twin);
        ports.queues.set_listeners(true);
        Self {
            ports,
            rng: Rng::new(seed.wrapping_mul(0x9e37_79b9).wrapping_add(1)),
            model: Model::default(),
            schedules: of_the_simulator(),
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
        name(&["org_a", "org_b", "org_c"], self.rng.below(OWNERS))
    }

    pub(super) fn contact(&mut self) -> ContactKey {
        const NAMES: [&str; CONTACTS] = ["c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7"];
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

    /// Begins an invocation, unless as many run as may.
    pub(super) fn begin(&mut self, invocation: Invocation) {
        self.running.push(invocation);
    }

    pub(super) fn is_full(&self) -> bool {
        self.running.len() >= SIDE_BY_SIDE_MAX
    }

    /// Begins a consumer of at most `most` messages; false where none waits.
    pub(super) fn consume(&mut self, origin: Origin, most: usize) -> bool {
        let Some(batch) = self.ports.queues.pull(origin, most) else { return false };
        let token = self.ports.host.new_id();
        self.begin(Invocation::consuming(&self.ports, token, batch));
        true
    }

    /// Begins a tick; `schedules` is what it judges.
    pub(super) fn tick(&mut self, schedules: Vec<Effective>) {
        let ports = self.ports.clone();
        let keep = TimeDelta::days(30);
        self.begin(Invocation::new("tick", async move {
            Ended::Ticked(
                tick::tick(&ports, &tick::TickSettings { schedules: Ok(schedules), keep }).await,
            )
        }));
    }

    /// Advances one invocation by one port call; says what came of it.
    pub(super) fn step(&mut self, nth: usize) -> Failed {
        if nth >= self.running.len() {
            return Ok(());
        }
        let invocation = self.running.swap_remove(nth);
        let name = invocation.name;
        match invocation.poll() {
            Ok(invocation) if self.holds_poison(&invocation) => {
                self.count("fault: poison");
                self.die(invocation);
            }
            Ok(invocation) => self.running.push(invocation),
            Err((ended, batch)) => self.ended(name, ended, batch)?,
        }
        if name == "put" {
            self.remember_features();
        }
        Ok(())
    }

    /// Lets one invocation end, and the guard's that follows.
    pub(super) fn finish_one(&mut self, nth: usize) -> Failed {
        let others = self.running.len();
        for _ in 0..POLLS_MAX {
            if self.running.len() < others || nth >= self.running.len() {
                return Ok(());
            }
            // A step puts what it advanced last.
            let last = self.running.len() - 1;
            self.running.swap(nth, last);
            self.step(last)?;
            if self.running.len() == others {
                self.running.swap(nth, last);
            }
        }
        fail("an invocation ends", format_args!("{POLLS_MAX} port calls"))
    }

    /// Whether it claimed a job that kills whoever claims it.
    fn holds_poison(&self, invocation: &Invocation) -> bool {
        let is_held = |id: &Uuid, token| {
            let held = |state: &State| {
                state.job(*id).is_some_and(|row| {
                    row.state == JobState::InProgress && row.lease_token == Some(token)
                })
            };
            self.ports.store.look(held)
        };
        invocation.token.is_some_and(|token| self.model.poison.iter().any(|id| is_held(id, token)))
    }

    /// Lets everything that runs end.
    pub(super) fn run_to_end(&mut self) -> Failed {
        let mut polls = 0_u32;
        while !self.running.is_empty() {
            let nth = self.rng.below(self.running.len());
            self.step(nth)?;
            polls += 1;
            if polls > POLLS_MAX {
                return fail("an invocation ends", format_args!("{POLLS_MAX} port calls"));
            }
        }
        Ok(())
    }

    /// An invocation dies where it stands. Half of the time the guard is there
    /// to release its leases.
    pub(super) fn die(&mut self, invocation: Invocation) {
        let (name, token) = (invocation.name, invocation.token);
        let batch = invocation.die();
        self.tell(format_args!("  {name} dies"));
        if let Some(batch) = batch {
            self.ports.queues.die(batch);
        }
        if let Some(token) = token.filter(|_| self.rng.chance(500)) {
            self.count("guard releases");
            let ports = self.ports.clone();
            self.begin(Invocation::new("release", async move {
                // The guard tells nobody; the leases run out by themselves.
                match mauntic_flows::relay::release(&ports, token).await {
                    Ok(_) | Err(_) => Ended::Nothing,
                }
            }));
        }
    }

    fn ended(&mut self, name: &'static str, ended: Ended, batch: Option<Batch>) -> Failed {
        match ended {
            Ended::Consumed(report) => {
                self.count_many("completed", report.completed);
                self.count_many("absorbed duplicates", report.absorbed);
                self.count_many("deferred messages", report.deferred);
                self.count_many("snoozed", report.snoozed);
                self.count_many("failed", report.failed);
                self.count_many("superseded scores", report.superseded);
                self.tell(format_args!(
                    "  {name}: {} messages, {} done, {} absorbed, {} deferred, {} dead, {} failed, \
                     {} snoozed, {} back, {:?}",
                    report.messages,
                    report.completed,
                    report.absorbed,
                    report.deferred,
                    report.dead_lettered,
                    report.failed,
                    report.snoozed,
                    report.retried,
                    report.error.as_ref().map(mauntic_flows::ports::PortError::code)
                ));
            }
            Ended::Ticked(report) => {
                for (_, done) in report {
                    self.count(if done.is_ok() { "duties done" } else { "duties failed" });
                }
            }
            Ended::Fired(judged) => {
                self.count(if judged.is_ok() { "fires judged" } else { "fires failed" });
            }
            Ended::Nothing => {}
            Ended::Answered(asked) => self.answered(*asked)?,
        }
        if let Some(batch) = batch {
            self.finish(batch)?;
        }
        Ok(())
    }

    fn finish(&mut self, batch: Batch) -> Failed {
        let is_partial = self.model.calm_since.is_none() && self.rng.chance(100);
        let finished = if is_partial {
            let rng = &mut self.rng;
            self.ports.queues.finish_losing(batch, |_| rng.chance(400))
        } else {
            self.ports.queues.finish(batch)
        };
        if is_partial && finished.acked > 0 {
            self.count("fault: partial acknowledgement");
        }
        if finished.unsaid > 0 {
            let many = finished.unsaid;
            return fail("every message is settled", format_args!("{many} were not"));
        }
        Ok(())
    }

    /// Sets the services outside.
    pub(super) fn set_outside(&self, health: Health) {
        Dependency::ALL.into_iter().for_each(|one| self.ports.outside.set(one, health));
    }

    /// Fails with this invariant.
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

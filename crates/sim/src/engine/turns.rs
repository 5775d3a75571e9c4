//! Turns: which invocation advances, ends or dies, and what is made of it.

use chrono::TimeDelta;
use mauntic_domain::jobs::JobState;
use mauntic_domain::jobs::queue::Origin;
use mauntic_domain::schedules::{Effective, TICK_INTERVAL_SECS};
use mauntic_flows::ports::{Host as _, Instance, PortError};
use mauntic_flows::tick::{self, Duty};
use uuid::Uuid;

use super::executor::{Ended, Invocation};
use super::failure::{Failed, fail};
use super::world::World;
use crate::queue::Batch;
use crate::store::{SCHEMA_VERSION, State};

/// Most invocations that run side by side.
const SIDE_BY_SIDE_MAX: usize = 8;

/// Most port calls of what should end: a tick has about a hundred.
const POLLS_MAX: u32 = 200_000;

impl World {
    /// Begins an invocation.
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
        let settings = tick::TickSettings {
            schedules: Ok(schedules),
            keep: TimeDelta::days(30),
            interval_secs: TICK_INTERVAL_SECS,
            instance: Instance { id: ports.host.new_id(), schema_max: SCHEMA_VERSION },
        };
        self.begin(Invocation::new("tick", async move {
            Ended::Ticked(tick::tick(&ports, &settings).await)
        }));
    }

    /// Advances one invocation by one port call; says what came of it.
    pub(super) fn step(&mut self, nth: usize) -> Failed {
        if nth >= self.running.len() {
            return Ok(());
        }
        let invocation = self.running.swap_remove(nth);
        let (name, wrote) = (invocation.name, invocation.wrote);
        let before = self.watch(&invocation);
        match invocation.poll() {
            Ok(invocation) if self.holds_poison(&invocation) => {
                self.count("fault: poison");
                self.die(invocation);
            }
            Ok(mut invocation) => {
                invocation.wrote |= self.has_written(&before);
                self.running.push(invocation);
            }
            Err(over) => {
                if let Ended::Answered(asked) = &over.0
                    && let Some(error) = asked.error().cloned()
                {
                    self.refused(&error, wrote)?;
                }
                self.ended(name, over.0, over.1)?;
            }
        }
        match name {
            "put" | "report" => self.remember_features(),
            "operator" => self.remember_configs(),
            "tick" | "cron" => self.watch_schedules()?,
            _ => {}
        }
        if matches!(name, "tick" | "operator") {
            self.watch_replays()?;
        }
        self.watched(before)
    }

    /// One of those that get turns.
    pub(super) fn any_awake(&mut self) -> Option<usize> {
        let is_awake = |(nth, one): (usize, &Invocation)| (one.stalled == 0).then_some(nth);
        let awake: Vec<usize> = self.running.iter().enumerate().filter_map(is_awake).collect();
        awake.get(self.rng.below(awake.len())).copied()
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
        let holds = token.is_some()
            && self.ports.store.look(|state| state.live_jobs().any(|row| row.lease_token == token));
        if holds {
            self.count("fault: isolate death, jobs held");
        }
        let batch = invocation.die();
        self.tell(format_args!("  {name} dies"));
        if let Some(batch) = batch {
            self.ports.queues.die(batch);
        }
        if let Some(token) = token.filter(|_| self.rng.chance(500)) {
            self.count("guard releases");
            let shared = self.rng.chance(200);
            let ports = self.ports.clone();
            self.begin(Invocation::new("release", async move {
                // The guard tells nobody; the leases run out by themselves.
                match mauntic_flows::relay::release(&ports, token, shared).await {
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
                    report.error.as_ref().map(PortError::code)
                ));
            }
            Ended::Ticked(report) => {
                for (duty, done) in report {
                    if let (Duty::Retention, Ok(many)) = (duty, &done) {
                        self.count_many("rows retired", usize::try_from(*many).unwrap_or(0));
                    }
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
}

//! Moves of a job's row that are no effect: each is guarded by the state that
//! it leaves and, where it has one, the claim.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use mauntic_domain::jobs::limits::{DUE_SLACK, WAKE};
use mauntic_domain::jobs::retry::{UNKNOWN_HOURS_MAX, UNKNOWN_SNOOZE_SECS};
use mauntic_domain::jobs::{JobState, Queue};
use mauntic_domain::overnight::CHUNKS_OPEN;
use mauntic_flows::ports::{Died, PutOff, SetBackJob, Setback};
use serde_json::json;
use uuid::Uuid;

use super::acts::{Acted, Note};
use super::deliveries::Spent;
use super::ends::{Counts, cut};
use super::rows::JobRow;
use super::{State, Twin};

/// Most snoozes that are counted; the column is an `int2`.
const SNOOZES_MAX: i16 = 32_000;

impl State {
    pub(super) fn set_back(&mut self, jobs: &[SetBackJob]) -> Vec<Uuid> {
        let mut order: Vec<&SetBackJob> = jobs.iter().collect();
        order.sort_by_key(|job| job.id);
        let mut moved = Vec::new();
        let mut dead = Vec::new();
        for job in order {
            if !self.holds(job.id, job.claim) {
                continue;
            }
            moved.push(job.id);
            let is_put_off = matches!(job.setback, Setback::Snoozed { .. });
            self.spend(job.id, if is_put_off { Spent::PutOff } else { Spent::Failure });
            match &job.setback {
                Setback::Failed { wait, error, .. } => self.fail(job.id, *wait, error),
                Setback::Snoozed { wait, reason } => {
                    self.snooze(job.id, *wait, reason);
                    if *reason == CHUNKS_OPEN {
                        self.wake_waiting(job.id);
                    }
                }
                Setback::Dead { reason, detail, failed } => {
                    let failed = i16::from(*failed);
                    dead.extend(self.die(job.id, reason, detail, |row| row.failures += failed));
                }
            }
        }
        self.count_dead(&dead);
        moved
    }

    /// Whether that attempt still holds the job.
    fn holds(&self, id: Uuid, claim: i32) -> bool {
        self.jobs.get(id).is_some_and(|row| {
            let is_held = row.state == JobState::InProgress || self.twin_ignores_state();
            row.claim == claim && is_held
        })
    }

    /// The rule that [`Twin::GuardWithoutState`] leaves out.
    pub(super) fn twin_ignores_state(&self) -> bool {
        self.twin == Twin::GuardWithoutState
    }

    fn fail(&mut self, id: Uuid, wait: TimeDelta, error: &str) {
        let now = self.now;
        self.jobs.change(id, |row| {
            row.leave(JobState::Failed);
            row.failures += 1;
            row.available_at = now + wait;
            row.wake_at = row.available_at + WAKE;
            row.add_error(error, now);
            row.snoozes = 0;
            row.snooze_reason = None;
        });
    }

    fn snooze(&mut self, id: Uuid, wait: TimeDelta, reason: &str) {
        let now = self.now;
        self.jobs.change(id, |row| {
            let stays = row.snooze_reason.as_deref() == Some(reason);
            row.leave(JobState::Queued);
            row.available_at = now + wait;
            row.wake_at = now + wait;
            row.snoozes = if stays { (row.snoozes + 1).min(SNOOZES_MAX) } else { 1 };
            row.snooze_reason = Some(reason.to_owned());
            // It comes back as new: its turn is to come again.
            row.resends = 0;
        });
    }

    /// What waits for chunks is due, where all of them were done meanwhile.
    fn wake_waiting(&mut self, id: Uuid) {
        let run_id = self.jobs.get(id).and_then(|row| row.run_id);
        let night = run_id.and_then(|run| self.portfolios.nights.get(&run));
        if night.is_some_and(|night| night.chunks_done == night.chunks_total) {
            let now = self.now;
            self.jobs.change(id, |row| (row.available_at, row.wake_at) = (now, now));
        }
    }

    pub(super) fn hand_back(&mut self, id: Uuid, claim: i32) -> bool {
        let now = self.now;
        let is_held = self.holds(id, claim);
        if is_held {
            self.spend(id, Spent::PutOff);
            self.jobs.change(id, |row| {
                row.leave(JobState::Queued);
                row.alone = false;
                row.wake_at = now + WAKE;
            });
        }
        is_held
    }

    pub(super) fn put_off(&mut self, queue: Queue, ids: &[Uuid]) -> Vec<(Uuid, PutOff)> {
        let now = self.now;
        let ids: BTreeSet<Uuid> = ids.iter().copied().collect();
        let waits = |row: &&JobRow| {
            let is_due = row.waits() && row.available_at <= now + DUE_SLACK;
            row.queue == queue.name() && (is_due || row.lease_ran_out(now))
        };
        let mut moved = Vec::new();
        let mut dead: Vec<Died> = Vec::new();
        for id in ids {
            let Some(row) = self.jobs.get(id).filter(waits).filter(|row| !self.is_locked(row.id))
            else {
                continue;
            };
            let stays = row.snooze_reason.as_deref() == Some("another_build");
            let (version, snoozes) = (row.version, row.snoozes);
            let of = cut(&row.type_name, 200);
            self.lose(id);
            let waited_secs = i64::from(snoozes) * UNKNOWN_SNOOZE_SECS;
            if stays && waited_secs >= UNKNOWN_HOURS_MAX * 3_600 {
                let detail = format!(
                    "no build that knows version {version} of the type {of} came within \
                     {UNKNOWN_HOURS_MAX} h"
                );
                dead.extend(self.die(id, "unknown_type", &detail, |_| {}));
                moved.push((id, PutOff::DeadLettered));
                continue;
            }
            self.jobs.change(id, |row| {
                row.leave(JobState::Queued);
                row.available_at = now + TimeDelta::seconds(UNKNOWN_SNOOZE_SECS);
                row.wake_at = row.available_at;
                row.snoozes = if stays { (row.snoozes + 1).min(SNOOZES_MAX) } else { 1 };
                row.snooze_reason = Some("another_build".to_owned());
                row.resends = 0;
            });
            moved.push((id, PutOff::Snoozed));
        }
        self.count_dead(&dead);
        moved
    }

    /// The jobs that an invocation holds.
    fn held_by(&self, token: Uuid) -> Vec<Uuid> {
        let is_its = |row: &&JobRow| {
            let is_held = row.state == JobState::InProgress && row.lease_token == Some(token);
            is_held && !self.is_locked(row.id)
        };
        self.jobs.live().filter(is_its).map(|row| row.id).collect()
    }

    pub(super) fn absolve(&mut self, token: Uuid) {
        for id in self.held_by(token) {
            self.jobs.change(id, |row| row.alone = false);
        }
    }

    pub(super) fn release(&mut self, token: Uuid) -> u64 {
        let now = self.now;
        let held = self.held_by(token);
        for id in &held {
            self.jobs.change(*id, |row| {
                row.lease_until = Some(now);
                row.wake_at = now;
            });
        }
        u64::try_from(held.len()).unwrap_or(u64::MAX)
    }

    /// [`Self::cancel`], and an entry for each that was.
    pub(super) fn cancel_noted(&mut self, ids: &[Uuid]) -> Acted<Vec<Uuid>> {
        let states = |id: &Uuid| Some((*id, self.jobs.get(*id)?.state));
        let before: BTreeMap<Uuid, JobState> = ids.iter().filter_map(states).collect();
        let cancelled = self.cancel(ids);
        let note = |id: &Uuid| {
            let state = before.get(id).map(|state| state.as_str());
            Note::new("job.cancel", &id)
                .before(json!({"state": state}))
                .after(json!({"state": JobState::Cancelled.as_str()}))
        };
        let notes = cancelled.iter().map(note).collect();
        (cancelled, notes)
    }

    pub(super) fn cancel(&mut self, ids: &[Uuid]) -> Vec<Uuid> {
        let now = self.now;
        let ids: BTreeSet<Uuid> = ids.iter().copied().collect();
        let mut counts = Counts::new();
        let mut cancelled = Vec::new();
        for id in ids {
            if !self.jobs.get(id).is_some_and(JobRow::waits) {
                continue;
            }
            let row = self.jobs.change(id, |row| row.end(JobState::Cancelled, now));
            if let Some(run) = row.and_then(|row| row.run_id) {
                counts.entry(run).or_default().cancelled += 1;
            }
            cancelled.push(id);
        }
        self.count(&counts);
        cancelled
    }
}

//! Jobs, names and numbers.

use chrono::DateTime;
use mauntic_domain::jobs::JobState;
use mauntic_flows::ports::JobKey;
use uuid::Uuid;

use super::{Draw, KEYS, TOKENS};
use crate::scenarios::given;
use crate::subject::{CONTACTS, OWNERS, made_id};

impl Draw {
    /// A held job with its claim, sometimes not its own, and its run.
    pub(super) fn held(&mut self) -> Option<(Uuid, i32, Option<Uuid>)> {
        let held = self.jobs.iter().filter(|row| row.state == JobState::InProgress);
        let held: Vec<_> = held.map(|row| (row.id, row.claim, row.run_id)).collect();
        let (id, claim, run_id) = self.pick(&held)?;
        Some((id, claim - i32::from(self.rng.chance(self.stale)), run_id))
    }

    /// A job of that state, sometimes of any.
    pub(super) fn job_in(&mut self, state: JobState) -> Uuid {
        let is_any = self.rng.chance(150);
        let fitting = self.jobs.iter().filter(|row| is_any || row.state == state);
        let fitting: Vec<Uuid> = fitting.map(|row| row.id).collect();
        self.pick(&fitting).unwrap_or(Uuid::max())
    }

    /// Sorted and distinct; rather those that are not final.
    pub(super) fn some_jobs(&mut self, most: usize) -> Vec<Uuid> {
        let is_any = self.rng.chance(200);
        let fitting = self.jobs.iter().filter(|row| is_any || !row.state.is_final());
        let fitting: Vec<Uuid> = fitting.map(|row| row.id).collect();
        let mut jobs: Vec<Uuid> =
            (0..=self.rng.below(most)).filter_map(|_| self.pick(&fitting)).collect();
        jobs.sort_unstable();
        jobs.dedup();
        jobs
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.rng.below(from.len())).copied()
    }

    pub(super) fn id(&mut self) -> Uuid {
        self.made += 1;
        made_id(self.now, self.made)
    }

    /// An invocation, rather one that had a batch.
    pub(super) fn delivery(&mut self) -> Uuid {
        let known = self.deliveries.clone();
        let recent = &known[known.len().saturating_sub(3)..];
        let is_fresh = self.rng.chance(100);
        let known = self.pick(recent).filter(|_| !is_fresh);
        known.unwrap_or_else(|| self.id())
    }

    /// A sender of notifications.
    pub(super) fn token(&mut self) -> Uuid {
        made_id(DateTime::UNIX_EPOCH, 1 + self.rng.next_u32() % TOKENS)
    }

    /// An invocation that holds a job alone, where there is one.
    pub(super) fn holder(&mut self) -> Uuid {
        let alone = self.jobs.iter().filter(|row| row.alone);
        let holders: Vec<Uuid> = alone.filter_map(|row| row.lease_token).collect();
        self.pick(&holders).unwrap_or_else(|| self.delivery())
    }

    pub(super) fn limit(&mut self) -> i64 {
        1 + i64::try_from(self.rng.below(4)).expect("a small number")
    }

    pub(super) fn owner(&mut self) -> &'static str {
        OWNERS[usize::from(self.rng.chance(300))]
    }

    pub(super) fn contact(&mut self) -> &'static str {
        CONTACTS[self.rng.below(CONTACTS.len())]
    }

    pub(super) fn key(&mut self) -> JobKey {
        match self.rng.below(5) {
            0 | 1 => given::coalesce(KEYS[self.rng.below(2)]),
            2 => given::idempotent(KEYS[self.rng.below(2)]),
            _ => JobKey::None,
        }
    }
}

//! What was never sent because its organization had its share out: when there is room
//! for it, and which of it goes.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::limits::{UNSENT_WITHIN, WAKE};
use mauntic_domain::jobs::{JobState, Queue};
use mauntic_flows::ports::{Effect, Wakeup};
use uuid::Uuid;

use super::State;
use super::relay::wakeup;
use super::rows::JobRow;

impl State {
    /// Whether an organization of these jobs has half its share out or less, and jobs
    /// that were held back.
    pub(super) fn wants_refill(&self, effect: &Effect) -> bool {
        let rows = effect.jobs.iter().filter_map(|job| self.jobs.get(job.id));
        let place = |row: &JobRow| Some((row.organization_id.clone()?, row.queue.clone()));
        let places: BTreeSet<(String, String)> = rows.filter_map(place).collect();
        places.iter().any(|(owner, queue)| {
            let of_place = || self.live_of(owner, queue);
            let out = of_place().filter(|row| row.is_dispatched(self.now)).count();
            let is_low = i64::try_from(out).is_ok_and(|out| out <= self.limits.dispatched_max / 2);
            is_low && of_place().any(|row| is_held_back(row, self.now))
        })
    }

    pub(super) fn take_held_back(&mut self, queue: Queue, organizations: &[&str]) -> Vec<Wakeup> {
        let now = self.now;
        let mut chosen: Vec<(usize, Uuid)> = Vec::new();
        for owner in organizations {
            let is_out = |row: &&JobRow| row.is_dispatched(now) || is_being_sent(row, now);
            let out = self.live_of(owner, queue.name()).filter(is_out).count();
            let most = usize::try_from(self.limits.dispatched_max).unwrap_or(0);
            let held = self.live_of(owner, queue.name()).filter(|row| is_held_back(row, now));
            let mut held: Vec<_> = held.map(|row| (row.wake_at, row.id)).collect();
            held.sort_unstable();
            held.truncate(most.saturating_sub(out));
            chosen.extend(held.into_iter().map(|(_, id)| id).enumerate());
        }
        chosen.sort_unstable();
        // A locked row has its place, but another has the row.
        chosen.retain(|(_, id)| !self.is_locked(*id));
        let mut taken = Vec::new();
        for (_, id) in chosen {
            let row = self.jobs.change(id, |row| row.wake_at = now + WAKE);
            taken.extend(row.map(|row| wakeup(row, now)));
        }
        taken
    }

    fn live_of<'a>(&'a self, owner: &'a str, queue: &'a str) -> impl Iterator<Item = &'a JobRow> {
        let is_of = move |row: &&JobRow| {
            row.organization_id.as_deref() == Some(owner) && row.queue == queue
        };
        self.jobs.live().filter(is_of)
    }
}

/// A relay may still be at it: its minute began after the row was written.
fn is_being_sent(row: &JobRow, now: DateTime<Utc>) -> bool {
    let by_relay = row.wake_at > row.created_at + WAKE + TimeDelta::seconds(1);
    is_ready(row, now) && by_relay && row.wake_at > now + UNSENT_WITHIN
}

fn is_held_back(row: &JobRow, now: DateTime<Utc>) -> bool {
    row.state == JobState::Queued
        && row.resends == 0
        && is_ready(row, now)
        && row.wake_at <= now + UNSENT_WITHIN
}

fn is_ready(row: &JobRow, now: DateTime<Utc>) -> bool {
    row.waits() && row.available_at <= now
}

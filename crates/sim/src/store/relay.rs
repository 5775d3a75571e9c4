//! What is sent again, and by whom: due jobs in turn by organization, unsent
//! events, and the heartbeat.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::limits::{RESEND_BASE, RESEND_MAX, WAKE};
use mauntic_domain::jobs::{Message, Queue};
use mauntic_domain::trace::TraceContext;
use mauntic_flows::ports::{
    Advanced, Beat, Instance, OutgoingEvent, PortError, RelayStore, Retired, Wakeup,
};
use serde_json::Value;
use uuid::Uuid;

use super::rows::{EventRow, JobRow};
use super::{MemorySession, State};
use crate::faults::Call;

/// Doublings after which a resend's wait is at its longest: 15 min × 2^5 is
/// more than six hours.
const RESEND_DOUBLINGS_MAX: i16 = 5;

/// Most resends that are counted; the column is an `int2`.
const RESENDS_MAX: i16 = 32_000;

/// Longest time for which the platform keeps a message back: 24 h.
const DELAY_SECS_MAX: i64 = 24 * 3_600;

impl RelayStore for MemorySession {
    async fn take_due(&self, limit: i64) -> Result<Vec<(Queue, Wakeup)>, PortError> {
        self.call(Call::TakeDue, |state| Ok(state.take_due(limit))).await
    }

    async fn take_held_back(
        &self,
        queue: Queue,
        organizations: &[&str],
    ) -> Result<Vec<Wakeup>, PortError> {
        self.call(Call::TakeHeldBack, |state| Ok(state.take_held_back(queue, organizations))).await
    }

    async fn mark_sent(&self, ids: &[Uuid]) -> Result<(), PortError> {
        self.call(Call::MarkSent, |state| {
            state.mark_sent(None, ids);
            Ok(())
        })
        .await
    }

    async fn take_events(&self, limit: i64) -> Result<Vec<OutgoingEvent>, PortError> {
        self.call(Call::TakeEvents, |state| Ok(state.take_events(limit))).await
    }

    async fn mark_events_sent(&self, ids: &[Uuid]) -> Result<(), PortError> {
        self.call(Call::MarkEventsSent, |state| {
            let now = state.now;
            for id in ids {
                if let Some(event) = state.outbox.get_mut(id) {
                    event.sent_at.get_or_insert(now);
                }
            }
            Ok(())
        })
        .await
    }

    async fn beat(&self, duty: &str, interval_secs: u32, by: &Instance) -> Result<(), PortError> {
        self.call(Call::Beat, |state| {
            let before = state.beats.get(duty).map_or(state.now, |beat| beat.at);
            let (duty, at) = (duty.to_owned(), state.now.max(before));
            let beat = Beat { duty: duty.clone(), at, interval_secs, by: Some(*by) };
            state.beats.insert(duty, beat);
            Ok(())
        })
        .await
    }

    async fn advance_replays(
        &self,
        window: TimeDelta,
        only: Option<Uuid>,
    ) -> Result<Advanced, PortError> {
        self.advance(window, only).await
    }

    async fn retire(&self, keep: TimeDelta, limit: i64) -> Result<Retired, PortError> {
        self.call(Call::Retire, |state| Ok(state.retire(keep, limit))).await
    }
}

/// What one organization has on a queue.
#[derive(Default)]
struct Share<'a> {
    dispatched: i64,
    due: Vec<&'a JobRow>,
}

impl State {
    fn take_due(&mut self, limit: i64) -> Vec<(Queue, Wakeup)> {
        let now = self.now;
        let mut taken = Vec::new();
        for queue in Queue::ALL {
            for id in self.due(queue, limit) {
                let row = self.jobs.change(id, |row| row.wake_at = now + WAKE);
                taken.extend(row.map(|row| (queue, wakeup(row, now))));
            }
        }
        taken
    }

    /// The queue's due rows in the order of their turn. A row that was never
    /// sent waits while its organization has its share out.
    fn due(&self, queue: Queue, limit: i64) -> Vec<Uuid> {
        let mut shares: BTreeMap<Option<&str>, Share<'_>> = BTreeMap::new();
        for row in self.jobs.live().filter(|row| row.queue == queue.name()) {
            let share = shares.entry(row.organization_id.as_deref()).or_default();
            share.dispatched += i64::from(row.is_dispatched(self.now));
            if row.wake_at <= self.now {
                share.due.push(row);
            }
        }
        let mut order = Vec::new();
        for (owner, mut share) in shares {
            let most = self.limits.dispatched_max;
            let unused = if owner.is_none() { i64::MAX } else { most - share.dispatched };
            share.due.retain(|row| row.is_dispatched(self.now) || unused > 0);
            share.due.sort_by_key(|row| (row.wake_at, row.id));
            let mut unsent = 0;
            for (turn, row) in share.due.iter().enumerate() {
                unsent += i64::from(!row.is_dispatched(self.now));
                if row.is_dispatched(self.now) || unsent <= unused {
                    order.push((turn, row.wake_at, row.id));
                }
            }
        }
        order.sort_unstable();
        order.truncate(usize::try_from(limit).unwrap_or(0));
        // A locked row has its place, but another relay has the row.
        order.retain(|(_, _, id)| !self.is_locked(*id));
        order.into_iter().map(|(_, _, id)| id).collect()
    }

    /// Of one organization only, where one is given.
    pub(super) fn mark_sent(&mut self, owner: Option<&str>, ids: &[Uuid]) {
        let now = self.now;
        for id in ids {
            let may = |row: &&JobRow| {
                let is_own = owner.is_none() || row.organization_id.as_deref() == owner;
                let is_held_back = row.wake_at >= now && row.wake_at <= now + WAKE;
                let may = (row.waits() && is_held_back) || self.twin_ignores_state();
                is_own && may && !self.is_locked(row.id)
            };
            if self.jobs.get(*id).filter(may).is_none() {
                continue;
            }
            self.jobs.change(*id, |row| {
                let doublings = row.resends.min(RESEND_DOUBLINGS_MAX);
                let wait = (RESEND_BASE * (1 << doublings)).min(RESEND_MAX);
                row.wake_at = row.available_at.max(now) + wait;
                row.resends = (row.resends + 1).min(RESENDS_MAX);
            });
        }
    }

    fn take_events(&mut self, limit: i64) -> Vec<OutgoingEvent> {
        let now = self.now;
        let most = usize::try_from(limit).unwrap_or(0);
        let is_due = |event: &&EventRow| {
            event.sent_at.is_none() && event.wake_at <= now && !self.is_locked(event.id)
        };
        let due: Vec<Uuid> =
            self.outbox.values().filter(is_due).map(|event| event.id).take(most).collect();
        let mut taken = Vec::new();
        for id in due {
            if let Some(event) = self.outbox.get_mut(&id) {
                event.wake_at = now + WAKE;
                taken.push(outgoing(event));
            }
        }
        taken
    }
}

pub(super) fn wakeup(row: &JobRow, now: DateTime<Utc>) -> Wakeup {
    Wakeup { message: message(row), delay_secs: delay_secs(row.available_at - now) }
}

/// Whole seconds until then, rounded up, within what the platform keeps.
fn delay_secs(wait: TimeDelta) -> u32 {
    let millis = wait.num_milliseconds() + i64::from(wait.subsec_nanos() % 1_000_000 > 0);
    let secs = (millis + 999).div_euclid(1_000).clamp(0, DELAY_SECS_MAX);
    u32::try_from(secs).unwrap_or(0)
}

fn message(row: &JobRow) -> Message {
    Message {
        type_name: row.type_name.clone(),
        data: Value::Null,
        job_id: Some(row.id),
        request_id: row.request_id.clone(),
        execution_id: row.run_id,
        idempotency_key: None,
        scheduled_for: row.scheduled_for,
        enqueued_at: Some(row.created_at),
        traceparent: row
            .starter
            .map(TraceContext::traceparent)
            .or_else(|| TraceContext::sent_with(row.run_id)),
        v: Some(row.version),
    }
}

fn outgoing(event: &EventRow) -> OutgoingEvent {
    OutgoingEvent {
        id: event.id,
        event_type: event.event_type.clone(),
        organization_id: event.organization_id.clone(),
        data: event.data.clone(),
        request_id: event.request_id.clone(),
        occurred_at: event.occurred_at,
    }
}

//! The ledger of deliveries: what was delivered and what became of each claim,
//! counted in the step that made it so.

use std::collections::BTreeSet;

use mauntic_domain::jobs::JobState;
use mauntic_flows::ports::ClaimRequest;
use uuid::Uuid;

use super::State;
use super::rows::DeliveryRow;

/// How a claim ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spent {
    /// In an effect.
    Effect,
    /// In a failure or a dead letter.
    Failure,
    /// Put off, or handed back.
    PutOff,
    /// Its lease ran out, and somebody else moved the job.
    Lost,
}

impl State {
    /// A batch was delivered, and so many of its jobs were claimed.
    pub(super) fn deliver(&mut self, request: &ClaimRequest, ids: &BTreeSet<Uuid>, taken: usize) {
        let is_final = |id: &&Uuid| {
            let row = self.jobs.get(**id);
            row.is_some_and(|row| row.queue == request.queue.name() && row.state.is_final())
        };
        let absorbed = request.repeated + count(ids.iter().filter(is_final).count());
        let fresh = DeliveryRow::new(request.queue.name(), self.now);
        let other = self.deliveries.insert(request.token, fresh);
        assert!(other.is_none(), "delivery_pkey: {}", request.token);
        self.change_delivery(Some(request.token), |row| {
            row.messages += request.messages;
            row.unreadable += count(request.letters.len());
            row.absorbed += absorbed;
            row.taken += count(taken);
        });
    }

    /// A further job was claimed for a batch.
    pub(super) fn take_more(&mut self, token: Uuid) {
        self.change_delivery(Some(token), |row| row.taken += 1);
    }

    /// The claim that holds the job, if any, ended: before its row moves.
    pub(super) fn spend(&mut self, id: Uuid, spent: Spent) {
        // A completed row keeps its token, and only a broken twin moves it again.
        let held = self.jobs.get(id).filter(|row| row.state == JobState::InProgress);
        let token = held.and_then(|row| row.lease_token);
        self.change_delivery(token, |row| match spent {
            Spent::Effect => row.effects += 1,
            Spent::Failure => row.failures += 1,
            Spent::PutOff => row.put_off += 1,
            Spent::Lost => row.lost += 1,
        });
    }

    /// The job is moved, whoever held it: before its row moves.
    pub(super) fn lose(&mut self, id: Uuid) {
        self.spend(id, Spent::Lost);
    }

    /// Changes a delivery's row; one of the build before has none.
    fn change_delivery(&mut self, token: Option<Uuid>, change: impl FnOnce(&mut DeliveryRow)) {
        let Some(row) = token.and_then(|token| self.deliveries.get_mut(&token)) else { return };
        change(row);
        let ends = row.effects + row.failures + row.put_off + row.lost;
        assert!(ends <= row.taken, "delivery_ends: {row:?}");
        let heard = row.unreadable + row.absorbed + row.taken;
        assert!(heard <= row.messages, "delivery_messages: {row:?}");
    }
}

fn count(many: usize) -> i32 {
    i32::try_from(many).unwrap_or(i32::MAX)
}

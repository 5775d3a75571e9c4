//! What the sweeps of scoring look for and write.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::EventId;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::signals;
use mauntic_flows::ports::{ContactKey, Effect, SignalKey as Key};
use serde_json::json;
use uuid::Uuid;

use super::State;
use super::rows::EventRow;
use super::signal_rows::{AlertFate, AlertRow, SignalKey, SignalRow};

impl State {
    /// A contact's signals, by their events.
    pub(super) fn signals_of(
        &self,
        contact: &ContactKey,
    ) -> impl Iterator<Item = (&SignalKey, &SignalRow)> {
        // The least name there is: no event's is before it.
        let first = EventId::parse("-").ok();
        let rows = first.map(|first| self.signals.range((contact.clone(), first)..));
        rows.into_iter().flatten().take_while(move |((of, _), _)| of == contact)
    }

    /// What a contact's signals up to a version of its inputs weigh together at
    /// an instant; archived or not, for that changes nothing of it.
    pub fn signal_points(
        &self,
        contact: &ContactKey,
        input_version: i64,
        as_of: DateTime<Utc>,
    ) -> PointsE4 {
        let counts = |row: &&SignalRow| row.counted && row.input_version <= input_version;
        let rows = self.signals_of(contact).map(|(_, row)| row).filter(counts);
        signals::sum(rows.map(|row| &row.signal), as_of)
    }

    pub(super) fn overdue_alerts(&self, now: DateTime<Utc>, limit: u32) -> Vec<Uuid> {
        let is_overdue = |row: &&AlertRow| row.fate == AlertFate::Open && row.due_at <= now;
        let mut overdue: Vec<&AlertRow> = self.alerts.values().filter(is_overdue).collect();
        overdue.sort_by_key(|row| row.due_at);
        let mut ids: Vec<Uuid> = overdue.iter().take(size(limit)).map(|row| row.id).collect();
        ids.sort_unstable();
        ids
    }

    pub(super) fn decayed_signals(&self, now: DateTime<Utc>, limit: u32) -> Vec<Key> {
        let has_decayed = |(_, row): &(&SignalKey, &SignalRow)| {
            row.archived_at.is_none() && row.signal.decayed_at() <= now
        };
        let mut decayed: Vec<(&SignalKey, &SignalRow)> =
            self.signals.iter().filter(has_decayed).collect();
        decayed.sort_by_key(|(_, row)| row.signal.decayed_at());
        let key = |((contact, event), _): &(&SignalKey, &SignalRow)| {
            (contact.0.clone(), contact.1.clone(), event.clone())
        };
        let mut keys: Vec<Key> = decayed.iter().take(size(limit)).map(key).collect();
        keys.sort_unstable();
        keys
    }

    /// Those that are still open; what somebody took on stays theirs.
    pub(super) fn expire_alerts(&mut self, effect: &Effect) {
        let job = effect.jobs.first().map(|job| job.id);
        let request = job.and_then(|job| self.jobs.get(job)?.request_id.clone());
        for id in &effect.expired_alerts {
            let now = self.now;
            let Some(alert) = self.alerts.get_mut(id) else { continue };
            if alert.fate != AlertFate::Open {
                continue;
            }
            alert.fate = AlertFate::Expired { at: now };
            let (owner, contact) = alert.contact.clone();
            let data = json!({
                "alertId": alert.id, "contactId": contact, "signalType": alert.signal_type,
                "priority": alert.priority,
            });
            let row = EventRow {
                id: self.new_id(),
                organization_id: Some(owner.into()),
                event_type: "scoring.AlertExpired".to_owned(),
                data,
                job_id: job,
                request_id: request.clone(),
                occurred_at: now,
                wake_at: now,
                sent_at: None,
            };
            self.outbox.insert(row.id, row);
        }
    }

    pub(super) fn archive_signals(&mut self, signals: &[Key]) {
        let now = self.now;
        for (owner, contact, event) in signals {
            let key = ((owner.clone(), contact.clone()), event.clone());
            if let Some(row) = self.signals.get_mut(&key)
                && row.archived_at.is_none()
            {
                row.archived_at = Some(now);
            }
        }
    }
}

fn size(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

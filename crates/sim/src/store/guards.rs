//! Breakers, changed only on the version that was read, and the notification
//! ledger.

use chrono::{DateTime, Utc};
use mauntic_domain::breaker::Breaker;
use mauntic_domain::notifications::{RESERVATION, Reservation, Window};
use mauntic_flows::ports::{Dependency, GuardStore, PortError};
use uuid::Uuid;

use super::rows::NotificationRow;
use super::{MemorySession, State};
use crate::faults::Call;

impl GuardStore for MemorySession {
    async fn breaker(
        &self,
        dependency: Dependency,
    ) -> Result<(Breaker, i64, DateTime<Utc>), PortError> {
        self.call(Call::Breaker, |state| {
            let row = state.breakers.get(dependency.name());
            let (breaker, version) =
                row.map_or_else(Default::default, |(breaker, version, _)| (*breaker, *version));
            Ok((breaker, version, state.now))
        })
        .await
    }

    async fn put_breaker(
        &self,
        dependency: Dependency,
        version: i64,
        breaker: Breaker,
    ) -> Result<bool, PortError> {
        self.call(Call::PutBreaker, |state| {
            let stored =
                state.breakers.get(dependency.name()).map_or(0, |(_, version, _)| *version);
            let is_current = stored == version;
            if is_current {
                state.breakers.insert(dependency.name(), (breaker, version + 1, state.now));
            }
            Ok(is_current)
        })
        .await
    }

    async fn try_record(
        &self,
        subject: &str,
        kind: &'static str,
        window: Window,
        token: Uuid,
        fresh_id: Uuid,
    ) -> Result<Reservation, PortError> {
        let key = (subject.to_owned(), kind.to_owned());
        self.call(Call::TryRecord, |state| Ok(state.try_record(key, window, token, fresh_id))).await
    }
}

impl State {
    fn try_record(
        &mut self,
        key: (String, String),
        window: Window,
        token: Uuid,
        fresh_id: Uuid,
    ) -> Reservation {
        let now = self.now;
        assert!((1..=200).contains(&key.0.chars().count()), "notification_subject_check");
        let is_over = |row: &&mut NotificationRow| row.sent_at.is_some() && row.expires_at <= now;
        if let Some(row) = self.notifications.get_mut(&key).filter(|row| !is_over(row)) {
            return match row.lease_until {
                None => Reservation::Sent,
                Some(until) if until > now && row.token != token => Reservation::Held { until },
                // What was never known to be told keeps its id.
                Some(_) => {
                    if row.expires_at <= now {
                        row.expires_at = now + window.length();
                    }
                    row.reserve(token, now);
                    Reservation::Reserved { id: row.id }
                }
            };
        }
        let row = NotificationRow {
            id: fresh_id,
            token,
            lease_until: Some(now + RESERVATION),
            sent_at: None,
            expires_at: now + window.length(),
        };
        self.notifications.insert(key, row);
        Reservation::Reserved { id: fresh_id }
    }
}

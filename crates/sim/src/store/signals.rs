//! An organization's signals, alerts and explained scores.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::scoring::Config;
use mauntic_flows::ports::{
    Acknowledged, AlertFate, AlertFilter, AlertView, ContactKey, ContactView, Days, HistoryDay,
    Page, Paged, PortError, RequestKey, SIGNALS_READ_MAX, SignalList, SignalPlace, SignalStore,
    SignalView,
};
use uuid::Uuid;

use super::signal_rows::{AlertRow, DocumentRow, SignalKey, SignalRow};
use super::tenant::score_row;
use super::{MemorySession, State};
use crate::faults::Call;

impl SignalStore for MemorySession {
    async fn contact_view(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<Option<ContactView>, PortError> {
        let key = (organization.clone(), contact.clone());
        self.call(Call::ContactView, |state| state.contact_view(&key, as_of)).await
    }

    async fn history(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
        days: Days,
    ) -> Result<Option<Vec<HistoryDay>>, PortError> {
        let key = (organization.clone(), contact.clone());
        self.call(Call::History, |state| Ok(state.history_of(&key, days))).await
    }

    async fn signals(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
        after: Option<&SignalPlace>,
        limit: i64,
    ) -> Result<Option<SignalList>, PortError> {
        let key = (organization.clone(), contact.clone());
        self.call(Call::Signals, |state| Ok(state.signal_list(&key, after, limit))).await
    }

    async fn alerts(
        &self,
        organization: &OrganizationId,
        filter: &AlertFilter,
        page: Page,
    ) -> Result<Paged<AlertView>, PortError> {
        self.call(Call::Alerts, |state| Ok(state.alert_views(organization, filter, page))).await
    }

    async fn acknowledge(
        &self,
        organization: &OrganizationId,
        alert: Uuid,
        by: &str,
        key: Option<&RequestKey>,
    ) -> Result<Acknowledged, PortError> {
        self.call(Call::Acknowledge, |state| {
            let known: Option<()> = state.answer_to(key)?;
            let made = state.acknowledge(organization, alert, by);
            if known.is_none() && matches!(made, Acknowledged::Theirs(_)) {
                state.keep_answer(key, Some(organization.as_str()), &());
            }
            Ok(made)
        })
        .await
    }
}

impl State {
    fn contact_view(
        &self,
        key: &ContactKey,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<Option<ContactView>, PortError> {
        let Some((features, input_version)) = self.features.get(key) else { return Ok(None) };
        let score = self.scores.get(key).map(|row| score_row(row, *input_version));
        let config = match (as_of, &score) {
            (Some(_), _) => self.document(&key.0, None),
            (None, Some(score)) => self.document_of(&key.0, score.config_version),
            (None, None) => None,
        };
        let (config, config_version) = match config {
            Some(row) => (row.factors.clone()?, row.version),
            None => (Config::default(), 0),
        };
        // As of an instant all signals, else those of the stored score's inputs.
        let stored = score.as_ref().map(|score| (score.calculated_at, score.input_version));
        let at = as_of.map(|at| (at, i64::MAX)).or(stored);
        let weighs = |row: &SignalRow| {
            at.is_some_and(|(instant, version)| {
                let is_live =
                    row.signal.detected_at <= instant && row.signal.decayed_at() > instant;
                is_live && row.counted && row.input_version <= version
            })
        };
        let mut signals = self.signals_newest_first(key);
        signals.retain(|(_, row)| weighs(row));
        let most = usize::try_from(SIGNALS_READ_MAX).unwrap_or(usize::MAX);
        Ok(Some(ContactView {
            now: self.now,
            features: features.clone()?,
            input_version: *input_version,
            config,
            config_version,
            score,
            truncated: signals.len() > most,
            signals: signals.into_iter().take(most).map(signal_view).collect(),
        }))
    }

    fn document_of(&self, owner: &OrganizationId, version: i64) -> Option<&DocumentRow> {
        self.documents.get(owner)?.iter().find(|row| row.version == version)
    }

    fn signals_newest_first(&self, key: &ContactKey) -> Vec<(&SignalKey, &SignalRow)> {
        let mut signals: Vec<_> = self.signals_of(key).collect();
        signals.sort_by_key(|((_, event), row)| Reverse((row.signal.detected_at, event)));
        signals
    }

    fn history_of(&self, key: &ContactKey, days: Days) -> Option<Vec<HistoryDay>> {
        self.features.get(key)?;
        let is_asked =
            |day| days.from.is_none_or(|from| day >= from) && days.to.is_none_or(|to| day <= to);
        let rows = self.history.iter().rev();
        let found = rows.filter(|((of, day), _)| of == key && is_asked(*day));
        let found = found.map(|((_, day), row)| HistoryDay {
            day: *day,
            total: row.total,
            grade: row.grade,
            categories: row.categories,
            updated_at: row.updated_at,
        });
        Some(found.take(size(days.limit)).collect())
    }

    fn signal_list(
        &self,
        key: &ContactKey,
        after: Option<&SignalPlace>,
        limit: i64,
    ) -> Option<SignalList> {
        self.features.get(key)?;
        let mut signals = self.signals_newest_first(key);
        signals.retain(|((_, event), row)| {
            after.is_none_or(|place| {
                (row.signal.detected_at, event) < (place.detected_at, &place.event_id)
            })
        });
        let signals = signals.into_iter().take(size(limit)).map(signal_view).collect();
        Some(SignalList { now: self.now, signals })
    }

    fn alert_views(
        &self,
        owner: &OrganizationId,
        filter: &AlertFilter,
        page: Page,
    ) -> Paged<AlertView> {
        let is_asked = |row: &&AlertRow| {
            row.contact.0 == *owner
                && page.before.is_none_or(|before| row.id < before)
                && (filter.statuses.is_empty() || filter.statuses.contains(&row.fate.status()))
                && (filter.priorities.is_empty() || filter.priorities.contains(&row.priority))
                && filter.contact_id.as_ref().is_none_or(|contact| row.contact.1 == *contact)
        };
        let mut found = self.alerts.values().rev().filter(is_asked).map(alert_view);
        let items: Vec<AlertView> = found.by_ref().take(size(page.limit)).collect();
        let next = found.next().and(items.last()).map(|last| last.id);
        Paged { items, next }
    }

    fn acknowledge(&mut self, owner: &OrganizationId, id: Uuid, by: &str) -> Acknowledged {
        let now = self.now;
        let alert = self.alerts.get_mut(&id).filter(|row| row.contact.0 == *owner);
        let alert = alert.map(|row| {
            if row.fate == AlertFate::Open {
                row.fate = AlertFate::Acknowledged { at: now, by: by.to_owned() };
            }
            alert_view(row)
        });
        Acknowledged::of(alert, by)
    }
}

fn signal_view(((_, event_id), row): (&SignalKey, &SignalRow)) -> SignalView {
    SignalView {
        event_id: event_id.clone(),
        signal_type: row.signal_type.clone(),
        source: row.source,
        priority: row.priority,
        signal: row.signal,
        input_version: row.input_version,
        received_at: row.received_at,
        counted: row.counted,
        archived_at: row.archived_at,
    }
}

fn alert_view(row: &AlertRow) -> AlertView {
    AlertView {
        id: row.id,
        contact_id: row.contact.1.clone(),
        signal_type: row.signal_type.clone(),
        priority: row.priority,
        event_id: row.event_id.clone(),
        opened_at: row.opened_at,
        due_at: row.due_at,
        fate: row.fate.clone(),
    }
}

fn size(limit: i64) -> usize {
    usize::try_from(limit).unwrap_or(0)
}

//! Retention of contact events and of what they made.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::analytics::dropped_before;
use mauntic_domain::contact_events::{ACTIVITY_KEPT, SEEN_KEPT};
use mauntic_domain::scoring::signals::SIGNALS_KEPT;
use mauntic_flows::ports::EventsRetired;

use super::State;
use super::signal_rows::{AlertFate, AlertRow};

impl State {
    pub(super) fn retire_contact_events(&mut self, limit: i64) -> EventsRetired {
        let most = usize::try_from(limit).unwrap_or(0);
        let (seen, signals) = (self.now - SEEN_KEPT, self.now - SIGNALS_KEPT);
        let before = self.now - ACTIVITY_KEPT;
        let dropped = dropped_before(self.now);
        self.activity.retain(|(_, at, _), _| *at >= dropped);
        EventsRetired {
            seen: take(&mut self.seen, most, |row| row.seen_at < seen),
            enrichments: take_by(&mut self.enrichments, most, |(_, at, _), _| *at < dropped),
            signals: take(&mut self.signals, most, |row| {
                row.archived_at.is_some() && row.signal.detected_at < signals
            }),
            alerts: take(&mut self.alerts, most, |row| {
                closed_at(row).is_some_and(|at| at < before)
            }),
        }
    }
}

const fn closed_at(row: &AlertRow) -> Option<DateTime<Utc>> {
    match &row.fate {
        AlertFate::Open => None,
        AlertFate::Acknowledged { at, .. } | AlertFate::Expired { at } => Some(*at),
    }
}

/// Takes at most so many rows out of a table; returns how many.
fn take<K: Ord + Clone, V>(
    table: &mut BTreeMap<K, V>,
    most: usize,
    is_old: impl Fn(&V) -> bool,
) -> u64 {
    take_by(table, most, |_, row| is_old(row))
}

/// The same, by the keys.
fn take_by<K: Ord + Clone, V>(
    table: &mut BTreeMap<K, V>,
    most: usize,
    is_old: impl Fn(&K, &V) -> bool,
) -> u64 {
    let old: Vec<K> = table
        .iter()
        .filter(|(key, row)| is_old(key, row))
        .map(|(key, _)| key.clone())
        .take(most)
        .collect();
    old.iter().for_each(|key| drop(table.remove(key)));
    u64::try_from(old.len()).unwrap_or(u64::MAX)
}

//! Events, each once; the signals that they make; alerts, at most one open.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::{EventId, OrganizationId};
use mauntic_domain::jobs::JobType;
use mauntic_flows::ports::ContactKey;
use serde_json::Value;

use crate::engine::failure::{Failed, fail};
use crate::engine::world::World;
use crate::store::State;
use crate::store::signal_rows::{AlertFate, AlertRow, SignalRow};

/// Signals are kept for longer than this, and events for longer than signals.
const KEPT: TimeDelta = TimeDelta::days(390);

/// An event, by whose it is.
type Name = (OrganizationId, EventId);

/// Each event is one row of activity, and one signal where it is of a kind that
/// makes one.
pub(super) fn once(world: &World) -> Failed {
    world.ports.store.look(|state| {
        let mut told: BTreeSet<Name> = BTreeSet::new();
        for ((owner, _, id), row) in state.activity() {
            if !told.insert((owner.clone(), id.clone())) {
                return fail("an event is taken in once", format_args!("{owner}/{id}"));
            }
            if row.received_at < world.now() - KEPT {
                continue;
            }
            let contact = (owner.clone(), row.event.contact_id.clone());
            let is_there = state.signals().contains_key(&(contact, id.clone()));
            // Nobody configures signals here.
            if row.event.kind.observed().is_some() != is_there {
                return fail("an event makes its signal", format_args!("{row:?}"));
            }
        }
        let known = |name: &Name| told.contains(name);
        for ((contact, id), row) in state.signals() {
            if !known(&(contact.0.clone(), id.clone())) {
                return fail("a signal has its event", format_args!("{row:?}"));
            }
            let decayed = row.signal.decayed_at();
            if row.archived_at.is_some_and(|at| at < decayed) {
                return fail("only what has decayed is archived", format_args!("{row:?}"));
            }
        }
        for name in &world.model.accepted {
            if !known(name) && world.model.archive.is_empty() {
                return fail("an accepted event is there", format_args!("{name:?}"));
            }
        }
        Ok(())
    })
}

/// Of a contact's signals of one type and day the earliest count, as many as the
/// cap lets.
pub(super) fn capped(world: &World) -> Failed {
    type Day<'a> = (&'a ContactKey, &'a str, i64);
    type Found<'a> = (DateTime<Utc>, &'a EventId, &'a SignalRow);
    world.ports.store.look(|state| {
        let mut days: BTreeMap<Day<'_>, Vec<Found<'_>>> = BTreeMap::new();
        for ((contact, id), row) in state.signals() {
            let day = row.signal.detected_at.timestamp().div_euclid(86_400);
            let of = days.entry((contact, row.signal_type.as_str(), day)).or_default();
            of.push((row.signal.detected_at, id, row));
        }
        for (day, mut rows) in days {
            rows.sort_by_key(|(at, id, _)| (*at, (*id).clone()));
            for (place, (_, id, row)) in rows.iter().enumerate() {
                if row.counted != (place < usize::from(row.cap_per_day)) {
                    return fail("the earliest of a day count", format_args!("{day:?}, {id}"));
                }
            }
        }
        Ok(())
    })
}

/// At most one alert of a contact and type is open; every urgent signal has one
/// that it opened or found open; and somebody is told of each.
pub(super) fn alerted(world: &World) -> Failed {
    world.ports.store.look(|state| {
        let mut open = BTreeSet::new();
        for alert in state.alerts().values() {
            let of = (&alert.contact, &alert.signal_type);
            if alert.fate == AlertFate::Open && !open.insert(of) {
                return fail("one alert of a contact and type is open", format_args!("{alert:?}"));
            }
            if matches!(alert.fate, AlertFate::Expired { at } if at < alert.due_at) {
                return fail("an alert expires when it is overdue", format_args!("{alert:?}"));
            }
            let told = world.model.archive.all_jobs(state).filter(|row| {
                let id = row.data.get("alertId").and_then(Value::as_str);
                row.type_name == JobType::NotifyAlert.name() && id == Some(&alert.id.to_string())
            });
            if told.count() != 1 {
                return fail("somebody is told of an alert", format_args!("{alert:?}"));
            }
        }
        for ((contact, id), row) in state.signals() {
            let is_urgent = row.priority.opens_alert();
            if is_urgent && !has_alert(state, contact, row) && world.model.archive.is_empty() {
                return fail("an urgent signal has its alert", format_args!("{id}: {row:?}"));
            }
        }
        Ok(())
    })
}

/// Whether an alert of its contact and type was open when the signal came.
fn has_alert(state: &State, contact: &ContactKey, row: &SignalRow) -> bool {
    let was_open = |alert: &&AlertRow| {
        let ended = match &alert.fate {
            AlertFate::Open => None,
            AlertFate::Acknowledged { at, .. } | AlertFate::Expired { at } => Some(*at),
        };
        alert.contact == *contact
            && alert.signal_type == row.signal_type
            && alert.opened_at <= row.received_at
            && ended.is_none_or(|at| at >= row.received_at)
    };
    state.alerts().values().any(|alert| was_open(&alert))
}

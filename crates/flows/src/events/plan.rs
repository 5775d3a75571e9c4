//! What a batch's bodies hold: events, each once, and what is wrong with the
//! rest; pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::contact_events::{ContactEvent, read_body, read_event};
use mauntic_domain::ids::{EventId, OrganizationId};

use crate::consume::{Body, Delivery};
use crate::ports::{DeadLetter, EventFate};

/// Reason of a letter some of whose events are wrong.
const BAD_EVENT: &str = "bad_event";

/// Reason of a letter whose events nobody owns.
const UNKNOWN_ORGANIZATION: &str = "unknown_organization";

/// An event's key; sorts as the rows are locked.
pub(super) type Place = (OrganizationId, EventId);

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct At {
    message: usize,
    index: usize,
}

/// What is wrong with a message, or with one of its events.
#[derive(Debug)]
struct Fault {
    reason: &'static str,
    text: String,
}

/// A batch, read.
#[derive(Debug)]
pub(super) struct Plan {
    /// The events that can be written, with all that are the same; the first of
    /// them is it.
    events: BTreeMap<Place, (ContactEvent, Vec<At>)>,
    /// By message.
    faults: BTreeMap<usize, Vec<Fault>>,
    event_count: usize,
    /// Events of each message.
    counts: BTreeMap<usize, usize>,
}

impl Plan {
    pub(super) fn of(deliveries: &[Delivery], now: DateTime<Utc>) -> Self {
        let mut plan = Self {
            events: BTreeMap::new(),
            faults: BTreeMap::new(),
            event_count: 0,
            counts: BTreeMap::new(),
        };
        for (message, delivery) in deliveries.iter().enumerate() {
            plan.read(message, &delivery.body, now);
        }
        plan
    }

    fn read(&mut self, message: usize, body: &Body, now: DateTime<Utc>) {
        let Some(text) = text(body) else {
            self.fault(message, "not_text", "the body is no text".to_owned());
            return;
        };
        let events = match read_body(text) {
            Ok(events) => events,
            Err(error) => return self.fault(message, error.code(), error.to_string()),
        };
        self.event_count += events.len();
        self.counts.insert(message, events.len());
        for (index, event) in events.iter().enumerate() {
            match read_event(event, None, now) {
                Ok(event) => {
                    let place = (event.organization_id.clone(), event.id.clone());
                    let (_, ats) = self.events.entry(place).or_insert((event, Vec::new()));
                    ats.push(At { message, index });
                }
                Err(fault) => self.fault(message, BAD_EVENT, format!("event {index}: {fault}")),
            }
        }
    }

    fn fault(&mut self, message: usize, reason: &'static str, text: String) {
        self.faults.entry(message).or_default().push(Fault { reason, text });
    }

    /// Events of all messages, wrong ones and repeats with them.
    pub(super) const fn event_count(&self) -> usize {
        self.event_count
    }

    /// Events that stand in the batch again.
    pub(super) fn repeated(&self) -> usize {
        self.events.values().map(|(_, ats)| ats.len() - 1).sum()
    }

    /// The events that can be written, in the order in which rows are locked.
    pub(super) fn places(&self) -> Vec<Place> {
        self.events.keys().cloned().collect()
    }

    /// The events at these places.
    pub(super) fn events(&self, places: &[Place]) -> Vec<ContactEvent> {
        let found = places.iter().filter_map(|place| self.events.get(place));
        found.map(|(event, _)| event.clone()).collect()
    }

    /// The places, those of one message together; an event of several belongs to
    /// the first.
    pub(super) fn by_message(&self, places: &[Place]) -> Vec<Vec<Place>> {
        let mut by_message: BTreeMap<usize, Vec<Place>> = BTreeMap::new();
        for place in places {
            let first = self.events.get(place).and_then(|(_, ats)| ats.first());
            by_message.entry(first.map_or(0, |at| at.message)).or_default().push(place.clone());
        }
        by_message.into_values().collect()
    }

    /// Events of organizations that nobody knows.
    pub(super) fn refuse_unknown(&mut self, places: &[Place], fates: &[EventFate]) {
        let unknown =
            places.iter().zip(fates).filter(|(_, fate)| **fate == EventFate::UnknownOrganization);
        let unknown: Vec<Place> = unknown.map(|(place, _)| place.clone()).collect();
        self.refuse(&unknown, UNKNOWN_ORGANIZATION, "/organizationId: nobody knows it");
    }

    /// Events that cannot be written, wherever they stand.
    pub(super) fn refuse(&mut self, places: &[Place], reason: &'static str, why: &str) {
        for place in places {
            let ats = self.events.get(place).map(|(_, ats)| ats.clone()).unwrap_or_default();
            for at in ats {
                self.fault(at.message, reason, format!("event {}: {why}", at.index));
            }
        }
    }

    /// A letter of each message that is not whole, with its position.
    pub(super) fn letters(&self, deliveries: &[Delivery]) -> Vec<(usize, DeadLetter)> {
        let letter = |(index, faults): (&usize, &Vec<Fault>)| {
            let delivery = deliveries.get(*index)?;
            let first = faults.first()?;
            let is_same = faults.iter().all(|fault| fault.reason == first.reason);
            let texts: Vec<&str> = faults.iter().map(|fault| fault.text.as_str()).collect();
            let head = self
                .counts
                .get(index)
                .map(|count| format!("{} of {count} events not taken in: ", faults.len()));
            let letter = DeadLetter {
                message_id: delivery.message_id.clone(),
                body: bytes(&delivery.body),
                reason: if is_same { first.reason } else { BAD_EVENT },
                detail: head.unwrap_or_default() + &texts.join("; "),
            };
            Some((*index, letter))
        };
        self.faults.iter().filter_map(letter).collect()
    }
}

fn text(body: &Body) -> Option<&str> {
    match body {
        Body::Text(text) => Some(text),
        Body::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
        Body::Opaque(_) => None,
    }
}

fn bytes(body: &Body) -> Vec<u8> {
    match body {
        Body::Text(text) | Body::Opaque(text) => text.clone().into_bytes(),
        Body::Bytes(bytes) => bytes.clone(),
    }
}

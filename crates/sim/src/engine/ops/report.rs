//! What products report of their contacts.

use chrono::{SecondsFormat, TimeDelta};
use mauntic_domain::ids::OrganizationId;
use mauntic_flows::commands::report_events::report_events as report;
use mauntic_flows::ports::{Database, PortError};
use serde_json::{Value, json};

use super::produce::ask;
use crate::engine::failure::Failed;
use crate::engine::model::Asked;
use crate::engine::world::World;

/// Events that an organization has; most reports bring one of them again.
const EVENTS: usize = 40;

/// How old a new event is at the most, in minutes: a part of a signal's week.
const AGE_MINUTES_MAX: i64 = 5 * 24 * 60;

/// A report of a few events, some of which came before.
pub(super) fn report_events(world: &mut World) -> Failed {
    let owner = world.owner();
    let many = 1 + world.rng.below(4);
    let events: Vec<Value> = (0..many).map(|_| event(world, &owner)).collect();
    let (ports, request_id) = (world.ports.clone(), world.request_id());
    ask(world, "report", async move {
        let answer = async {
            let session = ports.store.open().await?;
            Ok::<_, PortError>(report(&ports, &session, &owner, &events, &request_id).await?.0)
        };
        let answer = answer.await;
        Asked::Reported { owner, events, answer }
    })
}

/// One of the organization's events, whole again if it was made before.
fn event(world: &mut World, owner: &OrganizationId) -> Value {
    let nth = world.rng.below(EVENTS);
    if let Some(event) = world.model.events.get(&(owner.clone(), nth)) {
        return event.clone();
    }
    let (_, contact) = world.contact();
    let (event_type, mut data) = match world.rng.below(8) {
        0 => ("content.PageVisited", json!({"url": "https://example.com/pricing"})),
        1 => ("content.FormSubmitted", json!({"formType": "demo"})),
        2 => ("delivery.MessageSent", json!({"campaignId": "spring"})),
        3 => ("enrichment.JobFinished", json!({"status": "succeeded", "cost": 0.25})),
        4 => {
            let weight = world.rng.below(999);
            ("intent.SignalObserved", json!({"signalType": "G2_RESEARCH", "weight": weight}))
        }
        5 => ("crm.ContactUpdated", json!({})),
        // Wrong: told by its position, and no other is kept from its place.
        6 => ("intent.SignalObserved", json!({"weight": -1})),
        _ => ("delivery.MessageOpened", json!({})),
    };
    if let Value::Object(fields) = &mut data {
        fields.insert("contactId".to_owned(), json!(contact));
    }
    let age = TimeDelta::minutes(world.between(0, AGE_MINUTES_MAX));
    let occurred_at = (world.now() - age).to_rfc3339_opts(SecondsFormat::Millis, true);
    let id = format!("evt-{nth}");
    let event = json!({"id": id, "type": event_type, "occurredAt": occurred_at, "data": data});
    world.model.events.insert((owner.clone(), nth), event.clone());
    event
}

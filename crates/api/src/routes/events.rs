//! `POST /api/v1/events`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mauntic_domain::contact_events::{EventFault, REQUEST_EVENTS_MAX};
use mauntic_flows::commands;
use mauntic_flows::commands::report_events::Reported;
use mauntic_flows::ports::Ports;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::auth::{Tenant, Write};
use crate::body::RawBody;
use crate::faults::{Faults, Part};
use crate::observe::{RequestId, note_send};
use crate::pointer::{Pointer, expectation};
use crate::problem::Problem;
use crate::problems::WriteProblems;
use crate::state::Shared;

const EVENTS: &str = "events";

/// One event, or `{"events": […]}` with 1 to 1,000 of them.
// For the document only: events are read as those of the queue are.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = EventReport)]
pub(crate) enum ReportBody {
    One(EventBody),
    Many {
        #[schema(min_items = 1, max_items = 1_000)]
        events: Vec<EventBody>,
    },
}

/// What a contact did. Fields that are not known are tolerated.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContactEvent, example = json!({"id": "evt_1", "type": "content.PageVisited", "occurredAt": "2026-02-19T10:00:00.000Z", "data": {"contactId": "contact_456", "url": "https://example.com/pricing"}}))]
pub(crate) struct EventBody {
    /// The event's own id: what comes again under it changes nothing.
    id: String,
    /// Such as `content.PageVisited`.
    #[serde(rename = "type")]
    type_name: String,
    /// At most 35 days ago and 5 minutes ahead.
    #[schema(format = DateTime)]
    occurred_at: String,
    /// `contactId`, and what the type has.
    #[schema(value_type = Object)]
    data: Value,
}

/// The events are taken in, but for those that are rejected.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Taken {
    /// Events that were new.
    accepted: usize,
    /// Events that came before.
    repeated: usize,
    /// Signals that they made.
    signals: u64,
    /// Alerts that were opened.
    alerts: u64,
    /// Events that are not valid.
    rejected: Vec<Rejected>,
}

/// An event that is not valid.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rejected {
    /// Its position.
    index: usize,
    /// JSON pointer (RFC 6901) into the body.
    pointer: String,
    /// What the value must be, for people.
    message: String,
}

/// Takes in what contacts did. An event's id makes it count once, so that a
/// request may be repeated without a key.
#[utoipa::path(
    post,
    path = "/api/v1/events",
    tag = "events",
    request_body(content = ReportBody, content_type = "application/json"),
    responses((status = 202, description = "Taken in, but for what is rejected", body = Taken), WriteProblems),
    security(("bearer" = []))
)]
pub(super) async fn report_events<P: Ports>(
    State(state): State<Shared<P>>,
    tenant: Tenant<P, Write>,
    request_id: RequestId,
    RawBody(fields): RawBody,
) -> Result<(StatusCode, Json<Taken>), Problem> {
    let (events, at) = parse(fields)?;
    let (reported, sent) = commands::report_events::report_events(
        state.ports.as_ref(),
        &tenant.session,
        &tenant.organization,
        &events,
        &request_id.0,
    )
    .await?;
    note_send(&state, &request_id, sent);
    let rejected = rejected(&reported, at);
    if reported.rejected.len() == events.len() {
        let mut faults = Faults::of(Part::Body);
        for one in rejected {
            faults.add(&Pointer::written(one.pointer), one.message);
        }
        return Err(faults.problem());
    }
    let Reported { accepted, repeated, signals, alerts, .. } = reported;
    Ok((StatusCode::ACCEPTED, Json(Taken { accepted, repeated, signals, alerts, rejected })))
}

/// Where events stand in a body.
#[derive(Clone, Copy)]
enum At {
    /// The body is the one event.
    Root,
    /// In its list.
    List,
}

fn parse(mut fields: Map<String, Value>) -> Result<(Vec<Value>, At), Problem> {
    let Some(events) = fields.remove(EVENTS) else {
        return Ok((vec![Value::Object(fields)], At::Root));
    };
    let (root, mut faults) = (Pointer::root(), Faults::of(Part::Body));
    for name in fields.keys() {
        faults.add(&root.field(name), format!("is not known here; known is {EVENTS}"));
    }
    let must = || format!("must be a list of 1 to {REQUEST_EVENTS_MAX} events");
    match events {
        Value::Array(events) if (1..=REQUEST_EVENTS_MAX).contains(&events.len()) => {
            faults.check().map(|()| (events, At::List))
        }
        _ => {
            faults.add(&root.field(EVENTS), must());
            Err(faults.problem())
        }
    }
}

fn rejected(reported: &Reported, at: At) -> Vec<Rejected> {
    let rejected = |(index, fault): &(usize, EventFault)| Rejected {
        index: *index,
        pointer: match at {
            At::Root => fault.pointer.clone(),
            At::List => format!("/{EVENTS}/{index}{}", fault.pointer),
        },
        message: expectation(&fault.message),
    };
    reported.rejected.iter().map(rejected).collect()
}

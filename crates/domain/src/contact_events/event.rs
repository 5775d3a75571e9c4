//! One event: what stands around its data, and the checks of it.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::fields::text;
use super::kind::EventKind;
use super::{DATA_BYTES_MAX, EVENT_AGE_MAX, EVENT_FUTURE_MAX};
use crate::ids::{ContactId, EventId, OrganizationId};
use crate::object::has_nul;

/// A checked event.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactEvent {
    /// Its own id: a repeat has the same.
    pub id: EventId,
    /// Whose contact.
    pub organization_id: OrganizationId,
    /// Which contact.
    pub contact_id: ContactId,
    /// When it happened, in whole milliseconds.
    pub occurred_at: DateTime<Utc>,
    /// What it says.
    pub kind: EventKind,
    /// The campaign that it belongs to, if it names one.
    pub campaign_id: Option<String>,
    /// The data as it came, without the contact.
    pub data: Map<String, Value>,
}

/// What is wrong with an event, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {message}")]
pub struct EventFault {
    /// JSON pointer (RFC 6901) into the event.
    pub pointer: String,
    /// What it must be; never what it is, which may be long or hostile.
    pub message: String,
}

impl EventFault {
    pub(super) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into() }
    }
}

/// An event that nobody has looked at.
pub type RawEvent = Value;

/// Most characters of a campaign's id.
pub const CAMPAIGN_CHARS_MAX: usize = 64;

/// Reads an event at the time `now`. Who sends it may be known already: then it
/// need not name its `organization`, and can name no other.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read_event(
    event: &RawEvent,
    organization: Option<&OrganizationId>,
    now: DateTime<Utc>,
) -> Result<ContactEvent, EventFault> {
    let fields = event.as_object().ok_or_else(|| EventFault::new("", "must be a JSON object"))?;
    let id = name(fields, "id", EventId::parse)?;
    let organization_id = owner(fields, organization)?;
    let occurred_at = occurred_at(fields, now)?;
    let type_name = fields.get("type").and_then(Value::as_str);
    let type_name = type_name.ok_or_else(|| EventFault::new("/type", "must be a string"))?;
    let data = fields.get("data").and_then(Value::as_object);
    let data = data.ok_or_else(|| EventFault::new("/data", "must be a JSON object"))?;
    check_data(data)?;
    let contact_id = text(data, "contactId")?.unwrap_or_default();
    let contact_id = ContactId::parse(contact_id)
        .map_err(|error| EventFault::new("/data/contactId", error.to_string()))?;
    let kind = EventKind::read(type_name, data)?;
    let campaign_id = campaign(data)?;
    let mut data = data.clone();
    data.remove("contactId");
    Ok(ContactEvent { id, organization_id, contact_id, occurred_at, kind, campaign_id, data })
}

fn name<T, E: ToString>(
    fields: &Map<String, Value>,
    field: &str,
    parse: impl FnOnce(String) -> Result<T, E>,
) -> Result<T, EventFault> {
    let fault = |message: String| EventFault::new(format!("/{field}"), message);
    let text = fields.get(field).and_then(Value::as_str);
    let text = text.ok_or_else(|| fault("must be a string".to_owned()))?;
    parse(text.to_owned()).map_err(|error| fault(error.to_string()))
}

fn owner(
    fields: &Map<String, Value>,
    known: Option<&OrganizationId>,
) -> Result<OrganizationId, EventFault> {
    let Some(known) = known else { return name(fields, "organizationId", OrganizationId::parse) };
    match fields.get("organizationId") {
        None | Some(Value::Null) => Ok(known.clone()),
        Some(Value::String(text)) if text == known.as_str() => Ok(known.clone()),
        Some(_) => Err(EventFault::new("/organizationId", "must be the sender's own, or absent")),
    }
}

fn occurred_at(
    fields: &Map<String, Value>,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, EventFault> {
    let fault = |message: &str| EventFault::new("/occurredAt", message);
    let text = fields.get("occurredAt").and_then(Value::as_str).unwrap_or_default();
    let time = DateTime::parse_from_rfc3339(text)
        .map_err(|_| fault("must be a time with its zone, as in 2026-02-19T10:00:00.000Z"))?
        .with_timezone(&Utc);
    if time > now + EVENT_FUTURE_MAX {
        return Err(fault("must not be more than 5 minutes ahead"));
    }
    if time < now - EVENT_AGE_MAX {
        return Err(fault("must not be more than 35 days ago: a repeat of it would not be known"));
    }
    // Also of a leap second, which has more than its milliseconds.
    let millis = DateTime::from_timestamp_millis(time.timestamp_millis());
    millis.ok_or_else(|| fault("must be a time of this era"))
}

fn check_data(data: &Map<String, Value>) -> Result<(), EventFault> {
    let text = serde_json::to_string(data)
        .map_err(|_| EventFault::new("/data", "must be a JSON object"))?;
    if text.len() > DATA_BYTES_MAX {
        let message = format!("must have at most {DATA_BYTES_MAX} bytes as JSON");
        return Err(EventFault::new("/data", message));
    }
    // The database stores no U+0000; JSON writes it as an escape.
    if text.contains("\\u0000") && contains_nul(data) {
        return Err(EventFault::new("/data", "must not contain the character U+0000"));
    }
    Ok(())
}

fn contains_nul(data: &Map<String, Value>) -> bool {
    data.iter().any(|(name, value)| name.contains('\0') || has_nul(value))
}

fn campaign(data: &Map<String, Value>) -> Result<Option<String>, EventFault> {
    let Some(campaign) = text(data, "campaignId")? else { return Ok(None) };
    if campaign.is_empty() || campaign.chars().count() > CAMPAIGN_CHARS_MAX {
        let message = format!("must have 1 to {CAMPAIGN_CHARS_MAX} characters");
        return Err(EventFault::new("/data/campaignId", message));
    }
    Ok(Some(campaign.to_owned()))
}

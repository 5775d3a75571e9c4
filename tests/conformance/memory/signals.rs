//! The double's rows of contact events, and of what they make.

use mauntic_domain::points::PointsE4;
use mauntic_sim::store::State;
use mauntic_sim::store::signal_rows::AlertFate;
use serde_json::{Value, json};

pub(super) fn seen(state: &State) -> Value {
    let rows = state.seen().iter().map(|((owner, event), row)| {
        json!({
            "organization_id": owner, "event_id": event, "batch": row.batch,
            "seen_at": row.seen_at,
        })
    });
    rows.collect()
}

pub(super) fn activity(state: &State) -> Value {
    let rows = state.activity().iter().map(|((owner, at, id), row)| {
        let event = &row.event;
        json!({
            "organization_id": owner, "occurred_at": at, "event_id": id,
            "contact_id": event.contact_id, "event_type": event.kind.type_name(),
            "channel": event.kind.channel().as_str(), "campaign_id": event.campaign_id,
            "data": event.data, "received_at": row.received_at,
        })
    });
    rows.collect()
}

pub(super) fn enrichments(state: &State) -> Value {
    let rows = state.enrichments().iter().map(|((owner, at, id), row)| {
        json!({
            "organization_id": owner, "finished_at": at, "event_id": id,
            "contact_id": row.contact_id, "succeeded": row.job.succeeded,
            "cost": row.job.cost.map(PointsE4::e4), "freshness_hours": row.job.freshness_hours,
            "received_at": row.received_at,
        })
    });
    rows.collect()
}

pub(super) fn signals(state: &State) -> Value {
    let rows = state.signals().iter().map(|(((owner, contact), event), row)| {
        json!({
            "organization_id": owner, "contact_id": contact, "event_id": event,
            "signal_type": row.signal_type, "source": row.source.as_str(),
            "weight": row.signal.weight.hundredths(),
            "decay_model": row.signal.decay.model.as_str(),
            "decay_hours": row.signal.decay.hours.hours(), "priority": row.priority,
            "cap_per_day": row.cap_per_day, "detected_at": row.signal.detected_at,
            "decayed_at": row.signal.decayed_at(), "input_version": row.input_version,
            "received_at": row.received_at, "counted": row.counted,
            "archived_at": row.archived_at,
        })
    });
    rows.collect()
}

pub(super) fn alerts(state: &State) -> Value {
    let rows = state.alerts().values().map(|row| {
        let (status, acknowledged, expired) = match &row.fate {
            AlertFate::Open => ("open", None, None),
            AlertFate::Acknowledged { at, by } => ("acknowledged", Some((at, by)), None),
            AlertFate::Expired { at } => ("expired", None, Some(at)),
        };
        json!({
            "id": row.id, "organization_id": row.contact.0, "contact_id": row.contact.1,
            "signal_type": row.signal_type, "priority": row.priority, "event_id": row.event_id,
            "status": status, "opened_at": row.opened_at, "due_at": row.due_at,
            "acknowledged_at": acknowledged.map(|(at, _)| at),
            "acknowledged_by": acknowledged.map(|(_, by)| by), "expired_at": expired,
        })
    });
    rows.collect()
}

//! The rows of signals and alerts with their columns' names, as a test writes
//! them.

use mauntic_flows::ports::{AlertFate, AlertView, SignalView};
use serde_json::{Value, json};

use crate::subject::CAP_PER_DAY;

/// A signal, but for whose it is; weights in hundredths.
pub(crate) fn signal_row(signal: &SignalView) -> Value {
    json!({
        "event_id": signal.event_id, "signal_type": signal.signal_type,
        "source": signal.source.as_str(), "weight": signal.signal.weight.hundredths(),
        "decay_model": signal.signal.decay.model, "decay_hours": signal.signal.decay.hours,
        "priority": signal.priority, "cap_per_day": CAP_PER_DAY,
        "detected_at": signal.signal.detected_at, "decayed_at": signal.signal.decayed_at(),
        "input_version": signal.input_version, "received_at": signal.received_at,
        "counted": signal.counted, "archived_at": signal.archived_at,
    })
}

/// An alert, but for whose it is.
pub(crate) fn alert_row(alert: &AlertView) -> Value {
    let (acknowledged, expired_at) = match &alert.fate {
        AlertFate::Open => (None, None),
        AlertFate::Acknowledged { at, by } => (Some((at, by)), None),
        AlertFate::Expired { at } => (None, Some(at)),
    };
    json!({
        "id": alert.id, "contact_id": alert.contact_id, "signal_type": alert.signal_type,
        "priority": alert.priority, "event_id": alert.event_id, "status": alert.fate.status(),
        "opened_at": alert.opened_at, "due_at": alert.due_at,
        "acknowledged_at": acknowledged.map(|(at, _)| at),
        "acknowledged_by": acknowledged.map(|(_, by)| by), "expired_at": expired_at,
    })
}

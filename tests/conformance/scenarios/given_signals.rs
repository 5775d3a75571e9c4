//! Signals and alerts that the cases begin with.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::contact_events::Channel;
use mauntic_domain::ids::{EventId, SignalType};
use mauntic_domain::scoring::{Decay, DecayHours, DecayModel, Priority, Signal, SignalWeight};
use mauntic_flows::ports::{AlertFate, AlertView, SignalView};
use uuid::Uuid;

use crate::subject::{Subject, World, contact, organization};

/// An event's id.
pub(crate) fn event(name: &str) -> EventId {
    EventId::parse(name).expect("a name")
}

/// A type of signal.
pub(crate) fn signal_type(name: &str) -> SignalType {
    SignalType::parse(name).expect("a name")
}

/// A signal of 20 points that falls evenly for ten hours; of the first inputs.
pub(crate) fn signal(name: &str, detected_at: DateTime<Utc>) -> SignalView {
    SignalView {
        event_id: event(name),
        signal_type: signal_type("DEMO_REQUEST"),
        source: Channel::Content,
        priority: Priority::Critical,
        signal: Signal {
            weight: SignalWeight::from_hundredths(2_000).expect("a weight"),
            decay: Decay {
                model: DecayModel::Linear,
                hours: DecayHours::new(10).expect("a time to decay"),
            },
            detected_at,
        },
        input_version: 1,
        received_at: detected_at + TimeDelta::seconds(1),
        counted: true,
        archived_at: None,
    }
}

/// An open alert of `ada`, to be acted on within an hour.
pub(crate) fn alert(id: Uuid, name: &str, opened_at: DateTime<Utc>) -> AlertView {
    AlertView {
        id,
        contact_id: contact("ada"),
        signal_type: signal_type(name),
        priority: Priority::Critical,
        event_id: event("evt_1"),
        opened_at,
        due_at: opened_at + Priority::Critical.sla(),
        fate: AlertFate::Open,
    }
}

impl<S: Subject> World<S> {
    /// So many hours from now.
    pub(crate) fn hours(&self, hours: i64) -> DateTime<Utc> {
        self.subject.now() + TimeDelta::hours(hours)
    }

    /// Keeps signals of a contact of `org_1`.
    pub(crate) async fn put_signals(&self, name: &str, signals: &[SignalView]) {
        self.subject.put_signals(&organization("org_1"), &contact(name), signals).await;
    }

    /// Keeps alerts of `org_1`.
    pub(crate) async fn put_alerts(&self, alerts: &[AlertView]) {
        self.subject.put_alerts(&organization("org_1"), alerts).await;
    }
}

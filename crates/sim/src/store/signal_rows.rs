//! The rows of signals, alerts, activity and configurations, as the schema has
//! them.

use chrono::{DateTime, Utc};
use mauntic_domain::contact_events::{Channel, ContactEvent};
use mauntic_domain::ids::{EventId, SignalType};
use mauntic_domain::scoring::{Config, ConfigDocument, Priority, Signal, SignalConfig};
pub use mauntic_flows::ports::AlertFate;
use mauntic_flows::ports::{ContactKey, PortError};
use uuid::Uuid;

/// The key of `scoring.intent_signals`.
pub type SignalKey = (ContactKey, EventId);

/// A row of `scoring.intent_signals`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct SignalRow {
    pub signal_type: SignalType,
    pub source: Channel,
    /// Weight, decay and time of detection.
    pub signal: Signal,
    pub priority: Priority,
    pub cap_per_day: u16,
    pub input_version: i64,
    pub received_at: DateTime<Utc>,
    pub counted: bool,
    pub archived_at: Option<DateTime<Utc>>,
}

/// A row of `scoring.signal_alerts`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct AlertRow {
    pub id: Uuid,
    pub contact: ContactKey,
    pub signal_type: SignalType,
    pub priority: Priority,
    pub event_id: EventId,
    pub opened_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub fate: AlertFate,
}

/// A row of `analytics.contact_activity`.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct ActivityRow {
    pub event: ContactEvent,
    pub received_at: DateTime<Utc>,
}

/// A row of `scoring.event_seen`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct SeenRow {
    pub batch: Uuid,
    pub seen_at: DateTime<Utc>,
}

/// A row of `scoring.config_documents`; an organization's newest is what
/// `scoring_configs` and `signal_configs` hold.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct DocumentRow {
    pub version: i64,
    pub epoch: i64,
    /// An error where the stored entries cannot be read.
    pub factors: Result<Config, PortError>,
    pub signals: SignalConfig,
    pub published_by: String,
    pub published_at: DateTime<Utc>,
}

/// A row of `scoring.config_drafts`.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct DraftRow {
    pub revision: i64,
    /// None where there is no draft.
    pub document: Option<ConfigDocument>,
    pub updated_by: String,
    pub updated_at: DateTime<Utc>,
}

//! What the HTTP worker shows of one organization's signals, alerts and scores,
//! and the one thing it does to an alert; all under row-level security.

use chrono::{DateTime, NaiveDate, Utc};
use mauntic_domain::contact_events::Channel;
use mauntic_domain::ids::{ContactId, EventId, OrganizationId, SignalType};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Config, Features, Grade, Priority, Signal};
use uuid::Uuid;

use super::{Page, Paged, PortError, RequestKey, ScoreRow};

/// Most signals that a score is explained by. By default a hundred of a type
/// count a day and decay within a week, so that fourteen types at their caps are
/// below it. Read they are some 300 bytes each and as JSON as much again: 6 MB, a
/// twentieth of an isolate's 128 MB.
pub const SIGNALS_READ_MAX: i64 = 10_000;

/// A signal with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalView {
    /// The event that showed it.
    pub event_id: EventId,
    /// Its type.
    pub signal_type: SignalType,
    /// Channel of its event.
    pub source: Channel,
    /// How urgent it is.
    pub priority: Priority,
    /// Weight, decay and time of detection.
    pub signal: Signal,
    /// Version of its contact's inputs since which it is there.
    pub input_version: i64,
    /// When it was taken in.
    pub received_at: DateTime<Utc>,
    /// False beyond its type's cap of the day.
    pub counted: bool,
    /// When it was found to weigh nothing any more.
    pub archived_at: Option<DateTime<Utc>>,
}

/// A contact as a score of it is explained, of one snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactView {
    /// The database's clock.
    pub now: DateTime<Utc>,
    /// The features as they are now.
    pub features: Features,
    /// Version of features and signals now.
    pub input_version: i64,
    /// The configuration to score by: as of an instant the newest, else the one
    /// that the stored score was computed from. Empty where there is none.
    pub config: Config,
    /// Its version; 0 for none.
    pub config_version: i64,
    /// The stored score, if it has one.
    pub score: Option<ScoreRow>,
    /// The signals that count and weigh something, newest first: as of an instant
    /// all of them, else those that the stored score was computed from, at the
    /// time when it was.
    pub signals: Vec<SignalView>,
    /// Whether there are more than [`SIGNALS_READ_MAX`] of them, so that their sum
    /// is not known.
    pub truncated: bool,
}

/// A day's last score of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryDay {
    /// UTC day.
    pub day: NaiveDate,
    /// The total.
    pub total: PointsE4,
    /// Its grade.
    pub grade: Grade,
    /// Points of the categories, in the order of `Category::ALL`.
    pub categories: [PointsE4; 3],
    /// When that score was calculated.
    pub updated_at: DateTime<Utc>,
}

/// Which days of a history; both ends are part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first, or as far back as it goes.
    pub from: Option<NaiveDate>,
    /// The last, or the newest.
    pub to: Option<NaiveDate>,
    /// Most days.
    pub limit: i64,
}

/// A place among a contact's signals: what a page continues after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalPlace {
    /// When the last signal seen was detected.
    pub detected_at: DateTime<Utc>,
    /// The event of that signal.
    pub event_id: EventId,
}

/// Part of a contact's signals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalList {
    /// The database's clock.
    pub now: DateTime<Utc>,
    /// By when they were detected, newest first; ties by event, backwards.
    pub signals: Vec<SignalView>,
}

/// What became of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertFate {
    /// Nothing yet.
    Open,
    /// Somebody took it on.
    Acknowledged {
        /// When.
        at: DateTime<Utc>,
        /// Who.
        by: String,
    },
    /// It was found overdue.
    Expired {
        /// When.
        at: DateTime<Utc>,
    },
}

/// Names of what becomes of alerts, as the database has them.
pub const ALERT_STATUSES: [&str; 3] = ["open", "acknowledged", "expired"];

impl AlertFate {
    /// Its name, one of [`ALERT_STATUSES`].
    #[must_use]
    pub const fn status(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Expired { .. } => "expired",
        }
    }
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertView {
    /// The alert.
    pub id: Uuid,
    /// The contact.
    pub contact_id: ContactId,
    /// Type of the signal that opened it.
    pub signal_type: SignalType,
    /// How urgent it is.
    pub priority: Priority,
    /// The event that opened it.
    pub event_id: EventId,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// Until when somebody should act.
    pub due_at: DateTime<Utc>,
    /// What became of it.
    pub fate: AlertFate,
}

/// Which alerts: all that is named must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertFilter {
    /// Of one of these, of [`ALERT_STATUSES`]; empty for any.
    pub statuses: Vec<&'static str>,
    /// Of one of these; empty for any.
    pub priorities: Vec<Priority>,
    /// Of this contact.
    pub contact_id: Option<ContactId>,
}

/// What came of taking on an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acknowledged {
    /// It is theirs, since now or since they asked before.
    Theirs(AlertView),
    /// It is somebody else's.
    Taken {
        /// Whose.
        by: String,
        /// Since when.
        at: DateTime<Utc>,
    },
    /// It was found overdue.
    Expired {
        /// When.
        at: DateTime<Utc>,
    },
    /// The organization has no such alert.
    Unknown,
}

impl Acknowledged {
    /// What an alert, as it is after the attempt, says to who made it.
    #[must_use]
    pub fn of(alert: Option<AlertView>, by: &str) -> Self {
        let Some(alert) = alert else { return Self::Unknown };
        match &alert.fate {
            AlertFate::Acknowledged { by: whose, at } if whose != by => {
                Self::Taken { by: whose.clone(), at: *at }
            }
            AlertFate::Expired { at } => Self::Expired { at: *at },
            AlertFate::Open | AlertFate::Acknowledged { .. } => Self::Theirs(alert),
        }
    }
}

/// Signals, alerts and explained scores of one organization.
#[trait_variant::make(Send)]
pub trait SignalStore: Sync {
    /// A contact with what a score of it is explained by: as of an instant, or
    /// without one as the stored score was computed. None for an unknown contact.
    async fn contact_view(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<Option<ContactView>, PortError>;
    /// A contact's days, newest first; none for an unknown contact.
    async fn history(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
        days: Days,
    ) -> Result<Option<Vec<HistoryDay>>, PortError>;
    /// At most `limit` of a contact's signals, decayed and uncounted ones too;
    /// none for an unknown contact.
    async fn signals(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
        after: Option<&SignalPlace>,
        limit: i64,
    ) -> Result<Option<SignalList>, PortError>;
    /// Alerts, newest first.
    async fn alerts(
        &self,
        organization: &OrganizationId,
        filter: &AlertFilter,
        page: Page,
    ) -> Result<Paged<AlertView>, PortError>;
    /// Takes on an alert that is open; asked for again it says what it said. With
    /// a `key` that stands for another request, nothing is done
    /// ([`PortError::KeyConflict`]).
    async fn acknowledge(
        &self,
        organization: &OrganizationId,
        alert: Uuid,
        by: &str,
        key: Option<&RequestKey>,
    ) -> Result<Acknowledged, PortError>;
}

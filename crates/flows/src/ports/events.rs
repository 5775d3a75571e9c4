//! The values of the intake of contact events.

use mauntic_domain::contact_events::ContactEvent;
use uuid::Uuid;

use super::Enqueued;

/// Most events of one transaction: as many as a request has. 1,000 events write
/// about 5,000 rows in a tenth of a second, and hold their contacts' locks no
/// longer.
pub const INTAKE_EVENTS_MAX: usize = 1_000;

const _: () = assert!(INTAKE_EVENTS_MAX >= mauntic_domain::contact_events::REQUEST_EVENTS_MAX);
const _: () = assert!(INTAKE_EVENTS_MAX >= mauntic_domain::contact_events::MESSAGE_EVENTS_MAX);

/// Events to be taken in together.
#[derive(Debug, Clone, PartialEq)]
pub struct Intake {
    /// Fresh: what was new is found by it.
    pub batch: Uuid,
    /// At most [`INTAKE_EVENTS_MAX`], distinct by organization and id, and sorted
    /// by them.
    pub events: Vec<ContactEvent>,
    /// Correlation id of what brought them.
    pub request_id: Option<String>,
    /// Whether signals and alerts are told to listeners.
    pub tell: bool,
}

/// Rows of events that retention took, by table; of what contacts did it drops whole
/// months.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EventsRetired {
    /// Events that cannot come again.
    pub seen: u64,
    /// Enrichment jobs.
    pub enrichments: u64,
    /// Archived signals.
    pub signals: u64,
    /// Closed alerts.
    pub alerts: u64,
}

impl EventsRetired {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.seen + self.enrichments + self.signals + self.alerts
    }
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventFate {
    /// It was new, and is written.
    Taken,
    /// An event of its id was taken in before; nothing was written.
    Repeated,
    /// Nobody knows its organization; nothing was written.
    UnknownOrganization,
}

/// What came of an intake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenIn {
    /// One an event, in their order.
    pub fates: Vec<EventFate>,
    /// Signals that were written.
    pub signals: u64,
    /// Alerts that were opened.
    pub alerts: u64,
    /// Jobs that were enqueued or joined: a scoring of each contact that got a
    /// signal, a notification of each alert.
    pub jobs: Vec<Enqueued>,
}

impl TakenIn {
    /// Events that were new.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.count(EventFate::Taken)
    }

    /// Events that were taken in before.
    #[must_use]
    pub fn repeated(&self) -> usize {
        self.count(EventFate::Repeated)
    }

    fn count(&self, fate: EventFate) -> usize {
        self.fates.iter().filter(|found| **found == fate).count()
    }
}

//! The intake of contact events.

use mauntic_domain::contact_events::ContactEvent;
use mauntic_domain::ids::OrganizationId;
use uuid::Uuid;

use super::{DeadLetter, Enqueued, PortError};

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

/// Contact events on their way in.
#[trait_variant::make(Send)]
pub trait EventStore: Sync {
    /// Takes events in, in one transaction of one round trip: each that was not
    /// seen before is written with the signal that it makes, its contact is to be
    /// scored, and an urgent signal opens an alert where none is open. Which of
    /// several events came first changes nothing of what counts.
    ///
    /// For an organization: under its row-level security, and only while its
    /// backlog has room for a scoring of each contact that may get a signal
    /// ([`PortError::Backlog`], and nothing is written); alerts' notifications
    /// come on top. For none: events of any organization that is known, and the
    /// jobs may be sent by the relay at once.
    async fn take_in(
        &self,
        organization: Option<&OrganizationId>,
        intake: &Intake,
    ) -> Result<TakenIn, PortError>;
    /// Keeps bodies of a queue that are no events, one a message.
    async fn keep_letters(&self, queue: &str, letters: &[DeadLetter]) -> Result<(), PortError>;
    /// Deletes at most `limit` rows a table of what is too old to be of use:
    /// events' ids after [`SEEN_KEPT`], archived signals after [`SIGNALS_KEPT`],
    /// the rest after [`ACTIVITY_KEPT`], activity by whole months; makes room for
    /// activity of coming months.
    ///
    /// [`SEEN_KEPT`]: mauntic_domain::contact_events::SEEN_KEPT
    /// [`SIGNALS_KEPT`]: mauntic_domain::scoring::signals::SIGNALS_KEPT
    /// [`ACTIVITY_KEPT`]: mauntic_domain::contact_events::ACTIVITY_KEPT
    async fn retire_events(&self, limit: i64) -> Result<EventsRetired, PortError>;
}

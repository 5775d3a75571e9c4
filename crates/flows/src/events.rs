//! A batch of contact events, from reading to settlement. These messages are no
//! jobs: they have no rows of their own, and an event's id says whether it came
//! before.
//!
//! I/O, and why repeating each is harmless:
//! 1. the events, in transactions of at most [`INTAKE_EVENTS_MAX`], each of one
//!    flight: an event that was taken in before changes nothing.
//! 2. dead letters of what cannot be taken in, unique by message.
//! 3. settlement: an acknowledgement that is lost brings the message back, and
//!    all of its events are repeats.
//! 4. sending of the jobs that they ask for; a death before it leaves that to the
//!    tick.

mod plan;

use mauntic_domain::contact_events;

use crate::commands::SessionOf;
use crate::consume::{DATABASE_AWAY_DELAY_SECS, DEAD_LETTERS_AWAY_DELAY_SECS, Delivery, Settle};
use crate::ports::{
    Database, EventStore, Host, INTAKE_EVENTS_MAX, Intake, PortError, Ports, TakenIn, Wakeups,
};
use crate::relay::send_due;
use plan::{Place, Plan};

/// What became of a batch, for its log line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Messages delivered.
    pub messages: usize,
    /// Events that they hold.
    pub events: usize,
    /// Events that were new and are written.
    pub taken: usize,
    /// Events that came before, or twice in the batch.
    pub repeated: usize,
    /// Signals that were written.
    pub signals: u64,
    /// Alerts that were opened.
    pub alerts: u64,
    /// Messages that are dead letters, for all or for some of their events.
    pub dead_lettered: usize,
    /// Messages that come back.
    pub retried: usize,
    /// The first error met.
    pub error: Option<PortError>,
}

/// Consumes a batch of the queue of contact events, or of the `dead`-letter queue
/// behind it. Never fails: what cannot be done now is retried.
pub async fn consume_events<P: Ports>(
    ports: &P,
    dead: bool,
    deliveries: &[Delivery],
    settle: &impl Settle,
) -> Report {
    let plan = Plan::of(deliveries, ports.host().now());
    let report =
        Report { messages: deliveries.len(), events: plan.event_count(), ..Report::default() };
    let delay_secs = if dead { DEAD_LETTERS_AWAY_DELAY_SECS } else { DATABASE_AWAY_DELAY_SECS };
    let mut batch = Batch { ports, plan, report, is_sending: false };
    match batch.take_in().await {
        Ok(session) => batch.settle(deliveries, session, settle, delay_secs).await,
        Err(error) => {
            batch.note(error);
            (0..deliveries.len()).for_each(|index| settle.retry(index, delay_secs));
            batch.report.retried = deliveries.len();
        }
    }
    batch.report
}

struct Batch<'a, P> {
    ports: &'a P,
    plan: Plan,
    report: Report,
    /// Whether jobs were enqueued, which are to be sent.
    is_sending: bool,
}

impl<P: Ports> Batch<'_, P> {
    /// Writes all events that can be written.
    async fn take_in(&mut self) -> Result<SessionOf<P>, PortError> {
        let mut session = self.ports.db().open().await?;
        let places: Vec<Place> = self.plan.places();
        for places in places.chunks(INTAKE_EVENTS_MAX) {
            match self.write(&session, places).await {
                Err(PortError::Refused { .. }) => {
                    session = self.write_apart(places).await?;
                }
                written => written?,
            }
        }
        Ok(session)
    }

    /// What the database refuses together, a message at a time: at most a hundred
    /// transactions, and the one message whose fault it is becomes a letter.
    async fn write_apart(&mut self, places: &[Place]) -> Result<SessionOf<P>, PortError> {
        let mut session = self.ports.db().open().await?;
        for places in self.plan.by_message(places) {
            match self.write(&session, &places).await {
                Err(error @ PortError::Refused { .. }) => {
                    self.plan.refuse(&places, "refused", &error.to_string());
                    self.note(error);
                    session = self.ports.db().open().await?;
                }
                written => written?,
            }
        }
        Ok(session)
    }

    async fn write(&mut self, session: &SessionOf<P>, places: &[Place]) -> Result<(), PortError> {
        let intake = Intake {
            batch: self.ports.host().new_id(),
            events: self.plan.events(places),
            request_id: None,
            tell: self.ports.wakeups().has_listeners(),
        };
        let taken = session.take_in(None, &intake).await?;
        self.is_sending |= taken.jobs.iter().any(|job| job.created);
        self.count(&taken);
        self.plan.refuse_unknown(places, &taken.fates);
        Ok(())
    }

    fn count(&mut self, taken: &TakenIn) {
        self.report.taken += taken.taken();
        self.report.repeated += taken.repeated();
        self.report.signals += taken.signals;
        self.report.alerts += taken.alerts;
    }

    /// Keeps letters, acknowledges and sends. A letter that cannot be kept never
    /// fails the messages beside it.
    async fn settle(
        &mut self,
        deliveries: &[Delivery],
        session: SessionOf<P>,
        settle: &impl Settle,
        delay_secs: u32,
    ) {
        self.report.repeated += self.plan.repeated();
        let letters = self.plan.letters(deliveries);
        let refused: Vec<usize> = letters.iter().map(|(index, _)| *index).collect();
        let letters: Vec<_> = letters.into_iter().map(|(_, letter)| letter).collect();
        let kept = session.keep_letters(contact_events::QUEUE_NAME, &letters).await;
        for index in 0..deliveries.len() {
            if kept.is_err() && refused.contains(&index) {
                settle.retry(index, delay_secs);
                self.report.retried += 1;
            } else {
                settle.ack(index);
            }
        }
        match kept {
            // The tick sends what is to be sent.
            Err(error) => self.note(error),
            Ok(()) => {
                self.report.dead_lettered = refused.len();
                self.send(&session).await;
            }
        }
    }

    async fn send(&mut self, session: &SessionOf<P>) {
        if self.is_sending
            && let Err(error) = send_due(self.ports, session).await
        {
            self.note(error);
        }
    }

    fn note(&mut self, error: PortError) {
        self.report.error.get_or_insert(error);
    }
}

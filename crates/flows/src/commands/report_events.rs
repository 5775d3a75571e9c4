//! Takes in what an organization reports of its contacts.
//!
//! I/O: 1. all events that can be read, with their signals, alerts and jobs, in
//! one transaction; 2. send; 3. mark sent. A repeat of 1 finds the events seen
//! and changes nothing; a death after 1 or 2 leaves the sending to the tick.

use std::collections::BTreeMap;

use mauntic_domain::contact_events::{ContactEvent, EventFault, RawEvent, read_event};
use mauntic_domain::ids::{EventId, OrganizationId};

use super::send_created;
use crate::ports::{EventStore, Host, Intake, PortError, Ports, TakenIn, TenantStore, Wakeups};

/// What came of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reported {
    /// Events that were new and are written.
    pub accepted: usize,
    /// Events that came before, or twice in the report.
    pub repeated: usize,
    /// Signals that were written.
    pub signals: u64,
    /// Alerts that were opened.
    pub alerts: u64,
    /// Events that cannot be taken in, by their positions, and why.
    pub rejected: Vec<(usize, EventFault)>,
}

/// What came of it, and what sending met, for the log.
pub type Outcome = (Reported, Result<(), PortError>);

/// Takes events in, at most [`REQUEST_EVENTS_MAX`] of them: those that are wrong
/// are told by their positions, the others are written.
///
/// # Errors
/// The database's; then nothing was written.
///
/// [`REQUEST_EVENTS_MAX`]: mauntic_domain::contact_events::REQUEST_EVENTS_MAX
pub async fn report_events<P: Ports, S: TenantStore + EventStore>(
    ports: &P,
    session: &S,
    organization: &OrganizationId,
    events: &[RawEvent],
    request_id: &str,
) -> Result<Outcome, PortError> {
    let now = ports.host().now();
    let mut distinct: BTreeMap<EventId, ContactEvent> = BTreeMap::new();
    let mut rejected = Vec::new();
    for (index, event) in events.iter().enumerate() {
        match read_event(event, Some(organization), now) {
            Ok(event) => {
                // The first of those that are the same is it.
                distinct.entry(event.id.clone()).or_insert(event);
            }
            Err(fault) => rejected.push((index, fault)),
        }
    }
    let again = events.len() - rejected.len() - distinct.len();
    if distinct.is_empty() {
        return Ok((Reported { rejected, ..Reported::default() }, Ok(())));
    }
    let intake = Intake {
        batch: ports.host().new_id(),
        events: distinct.into_values().collect(),
        request_id: Some(request_id.to_owned()),
        tell: ports.wakeups().has_listeners(),
    };
    let taken = session.take_in(Some(organization), &intake).await?;
    let sent = send_created(ports, session, organization, &taken.jobs, request_id).await;
    Ok((reported(&taken, again, rejected), sent))
}

fn reported(taken: &TakenIn, again: usize, rejected: Vec<(usize, EventFault)>) -> Reported {
    Reported {
        accepted: taken.taken(),
        repeated: taken.repeated() + again,
        signals: taken.signals,
        alerts: taken.alerts,
        rejected,
    }
}

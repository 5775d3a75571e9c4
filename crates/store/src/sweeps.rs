//! What the sweeps of scoring look for and write: alerts whose time is over and
//! signals that have decayed; and what planners pin.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{ContactId, EventId, NameError, OrganizationId};
use mauntic_flows::ports::{Effect, PortError, SignalKey};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::flight::Param;
use crate::rows::{column, ids, unreadable};

pub(crate) async fn overdue_alerts(
    session: &Session,
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Uuid>, PortError> {
    let params: &[Param<'_>] = &[(&now, Type::TIMESTAMPTZ), (&i64::from(limit), Type::INT8)];
    let sql = sql!("overdue_alerts.sql");
    ids(&session.statement("looking for overdue alerts", sql, params).await?)
}

pub(crate) async fn decayed_signals(
    session: &Session,
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<SignalKey>, PortError> {
    let params: &[Param<'_>] = &[(&now, Type::TIMESTAMPTZ), (&i64::from(limit), Type::INT8)];
    let sql = sql!("decayed_signals.sql");
    let rows = session.statement("looking for decayed signals", sql, params).await?;
    rows.iter().map(signal_key).collect()
}

fn signal_key(row: &Row) -> Result<SignalKey, PortError> {
    let fault = |error: NameError| unreadable(&error.to_string());
    Ok((
        OrganizationId::parse(column::<String>(row, "organization_id")?).map_err(fault)?,
        ContactId::parse(column::<String>(row, "contact_id")?).map_err(fault)?,
        EventId::parse(column::<String>(row, "event_id")?).map_err(fault)?,
    ))
}

/// Alerts that an effect expires.
pub(crate) struct Alerts<'a> {
    ids: &'a [Uuid],
    job: Option<Uuid>,
}

impl<'a> Alerts<'a> {
    /// A sweep's job is of a type that is done one at a time.
    pub(crate) fn of(effect: &'a Effect) -> Self {
        Self { ids: &effect.expired_alerts, job: effect.jobs.first().map(|job| job.id) }
    }

    pub(crate) fn params(&self) -> [Param<'_>; 2] {
        [(&self.ids, Type::UUID_ARRAY), (&self.job, Type::UUID)]
    }
}

/// Signals that an effect archives.
pub(crate) struct Signals<'a> {
    owners: Vec<&'a str>,
    contacts: Vec<&'a str>,
    events: Vec<&'a str>,
}

impl<'a> Signals<'a> {
    pub(crate) fn of(signals: &'a [SignalKey]) -> Self {
        Self {
            owners: signals.iter().map(|(owner, _, _)| owner.as_str()).collect(),
            contacts: signals.iter().map(|(_, contact, _)| contact.as_str()).collect(),
            events: signals.iter().map(|(_, _, event)| event.as_str()).collect(),
        }
    }

    pub(crate) fn params(&self) -> [Param<'_>; 3] {
        [
            (&self.owners, Type::TEXT_ARRAY),
            (&self.contacts, Type::TEXT_ARRAY),
            (&self.events, Type::TEXT_ARRAY),
        ]
    }
}

/// Runs that an effect pins.
pub(crate) struct Pinned {
    runs: Vec<Uuid>,
    epochs: Vec<i64>,
}

impl Pinned {
    pub(crate) fn of(pinned: &[(Uuid, i64)]) -> Self {
        let (runs, epochs) = pinned.iter().copied().unzip();
        Self { runs, epochs }
    }

    pub(crate) fn params(&self) -> [Param<'_>; 2] {
        [(&self.runs, Type::UUID_ARRAY), (&self.epochs, Type::INT8_ARRAY)]
    }
}

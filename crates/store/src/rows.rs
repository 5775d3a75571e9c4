//! Reading rows: a column that does not fit is the database's schema being
//! another than this build's, an error and never a panic.

use mauntic_domain::jobs::{JobState, JobType, Queue};
use mauntic_domain::trace::TraceContext;
use mauntic_flows::ports::{Died, Held, PortError};
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Json};

/// Reads a column.
pub(crate) fn column<'r, T: FromSql<'r>>(row: &'r Row, name: &str) -> Result<T, PortError> {
    row.try_get(name).map_err(|_| unreadable(&format!("column {name}")))
}

/// Reads a JSON column. The error names the place and never the value, which is
/// a customer's.
pub(crate) fn json<T: DeserializeOwned>(row: &Row, name: &str) -> Result<T, PortError> {
    let raw: Json<serde_json::Value> = column(row, name)?;
    serde_path_to_error::deserialize(raw.0)
        .map_err(|error| unreadable(&format!("column {name} at {}", error.path())))
}

/// A stored value this build cannot read.
pub(crate) fn unreadable(place: &str) -> PortError {
    PortError::Unreadable { what: "a stored row", place: place.to_owned() }
}

pub(crate) fn held(row: &Row) -> Result<Held, PortError> {
    let version: i16 = column(row, "version")?;
    Ok(Held {
        id: column(row, "id")?,
        claim: column(row, "claim")?,
        type_name: column(row, "type")?,
        version: version.unsigned_abs(),
        // What cannot be read is this job's fault alone, found when it is done.
        data: serde_json::from_str(column(row, "data")?).unwrap_or_default(),
        organization_id: column(row, "organization_id")?,
        run_id: column(row, "run_id")?,
        scheduled_for: column(row, "scheduled_for")?,
        request_id: column(row, "request_id")?,
        starter: starter(row)?,
        created_at: column(row, "created_at")?,
        failures: column(row, "failures")?,
        failures_max: column(row, "failures_max")?,
        snoozes: column(row, "snoozes")?,
        snooze_reason: column(row, "snooze_reason")?,
    })
}

/// The span that started a job; none where what is stored is none.
pub(crate) fn starter(row: &Row) -> Result<Option<TraceContext>, PortError> {
    let told: Option<&str> = column(row, "traceparent")?;
    Ok(told.and_then(TraceContext::parse))
}

/// The version that this build writes of a type, as its column holds it.
pub(crate) fn version(job_type: JobType) -> i16 {
    // Versions are counted up by hand, from 1.
    i16::try_from(job_type.spec().version).unwrap_or(i16::MAX)
}

/// A job that became a dead letter for `reason`.
pub(crate) fn died(row: &Row, reason: &'static str) -> Result<Died, PortError> {
    Ok(Died {
        id: column(row, "id")?,
        type_name: column(row, "type")?,
        queue: column(row, "queue")?,
        run_id: column(row, "run_id")?,
        request_id: column(row, "request_id")?,
        claim: column(row, "claim")?,
        reason,
    })
}

/// The ids of rows, in their order.
pub(crate) fn ids(rows: &[Row]) -> Result<Vec<uuid::Uuid>, PortError> {
    rows.iter().map(|row| column(row, "id")).collect()
}

pub(crate) fn state(row: &Row) -> Result<JobState, PortError> {
    let name: String = column(row, "state")?;
    JobState::from_name(&name).ok_or_else(|| unreadable("column state"))
}

pub(crate) fn queue(row: &Row) -> Result<Queue, PortError> {
    let name: String = column(row, "queue")?;
    Queue::from_name(&name).ok_or_else(|| unreadable("column queue"))
}

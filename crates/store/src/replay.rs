//! Dead letters' jobs queued again: the one statement that does it, for a job, a
//! case, a run and a slice of many cases.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::Job;
use mauntic_flows::ports::PortError;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::acts::Open;
use crate::error::{is_violation, statement_error};
use crate::flight::{Param, Statement};
use crate::rows::{column, version};

/// The unique index of idempotency keys.
pub(crate) const KEYS: &str = "job_idempotency";

/// The statement.
pub(crate) const REPLAY: &str = sql!("replay.sql");

/// What is queued again, and how.
#[derive(Default)]
pub(crate) struct Columns<'a> {
    /// In the order in which they become available.
    pub(crate) jobs: Vec<Uuid>,
    /// When the first does; none for now.
    pub(crate) start: Option<DateTime<Utc>>,
    spacing_ns: i64,
    data: Option<String>,
    version: Option<i16>,
    decided_by: Option<&'a str>,
    decided_why: Option<&'a str>,
    replay_id: Option<Uuid>,
}

impl<'a> Columns<'a> {
    /// These, now.
    pub(crate) fn of(jobs: Vec<Uuid>) -> Self {
        Self { jobs, ..Self::default() }
    }

    /// Who decided it, and why.
    pub(crate) fn decided(self, by: Option<&'a str>, why: Option<&'a str>) -> Self {
        Self { decided_by: by, decided_why: why, ..self }
    }

    /// With this in place of its data.
    pub(crate) fn edited(self, content: Option<&Job>) -> Self {
        let data = content.map(|job| job.data().to_string());
        Self { data, version: content.map(|job| version(job.job_type())), ..self }
    }

    /// By a replay of many, from `start` on and so far apart.
    pub(crate) fn paced(self, id: Uuid, start: DateTime<Utc>, spacing: TimeDelta) -> Self {
        // A second at most, by the pace's least.
        let spacing_ns = spacing.num_nanoseconds().unwrap_or(i64::MAX);
        Self { replay_id: Some(id), start: Some(start), spacing_ns, ..self }
    }

    pub(crate) fn params(&self) -> [Param<'_>; 8] {
        [
            (&self.jobs, Type::UUID_ARRAY),
            (&self.start, Type::TIMESTAMPTZ),
            (&self.spacing_ns, Type::INT8),
            (&self.data, Type::TEXT),
            (&self.version, Type::INT2),
            (&self.decided_by, Type::TEXT),
            (&self.decided_why, Type::TEXT),
            (&self.replay_id, Type::UUID),
        ]
    }
}

/// What came of it, of the jobs that were dead letters.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Queued again.
    pub(crate) queued: Vec<Uuid>,
    /// Another job has their key.
    pub(crate) taken: Vec<Uuid>,
}

impl Outcome {
    pub(crate) fn of(rows: &[tokio_postgres::Row]) -> Result<Self, PortError> {
        let mut outcome = Self::default();
        for row in rows {
            let list = if column(row, "taken")? { &mut outcome.taken } else { &mut outcome.queued };
            list.push(column(row, "id")?);
        }
        Ok(outcome)
    }
}

/// Queues them again. A key that another job got at this moment is contention:
/// repeated, the statement finds its holder.
pub(crate) async fn replay(
    open: &Open<'_>,
    what: &'static str,
    columns: &Columns<'_>,
) -> Result<Outcome, PortError> {
    let replayed = open.try_flight(&[Statement { sql: REPLAY, params: &columns.params() }]).await?;
    match replayed {
        Ok(answers) => Outcome::of(answers.first().map_or(&[], Vec::as_slice)),
        Err(error) if is_violation(&error, KEYS) => {
            Err(PortError::Contention { what, cause: format!("a key was taken ({KEYS})") })
        }
        Err(error) => Err(statement_error(what, &error)),
    }
}

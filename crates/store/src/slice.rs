//! The next cases of a replay of many, queued again. Found without a lock, then
//! looked at again under their jobs' locks, so that each is decided once.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::gather::gathered;
use mauntic_flows::ports::PortError;
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::acts::Open;
use crate::flight::{Param, Statement};
use crate::replay::{Columns, replay};
use crate::rows::{column, ids, unreadable};

/// Which cases a replay of many takes next.
pub(crate) struct Pick {
    /// As a replay keeps it.
    pub(crate) filter: Value,
    /// Those up to here were looked at.
    pub(crate) after: Option<Uuid>,
    /// When it was asked for: later ones are not its.
    pub(crate) until: Option<DateTime<Utc>>,
}

impl Pick {
    /// At most `most` of them, the oldest first.
    pub(crate) fn params<'a>(&'a self, most: &'a i64) -> [Param<'a>; 4] {
        [
            (&self.filter, Type::JSONB),
            (&self.after, Type::UUID),
            (&self.until, Type::TIMESTAMPTZ),
            (most, Type::INT8),
        ]
    }
}

/// The statement.
pub(crate) const PICK: &str = sql!("pick_cases.sql");

/// Cases that a step has looked at.
pub(crate) struct Released {
    pub(crate) found: usize,
    pub(crate) last: Option<Uuid>,
    /// Queued again, in the order of their cases.
    pub(crate) jobs: Vec<Uuid>,
    /// Cases that stay open.
    pub(crate) refused: usize,
    /// When the next one has its place; none where none was queued.
    pub(crate) next: Option<DateTime<Utc>>,
}

/// Queues the jobs of the next cases of a replay again, which is locked: at most
/// so many, from `start` on.
pub(crate) async fn release(
    open: &Open<'_>,
    (id, pick): (Uuid, &Pick),
    (actor, why): (&str, Option<&str>),
    cases: u32,
    (start, spacing): (DateTime<Utc>, TimeDelta),
) -> Result<Released, PortError> {
    let most = i64::from(cases);
    let picked = open.rows(Statement { sql: PICK, params: &pick.params(&most) }).await?;
    let picked_cases = ids(&picked)?;
    let jobs = jobs_of(&picked)?;
    let lock: &[Param<'_>] = &[(&jobs, Type::UUID_ARRAY)];
    let still: &[Param<'_>] = &[(&picked_cases, Type::UUID_ARRAY)];
    let lock = Statement { sql: sql!("lock_dead.sql"), params: lock };
    let still = Statement { sql: sql!("still_open.sql"), params: still };
    let answers = open.flight(&[lock, still]).await?;
    let [_, still] = answers.as_slice() else {
        return Err(unreadable("the cases of a replay"));
    };
    let columns = Columns::of(jobs_of(still)?).decided(Some(actor), why).paced(id, start, spacing);
    let jobs = replay(open, "going on with a replay", &columns).await?.queued;
    let queued: BTreeSet<Uuid> = gathered(jobs.iter().copied());
    let mut refused = 0;
    for row in still {
        let job: Option<Uuid> = column(row, "job_id")?;
        refused += usize::from(!job.is_some_and(|job| queued.contains(&job)));
    }
    let number = i32::try_from(jobs.len()).unwrap_or(i32::MAX);
    let next = (number > 0).then(|| start + spacing * number);
    let (found, last) = (picked_cases.len(), picked_cases.last().copied());
    Ok(Released { found, last, jobs, refused, next })
}

/// The jobs of cases, in their order; one with two open cases stands where the
/// first of them does.
fn jobs_of(cases: &[Row]) -> Result<Vec<Uuid>, PortError> {
    let mut seen = BTreeSet::new();
    let mut jobs = Vec::with_capacity(cases.len());
    for row in cases {
        let job: Option<Uuid> = column(row, "job_id")?;
        jobs.extend(job.filter(|job| seen.insert(*job)));
    }
    Ok(jobs)
}

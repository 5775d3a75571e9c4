//! What operators do to runs.

use std::collections::BTreeSet;

use mauntic_domain::gather::gathered;
use mauntic_domain::jobs::limits::SPAWNED_MAX;
use mauntic_domain::runs::RunStatus;
use mauntic_flows::ports::{Ended, NewRun, Opened, PortError, Retried};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::acts::{Made, Move, Open, either, perform};
use crate::audit::Noted;
use crate::flight::{Param, Statement};
use crate::replay::{Columns, replay};
use crate::rows::{column, ids, unreadable};
use crate::runs::{self, OPENING, cancelled, opened, opening};

/// [`mauntic_flows::ports::RunStore::open_run`] by an operator.
pub(crate) async fn open_run(
    session: &Session,
    run: &NewRun,
    trigger: &'static str,
) -> Result<Opened, PortError> {
    let made = perform(session, &Start { run, trigger }).await?;
    Ok(made.map_or_else(|refused| refused, |ids| Opened::Started { run_id: ids.run_id }))
}

/// Cancels a run.
pub(crate) async fn end_run(session: &Session, id: Uuid) -> Result<Ended, PortError> {
    perform(session, &End(id)).await.map(either)
}

/// Queues the dead jobs of a run again.
pub(crate) async fn retry_run(session: &Session, id: Uuid) -> Result<Retried, PortError> {
    perform(session, &Retry(id)).await.map(either)
}

struct Start<'a> {
    run: &'a NewRun,
    trigger: &'static str,
}

/// What was started, as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ids {
    run_id: Uuid,
    job_id: Uuid,
}

impl Move for Start<'_> {
    const WHAT: &'static str = OPENING;
    type Done = Ids;
    type Refused = Opened;

    async fn make(&self, open: &Open<'_>) -> Result<Made<Ids, Opened>, PortError> {
        let columns = runs::Columns::of(self.run, self.trigger);
        let answers = open.flight(&opening(&columns.open(), &columns.find())).await?;
        let [started, found] = answers.as_slice() else {
            return Err(unreadable("the answers of a start"));
        };
        // Taken when it was asked for, free since: asked for again.
        let found = found.first().ok_or_else(runs::always_taken)?;
        if started.is_empty() {
            return opened(found).map(Made::Nothing);
        }
        let start = &self.run.start;
        let ids = Ids { run_id: start.run_id, job_id: start.job_id };
        let noted = Noted {
            action: self.run.action(),
            target: self.run.target().to_owned(),
            before: serde_json::Value::Null,
            after: json!(ids),
        };
        Ok(Made::Done(ids, vec![noted]))
    }
}

struct End(Uuid);

impl Move for End {
    const WHAT: &'static str = "cancelling a run";
    type Done = Ended;
    type Refused = Ended;

    /// Jobs before the run, so that the mark comes behind them here: what a
    /// planner enqueued in between is looked for once more under the run's lock.
    async fn make(&self, open: &Open<'_>) -> Result<Made<Ended, Ended>, PortError> {
        let run: &[Param<'_>] = &[(&self.0, Type::UUID)];
        let read = Statement { sql: sql!("read_run.sql"), params: run };
        let rows = open.rows(read).await?;
        let Some(row) = rows.first() else {
            return Ok(Made::Nothing(Ended::Unknown));
        };
        let before: String = column(row, "status")?;
        if before != RunStatus::Running.as_str() {
            return Ok(Made::Nothing(Ended::Over { status: before }));
        }
        let cancel = Statement { sql: sql!("cancel_run.sql"), params: run };
        let first = cancelled(&open.rows(cancel).await?)?;
        let ended_some = first > 0;
        let mark: &[Param<'_>] = &[(&self.0, Type::UUID), (&ended_some, Type::BOOL)];
        let mark = Statement { sql: sql!("mark_ended.sql"), params: mark };
        let rest = Statement { sql: sql!("cancel_rest.sql"), params: run };
        let answers = open.flight(&[mark, rest, read]).await?;
        let [marked, rest, after] = answers.as_slice() else {
            return Err(unreadable("the answers of a cancel"));
        };
        if marked.is_empty() {
            // It ended by itself meanwhile.
            let row = after.first().ok_or_else(|| unreadable("the run"))?;
            return Ok(Made::Nothing(Ended::Over { status: column(row, "status")? }));
        }
        let jobs = first + cancelled(rest)?;
        let noted = Noted {
            action: "run.cancel",
            target: self.0.to_string(),
            before: json!({"status": before}),
            after: json!({"jobs": jobs}),
        };
        Ok(Made::Done(Ended::Done { jobs }, vec![noted]))
    }
}

struct Retry(Uuid);

impl Move for Retry {
    const WHAT: &'static str = "retrying a run";
    type Done = Retried;
    type Refused = Retried;

    async fn make(&self, open: &Open<'_>) -> Result<Made<Retried, Retried>, PortError> {
        let most = i64::from(SPAWNED_MAX);
        let params: &[Param<'_>] = &[(&self.0, Type::UUID), (&most, Type::INT8)];
        let look = Statement { sql: sql!("dead_of_run.sql"), params };
        let Some(found) = dead_of_run(&open.rows(look).await?)? else {
            return Ok(Made::Nothing(Retried::Unknown));
        };
        if found.jobs.is_empty() {
            return Ok(Made::Nothing(Retried::NoneDead));
        }
        // Once more behind the jobs' locks: a case that was discarded meanwhile
        // stays so.
        let lock: &[Param<'_>] = &[(&found.jobs, Type::UUID_ARRAY)];
        let lock = Statement { sql: sql!("lock_dead.sql"), params: lock };
        let answers = open.flight(&[lock, look]).await?;
        let [locked, rows] = answers.as_slice() else {
            return Err(unreadable("the dead jobs of a run"));
        };
        let locked: BTreeSet<Uuid> = gathered(ids(locked)?);
        let Some(DeadOfRun { status, dead, discarded, jobs }) = dead_of_run(rows)? else {
            return Ok(Made::Nothing(Retried::Unknown));
        };
        let jobs = jobs.into_iter().filter(|job| locked.contains(job)).collect();
        let act = open.session().act();
        let (by, why) = act.map_or((None, None), |a| (Some(a.actor.as_str()), a.reason.as_deref()));
        let columns = Columns::of(jobs).decided(by, why);
        let outcome = replay(open, Self::WHAT, &columns).await?;
        let (jobs, refused) = (count(&outcome.queued), count(&outcome.taken));
        let done = Retried::Done { jobs, refused, discarded };
        if jobs == 0 {
            let none = refused == 0;
            return Ok(Made::Nothing(if none { Retried::NoneDead } else { done }));
        }
        let noted = Noted {
            action: "run.retry",
            target: self.0.to_string(),
            before: json!({"status": status, "dead": dead}),
            after: json!({"jobs": jobs, "refused": refused, "discarded": discarded}),
        };
        Ok(Made::Done(done, vec![noted]))
    }
}

/// A run's dead jobs.
struct DeadOfRun {
    status: String,
    dead: i32,
    discarded: u64,
    /// Those whose case is open.
    jobs: Vec<Uuid>,
}

/// None where there is no run.
fn dead_of_run(rows: &[Row]) -> Result<Option<DeadOfRun>, PortError> {
    let Some(row) = rows.first() else { return Ok(None) };
    let discarded: i64 = column(row, "discarded")?;
    let jobs = rows.iter().map(|row| column::<Option<Uuid>>(row, "id"));
    let jobs: Vec<Option<Uuid>> = jobs.collect::<Result<_, _>>()?;
    Ok(Some(DeadOfRun {
        status: column(row, "status")?,
        dead: column(row, "jobs_dead")?,
        discarded: u64::try_from(discarded).map_err(|_| unreadable("column discarded"))?,
        jobs: jobs.into_iter().flatten().collect(),
    }))
}

fn count(ids: &[Uuid]) -> u64 {
    // At most SPAWNED_MAX.
    u64::try_from(ids.len()).unwrap_or(u64::MAX)
}

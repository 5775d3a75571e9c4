//! Runs: opened under their lock, cancelled, and recounted when they are stuck.

use chrono::TimeDelta;
use futures::future::join;
use mauntic_domain::jobs::limits::RUN_IDLE;
use mauntic_domain::jobs::types::Spec;
use mauntic_domain::runs::{RunCounts, RunStatus};
use mauntic_flows::ports::{Ended, NewRun, Opened, PortError, Recounted, RunRow, RunStore};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::error::{commit_error, is_meanwhile, no_commit_answer};
use crate::flight::{Param, READ_WRITE, Statement};
use crate::rows::{column, unreadable, version};
use crate::{Session, run_acts};

/// Times a run is asked for again whose lock was taken when it was asked for
/// and free when the holder was looked for: each time another run was opened
/// and ended in between.
pub(crate) const OPEN_REPEATS_MAX: usize = 3;

/// What opening one is called in errors.
pub(crate) const OPENING: &str = "opening a run";

impl RunStore for Session {
    async fn open_run(&self, run: &NewRun, trigger: &'static str) -> Result<Opened, PortError> {
        if self.act().is_some() {
            return run_acts::open_run(self, run, trigger).await;
        }
        let columns = Columns::of(run, trigger);
        let (open, find) = (columns.open(), columns.find());
        for _ in 0..=OPEN_REPEATS_MAX {
            let answers = self.write(OPENING, &opening(&open, &find)).await?;
            if let Some(row) = answers.last().and_then(|rows| rows.first()) {
                return opened(row);
            }
        }
        Err(always_taken())
    }

    async fn run(&self, id: Uuid) -> Result<Option<RunRow>, PortError> {
        let params: &[Param<'_>] = &[(&id, Type::UUID)];
        let rows = self.statement("reading a run", sql!("read_run.sql"), params);
        rows.await?.first().map(run_row).transpose()
    }

    async fn cancel_run(&self, id: Uuid) -> Result<u64, PortError> {
        if self.act().is_some() {
            return Ok(match run_acts::end_run(self, id).await? {
                Ended::Done { jobs } => jobs,
                Ended::Unknown | Ended::Over { .. } => 0,
            });
        }
        let what = "cancelling a run";
        let params: &[Param<'_>] = &[(&id, Type::UUID)];
        // Each a transaction of its own: what was enqueued before the mark is
        // seen by the cancel, and what comes after it is cancelled at once.
        let flight = join(
            self.client.query_typed(sql!("mark_cancelled.sql"), params),
            self.client.query_typed(sql!("cancel_run.sql"), params),
        );
        let (marked, gone) = self.within(flight).await.map_err(no_commit_answer(what))?;
        let rows = marked.and(gone).map_err(|error| commit_error(what, &error))?;
        cancelled(&rows)
    }

    async fn recount(&self, idle: TimeDelta, limit: i64) -> Result<Recounted, PortError> {
        let idle_secs = idle.num_seconds();
        let params: &[Param<'_>] = &[(&idle_secs, Type::INT8), (&limit, Type::INT8)];
        let sql = sql!("stuck_runs.sql");
        let mut recounted = Recounted::default();
        for row in self.statement("finding stuck runs", sql, params).await? {
            match self.recount_one(column(&row, "id")?, idle_secs).await? {
                Some(RunStatus::Running) => recounted.stalled += 1,
                Some(_) => recounted.finalized += 1,
                None => {}
            }
        }
        Ok(recounted)
    }
}

impl Session {
    /// The run's status now; none if somebody counts it at this moment.
    async fn recount_one(&self, id: Uuid, idle_secs: i64) -> Result<Option<RunStatus>, PortError> {
        let what = "recounting a run";
        let lock: &[Param<'_>] = &[(&id, Type::UUID), (&idle_secs, Type::INT8)];
        let count: &[Param<'_>] = &[(&id, Type::UUID)];
        let statements = [
            Statement { sql: sql!("lock_stuck_run.sql"), params: lock },
            Statement { sql: sql!("recount_run.sql"), params: count },
        ];
        let flight = self.transact(READ_WRITE, &statements);
        match self.within(flight).await.map_err(no_commit_answer(what))? {
            Ok(answers) => answers.last().and_then(|rows| rows.first()).map(run_status).transpose(),
            Err(error) if is_meanwhile(&error) => Ok(None),
            Err(error) => Err(commit_error(what, &error)),
        }
    }
}

/// A run to be opened, as columns.
pub(crate) struct Columns<'a> {
    run: &'a NewRun,
    trigger: &'static str,
    spec: Spec,
    queue: &'static str,
    version: i16,
    data: String,
    idle_secs: i64,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(run: &'a NewRun, trigger: &'static str) -> Self {
        let spec = run.start.job_type.spec();
        Self {
            run,
            trigger,
            spec,
            queue: spec.queue.name(),
            version: version(run.start.job_type),
            data: run.start.data.to_string(),
            idle_secs: RUN_IDLE.num_seconds(),
        }
    }

    pub(crate) fn open(&self) -> [Param<'_>; 12] {
        let start = &self.run.start;
        [
            (&start.run_id, Type::UUID),
            (&self.run.job_key, Type::TEXT),
            (&self.run.organization_id, Type::TEXT),
            (&self.trigger, Type::TEXT),
            (&start.request_id, Type::TEXT),
            (&start.exclusive, Type::BOOL),
            (&start.job_id, Type::UUID),
            (&self.queue, Type::TEXT),
            (&self.spec.name, Type::TEXT),
            (&self.version, Type::INT2),
            (&self.data, Type::TEXT),
            (&self.spec.failures_max, Type::INT2),
        ]
    }

    pub(crate) fn find(&self) -> [Param<'_>; 4] {
        [
            (&self.run.start.run_id, Type::UUID),
            (&self.run.job_key, Type::TEXT),
            (&self.run.organization_id, Type::TEXT),
            (&self.idle_secs, Type::INT8),
        ]
    }
}

/// Opens a run unless its lock is taken; then says who has it.
pub(crate) const fn opening<'a>(
    open: &'a [Param<'a>],
    find: &'a [Param<'a>],
) -> [Statement<'a>; 2] {
    [
        Statement { sql: sql!("open_run.sql"), params: open },
        Statement { sql: sql!("find_holder.sql"), params: find },
    ]
}

/// Each time that the lock was taken another run was opened and ended.
pub(crate) fn always_taken() -> PortError {
    let cause = "its lock was taken whenever it was asked for".to_owned();
    PortError::Contention { what: OPENING, cause }
}

/// How many jobs a cancel of a run has ended.
pub(crate) fn cancelled(rows: &[Row]) -> Result<u64, PortError> {
    let row = rows.first().ok_or_else(|| unreadable("what was cancelled"))?;
    u64::try_from(column::<i64>(row, "cancelled")?).map_err(|_| unreadable("column cancelled"))
}

pub(crate) fn opened(row: &Row) -> Result<Opened, PortError> {
    if column(row, "ours")? {
        return Ok(Opened::Started { run_id: column(row, "id")? });
    }
    Ok(Opened::Held {
        holder: column(row, "id")?,
        since: column(row, "started_at")?,
        expires_at: column(row, "expires_at")?,
    })
}

fn run_status(row: &Row) -> Result<RunStatus, PortError> {
    let name: String = column(row, "status")?;
    RunStatus::from_name(&name).ok_or_else(|| unreadable("column status"))
}

pub(crate) fn run_row(row: &Row) -> Result<RunRow, PortError> {
    Ok(RunRow {
        id: column(row, "id")?,
        job_key: column(row, "job_key")?,
        trigger: column(row, "trigger")?,
        status: run_status(row)?,
        revision: column(row, "revision")?,
        counts: RunCounts {
            total: column(row, "jobs_total")?,
            done: column(row, "jobs_done")?,
            dead: column(row, "jobs_dead")?,
            cancelled: column(row, "jobs_cancelled")?,
        },
        started_at: column(row, "started_at")?,
        progressed_at: column(row, "progressed_at")?,
        stalled_at: column(row, "stalled_at")?,
        finished_at: column(row, "finished_at")?,
    })
}

//! Runs: opened under their lock, cancelled, and recounted when they are stuck.

use chrono::TimeDelta;
use futures::future::join;
use mauntic_domain::jobs::limits::RUN_IDLE;
use mauntic_domain::runs::{RunCounts, RunStatus};
use mauntic_flows::ports::{NewRun, Opened, PortError, Recounted, RunRow, RunStore};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::error::{commit_error, is_meanwhile, no_commit_answer};
use crate::flight::{Param, READ_WRITE, Statement, transaction};
use crate::rows::{column, unreadable, version};

/// Times a run is asked for again whose lock was taken when it was asked for
/// and free when the holder was looked for: each time another run was opened
/// and ended in between.
const OPEN_REPEATS_MAX: usize = 3;

impl RunStore for Session {
    async fn open_run(&self, run: &NewRun, trigger: &'static str) -> Result<Opened, PortError> {
        let what = "opening a run";
        let start = &run.start;
        let spec = start.job_type.spec();
        let (queue, data) = (spec.queue.name(), start.data.to_string());
        let open: &[Param<'_>] = &[
            (&start.run_id, Type::UUID),
            (&run.job_key, Type::TEXT),
            (&run.organization_id, Type::TEXT),
            (&trigger, Type::TEXT),
            (&start.request_id, Type::TEXT),
            (&start.exclusive, Type::BOOL),
            (&start.job_id, Type::UUID),
            (&queue, Type::TEXT),
            (&spec.name, Type::TEXT),
            (&version(start.job_type), Type::INT2),
            (&data, Type::TEXT),
            (&spec.failures_max, Type::INT2),
        ];
        let find: &[Param<'_>] = &[
            (&start.run_id, Type::UUID),
            (&run.job_key, Type::TEXT),
            (&RUN_IDLE.num_seconds(), Type::INT8),
        ];
        let statements = [
            Statement { sql: include_str!("../sql/open_run.sql"), params: open },
            Statement { sql: include_str!("../sql/find_holder.sql"), params: find },
        ];
        for _ in 0..=OPEN_REPEATS_MAX {
            let answers = self.write(what, &statements).await?;
            if let Some(row) = answers.last().and_then(|rows| rows.first()) {
                return opened(row);
            }
        }
        let cause = "its lock was taken whenever it was asked for".to_owned();
        Err(PortError::Contention { what, cause })
    }

    async fn run(&self, id: Uuid) -> Result<Option<RunRow>, PortError> {
        let params: &[Param<'_>] = &[(&id, Type::UUID)];
        let rows = self.statement("reading a run", include_str!("../sql/read_run.sql"), params);
        rows.await?.first().map(run_row).transpose()
    }

    async fn cancel_run(&self, id: Uuid) -> Result<u64, PortError> {
        let what = "cancelling a run";
        let params: &[Param<'_>] = &[(&id, Type::UUID)];
        // Each a transaction of its own: what was enqueued before the mark is
        // seen by the cancel, and what comes after it is cancelled at once.
        let flight = join(
            self.client.query_typed(include_str!("../sql/mark_cancelled.sql"), params),
            self.client.query_typed(include_str!("../sql/cancel_run.sql"), params),
        );
        let (marked, cancelled) = self.within(flight).await.map_err(no_commit_answer(what))?;
        let rows = marked.and(cancelled).map_err(|error| commit_error(what, &error))?;
        let row = rows.first();
        let row = row.ok_or_else(|| unreadable("what was cancelled"))?;
        u64::try_from(column::<i64>(row, "cancelled")?).map_err(|_| unreadable("column cancelled"))
    }

    async fn recount(&self, idle: TimeDelta, limit: i64) -> Result<Recounted, PortError> {
        let idle_secs = idle.num_seconds();
        let params: &[Param<'_>] = &[(&idle_secs, Type::INT8), (&limit, Type::INT8)];
        let sql = include_str!("../sql/stuck_runs.sql");
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
            Statement { sql: include_str!("../sql/lock_stuck_run.sql"), params: lock },
            Statement { sql: include_str!("../sql/recount_run.sql"), params: count },
        ];
        let flight = transaction(&self.client, READ_WRITE, &statements);
        match self.within(flight).await.map_err(no_commit_answer(what))? {
            Ok(answers) => answers.last().and_then(|rows| rows.first()).map(run_status).transpose(),
            Err(error) if is_meanwhile(&error) => Ok(None),
            Err(error) => Err(commit_error(what, &error)),
        }
    }
}

fn opened(row: &Row) -> Result<Opened, PortError> {
    if column(row, "ours")? {
        return Ok(Opened::Started);
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

fn run_row(row: &Row) -> Result<RunRow, PortError> {
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

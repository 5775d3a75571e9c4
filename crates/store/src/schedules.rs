//! Schedules: what was judged of one is written under its row's lock, so that
//! each nominal time is judged once, however many judge.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use mauntic_domain::schedules::registry::OVERNIGHT_JOB_KEY;
use mauntic_domain::schedules::{MARKET_KEY_PREFIX, Outcome};
use mauntic_flows::ports::{
    Judged, JudgedSchedule, PortError, RunStart, ScheduleRow, ScheduleRows, ScheduleStore,
};
use serde_json::json;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::acts::{Made, Move, Open, either, perform};
use crate::audit::Noted;
use crate::error::{commit_error, is_meanwhile, no_commit_answer};
use crate::flight::{Param, READ_WRITE, Statement};
use crate::rows::version;
use crate::rows::{column, unreadable};

impl ScheduleStore for Session {
    async fn schedules(&self, job_keys: &[&str]) -> Result<ScheduleRows, PortError> {
        let is_night = job_keys.contains(&OVERNIGHT_JOB_KEY);
        let of_markets = is_night.then_some(MARKET_KEY_PREFIX);
        let params: &[Param<'_>] = &[(&job_keys, Type::TEXT_ARRAY), (&of_markets, Type::TEXT)];
        let sql = sql!("read_schedules.sql");
        let rows = self.statement("reading schedules", sql, params).await?;
        let first = rows.first().ok_or_else(|| unreadable("clock"))?;
        let read = rows.iter().map(schedule_row).collect::<Result<Vec<_>, _>>()?;
        Ok(ScheduleRows { now: column(first, "now")?, rows: read.into_iter().flatten().collect() })
    }

    async fn write_judged(&self, judged: &JudgedSchedule) -> Result<Judged, PortError> {
        let what = "writing what was judged";
        let columns = Columns::of(judged);
        let (schedule, runs) = (columns.schedule(), columns.runs());
        let (occurrences, jobs) = (columns.occurrences(), columns.jobs());
        let from = judged.judged_from.as_ref();
        let (mark, cron) = (from.map(|from| from.judged_until), from.map(|from| &from.cron));
        let key_and_mark: &[Param<'_>] =
            &[(&judged.job_key, Type::TEXT), (&mark, Type::TIMESTAMPTZ), (&cron, Type::TEXT)];
        let guard = match from {
            Some(_) => statement(sql!("lock_schedule.sql"), key_and_mark),
            None => statement(sql!("write_new_schedule.sql"), &schedule),
        };
        let runs = statement(sql!("write_runs.sql"), &runs);
        let occurrences = statement(sql!("write_occurrences.sql"), &occurrences);
        let schedule = statement(sql!("write_schedule.sql"), &schedule);
        let jobs = statement(sql!("write_first_jobs.sql"), &jobs);
        let starts = !columns.starts.is_empty();
        let statements: Vec<Statement<'_>> = match (judged.occurrences.is_empty(), starts) {
            (true, _) => vec![guard, schedule],
            (false, false) => vec![guard, occurrences, schedule],
            // The jobs last: their rows say which runs were started.
            (false, true) => vec![guard, runs, occurrences, schedule, jobs],
        };
        let flight = self.transact(READ_WRITE, &statements);
        match self.within(flight).await.map_err(no_commit_answer(what))? {
            Ok(answers) if starts => columns.started(answers.last().map_or(&[], Vec::as_slice)),
            Ok(_) => Ok(Judged::Written { started: Vec::new() }),
            Err(error) if is_meanwhile(&error) => Ok(Judged::Meanwhile),
            Err(error) => Err(commit_error(what, &error)),
        }
    }

    async fn pause(&self, job_key: &str, note: Option<&str>) -> Result<bool, PortError> {
        let pause = Pause { job_key, note };
        if self.act().is_some() {
            return perform(self, &pause).await.map(either);
        }
        let params = pause.params();
        let rows = self.statement(Pause::WHAT, PAUSE, &params);
        rows.await.map(|rows| !rows.is_empty())
    }
}

const PAUSE: &str = sql!("pause.sql");

/// A pause, or its end.
struct Pause<'a> {
    job_key: &'a str,
    note: Option<&'a str>,
}

impl Pause<'_> {
    const fn params(&self) -> [Param<'_>; 2] {
        [(&self.job_key, Type::TEXT), (&self.note, Type::TEXT)]
    }
}

impl Move for Pause<'_> {
    const WHAT: &'static str = "pausing";
    type Done = bool;
    type Refused = bool;

    async fn make(&self, open: &Open<'_>) -> Result<Made<bool, bool>, PortError> {
        let rows = open.rows(Statement { sql: PAUSE, params: &self.params() }).await?;
        let Some(row) = rows.first() else {
            return Ok(Made::Nothing(false));
        };
        let (paused, note): (bool, Option<String>) =
            (column(row, "was_paused")?, column(row, "was_note")?);
        let noted = Noted {
            action: if self.note.is_some() { "cron.pause" } else { "cron.resume" },
            target: self.job_key.to_owned(),
            before: json!({"paused": paused, "note": note}),
            after: json!({"paused": self.note.is_some(), "note": self.note}),
        };
        Ok(Made::Done(true, vec![noted]))
    }
}

const fn statement<'a>(sql: &'static str, params: &'a [Param<'a>]) -> Statement<'a> {
    Statement { sql, params }
}

/// What was judged, column by column for `unnest`.
struct Columns<'a> {
    judged: &'a JudgedSchedule,
    starts: Vec<&'a RunStart>,
    nominals: Vec<DateTime<Utc>>,
    outcomes: Vec<&'static str>,
    reasons: Vec<Option<&'static str>>,
    ordinals: Vec<i64>,
    runs: Vec<Option<Uuid>>,
    started_runs: Vec<Uuid>,
    started_nominals: Vec<DateTime<Utc>>,
    exclusive: Vec<bool>,
    request_ids: Vec<&'a str>,
    jobs: Vec<Uuid>,
    queues: Vec<&'static str>,
    types: Vec<&'static str>,
    versions: Vec<i16>,
    data: Vec<String>,
    failures_max: Vec<i16>,
}

impl<'a> Columns<'a> {
    fn of(judged: &'a JudgedSchedule) -> Self {
        let all = || judged.occurrences.iter();
        let started = || all().filter_map(|one| one.start.as_ref().map(|run| (one, run)));
        let specs = || started().map(|(_, run)| run.job_type.spec());
        Self {
            judged,
            starts: started().map(|(_, run)| run).collect(),
            nominals: all().map(|one| one.nominal_at).collect(),
            outcomes: all().map(|one| one.outcome.name()).collect(),
            reasons: all().map(|one| reason(one.outcome)).collect(),
            ordinals: all().map(|one| one.ordinal).collect(),
            runs: all().map(|one| one.start.as_ref().map(|run| run.run_id)).collect(),
            started_runs: started().map(|(_, run)| run.run_id).collect(),
            started_nominals: started().map(|(one, _)| one.nominal_at).collect(),
            exclusive: started().map(|(_, run)| run.exclusive).collect(),
            request_ids: started().map(|(_, run)| run.request_id.as_str()).collect(),
            jobs: started().map(|(_, run)| run.job_id).collect(),
            queues: specs().map(|spec| spec.queue.name()).collect(),
            types: specs().map(|spec| spec.name).collect(),
            versions: started().map(|(_, run)| version(run.job_type)).collect(),
            data: started().map(|(_, run)| run.data.to_string()).collect(),
            failures_max: specs().map(|spec| spec.failures_max).collect(),
        }
    }

    fn schedule(&self) -> [Param<'_>; 4] {
        [
            (&self.judged.job_key, Type::TEXT),
            (&self.judged.cron, Type::TEXT),
            (&self.judged.judged_until, Type::TIMESTAMPTZ),
            (&self.judged.ordinal_next, Type::INT8),
        ]
    }

    fn runs(&self) -> [Param<'_>; 5] {
        [
            (&self.judged.job_key, Type::TEXT),
            (&self.started_runs, Type::UUID_ARRAY),
            (&self.started_nominals, Type::TIMESTAMPTZ_ARRAY),
            (&self.exclusive, Type::BOOL_ARRAY),
            (&self.request_ids, Type::TEXT_ARRAY),
        ]
    }

    fn occurrences(&self) -> [Param<'_>; 6] {
        [
            (&self.judged.job_key, Type::TEXT),
            (&self.nominals, Type::TIMESTAMPTZ_ARRAY),
            (&self.outcomes, Type::TEXT_ARRAY),
            (&self.reasons, Type::TEXT_ARRAY),
            (&self.ordinals, Type::INT8_ARRAY),
            (&self.runs, Type::UUID_ARRAY),
        ]
    }

    fn jobs(&self) -> [Param<'_>; 8] {
        [
            (&self.jobs, Type::UUID_ARRAY),
            (&self.started_runs, Type::UUID_ARRAY),
            (&self.queues, Type::TEXT_ARRAY),
            (&self.types, Type::TEXT_ARRAY),
            (&self.versions, Type::INT2_ARRAY),
            (&self.data, Type::TEXT_ARRAY),
            (&self.failures_max, Type::INT2_ARRAY),
            (&self.request_ids, Type::TEXT_ARRAY),
        ]
    }

    /// The runs whose first job was written, oldest nominal time first.
    fn started(&self, rows: &[Row]) -> Result<Judged, PortError> {
        let written: BTreeSet<Uuid> =
            rows.iter().map(|row| column(row, "run_id")).collect::<Result<_, _>>()?;
        let started = self.starts.iter().map(|run| run.run_id);
        Ok(Judged::Written { started: started.filter(|run| written.contains(run)).collect() })
    }
}

const fn reason(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Skipped(reason) => Some(reason.name()),
        Outcome::Ran | Outcome::Late | Outcome::Missed | Outcome::Backfilled => None,
    }
}

/// None where the schedule has no row.
fn schedule_row(row: &Row) -> Result<Option<ScheduleRow>, PortError> {
    let Some(job_key) = column(row, "job_key")? else {
        return Ok(None);
    };
    let note = column::<Option<String>>(row, "note")?;
    let paused: bool = column(row, "paused")?;
    Ok(Some(ScheduleRow {
        job_key,
        cron: column(row, "cron")?,
        judged_until: column(row, "judged_until")?,
        ordinal_next: column(row, "ordinal_next")?,
        paused: paused.then(|| note.unwrap_or_default()),
    }))
}

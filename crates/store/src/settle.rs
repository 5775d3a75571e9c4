//! Moves of jobs' rows that are no effect: each is guarded by the state it
//! leaves and, where it has one, the claim.

use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::retry::{UNKNOWN_HOURS_MAX, UNKNOWN_SNOOZE_SECS};
use mauntic_domain::overnight::CHUNKS_OPEN;
use mauntic_flows::ports::{Held, PortError, PutOff, Replayed, SetBackJob, Setback};
use serde_json::json;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::acts::{Made, Move, Open, either, perform};
use crate::audit::Noted;
use crate::error::{commit_error, is_violation, no_answer, no_commit_answer, statement_error};
use crate::flight::{Param, Statement};
use crate::replay::{KEYS, Outcome, REPLAY};
use crate::rows::{column, ids};
use crate::{Session, case_acts, replay};

pub(crate) async fn set_back(
    session: &Session,
    jobs: &[SetBackJob],
) -> Result<Vec<Uuid>, PortError> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let columns = Columns::of(jobs);
    let params: &[Param<'_>] = &[
        (&columns.ids, Type::UUID_ARRAY),
        (&columns.claims, Type::INT4_ARRAY),
        (&columns.states, Type::TEXT_ARRAY),
        (&columns.failed, Type::BOOL_ARRAY),
        (&columns.waits_ms, Type::INT8_ARRAY),
        (&columns.reasons, Type::TEXT_ARRAY),
        (&columns.errors, Type::TEXT_ARRAY),
    ];
    let (what, sql) = ("setting jobs back", sql!("set_back.sql"));
    let waits = |job: &SetBackJob| matches!(job.setback, Setback::Snoozed { reason, .. } if reason == CHUNKS_OPEN);
    if !jobs.iter().any(waits) {
        return ids(&session.statement(what, sql, params).await?);
    }
    let hold: &[Param<'_>] = &[(&columns.ids, Type::UUID_ARRAY)];
    let wake: &[Param<'_>] = &[(&columns.ids, Type::UUID_ARRAY), (&CHUNKS_OPEN, Type::TEXT)];
    let statements = [
        Statement { sql, params },
        Statement { sql: sql!("hold_waiting_nights.sql"), params: hold },
        Statement { sql: sql!("wake_waiting.sql"), params: wake },
    ];
    let answers = session.write(what, &statements).await?;
    ids(answers.first().map_or(&[], Vec::as_slice))
}

/// Jobs to be set back, column by column for `unnest`.
#[derive(Default)]
struct Columns<'a> {
    ids: Vec<Uuid>,
    claims: Vec<i32>,
    states: Vec<&'static str>,
    failed: Vec<bool>,
    waits_ms: Vec<i64>,
    reasons: Vec<Option<&'static str>>,
    errors: Vec<Option<&'a str>>,
}

impl<'a> Columns<'a> {
    fn of(jobs: &'a [SetBackJob]) -> Self {
        let mut sorted: Vec<&SetBackJob> = jobs.iter().collect();
        sorted.sort_by_key(|job| job.id);
        let mut columns = Self::default();
        for job in sorted {
            columns.push(job);
        }
        columns
    }

    fn push(&mut self, job: &'a SetBackJob) {
        let (state, failed, wait_ms, reason, error) = match &job.setback {
            Setback::Failed { wait, error, .. } => {
                ("failed", true, wait.num_milliseconds(), None, Some(error.as_str()))
            }
            Setback::Snoozed { wait, reason } => {
                ("queued", false, wait.num_milliseconds(), Some(*reason), None)
            }
            Setback::Dead { reason, detail, failed } => {
                ("dead_lettered", *failed, 0, Some(*reason), Some(detail.as_str()))
            }
        };
        self.ids.push(job.id);
        self.claims.push(job.claim);
        self.states.push(state);
        self.failed.push(failed);
        self.waits_ms.push(wait_ms);
        self.reasons.push(reason);
        self.errors.push(error);
    }
}

pub(crate) async fn hand_back(session: &Session, held: &Held) -> Result<bool, PortError> {
    let params: &[Param<'_>] = &[(&held.id, Type::UUID), (&held.claim, Type::INT4)];
    let sql = sql!("hand_back.sql");
    session.statement("handing a job back", sql, params).await.map(|rows| !rows.is_empty())
}

pub(crate) async fn put_off(
    session: &Session,
    queue: Queue,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, PutOff)>, PortError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let params: &[Param<'_>] = &[
        (&ids, Type::UUID_ARRAY),
        (&queue.name(), Type::TEXT),
        (&UNKNOWN_SNOOZE_SECS, Type::INT8),
        (&UNKNOWN_HOURS_MAX, Type::INT8),
    ];
    let sql = sql!("put_off.sql");
    let rows = session.statement("putting jobs off", sql, params).await?;
    let read = |row| {
        let dead: bool = column(row, "dead")?;
        Ok((column(row, "id")?, if dead { PutOff::DeadLettered } else { PutOff::Snoozed }))
    };
    rows.iter().map(read).collect()
}

pub(crate) async fn absolve(session: &Session, token: Uuid) -> Result<(), PortError> {
    let params: &[Param<'_>] = &[(&token, Type::UUID)];
    let sql = sql!("absolve.sql");
    session.statement("absolving jobs", sql, params).await.map(|_| ())
}

pub(crate) async fn release(session: &Session, token: Uuid) -> Result<u64, PortError> {
    let params: &[Param<'_>] = &[(&token, Type::UUID)];
    let released = session.client.execute_typed(sql!("release.sql"), params);
    let released = session.within(released).await.map_err(no_answer)?;
    released.map_err(|error| statement_error("releasing leases", &error))
}

pub(crate) async fn cancel(session: &Session, jobs: &[Uuid]) -> Result<Vec<Uuid>, PortError> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    if session.act().is_some() {
        return perform(session, &Cancel(jobs)).await.map(either);
    }
    let params: &[Param<'_>] = &[(&jobs, Type::UUID_ARRAY)];
    ids(&session.change(Cancel::WHAT, CANCEL, params).await?)
}

const CANCEL: &str = sql!("cancel.sql");

struct Cancel<'a>(&'a [Uuid]);

impl Move for Cancel<'_> {
    const WHAT: &'static str = "cancelling jobs";
    type Done = Vec<Uuid>;
    type Refused = Vec<Uuid>;

    async fn make(&self, open: &Open<'_>) -> Result<Made<Vec<Uuid>, Vec<Uuid>>, PortError> {
        let params: &[Param<'_>] = &[(&self.0, Type::UUID_ARRAY)];
        let rows = open.rows(Statement { sql: CANCEL, params }).await?;
        let cancelled = ids(&rows)?;
        if cancelled.is_empty() {
            return Ok(Made::Nothing(cancelled));
        }
        let noted = rows.iter().map(|row| {
            let before = json!({"state": column::<String>(row, "state")?});
            let target = column::<Uuid>(row, "id")?.to_string();
            let after = json!({"state": "cancelled"});
            Ok(Noted { action: "job.cancel", target, before, after })
        });
        let noted = noted.collect::<Result<Vec<_>, PortError>>()?;
        Ok(Made::Done(cancelled, noted))
    }
}

pub(crate) async fn replay(session: &Session, id: Uuid) -> Result<Replayed, PortError> {
    if session.act().is_some() {
        return case_acts::replay_job(session, id).await;
    }
    let what = "replaying a job";
    let columns = replay::Columns::of(vec![id]);
    let params = columns.params();
    let replayed = session.client.query_typed(REPLAY, &params);
    match session.within(replayed).await.map_err(no_commit_answer(what))? {
        Ok(rows) => Ok(match Outcome::of(&rows)? {
            Outcome { queued, .. } if !queued.is_empty() => Replayed::Queued,
            Outcome { taken, .. } if !taken.is_empty() => Replayed::KeyTaken,
            Outcome { .. } => Replayed::NotDead,
        }),
        Err(error) if is_violation(&error, KEYS) => Ok(Replayed::KeyTaken),
        Err(error) => Err(commit_error(what, &error)),
    }
}

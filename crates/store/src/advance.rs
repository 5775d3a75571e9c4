//! Going on with replays of many: each step is one transaction, in which the
//! replay's cursor moves with the jobs, so that a repeat doubles nothing.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::JobState;
use mauntic_domain::replays::{
    Canaries, PER_SECOND_MAX, Progress, STEP_CASES_MAX, Status, Step, Terms, step,
};
use mauntic_flows::ports::{Advanced, PortError};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::acts::Open;
use crate::flight::{CONTENTION_REPEATS_MAX, Param, Statement};
use crate::replays::count;
use crate::rows::{column, ids, unreadable};
use crate::slice::{Pick, Released, release};

const WHAT: &str = "going on with a replay";

/// Most steps of one replay in one call: what the highest pace releases in a
/// minute.
const STEPS_MAX: u32 = 60 * PER_SECOND_MAX / STEP_CASES_MAX;

/// Goes on with every open replay, each as far as its pace allows until `window`
/// from now; with `only`, with that one alone, a step. One that the database
/// refuses to go on with keeps none of the others: its error comes at the end.
pub(crate) async fn advance(
    session: &Session,
    window: TimeDelta,
    only: Option<Uuid>,
) -> Result<Advanced, PortError> {
    let mut advanced = Advanced::default();
    if let Some(id) = only {
        settled(session, id, window).await?.add_to(&mut advanced, id);
        return Ok(advanced);
    }
    let sql = sql!("open_replays.sql");
    let mut refused = None;
    for id in ids(&session.statement("finding open replays", sql, &[]).await?)? {
        for _ in 0..STEPS_MAX {
            match settled(session, id, window).await {
                Ok(stepped) => {
                    let again = stepped.again;
                    stepped.add_to(&mut advanced, id);
                    if !again {
                        break;
                    }
                }
                // Rolled back: the session goes on.
                Err(error @ (PortError::Refused { .. } | PortError::Contention { .. })) => {
                    refused.get_or_insert(error);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
    }
    refused.map_or(Ok(advanced), Err)
}

/// What one step did.
#[derive(Default)]
struct Stepped {
    released: u64,
    ended: Option<Status>,
    /// Whether a further one can release more now: this one had its fill.
    again: bool,
}

impl Stepped {
    fn add_to(self, advanced: &mut Advanced, id: Uuid) {
        advanced.released += self.released;
        advanced.ended.extend(self.ended.map(|status| (id, status.as_str())));
    }
}

async fn settled(session: &Session, id: Uuid, window: TimeDelta) -> Result<Stepped, PortError> {
    let mut repeats = 0;
    loop {
        match one_step(session, id, window).await {
            Err(PortError::Contention { .. }) if repeats < CONTENTION_REPEATS_MAX => repeats += 1,
            settled => return settled,
        }
    }
}

async fn one_step(session: &Session, id: Uuid, window: TimeDelta) -> Result<Stepped, PortError> {
    let params: &[Param<'_>] = &[(&id, Type::UUID)];
    let lock = Statement { sql: sql!("lock_replay.sql"), params };
    let look = Statement { sql: sql!("look_at_canaries.sql"), params };
    let (open, answers) = Open::begin(session, WHAT, &[lock, look]).await?;
    match decided(&open, id, &answers, window).await {
        Ok(None) => open.roll_back().await.map(|()| Stepped::default()),
        Ok(Some((moved, stepped))) => {
            let sql = sql!("move_replay.sql");
            open.commit(&[Statement { sql, params: &moved.params() }]).await.map(|()| stepped)
        }
        Err(error) => Err(open.give_up(error).await),
    }
}

/// Where a replay stands after a step.
struct Moved {
    id: Uuid,
    status: &'static str,
    after_case: Option<Uuid>,
    canaries: Vec<Uuid>,
    replayed: i32,
    refused: i32,
    paced_until: DateTime<Utc>,
    stopped_by: Option<Uuid>,
}

impl Moved {
    const fn params(&self) -> [Param<'_>; 8] {
        [
            (&self.id, Type::UUID),
            (&self.status, Type::TEXT),
            (&self.after_case, Type::UUID),
            (&self.canaries, Type::UUID_ARRAY),
            (&self.replayed, Type::INT4),
            (&self.refused, Type::INT4),
            (&self.paced_until, Type::TIMESTAMPTZ),
            (&self.stopped_by, Type::UUID),
        ]
    }
}

/// A replay as it was locked.
struct Locked {
    terms: Terms,
    progress: Progress,
    canaries: Vec<Uuid>,
    pick: Pick,
    actor: String,
    why: Option<String>,
    now: DateTime<Utc>,
}

/// Decides a step and releases its cases; none where there is nothing to do now,
/// or somebody else does it.
async fn decided(
    open: &Open<'_>,
    id: Uuid,
    answers: &[Vec<Row>],
    window: TimeDelta,
) -> Result<Option<(Moved, Stepped)>, PortError> {
    let [replays, canaries] = answers else {
        return Err(unreadable("a replay and its canaries"));
    };
    let Some(row) = replays.first() else {
        return Ok(None);
    };
    let locked = locked(row, canaries)?;
    let still = Moved {
        id,
        status: locked.progress.status.as_str(),
        after_case: None,
        canaries: locked.canaries.clone(),
        replayed: 0,
        refused: 0,
        paced_until: locked.progress.paced_until,
        stopped_by: None,
    };
    match step(locked.terms, locked.progress, locked.now, window) {
        Step::Wait => Ok(None),
        Step::Stop(job) => {
            let status = Status::Stopped;
            let moved = Moved { status: status.as_str(), stopped_by: Some(job), ..still };
            Ok(Some((moved, Stepped { ended: Some(status), ..Stepped::default() })))
        }
        Step::Release { cases, start, spacing } => {
            let by = (locked.actor.as_str(), locked.why.as_deref());
            let released = release(open, (id, &locked.pick), by, cases, (start, spacing)).await?;
            Ok(Some(moved(&locked, still, cases, released)))
        }
    }
}

/// Where the replay stands after it has released these.
fn moved(locked: &Locked, still: Moved, cases: u32, released: Released) -> (Moved, Stepped) {
    let number = released.jobs.len();
    let queued = u32::try_from(number).unwrap_or(u32::MAX);
    let ran_out = u32::try_from(released.found).is_ok_and(|found| found < cases);
    let all = locked.progress.replayed.saturating_add(queued) >= locked.terms.limit;
    let of_canaries = locked.progress.status == Status::Canary
        && locked.progress.canaries == Canaries::None
        && locked.terms.canary > 0;
    let status = match (of_canaries, ran_out) {
        // No canary is left to wait for.
        (true, true) if number == 0 => Status::Completed,
        (true, _) => Status::Canary,
        (false, ran_out) if ran_out || all => Status::Completed,
        (false, _) => Status::Running,
    };
    let small = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let moved = Moved {
        status: status.as_str(),
        after_case: released.last,
        replayed: small(number),
        refused: small(released.refused),
        paced_until: released.next.unwrap_or(still.paced_until),
        canaries: if of_canaries { released.jobs } else { still.canaries },
        ..still
    };
    let stepped = Stepped {
        released: u64::from(queued),
        ended: status.is_final().then_some(status),
        again: !status.is_final() && !of_canaries && cases == STEP_CASES_MAX,
    };
    (moved, stepped)
}

fn locked(row: &Row, canaries: &[Row]) -> Result<Locked, PortError> {
    let status: String = column(row, "status")?;
    Ok(Locked {
        terms: Terms {
            limit: count(row, "case_limit")?,
            canary: count(row, "canary")?,
            per_second: count(row, "per_second")?,
        },
        progress: Progress {
            status: Status::from_name(&status).ok_or_else(|| unreadable("column status"))?,
            replayed: count(row, "replayed")?,
            paced_until: column(row, "paced_until")?,
            canaries: judged(canaries)?,
        },
        canaries: column(row, "canaries")?,
        pick: Pick {
            filter: column(row, "filter")?,
            after: column(row, "after_case")?,
            until: Some(column(row, "created_at")?),
        },
        actor: column(row, "actor")?,
        why: column(row, "why")?,
        now: column(row, "now")?,
    })
}

/// One failure is enough, whoever has queued the job again since; and a job that
/// is gone counts as one.
fn judged(canaries: &[Row]) -> Result<Canaries, PortError> {
    let mut all = if canaries.is_empty() { Canaries::None } else { Canaries::Completed };
    for row in canaries {
        let state: Option<String> = column(row, "state")?;
        let state = state.as_deref().and_then(JobState::from_name);
        let failures = column::<Option<i16>>(row, "failures")?;
        match (state, failures) {
            _ if column(row, "has_died")? => return column(row, "id").map(Canaries::Failed),
            (Some(JobState::Completed), Some(0)) => {}
            (Some(JobState::Queued | JobState::InProgress), Some(0)) => all = Canaries::Waiting,
            _ => return column(row, "id").map(Canaries::Failed),
        }
    }
    Ok(all)
}

//! What people decide about dead letters, one case at a time.

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::{Job, JobState};
use mauntic_flows::ports::{CaseReplay, CaseReplayed, Discarded, PortError, Replayed};
use serde_json::{Value, json};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::acts::{Made, Move, Open, either, perform};
use crate::audit::Noted;
use crate::flight::{Param, Statement};
use crate::replay::{Columns, replay};
use crate::rows::{column, state, version};

/// Replays one case.
pub(crate) async fn replay_case(
    session: &Session,
    replay: &CaseReplay,
) -> Result<CaseReplayed, PortError> {
    perform(session, replay).await.map(either)
}

/// Decides a case without a replay.
pub(crate) async fn discard(session: &Session, id: Uuid) -> Result<Discarded, PortError> {
    perform(session, &Discard(id)).await.map(either)
}

/// [`mauntic_flows::ports::JobStore::replay`] by an operator.
pub(crate) async fn replay_job(session: &Session, id: Uuid) -> Result<Replayed, PortError> {
    perform(session, &ReplayJob(id)).await.map(|made| match made {
        Ok(_) => Replayed::Queued,
        Err(refused) => refused,
    })
}

/// A case and, where it has one, its job: both locked.
struct Case {
    job_id: Option<Uuid>,
    reason: String,
    open: bool,
    job: Option<CaseJob>,
}

struct CaseJob {
    id: Uuid,
    state: JobState,
    type_name: String,
    organization_id: Option<String>,
    before: Value,
}

/// The job first, as everybody who has both locks them.
async fn lock(open: &Open<'_>, id: Uuid) -> Result<Option<Case>, PortError> {
    let params: &[Param<'_>] = &[(&id, Type::UUID)];
    let job = Statement { sql: sql!("lock_case_job.sql"), params };
    let case = Statement { sql: sql!("lock_case.sql"), params };
    let answers = open.flight(&[job, case]).await?;
    let [jobs, cases] = answers.as_slice() else {
        return Ok(None);
    };
    let job = jobs.first().map(case_job).transpose()?;
    let case = |row: &Row| {
        let (job_id, reason) = (column(row, "job_id")?, column(row, "reason")?);
        Ok(Case { job_id, reason, open: column(row, "open")?, job })
    };
    cases.first().map(case).transpose()
}

fn case_job(row: &Row) -> Result<CaseJob, PortError> {
    let state = state(row)?;
    let before = json!({
        "state": state.as_str(),
        "failures": column::<i16>(row, "failures")?,
        "replays": column::<i16>(row, "replays")?,
        "lastError": column::<Option<String>>(row, "last_error")?,
        "runId": column::<Option<Uuid>>(row, "run_id")?,
    });
    Ok(CaseJob {
        id: column(row, "id")?,
        state,
        type_name: column(row, "type")?,
        organization_id: column(row, "organization_id")?,
        before,
    })
}

impl Move for CaseReplay {
    const WHAT: &'static str = "replaying a case";
    type Done = CaseReplayed;
    type Refused = CaseReplayed;

    async fn make(&self, open: &Open<'_>) -> Result<Made<CaseReplayed, CaseReplayed>, PortError> {
        let Some(case) = lock(open, self.id).await? else {
            return Ok(Made::Nothing(CaseReplayed::Unknown));
        };
        if !case.open {
            return Ok(Made::Nothing(CaseReplayed::NotDead));
        }
        let content = self.content.as_ref();
        let noted = |before: Value, job_id: Uuid| {
            let after = json!({"jobId": job_id, "state": "queued", "edited": content.is_some()});
            Noted { action: "dlq.replay", target: self.id.to_string(), before, after }
        };
        let (act, queued) = (open.session().act(), |job_id| CaseReplayed::Queued { job_id });
        let Some(job) = case.job else {
            let Some(content) = content else {
                return Ok(Made::Nothing(CaseReplayed::NoContent));
            };
            if !insert(open, self, content).await? {
                return Ok(Made::Nothing(CaseReplayed::KeyTaken));
            }
            let before = json!({"reason": case.reason, "jobId": case.job_id});
            return Ok(Made::Done(queued(self.fresh_id), vec![noted(before, self.fresh_id)]));
        };
        if let Some(refused) = content.and_then(|content| unlike(&job, content)) {
            return Ok(Made::Nothing(refused));
        }
        let (by, why) = act.map_or((None, None), |a| (Some(a.actor.as_str()), a.reason.as_deref()));
        let columns = Columns::of(vec![job.id]).decided(by, why).edited(content);
        let outcome = replay(open, Self::WHAT, &columns).await?;
        Ok(match (outcome.queued.first(), outcome.taken.first()) {
            (Some(id), _) => Made::Done(queued(*id), vec![noted(job.before, *id)]),
            (None, Some(_)) => Made::Nothing(CaseReplayed::KeyTaken),
            (None, None) => Made::Nothing(CaseReplayed::NotDead),
        })
    }
}

/// Why a content cannot stand in place of a dead job's. A job that is no dead
/// letter is refused for that, whatever the content.
fn unlike(job: &CaseJob, content: &Job) -> Option<CaseReplayed> {
    if job.state != JobState::DeadLettered {
        return Some(CaseReplayed::NotDead);
    }
    if job.type_name != content.job_type().name() {
        return Some(CaseReplayed::OtherType { type_name: job.type_name.clone() });
    }
    let owner = content.organization_id().map(OrganizationId::as_str);
    (job.organization_id.as_deref() != owner).then_some(CaseReplayed::OtherOrganization)
}

/// A case without a job gets one, unless another job has its key.
async fn insert(open: &Open<'_>, replay: &CaseReplay, content: &Job) -> Result<bool, PortError> {
    let spec = content.job_type().spec();
    let owner = content.organization_id().map(OrganizationId::as_str);
    let (queue, data) = (spec.queue.name(), content.data().to_string());
    let act = open.session().act();
    let request = act.map(|act| act.request_id.as_str()).filter(|id| !id.is_empty());
    let (by, why) = (act.map(|act| &act.actor), act.and_then(|act| act.reason.as_ref()));
    let job: &[Param<'_>] = &[
        (&replay.fresh_id, Type::UUID),
        (&owner, Type::TEXT),
        (&queue, Type::TEXT),
        (&spec.name, Type::TEXT),
        (&version(content.job_type()), Type::INT2),
        (&data, Type::TEXT),
        (&spec.failures_max, Type::INT2),
        (&request, Type::TEXT),
        (&replay.idempotency_key, Type::TEXT),
    ];
    let case: &[Param<'_>] = &[
        (&replay.id, Type::UUID),
        (&replay.fresh_id, Type::UUID),
        (&by, Type::TEXT),
        (&why, Type::TEXT),
    ];
    let job = Statement { sql: sql!("insert_replayed.sql"), params: job };
    let case = Statement { sql: sql!("decide_case.sql"), params: case };
    let answers = open.flight(&[job, case]).await?;
    Ok(answers.first().is_some_and(|written| !written.is_empty()))
}

struct Discard(Uuid);

impl Move for Discard {
    const WHAT: &'static str = "discarding a case";
    type Done = Discarded;
    type Refused = Discarded;

    async fn make(&self, open: &Open<'_>) -> Result<Made<Discarded, Discarded>, PortError> {
        let Some(case) = lock(open, self.0).await? else {
            return Ok(Made::Nothing(Discarded::Unknown));
        };
        if !case.open {
            return Ok(Made::Nothing(Discarded::NotOpen));
        }
        let act = open.session().act();
        let (by, why) = (act.map(|act| &act.actor), act.and_then(|act| act.reason.as_ref()));
        let params: &[Param<'_>] = &[(&self.0, Type::UUID), (&by, Type::TEXT), (&why, Type::TEXT)];
        let sql = sql!("discard_case.sql");
        open.rows(Statement { sql, params }).await?;
        let noted = Noted {
            action: "dlq.discard",
            target: self.0.to_string(),
            before: json!({"reason": case.reason, "jobId": case.job_id}),
            after: json!({"decision": "discarded"}),
        };
        Ok(Made::Done(Discarded::Done, vec![noted]))
    }
}

struct ReplayJob(Uuid);

impl Move for ReplayJob {
    const WHAT: &'static str = "replaying a job";
    type Done = Uuid;
    type Refused = Replayed;

    async fn make(&self, open: &Open<'_>) -> Result<Made<Uuid, Replayed>, PortError> {
        let act = open.session().act();
        let (by, why) = act.map_or((None, None), |a| (Some(a.actor.as_str()), a.reason.as_deref()));
        let columns = Columns::of(vec![self.0]).decided(by, why);
        let outcome = replay(open, Self::WHAT, &columns).await?;
        if outcome.queued.is_empty() {
            let taken = !outcome.taken.is_empty();
            return Ok(Made::Nothing(if taken { Replayed::KeyTaken } else { Replayed::NotDead }));
        }
        let (before, after) = (json!({"state": "dead_lettered"}), json!({"state": "queued"}));
        let noted = Noted { action: "dlq.replay", target: self.0.to_string(), before, after };
        Ok(Made::Done(self.0, vec![noted]))
    }
}

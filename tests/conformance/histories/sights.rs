//! What operators look at, as steps of a history.

use mauntic_flows::ports::{
    AuditFilter, BreakerRow, CaseDetail, CaseFilter, CaseGroup, CaseView, CronRow, JobDetail,
    JobFilter, JobView, OccurrenceView, OperatorStore, Page, Paged, PortError, RunView,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::replies::Reply;
use crate::subject::{Subject, World};

/// Longest list that is asked for.
const LIMIT: i64 = 100;

/// What is looked at.
#[derive(Debug, Clone)]
pub(super) enum Sight {
    Jobs(JobFilter, Page),
    Job(Uuid),
    Cases(CaseFilter, bool, Page),
    Groups(CaseFilter),
    Case(Uuid),
    Replay(Uuid),
    Cron(Vec<&'static str>),
    Runs(&'static str, Page),
    Run(Uuid),
    Occurrences(&'static str, i64),
    Breakers,
    Audit(AuditFilter, i64),
}

impl Sight {
    /// Every id that a database may have made.
    pub(super) fn ids(&mut self) -> Vec<&mut Uuid> {
        match self {
            Self::Jobs(filter, page) => filter.ids.iter_mut().chain(page.before.as_mut()).collect(),
            Self::Cases(_, _, page) | Self::Runs(_, page) => page.before.iter_mut().collect(),
            Self::Job(id) | Self::Case(id) | Self::Run(id) => vec![id],
            _ => Vec::new(),
        }
    }

    /// Looks.
    pub(super) async fn apply<S: Subject>(self, world: &World<S>) -> Result<Value, PortError> {
        let op = &world.op;
        match self {
            Self::Jobs(filter, page) => op.jobs(&filter, page).await.map(|it| paged(&it, job)),
            Self::Job(id) => op.job(id).await.map(|it| json!(it.as_ref().map(detail))),
            Self::Cases(filter, open, page) => {
                op.cases(&filter, open, page).await.map(|it| paged(&it, case))
            }
            Self::Groups(filter) => op.case_groups(&filter, LIMIT).await.map(groups),
            Self::Case(id) => op.case(id).await.map(|it| json!(it.as_ref().map(of_case))),
            Self::Replay(id) => op.replay_row(id).await.map(|row| json!(row)),
            Self::Cron(keys) => {
                op.cron_rows(&keys).await.map(|rows| rows.iter().map(cron).collect())
            }
            Self::Runs(key, page) => op.runs(key, page).await.map(|it| paged(&it, run)),
            Self::Run(id) => op.run_view(id).await.map(|it| json!(it.as_ref().map(run))),
            Self::Occurrences(key, limit) => {
                let seen = op.occurrences(key, None, limit).await;
                seen.map(|rows| rows.iter().map(occurrence).collect())
            }
            Self::Breakers => op
                .breakers()
                .await
                .map(|(rows, now)| json!([now, rows.iter().map(breaker).collect::<Value>()])),
            Self::Audit(filter, limit) => op.audit(&filter, None, limit).await.map(|page| {
                let seqs: Vec<i64> = page.links.iter().map(|link| link.seq).collect();
                json!([seqs, page.head.seq])
            }),
        }
    }
}

fn paged<T>(page: &Paged<T>, item: impl Fn(&T) -> Value) -> Value {
    json!({"items": page.items.iter().map(item).collect::<Value>(), "next": page.next})
}

fn job(job: &JobView) -> Value {
    json!({
        "id": job.id, "queue": job.queue, "type": job.type_name, "version": job.version,
        "organization": job.organization_id, "run": job.run_id, "state": job.state.as_str(),
        "claim": job.claim, "failures": [job.failures, job.failures_max],
        "snooze_reason": job.snooze_reason, "key": job.idempotency_key,
        "request": job.request_id, "replays": job.replays, "created_at": job.created_at,
        "available_at": job.available_at, "expires_at": job.expires_at,
        "lease_until": job.lease_until, "finished_at": job.finished_at,
        "last_error": job.last_error,
    })
}

fn detail(detail: &JobDetail) -> Value {
    json!({
        "job": job(&detail.job), "data": detail.data, "receipt": detail.receipt,
        "errors": detail.errors, "coalesced": detail.coalesced,
        "scheduled_for": detail.scheduled_for,
    })
}

/// Without its fingerprint, which holds a text for people.
fn case(case: &CaseView) -> Value {
    json!({
        "id": case.id, "queue": case.queue, "type": case.type_name,
        "organization": case.organization_id, "job": case.job_id, "message": case.message_id,
        "reason": case.reason, "detail": case.detail, "created_at": case.created_at,
        "decided_at": case.decided_at, "decision": case.decision, "by": case.decided_by,
        "why": case.decided_why, "replay": case.replay_id, "replayed_as": case.replayed_as,
    })
}

fn of_case(detail_of: &CaseDetail) -> Value {
    json!({
        "case": case(&detail_of.case), "body": String::from_utf8_lossy(&detail_of.body),
        "job": detail_of.job.as_ref().map(detail),
        "lineage": detail_of.lineage.iter().map(case).collect::<Value>(),
    })
}

/// Sorted: which of two groups of one size is first is not said.
fn groups(mut groups: Vec<CaseGroup>) -> Value {
    assert!(groups.is_sorted_by(|a, b| a.open >= b.open), "the largest group first: {groups:?}");
    groups.sort_by_key(|group| group.newest);
    let group = |group: CaseGroup| {
        json!({
            "type": group.type_name, "reason": group.reason, "detail": group.detail,
            "open": group.open, "organizations": group.organizations,
            "first_seen": group.first_seen, "last_seen": group.last_seen,
            "newest": group.newest,
        })
    };
    groups.into_iter().map(group).collect()
}

fn cron(row: &CronRow) -> Value {
    json!([
        row.job_key,
        row.last_run.as_ref().map(run),
        row.open_run,
        row.last_occurrence.as_ref().map(occurrence)
    ])
}

fn run(view: &RunView) -> Value {
    let more =
        json!([view.organization_id, view.scheduled_for, view.request_id, view.cancelled_at]);
    json!([Some(view.run.clone()).value(), more])
}

fn occurrence(one: &OccurrenceView) -> Value {
    json!([one.nominal_at, format!("{:?}", one.outcome), one.run_id, one.judged_at])
}

fn breaker(row: &BreakerRow) -> Value {
    json!([row.name, crate::subject::breaker_value(row.breaker), row.changed_at])
}

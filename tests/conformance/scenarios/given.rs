//! What the cases begin with.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::data::{CalculateScore, Contacts, RecomputeChunk};
use mauntic_domain::jobs::message::derived_job_id;
use mauntic_domain::jobs::{Job, JobType};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Category, Contribution, Score};
use mauntic_flows::ports::{
    AloneClaim, AloneRequest, ClaimRequest, Committed, CompletedJob, DeadLetter, Effect,
    EffectStore, Enqueued, Held, JobKey, JobStore, NewJob, NewRun, Opened, RunStart, RunStore,
    ScoreWrite, SetBackJob, Setback, ShortJob, SpawnedJob, TenantStore,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::subject::{
    QUEUE, RawJob, Subject, World, claim_request, contact, counted, organization,
};

/// The scoring of a contact.
pub(crate) fn scoring(owner: &str, name: &str, key: JobKey) -> NewJob {
    let job = Job::CalculateScore(CalculateScore {
        organization_id: organization(owner),
        contact_id: contact(name),
        context: None,
    });
    NewJob { job, key, request_id: "request-1".to_owned() }
}

/// The scoring of a list, a type that is not batched.
pub(crate) fn chunk(owner: &str, name: &str) -> NewJob {
    let job = Job::RecomputeChunk(RecomputeChunk {
        organization_id: Some(organization(owner)),
        contacts: Contacts::Ids(vec![contact(name)]),
        context: None,
        config_epoch: None,
    });
    NewJob { job, key: JobKey::None, request_id: "request-1".to_owned() }
}

pub(crate) fn coalesce(key: &str) -> JobKey {
    JobKey::Coalesce(key.to_owned())
}

pub(crate) fn idempotent(key: &str) -> JobKey {
    JobKey::Idempotent(key.to_owned())
}

/// A job sent by hand; its ids follow from the message.
pub(crate) fn short(message: &str, name: &str, key: Option<&str>) -> ShortJob {
    ShortJob {
        id: derived_job_id(QUEUE, message),
        run_id: derived_job_id(QUEUE, &format!("run of {message}")),
        job_type: JobType::CalculateScore,
        organization_id: Some("org_1".to_owned()),
        data: json!({"organizationId": "org_1", "contactId": name}),
        request_id: None,
        starter: None,
        idempotency_key: key.map(str::to_owned),
        conflict: letter(message, "idempotency_conflict"),
    }
}

pub(crate) fn letter(message: &str, reason: &'static str) -> DeadLetter {
    DeadLetter {
        message_id: message.to_owned(),
        body: b"{\"type\": 1}".to_vec(),
        reason,
        detail: "what was wrong".to_owned(),
    }
}

/// A batch of jobs sent by hand.
pub(crate) fn by_hand(token: Uuid, shorts: impl IntoIterator<Item = ShortJob>) -> ClaimRequest {
    let mut shorts: Vec<ShortJob> = shorts.into_iter().collect();
    shorts.sort_by_key(|short| short.id);
    counted(ClaimRequest { shorts, ..claim_request(token, &[]) })
}

/// A row of another build or hand.
pub(crate) fn raw(id: Uuid) -> RawJob {
    RawJob {
        id,
        owner: Some("org_1"),
        queue: QUEUE.name(),
        type_name: JobType::CalculateScore.name(),
        version: 1,
        resends: 0,
    }
}

/// An effect that only completes jobs.
pub(crate) fn effect(now: DateTime<Utc>, held: &[&Held]) -> Effect {
    let completed = |held: &&Held| CompletedJob {
        id: held.id,
        claim: held.claim,
        run_id: held.run_id,
        summary: json!({"scored": 1}),
    };
    let mut jobs: Vec<CompletedJob> = held.iter().map(completed).collect();
    jobs.sort_by_key(|job| job.id);
    Effect::of(now, jobs)
}

pub(crate) fn spawned(id: Uuid, run_id: Option<Uuid>) -> SpawnedJob {
    let job = scoring("org_1", "ada", JobKey::None).job;
    let request_id = Some("request-2".to_owned());
    SpawnedJob { id, job, idempotency_key: None, run_id, request_id, starter: None }
}

/// A score of so many points, computed from these versions.
pub(crate) fn score(name: &str, points: i64, versions: (i64, i64), job_id: Uuid) -> ScoreWrite {
    let contribution = Contribution {
        factor: "made".to_owned(),
        category: Category::Fit,
        points: PointsE4::from_e4(points * 10_000 + 5_000),
    };
    ScoreWrite {
        contact: (organization("org_1"), contact(name)),
        score: Score::from_contributions(vec![contribution]),
        input_version: versions.0,
        config_version: versions.1,
        job_id,
    }
}

pub(crate) fn failed(wait_secs: i64) -> Setback {
    Setback::Failed {
        wait: TimeDelta::seconds(wait_secs),
        reason: "refused",
        error: "it broke".to_owned(),
    }
}

pub(crate) fn snoozed(wait_secs: i64, reason: &'static str) -> Setback {
    Setback::Snoozed { wait: TimeDelta::seconds(wait_secs), reason }
}

pub(crate) fn dead(failed: bool) -> Setback {
    Setback::Dead { reason: "permanent", detail: "it cannot be".to_owned(), failed }
}

/// A run with its first job.
pub(crate) fn new_run(job_key: &str, run_id: Uuid, job_id: Uuid, exclusive: bool) -> NewRun {
    let start = RunStart {
        run_id,
        job_id,
        job_type: JobType::BatchRecompute,
        data: json!({}),
        exclusive,
        request_id: "request-3".to_owned(),
    };
    NewRun { job_key: job_key.to_owned(), organization_id: None, start }
}

impl<S: Subject> World<S> {
    /// Enqueues jobs of `org_1`.
    pub(crate) async fn enqueue(&self, jobs: &[NewJob]) -> Vec<Enqueued> {
        self.http.enqueue(&organization("org_1"), jobs, None).await.expect("enqueued")
    }

    /// Enqueues one job of `org_1`.
    pub(crate) async fn one(&self, key: JobKey) -> Uuid {
        self.enqueue(&[scoring("org_1", "ada", key)]).await[0].id
    }

    /// Claims one job alone, for a minute.
    pub(crate) async fn alone(&mut self, id: Uuid) -> AloneClaim {
        let request = AloneRequest { queue: QUEUE, id, token: self.id(), lease_secs: 60 };
        self.queue.claim_alone(request).await.expect("a claim")
    }

    /// Claims one job alone that is due.
    pub(crate) async fn hold_alone(&mut self, id: Uuid) -> Held {
        match self.alone(id).await {
            AloneClaim::Held(held, _) => held,
            other => panic!("not held: {other:?}"),
        }
    }

    /// Claims a job alone and gives it back: it waits again.
    pub(crate) async fn try_alone(&mut self, id: Uuid) {
        let held = self.hold_alone(id).await;
        self.queue.hand_back(&held).await.expect("handed back");
    }

    /// Sets one held job back; whether it was moved.
    pub(crate) async fn set_back(&self, held: &Held, setback: Setback) -> bool {
        let job = SetBackJob { id: held.id, claim: held.claim, setback };
        !self.queue.set_back(&[job]).await.expect("set back").is_empty()
    }

    /// Makes a fresh job a dead letter.
    pub(crate) async fn dead_letter(&mut self, key: JobKey) -> Uuid {
        let id = self.one(key).await;
        let held = self.hold(id).await;
        assert!(self.set_back(&held, dead(true)).await);
        id
    }

    /// Completes held jobs.
    pub(crate) async fn complete(&self, held: &[&Held]) -> Committed {
        let effect = effect(self.subject.now(), held);
        self.queue.commit(&effect).await.expect("committed")
    }

    /// Opens a run of one job; run and job.
    pub(crate) async fn open(&mut self, job_key: &str, exclusive: bool) -> (Uuid, Uuid) {
        let (run_id, job_id) = (self.id(), self.id());
        let run = new_run(job_key, run_id, job_id, exclusive);
        let opened = self.queue.open_run(&run, "manual").await.expect("asked");
        assert!(matches!(opened, Opened::Started { .. }));
        (run_id, job_id)
    }

    /// A run whose first job is done and has spawned so many; run and jobs.
    pub(crate) async fn fan_out(&mut self, jobs: usize) -> (Uuid, Vec<Uuid>) {
        let job_key = format!("fan-out-{}", self.id().simple());
        let (run_id, first) = self.open(&job_key, true).await;
        let held = self.hold_alone(first).await;
        let ids: Vec<Uuid> = (0..jobs).map(|_| self.id()).collect();
        let mut effect = effect(self.subject.now(), &[&held]);
        effect.spawned = ids.iter().map(|id| spawned(*id, Some(run_id))).collect();
        let committed = self.queue.commit(&effect).await.expect("committed");
        assert_eq!(committed, Committed::Done { superseded: 0, refill: false });
        (run_id, ids)
    }

    /// A column of every row of a table.
    pub(crate) async fn column(&mut self, table: &str, name: &str) -> Vec<Value> {
        let dump = self.dump().await;
        dump[table].as_array().expect("a table").iter().map(|row| row[name].clone()).collect()
    }
}

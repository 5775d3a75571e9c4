//! Cases decided by hand: a dead letter's job is queued again, by itself, with
//! its run's others, or with other content; or the case is discarded.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::limits::{EXPIRY, SPAWNED_MAX};
use mauntic_domain::jobs::{Job, JobState};
use mauntic_domain::runs::RunStatus;
use mauntic_flows::ports::{Act, CaseReplay, CaseReplayed, Discarded, Replayed, Retried};
use serde_json::{Value, json};
use uuid::Uuid;

use super::State;
use super::acts::{Acted, Note};
use super::rows::{JobRow, LetterRow};

/// Most replays that are counted; the column is an `int2`.
const REPLAYS_MAX: i16 = 32_000;

/// Who decides cases, and why.
#[derive(Debug, Clone, Default)]
pub(super) struct Decider {
    pub(super) by: Option<String>,
    pub(super) why: Option<String>,
    pub(super) replay_id: Option<Uuid>,
}

impl Decider {
    fn of(act: Option<&Act>) -> Self {
        let why = act.and_then(|act| act.reason.clone());
        Self { by: act.map(|act| act.actor.clone()), why, replay_id: None }
    }
}

/// How a dead letter's job is queued again.
pub(super) struct Requeue<'a> {
    available_at: DateTime<Utc>,
    content: Option<&'a Job>,
    decider: Decider,
}

impl Requeue<'_> {
    pub(super) const fn now(now: DateTime<Utc>, decider: Decider) -> Self {
        Self { available_at: now, content: None, decider }
    }

    /// Not before then.
    pub(super) fn at(self, available_at: DateTime<Utc>) -> Self {
        Self { available_at, ..self }
    }
}

impl State {
    pub(super) fn replay(&mut self, id: Uuid, act: Option<&Act>) -> Acted<Replayed> {
        let replayed = self.requeue(id, &Requeue::now(self.now, Decider::of(act)));
        let (before, after) = (json!({"state": "dead_lettered"}), json!({"state": "queued"}));
        let note = Note::new("dlq.replay", &id).before(before).after(after);
        (replayed, if replayed == Replayed::Queued { vec![note] } else { Vec::new() })
    }

    /// Queues a dead job again, its budget whole; its open cases are decided and
    /// its run is open.
    pub(super) fn requeue(&mut self, id: Uuid, how: &Requeue<'_>) -> Replayed {
        let now = self.now;
        let is_dead = |row: &&JobRow| row.state == JobState::DeadLettered;
        let Some(row) = self.jobs.get(id).filter(is_dead) else {
            return Replayed::NotDead;
        };
        let (run_id, owner) = (row.run_id, row.organization_id.as_deref());
        let key = row.released_key.as_deref();
        if key.is_some_and(|key| self.jobs.holder(owner, &row.type_name, key).is_some()) {
            return Replayed::KeyTaken;
        }
        self.jobs.change(id, |row| {
            row.state = JobState::Queued;
            row.finished_at = None;
            row.failures = 0;
            row.platform_deaths = 0;
            row.death_message = None;
            row.resends = 0;
            row.snoozes = 0;
            row.snooze_reason = None;
            row.expires_at = how.available_at + EXPIRY;
            row.available_at = how.available_at;
            // Its message is sent at once, and kept back by the platform.
            row.wake_at = now;
            row.idempotency_key = row.released_key.take();
            row.replays = (row.replays + 1).min(REPLAYS_MAX);
            if let Some(content) = how.content {
                row.data = content.data();
                row.version = content.job_type().spec().version;
            }
        });
        self.decide(|letter| letter.job_id == Some(id), &how.decider, "replayed", Some(id));
        self.reopen(run_id);
        Replayed::Queued
    }

    /// A run is open again for one of its dead jobs.
    fn reopen(&mut self, run_id: Option<Uuid>) {
        let (Some(run_id), now) = (run_id, self.now) else { return };
        self.change_run(run_id, |run| {
            run.counts.dead -= 1;
            // Another run may have the lock of one that was over.
            run.exclusive = run.exclusive && run.status == RunStatus::Running;
            // One that is being cancelled still is.
            run.cancelled_at = run.cancelled_at.filter(|_| run.status == RunStatus::Running);
            run.status = RunStatus::Running;
            run.finished_at = None;
            run.revision += 1;
            run.stalled_at = None;
            run.progressed_at = now;
        });
    }

    /// Decides the open cases that are meant.
    fn decide(
        &mut self,
        is_meant: impl Fn(&LetterRow) -> bool,
        decider: &Decider,
        decision: &'static str,
        replayed_as: Option<Uuid>,
    ) {
        let now = self.now;
        for letter in &mut self.letters {
            if letter.decided_at.is_none() && is_meant(letter) {
                letter.decided_at = Some(now);
                letter.decision = Some(decision);
                letter.decided_by.clone_from(&decider.by);
                letter.decided_why.clone_from(&decider.why);
                letter.replay_id = decider.replay_id;
                letter.replayed_as = replayed_as;
            }
        }
    }

    pub(super) fn letter(&self, id: Uuid) -> Option<&LetterRow> {
        self.letters.iter().find(|letter| letter.id == id)
    }

    pub(super) fn replay_case(
        &mut self,
        replay: &CaseReplay,
        act: Option<&Act>,
    ) -> Acted<CaseReplayed> {
        let Some(letter) = self.letter(replay.id) else {
            return (CaseReplayed::Unknown, Vec::new());
        };
        if letter.decided_at.is_some() {
            return (CaseReplayed::NotDead, Vec::new());
        }
        let job = letter.job_id.and_then(|id| self.jobs.get(id));
        let (before, replayed) = match job {
            Some(row) => {
                let (job_id, before) = (row.id, told(row));
                (before, self.replay_dead(job_id, replay.content.as_ref(), act))
            }
            None => {
                let before = json!({"reason": letter.reason, "jobId": letter.job_id});
                (before, self.replay_body(replay, act))
            }
        };
        let CaseReplayed::Queued { job_id } = &replayed else { return (replayed, Vec::new()) };
        let edited = replay.content.is_some();
        let after = json!({"jobId": job_id, "state": "queued", "edited": edited});
        let note = Note::new("dlq.replay", &replay.id).before(before).after(after);
        (replayed, vec![note])
    }

    /// A case with a job's row.
    fn replay_dead(
        &mut self,
        job_id: Uuid,
        content: Option<&Job>,
        act: Option<&Act>,
    ) -> CaseReplayed {
        let is_dead = |row: &&JobRow| row.state == JobState::DeadLettered;
        let Some(row) = self.jobs.get(job_id).filter(is_dead) else {
            return CaseReplayed::NotDead;
        };
        if let Some(content) = content {
            if content.job_type().name() != row.type_name {
                return CaseReplayed::OtherType { type_name: row.type_name.clone() };
            }
            let owner = content.organization_id().map(OrganizationId::as_str);
            if owner != row.organization_id.as_deref() {
                return CaseReplayed::OtherOrganization;
            }
        }
        let how = Requeue { content, ..Requeue::now(self.now, Decider::of(act)) };
        match self.requeue(job_id, &how) {
            Replayed::Queued => CaseReplayed::Queued { job_id },
            Replayed::NotDead => CaseReplayed::NotDead,
            Replayed::KeyTaken => CaseReplayed::KeyTaken,
        }
    }

    /// A case without one: its content becomes a job.
    fn replay_body(&mut self, replay: &CaseReplay, act: Option<&Act>) -> CaseReplayed {
        let Some(content) = &replay.content else { return CaseReplayed::NoContent };
        let job_id = replay.fresh_id;
        let owner = content.organization_id().map(OrganizationId::as_str);
        let (of, key) = (content.job_type().name(), replay.idempotency_key.as_deref());
        if key.is_some_and(|key| self.jobs.holder(owner, of, key).is_some()) {
            return CaseReplayed::KeyTaken;
        }
        let row = JobRow {
            organization_id: content.organization_id().map(|owner| owner.as_str().to_owned()),
            request_id: act.map(|act| act.request_id.clone()),
            replays: 1,
            idempotency_key: replay.idempotency_key.clone(),
            wake_at: self.now,
            ..JobRow::new(job_id, content.job_type(), content.data(), self.now)
        };
        self.jobs.insert(row);
        let is_it = |letter: &LetterRow| letter.id == replay.id;
        self.decide(is_it, &Decider::of(act), "replayed", Some(job_id));
        CaseReplayed::Queued { job_id }
    }

    pub(super) fn discard(&mut self, id: Uuid, act: Option<&Act>) -> Acted<Discarded> {
        let Some(letter) = self.letter(id) else { return (Discarded::Unknown, Vec::new()) };
        if letter.decided_at.is_some() {
            return (Discarded::NotOpen, Vec::new());
        }
        let before = json!({"reason": letter.reason, "jobId": letter.job_id});
        self.decide(|letter| letter.id == id, &Decider::of(act), "discarded", None);
        let note = Note::new("dlq.discard", &id).before(before);
        (Discarded::Done, vec![note.after(json!({"decision": "discarded"}))])
    }

    pub(super) fn retry_run(&mut self, id: Uuid, act: Option<&Act>) -> Acted<Retried> {
        let Some(run) = self.runs.get(id) else { return (Retried::Unknown, Vec::new()) };
        let before = json!({"status": run.status.as_str(), "dead": run.counts.dead});
        let is_its = |row: &&JobRow| row.run_id == Some(id) && row.state == JobState::DeadLettered;
        let is_open = |job: &Uuid| {
            let is_its = |letter: &LetterRow| letter.job_id == Some(*job);
            self.letters.iter().any(|letter| is_its(letter) && letter.decided_at.is_none())
        };
        let most = usize::try_from(SPAWNED_MAX).unwrap_or(usize::MAX);
        let all = self.jobs.iter().filter(is_its).map(|row| row.id);
        let (mut dead, discarded): (Vec<Uuid>, Vec<Uuid>) = all.partition(is_open);
        dead.truncate(most);
        let discarded = u64::try_from(discarded.len()).unwrap_or(u64::MAX);
        if dead.is_empty() {
            return (Retried::NoneDead, Vec::new());
        }
        let (mut jobs, mut refused) = (0, 0);
        for job in dead {
            match self.requeue(job, &Requeue::now(self.now, Decider::of(act))) {
                Replayed::Queued => jobs += 1,
                Replayed::NotDead | Replayed::KeyTaken => refused += 1,
            }
        }
        let note = Note::new("run.retry", &id)
            .before(before)
            .after(json!({"jobs": jobs, "refused": refused, "discarded": discarded}));
        (Retried::Done { jobs, refused, discarded }, if jobs > 0 { vec![note] } else { Vec::new() })
    }
}

/// A dead job, as the audit tells it.
fn told(row: &JobRow) -> Value {
    json!({
        "state": row.state.as_str(), "failures": row.failures, "replays": row.replays,
        "lastError": row.last_error, "runId": row.run_id,
    })
}

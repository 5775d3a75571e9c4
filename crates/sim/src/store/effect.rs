//! The effect's transaction: the fence, what it writes, and the runs last. All
//! of it in one step, or nothing.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::JobState;
use mauntic_domain::jobs::data::ContactRange;
use mauntic_flows::ports::{
    Committed, CompletedJob, ContactKey, Effect, EffectStore, PortError, RangePlan, ScoreInputs,
    SignalKey, SpawnedJob,
};
use uuid::Uuid;

use super::deliveries::Spent;
use super::ends::Counts;
use super::rows::{EventRow, JobRow};
use super::{MemorySession, State, Twin};
use crate::faults::Call;

impl EffectStore for MemorySession {
    async fn score_inputs(&self, contacts: &[ContactKey]) -> Result<ScoreInputs, PortError> {
        self.call(Call::ScoreInputs, |state| Ok(state.score_inputs(contacts))).await
    }

    async fn range_inputs(
        &self,
        organization: Option<&OrganizationId>,
        range: &ContactRange,
        config_epoch: Option<i64>,
    ) -> Result<ScoreInputs, PortError> {
        let read = |state: &mut State| Ok(state.range_inputs(organization, range, config_epoch));
        self.call(Call::RangeInputs, read).await
    }

    async fn plan_ranges(
        &self,
        organization: Option<&OrganizationId>,
        contacts: u32,
        ranges: u32,
    ) -> Result<RangePlan, PortError> {
        self.call(Call::PlanRanges, |state| {
            let ranges = state.plan_ranges(organization, contacts, ranges);
            Ok(RangePlan { ranges, config_epoch: state.config_epoch })
        })
        .await
    }

    async fn organizations(
        &self,
        after: Option<&OrganizationId>,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, PortError> {
        self.call(Call::Organizations, |state| Ok(state.organizations_after(after, limit))).await
    }

    async fn overdue_alerts(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<Uuid>, PortError> {
        self.call(Call::OverdueAlerts, |state| Ok(state.overdue_alerts(now, limit))).await
    }

    async fn decayed_signals(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<SignalKey>, PortError> {
        self.call(Call::DecayedSignals, |state| Ok(state.decayed_signals(now, limit))).await
    }

    async fn commit(&self, effect: &Effect) -> Result<Committed, PortError> {
        if self.store.lock().twin == Twin::EffectApartFromCompletion {
            let written = self.call(Call::Commit, |state| Ok(state.write(effect))).await?;
            let complete = |state: &mut State| Ok(state.complete(effect, written, false));
            return self.call(Call::Commit, complete).await;
        }
        self.call(Call::Commit, |state| {
            if !state.may_commit(effect) {
                state.log.fence_lost += 1;
                return Ok(Committed::FenceLost);
            }
            state.check_verifications(effect)?;
            state.check_nights(effect)?;
            state.check_reads_of_nights(effect)?;
            if let Err(error) = state.check_settlements(effect) {
                if matches!(error, PortError::Refused { .. }) {
                    state.note_failures(effect, &error);
                }
                return Err(error);
            }
            // The fence is the transaction's first statement.
            let refill = state.wants_refill(effect);
            let superseded = state.write(effect);
            Ok(state.complete(effect, superseded, refill))
        })
        .await
    }
}

impl State {
    /// The fence.
    pub(super) fn may_commit(&self, effect: &Effect) -> bool {
        let holds = |job: &CompletedJob| {
            self.jobs.get(job.id).is_some_and(|row| {
                let is_held = row.state == JobState::InProgress && row.claim == job.claim;
                is_held || self.twin == Twin::ClaimWithoutFence
            })
        };
        effect.jobs.iter().all(holds)
    }

    /// Completes the jobs, then counts their runs.
    pub(super) fn complete(
        &mut self,
        effect: &Effect,
        superseded: usize,
        refill: bool,
    ) -> Committed {
        if !self.may_commit(effect) {
            self.log.fence_lost += 1;
            return Committed::FenceLost;
        }
        let now = self.now;
        let mut counts = Counts::new();
        for job in &effect.jobs {
            self.spend(job.id, Spent::Effect);
            let row = self.jobs.change(job.id, |row| {
                row.end(JobState::Completed, now);
                row.receipt = Some(job.summary.clone());
            });
            let of_row = row.and_then(|row| row.run_id);
            assert!(of_row == job.run_id, "an effect counts another run: {}", job.id);
            if let Some(run) = job.run_id {
                counts.entry(run).or_default().done += 1;
            }
        }
        // Those that stand, because no other has their key.
        let stands = |spawned: &&SpawnedJob| self.jobs.get(spawned.id).is_some();
        for run in effect.enqueued().filter(stands).filter_map(|spawned| spawned.run_id) {
            counts.entry(run).or_default().spawned += 1;
        }
        self.count(&counts);
        self.cancel_spawned(effect);
        Committed::Done { superseded, refill }
    }

    /// What a planner enqueued for a run that was cancelled meanwhile.
    fn cancel_spawned(&mut self, effect: &Effect) {
        let is_cancelled = |spawned: &&SpawnedJob| {
            let run = spawned.run_id.and_then(|run| self.runs.get(run));
            run.is_some_and(|run| run.cancelled_at.is_some())
        };
        let ids: Vec<Uuid> = effect.enqueued().filter(is_cancelled).map(|job| job.id).collect();
        self.cancel(&ids);
    }

    /// Everything else that the effect writes; returns how many scores it did
    /// not write.
    pub(super) fn write(&mut self, effect: &Effect) -> usize {
        let now = self.now;
        Self::assert_sorted(effect);
        self.log.commits += 1;
        for job in &effect.jobs {
            self.log.effects.entry(job.id).or_default().push(job.claim);
        }
        let written = effect.scores.iter().filter(|write| self.write_score(effect, write)).count();
        let superseded = effect.scores.len() - written;
        self.log.superseded += u64::try_from(superseded).unwrap_or(0);
        for spawned in &effect.spawned {
            self.spawn(spawned);
        }
        for event in &effect.events {
            let row = EventRow {
                id: self.new_id(),
                organization_id: event.organization_id.clone(),
                event_type: event.event_type.to_owned(),
                data: event.data.clone(),
                job_id: Some(event.job_id),
                request_id: event.request_id.clone(),
                occurred_at: now,
                wake_at: now,
                sent_at: None,
            };
            self.outbox.insert(row.id, row);
        }
        for sent in &effect.notified {
            let key = (sent.subject.clone(), sent.kind.to_owned());
            if let Some(row) = self.notifications.get_mut(&key)
                && row.token == sent.token
                && row.sent_at.is_none()
            {
                row.sent_at = Some(now);
                row.lease_until = None;
            }
        }
        self.expire_alerts(effect);
        self.archive_signals(&effect.archived_signals);
        for write in &effect.roll_ups {
            self.roll_up(write);
        }
        for write in &effect.settlements {
            self.settle(write);
        }
        effect.rebuilds.iter().for_each(|write| self.rebuild(write));
        effect.drifts.iter().for_each(|write| self.note_drift(write));
        for check in &effect.checks {
            self.plan_check(check);
        }
        for write in &effect.verifications {
            self.verify_match(write);
        }
        for new in &effect.new_matches {
            self.add_matches(new);
        }
        effect.nights.iter().for_each(|write| self.write_night(write));
        for (run, epoch) in &effect.pinned {
            self.change_run(*run, |run| run.pinned = Some(*epoch));
        }
        superseded
    }

    /// A job, unless there is one with its key.
    pub(super) fn spawn(&mut self, spawned: &SpawnedJob) {
        let job = &spawned.job;
        let owner = job.organization_id().map(|owner| owner.as_str().to_owned());
        let key = spawned.idempotency_key.clone();
        let holder = |key| self.jobs.holder(owner.as_deref(), job.job_type().name(), key);
        if key.as_deref().and_then(holder).is_some() {
            return;
        }
        let row = JobRow {
            organization_id: owner,
            idempotency_key: key,
            run_id: spawned.run_id,
            request_id: spawned.request_id.clone(),
            starter: spawned.starter,
            wake_at: self.now,
            ..JobRow::new(spawned.id, job.job_type(), job.data(), self.now)
        };
        self.jobs.insert(row);
    }

    /// What the port asks of an effect: sorted, so that two never deadlock, and
    /// one row a key, because a statement cannot touch a row twice.
    fn assert_sorted(effect: &Effect) {
        let contacts = effect.scores.iter().map(|write| &write.contact);
        assert!(contacts.is_sorted_by(|a, b| a < b), "an effect's scores are not sorted by key");
        let ids = effect.jobs.iter().map(|job| job.id);
        assert!(ids.is_sorted_by(|a, b| a < b), "an effect's jobs are not sorted by id");
        let spawned = effect.spawned.iter().map(|job| job.id);
        assert!(spawned.is_sorted_by(|a, b| a < b), "an effect's new jobs are not sorted by id");
    }
}

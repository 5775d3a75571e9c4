//! The claim: rows for what was sent by hand, the batch's leases, and what the
//! rest waits for, in one step; and the claim of one job alone.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use mauntic_domain::jobs::types::LEASE_SECS_DEFAULT;
use mauntic_domain::jobs::{JobState, JobType, Queue};
use mauntic_flows::ports::{
    AloneClaim, AloneRequest, ClaimReply, ClaimRequest, Died, Held, JobStore, Next, PortError,
    PutOff, Replayed, Seen, SetBackJob,
};
use uuid::Uuid;

use super::rows::JobRow;
use super::{MemorySession, State, Twin};
use crate::faults::Call;

impl JobStore for MemorySession {
    async fn claim(&self, request: &ClaimRequest) -> Result<ClaimReply, PortError> {
        let (lease, schema) = (self.lease(LEASE_SECS_DEFAULT), self.store.schema.clone());
        self.call(Call::Claim, |state| {
            let answer = state.insert_hand_sent(request);
            if !schema.contains(&state.schema_version) {
                let found = state.schema_version;
                let cause = format!("schema version {found}, this build runs on {schema:?}");
                return Err(PortError::Refused { what: "the claim", cause });
            }
            Ok(state.claim(request, lease, answer))
        })
        .await
    }

    async fn claim_alone(&self, request: AloneRequest) -> Result<AloneClaim, PortError> {
        let lease = self.lease(request.lease_secs);
        self.call(Call::ClaimAlone, |state| Ok(state.claim_alone(request, lease))).await
    }

    async fn set_back(&self, jobs: &[SetBackJob]) -> Result<Vec<Uuid>, PortError> {
        self.call(Call::SetBack, |state| Ok(state.set_back(jobs))).await
    }

    async fn hand_back(&self, held: &Held) -> Result<bool, PortError> {
        self.call(Call::HandBack, |state| Ok(state.hand_back(held.id, held.claim))).await
    }

    async fn put_off(&self, queue: Queue, ids: &[Uuid]) -> Result<Vec<(Uuid, PutOff)>, PortError> {
        self.call(Call::PutOff, |state| Ok(state.put_off(queue, ids))).await
    }

    async fn absolve(&self, token: Uuid) -> Result<(), PortError> {
        self.call(Call::Absolve, |state| {
            state.absolve(token);
            Ok(())
        })
        .await
    }

    async fn release(&self, token: Uuid) -> Result<u64, PortError> {
        self.call(Call::Release, |state| Ok(state.release(token))).await
    }

    async fn bury(&self, request: &ClaimRequest) -> Result<Vec<Died>, PortError> {
        self.call(Call::Bury, |state| Ok(state.bury(request))).await
    }

    async fn expire(&self, limit: i64) -> Result<Vec<Died>, PortError> {
        self.call(Call::Expire, |state| Ok(state.expire(limit))).await
    }

    async fn cancel(&self, ids: &[Uuid]) -> Result<Vec<Uuid>, PortError> {
        self.act(Call::Cancel, |state, _| Ok(state.cancel_noted(ids))).await
    }

    async fn replay(&self, id: Uuid) -> Result<Replayed, PortError> {
        self.act(Call::Replay, |state, act| Ok(state.replay(id, act))).await
    }
}

/// What became of the messages that get no claim.
#[derive(Debug, Default)]
pub(super) struct HandSent {
    pub(super) missing: Vec<Uuid>,
    pub(super) joined: Vec<Uuid>,
    pub(super) conflicts: Vec<Uuid>,
    /// Rows that were written now.
    pub(super) inserted: BTreeSet<Uuid>,
}

impl State {
    fn claim(
        &mut self,
        request: &ClaimRequest,
        lease: TimeDelta,
        hand_sent: HandSent,
    ) -> ClaimReply {
        let ids = job_ids(request);
        let mut held = Vec::new();
        for id in &ids {
            if self.jobs.get(*id).is_some_and(|row| self.may_be_claimed(row, request)) {
                held.extend(self.hold(*id, false, request.token, lease));
            }
        }
        self.deliver(request, &ids, held.len());
        let ours: BTreeSet<Uuid> = held.iter().map(|held: &Held| held.id).collect();
        let looked = ids.iter().filter(|id| !ours.contains(id)).filter_map(|id| self.jobs.get(*id));
        let seen = looked
            .filter(|row| row.queue == request.queue.name())
            .map(|row| self.look(row, request))
            .collect();
        let HandSent { missing, joined, conflicts, .. } = hand_sent;
        let reply =
            ClaimReply { now: self.now, held, seen, missing, joined, conflicts, letters: Ok(()) };
        if !self.letters_lost {
            return reply;
        }
        // Their statements tell who joined as well.
        let letters = Err(super::unavailable("dead letters were not written"));
        ClaimReply { joined: Vec::new(), conflicts: Vec::new(), letters, ..reply }
    }

    fn may_be_claimed(&self, row: &JobRow, request: &ClaimRequest) -> bool {
        row.queue == request.queue.name()
            && known(row, request).is_some_and(|job_type| request.is_batched(job_type))
            && row.is_due(self.now)
            && row.expires_at > self.now
            && !self.is_locked(row.id)
    }

    fn look(&self, row: &JobRow, request: &ClaimRequest) -> Seen {
        let is_due = row.is_due(self.now) && row.expires_at > self.now;
        let next = match known(row, request) {
            None if is_due || row.lease_ran_out(self.now) => Next::AnotherBuild,
            Some(job_type) if is_due && request.is_batched(job_type) => Next::Unlocked,
            Some(_) if is_due || row.lease_ran_out(self.now) => Next::Alone,
            _ => Next::Nothing,
        };
        Seen {
            id: row.id,
            type_name: row.type_name.clone(),
            state: row.state,
            was_alone: row.alone,
            next,
        }
    }

    fn claim_alone(&mut self, request: AloneRequest, lease: TimeDelta) -> AloneClaim {
        let now = self.now;
        let AloneRequest { queue, id, token, .. } = request;
        let may = |row: &&JobRow| {
            let is_due = row.is_due(now) && row.expires_at > now;
            row.queue == queue.name() && (is_due || row.lease_ran_out(now))
        };
        let Some(row) = self.jobs.get(id).filter(may).filter(|row| !self.is_locked(row.id)) else {
            return AloneClaim::NotDue;
        };
        let ran_out = row.state == JobState::InProgress;
        let failures = row.failures + i16::from(ran_out && row.alone);
        let failures_max = row.failures_max;
        self.lose(id);
        if failures >= failures_max {
            let detail = format!("the lease ran out {failures} times while it was done alone");
            let died = self.die(id, "lease_expired", &detail, |row| row.failures = failures);
            self.count_dead(&died);
            return AloneClaim::DeadLettered;
        }
        self.log.leases_expired += u64::from(ran_out);
        self.jobs.change(id, |row| row.failures = failures);
        match self.hold(id, true, token, lease) {
            Some(held) => {
                self.take_more(token);
                AloneClaim::Held(held, now)
            }
            None => AloneClaim::DeadLettered,
        }
    }

    /// Takes a job under a lease; none where a broken twin killed it instead.
    fn hold(&mut self, id: Uuid, alone: bool, token: Uuid, lease: TimeDelta) -> Option<Held> {
        let now = self.now;
        if self.twin == Twin::ClaimSpendsBudget {
            let row = self.jobs.change(id, |row| row.failures += 1)?;
            if row.failures >= row.failures_max {
                let died = self.die(id, "claimed_too_often", "too many claims", |_| {});
                self.count_dead(&died);
                return None;
            }
        }
        self.jobs.change(id, |row| row.hold(alone, token, now, lease)).map(held)
    }
}

/// The row's type, if this build can do a row of its version on that queue.
fn known(row: &JobRow, request: &ClaimRequest) -> Option<JobType> {
    let is_it = |job_type: &JobType| {
        let spec = job_type.spec();
        spec.name == row.type_name && row.version <= spec.version
    };
    request.types.iter().copied().find(is_it)
}

fn held(row: &JobRow) -> Held {
    Held {
        id: row.id,
        claim: row.claim,
        type_name: row.type_name.clone(),
        version: row.version,
        data: row.data.clone(),
        organization_id: row.organization_id.clone(),
        run_id: row.run_id,
        scheduled_for: row.scheduled_for,
        request_id: row.request_id.clone(),
        starter: row.starter,
        created_at: row.created_at,
        failures: row.failures,
        failures_max: row.failures_max,
        snoozes: row.snoozes,
        snooze_reason: row.snooze_reason.clone(),
    }
}

/// Every job that a batch names, sorted and distinct.
fn job_ids(request: &ClaimRequest) -> BTreeSet<Uuid> {
    let addressed = request.addresses.iter().map(|(id, _)| *id);
    addressed.chain(request.shorts.iter().map(|short| short.id)).collect()
}

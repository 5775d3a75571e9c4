//! Jobs, runs and breakers by hand.

use mauntic_domain::breaker::Breaker;
use mauntic_domain::overnight::NightStatus;
use mauntic_domain::runs::RunStatus;
use mauntic_flows::ports::{ByHand, Dependency, Ended, Handed, PortError};
use serde_json::json;
use uuid::Uuid;

use super::State;
use super::acts::{Acted, Note};
use super::rows::{JobRow, RunRecord};

impl State {
    /// A job with a run of its own, once where it has a key.
    pub(super) fn hand_in(&mut self, asked: &ByHand) -> Result<Acted<Handed>, PortError> {
        let (run, start) = (&asked.run, &asked.run.start);
        let queued = Handed::Queued { run_id: start.run_id, job_id: start.job_id };
        if self.runs.get(start.run_id).is_some() {
            return Ok((queued, Vec::new()));
        }
        let (owner, of) = (run.organization_id.as_deref(), start.job_type.name());
        let key = asked.idempotency_key.as_deref();
        if let Some(holder) = key.and_then(|key| self.jobs.holder(owner, of, key)) {
            if holder.data != start.data {
                return Err(PortError::KeyConflict);
            }
            let (job_id, run_id) = (holder.id, holder.run_id);
            let state = holder.state.as_str().to_owned();
            return Ok((Handed::Exists { job_id, run_id, state }, Vec::new()));
        }
        let night = asked.repeats().and_then(|of| self.portfolios.nights.get(&of));
        if let Some(night) = night.filter(|night| night.status == NightStatus::Started) {
            return Ok((Handed::NightGoesOn { night: night.run_id }, Vec::new()));
        }
        self.runs.insert(RunRecord {
            organization_id: run.organization_id.clone(),
            request_id: Some(start.request_id.clone()),
            ..RunRecord::new(start.run_id, run.job_key.clone(), "manual", self.now)
        });
        let row = JobRow {
            organization_id: run.organization_id.clone(),
            idempotency_key: asked.idempotency_key.clone(),
            ..self.first_job(start)
        };
        let note = Note::new("queue.enqueue", &row.queue)
            .after(json!({"jobId": row.id, "runId": row.run_id, "type": row.type_name}));
        self.jobs.insert(row);
        Ok((queued, vec![note]))
    }

    pub(super) fn end_run(&mut self, id: Uuid) -> Acted<Ended> {
        let Some(run) = self.runs.get(id) else { return (Ended::Unknown, Vec::new()) };
        if run.status != RunStatus::Running {
            return (Ended::Over { status: run.status.as_str().to_owned() }, Vec::new());
        }
        let before = json!({"status": run.status.as_str()});
        let jobs = self.cancel_run(id);
        let note = Note::new("run.cancel", &id).before(before).after(json!({"jobs": jobs}));
        (Ended::Done { jobs }, vec![note])
    }

    pub(super) fn reset_breaker(&mut self, dependency: Dependency) -> Acted<()> {
        let (breaker, version) = self
            .breakers
            .get(dependency.name())
            .map_or_else(Default::default, |(breaker, version, _)| (*breaker, *version));
        self.breakers.insert(dependency.name(), (Breaker::Healthy, version + 1, self.now));
        let note = Note::new("breaker.reset", &dependency.name())
            .before(json!({"state": breaker.name()}))
            .after(json!({"state": Breaker::Healthy.name()}));
        ((), vec![note])
    }
}

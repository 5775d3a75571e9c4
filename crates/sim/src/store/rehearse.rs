//! The dry run: everything that a replay and its effect would write, on a copy
//! that nobody keeps.

use chrono::TimeDelta;
use mauntic_domain::jobs::types::LEASE_SECS_DEFAULT;
use mauntic_flows::ports::{Committed, Effect, PortError, Replayed};
use uuid::Uuid;

use super::State;
use super::cases::{Decider, Requeue};

impl State {
    pub(super) fn rehearse(&self, job_id: Uuid, effect: &Effect) -> Result<Committed, PortError> {
        let mut copy = self.clone();
        let token = copy.new_id();
        let replayed = copy.requeue(job_id, &Requeue::now(self.now, Decider::default()));
        if replayed != Replayed::Queued {
            return Ok(Committed::FenceLost);
        }
        let (now, lease) = (self.now, TimeDelta::seconds(i64::from(LEASE_SECS_DEFAULT)));
        copy.jobs.change(job_id, |row| row.hold(true, token, now, lease));
        if !copy.may_commit(effect) {
            return Ok(Committed::FenceLost);
        }
        copy.rehearse_settlements(effect)?;
        let superseded = copy.write(effect);
        Ok(copy.complete(effect, superseded, false))
    }
}

//! Runs: opening one under its lock, cancelling it, recounting what is stuck.

use chrono::TimeDelta;
use mauntic_domain::jobs::JobState;
use mauntic_domain::jobs::limits::RUN_IDLE;
use mauntic_domain::runs::{RunCounts, RunStatus};
use mauntic_flows::ports::{
    Ended, NewRun, Opened, PortError, Recounted, RunRow, RunStart, RunStore,
};
use serde_json::json;
use uuid::Uuid;

use super::acts::{Acted, Note};
use super::rows::{JobRow, RunRecord};
use super::{MemorySession, State};
use crate::faults::Call;

impl RunStore for MemorySession {
    async fn open_run(&self, run: &NewRun, trigger: &'static str) -> Result<Opened, PortError> {
        self.act(Call::OpenRun, |state, _| Ok(state.open_run(run, trigger))).await
    }

    async fn run(&self, id: Uuid) -> Result<Option<RunRow>, PortError> {
        self.call(Call::Run, |state| Ok(state.runs.get(id).map(shown))).await
    }

    async fn cancel_run(&self, id: Uuid) -> Result<u64, PortError> {
        self.act(Call::CancelRun, |state, _| {
            let (ended, notes) = state.end_run(id);
            let jobs = match ended {
                Ended::Done { jobs } => jobs,
                Ended::Unknown | Ended::Over { .. } => 0,
            };
            Ok((jobs, notes))
        })
        .await
    }

    async fn recount(&self, idle: TimeDelta, limit: i64) -> Result<Recounted, PortError> {
        self.call(Call::Recount, |state| Ok(state.recount(idle, limit))).await
    }
}

impl State {
    fn open_run(&mut self, new: &NewRun, trigger: &'static str) -> Acted<Opened> {
        let start = &new.start;
        // The same request again: it runs already, or did.
        if self.runs.get(start.run_id).is_some() {
            return (Opened::Started { run_id: start.run_id }, Vec::new());
        }
        assert!(matches!(trigger, "manual" | "api"), "run_trigger_check: {trigger}");
        let run = RunRecord {
            organization_id: new.organization_id.clone(),
            request_id: Some(start.request_id.clone()),
            exclusive: start.exclusive,
            ..RunRecord::new(start.run_id, new.job_key.clone(), trigger, self.now)
        };
        if !self.runs.insert(run) {
            return (self.held(new), Vec::new());
        }
        let job = self.first_job(start);
        self.jobs.insert(JobRow { organization_id: new.organization_id.clone(), ..job });
        let note = Note::new(new.action(), &new.target())
            .after(json!({"runId": start.run_id, "jobId": start.job_id}));
        (Opened::Started { run_id: start.run_id }, vec![note])
    }

    fn held(&self, new: &NewRun) -> Opened {
        match self.runs.holder(&new.job_key, new.organization_id.as_deref()) {
            Some(run) => Opened::Held {
                holder: run.id,
                since: run.started_at,
                expires_at: run.progressed_at + RUN_IDLE,
            },
            // One step: what held the lock a moment ago still does.
            None => Opened::Started { run_id: new.start.run_id },
        }
    }

    /// A run's first job, to be sent at once.
    pub(super) fn first_job(&self, start: &RunStart) -> JobRow {
        JobRow {
            run_id: Some(start.run_id),
            request_id: Some(start.request_id.clone()),
            wake_at: self.now,
            ..JobRow::new(start.job_id, start.job_type, start.data.clone(), self.now)
        }
    }

    pub(super) fn cancel_run(&mut self, id: Uuid) -> u64 {
        let now = self.now;
        self.change_run(id, |run| {
            if run.status == RunStatus::Running {
                run.cancelled_at.get_or_insert(now);
            }
        });
        let is_its = |row: &&JobRow| row.run_id == Some(id) && row.waits();
        let ids: Vec<Uuid> = self.jobs.live().filter(is_its).map(|row| row.id).collect();
        u64::try_from(self.cancel(&ids).len()).unwrap_or(u64::MAX)
    }

    fn recount(&mut self, idle: TimeDelta, limit: i64) -> Recounted {
        let now = self.now;
        let is_stuck = |run: &&RunRecord| {
            run.status == RunStatus::Running
                && run.progressed_at < now - idle
                && !self.is_locked(run.id)
        };
        let mut stuck: Vec<&RunRecord> = self.runs.iter().filter(is_stuck).collect();
        // Those first that were looked at longest ago.
        stuck.sort_by_key(|run| (Some(run.progressed_at).max(run.stalled_at), run.id));
        stuck.truncate(usize::try_from(limit).unwrap_or(0));
        let ids: Vec<Uuid> = stuck.into_iter().map(|run| run.id).collect();
        let mut recounted = Recounted::default();
        for id in ids {
            let counts = self.counts_of(id);
            self.change_run(id, |run| {
                // What retention took was final, and no open dead letter.
                let gone = (run.counts.total - counts.total).max(0);
                let total = run.counts.total.max(counts.total);
                run.counts = RunCounts { total, done: counts.done + gone, ..counts };
                run.settle(now);
                if run.status == RunStatus::Running {
                    run.stalled_at = Some(now);
                    // The schedule goes on without it.
                    run.exclusive = false;
                    recounted.stalled += 1;
                } else {
                    recounted.finalized += 1;
                }
            });
        }
        recounted
    }

    /// A run's jobs, counted one by one.
    pub(super) fn counts_of(&self, id: Uuid) -> RunCounts {
        let mut counts = RunCounts::default();
        for row in self.jobs.iter().filter(|row| row.run_id == Some(id)) {
            counts.total += 1;
            match row.state {
                JobState::Completed => counts.done += 1,
                JobState::DeadLettered => counts.dead += 1,
                JobState::Cancelled => counts.cancelled += 1,
                JobState::Queued | JobState::InProgress | JobState::Failed => {}
            }
        }
        counts
    }
}

pub(super) fn shown(run: &RunRecord) -> RunRow {
    RunRow {
        id: run.id,
        job_key: run.job_key.clone(),
        trigger: run.trigger.to_owned(),
        status: run.status,
        revision: run.revision,
        counts: run.counts,
        started_at: run.started_at,
        progressed_at: run.progressed_at,
        stalled_at: run.stalled_at,
        finished_at: run.finished_at,
    }
}

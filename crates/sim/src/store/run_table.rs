//! The table of runs. A write that breaks one of the schema's constraints ends
//! the test with its name, as in the table of jobs.

use std::collections::BTreeMap;

use mauntic_domain::runs::RunStatus;
use uuid::Uuid;

use super::rows::RunRecord;

/// `jobs.run` with the index that is the lock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Runs {
    rows: BTreeMap<Uuid, RunRecord>,
    /// By `job_key` and organization.
    locks: BTreeMap<(String, Option<String>), Uuid>,
    inserted: u64,
}

impl Runs {
    pub(crate) fn get(&self, id: Uuid) -> Option<&RunRecord> {
        self.rows.get(&id)
    }

    /// By id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &RunRecord> {
        self.rows.values()
    }

    /// The open run that holds a lock, an organization's or nobody's.
    pub(crate) fn holder(&self, job_key: &str, organization: Option<&str>) -> Option<&RunRecord> {
        let lock = (job_key.to_owned(), organization.map(str::to_owned));
        self.locks.get(&lock).and_then(|id| self.rows.get(id))
    }

    /// Whether it was inserted; not where its id or its lock is taken.
    pub(crate) fn insert(&mut self, mut run: RunRecord) -> bool {
        let is_locked = run.exclusive && self.locks.contains_key(&lock_of(&run));
        if is_locked || self.rows.contains_key(&run.id) {
            return false;
        }
        self.inserted += 1;
        run.seq = self.inserted;
        check_run(&run);
        self.lock(&run);
        self.rows.insert(run.id, run);
        true
    }

    /// Changes a run; nothing where there is none.
    pub(crate) fn change(&mut self, id: Uuid, change: impl FnOnce(&mut RunRecord)) {
        let Some(run) = self.rows.get_mut(&id) else {
            return;
        };
        let held = holds_lock(run);
        change(run);
        check_run(run);
        if held != holds_lock(run) {
            let run = run.clone();
            if held {
                self.locks.remove(&lock_of(&run));
            }
            self.lock(&run);
        }
    }

    pub(crate) fn delete(&mut self, id: Uuid) {
        if let Some(run) = self.rows.remove(&id)
            && holds_lock(&run)
        {
            self.locks.remove(&lock_of(&run));
        }
    }

    fn lock(&mut self, run: &RunRecord) {
        if holds_lock(run) {
            let other = self.locks.insert(lock_of(run), run.id);
            assert!(other.is_none_or(|other| other == run.id), "run_lock: {}", run.job_key);
        }
    }
}

fn holds_lock(run: &RunRecord) -> bool {
    run.exclusive && run.status == RunStatus::Running
}

fn lock_of(run: &RunRecord) -> (String, Option<String>) {
    (run.job_key.clone(), run.organization_id.clone())
}

fn check_run(run: &RunRecord) {
    let (id, counts) = (run.id, run.counts);
    let all = [counts.total, counts.done, counts.dead, counts.cancelled];
    assert!(all.iter().all(|count| *count >= 0), "run_check: {id}, {counts:?}");
    let finished = counts.done + counts.dead + counts.cancelled;
    assert!(finished <= counts.total, "run_counts: {id}, {counts:?}");
    let is_running = run.status == RunStatus::Running;
    assert!(is_running == run.finished_at.is_none(), "run_final: {id}");
    assert!(is_running || finished == counts.total, "run_complete: {id}, {counts:?}");
    assert!((1..=64).contains(&run.job_key.len()), "run_job_key_check: {id}");
}

//! I4: a run's counts are what counting its jobs gives, and it is final exactly
//! when they all are.

use std::collections::BTreeMap;

use mauntic_domain::jobs::JobState;
use mauntic_domain::runs::{RunCounts, RunStatus};
use uuid::Uuid;

use crate::engine::failure::{Failed, fail};
use crate::engine::world::World;
use crate::store::rows::JobRow;

/// Counts, status and lock of every run.
pub(super) fn counted(world: &World) -> Failed {
    world.ports.store.look(|state| {
        let truth = count(state.jobs());
        let gone = count(world.model.archive.gone_jobs(state));
        let mut locks: BTreeMap<(&str, Option<&str>), Uuid> = BTreeMap::new();
        for run in state.runs() {
            let counts = truth.get(&run.id).copied().unwrap_or_default();
            let counts = with_gone(counts, gone.get(&run.id), run.counts);
            if counts != run.counts {
                let detail = format_args!("{}: {:?}, its jobs {counts:?}", run.id, run.counts);
                return fail("I4: a run's counts are its jobs'", detail);
            }
            if run.status != counts.status() {
                let detail = format_args!("{}: {:?} with {counts:?}", run.id, run.status);
                return fail("I4: a run is final exactly when its jobs are", detail);
            }
            let is_lock = run.exclusive && run.status == RunStatus::Running;
            // The organization's own, where it has one.
            let lock = (run.job_key.as_str(), run.organization_id.as_deref());
            if is_lock && let Some(other) = locks.insert(lock, run.id) {
                let detail = format_args!("{lock:?}: {other} and {}", run.id);
                return fail("I4: one open exclusive run a key", detail);
            }
        }
        Ok(())
    })
}

fn count<'a>(jobs: impl Iterator<Item = &'a JobRow>) -> BTreeMap<Uuid, RunCounts> {
    let mut truth: BTreeMap<Uuid, RunCounts> = BTreeMap::new();
    for (row, run) in jobs.filter_map(|row| Some((row, row.run_id?))) {
        let counts = truth.entry(run).or_default();
        counts.total += 1;
        match row.state {
            JobState::Completed => counts.done += 1,
            JobState::DeadLettered => counts.dead += 1,
            JobState::Cancelled => counts.cancelled += 1,
            JobState::Queued | JobState::InProgress | JobState::Failed => {}
        }
    }
    truth
}

/// What retention took stays counted as what it was; a recount of the rows that
/// are left calls it done.
fn with_gone(counts: RunCounts, gone: Option<&RunCounts>, found: RunCounts) -> RunCounts {
    let Some(gone) = gone else { return counts };
    let dead = (found.dead - counts.dead).clamp(0, gone.dead);
    let cancelled = (found.cancelled - counts.cancelled).clamp(0, gone.cancelled);
    RunCounts {
        total: counts.total + gone.total,
        done: counts.done + gone.total - dead - cancelled,
        dead: counts.dead + dead,
        cancelled: counts.cancelled + cancelled,
    }
}

/// When every job is final, every run is.
pub(super) fn final_with_their_jobs(world: &World) -> Failed {
    world.ports.store.look(|state| {
        match state.runs().find(|run| run.status == RunStatus::Running) {
            None => Ok(()),
            Some(run) => fail("I4: no run stays open", format_args!("{run:?}")),
        }
    })
}

//! What was published is told, is followed by a run that scores by it, and
//! changes nothing of a run that began before it.

use std::collections::BTreeSet;

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::Job;
use mauntic_domain::scoring::document::PUBLISH_JOB_KEY;
use mauntic_flows::ports::config_actions;
use serde_json::Value;

use crate::engine::failure::{Failed, fail};
use crate::engine::world::World;
use crate::store::State;
use crate::store::rows::RunRecord;
use crate::store::signal_rows::DocumentRow;

/// Whoever owns the database publishes too, and tells nobody.
const OWNER: &str = "owner";

/// Every publication is told once, and nothing else is.
pub(super) fn told(world: &World) -> Failed {
    world.ports.store.look(|state| {
        let mut told: BTreeSet<(&str, i64)> = BTreeSet::new();
        for entry in world.model.audited.done_as(config_actions::PUBLISH) {
            let version = entry.after.get("version").and_then(Value::as_i64).unwrap_or(0);
            if !told.insert((&entry.target, version)) {
                return fail("a publication is told once", format_args!("{entry:?}"));
            }
        }
        for (owner, row) in published(state) {
            if !told.remove(&(owner.as_str(), row.version)) {
                return fail("a publication is told", format_args!("{owner}: {row:?}"));
            }
        }
        match told.first() {
            None => Ok(()),
            Some(other) => fail("what is told was published", format_args!("{other:?}")),
        }
    })
}

/// At the end a run looked at what was published or at something newer, or was
/// opened for it and came to nothing: it was cancelled, or its planner died.
pub(super) fn followed(world: &World) -> Failed {
    world.ports.store.look(|state| {
        for (owner, row) in published(state) {
            let follows = |run: &&RunRecord| {
                let is_its = run.job_key == PUBLISH_JOB_KEY
                    && run.organization_id.as_deref() == Some(owner.as_str());
                is_its
                    && match run.pinned {
                        Some(epoch) => epoch >= row.epoch,
                        None => run.started_at >= row.published_at,
                    }
            };
            if state.runs().find(follows).is_none() && world.model.archive.is_empty() {
                return fail(
                    "a publication is followed by a run",
                    format_args!("{owner}: {row:?}"),
                );
            }
        }
        Ok(())
    })
}

/// A chunk scores by the configuration that its run looked at first, whatever
/// was published since.
pub(super) fn pinned(world: &World) -> Failed {
    world.ports.store.look(|state| {
        for ((owner, contact), score) in state.scores() {
            let Some(job) = world.model.archive.job(state, score.job_id) else { continue };
            let Ok(Job::RecomputeChunk(chunk)) = Job::parse(&job.type_name, job.version, &job.data)
            else {
                continue;
            };
            // Contacts that somebody named are scored by the newest.
            let Some(epoch) = chunk.config_epoch else { continue };
            let run = job.run_id.and_then(|run| state.run(run));
            let is_its = run.is_none_or(|run| run.pinned == Some(epoch));
            if !is_its || version_at(state, owner, epoch) != score.config_version {
                let detail = format_args!("{owner}/{contact}: {score:?}, {run:?}");
                return fail("a run scores by one configuration", detail);
            }
        }
        Ok(())
    })
}

fn published(state: &State) -> impl Iterator<Item = (&OrganizationId, &DocumentRow)> {
    let rows = state.documents().iter();
    let rows = rows.flat_map(|(owner, rows)| rows.iter().map(move |row| (owner, row)));
    rows.filter(|(_, row)| row.published_by != OWNER)
}

fn version_at(state: &State, owner: &OrganizationId, epoch: i64) -> i64 {
    let rows = state.documents().get(owner).map_or(&[][..], Vec::as_slice);
    rows.iter().rfind(|row| row.epoch <= epoch).map_or(0, |row| row.version)
}

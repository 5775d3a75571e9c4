//! Fairness: an organization is given no more than it may have, and what was
//! held back for that is sent in the end.

use std::collections::BTreeMap;

use mauntic_domain::jobs::{JobState, JobType};

use super::jobs::described;
use crate::engine::failure::{Failed, fail};
use crate::engine::world::World;
use crate::store::rows::JobRow;

/// The bound of what producers may enqueue. Runs, replays and messages sent by
/// hand are an operator's, and have none; nor have notifications, which alerts
/// make: one that is open must be told of, and there is one a contact and type.
pub(super) fn unfinished(world: &World) -> Failed {
    let Some(limits) = world.limits else { return Ok(()) };
    let is_asked_for = |row: &&JobRow| {
        let is_of_tenant = row.request_id.as_ref().is_some_and(|id| id.starts_with("req-"));
        let is_told = row.type_name == JobType::NotifyAlert.name();
        row.run_id.is_none() && is_of_tenant && row.replays == 0 && !is_told
    };
    world.ports.store.look(|state| {
        let mut live: BTreeMap<(Option<&str>, &str), i64> = BTreeMap::new();
        for row in state.live_jobs().filter(is_asked_for) {
            let place = (row.organization_id.as_deref(), row.queue.as_str());
            let many = live.entry(place).or_default();
            *many += 1;
            if *many > limits.unfinished_max {
                let detail = format_args!("{place:?} has {many}");
                return fail("fairness: nobody has more unfinished than allowed", detail);
            }
        }
        Ok(())
    })
}

/// Nobody waits for a turn for ever: what was held back was claimed, or ended
/// without, by an operator or its expiry.
pub(super) fn held_back(world: &World) -> Failed {
    world.ports.store.look(|state| {
        for id in &world.model.held_back {
            let row = world.model.archive.job(state, *id);
            let was_sent = |row: &JobRow| match row.state {
                JobState::Completed => row.claim > 0,
                JobState::Cancelled | JobState::DeadLettered => true,
                JobState::Queued | JobState::InProgress | JobState::Failed => false,
            };
            if !row.is_some_and(was_sent) {
                let row = row.map(described);
                return fail(
                    "fairness: who was held back has a turn",
                    format_args!("{id}: {row:?}"),
                );
            }
        }
        Ok(())
    })
}

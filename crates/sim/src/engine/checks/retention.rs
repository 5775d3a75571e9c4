//! Retention: what is gone was old and final, and nobody had to decide about
//! it; and what is old goes.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use mauntic_domain::jobs::limits::KEEP_MIN;
use uuid::Uuid;

use super::jobs::described;
use crate::engine::failure::{Failed, fail};
use crate::engine::world::World;
use crate::store::State;
use crate::store::rows::JobRow;

/// How much the ids that tell a row's age may be wrong: the host's clock is by
/// an hour, either way.
const IDS_OFF: TimeDelta = TimeDelta::hours(2);

/// What is gone.
pub(super) fn gone(world: &World) -> Failed {
    let before = world.now() - KEEP_MIN;
    let archive = &world.model.archive;
    world.ports.store.look(|state| {
        let cases = cases(state);
        for row in archive.gone_jobs(state) {
            let is_old = row.finished_at.is_some_and(|at| at < before);
            if !is_old || cases.contains(&row.id) {
                return fail("retention takes what is old", format_args!("{}", described(row)));
            }
        }
        for letter in archive.gone_letters(state) {
            if letter.decided_at.is_none_or(|at| at >= before) {
                return fail("retention takes what is decided", format_args!("{letter:?}"));
            }
        }
        let events = archive.all_events(state);
        match events.iter().find(|(event, is_gone)| *is_gone && event.occurred_at >= before) {
            Some((event, _)) => fail("retention takes what is old", format_args!("{event:?}")),
            None => Ok(()),
        }
    })
}

/// What must be gone: the ticks of the calm time took it.
pub(super) fn taken(world: &World) -> Failed {
    let Some(calm_since) = world.model.calm_since else { return Ok(()) };
    let before = calm_since - KEEP_MIN - IDS_OFF;
    world.ports.store.look(|state| {
        let cases = cases(state);
        let is_old = |row: &&JobRow| {
            let is_old = row.finished_at.is_some_and(|at| at < before);
            is_old && !cases.contains(&row.id)
        };
        if let Some(row) = state.jobs().find(is_old) {
            return fail("retention takes whatever is old", format_args!("{}", described(row)));
        }
        let letters = state.letters();
        if let Some(old) = letters.iter().find(|one| one.decided_at.is_some_and(|at| at < before)) {
            return fail("retention takes whatever is old", format_args!("{old:?}"));
        }
        match state.events().find(|event| event.occurred_at < before) {
            Some(event) => fail("retention takes whatever is old", format_args!("{event:?}")),
            None => Ok(()),
        }
    })
}

/// Jobs that somebody has to decide about. A message that addresses a job that
/// is gone is a case without one.
fn cases(state: &State) -> BTreeSet<Uuid> {
    let open = state.letters().iter().filter(|letter| letter.decided_at.is_none());
    open.filter(|letter| letter.reason != "row_missing")
        .filter_map(|letter| letter.job_id)
        .collect()
}

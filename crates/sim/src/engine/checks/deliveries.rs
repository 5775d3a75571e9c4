//! The ledger of deliveries: every claim is held or ended in one way.

use std::collections::BTreeMap;

use mauntic_domain::jobs::JobState;
use uuid::Uuid;

use crate::engine::failure::{Failed, fail};
use crate::engine::world::World;
use crate::store::rows::JobRow;

fn by_token<'a>(rows: impl Iterator<Item = &'a JobRow>, state: JobState) -> BTreeMap<Uuid, i32> {
    let mut many = BTreeMap::new();
    for token in rows.filter(|row| row.state == state).filter_map(|row| row.lease_token) {
        *many.entry(token).or_default() += 1;
    }
    many
}

/// What was taken is held, or was counted where it ended.
pub(super) fn balanced(world: &World) -> Failed {
    world.ports.store.look(|state| {
        let held = by_token(state.live_jobs(), JobState::InProgress);
        for (token, row) in state.deliveries() {
            let held = held.get(token).copied().unwrap_or(0);
            if row.taken != row.effects + row.failures + row.put_off + row.lost + held {
                return fail(
                    "deliveries: every claim is held or ended in one way",
                    format_args!("{token}: {row:?}, {held} held"),
                );
            }
        }
        Ok(())
    })
}

/// The receipts are the effects that were counted.
pub(super) fn receipts(world: &World) -> Failed {
    world.ports.store.look(|state| {
        let receipts = by_token(world.model.archive.all_jobs(state), JobState::Completed);
        for (token, row) in state.deliveries() {
            let found = receipts.get(token).copied().unwrap_or(0);
            if found != row.effects {
                let detail = format_args!("{token}: {row:?}, {found} receipts");
                return fail("deliveries: effects are receipts", detail);
            }
        }
        Ok(())
    })
}

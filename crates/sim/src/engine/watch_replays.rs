//! What a replay of many releases, watched while it happens: when its jobs become
//! available is only known at that moment.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::failure::{Failed, fail};
use super::world::World;
use crate::store::State;

/// What the replays have released.
#[derive(Default)]
pub(super) struct Releases {
    /// Cases that were seen, however they were decided.
    cases: BTreeSet<Uuid>,
    /// When each replay's jobs became available.
    times: BTreeMap<Uuid, BTreeMap<Uuid, DateTime<Utc>>>,
}

impl World {
    /// After a port call of somebody who may go on with replays: each that was
    /// released has its place, no earlier than the pace allows.
    pub(super) fn watch_replays(&mut self) -> Failed {
        let releases = &mut self.model.releases;
        let released = self.ports.store.look(|state| releases.see(state))?;
        self.count_many("released by replays of many", released);
        Ok(())
    }
}

impl Releases {
    /// So many were released since the last look.
    fn see(&mut self, state: &State) -> Result<usize, Box<super::Failure>> {
        let mut changed = BTreeSet::new();
        let mut released = 0;
        for letter in state.letters() {
            let (Some(replay), Some(job)) = (letter.replay_id, letter.replayed_as) else {
                continue;
            };
            if self.cases.insert(letter.id)
                && let Some(row) = state.job(job)
            {
                self.times.entry(replay).or_default().insert(job, row.available_at);
                changed.insert(replay);
                released += 1;
            }
        }
        for replay in changed {
            self.check(state, replay)?;
        }
        Ok(released)
    }

    fn check(&self, state: &State, replay: Uuid) -> Failed {
        let (Some(row), Some(times)) = (state.replays().get(&replay), self.times.get(&replay))
        else {
            return Ok(());
        };
        let limit = usize::try_from(row.terms.limit).unwrap_or(usize::MAX);
        if times.len() > limit {
            let detail = format_args!("{replay}: {} of {limit}", times.len());
            return fail("a replay releases no more than its limit", detail);
        }
        // Times are cut to microseconds.
        let pace = 1_000_000 / i64::from(row.terms.per_second) - 1;
        let mut times: Vec<DateTime<Utc>> = times.values().copied().collect();
        times.sort_unstable();
        let too_near = |two: &&[DateTime<Utc>]| match two {
            [one, next] => *next - *one < TimeDelta::microseconds(pace),
            _ => false,
        };
        match times.windows(2).find(too_near) {
            Some(two) => fail(
                "a replay is no faster than its pace",
                format_args!("{replay}: {two:?} at {} a second", row.terms.per_second),
            ),
            None => Ok(()),
        }
    }
}

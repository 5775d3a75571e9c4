//! What only shows while it happens: whom the relay gives a turn, and whether
//! a request that is refused wrote anything. Looked at before and after a port
//! call, in worlds whose limits are small enough to be met.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::limits::WAKE;
use mauntic_flows::ports::{Enqueued, PortError};
use uuid::Uuid;

use super::executor::Invocation;
use super::failure::{Failed, fail};
use super::world::World;
use crate::store::rows::JobRow;
use crate::store::{Limits, State};

/// Limits that a seed of two hundred operations meets.
const SMALL: Limits =
    Limits { dispatched_max: 5, unfinished_max: 20, signals_scored_max: 4, guesses_settled_max: 3 };

/// One seed in so many has them.
const SMALL_EVERY: u64 = 4;

/// The limits of a seed.
pub(super) const fn limits(seed: u64) -> Option<Limits> {
    if seed.is_multiple_of(SMALL_EVERY) { Some(SMALL) } else { None }
}

/// Organization and queue.
type Place = (String, String);

/// What was seen before a port call.
pub(super) enum Seen {
    /// Nothing that matters.
    Nothing,
    /// How many of each place were out, and who waited for a turn.
    Turns { out: BTreeMap<Place, i64>, waiting: Vec<(Uuid, DateTime<Utc>)>, by: &'static str },
    /// What a write would change.
    Written(Written),
}

/// What a request writes: jobs, joined ones, versions of features.
#[derive(PartialEq, Eq)]
pub(super) struct Written(usize, i64, i64);

fn written(state: &State) -> Written {
    let (mut jobs, mut joined) = (0, 0);
    for row in state.jobs() {
        jobs += 1;
        joined += i64::from(row.coalesced);
    }
    Written(jobs, joined, state.contacts().map(|(_, _, version)| version).sum())
}

impl World {
    /// Before a port call of it.
    pub(super) fn watch(&self, invocation: &Invocation) -> Seen {
        if self.limits.is_none() {
            return Seen::Nothing;
        }
        match invocation.name {
            by @ ("tick" | "consumer") => self.ports.store.look(|state| self.turns(by, state)),
            name if is_request(name) => Seen::Written(self.ports.store.look(written)),
            _ => Seen::Nothing,
        }
    }

    /// Who waits for the relay, and what is out already.
    fn turns(&self, by: &'static str, state: &State) -> Seen {
        let now = self.now();
        let mut out: BTreeMap<Place, i64> = BTreeMap::new();
        let mut waiting = Vec::new();
        for row in state.live_jobs() {
            let Some(owner) = row.organization_id.as_ref() else { continue };
            if row.is_dispatched(now) {
                *out.entry((owner.clone(), row.queue.clone())).or_default() += 1;
            } else if row.waits() {
                waiting.push((row.id, row.wake_at));
            }
        }
        if waiting.is_empty() { Seen::Nothing } else { Seen::Turns { out, waiting, by } }
    }

    /// After it. Of two relays at once neither sees what the other has taken
    /// and not yet sent, so that the share is a bound of each one's look.
    pub(super) fn watched(&mut self, seen: Seen) -> Failed {
        let (Some(limits), Seen::Turns { mut out, waiting, by }) = (self.limits, seen) else {
            return Ok(());
        };
        let now = self.now();
        let mut taken = 0;
        let beyond = self.ports.store.look(|state| {
            // Taken is what is held back anew; what was sent is out, and was before.
            let has_turn = |(id, before): &(Uuid, DateTime<Utc>)| {
                let is_taken = |row: &&JobRow| row.is_due(now) && row.wake_at == now + WAKE;
                state.job(*id).filter(|row| row.wake_at != *before).filter(is_taken)
            };
            for row in waiting.iter().filter_map(has_turn) {
                let place = (row.organization_id.clone().unwrap_or_default(), row.queue.clone());
                let many = out.entry(place.clone()).or_default();
                *many += 1;
                taken += 1;
                if *many > limits.dispatched_max {
                    return Some((place, *many));
                }
            }
            None
        });
        let name =
            if by == "tick" { "turns of those held back" } else { "turns in place of others" };
        self.count_many(name, taken);
        match beyond {
            None => Ok(()),
            Some((place, many)) => fail(
                "fairness: nobody has more out than the share",
                format_args!("{place:?} has {many}"),
            ),
        }
    }

    /// An answer names no more jobs to be sent at once than the share; the rest is
    /// held back.
    pub(super) fn within_its_share(&mut self, answer: &[Enqueued]) -> Failed {
        let Some(limits) = self.limits else { return Ok(()) };
        let at_once = answer.iter().filter(|one| one.send_now).count();
        if i64::try_from(at_once).is_ok_and(|many| many > limits.dispatched_max) {
            return fail(
                "fairness: no more is sent at once than the share",
                format_args!("{answer:?}"),
            );
        }
        let held_back = answer.iter().filter(|one| one.created && !one.send_now);
        let held_back: Vec<Uuid> = held_back.map(|one| one.id).collect();
        self.count_many("held back", held_back.len());
        self.model.held_back.extend(held_back);
        Ok(())
    }

    /// Whether the port call wrote something for a request.
    pub(super) fn has_written(&self, seen: &Seen) -> bool {
        matches!(seen, Seen::Written(before) if self.ports.store.look(written) != *before)
    }

    /// A request was answered that may have written something before.
    pub(super) fn refused(&mut self, error: &PortError, wrote: bool) -> Failed {
        if !matches!(error, PortError::Backlog { .. }) {
            return Ok(());
        }
        self.count("fault: backlog full");
        if self.limits.is_none() || wrote {
            return fail("a full backlog refuses and writes nothing", format_args!("{error}"));
        }
        Ok(())
    }
}

/// Whether it asks for jobs in an organization's name.
fn is_request(name: &str) -> bool {
    matches!(name, "put" | "report" | "recalculate" | "enqueue" | "enqueue under a key")
}

//! Every message that was sent by hand ends as a job, or as one dead letter with
//! the right reason; and every dead job is one open case.

use std::collections::{BTreeMap, BTreeSet};

use mauntic_domain::jobs::{JobState, Queue};
use uuid::Uuid;

use super::jobs::described;
use crate::engine::failure::{Failed, fail};
use crate::engine::model::Fate;
use crate::engine::world::World;
use crate::store::State;
use crate::store::rows::LetterRow;

/// What became of each message.
pub(super) fn fates(world: &World) -> Failed {
    world.ports.store.look(|state| {
        let mut letters: BTreeMap<(&str, &str), Vec<&LetterRow>> = BTreeMap::new();
        let archive = &world.model.archive;
        for letter in archive.all_letters(state) {
            if let Some(message) = &letter.message_id {
                letters.entry((&letter.queue, message)).or_default().push(letter);
            }
        }
        for ((queue, message), fate) in &world.model.sent {
            let of_it = letters.remove(&(queue.name(), message.as_str())).unwrap_or_default();
            let reasons: Vec<&str> = of_it.iter().map(|letter| letter.reason.as_str()).collect();
            let is_lost = world.model.outlived.contains(&(*queue, message.clone()));
            let is_fate = is_fate(world, state, *queue, fate, &reasons);
            if !(is_fate || (is_lost && reasons.is_empty())) {
                let detail = format_args!("{message}: {fate:?}, dead letters {reasons:?}");
                return fail("a message becomes a job or one dead letter", detail);
            }
        }
        // The address of a row that was too old by the time it was heard.
        letters.retain(|_, of_it| {
            let is_late = |one: &&LetterRow| {
                let is_gone = one.job_id.is_some_and(|id| archive.is_gone(state, id));
                one.reason == "row_missing" && is_gone
            };
            !of_it.iter().all(is_late)
        });
        match letters.first_key_value() {
            None => Ok(()),
            Some(((queue, message), letters)) => fail(
                "no message becomes a dead letter for nothing",
                format_args!("{message} of {queue}: {letters:?}"),
            ),
        }
    })
}

fn is_fate(world: &World, state: &State, queue: Queue, fate: &Fate, letters: &[&str]) -> bool {
    let archive = &world.model.archive;
    match fate {
        Fate::Letter(reason) => letters == [*reason],
        Fate::Address { id, reason } => {
            // Its row may have been too old by the time it was heard.
            let is_gone = archive.is_gone(state, *id);
            let is_reason = |found: &str| found == *reason || (is_gone && found == "row_missing");
            let is_told = |letter: &LetterRow| {
                letter.job_id == Some(*id)
                    && letter.queue == queue.name()
                    && is_reason(&letter.reason)
            };
            matches!(letters, [found] if is_reason(found))
                || (letters.is_empty() && archive.all_letters(state).into_iter().any(is_told))
        }
        Fate::Job { id, key } => {
            let row = archive.job(state, *id);
            let is_job = row.is_some_and(|row| {
                row.state.is_final() && row.queue == queue.name() && row.run_id.is_some()
            });
            let holds = |same: bool| {
                key.as_ref().is_some_and(|(of, key, data)| {
                    archive.all_jobs(state).any(|row| {
                        let keys = [&row.idempotency_key, &row.released_key];
                        row.type_name == *of
                            && keys.contains(&&Some(key.clone()))
                            && (row.data == *data) == same
                    })
                })
            };
            match letters {
                [] => is_job || holds(true),
                ["idempotency_conflict"] => row.is_none() && holds(false),
                _ => false,
            }
        }
    }
}

/// Jobs whose newest case was discarded.
fn discarded(world: &World, state: &State) -> BTreeSet<Uuid> {
    let mut newest: BTreeMap<Uuid, &LetterRow> = BTreeMap::new();
    let letters = world.model.archive.all_letters(state).into_iter();
    for letter in letters.filter(|letter| letter.message_id.is_none()) {
        let Some(id) = letter.job_id else { continue };
        let of_job = newest.entry(id).or_insert(letter);
        if letter.id > of_job.id {
            *of_job = letter;
        }
    }
    let is_discarded = |letter: &&LetterRow| letter.decision == Some("discarded");
    newest.retain(|_, letter| is_discarded(&&**letter));
    newest.into_keys().collect()
}

/// Every dead job is exactly one open case, and nothing else is.
pub(super) fn cases(world: &World) -> Failed {
    world.ports.store.look(|state| {
        let mut open: BTreeMap<Uuid, usize> = BTreeMap::new();
        let of_jobs = state.letters().iter().filter(|letter| letter.message_id.is_none());
        for id in of_jobs.filter(|letter| letter.decided_at.is_none()).filter_map(|l| l.job_id) {
            *open.entry(id).or_default() += 1;
        }
        let discarded = discarded(world, state);
        for row in state.jobs() {
            let is_dead = row.state == JobState::DeadLettered;
            let is_decided = world.model.is_decided(row) || discarded.contains(&row.id);
            let expected = usize::from(is_dead && !is_decided);
            let found = open.remove(&row.id).unwrap_or(0);
            if found != expected {
                let detail = format_args!("{found} of {}", described(row));
                return fail("a dead job is one open case", detail);
            }
        }
        Ok(())
    })
}

//! What retention may take: remembered before it is old enough, so that the
//! checks know what there was.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::jobs::limits::KEEP_MIN;
use uuid::Uuid;

use super::world::World;
use crate::store::State;
use crate::store::rows::{EventRow, JobRow, LetterRow, ReplayRecord};

/// What tells dead letters apart: queue, message, job, and when it was written.
type LetterName = (String, Option<String>, Option<Uuid>, DateTime<Utc>);

/// Rows as they were when they were last seen.
#[derive(Default)]
pub(super) struct Archive {
    /// When it was filled; before that, nothing was old enough to go.
    at: Option<DateTime<Utc>>,
    jobs: BTreeMap<Uuid, JobRow>,
    letters: BTreeMap<LetterName, LetterRow>,
    events: BTreeMap<Uuid, EventRow>,
    replays: BTreeMap<Uuid, ReplayRecord>,
}

impl World {
    /// Time passes. What becomes old enough to be taken thereby is remembered:
    /// a row is kept for so long after it became final, so that one look within
    /// that time sees each.
    pub(super) fn advance(&mut self, time: TimeDelta) {
        let since = self.model.archive.at.unwrap_or(self.started);
        if self.now() + time >= since + KEEP_MIN {
            self.remember_rows();
        }
        self.ports.clock.advance(time);
    }

    fn remember_rows(&mut self) {
        let now = self.now();
        let archive = &mut self.model.archive;
        archive.at = Some(now);
        self.ports.store.look(|state| {
            for row in state.jobs().filter(|row| row.state.is_final()) {
                archive.jobs.insert(row.id, row.clone());
            }
            for letter in state.letters() {
                archive.letters.insert(name(letter), letter.clone());
            }
            for row in state.replays().values().filter(|row| row.status.is_final()) {
                archive.replays.insert(row.id, row.clone());
            }
            for event in state.events() {
                archive.events.insert(event.id, event.clone());
            }
        });
    }
}

impl Archive {
    /// Whether nothing was old enough to go so far.
    pub(super) const fn is_empty(&self) -> bool {
        self.at.is_none()
    }

    /// The job's row, there or gone.
    pub(super) fn job<'a>(&'a self, state: &'a State, id: Uuid) -> Option<&'a JobRow> {
        state.job(id).or_else(|| self.jobs.get(&id))
    }

    /// Whether a job was there and is gone.
    pub(super) fn is_gone(&self, state: &State, id: Uuid) -> bool {
        self.jobs.contains_key(&id) && state.job(id).is_none()
    }

    /// The jobs that are gone.
    pub(super) fn gone_jobs<'a>(&'a self, state: &'a State) -> impl Iterator<Item = &'a JobRow> {
        self.jobs.values().filter(|row| state.job(row.id).is_none())
    }

    /// Every job, there or gone.
    pub(super) fn all_jobs<'a>(&'a self, state: &'a State) -> impl Iterator<Item = &'a JobRow> {
        state.jobs().chain(self.gone_jobs(state))
    }

    /// Every dead letter, there or gone.
    pub(super) fn all_letters<'a>(&'a self, state: &'a State) -> Vec<&'a LetterRow> {
        let mut letters: Vec<&LetterRow> = state.letters().iter().collect();
        letters.extend(self.gone_letters(state));
        letters
    }

    /// The dead letters that are gone.
    pub(super) fn gone_letters<'a>(&'a self, state: &State) -> Vec<&'a LetterRow> {
        let mut gone: BTreeMap<&LetterName, &LetterRow> = self.letters.iter().collect();
        if !gone.is_empty() {
            for letter in state.letters() {
                gone.remove(&name(letter));
            }
        }
        gone.into_values().collect()
    }

    /// Whether any dead letter is gone.
    pub(super) fn has_gone_letters(&self, state: &State) -> bool {
        !self.gone_letters(state).is_empty()
    }

    /// Every replay of many, there or gone.
    pub(super) fn all_replays<'a>(
        &'a self,
        state: &'a State,
    ) -> impl Iterator<Item = &'a ReplayRecord> {
        let is_gone = |row: &&ReplayRecord| !state.replays().contains_key(&row.id);
        state.replays().values().chain(self.replays.values().filter(is_gone))
    }

    /// Every event, there or gone, in the order in which they were written; and
    /// whether it is gone.
    pub(super) fn all_events<'a>(&'a self, state: &'a State) -> Vec<(&'a EventRow, bool)> {
        let gone = self.events.values().map(|event| (event.id, (event, true)));
        let mut events: BTreeMap<Uuid, (&EventRow, bool)> = gone.collect();
        events.extend(state.events().map(|event| (event.id, (event, false))));
        events.into_values().collect()
    }
}

fn name(letter: &LetterRow) -> LetterName {
    let LetterRow { queue, message_id, job_id, created_at, .. } = letter;
    (queue.clone(), message_id.clone(), *job_id, *created_at)
}

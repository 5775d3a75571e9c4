//! I3, watched while it happens: what each judgement wrote is held against the
//! expression that was in force, before retention can take any of it.

use std::collections::BTreeMap;
use std::ops::Bound;

use chrono::{DateTime, Utc};
use mauntic_domain::schedules::Cron;
use uuid::Uuid;

use super::failure::{Failed, fail};
use super::world::World;
use crate::store::State;
use crate::store::rows::{OccurrenceRow, ScheduleRecord};

/// What is known of a schedule.
pub(super) struct Judged {
    /// The expression in force.
    pub(super) cron: String,
    /// Up to when it was judged.
    pub(super) until: DateTime<Utc>,
    ordinal: Option<i64>,
    /// The nominal times that were judged, and the runs that they started.
    pub(super) times: BTreeMap<DateTime<Utc>, Option<Uuid>>,
}

impl World {
    /// Looks at what was judged since the last look.
    pub(super) fn watch_schedules(&mut self) -> Failed {
        let known = &mut self.model.judged;
        // Both are in the order of their keys.
        let is_unchanged = self.ports.store.look(|state| {
            let pairs = known.values().zip(state.schedules().values());
            known.len() == state.schedules().len() && pairs.into_iter().all(|(a, b)| a.is_at(b))
        });
        if is_unchanged {
            return Ok(());
        }
        let deployed = &self.model.deployed;
        let mut switched = 0;
        self.ports.store.look(|state| {
            for (key, row) in state.schedules() {
                let Some(judged) = known.get_mut(key) else {
                    let judged = Judged::new(row);
                    known.insert(key.clone(), judged);
                    continue;
                };
                if judged.is_at(row) {
                    continue;
                }
                judged.add(state, key, row)?;
                if judged.cron != row.cron {
                    switched += 1;
                    let since = deployed.get(&(key.clone(), row.cron.clone()));
                    if since.is_some_and(|since| row.judged_until < *since) {
                        let detail = format_args!("{key}: {row:?}, deployed at {since:?}");
                        return fail("I3: an expression begins when it is deployed", detail);
                    }
                    judged.cron.clone_from(&row.cron);
                }
            }
            Ok(())
        })?;
        self.count_many("expressions replaced", switched);
        Ok(())
    }
}

impl Judged {
    fn new(row: &ScheduleRecord) -> Self {
        let (cron, until) = (row.cron.clone(), row.judged_until);
        Self { cron, until, ordinal: None, times: BTreeMap::new() }
    }

    /// Whether nothing was judged since.
    fn is_at(&self, row: &ScheduleRecord) -> bool {
        self.until == row.judged_until && self.cron == row.cron
    }

    /// The nominal times from the last mark to this one: exactly those of the
    /// expression that was in force, for a new one begins at the mark.
    fn add(&mut self, state: &State, key: &str, row: &ScheduleRecord) -> Failed {
        if row.judged_until < self.until {
            let detail = format_args!("{key}: from {} to {}", self.until, row.judged_until);
            return fail("I3: a judgement never goes back", detail);
        }
        let Ok(cron) = Cron::parse(&self.cron) else {
            return fail("I3: an expression in force can be read", format_args!("{}", self.cron));
        };
        let place = |at| (key.to_owned(), at);
        let bounds = (Bound::Excluded(place(self.until)), Bound::Included(place(row.judged_until)));
        let mut expected = cron.next_after(self.until);
        for ((_, nominal), occurrence) in state.occurrences().range(bounds) {
            if expected != Some(*nominal) {
                let detail = format_args!("{key}: {nominal}, expected {expected:?}");
                return fail("I3: every nominal time has one row", detail);
            }
            expected = cron.next_after(*nominal);
            self.check(state, key, *nominal, occurrence)?;
            self.ordinal = Some(occurrence.ordinal);
            self.times.insert(*nominal, occurrence.run_id);
        }
        if expected.is_some_and(|next| next <= row.judged_until) {
            let detail =
                format_args!("{key}: judged until {}, {expected:?} next", row.judged_until);
            return fail("I3: every nominal time up to judged_until has its row", detail);
        }
        self.until = row.judged_until;
        Ok(())
    }

    fn check(
        &self,
        state: &State,
        key: &str,
        nominal: DateTime<Utc>,
        row: &OccurrenceRow,
    ) -> Failed {
        if self.ordinal.is_some_and(|before| row.ordinal != before + 1) {
            let detail = format_args!("{key}: {nominal} is number {}", row.ordinal);
            return fail("I3: ordinals follow each other", detail);
        }
        let runs = matches!(row.outcome, "ran" | "late" | "backfilled");
        let run = row.run_id.and_then(|id| state.run(id));
        let is_its = |run: &crate::store::rows::RunRecord| {
            run.scheduled_for == Some(nominal) && run.job_key == key
        };
        // At this moment the run was only just written.
        if row.run_id.is_some() != runs || run.is_some() != runs || !run.is_none_or(is_its) {
            let detail = format_args!("{key}: {nominal} {row:?}");
            return fail("I3: a run exactly where the outcome says so", detail);
        }
        Ok(())
    }
}

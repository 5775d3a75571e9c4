//! The end of a seed: nothing goes wrong any more, time passes, and every job
//! must become final by itself.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::overnight::NightStatus;

use super::failure::{Failed, fail};
use super::ops::{end_outage, say_the_truth};
use super::world::{World, origins, short};
use crate::outside::Health;
use crate::queue::Mishaps;
use crate::store::State;
use crate::store::rows::JobRow;

/// Rounds until everything must be done: a job that waits for another build has
/// 288 looks, and two rounds each are more than enough.
const ROUNDS_MAX: usize = 1_000;

/// Longest step of time: short of the snoozes and resends that it passes.
const STEP_MAX: TimeDelta = TimeDelta::minutes(30);

/// Time until everything must be done: a row of another build waits a day, a
/// message that was lost six hours, a snooze a quarter of one; and slack.
const CALM_MAX: TimeDelta = TimeDelta::hours(48);

/// Most messages of a delivery; the platform's own.
const BATCH_MAX: usize = 100;

impl World {
    /// Ends the faults and lets everything finish.
    pub(super) fn drain(&mut self) -> Failed {
        self.tell(format_args!("the faults end"));
        end_outage(self);
        self.ports.faults.calm();
        self.ports.queues.set_mishaps(Mishaps::default());
        self.set_outside(Health::Up);
        self.ports.clock.set_host_ahead(TimeDelta::zero());
        self.model.poison.clear();
        let calm_since = self.now();
        self.model.calm_since = Some(calm_since);
        self.run_to_end()?;
        say_the_truth(self);
        // What is due is judged once more; from then on no new work comes.
        let schedules = self.schedules.clone();
        self.tick(schedules);
        self.run_to_end()?;
        let mut step = TimeDelta::seconds(30);
        for _ in 0..ROUNDS_MAX {
            self.deliver_all()?;
            if self.is_done() {
                return Ok(());
            }
            if self.now() - calm_since > CALM_MAX {
                break;
            }
            let until_next = self.next_event().map_or(step, |at| at - self.now());
            // What waits for another build is given up after so many looks.
            let least = if self.awaits_another_build() { TimeDelta::seconds(1) } else { step };
            self.advance(until_next.max(least));
            step = (step * 2).min(STEP_MAX);
            self.tick(Vec::new());
            self.run_to_end()?;
        }
        self.forgotten()
    }

    /// Delivers whatever may be delivered now, until nothing is left.
    fn deliver_all(&mut self) -> Failed {
        for origin in origins() {
            while self.consume(origin, BATCH_MAX) {
                self.run_to_end()?;
            }
        }
        Ok(())
    }

    fn awaits_another_build(&self) -> bool {
        let is_foreign = |row: &JobRow| row.snooze_reason.as_deref() == Some("another_build");
        self.ports.store.look(|state| state.live_jobs().any(is_foreign))
    }

    fn is_done(&self) -> bool {
        let is_over = |state: &State| {
            state.live_jobs().next().is_none()
                && state.events().all(|event| event.sent_at.is_some())
                && state.replays().values().all(|row| row.status.is_final())
                && state.portfolios().nights.values().all(|of| of.status != NightStatus::Started)
        };
        self.ports.store.look(is_over) && self.ports.queues.is_empty()
    }

    /// When something is due next, by a row or a message.
    fn next_event(&self) -> Option<DateTime<Utc>> {
        let wake = |state: &State| state.live_jobs().map(|row| row.wake_at).min();
        let by_row = self.ports.store.look(wake);
        by_row.into_iter().chain(self.ports.queues.next_visible()).min()
    }

    fn forgotten(&self) -> Failed {
        let left = |state: &State| {
            let rows = state.live_jobs().map(|row| {
                format!(
                    "{} {} {:?} claim {} wakes {}",
                    short(row.id),
                    row.type_name,
                    row.state,
                    row.claim,
                    row.wake_at
                )
            });
            rows.collect::<Vec<_>>()
        };
        let left = self.ports.store.look(left);
        let messages: usize = origins().map(|origin| self.ports.queues.len(origin)).sum();
        fail("I2: no job is forgotten", format_args!("{left:?}, {messages} messages"))
    }
}

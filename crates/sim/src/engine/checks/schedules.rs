//! I3: every nominal time has its row, one each, numbered in order, and a run
//! exactly where its outcome says so.

use chrono::DateTime;
use mauntic_domain::schedules::Effective;

use crate::engine::failure::{Failed, Failure, fail};
use crate::engine::world::World;
use crate::store::State;

/// For the world's own schedules.
pub(super) fn complete(world: &World) -> Failed {
    world.ports.store.look(|state| check_occurrences(state, &world.schedules))
}

/// The occurrences of these schedules.
///
/// # Errors
/// The first nominal time that is missing or too many, or whose row is wrong.
pub fn check_occurrences(state: &State, schedules: &[Effective]) -> Result<(), Box<Failure>> {
    for one in schedules {
        let key = one.schedule.job_key;
        let Some(row) = state.schedules().get(key) else { continue };
        let first = (key.to_owned(), DateTime::UNIX_EPOCH);
        let rows = state.occurrences().range(first..).take_while(|((of, _), _)| of == key);
        let rows: Vec<_> = rows.map(|((_, nominal), row)| (*nominal, row)).collect();
        // Nothing before the first one was ever due: a new schedule starts at now.
        let Some((first, _)) = rows.first() else { continue };
        let mut expected = one.cron.previous(*first);
        let mut ordinal = None;
        for (nominal, occurrence) in &rows {
            if expected != Some(*nominal) {
                let detail = format_args!("{key}: {nominal}, expected {expected:?}");
                return fail("I3: every nominal time has one row", detail);
            }
            expected = one.cron.next_after(*nominal);
            if ordinal.is_some_and(|before| occurrence.ordinal != before + 1) {
                let detail = format_args!("{key}: {nominal} is number {}", occurrence.ordinal);
                return fail("I3: ordinals follow each other", detail);
            }
            ordinal = Some(occurrence.ordinal);
            let has_run = occurrence.run_id.is_some();
            let runs = matches!(occurrence.outcome, "ran" | "late" | "backfilled");
            let run = occurrence.run_id.and_then(|id| state.run(id));
            let is_its =
                run.is_none_or(|run| run.scheduled_for == Some(*nominal) && run.job_key == key);
            if has_run != runs || !is_its {
                let detail = format_args!("{key}: {nominal} {occurrence:?}");
                return fail("I3: a run exactly where the outcome says so", detail);
            }
        }
        let last = rows.last().map(|(nominal, _)| *nominal);
        if expected.is_some_and(|next| next <= row.judged_until) || last > Some(row.judged_until) {
            let detail =
                format_args!("{key}: judged until {}, {expected:?} next", row.judged_until);
            return fail("I3: every nominal time up to judged_until has its row", detail);
        }
    }
    runs_have_occurrences(state)
}

/// A run that a schedule started has an occurrence, and only one.
fn runs_have_occurrences(state: &State) -> Failed {
    for run in state.runs().filter(|run| run.trigger == "schedule") {
        let nominal = run.scheduled_for.unwrap_or_default();
        let row = state.occurrences().get(&(run.job_key.clone(), nominal));
        if row.is_none_or(|row| row.run_id != Some(run.id)) {
            return fail("I3: a schedule's run has its occurrence", format_args!("{run:?}"));
        }
    }
    Ok(())
}

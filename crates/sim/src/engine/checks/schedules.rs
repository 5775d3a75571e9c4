//! I3: every nominal time has its row, one each, numbered in order, and a run
//! exactly where its outcome says so.

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::limits::KEEP_MIN;
use mauntic_domain::schedules::Effective;

use crate::engine::failure::{Failed, Failure, fail};
use crate::engine::world::World;
use crate::store::State;
use crate::store::rows::OccurrenceRow;

/// For the world's own schedules, whose expressions change and whose rows
/// retention takes: what was judged is there unless it is old, nothing else is,
/// and the deployed expression is in force wherever judging has caught up.
pub(super) fn complete(world: &World) -> Failed {
    let before = world.now() - KEEP_MIN;
    world.ports.store.look(|state| {
        for (key, judged) in &world.model.judged {
            let mut rows = rows_of(state, key).map(|(nominal, _)| nominal).peekable();
            let mut known = judged.times.keys();
            let lost = known.find(|at| rows.next_if_eq(at).is_none() && **at >= before);
            if let Some(nominal) = lost.copied().or_else(|| rows.next()) {
                let detail = format_args!("{key}: {nominal}");
                return fail("I3: what was judged keeps its row until it is old", detail);
            }
            let deployed = world.schedules.iter().find(|one| one.job_key() == key.as_str());
            let is_current = deployed.is_none_or(|one| one.cron.as_str() == judged.cron);
            if !is_current && Some(judged.until) >= world.model.calm_since {
                let detail = format_args!("{key}: {} is in force", judged.cron);
                return fail("I3: a deployed expression comes into force", detail);
            }
        }
        for run in state.runs().filter(|run| run.trigger == "schedule") {
            let of_key = world.model.judged.get(&run.job_key);
            let of_time = of_key.and_then(|one| one.times.get(&run.scheduled_for?));
            if of_time != Some(&Some(run.id)) {
                return fail("I3: a schedule's run has its occurrence", format_args!("{run:?}"));
            }
        }
        Ok(())
    })
}

/// A schedule's occurrences, oldest first.
fn rows_of<'a>(
    state: &'a State,
    key: &'a str,
) -> impl Iterator<Item = (DateTime<Utc>, &'a OccurrenceRow)> {
    let first = (key.to_owned(), DateTime::UNIX_EPOCH);
    let rows = state.occurrences().range(first..).take_while(move |((of, _), _)| of == key);
    rows.map(|((_, nominal), row)| (*nominal, row))
}

/// The occurrences of these schedules.
///
/// # Errors
/// The first nominal time that is missing or too many, or whose row is wrong.
pub fn check_occurrences(state: &State, schedules: &[Effective]) -> Result<(), Box<Failure>> {
    for one in schedules {
        let key = &*one.job_key();
        let Some(row) = state.schedules().get(key) else { continue };
        let rows: Vec<_> = rows_of(state, key).collect();
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

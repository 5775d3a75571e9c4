//! I11, and what a night promises: no step and no chunk is there twice, what was done stays,
//! every score is made again to the byte, and a user's newest scores are of one night.

use std::collections::BTreeMap;

use mauntic_domain::jobs::{Job, JobState, JobType};
use mauntic_domain::overnight::{NightStatus, Step};
use mauntic_domain::portfolio::UserFate;
use mauntic_domain::portfolio::replay::{Stored, replay};
use mauntic_domain::runs::RunStatus;
use mauntic_flows::ports::{Night, UserKey};
use uuid::Uuid;

use crate::engine::failure::{Failed, Failure, fail};
use crate::engine::world::World;
use crate::store::State;
use crate::store::portfolios::NightUserRow;
use crate::store::rows::JobRow;

/// Checkpoints stay as they were written, and no job stands for what another does.
pub(super) fn once(world: &mut World) -> Failed {
    let (nights, twice) = world.ports.store.look(|state| {
        let nights: Vec<Night> = state.portfolios().nights.values().cloned().collect();
        (nights, twice(state))
    });
    if let Some(detail) = twice {
        return fail("a step or chunk of a night is one job", format_args!("{detail}"));
    }
    for night in nights {
        for done in night.steps {
            let at = (night.run_id, done.step);
            let before = world.model.steps.entry(at).or_insert(done.done_at);
            if *before != done.done_at {
                let detail = format_args!("{at:?}: {before} and {}", done.done_at);
                return fail("a checkpoint stays as it was written", detail);
            }
        }
    }
    Ok(())
}

/// Two jobs of a run that would do the same.
fn twice(state: &State) -> Option<String> {
    let mut seen: BTreeMap<(Uuid, String), Uuid> = BTreeMap::new();
    for row in state.jobs() {
        let (Some(run_id), Some(what)) = (row.run_id, what(row)) else { continue };
        if let Some(other) = seen.insert((run_id, what.clone()), row.id) {
            return Some(format!("{what} of {run_id}: {other} and {}", row.id));
        }
    }
    None
}

/// What of a night a job does; none where it may be there again.
fn what(row: &JobRow) -> Option<String> {
    match Job::parse(&row.type_name, row.version, &row.data).ok()? {
        // A part of a batch that is refused comes after the same symbol as the batch, and is
        // smaller.
        Job::OvernightStart(start) => {
            Some(format!("{:?} after {:?}, {:?}", start.step(), start.after, start.most))
        }
        Job::OvernightScoreUsers(chunk) => Some(format!("chunk {}", chunk.chunk)),
        _ => None,
    }
}

/// Users of nights have the events of their fates, and their scores are made again.
pub(super) fn replayed(world: &mut World) -> Failed {
    let (scored, nights) = world.ports.store.look(|state| {
        let all = state.portfolios();
        let users = all.night_users.iter();
        users.clone().try_for_each(|((run_id, user), row)| told(state, *run_id, user, row))?;
        all.users.keys().try_for_each(|user| newest(state, user))?;
        let scored = users.filter(|(_, row)| row.fate == Some(UserFate::Scored)).count();
        Ok::<_, Box<Failure>>((scored, all.nights.len()))
    })?;
    world.count_many("users scored by nights", scored);
    world.count_many("nights", nights);
    Ok(())
}

fn told(state: &State, run_id: Uuid, user: &UserKey, row: &NightUserRow) -> Failed {
    let event = |seq: i16| state.portfolios().calculations.get(&(run_id, user.clone(), seq));
    let there: Vec<i16> = (1..=4).filter(|seq| event(*seq).is_some()).collect();
    let expected: &[&[i16]] = match row.fate {
        None => &[&[]],
        Some(UserFate::Scored) => &[&[1, 2, 3, 4]],
        Some(UserFate::Failed | UserFate::Skipped) => &[&[1, 4], &[1, 2, 4]],
    };
    if !expected.contains(&there.as_slice()) {
        let detail = format_args!("{run_id} {user:?} {:?}: {there:?}", row.fate);
        return fail("a user of a night has the events of one fate", detail);
    }
    let Some(inputs) = event(2) else { return Ok(()) };
    let stored = match (event(3), &row.unscored) {
        (Some(scores), _) => Stored::Scores(&scores.body),
        (None, Some(why)) => Stored::Unscored(why.reason),
        (None, None) => return Ok(()),
    };
    match replay(&inputs.body, stored) {
        Ok(()) => Ok(()),
        Err(difference) => {
            let detail = format_args!("{run_id} {user:?}: {difference}");
            fail("I11: captured inputs make the same scores", detail)
        }
    }
}

/// A user's newest scores are those of the latest night that scored him, or none where it
/// found no assets.
fn newest(state: &State, user: &UserKey) -> Failed {
    let all = state.portfolios();
    let counts = |row: &NightUserRow| {
        let ends_scores = row.unscored.as_ref().is_some_and(|why| why.reason.ends_scores());
        row.fate == Some(UserFate::Scored) || ends_scores
    };
    let of_user = all.night_users.iter().filter(|((_, of), row)| of == user && counts(row));
    let nights = of_user.filter_map(|((run_id, _), row)| {
        let night = all.nights.get(run_id)?;
        Some(((night.started_at, *run_id), row.assets_scored))
    });
    let Some((latest, assets)) = nights.max() else { return Ok(()) };
    let scores: BTreeMap<_, _> = all
        .scores
        .iter()
        .filter(|((of, _), _)| of == user)
        .map(|((_, id), row)| (id, row))
        .collect();
    let of_latest = all.history.iter();
    let of_latest = of_latest.filter(|((of, _, at, run), _)| of == user && (*at, *run) == latest);
    let expected: BTreeMap<_, _> = of_latest.map(|((_, id, ..), row)| (id, row)).collect();
    // What retention took of a history is not compared.
    let is_kept = expected.len() == usize::try_from(assets).unwrap_or(0);
    if is_kept && scores != expected {
        let detail = format_args!("{user:?}: {scores:?}, of {latest:?} {expected:?}");
        return fail("a user's newest scores are one night's", detail);
    }
    Ok(())
}

/// A night whose run is over has ended; where its jobs are all done, it counts its users.
pub(super) fn ended(world: &World) -> Failed {
    world.ports.store.look(|state| {
        state.portfolios().nights.values().try_for_each(|night| has_ended(state, night))
    })
}

fn has_ended(state: &State, night: &Night) -> Failed {
    let run = state.runs().find(|run| run.id == night.run_id);
    let is_over = run.is_none_or(|run| run.status != RunStatus::Running);
    if is_over && night.status == NightStatus::Started {
        let detail = format_args!("{night:?}: its run is {:?}", run.map(|run| run.status));
        return fail("a night has ended when its run is over", detail);
    }
    let jobs: Vec<&JobRow> = state.jobs().filter(|row| row.run_id == Some(night.run_id)).collect();
    let is_whole = !jobs.is_empty() && jobs.iter().all(|row| row.state == JobState::Completed);
    if !is_whole {
        return Ok(());
    }
    let of_run = state.portfolios().night_users.iter().filter(|((run, _), _)| *run == night.run_id);
    let of = |fate| of_run.clone().filter(|(_, row)| row.fate == Some(fate)).count();
    let found = [UserFate::Scored, UserFate::Failed, UserFate::Skipped].map(of);
    let told = [night.users_processed, night.users_failed, night.users_skipped];
    let is_told = night.done(Step::Users).is_none()
        || found.iter().zip(told).all(|(found, told)| i64::try_from(*found) == Ok(told));
    if night.status == NightStatus::Started || !is_told {
        let detail = format_args!("{night:?}: scored, failed and skipped {found:?}");
        return fail("a night whose jobs are done has ended and counts its users", detail);
    }
    let ends = jobs.iter().filter(|row| row.type_name == JobType::OvernightFinalize.name());
    if night.chunks_done != night.chunks_total && ends.count() > 0 {
        let detail = format_args!("{night:?}");
        return fail("a night whose jobs are done has done its chunks", detail);
    }
    Ok(())
}

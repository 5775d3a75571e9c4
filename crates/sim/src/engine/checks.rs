//! What must always hold, and what must hold at the end.

mod boards;
mod deliveries;
mod jobs;
mod messages;
mod nights;
mod operators;
mod outside;
mod publications;
mod retention;
mod runs;
mod schedules;
mod scores;
mod shares;
mod signals;

pub(super) use operators::{Audited, chained};
pub use schedules::check_occurrences;

use super::failure::Failed;
use super::world::World;

/// After every operation.
pub(super) fn always(world: &mut World, nth: usize) -> Failed {
    operators::chained(world)?;
    operators::terms(world)?;
    deliveries::balanced(world)?;
    jobs::wakes(world)?;
    jobs::effects(world)?;
    shares::unfinished(world)?;
    // A count of every job: not every time.
    if nth.is_multiple_of(RUNS_EVERY) {
        runs::counted(world)?;
        operators::told(world)?;
        publications::told(world)?;
        publications::pinned(world)?;
        signals::once(world)?;
        signals::alerted(world)?;
        boards::add_up(world)?;
        nights::once(world)?;
    }
    Ok(())
}

/// Operations between two counts of runs.
const RUNS_EVERY: usize = 20;

/// When everything is done.
pub(super) fn at_the_end(world: &mut World) -> Failed {
    operators::chained(world)?;
    operators::terms(world)?;
    operators::told(world)?;
    operators::over(world)?;
    operators::retried(world);
    publications::told(world)?;
    publications::pinned(world)?;
    publications::followed(world)?;
    deliveries::balanced(world)?;
    deliveries::receipts(world)?;
    jobs::wakes(world)?;
    jobs::effects(world)?;
    jobs::ended(world)?;
    jobs::promised(world)?;
    runs::counted(world)?;
    runs::final_with_their_jobs(world)?;
    schedules::complete(world)?;
    scores::explained(world)?;
    scores::newest(world)?;
    signals::once(world)?;
    signals::capped(world)?;
    signals::alerted(world)?;
    boards::add_up(world)?;
    boards::ranked(world)?;
    boards::settled(world)?;
    boards::verified(world)?;
    nights::once(world)?;
    nights::replayed(world)?;
    nights::ended(world)?;
    messages::fates(world)?;
    messages::cases(world)?;
    outside::told_once(world)?;
    outside::events(world)?;
    shares::held_back(world)?;
    retention::gone(world)?;
    retention::taken(world)
}

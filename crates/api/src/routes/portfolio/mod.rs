//! Portfolios of an organization's users: what they hold and look for, and what nights
//! made of it.

mod nights;
mod scores;
mod users;

use mauntic_flows::ports::Ports;

use super::registry::{Registry, add};
use crate::faults::{Faults, Part};
use crate::pointer::Pointer;
use crate::problem::Problem;
use crate::state::Shared;

/// Every route of portfolios.
pub(super) fn routes<P: Ports, R: Registry<Shared<P>>>(registry: R) -> R {
    add!(
        registry,
        users::put_portfolio,
        users::get_portfolio,
        users::put_criteria,
        scores::list_asset_scores,
        scores::get_asset_score,
        scores::asset_score_history,
        scores::asset_score_inputs,
        scores::replay_asset_score,
        nights::list_own_runs,
        nights::get_own_run,
    )
}

/// Reads a name that the path has.
fn named<T, E: ToString>(
    place: &str,
    name: String,
    parse: impl FnOnce(String) -> Result<T, E>,
) -> Result<T, Problem> {
    parse(name).map_err(|error| {
        let mut faults = Faults::of(Part::Path);
        faults.add(&Pointer::root().field(place), error.to_string());
        faults.problem()
    })
}

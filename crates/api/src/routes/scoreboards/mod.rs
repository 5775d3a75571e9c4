//! Tournaments of an organization: what it says of them, who takes part, and who stands
//! where. Whatever is written goes one way (`writing`), so that a route is what it reads
//! of its request and what it shows.

mod boards;
mod bodies;
mod guesses;
mod leagues;
mod matches;
mod members;
mod reading;
mod refusals;
mod rules;
mod shown;
mod tournaments;
mod writing;

use mauntic_flows::ports::Ports;

use super::registry::{Registry, add};
use crate::state::Shared;

/// Every route of tournaments.
pub(super) fn routes<P: Ports, R: Registry<Shared<P>>>(registry: R) -> R {
    add!(
        registry,
        tournaments::create_tournament,
        tournaments::list_tournaments,
        tournaments::get_tournament,
        tournaments::change_tournament,
        matches::tell_matches,
        matches::enter_result,
        matches::list_matches,
        matches::get_match,
        members::join_members,
        members::join_member,
        members::get_member,
        guesses::list_guesses,
        guesses::put_guess,
        guesses::put_guesses,
        leagues::create_league,
        leagues::list_leagues,
        leagues::get_league,
        leagues::enter_league,
        leagues::leave_league,
        boards::get_board,
        boards::get_league_board,
        boards::get_member_board,
    )
}

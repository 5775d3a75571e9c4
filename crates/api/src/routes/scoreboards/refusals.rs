//! Why nothing was written, as a problem.

use mauntic_domain::ids::MemberId;
use mauntic_domain::scoreboard::guesses::GuessError;
use mauntic_flows::ports::TournamentRefused;

use crate::code::Code;
use crate::faults::{Faults, Part};
use crate::pointer::Pointer;
use crate::problem::Problem;
use crate::routes::shown;

/// The problem of a refusal; `named` is where the body names whom, if it does.
pub(super) fn refused(why: TournamentRefused, named: &[(MemberId, Pointer)]) -> Problem {
    match why {
        TournamentRefused::UnknownTournament => Problem::new(Code::TournamentNotFound),
        TournamentRefused::UnknownMatch => Problem::new(Code::MatchNotFound),
        TournamentRefused::UnknownLeague => Problem::new(Code::LeagueNotFound),
        TournamentRefused::Closed { at } => {
            Problem::new(Code::TournamentClosed).member("closedAt", shown(at))
        }
        TournamentRefused::Stale => Problem::new(Code::PreconditionFailed),
        TournamentRefused::RulesInUse => Problem::new(Code::RulesInUse),
        TournamentRefused::Begun(names) => {
            Problem::new(Code::MatchBegun).member("externalIds", names)
        }
        TournamentRefused::NotBegun { kickoff } => {
            Problem::new(Code::MatchNotBegun).member("kickoff", shown(kickoff))
        }
        TournamentRefused::Provided => Problem::new(Code::ResultsProvided),
        TournamentRefused::Full => Problem::new(Code::TournamentFull),
        TournamentRefused::NotMembers(strangers) => not_members(&strangers, named),
        TournamentRefused::NoGuess(error) => {
            let detail = format!("Nothing was changed: {error}.");
            let problem = Problem::with_detail(Code::GuessesClosed, detail);
            match error {
                GuessError::Locked { kickoff } => problem.member("kickoff", shown(kickoff)),
                GuessError::Void { status } => problem.member("matchStatus", status.name()),
            }
        }
    }
}

/// Whom the path names is not found; whom the body names is a fault of it.
fn not_members(strangers: &[MemberId], named: &[(MemberId, Pointer)]) -> Problem {
    let mut faults = Faults::of(Part::Body);
    for (_, at) in named.iter().filter(|(name, _)| strangers.binary_search(name).is_ok()) {
        faults.add(at, "is no member of the tournament");
    }
    if faults.is_empty() { Problem::new(Code::MemberNotFound) } else { faults.problem() }
}

//! `scoreboard.check-knockout`: tournaments whose round is over get the matches of the
//! next one from the provider. A job without a tournament enqueues one for each.
//!
//! I/O, where there is a provider:
//! 1. reads the tournaments that have one, or a tournament's matches: a repeat reads what
//!    is so by then;
//! 2. asks for a tournament's list behind the breaker, which changes nothing there;
//! 3. the consumer completes the job and enqueues the others under keys of the nominal
//!    time, or writes the matches that the tournament does not have by then, in one
//!    transaction behind the fence.

use mauntic_domain::jobs::Job;
use mauntic_domain::scoreboard::knockout::{Missing, is_round_over, knockout_key, missing};
use mauntic_domain::scoreboard::messages::{CheckKnockout, TournamentRef};
use mauntic_domain::scoreboard::provider::parse_matches;
use serde_json::{Value, json};

use super::outcome::{OUTSIDE_UNREADABLE, failed_outside};
use super::schedule_verification::minute;
use super::{Context, Decided, Outcome};
use crate::outside::{Called, call};
use crate::ports::{
    Call, Dependency, Held, NewMatches, Outside, PortError, Ports, Request, VerificationStore,
};

/// Most tournaments that one job enqueues jobs for; the next ones have a job that goes on.
/// A second of a transaction, and one organization's share of messages.
pub const TOURNAMENTS_PLANNED_MAX: u32 = 1_000;

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    data: CheckKnockout,
) -> Result<Decided, PortError> {
    if !cx.ports.outside().is_configured(Dependency::MatchProvider) {
        return Ok(done("not_configured"));
    }
    match data.tournament() {
        Some(place) => check(cx, held, place).await,
        None => plan(cx, held, data.after).await,
    }
}

/// A job for each tournament, so that what fails for one stops no other.
async fn plan<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    after: Option<TournamentRef>,
) -> Result<Decided, PortError> {
    let most = TOURNAMENTS_PLANNED_MAX;
    let places = cx.session.provided_tournaments(after.as_ref(), most).await?;
    let nominal = held.scheduled_for.unwrap_or_else(|| minute(held.created_at));
    let planned = places.len();
    let is_full = u32::try_from(planned).is_ok_and(|planned| planned >= most);
    let after = places.last().filter(|_| is_full).cloned();
    let one = |place: TournamentRef| {
        let key = knockout_key(place.tournament_id, nominal);
        cx.spawn_once(held, Job::CheckKnockout(CheckKnockout::of(place)), key)
    };
    let rest = after.map(|after| {
        let data = CheckKnockout { after: Some(after), ..CheckKnockout::default() };
        cx.spawn(held, Job::CheckKnockout(data))
    });
    let spawned = places.into_iter().map(one).chain(rest).collect();
    let summary = json!({"planned": planned, "isFull": is_full});
    Ok(Decided { spawned, ..Decided::of(Outcome::Done(summary)) })
}

async fn check<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    place: TournamentRef,
) -> Result<Decided, PortError> {
    let Some(inputs) = cx.session.knockout_inputs(&place).await? else {
        return Ok(rejected("unknown_tournament", "there is no such tournament".to_owned()));
    };
    let Some(tournament) = inputs.tournament else {
        return Ok(done("no_provider"));
    };
    if !is_round_over(&inputs.matches) {
        return Ok(done("round_open"));
    }
    let request = Request::Matches { tournament };
    let body = match call(cx.ports, cx.session, &Call { id: held.id, request }).await? {
        Called::Answered { body } => body,
        Called::Failed { cause } => {
            return Ok(Decided::of(failed_outside(held, format!("the provider: {cause}"))));
        }
        Called::Refused { status } => {
            let detail = format!("the provider refused the question with status {status}");
            return Ok(rejected("refused_outside", detail));
        }
        Called::NotConfigured => return Ok(done("not_configured")),
        Called::Held { until } => {
            let reason = "breaker_open";
            return Ok(Decided::of(Outcome::Snooze { until: Some(until), reason }));
        }
    };
    let list = match parse_matches(&body) {
        Ok(list) => list,
        Err(error) => {
            let error = format!("the provider: {error}");
            return Ok(Decided::of(Outcome::Retry { reason: OUTSIDE_UNREADABLE, error }));
        }
    };
    let Missing { matches, left_out } = missing(&inputs.matches, list);
    let summary = json!({"knockout": "checked", "added": matches.len(), "leftOut": left_out});
    let new_matches = (!matches.is_empty()).then_some(NewMatches { tournament: place, matches });
    Ok(Decided { new_matches, ..Decided::of(Outcome::Done(summary)) })
}

fn done(knockout: &str) -> Decided {
    let summary: Value = json!({"knockout": knockout, "added": 0});
    Decided::of(Outcome::Done(summary))
}

fn rejected(reason: &'static str, detail: String) -> Decided {
    Decided::of(Outcome::Reject { reason, detail })
}

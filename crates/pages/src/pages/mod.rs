//! Pages, one file each, and which address shows which. A page reads the API by the keys of
//! its visit, and shows what came as a pure function of it.

mod alerts;
mod analytics;
mod audit;
mod board;
mod contact;
mod cron;
mod dead_letter;
mod dead_letters;
mod entries;
mod job_rows;
mod jobs;
mod ledger;
mod overnight;
mod overview;
mod reference;
mod rehearsal;
mod replay;
mod run;
mod runs;
mod schedule;
mod scoreboards;
mod scoring;
mod scoring_config;
pub(crate) mod sign_in;
pub(crate) mod stopped;
mod warning;

use http::Method;

use self::scoring_config::Part;
use crate::answer::Outcome;
use crate::client::Api;
use crate::stop::Stop;
use crate::visit::Visit;

/// Which page answers.
pub(crate) async fn dispatch<A: Api>(visit: &Visit<'_, A>) -> Result<Outcome, Stop> {
    let segments: Vec<&str> = visit.asked.segments.iter().map(String::as_str).collect();
    if visit.asked.method == Method::POST {
        act(visit, &segments).await
    } else {
        show(visit, &segments).await
    }
}

async fn show<A: Api>(visit: &Visit<'_, A>, segments: &[&str]) -> Result<Outcome, Stop> {
    match segments {
        [] => overview::show(visit).await,
        ["cron"] => cron::show(visit).await,
        ["cron", key] => schedule::show(visit, key).await,
        ["runs"] => runs::show(visit).await,
        ["runs", id] => run::show(visit, id).await,
        ["jobs"] => jobs::show(visit).await,
        ["jobs", id] => jobs::one(visit, id).await,
        ["dead-letters"] => dead_letters::show(visit).await,
        ["dead-letters", id] => dead_letter::show(visit, id).await,
        ["replays", id] => replay::show(visit, id).await,
        ["analytics"] => analytics::show(visit).await,
        ["reference"] => reference::show(visit).await,
        ["reference", id] => reference::one(visit, id).await,
        ["audit"] => audit::show(visit).await,
        ["overnight"] => overnight::show(visit).await,
        ["overnight", id] => overnight::one(visit, id).await,
        ["overnight", id, "replay"] => overnight::replay(visit, id).await,
        ["scoreboards"] => scoreboards::show(visit).await,
        ["scoreboards", id] => board::show(visit, id).await,
        ["scoreboards", id, "ledger"] => ledger::show(visit, id).await,
        ["scoring"] => scoring::show(visit).await,
        ["scoring", "contacts", id] => contact::show(visit, id).await,
        ["scoring", "config"] => scoring_config::show(visit).await,
        _ => Err(no_page()),
    }
}

async fn act<A: Api>(visit: &Visit<'_, A>, segments: &[&str]) -> Result<Outcome, Stop> {
    match segments {
        ["breakers", name, "reset"] => overview::reset_breaker(visit, name).await,
        ["cron", key, "run"] => schedule::run(visit, key).await,
        ["cron", key, "pause"] => schedule::pause(visit, key).await,
        ["cron", key, "resume"] => schedule::resume(visit, key).await,
        ["runs", id, what @ ("cancel" | "retry")] => run::act(visit, id, what).await,
        ["jobs", id, "cancel"] => jobs::cancel(visit, id).await,
        ["dead-letters", "try"] => dead_letters::rehearse(visit).await,
        ["dead-letters", "replay"] => dead_letters::replay(visit).await,
        ["dead-letters", id, "try"] => dead_letter::rehearse(visit, id).await,
        ["dead-letters", id, "replay"] => dead_letter::replay(visit, id).await,
        ["dead-letters", id, "discard"] => dead_letter::discard(visit, id).await,
        ["replays", id, "cancel"] => replay::cancel(visit, id).await,
        ["scoreboards", id, "rebuild"] => ledger::rebuild(visit, id).await,
        ["scoring", "alerts", id, "acknowledge"] => alerts::acknowledge(visit, id).await,
        ["scoring", "config", "factors"] => scoring_config::draft(visit, Part::Factors).await,
        ["scoring", "config", "signals"] => scoring_config::draft(visit, Part::Signals).await,
        ["scoring", "config", "publish"] => scoring_config::end(visit, true).await,
        ["scoring", "config", "discard"] => scoring_config::end(visit, false).await,
        _ => Err(no_page()),
    }
}

fn no_page() -> Stop {
    Stop::NotFound("There is no page of this address.".to_owned())
}

//! What operators see of every organization, and do: one file a thing, with the
//! lines and bodies that several routes share beside them.

mod audit;
mod breakers;
mod case_lines;
mod cases;
mod cron;
mod cron_lists;
mod cron_moves;
mod discard;
mod job_lines;
mod jobs;
mod messages;
mod nights;
mod preview;
pub(super) mod queues;
mod refusals;
mod rehearsals;
mod replay;
mod replay_order;
mod replays;
mod run_lines;
mod runs;
mod scoreboards;
mod season;
mod settlements;

use mauntic_flows::ports::Ports;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::registry::{Registry, add};
use crate::form::Form;
use crate::source::{REASON_CHARS_MAX, Source};
use crate::state::Shared;

/// Why something is done.
// For the document only: bodies are read by hand, to name every fault.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReasonRequest, example = json!({"reason": "asked for by the customer"}))]
pub(crate) struct ReasonBody {
    /// Why, in your words; the audit keeps it.
    #[schema(min_length = 1, max_length = 500)]
    reason: Option<String>,
}

/// Every route of an operator.
pub(super) fn routes<P: Ports, R: Registry<Shared<P>>>(registry: R) -> R {
    add!(
        registry,
        cron::cron,
        preview::preview,
        cron_moves::pause,
        cron_moves::run,
        cron_lists::runs,
        cron_lists::occurrences,
        runs::run,
        runs::run_jobs,
        runs::cancel_run,
        runs::retry_run,
        queues::queues,
        jobs::queue_jobs,
        messages::enqueue,
        jobs::job,
        jobs::cancel_job,
        cases::cases,
        cases::case_groups,
        replay_order::replay_many,
        replays::replay,
        replays::cancel_replay,
        cases::case,
        discard::discard,
        replay::replay_case,
        breakers::breakers,
        breakers::reset_breaker,
        audit::audit,
        audit::verify_audit,
        settlements::settlements,
        settlements::verifications,
        scoreboards::verify_scoreboard,
        season::drift,
        season::rebuild_scoreboard,
        season::close_scoreboard,
        nights::nights,
        nights::night,
        nights::replay_night,
    )
}

/// Takes the reason that every change may have.
fn reason(source: &mut impl Source) -> Option<String> {
    source.short("reason", REASON_CHARS_MAX)
}

/// Reads a body that says only why.
fn only_reason(
    fields: serde_json::Map<String, serde_json::Value>,
) -> Result<Option<String>, crate::problem::Problem> {
    let mut form = Form::of(fields, &["reason"]);
    let reason = reason(&mut form);
    form.done()?;
    Ok(reason)
}

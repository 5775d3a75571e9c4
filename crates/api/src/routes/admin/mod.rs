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
mod preview;
mod queues;
mod refusals;
mod rehearsals;
mod replay;
mod replay_order;
mod replays;
mod run_lines;
mod runs;

use mauntic_flows::ports::Ports;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::form::Form;
use crate::source::{REASON_CHARS_MAX, Source};
use crate::state::Shared;

/// Why something is done.
// For the document only: bodies are read by hand, to name every fault.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = ReasonRequest, example = json!({"reason": "asked for by the customer"}))]
pub(crate) struct ReasonBody {
    /// Why, in your words; the audit keeps it.
    #[schema(min_length = 1, max_length = 500)]
    reason: Option<String>,
}

/// Every route of an operator.
pub(super) fn routes<P: Ports>() -> OpenApiRouter<Shared<P>> {
    OpenApiRouter::new()
        .routes(routes!(cron::cron))
        .routes(routes!(preview::preview))
        .routes(routes!(cron_moves::pause))
        .routes(routes!(cron_moves::run))
        .routes(routes!(cron_lists::runs))
        .routes(routes!(cron_lists::occurrences))
        .routes(routes!(runs::run))
        .routes(routes!(runs::run_jobs))
        .routes(routes!(runs::cancel_run))
        .routes(routes!(runs::retry_run))
        .routes(routes!(queues::queues))
        .routes(routes!(jobs::queue_jobs))
        .routes(routes!(messages::enqueue))
        .routes(routes!(jobs::job))
        .routes(routes!(jobs::cancel_job))
        .routes(routes!(cases::cases))
        .routes(routes!(cases::case_groups))
        .routes(routes!(replay_order::replay_many))
        .routes(routes!(replays::replay))
        .routes(routes!(replays::cancel_replay))
        .routes(routes!(cases::case, discard::discard))
        .routes(routes!(replay::replay_case))
        .routes(routes!(breakers::breakers))
        .routes(routes!(breakers::reset_breaker))
        .routes(routes!(audit::audit))
        .routes(routes!(audit::verify_audit))
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

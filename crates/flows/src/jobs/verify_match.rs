//! `scoreboard.verify-match`: asks the provider about a match, and has it settled where
//! it has ended or has another result.
//!
//! I/O, where there is a provider:
//! 1. reads the match, its tournament's policy and the database's time: a repeat reads
//!    what is so by then;
//! 2. asks the provider behind its breaker, which changes nothing there;
//! 3. of an attempt that is tried again, notes what came of it, once;
//! 4. the consumer completes the job, writes the match and what came of it, and enqueues
//!    the settlement under a key of the result's version, in one transaction behind the
//!    fence. It locks the match in a statement of its own, and writes nothing where that
//!    is another by then: it is asked about again.

use mauntic_domain::jobs::Job;
use mauntic_domain::scoreboard::messages::{SettleMatchScore, VerifyMatch};
use mauntic_domain::scoreboard::provider::parse_match;
use mauntic_domain::scoreboard::settlement::settlement_key;
use mauntic_domain::scoreboard::{NoAnswer, Outcome as Verified, Verification, verify};
use serde_json::json;

use super::outcome::{OUTSIDE_FAILED, OUTSIDE_UNREADABLE};
use super::{Context, Decided, Outcome};
use crate::outside::{Called, call};
use crate::ports::{
    Call, Dependency, Held, MatchPlace, Outside, PortError, Ports, Request, SpawnedJob,
    VerificationInputs, VerificationNote, VerificationStore, VerificationWrite, VerifiedRow,
};

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    data: VerifyMatch,
) -> Result<Decided, PortError> {
    if !cx.ports.outside().is_configured(Dependency::MatchProvider) {
        return Ok(not_asked("not_configured"));
    }
    let VerifyMatch { organization_id, tournament_id, match_id, next_check_at: next } = data;
    let place = MatchPlace { organization_id, tournament_id, match_id };
    let Some(inputs) = cx.session.verification_inputs(&place).await? else {
        let detail = "there is no such match".to_owned();
        return Ok(Decided::of(Outcome::Reject { reason: "unknown_match", detail }));
    };
    let Some(tournament) = inputs.tournament.clone() else {
        return Ok(not_asked("no_provider"));
    };
    // A later plan has a job of its own for it: after an outage each match is asked about
    // once, however many plans were made meanwhile.
    if next.is_some() && next != inputs.stored.next_check_at {
        return Ok(not_asked("superseded"));
    }
    let request = Request::Match { tournament, id: inputs.external_id.clone() };
    let (answer, cause) = match call(cx.ports, cx.session, &Call { id: held.id, request }).await? {
        Called::Answered { body } => match parse_match(&inputs.external_id, &body) {
            Ok(answer) => (Ok(answer), String::new()),
            Err(error) => (Err(NoAnswer::Malformed(error)), error.to_string()),
        },
        Called::Failed { cause } => (Err(NoAnswer::Unreachable), cause),
        Called::Refused { status } => {
            (Err(NoAnswer::Refused), format!("it refused the question with status {status}"))
        }
        Called::NotConfigured => return Ok(not_asked("not_configured")),
        Called::Held { until } => {
            let reason = "breaker_open";
            return Ok(Decided::of(Outcome::Snooze { until: Some(until), reason }));
        }
    };
    let judged = answer.as_ref().map_err(|none| *none);
    let verification = verify(&inputs.stored, inputs.policy, inputs.now, judged);
    let write = write(held, &place, &inputs, &verification);
    if verification.reason.outcome() == Verified::Retry
        && let Some(outcome) = again(held, next.is_some(), answer.err(), &cause)
    {
        cx.session.note_verification(&write.note).await?;
        return Ok(Decided::of(outcome));
    }
    let spawned = verification.settles().map(|version| settlement(cx, held, place, version));
    let summary = json!({
        "verification": verification.reason.outcome().name(),
        "reason": verification.reason.name(),
        "resultVersion": write.note.result_version,
    });
    Ok(Decided {
        verification: Some(write),
        spawned: spawned.into_iter().collect(),
        ..Decided::of(Outcome::Done(summary))
    })
}

fn not_asked(reason: &str) -> Decided {
    Decided::of(Outcome::Done(json!({"verification": "not_asked", "reason": reason})))
}

/// What becomes of a job without an answer, while it is worth asking again. A match of
/// which there are later plans is left to the next one, so that a provider that is wrong
/// for hours fills no dead letters; of the last one, and of one by hand, people are told.
fn again(held: &Held, is_followed: bool, none: Option<NoAnswer>, cause: &str) -> Option<Outcome> {
    let detail = format!("the provider: {cause}");
    let is_refused = none == Some(NoAnswer::Refused);
    let is_last = is_refused || held.failures + 1 >= held.failures_max;
    if is_last && is_followed {
        None
    } else if is_refused {
        Some(Outcome::Reject { reason: "refused_outside", detail })
    } else {
        let is_unreadable = matches!(none, Some(NoAnswer::Malformed(_)));
        let reason = if is_unreadable { OUTSIDE_UNREADABLE } else { OUTSIDE_FAILED };
        Some(Outcome::Retry { reason, error: detail })
    }
}

fn write(
    held: &Held,
    place: &MatchPlace,
    inputs: &VerificationInputs,
    verification: &Verification,
) -> VerificationWrite {
    let VerificationInputs { rules_version, stored, now, .. } = *inputs;
    let row = verification.row.map(|becomes| VerifiedRow { rules_version, was: stored, becomes });
    let note = VerificationNote {
        place: place.clone(),
        job_id: held.id,
        attempt: held.claim,
        fetched_at: now,
        reason: verification.reason,
        result_version: verification.row.unwrap_or(stored).result_version,
    };
    VerificationWrite { row, note }
}

fn settlement<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    place: MatchPlace,
    result_version: i32,
) -> SpawnedJob {
    let MatchPlace { organization_id, tournament_id, match_id } = place;
    let key = settlement_key(match_id, result_version);
    let data = SettleMatchScore { organization_id, tournament_id, match_id, result_version };
    // In no run: the result is written, and counts, whoever cancels the run that asked.
    SpawnedJob { run_id: None, ..cx.spawn_once(held, Job::SettleMatchScore(data), key) }
}

//! `scoreboard.settle-match-score`: gives the guesses about a match what they earn by
//! the current version of its result.
//!
//! I/O:
//! 1. reads the match, its tournament's rules and what counts of it already: a repeat
//!    reads what is so by then, and finds a version that is settled;
//! 2. the consumer completes the job and settles in one transaction behind the fence.
//!    It first locks the tournament, and writes nothing where somebody holds it or
//!    where what was read is another by then: a repeat without the claim writes
//!    nothing, and no version of a result is ever applied twice.

use mauntic_domain::scoreboard::MatchResult;
use mauntic_domain::scoreboard::messages::SettleMatchScore;
use mauntic_domain::scoreboard::settlement::{self, Decision, GUESSES_MAX, awards};
use serde_json::json;

use super::{Context, Decided, Outcome};
use crate::ports::{
    Held, MatchPlace, PortError, Ports, SettlementAct, SettlementBasis, SettlementInputs,
    SettlementStore, SettlementWrite,
};

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    data: SettleMatchScore,
) -> Result<Decided, PortError> {
    let SettleMatchScore { organization_id, tournament_id, match_id, result_version } = data;
    let place = MatchPlace { organization_id, tournament_id, match_id };
    let Some(inputs) = cx.session.settlement_inputs(&place).await? else {
        return Ok(rejected("unknown_match", "there is no such match".to_owned()));
    };
    let decision = settlement::decide(&inputs.stored, result_version, inputs.applied);
    Ok(match decision {
        Decision::Skip { .. } | Decision::Apply { .. } if inputs.is_closed => {
            rejected("tournament_closed", "the tournament is closed: its board is final".to_owned())
        }
        Decision::Apply { .. } if inputs.is_too_large => {
            let detail = format!("there are more than {GUESSES_MAX} guesses about the match");
            rejected("settlement_too_large", detail)
        }
        Decision::NotEnded => {
            let status = inputs.stored.status.name();
            rejected("match_not_ended", format!("the match is {status}: it has no result"))
        }
        Decision::Ahead { current } => {
            let detail = format!(
                "the job or the ledger has a later version of the result, or another one, than \
                 the match, which has version {current}"
            );
            rejected("match_behind", detail)
        }
        Decision::Superseded { current } => done("superseded", current),
        Decision::Skip { result, applied } => {
            let basis = basis(&inputs, Some(applied));
            settled("skipped", write(held, place, basis, result, SettlementAct::Skip))
        }
        Decision::Apply { result, replaces } => {
            let awards = awards(&inputs.rules, &inputs.round, result);
            let act = SettlementAct::Apply { awards, weights: inputs.chain.weights() };
            settled("applied", write(held, place, basis(&inputs, replaces), result, act))
        }
    })
}

fn rejected(reason: &'static str, detail: String) -> Decided {
    Decided::of(Outcome::Reject { reason, detail })
}

fn done(settlement: &str, result_version: i32) -> Decided {
    let summary = json!({"settlement": settlement, "resultVersion": result_version});
    Decided::of(Outcome::Done(summary))
}

fn settled(settlement: &str, write: SettlementWrite) -> Decided {
    let decided = done(settlement, write.basis.result_version);
    Decided { settlement: Some(write), ..decided }
}

/// What the decision depends on, with the entry that counts.
fn basis(inputs: &SettlementInputs, applied: Option<i64>) -> SettlementBasis {
    SettlementBasis {
        rules_version: inputs.rules_version,
        round: inputs.round.clone(),
        kickoff: inputs.stored.kickoff,
        result_version: inputs.stored.result_version,
        applied,
    }
}

fn write(
    held: &Held,
    place: MatchPlace,
    basis: SettlementBasis,
    result: MatchResult,
    act: SettlementAct,
) -> SettlementWrite {
    let request_id = held.request_id.clone();
    SettlementWrite { place, basis, result, act, job_id: held.id, attempt: held.claim, request_id }
}

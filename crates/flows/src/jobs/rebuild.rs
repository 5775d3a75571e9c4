//! `scoreboard.rebuild`: makes a tournament's boards anew of its ledger.
//!
//! I/O:
//! 1. reads the tournament's order of members, which stays as it is once a match was
//!    settled;
//! 2. the consumer completes the job, enqueues a check of the tournament, and rebuilds in one transaction behind the fence: a
//!    repeat without the claim writes nothing, and one with a claim of its own finds
//!    nothing that is another.

use mauntic_domain::jobs::Job;
use mauntic_domain::scoreboard::messages::{CheckDrift, Rebuild};
use serde_json::json;

use super::{Context, Decided, Outcome};
use crate::ports::{Held, LedgerStore, PortError, Ports, RebuildWrite, TournamentRef};

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    data: Rebuild,
) -> Result<Decided, PortError> {
    let Rebuild { organization_id, tournament_id } = data;
    let place = TournamentRef { organization_id, tournament_id };
    let Some(end) = cx.session.ledger_page(&place, i64::MAX, 1).await? else {
        let detail = "there is no such tournament".to_owned();
        return Ok(Decided::of(Outcome::Reject { reason: "unknown_tournament", detail }));
    };
    let summary = json!({"rebuild": "done"});
    // What a check had found before is looked for again.
    let check = CheckDrift {
        organization_id: Some(place.organization_id.clone()),
        tournament_id: Some(tournament_id),
        ..CheckDrift::default()
    };
    let spawned = vec![cx.spawn(held, Job::CheckDrift(check))];
    let rebuild = RebuildWrite { place, weights: end.weights };
    Ok(Decided { rebuild: Some(rebuild), spawned, ..Decided::of(Outcome::Done(summary)) })
}

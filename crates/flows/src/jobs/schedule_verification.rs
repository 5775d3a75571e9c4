//! `scoreboard.schedule-verification`: has every match asked about that is due.
//!
//! I/O:
//! 1. reads the matches that are due: a repeat reads what is so by then;
//! 2. the consumer completes the job, writes when each match is asked about next, and
//!    enqueues a job for each that asks now, under a key of the nominal time, in one
//!    transaction behind the fence. What somebody else holds or has planned since is left
//!    out, so that however many plan and however often, one question a match is asked.

use chrono::{DateTime, SubsecRound, Timelike, Utc};
use mauntic_domain::jobs::Job;
use mauntic_domain::scoreboard::candidates::{CANDIDATES_MAX, planned, verify_key};
use mauntic_domain::scoreboard::messages::VerifyMatch;
use serde_json::json;

use super::{Context, Decided, Outcome};
use crate::ports::{
    CheckPlan, Dependency, DueMatch, Held, Outside, PortError, Ports, VerificationStore,
};

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
) -> Result<Decided, PortError> {
    if !cx.ports.outside().is_configured(Dependency::MatchProvider) {
        // Matches stay due: all are asked about once there is somebody to ask.
        let summary = json!({"planned": 0, "reason": "not_configured"});
        return Ok(Decided::of(Outcome::Done(summary)));
    }
    let most = u32::try_from(CANDIDATES_MAX).unwrap_or(u32::MAX);
    let mut due = cx.session.due_matches(cx.now, most).await?;
    let is_full = due.len() >= CANDIDATES_MAX;
    due.sort_by(|a, b| a.place.cmp(&b.place));
    let nominal = held.scheduled_for.unwrap_or_else(|| minute(held.created_at));
    let check = |due: DueMatch| {
        let DueMatch { place, stored, correction } = due;
        let next_check_at = planned(&stored, correction, cx.now).next_check_at;
        let data = VerifyMatch {
            organization_id: place.organization_id.clone(),
            tournament_id: place.tournament_id,
            match_id: place.match_id,
            next_check_at,
        };
        let key = verify_key(place.tournament_id, place.match_id, nominal);
        let job = cx.spawn_once(held, Job::VerifyMatch(data), key);
        CheckPlan { place, due_at: stored.next_check_at, next_check_at, job }
    };
    let checks: Vec<CheckPlan> = due.into_iter().map(check).collect();
    let summary = json!({"planned": checks.len(), "isFull": is_full});
    Ok(Decided { checks, ..Decided::of(Outcome::Done(summary)) })
}

/// The minute of a time: what is sent by hand has no other nominal time.
pub(super) fn minute(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(0).with_second(0).unwrap_or(at)
}

//! `scoreboard.check-drift`: looks whether boards are what their ledgers, guesses and
//! results make. Without a tournament it plans a job for each that is not closed.
//!
//! I/O:
//! 1. reads which tournaments come next, or a part of one as its verification does: a
//!    repeat reads what is so by then;
//! 2. the consumer completes the job, enqueues what follows, and where a tournament is
//!    looked at to its end writes what was found, in one transaction behind the fence: a
//!    repeat without the claim writes nothing.

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::Job;
use mauntic_domain::scoreboard::messages::{CheckDrift, Progress};
use mauntic_domain::scoreboard::proof::Part;
use serde_json::json;

use super::{Context, Decided, Outcome};
use crate::commands::verify_ledger::verify;
use crate::ports::{DriftWrite, Held, PortError, Ports, TournamentRef, UpkeepStore};

/// Tournaments that one job plans: as many jobs, and the next that plans.
const PLANNED_MAX: i64 = 200;

/// Differences that are kept; how many there are is counted.
const FIRST_MAX: usize = 10;

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    data: CheckDrift,
) -> Result<Decided, PortError> {
    let CheckDrift { organization_id, tournament_id, after, progress } = data;
    match organization_id.clone().zip(tournament_id) {
        Some((organization_id, tournament_id)) => {
            let place = TournamentRef { organization_id, tournament_id };
            check(cx, held, place, progress.unwrap_or_default()).await
        }
        None => {
            let owner = organization_id.as_ref();
            let found = cx.session.open_tournaments(owner, after.as_ref(), PLANNED_MAX).await?;
            let jobs = planned(organization_id, &found);
            let summary = json!({"tournaments": found.len()});
            let spawned = jobs.into_iter().map(|data| cx.spawn(held, Job::CheckDrift(data)));
            Ok(Decided { spawned: spawned.collect(), ..Decided::of(Outcome::Done(summary)) })
        }
    }
}

/// A job for each, and where there may be more one that goes on behind the last.
fn planned(organization_id: Option<OrganizationId>, found: &[TournamentRef]) -> Vec<CheckDrift> {
    let of = |place: &TournamentRef| CheckDrift {
        organization_id: Some(place.organization_id.clone()),
        tournament_id: Some(place.tournament_id),
        ..CheckDrift::default()
    };
    let mut jobs: Vec<CheckDrift> = found.iter().map(of).collect();
    let is_full = i64::try_from(found.len()).is_ok_and(|found| found >= PLANNED_MAX);
    if let Some(last) = found.last().filter(|_| is_full) {
        let after = Some(last.clone());
        jobs.push(CheckDrift { organization_id, after, ..CheckDrift::default() });
    }
    jobs
}

async fn check<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    place: TournamentRef,
    mut progress: Progress,
) -> Result<Decided, PortError> {
    let from = progress.part.take().unwrap_or_else(Part::first);
    let Some(mut verified) = verify(cx.session, &place, from).await? else {
        let detail = "there is no such tournament".to_owned();
        return Ok(Decided::of(Outcome::Reject { reason: "unknown_tournament", detail }));
    };
    let ledger_seq = progress.ledger_seq.unwrap_or(verified.head.seq);
    let differences = progress.found + verified.found;
    let room = FIRST_MAX.saturating_sub(progress.first.len());
    verified.differences.truncate(room);
    let mut first = progress.first;
    first.append(&mut verified.differences);
    let summary = json!({"found": differences, "complete": verified.next.is_none()});
    let decided = Decided::of(Outcome::Done(summary));
    if let Some(part) = verified.next {
        let (part, ledger_seq) = (Some(part), Some(ledger_seq));
        let data = CheckDrift {
            organization_id: Some(place.organization_id),
            tournament_id: Some(place.tournament_id),
            progress: Some(Progress { part, ledger_seq, found: differences, first }),
            after: None,
        };
        let next = cx.spawn(held, Job::CheckDrift(data));
        return Ok(Decided { spawned: vec![next], ..decided });
    }
    let drift = DriftWrite { place, ledger_seq, differences, first };
    Ok(Decided { drift: Some(drift), ..decided })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn places(count: u128) -> Vec<TournamentRef> {
        let organization_id = OrganizationId::parse("org_1").unwrap();
        let of = |n| TournamentRef {
            organization_id: organization_id.clone(),
            tournament_id: Uuid::from_u128(n),
        };
        (0..count).map(of).collect()
    }

    #[test]
    fn each_tournament_has_a_job_and_more_are_planned_by_one_behind_them() {
        let most = u128::try_from(PLANNED_MAX).unwrap();
        for (count, jobs) in [(0, 0), (1, 1), (most - 1, most - 1), (most, most + 1)] {
            let found = places(count);
            let planned = planned(None, &found);
            assert_eq!(u128::try_from(planned.len()), Ok(jobs), "{count} tournaments");
            for (data, place) in planned.iter().zip(&found) {
                assert_eq!(data.tournament_id, Some(place.tournament_id));
                assert_eq!((data.check(), &data.after), (Ok(()), &None));
            }
            let last = planned.last().and_then(|data| data.after.clone());
            let behind = found.last().filter(|_| jobs > count).map(|place| place.tournament_id);
            assert_eq!(last.map(|after| after.tournament_id), behind);
        }
    }
}

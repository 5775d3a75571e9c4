//! Dry runs: what a replay would do, without doing it. The handler decides over
//! what is true now, and its effect's statements run in a transaction that is
//! rolled back. Only for types whose handler changes nothing otherwise. They are of the
//! queue worker, which has the handlers and their rights; the HTTP worker asks it.
//!
//! I/O a case: 1. reads the case; 2. the database's clock and the handler's
//! reads; 3. the replay's move, the claim and the effect in one transaction that
//! is rolled back whatever comes of it, under a short wait for locks. Nothing of
//! it stays, so that a repeat differs only by what others changed meanwhile.

use chrono::TimeDelta;
use serde_json::Value;
use uuid::Uuid;

use super::SessionOf;
use super::rehearsal::{Cases, Refused, Rehearsal, hold};
use crate::jobs::{self, BUSY, Context, Decision, Outcome};
use crate::ports::{
    Committed, Database, Held, Host, OperatorStore, PortError, Ports, ScheduleStore,
};

/// Most cases of one dry run of many. Each takes about five round trips, so
/// that a hundred are over in half of a request's 25 s at 25 ms a trip; the wait
/// for a lock of a second ends one case, not the others.
pub const DRY_RUN_MAX: u32 = 100;

/// How long one dry run begins further cases: a hundred that all wait for locks would take
/// 100 s. What is left of a request's 25 s is for the last one, which waits for locks of
/// its own.
pub const DRY_RUN_TIME: TimeDelta = TimeDelta::seconds(15);

/// Rehearses cases, in their order; one that is not there is left out, and one for which
/// no time is left is answered as such.
///
/// # Errors
/// The database's where it says nothing about a case.
pub async fn rehearse<P: Ports>(ports: &P, cases: &Cases) -> Result<Vec<Rehearsal>, PortError> {
    let started = ports.host().now();
    let mut session = ports.db().open().await?;
    let (ids, data) = match cases {
        Cases::One { id, data } => (vec![*id], data.as_ref()),
        Cases::First { filter, limit } => {
            let limit = i64::from((*limit).min(DRY_RUN_MAX));
            (session.first_cases(filter, limit).await?, None)
        }
    };
    let mut rehearsals = Vec::with_capacity(ids.len());
    let mut is_usable = true;
    for id in ids {
        if ports.host().now() - started > DRY_RUN_TIME {
            rehearsals.push(Rehearsal::not_tried(id));
            continue;
        }
        if !is_usable {
            session = ports.db().open().await?;
        }
        // Retention may have taken it meanwhile.
        let Some((rehearsal, usable)) = one(ports, &session, id, data).await? else { continue };
        is_usable = usable;
        rehearsals.push(rehearsal);
    }
    Ok(rehearsals)
}

/// The rehearsal, and whether the session may be used again: not after an error.
async fn one<P: Ports>(
    ports: &P,
    session: &SessionOf<P>,
    case_id: Uuid,
    data: Option<&Value>,
) -> Result<Option<(Rehearsal, bool)>, PortError> {
    let Some(detail) = session.case(case_id).await? else { return Ok(None) };
    let blank = Rehearsal::of(case_id, detail.job.as_ref().map(|job| job.job.id));
    let held = match hold(&detail, data) {
        Ok(held) => held,
        Err(refused) => return Ok(Some((blank.refused(refused), true))),
    };
    // The database's clock: of no schedule it tells nothing else.
    let now = session.schedules(&[]).await?.now;
    // Nothing that is rehearsed asks anybody outside, whose time would be told from it.
    let cx = Context { ports, session, now, begun: now };
    match decide_and_rehearse(&cx, &held).await {
        Ok((decision, Committed::Done { superseded, .. })) => {
            Ok(Some((blank.decided(&held, decision, superseded), true)))
        }
        Ok((_, Committed::FenceLost)) => {
            let detail = "its job was moved meanwhile, or another job has its key";
            Ok(Some((blank.refused(Refused("not_dead", detail.to_owned())), true)))
        }
        Ok((_, Committed::Busy)) => Ok(Some((blank.ended(&held, now, BUSY), false))),
        Err(error) => match Outcome::of_error(&error) {
            Some(outcome) => Ok(Some((blank.ended(&held, now, outcome), false))),
            None => Err(error),
        },
    }
}

async fn decide_and_rehearse<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
) -> Result<(Decision, Committed), PortError> {
    let decision = jobs::decide(cx, std::slice::from_ref(held)).await?;
    if decision.effect.jobs.is_empty() {
        return Ok((decision, Committed::Done { superseded: 0, refill: false }));
    }
    let committed = cx.session.rehearse(held.id, &decision.effect).await?;
    Ok((decision, committed))
}

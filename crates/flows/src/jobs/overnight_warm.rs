//! `overnight.warm-cache`: stores the newest scores of a chunk's users where they are read
//! fast. What is read there is never older than what was read there before.
//!
//! I/O, a chunk a job:
//! 1. reads the newest scores of its users, whichever night's they are: a repeat reads
//!    what is so by then;
//! 2. reads each user's object and stores the scores in its place, if it is of no later
//!    night and nobody stored anything meanwhile: a repeat stores the same;
//! 3. the consumer completes the job in one transaction behind the fence.

use mauntic_domain::overnight::messages::Chunk;
use mauntic_domain::overnight::snapshot::{NightOrder, snapshot_place};
use serde_json::json;

use super::outcome::failed_outside;
use super::overnight_start::unknown_night;
use super::{Context, Decided, Outcome};
use crate::objects::{Content, Next, is_over, swap};
use crate::ports::{Held, Host, NightStore, PortError, Ports, UserSnapshot};

/// A snapshot, and the night that it is of.
struct Latest {
    night: Option<NightOrder>,
    body: String,
}

impl Content for Latest {
    const WHAT: &'static str = "a snapshot of scores";

    /// Whatever it is that cannot be read, a newer one takes its place.
    fn read(body: &str) -> Option<Self> {
        Some(Self { night: NightOrder::of_snapshot(body), body: body.to_owned() })
    }

    fn body(&self) -> String {
        self.body.clone()
    }
}

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    data: Chunk,
) -> Result<Decided, PortError> {
    let Some(run_id) = held.run_id else { return Ok(unknown_night()) };
    let users = cx.session.chunk_snapshots(run_id, data.chunk).await?;
    let (mut stored, mut failed) = (0, None);
    for user in &users {
        match publish(cx, user).await {
            Ok(is_stored) => stored += usize::from(is_stored),
            Err(error) => {
                let is_over = is_over(&error, cx.ports.host().now() - cx.begun);
                failed = Some(error);
                if is_over {
                    break;
                }
            }
        }
    }
    if let Some(error) = failed {
        return Ok(Decided::of(failed_outside(held, error.to_string())));
    }
    let summary = json!({"users": users.len(), "stored": stored});
    Ok(Decided::of(Outcome::Done(summary)))
}

/// Stores a user's scores; false where the same or newer ones are there, or where there are
/// none and never were.
async fn publish<P: Ports>(cx: &Context<'_, P>, of: &UserSnapshot) -> Result<bool, PortError> {
    let (organization, user) = &of.user;
    let night = NightOrder { night_at: of.night_at, run_id: of.run_id };
    let body = body(of).to_string();
    let decide = |there: Option<Latest>| match there {
        Some(there) if there.night > Some(night) || there.body == body => Next::Say(false),
        None if of.scores.is_empty() => Next::Say(false),
        _ => Next::Store(Latest { night: Some(night), body: body.clone() }, true),
    };
    let place = snapshot_place(organization, user);
    swap(cx.ports, cx.ports.projections(), &place, true, decide).await
}

fn body(of: &UserSnapshot) -> serde_json::Value {
    let score = |score: &crate::ports::LatestScore| {
        json!({
            "assetId": score.asset_id, "symbol": score.symbol, "score": score.score,
            "maximum": score.maximum, "percentage": score.percentage,
        })
    };
    let (organization, user) = &of.user;
    json!({
        "organizationId": organization, "userId": user, "runId": of.run_id,
        "nightAt": of.night_at, "scoredAt": of.scored_at,
        "criteriaVersion": of.criteria_version,
        "scores": of.scores.iter().map(score).collect::<Vec<_>>(),
    })
}

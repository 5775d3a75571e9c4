//! `scoring.BatchRecompute`: plans the scoring of every contact of one
//! organization or of all.
//!
//! I/O:
//! 1. reads where ranges of contacts end, and what was published last: a repeat
//!    plans what is true by then;
//! 2. the consumer completes the job, pins its run to that publication and
//!    enqueues a chunk a range, in that run, in one transaction behind the fence:
//!    a repeat without the claim plans nothing. A run without contacts is final
//!    with its planner.

use mauntic_domain::jobs::Job;
use mauntic_domain::jobs::data::{
    BatchRecompute, ContactRange, Contacts, RANGE_CONTACTS, RecomputeChunk,
};
use mauntic_domain::jobs::limits::SPAWNED_MAX;
use serde_json::json;

use super::{Context, Decided, Outcome};
use crate::ports::{EffectStore, Held, PortError, Ports, SpawnedJob};

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    data: BatchRecompute,
) -> Result<Decided, PortError> {
    let owner = data.organization_id;
    let plan = cx.session.plan_ranges(owner.as_ref(), RANGE_CONTACTS, SPAWNED_MAX).await?;
    let chunk = |range: ContactRange| {
        let chunk = RecomputeChunk {
            organization_id: owner.clone(),
            contacts: Contacts::Range(range),
            context: None,
            config_epoch: Some(plan.config_epoch),
        };
        cx.spawn(held, Job::RecomputeChunk(chunk))
    };
    let spawned: Vec<SpawnedJob> = plan.ranges.into_iter().map(chunk).collect();
    let decided = Decided::of(Outcome::Done(json!({"chunks": spawned.len()})));
    Ok(Decided { spawned, config_epoch: Some(plan.config_epoch), ..decided })
}

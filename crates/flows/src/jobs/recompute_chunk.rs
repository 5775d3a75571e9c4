//! `scoring.RecomputeChunk`: scores up to 500 contacts of one organization.
//!
//! Its I/O is `scoring`'s, as for `scoring.CalculateScore`, one job a
//! transaction: a repeat without the claim writes nothing.

use mauntic_domain::jobs::job::RecomputeChunk;

use super::scoring::{Target, Work};
use crate::ports::Held;

pub(super) fn work(held: &Held, data: RecomputeChunk) -> Work {
    let organization = data.organization_id;
    let context = data.context.unwrap_or_default();
    let target = |contact| Target { contact: (organization.clone(), contact), context };
    Work {
        job_id: held.id,
        claim: held.claim,
        created_at: held.created_at,
        targets: data.contact_ids.into_iter().map(target).collect(),
    }
}

//! `scoring.RecomputeChunk`: scores up to 500 contacts of one organization.
//!
//! Its I/O is `scoring`'s, as for `scoring.CalculateScore`, one job a
//! transaction: a repeat without the claim writes nothing.

use mauntic_domain::jobs::job::RecomputeChunk;
use mauntic_domain::scoring::Context;

use super::scoring::{Target, Work};
use crate::ports::Held;

pub(super) fn work(held: &Held, data: RecomputeChunk) -> Work {
    let organization = data.organization_id;
    let target =
        |contact| Target { contact: (organization.clone(), contact), context: Context::default() };
    Work {
        job_id: held.id,
        claim: held.claim,
        targets: data.contact_ids.into_iter().map(target).collect(),
    }
}

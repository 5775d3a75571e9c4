//! `scoring.CalculateScore`: scores one contact.
//!
//! I/O (in `scoring`, shared by up to a hundred jobs of any organizations):
//! 1. reads features and configurations: repeats read what is true by then;
//! 2. completes the jobs and writes scores and the day's history in one
//!    transaction behind the fence: a repeat without the claim writes nothing,
//!    and a score never replaces one from newer features or configuration.

use mauntic_domain::jobs::job::CalculateScore;

use super::scoring::{Target, Work};
use crate::ports::Held;

pub(super) fn work(held: &Held, data: CalculateScore) -> Work {
    Work {
        job_id: held.id,
        claim: held.claim,
        created_at: held.created_at,
        targets: vec![Target {
            contact: (data.organization_id, data.contact_id),
            context: data.context.unwrap_or_default(),
        }],
    }
}

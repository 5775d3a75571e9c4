//! `scoring.RecomputeChunk`: scores up to 500 named contacts, or all of a
//! planned range.
//!
//! I/O, one job a transaction:
//! 1. reads the contacts' features and configurations;
//! 2. the consumer completes the job, writes the scores and counts the run, in
//!    one transaction behind the fence: a repeat without the claim writes
//!    nothing.

use mauntic_domain::jobs::data::{Contacts, RecomputeChunk};

use super::scoring::{Tally, Target, score_target};
use super::{Context, Decided};
use crate::ports::{ContactKey, EffectStore, Held, PortError, Ports};

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    data: RecomputeChunk,
) -> Result<Decided, PortError> {
    let owner = data.organization_id;
    let (inputs, contacts) = match (data.contacts, &owner) {
        (Contacts::Ids(ids), Some(owner)) => {
            let contacts: Vec<ContactKey> = ids.into_iter().map(|id| (owner.clone(), id)).collect();
            (cx.session.score_inputs(&contacts).await?, contacts)
        }
        (Contacts::Ids(_), None) => {
            let place = "organizationId".to_owned();
            return Err(PortError::Unreadable { what: "a chunk's data", place });
        }
        (Contacts::Range(range), owner) => {
            let epoch = data.config_epoch;
            let inputs = cx.session.range_inputs(owner.as_ref(), &range, epoch).await?;
            let contacts = inputs.contacts.keys().cloned().collect();
            (inputs, contacts)
        }
    };
    let context = data.context.unwrap_or_default();
    let mut tally = Tally::default();
    for contact in contacts {
        let scored = score_target(held.id, &Target { contact, context }, &inputs, cx.now);
        tally.add_changed(scored, &inputs);
    }
    Ok(tally.decided())
}

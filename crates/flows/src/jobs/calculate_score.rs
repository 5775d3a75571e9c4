//! `scoring.CalculateScore`: scores one contact.
//!
//! I/O (shared by up to a hundred jobs of any organizations):
//! 1. reads features, signals and configurations: repeats read what is true by then.
//!    Where the contacts have more signals than a job can hold, each is read alone;
//! 2. the consumer completes the jobs and writes scores and the day's history
//!    in one transaction behind the fence: a repeat without the claim writes
//!    nothing, and a score never replaces one from newer features or
//!    configuration.

use std::collections::BTreeSet;

use mauntic_domain::jobs::data::CalculateScore;

use super::scoring::{Tally, Target, score_target};
use super::{Context, Decision};
use crate::ports::{ContactKey, EffectStore, Held, PortError, Ports};

/// A held job and its contact.
pub(super) type Work<'a> = (&'a Held, Target);

pub(super) fn work(held: &Held, data: CalculateScore) -> Work<'_> {
    let contact = (data.organization_id, data.contact_id);
    (held, Target { contact, context: data.context.unwrap_or_default() })
}

/// Decides all of them by one read. Of two jobs for one contact the later
/// decides, because it may carry a context the other does not.
pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    mut work: Vec<Work<'_>>,
    decision: &mut Decision,
) -> Result<(), PortError> {
    work.sort_by_key(|(held, _)| (held.created_at, held.id));
    let contacts: BTreeSet<&ContactKey> = work.iter().map(|(_, target)| &target.contact).collect();
    let contacts: Vec<ContactKey> = contacts.into_iter().cloned().collect();
    let inputs = cx.session.score_inputs(&contacts).await?;
    for (held, target) in work {
        let mut tally = Tally::default();
        tally.add(if inputs.truncated {
            // One of them has so many signals that there was no room for the others'.
            let alone = cx.session.score_inputs(std::slice::from_ref(&target.contact)).await?;
            score_target(held.id, &target, &alone, cx.now)
        } else {
            score_target(held.id, &target, &inputs, cx.now)
        });
        decision.add(held, tally.decided());
    }
    Ok(())
}

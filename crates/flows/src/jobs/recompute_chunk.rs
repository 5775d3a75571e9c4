//! `scoring.RecomputeChunk`: scores up to 500 named contacts, or all of a
//! planned range.
//!
//! I/O, one job a transaction:
//! 1. reads the contacts' features, signals and configurations;
//! 2. the consumer completes the job, writes the scores and counts the run, in
//!    one transaction behind the fence: a repeat without the claim writes
//!    nothing. Where the contacts have more signals than a job can hold, it is
//!    completed with nothing but two chunks in its place, of half the contacts
//!    each: so one that has many keeps no other from its score.

use mauntic_domain::jobs::Job;
use mauntic_domain::jobs::data::{ContactPlace, ContactRange, Contacts, RecomputeChunk};
use serde_json::json;

use super::scoring::{Tally, Target, score_target};
use super::{Context, Decided, Outcome};
use crate::ports::{ContactKey, EffectStore, Held, PortError, Ports, ScoreInputs};

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    data: RecomputeChunk,
) -> Result<Decided, PortError> {
    let (inputs, contacts) = match (&data.contacts, &data.organization_id) {
        (Contacts::Ids(ids), Some(owner)) => {
            let contacts: Vec<ContactKey> =
                ids.iter().map(|id| (owner.clone(), id.clone())).collect();
            (cx.session.score_inputs(&contacts).await?, contacts)
        }
        (Contacts::Ids(_), None) => {
            let place = "organizationId".to_owned();
            return Err(PortError::Unreadable { what: "a chunk's data", place });
        }
        (Contacts::Range(range), owner) => {
            let epoch = data.config_epoch;
            let inputs = cx.session.range_inputs(owner.as_ref(), range, epoch).await?;
            let contacts = inputs.contacts.keys().cloned().collect();
            (inputs, contacts)
        }
    };
    if inputs.truncated {
        return Ok(split(cx, held, &data, &inputs));
    }
    let context = data.context.unwrap_or_default();
    let mut tally = Tally::default();
    for contact in contacts {
        let scored = score_target(held.id, &Target { contact, context }, &inputs, cx.now);
        tally.add_changed(scored, &inputs);
    }
    Ok(tally.decided())
}

/// Two chunks of half the contacts each; there are two at the least.
fn split<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    data: &RecomputeChunk,
    inputs: &ScoreInputs,
) -> Decided {
    let halves = match &data.contacts {
        Contacts::Ids(ids) => {
            let (low, high) = ids.split_at(ids.len() / 2);
            [low, high].map(|ids| Contacts::Ids(ids.to_vec()))
        }
        Contacts::Range(range) => {
            let mut known = inputs.contacts.keys();
            let middle = known.nth((known.len() / 2).saturating_sub(1));
            let middle = middle.map_or_else(|| range.through.clone(), place);
            let low = ContactRange { after: range.after.clone(), through: middle.clone() };
            let high = ContactRange { after: Some(middle), through: range.through.clone() };
            [low, high].map(Contacts::Range)
        }
    };
    let chunk = |contacts| {
        let half = RecomputeChunk { contacts, ..data.clone() };
        cx.spawn(held, Job::RecomputeChunk(half))
    };
    let spawned = halves.map(chunk).into();
    let summary = json!({"scored": 0, "splitInto": 2, "reason": "too_many_signals"});
    Decided { spawned, ..Decided::of(Outcome::Done(summary)) }
}

fn place((owner, contact): &ContactKey) -> ContactPlace {
    ContactPlace { organization_id: owner.clone(), contact_id: contact.clone() }
}

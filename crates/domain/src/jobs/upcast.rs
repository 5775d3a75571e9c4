//! Reading what older builds wrote: each step lifts the data of one type by one
//! version. A step is total: what it does not recognise it leaves alone, and
//! the check of the newest shape says what is wrong with it.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::types::JobType;

/// A type's data of one version as the next one.
type Step = fn(&mut Value);

/// The steps, by type and the version they start from.
const STEPS: [(JobType, u16, Step); 7] = [
    (JobType::RecomputeChunk, 1, contact_ids_to_contacts),
    (JobType::RecomputeChunk, 2, without_an_epoch),
    (JobType::AggregateHourly, 1, without_a_part),
    (JobType::GenerateDailyReports, 1, without_a_part),
    (JobType::MonthlyUsageSummary, 1, without_a_part),
    (JobType::ScoreDistribution, 1, without_a_part),
    (JobType::EnrichmentMetrics, 1, without_a_part),
];

/// The data as the newest version; `version` is what it was written as.
pub(super) fn upcast(job_type: JobType, version: u16, data: &Value) -> Cow<'_, Value> {
    let newest = job_type.spec().version;
    if version >= newest {
        return Cow::Borrowed(data);
    }
    let mut lifted = data.clone();
    for from in version..newest {
        let steps = STEPS.iter().filter(|(of, at, _)| (*of, *at) == (job_type, from));
        steps.for_each(|(_, _, step)| step(&mut lifted));
    }
    Cow::Owned(lifted)
}

/// Whether every version of every type can be lifted to the newest.
#[cfg(test)]
pub(super) fn missing_steps() -> Vec<(JobType, u16)> {
    let needed =
        JobType::ALL.iter().flat_map(|of| (1..of.spec().version).map(move |from| (*of, from)));
    let has = |needed: &(JobType, u16)| STEPS.iter().any(|(of, from, _)| (*of, *from) == *needed);
    needed.filter(|needed| !has(needed)).collect()
}

/// `{"contactIds": […]}` became `{"contacts": {"ids": […]}}` when ranges came.
fn contact_ids_to_contacts(data: &mut Value) {
    if let Some(fields) = data.as_object_mut()
        && let Some(ids) = fields.remove("contactIds")
    {
        fields.insert("contacts".to_owned(), json!({"ids": ids}));
    }
}

/// A chunk without `configEpoch` scores by the newest configurations, as it did
/// before there were epochs. The version rose all the same: a build before it
/// would score without signals and ignore the epoch, so it must leave such a
/// chunk to others.
const fn without_an_epoch(_: &mut Value) {}

/// A roll-up without `part` counts all organizations, as it did before there were
/// parts. A build before it would count all of them for each part, which is what took
/// too long.
const fn without_a_part(_: &mut Value) {}

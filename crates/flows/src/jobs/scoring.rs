//! What the scoring jobs share: read, decide, write.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use mauntic_domain::scoring::{Config, Context, score};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::ports::{
    Committed, CompletedJob, ContactKey, PortError, ScoreEffect, ScoreInputs, ScoreStore,
    ScoreWrite,
};

/// A contact to be scored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    pub(super) contact: ContactKey,
    pub(super) context: Context,
}

/// A held job and its contacts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Work {
    pub(super) job_id: Uuid,
    pub(super) claim: i32,
    pub(super) created_at: DateTime<Utc>,
    pub(super) targets: Vec<Target>,
}

pub(super) async fn score_and_commit<S: ScoreStore>(
    session: &S,
    work: &[Work],
    now: DateTime<Utc>,
) -> Result<Committed, PortError> {
    let contacts: BTreeSet<&ContactKey> =
        work.iter().flat_map(|work| &work.targets).map(|target| &target.contact).collect();
    let contacts: Vec<ContactKey> = contacts.into_iter().cloned().collect();
    let inputs = session.score_inputs(&contacts).await?;
    session.commit_scores(&decide(work, &inputs, now)?).await
}

/// Reduces the jobs to one write a contact: the latest job's, because it may
/// carry a context the others do not.
///
/// What cannot be read is counted by a job that scores others; where it is all
/// that was left, it is the job's error, which makes a case for people.
fn decide(
    work: &[Work],
    inputs: &ScoreInputs,
    now: DateTime<Utc>,
) -> Result<ScoreEffect, PortError> {
    let mut by_age: Vec<&Work> = work.iter().collect();
    by_age.sort_by_key(|work| (work.created_at, work.job_id));
    let mut scores: BTreeMap<&ContactKey, ScoreWrite> = BTreeMap::new();
    let mut jobs = Vec::with_capacity(work.len());
    for work in by_age {
        let (mut counts, mut unreadable) = (Counts::default(), None);
        for target in &work.targets {
            match write(work.job_id, target, inputs) {
                Ok(Some(write)) => {
                    scores.insert(&target.contact, write);
                    counts.scored += 1;
                }
                Ok(None) => counts.not_found += 1,
                Err(error) => {
                    counts.unreadable += 1;
                    unreadable = Some(error);
                }
            }
        }
        if let Some(error) = unreadable.filter(|_| counts.scored == 0) {
            return Err(error);
        }
        jobs.push(CompletedJob { id: work.job_id, claim: work.claim, summary: counts.summary() });
    }
    // Rows are locked in the order of their keys.
    jobs.sort_by_key(|job: &CompletedJob| job.id);
    Ok(ScoreEffect { now, jobs, scores: scores.into_values().collect() })
}

/// The score of one contact; none for an unknown one.
fn write(
    job_id: Uuid,
    target: &Target,
    inputs: &ScoreInputs,
) -> Result<Option<ScoreWrite>, PortError> {
    let Some(input) = inputs.contacts.get(&target.contact) else { return Ok(None) };
    let input = input.as_ref().map_err(Clone::clone)?;
    let no_config = (Config::default(), 0);
    let (config, version) = match inputs.configs.get(&target.contact.0) {
        Some(config) => config.as_ref().map_err(Clone::clone)?,
        None => &no_config,
    };
    Ok(Some(ScoreWrite {
        contact: target.contact.clone(),
        score: score(&input.features, config, &target.context),
        input_version: input.input_version,
        config_version: *version,
        job_id,
    }))
}

/// The receipt of a job.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    scored: usize,
    #[serde(skip_serializing_if = "is_zero")]
    not_found: usize,
    #[serde(skip_serializing_if = "is_zero")]
    unreadable: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

impl Counts {
    fn summary(mut self) -> serde_json::Value {
        self.reason = (self.not_found > 0).then_some("contact_not_found");
        json!(self)
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

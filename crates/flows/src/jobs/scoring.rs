//! What the scoring jobs share: read, decide, write.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use mauntic_domain::scoring::{Config, Context, score};
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
    session.commit_scores(&decide(work, &inputs, now)).await
}

/// Reduces the jobs to one write a contact: the youngest job's (ids of our own
/// making ascend with time), because it may carry a context the others do not.
fn decide(work: &[Work], inputs: &ScoreInputs, now: DateTime<Utc>) -> ScoreEffect {
    let mut by_age: Vec<&Work> = work.iter().collect();
    by_age.sort_by_key(|work| work.job_id);
    let no_config = (Config::default(), 0);
    let mut scores: BTreeMap<&ContactKey, ScoreWrite> = BTreeMap::new();
    let mut jobs = Vec::with_capacity(work.len());
    for work in by_age {
        let mut scored = 0;
        for target in &work.targets {
            let Some(input) = inputs.contacts.get(&target.contact) else {
                continue;
            };
            let (config, version) = inputs.configs.get(&target.contact.0).unwrap_or(&no_config);
            let write = ScoreWrite {
                contact: target.contact.clone(),
                score: score(&input.features, config, &target.context),
                input_version: input.input_version,
                config_version: *version,
                job_id: work.job_id,
            };
            scores.insert(&target.contact, write);
            scored += 1;
        }
        jobs.push(CompletedJob {
            id: work.job_id,
            claim: work.claim,
            summary: summary(scored, work.targets.len() - scored),
        });
    }
    ScoreEffect { now, jobs, scores: scores.into_values().collect() }
}

fn summary(scored: usize, not_found: usize) -> serde_json::Value {
    if not_found == 0 {
        return json!({"scored": scored});
    }
    json!({"scored": scored, "notFound": not_found, "reason": "contact_not_found"})
}

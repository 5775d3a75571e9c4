//! What the scoring jobs share: pure, from what was read to what is written.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::Job;
use mauntic_domain::scoring::{Config, Context, score, signals};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{Context as Handling, Decided, Outcome};
use crate::ports::{
    ContactKey, CurrentScore, Held, PortError, Ports, ScoreInputs, ScoreWrite, SpawnedJob,
};

/// A contact to be scored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    pub(super) contact: ContactKey,
    pub(super) context: Context,
}

/// The score of one contact at `now`; none for an unknown one.
pub(super) fn score_target(
    job_id: Uuid,
    target: &Target,
    inputs: &ScoreInputs,
    now: DateTime<Utc>,
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
        score: score(&input.features, config, &target.context, signals::sum(&input.signals, now)),
        input_version: input.input_version,
        config_version: *version,
        job_id,
    }))
}

/// What came of a job's contacts.
#[derive(Default)]
pub(super) struct Tally {
    counts: Counts,
    scores: BTreeMap<ContactKey, ScoreWrite>,
    unreadable: Option<PortError>,
}

impl Tally {
    /// Adds what came of a contact; a score that is stored already is counted
    /// and not written again.
    pub(super) fn add_changed(
        &mut self,
        scored: Result<Option<ScoreWrite>, PortError>,
        inputs: &ScoreInputs,
    ) {
        match scored {
            Ok(Some(write)) if is_stored(&write, inputs) => {
                self.counts.scored += 1;
                self.counts.unchanged += 1;
            }
            other => self.add(other),
        }
    }

    pub(super) fn add(&mut self, scored: Result<Option<ScoreWrite>, PortError>) {
        match scored {
            Ok(Some(write)) => {
                self.scores.insert(write.contact.clone(), write);
                self.counts.scored += 1;
            }
            Ok(None) => self.counts.not_found += 1,
            Err(error) => {
                self.counts.unreadable += 1;
                self.unreadable = Some(error);
            }
        }
    }

    /// What cannot be read is counted by a job that scores others; where it is
    /// all that was left, it makes a case for people.
    pub(super) fn decided(self) -> Decided {
        match self.unreadable {
            Some(error) if self.counts.scored == 0 => {
                let detail = error.to_string();
                Decided::of(Outcome::Reject { reason: "unreadable", detail })
            }
            _ => {
                let done = Decided::of(Outcome::Done(self.counts.summary()));
                Decided { scores: self.scores, ..done }
            }
        }
    }
}

/// Whether the stored score is this one, of the same inputs and configuration.
fn is_stored(write: &ScoreWrite, inputs: &ScoreInputs) -> bool {
    let new = CurrentScore {
        digest: write.score.digest(),
        input_version: write.input_version,
        config_version: write.config_version,
    };
    inputs.current.get(&write.contact) == Some(&new)
}

/// The receipt of a job.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    scored: usize,
    #[serde(skip_serializing_if = "is_zero")]
    unchanged: usize,
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

/// The next job of a sweep, in the same run, where this one found as many as it
/// takes.
pub(super) fn next_sweep<P: Ports>(
    cx: &Handling<'_, P>,
    held: &Held,
    job: Job,
    found: usize,
    max: u32,
) -> Vec<SpawnedJob> {
    let is_full = u32::try_from(found).unwrap_or(u32::MAX) >= max;
    let next = is_full.then(|| cx.spawn(held, job));
    next.into_iter().collect()
}

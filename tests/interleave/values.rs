//! What the operations ask the store to write.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::data::{BatchRecompute, CalculateScore};
use mauntic_domain::jobs::{Job, JobType};
use mauntic_domain::points::PointsE4;
use mauntic_domain::schedules::Outcome;
use mauntic_domain::scoring::{Category, Contribution, Score};
use mauntic_flows::ports::{
    CompletedJob, Effect, JudgedFrom, JudgedSchedule, NewOccurrence, RunStart, ScoreWrite,
    SetBackJob, Setback, SpawnedJob,
};
use serde_json::json;
use uuid::Uuid;

use crate::act::{Act, Form};
use crate::scene::{
    CONTACTS, CRON, FIRST, LAST, OWNER, RUN, SCHEDULE, SCORING, SHARED, SPAWNED, STARTED,
};

impl Act {
    /// What becomes of the shared job.
    pub(crate) fn setback(&self) -> SetBackJob {
        let setback = match self.form {
            Form::RetryDead => {
                let detail = "it did not work".to_owned();
                Setback::Dead { reason: "failed", detail, failed: true }
            }
            _ => Setback::Failed {
                wait: TimeDelta::zero(),
                reason: "refused",
                error: "it did not work".to_owned(),
            },
        };
        SetBackJob { id: SHARED, claim: self.stage.claim(), setback }
    }

    /// An effect's receipt names the side, so that two are told apart.
    pub(crate) fn effect(&self) -> Effect {
        let (id, claim) = match self.form {
            Form::Finalize => (LAST[self.side], 1),
            Form::Score => (SCORING[self.side], 1),
            _ => (SHARED, self.stage.claim()),
        };
        let summary = json!({"side": self.side});
        let spawned = SpawnedJob {
            id: SPAWNED[self.side],
            job: score_contact(CONTACTS[1]),
            idempotency_key: None,
            run_id: Some(RUN),
            request_id: None,
            starter: None,
        };
        let scores = CONTACTS.map(|name| self.score(name, id));
        let now = at("2026-01-02T03:00:00Z");
        let jobs = vec![CompletedJob { id, claim, run_id: Some(RUN), summary }];
        Effect {
            scores: if self.form == Form::Finalize { Vec::new() } else { scores.to_vec() },
            spawned: if self.form == Form::Effect { vec![spawned] } else { Vec::new() },
            ..Effect::of(now, jobs)
        }
    }

    /// The second side's is of newer features, and another grade.
    fn score(&self, name: &str, job_id: Uuid) -> ScoreWrite {
        let (input_version, e4) = if self.side == 0 { (2, 450_000) } else { (3, 850_000) };
        let contribution = Contribution {
            factor: "hasEmail".to_owned(),
            category: Category::Fit,
            points: PointsE4::from_e4(e4),
        };
        ScoreWrite {
            contact: (owner(), contact(name)),
            score: Score::from_contributions(vec![contribution]),
            input_version,
            config_version: 0,
            job_id,
        }
    }

    /// What both sides judge: the next nominal time, each with a run of its own.
    pub(crate) fn judged(&self) -> JudgedSchedule {
        let start = RunStart {
            run_id: STARTED[self.side],
            job_id: FIRST[self.side],
            job_type: JobType::BatchRecompute,
            data: Job::BatchRecompute(BatchRecompute::default()).data(),
            exclusive: true,
            request_id: "r".to_owned(),
        };
        let nominal_at = at("2026-01-02T02:00:00Z");
        let outcome = Outcome::Ran;
        JudgedSchedule {
            job_key: SCHEDULE.into(),
            cron: CRON.to_owned(),
            judged_from: self.is_judged.then(|| JudgedFrom {
                judged_until: at("2026-01-01T02:00:00Z"),
                cron: CRON.to_owned(),
            }),
            judged_until: nominal_at,
            ordinal_next: Some(2),
            occurrences: vec![NewOccurrence {
                nominal_at,
                outcome,
                ordinal: 1,
                start: Some(start),
            }],
        }
    }
}

/// The organization.
pub(crate) fn owner() -> OrganizationId {
    OrganizationId::parse(OWNER).unwrap()
}

/// A contact.
pub(crate) fn contact(name: &str) -> ContactId {
    ContactId::parse(name).unwrap()
}

/// The job that scores a contact.
pub(crate) fn score_contact(name: &str) -> Job {
    let (organization_id, contact_id) = (owner(), contact(name));
    Job::CalculateScore(CalculateScore { organization_id, contact_id, context: None })
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

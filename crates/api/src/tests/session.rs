//! The double's session. The job protocol is not this room's; those methods
//! answer that they are refused.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::{Message, Queue};
use mauntic_domain::scoring::Features;
use mauntic_flows::ports::{
    AloneClaim, ApiKey, ClaimReply, ClaimRequest, Committed, ContactKey, Enqueued, FeaturesStored,
    Held, Host, JobStore, KeyStore, LeaderboardEntry, NewJob, PortError, Position, QueueStats,
    ScoreEffect, ScoreInputs, ScoreRow, ScoreStore, TenantStore, Vitals,
};
use uuid::Uuid;

use super::world::{World, epoch};

impl TenantStore for World {
    async fn put_features(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
        features: &Features,
        job: &NewJob,
    ) -> Result<FeaturesStored, PortError> {
        self.work()?;
        let input_version = {
            let mut data = self.data();
            let key = (organization.clone(), contact.clone());
            let row = data.features.entry(key).or_default();
            *row = (features.clone(), row.1 + 1);
            row.1
        };
        let job = self.add(organization, job);
        Ok(FeaturesStored { input_version, job })
    }

    async fn enqueue(
        &self,
        organization: &OrganizationId,
        jobs: &[NewJob],
    ) -> Result<Vec<Enqueued>, PortError> {
        self.work()?;
        Ok(jobs.iter().map(|job| self.add(organization, job)).collect())
    }

    async fn mark_own_sent(&self, _: &OrganizationId, _: &[Uuid]) -> Result<(), PortError> {
        Ok(())
    }

    async fn score(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
    ) -> Result<Option<Option<ScoreRow>>, PortError> {
        self.work()?;
        let data = self.data();
        let key = (organization.clone(), contact.clone());
        let known = data.features.contains_key(&key);
        Ok(known.then(|| data.scores.get(&key).cloned()))
    }

    async fn leaderboard(
        &self,
        organization: &OrganizationId,
        after: Option<&Position>,
        limit: i64,
    ) -> Result<Vec<LeaderboardEntry>, PortError> {
        self.work()?;
        let data = self.data();
        let mut lines: Vec<LeaderboardEntry> = data
            .scores
            .iter()
            .filter(|((of, _), _)| of == organization)
            .map(|((_, contact), row)| LeaderboardEntry {
                contact_id: contact.clone(),
                total: row.score.total(),
                grade: row.score.grade(),
                calculated_at: row.calculated_at,
            })
            .collect();
        lines.sort_by_key(|line| (Reverse(line.total), line.contact_id.clone()));
        lines.retain(|line| {
            after.is_none_or(|at| {
                (Reverse(line.total), &line.contact_id) > (Reverse(at.total), &at.contact_id)
            })
        });
        lines.truncate(usize::try_from(limit).unwrap());
        Ok(lines)
    }
}

impl World {
    /// Coalesces as the store does: while a job of the key is queued, and here
    /// none ever leaves.
    fn add(&self, organization: &OrganizationId, job: &NewJob) -> Enqueued {
        let id = self.new_id();
        let mut data = self.data();
        let twin = data.jobs.iter().any(|(of, other)| {
            of == organization
                && other.coalesce_key.is_some()
                && other.coalesce_key == job.coalesce_key
        });
        if !twin {
            data.jobs.push((organization.clone(), job.clone()));
        }
        Enqueued {
            id,
            type_name: job.job.job_type().name().to_owned(),
            queue: job.job.job_type().queue(),
            created: !twin,
            enqueued_at: epoch(),
        }
    }
}

impl KeyStore for World {
    async fn find_key(&self, sha256: &[u8; 32]) -> Result<Option<ApiKey>, PortError> {
        Ok(Self::key(sha256))
    }

    async fn vitals(&self) -> Result<Vitals, PortError> {
        self.work()?;
        Ok(self.vitals_now())
    }

    async fn queue_stats(&self) -> Result<BTreeMap<String, QueueStats>, PortError> {
        self.work()?;
        Ok(self.data().queues.clone())
    }
}

fn foreign() -> PortError {
    PortError::Refused { what: "the job protocol", cause: "not in this double".to_owned() }
}

impl JobStore for World {
    async fn claim(&self, _: &ClaimRequest) -> Result<ClaimReply, PortError> {
        Err(foreign())
    }
    async fn claim_alone(&self, _: Queue, _: Uuid, _: Uuid) -> Result<AloneClaim, PortError> {
        Err(foreign())
    }
    async fn reject(&self, _: &Held, _: &str, _: &str) -> Result<(), PortError> {
        Err(foreign())
    }
    async fn hand_back(&self, _: &Held) -> Result<(), PortError> {
        Err(foreign())
    }
    async fn release(&self, _: Uuid) -> Result<u64, PortError> {
        Err(foreign())
    }
    async fn take_due(&self, _: i64) -> Result<Vec<(Queue, Message)>, PortError> {
        Err(foreign())
    }
    async fn mark_sent(&self, _: &[Uuid]) -> Result<(), PortError> {
        Err(foreign())
    }
    async fn beat(&self, _: &str) -> Result<(), PortError> {
        Err(foreign())
    }
    async fn bury(&self, _: &ClaimRequest) -> Result<(), PortError> {
        Err(foreign())
    }
}

impl ScoreStore for World {
    async fn score_inputs(&self, _: &[ContactKey]) -> Result<ScoreInputs, PortError> {
        Err(foreign())
    }
    async fn commit_scores(&self, _: &ScoreEffect) -> Result<Committed, PortError> {
        Err(foreign())
    }
}

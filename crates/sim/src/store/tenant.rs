//! What the HTTP worker does for one organization.

use std::cmp::Reverse;

use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::scoring::Features;
use mauntic_domain::trace::TraceContext;
use mauntic_flows::ports::{
    Enqueued, FeaturesStored, LeaderboardEntry, NewJob, PortError, Position, RequestKey, ScoreRow,
    TenantStore,
};
use uuid::Uuid;

use super::rows::LeadScore;
use super::{MemorySession, State};
use crate::faults::Call;

impl TenantStore for MemorySession {
    fn start_by(&mut self, starter: TraceContext) {
        self.starter = Some(starter);
    }

    fn starter(&self) -> Option<TraceContext> {
        self.starter
    }

    async fn put_features(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
        features: &Features,
        job: &NewJob,
    ) -> Result<FeaturesStored, PortError> {
        self.call(Call::PutFeatures, |state| {
            let job = state.enqueue(organization, std::slice::from_ref(job))?.pop();
            let job = job.ok_or(PortError::Unreadable {
                what: "an enqueued job",
                place: "it is not there".to_owned(),
            })?;
            let input_version = state.put_features(organization, contact, features.clone());
            Ok(FeaturesStored { input_version, job })
        })
        .await
    }

    async fn enqueue(
        &self,
        organization: &OrganizationId,
        jobs: &[NewJob],
        key: Option<&RequestKey>,
    ) -> Result<Vec<Enqueued>, PortError> {
        self.call(Call::Enqueue, |state| {
            if let Some(answer) = state.answer_to(key)? {
                return Ok(answer);
            }
            let rows = state.enqueue(organization, jobs)?;
            state.keep_answer(key, Some(organization.as_str()), &rows);
            Ok(rows)
        })
        .await
    }

    async fn mark_own_sent(
        &self,
        organization: &OrganizationId,
        ids: &[Uuid],
    ) -> Result<(), PortError> {
        self.call(Call::MarkOwnSent, |state| {
            state.mark_sent(Some(organization.as_str()), ids);
            Ok(())
        })
        .await
    }

    async fn score(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
    ) -> Result<Option<Option<ScoreRow>>, PortError> {
        self.call(Call::Score, |state| {
            let key = (organization.clone(), contact.clone());
            let known = state.features.get(&key);
            Ok(known.map(|(_, now)| state.scores.get(&key).map(|row| score_row(row, *now))))
        })
        .await
    }

    async fn leaderboard(
        &self,
        organization: &OrganizationId,
        after: Option<&Position>,
        limit: i64,
    ) -> Result<Vec<LeaderboardEntry>, PortError> {
        self.call(Call::Leaderboard, |state| Ok(state.leaderboard(organization, after, limit)))
            .await
    }
}

impl State {
    pub(super) fn put_features(
        &mut self,
        organization: &OrganizationId,
        contact: &ContactId,
        features: Features,
    ) -> i64 {
        let key = (organization.clone(), contact.clone());
        let version = self.features.get(&key).map_or(0, |(_, version)| *version) + 1;
        self.features.insert(key, (Ok(features), version));
        version
    }

    fn leaderboard(
        &self,
        organization: &OrganizationId,
        after: Option<&Position>,
        limit: i64,
    ) -> Vec<LeaderboardEntry> {
        let own = self.scores.iter().filter(|((owner, _), _)| owner == organization);
        let mut lines: Vec<(&ContactId, &LeadScore)> =
            own.map(|((_, contact), row)| (contact, row)).collect();
        let place =
            |(contact, row): &(&ContactId, &LeadScore)| (Reverse(row.total), (*contact).clone());
        lines.retain(|line| {
            after.is_none_or(|at| place(line) > (Reverse(at.total), at.contact_id.clone()))
        });
        lines.sort_by_cached_key(place);
        lines.truncate(usize::try_from(limit).unwrap_or(0));
        let entry = |(contact, row): (&ContactId, &LeadScore)| LeaderboardEntry {
            contact_id: contact.clone(),
            total: row.total,
            grade: row.grade,
            calculated_at: row.calculated_at,
        };
        lines.into_iter().map(entry).collect()
    }
}

pub(super) fn score_row(row: &LeadScore, input_version_now: i64) -> ScoreRow {
    ScoreRow {
        score: row.score.clone(),
        previous_total: row.previous_total,
        input_version: row.input_version,
        input_version_now,
        config_version: row.config_version,
        calculated_at: row.calculated_at,
    }
}

//! Keys and what needs no organization.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use mauntic_domain::jobs::JobState;
use mauntic_domain::overnight::NightStatus;
use mauntic_flows::ports::{ApiKey, KeyStore, PortError, QueueStats, Vitals, Warning, WarningKind};

use super::rows::JobRow;
use super::{MemorySession, State};
use crate::faults::Call;

impl KeyStore for MemorySession {
    async fn find_key(&self, sha256: &[u8; 32]) -> Result<Option<ApiKey>, PortError> {
        self.call(Call::FindKey, |state| {
            let is_it = |(key, is_live): &&(ApiKey, bool)| *is_live && key.sha256 == *sha256;
            Ok(state.keys.iter().find(is_it).map(|(key, _)| key.clone()))
        })
        .await
    }

    async fn vitals(&self) -> Result<Vitals, PortError> {
        let vitals = self.call(Call::Vitals, |state| {
            let beats = state.beats.values().cloned().collect();
            let (now, schema_version) = (state.now, state.schema_version);
            Ok(Vitals { now, schema_version, beats, warnings: None })
        });
        let vitals = vitals.await?;
        let warnings = self.call(Call::Warnings, |state| Ok(state.warnings())).await.ok();
        Ok(Vitals { warnings, ..vitals })
    }

    async fn queue_stats(&self) -> Result<BTreeMap<String, QueueStats>, PortError> {
        self.call(Call::QueueStats, |state| Ok(state.queue_stats())).await
    }
}

impl State {
    fn warnings(&self) -> Vec<Warning> {
        let most = usize::try_from(WarningKind::TOLD_MAX).unwrap_or(0);
        let drifting = self.boards.drifts.values().map(|row| &row.found);
        let drifting = drifting.filter(|found| found.differences > 0).map(|found| Warning {
            kind: WarningKind::ScoreboardDrift,
            id: found.place.tournament_id,
            count: found.differences,
        });
        let given_up = self.given_up();
        let count = i64::try_from(given_up.len()).unwrap_or(i64::MAX);
        let kind = WarningKind::MatchesGivenUp;
        let given_up = given_up.into_iter().map(|id| Warning { kind, id, count });
        let night = self.night_warning();
        drifting.take(most).chain(given_up.take(most)).chain(night).collect()
    }

    /// Of the newest night that has ended.
    fn night_warning(&self) -> Option<Warning> {
        let ended = self.portfolios.nights.values();
        let ended = ended.filter(|night| night.status != NightStatus::Started);
        let night = ended.max_by_key(|night| (night.started_at, night.run_id))?;
        let kind = match night.status {
            NightStatus::Partial => WarningKind::NightPartial,
            NightStatus::Failed => WarningKind::NightFailed,
            NightStatus::Started | NightStatus::Completed => return None,
        };
        Some(Warning { kind, id: night.run_id, count: night.users_failed })
    }

    fn queue_stats(&self) -> BTreeMap<String, QueueStats> {
        let mut stats: BTreeMap<String, QueueStats> = BTreeMap::new();
        for row in self.jobs.live() {
            let of_queue = stats.entry(row.queue.clone()).or_default();
            match row.state {
                JobState::Queued => of_queue.pending += 1,
                JobState::InProgress => of_queue.processing += 1,
                _ => of_queue.failed += 1,
            }
            if row.waits() {
                let age = self.age_secs(row);
                of_queue.oldest_secs = of_queue.oldest_secs.max(Some(age));
            }
        }
        for letter in self.letters.iter().filter(|letter| letter.decided_at.is_none()) {
            stats.entry(letter.queue.clone()).or_default().dead_letters += 1;
        }
        stats
    }

    /// Rounded as the database rounds seconds.
    fn age_secs(&self, row: &JobRow) -> i64 {
        (self.now - row.created_at + TimeDelta::milliseconds(500)).num_seconds()
    }
}

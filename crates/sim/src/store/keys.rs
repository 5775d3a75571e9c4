//! Keys and what needs no organization.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use mauntic_domain::jobs::JobState;
use mauntic_flows::ports::{
    ApiKey, GivenUp, KeyStore, PortError, QueueStats, Vitals, Warning, WarningKind,
};

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
        self.call(Call::Vitals, |state| {
            let beats = state.beats.values().cloned().collect();
            let drifting = state.boards.drifts.values().map(|row| &row.found);
            let warnings = drifting
                .filter(|found| found.differences > 0)
                .map(|found| Warning {
                    kind: WarningKind::ScoreboardDrift,
                    id: found.place.tournament_id,
                    count: found.differences,
                })
                .take(usize::try_from(WarningKind::TOLD_MAX).unwrap_or(0));
            let warnings = warnings.collect();
            Ok(Vitals { now: state.now, schema_version: state.schema_version, beats, warnings })
        })
        .await
    }

    async fn given_up(&self, most: u16) -> Result<GivenUp, PortError> {
        self.call(Call::GivenUp, |state| Ok(state.given_up(most))).await
    }

    async fn queue_stats(&self) -> Result<BTreeMap<String, QueueStats>, PortError> {
        self.call(Call::QueueStats, |state| Ok(state.queue_stats())).await
    }
}

impl State {
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

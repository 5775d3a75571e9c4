//! Keys and what needs no organization.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use mauntic_domain::jobs::JobState;
use mauntic_flows::ports::{ApiKey, KeyStore, PortError, QueueStats, Vitals};

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

//! Everything the database holds.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::audit::{Link, Walk};
use mauntic_domain::breaker::Breaker;
use mauntic_domain::ids::{EventId, OrganizationId};
use mauntic_domain::jobs::data::DomainPlace;
use mauntic_domain::jobs::limits::{DISPATCHED_MAX, UNFINISHED_MAX};
use mauntic_domain::scoreboard::settlement::GUESSES_MAX;
use mauntic_domain::scoring::{Config, Features, SignalConfig};
use mauntic_flows::ports::{ApiKey, Beat, ContactKey, PortError, SIGNALS_SCORED_MAX};
use uuid::Uuid;

use super::Twin;
use super::boards::Boards;
use super::domains::DomainRow;
use super::job_table::Jobs;
use super::portfolios::Portfolios;
use super::roll_up_rows::{EnrichmentRow, RollUpTables};
use super::rows::{
    AnswerRow, DeliveryRow, EventRow, HistoryKey, HistoryRow, LeadScore, LetterRow,
    NotificationRow, OccurrenceRow, ReplayRecord, ScheduleRecord,
};
use super::run_table::Runs;
use super::signal_rows::{
    ActivityRow, AlertRow, DocumentRow, DraftRow, SeenRow, SignalKey, SignalRow,
};
use crate::ids::{Maker, v7};
use crate::rng::mix;

/// The newest migration that a fresh double has: the newest there is.
pub const SCHEMA_VERSION: i32 = 15;

/// What one organization may have on a queue, and what one job reads; the
/// protocol's own, unless a test makes it small enough to be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// See [`DISPATCHED_MAX`].
    pub dispatched_max: i64,
    /// See [`UNFINISHED_MAX`].
    pub unfinished_max: i64,
    /// See [`SIGNALS_SCORED_MAX`].
    pub signals_scored_max: usize,
    /// See [`GUESSES_MAX`].
    pub guesses_settled_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            dispatched_max: DISPATCHED_MAX,
            unfinished_max: UNFINISHED_MAX,
            signals_scored_max: SIGNALS_SCORED_MAX,
            guesses_settled_max: usize::try_from(GUESSES_MAX).unwrap_or(usize::MAX),
        }
    }
}

/// A contact's features as they are stored, and their version.
pub(super) type StoredFeatures = (Result<Features, PortError>, i64);

/// The tables. One port call is one atomic step on them.
#[derive(Debug, Clone)]
pub struct State {
    pub(super) now: DateTime<Utc>,
    pub(super) twin: Twin,
    pub(super) limits: Limits,
    pub(super) schema_version: i32,
    /// Rows that others have locked, while a step lasts.
    pub(super) locked: Option<u64>,
    /// Whether dead letters cannot be written, while a step lasts.
    pub(super) letters_lost: bool,
    ids: u64,
    pub(super) sessions_opened: u64,
    pub(super) jobs: Jobs,
    pub(super) letters: Vec<LetterRow>,
    pub(super) runs: Runs,
    pub(super) schedules: BTreeMap<String, ScheduleRecord>,
    pub(super) occurrences: BTreeMap<(String, DateTime<Utc>), OccurrenceRow>,
    /// Each breaker with the version of its row, and when it changed.
    pub(super) breakers: BTreeMap<&'static str, (Breaker, i64, DateTime<Utc>)>,
    pub(super) notifications: BTreeMap<(String, String), NotificationRow>,
    pub(super) outbox: BTreeMap<Uuid, EventRow>,
    pub(super) features: BTreeMap<ContactKey, StoredFeatures>,
    pub(super) config_epoch: i64,
    /// By organization, oldest first.
    pub(super) documents: BTreeMap<OrganizationId, Vec<DocumentRow>>,
    pub(super) drafts: BTreeMap<OrganizationId, DraftRow>,
    pub(super) seen: BTreeMap<(OrganizationId, EventId), SeenRow>,
    pub(super) activity: BTreeMap<(OrganizationId, DateTime<Utc>, EventId), ActivityRow>,
    pub(super) enrichments: BTreeMap<(OrganizationId, DateTime<Utc>, EventId), EnrichmentRow>,
    pub(super) roll_ups: RollUpTables,
    pub(super) signals: BTreeMap<SignalKey, SignalRow>,
    pub(super) alerts: BTreeMap<Uuid, AlertRow>,
    pub(super) boards: Boards,
    pub(super) portfolios: Portfolios,
    pub(super) domains: BTreeMap<DomainPlace, DomainRow>,
    pub(super) scores: BTreeMap<ContactKey, LeadScore>,
    pub(super) history: BTreeMap<HistoryKey, HistoryRow>,
    pub(super) organizations: BTreeMap<String, String>,
    pub(super) keys: Vec<(ApiKey, bool)>,
    pub(super) beats: BTreeMap<String, Beat>,
    pub(super) audit: Vec<Link>,
    pub(super) audit_head: Walk,
    /// By holder and key.
    pub(super) answers: BTreeMap<(String, String), AnswerRow>,
    pub(super) deliveries: BTreeMap<Uuid, DeliveryRow>,
    pub(super) replays: BTreeMap<Uuid, ReplayRecord>,
    pub(super) log: EffectLog,
}

/// What was committed, for invariants that rows alone do not show. Retention
/// does not touch it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EffectLog {
    /// The claims under which each job's effect was committed: never two.
    pub effects: BTreeMap<Uuid, Vec<i32>>,
    /// Effect transactions that were committed.
    pub commits: u64,
    /// Effect transactions that the fence ended.
    pub fence_lost: u64,
    /// Scores that were written.
    pub scores_written: u64,
    /// Scores that were not written, because there was a newer one.
    pub superseded: u64,
    /// Claims that took over a lease that had run out.
    pub leases_expired: u64,
}

impl State {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self {
            now,
            twin: Twin::default(),
            limits: Limits::default(),
            schema_version: SCHEMA_VERSION,
            locked: None,
            letters_lost: false,
            ids: 0,
            sessions_opened: 0,
            jobs: Jobs::default(),
            letters: Vec::new(),
            runs: Runs::default(),
            schedules: BTreeMap::new(),
            occurrences: BTreeMap::new(),
            breakers: BTreeMap::new(),
            notifications: BTreeMap::new(),
            outbox: BTreeMap::new(),
            features: BTreeMap::new(),
            config_epoch: 0,
            documents: BTreeMap::new(),
            drafts: BTreeMap::new(),
            seen: BTreeMap::new(),
            activity: BTreeMap::new(),
            enrichments: BTreeMap::new(),
            roll_ups: RollUpTables::default(),
            signals: BTreeMap::new(),
            alerts: BTreeMap::new(),
            boards: Boards::default(),
            portfolios: Portfolios::default(),
            domains: BTreeMap::new(),
            scores: BTreeMap::new(),
            history: BTreeMap::new(),
            organizations: BTreeMap::new(),
            keys: Vec::new(),
            beats: BTreeMap::new(),
            audit: Vec::new(),
            audit_head: Walk::default(),
            answers: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            replays: BTreeMap::new(),
            log: EffectLog::default(),
        }
    }

    /// A fresh UUIDv7.
    pub(super) fn new_id(&mut self) -> Uuid {
        self.ids += 1;
        v7(self.now, Maker::Database, self.ids)
    }

    /// An organization's configuration: the newest, or the newest of an epoch.
    pub(super) fn document(
        &self,
        organization: &OrganizationId,
        epoch: Option<i64>,
    ) -> Option<&DocumentRow> {
        let documents = self.documents.get(organization)?;
        documents.iter().rev().find(|row| epoch.is_none_or(|epoch| row.epoch <= epoch))
    }

    /// Publishes an organization's next configuration.
    pub(super) fn publish_document(
        &mut self,
        organization: &OrganizationId,
        factors: Result<Config, PortError>,
        signals: SignalConfig,
        published_by: &str,
    ) -> i64 {
        self.config_epoch += 1;
        let row = DocumentRow {
            version: self.document(organization, None).map_or(0, |newest| newest.version) + 1,
            epoch: self.config_epoch,
            factors,
            signals,
            published_by: published_by.to_owned(),
            published_at: self.now,
        };
        let version = row.version;
        self.documents.entry(organization.clone()).or_default().push(row);
        version
    }

    /// Whether somebody else has a row locked at this moment.
    pub(super) fn is_locked(&self, id: Uuid) -> bool {
        let (high, low) = id.as_u64_pair();
        self.locked.is_some_and(|salt| mix(high ^ low ^ salt) & 1 == 1)
    }
}

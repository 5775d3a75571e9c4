//! Looking at a store by hand.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::audit::{Link, Walk};
use mauntic_domain::breaker::Breaker;
use mauntic_domain::ids::{EventId, OrganizationId};
use mauntic_domain::runs::RunCounts;
use mauntic_domain::scoring::Features;
use mauntic_flows::ports::{ContactKey, Dependency};
use uuid::Uuid;

use super::boards::Boards;
use super::roll_up_rows::{EnrichmentRow, RollUpTables};
use super::rows::{
    AnswerRow, DeliveryRow, EventRow, HistoryKey, HistoryRow, JobRow, LeadScore, LetterRow,
    NotificationRow, OccurrenceRow, ReplayRecord, RunRecord, ScheduleRecord,
};
use super::signal_rows::{
    ActivityRow, AlertRow, DocumentRow, DraftRow, SeenRow, SignalKey, SignalRow,
};
use super::{EffectLog, MemoryStore, State};

impl MemoryStore {
    /// Looks at everything that is held, at one moment.
    pub fn look<T>(&self, at: impl FnOnce(&State) -> T) -> T {
        at(&self.lock())
    }

    /// A job's row.
    #[must_use]
    pub fn job(&self, id: Uuid) -> Option<JobRow> {
        self.look(|state| state.jobs.get(id).cloned())
    }

    /// Every job, in the order of their insertion.
    #[must_use]
    pub fn jobs(&self) -> Vec<JobRow> {
        let mut jobs: Vec<JobRow> = self.look(|state| state.jobs().cloned().collect());
        jobs.sort_by_key(|row| row.seq);
        jobs
    }

    /// Every dead letter, in the order of their insertion.
    #[must_use]
    pub fn letters(&self) -> Vec<LetterRow> {
        self.look(|state| state.letters.clone())
    }

    /// Sessions that were opened so far.
    #[must_use]
    pub fn sessions_opened(&self) -> u64 {
        self.look(|state| state.sessions_opened)
    }
}

impl State {
    /// Matches, settlements and boards.
    #[must_use]
    pub fn boards(&self) -> &Boards {
        &self.boards
    }

    /// Every job, by id.
    pub fn jobs(&self) -> impl Iterator<Item = &JobRow> {
        self.jobs.iter()
    }

    /// The jobs that are not final, by id.
    pub fn live_jobs(&self) -> impl Iterator<Item = &JobRow> {
        self.jobs.live()
    }

    /// A job's row.
    #[must_use]
    pub fn job(&self, id: Uuid) -> Option<&JobRow> {
        self.jobs.get(id)
    }

    /// Every dead letter, in the order of their insertion.
    #[must_use]
    pub fn letters(&self) -> &[LetterRow] {
        &self.letters
    }

    /// Every run, by id.
    pub fn runs(&self) -> impl Iterator<Item = &RunRecord> {
        self.runs.iter()
    }

    /// A run.
    #[must_use]
    pub fn run(&self, id: Uuid) -> Option<&RunRecord> {
        self.runs.get(id)
    }

    /// A run's jobs, counted one by one: what its counts must say.
    #[must_use]
    pub fn counted(&self, run: Uuid) -> RunCounts {
        self.counts_of(run)
    }

    /// The schedules by key.
    #[must_use]
    pub const fn schedules(&self) -> &BTreeMap<String, ScheduleRecord> {
        &self.schedules
    }

    /// The occurrences by key and nominal time.
    #[must_use]
    pub const fn occurrences(&self) -> &BTreeMap<(String, DateTime<Utc>), OccurrenceRow> {
        &self.occurrences
    }

    /// A dependency's breaker.
    #[must_use]
    pub fn breaker(&self, dependency: Dependency) -> Breaker {
        self.breakers.get(dependency.name()).map_or(Breaker::Healthy, |(breaker, ..)| *breaker)
    }

    /// The notification ledger by subject and kind.
    #[must_use]
    pub const fn notifications(&self) -> &BTreeMap<(String, String), NotificationRow> {
        &self.notifications
    }

    /// The outbox, by id.
    pub fn events(&self) -> impl Iterator<Item = &EventRow> {
        self.outbox.values()
    }

    /// The scores by contact.
    #[must_use]
    pub const fn scores(&self) -> &BTreeMap<ContactKey, LeadScore> {
        &self.scores
    }

    /// The scores' history by contact and day.
    #[must_use]
    pub const fn history(&self) -> &BTreeMap<HistoryKey, HistoryRow> {
        &self.history
    }

    /// The events that were taken in, by organization and id.
    #[must_use]
    pub const fn seen(&self) -> &BTreeMap<(OrganizationId, EventId), SeenRow> {
        &self.seen
    }

    /// What contacts did, by organization, time and event.
    #[must_use]
    pub const fn activity(
        &self,
    ) -> &BTreeMap<(OrganizationId, DateTime<Utc>, EventId), ActivityRow> {
        &self.activity
    }

    /// Enrichment jobs, by organization, end and event.
    #[must_use]
    pub const fn enrichments(
        &self,
    ) -> &BTreeMap<(OrganizationId, DateTime<Utc>, EventId), EnrichmentRow> {
        &self.enrichments
    }

    /// What roll-ups have written.
    #[must_use]
    pub const fn roll_ups(&self) -> &RollUpTables {
        &self.roll_ups
    }

    /// The signals by contact and event.
    #[must_use]
    pub const fn signals(&self) -> &BTreeMap<SignalKey, SignalRow> {
        &self.signals
    }

    /// The alerts by id.
    #[must_use]
    pub const fn alerts(&self) -> &BTreeMap<Uuid, AlertRow> {
        &self.alerts
    }

    /// Every contact with its features, if they can be read, and their version.
    pub fn contacts(&self) -> impl Iterator<Item = (&ContactKey, &Features, i64)> {
        self.features.iter().filter_map(|(contact, (features, version))| {
            features.as_ref().ok().map(|features| (contact, features, *version))
        })
    }

    /// Version of a contact's features; 0 for an unknown one.
    #[must_use]
    pub fn input_version(&self, contact: &ContactKey) -> i64 {
        self.features.get(contact).map_or(0, |(_, version)| *version)
    }

    /// What organizations published, oldest first.
    #[must_use]
    pub const fn documents(&self) -> &BTreeMap<OrganizationId, Vec<DocumentRow>> {
        &self.documents
    }

    /// The drafts of configurations.
    #[must_use]
    pub const fn drafts(&self) -> &BTreeMap<OrganizationId, DraftRow> {
        &self.drafts
    }

    /// The audit, oldest first, and its head.
    #[must_use]
    pub fn audit(&self) -> (&[Link], Walk) {
        (&self.audit, self.audit_head)
    }

    /// The kept answers by holder and key.
    #[must_use]
    pub const fn answers(&self) -> &BTreeMap<(String, String), AnswerRow> {
        &self.answers
    }

    /// The ledger of deliveries by token.
    #[must_use]
    pub const fn deliveries(&self) -> &BTreeMap<Uuid, DeliveryRow> {
        &self.deliveries
    }

    /// The replays of many by id.
    #[must_use]
    pub const fn replays(&self) -> &BTreeMap<Uuid, ReplayRecord> {
        &self.replays
    }

    /// What was committed.
    #[must_use]
    pub const fn log(&self) -> &EffectLog {
        &self.log
    }
}

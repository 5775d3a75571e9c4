//! The values of the HTTP worker's store.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::{Job, JobState, Queue};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Features, Grade, Score};
use mauntic_domain::trace::TraceContext;
use uuid::Uuid;

use super::{PortError, RequestKey};

/// Which jobs are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobKey {
    /// Every one is its own.
    None,
    /// At most one *queued* job has it, per organization and type: a further
    /// one joins it.
    Coalesce(String),
    /// At most one job has it that is not dead-lettered or cancelled, per
    /// organization and type: the same content gives that job, other content is
    /// refused.
    Idempotent(String),
}

/// A job to be enqueued.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// Type and data.
    pub job: Job,
    /// Which jobs are one with it.
    pub key: JobKey,
    /// Correlation id of the request.
    pub request_id: String,
}

/// A job that is in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enqueued {
    /// The job.
    pub id: Uuid,
    /// Its type's name.
    pub type_name: String,
    /// The queue of its messages.
    pub queue: Queue,
    /// False when a job already stood for it.
    pub created: bool,
    /// Its state.
    pub state: JobState,
    /// Whether its message is to be sent now; else the relay sends it when the
    /// organization's turn comes.
    pub send_now: bool,
    /// When its row was written.
    pub enqueued_at: DateTime<Utc>,
}

/// What storing features did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeaturesStored {
    /// The features' new version.
    pub input_version: i64,
    /// The job that will score the contact.
    pub job: Enqueued,
}

/// A stored score.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRow {
    /// The score.
    pub score: Score,
    /// The last total that differed, if there was one.
    pub previous_total: Option<PointsE4>,
    /// Version of the features it was computed from.
    pub input_version: i64,
    /// Version of the features now; larger means a newer score is on its way.
    pub input_version_now: i64,
    /// Version of the configuration it was computed from; 0 for none.
    pub config_version: i64,
    /// When.
    pub calculated_at: DateTime<Utc>,
}

/// One line of a leaderboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaderboardEntry {
    /// The contact.
    pub contact_id: ContactId,
    /// Its total.
    pub total: PointsE4,
    /// Its grade.
    pub grade: Grade,
    /// When it was scored.
    pub calculated_at: DateTime<Utc>,
}

/// A place in a leaderboard: what a page continues after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Total of the last line seen.
    pub total: PointsE4,
    /// Contact of the last line seen.
    pub contact_id: ContactId,
}

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Read its organization's rows; an operator's, see jobs of every organization.
    Read,
    /// Change them.
    Write,
    /// See and run them.
    Operate,
    /// Everything an operator may, and keys.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Operate, Self::Admin];

    /// Name in the database and in problems.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Operate => "operate",
            Self::Admin => "admin",
        }
    }

    /// The scope of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

/// A live key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The key's row, for logs.
    pub id: Uuid,
    /// The organization it opens; none for an operator's.
    pub organization_id: Option<OrganizationId>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The stored SHA-256, compared in constant time by the caller.
    pub sha256: [u8; 32],
}

/// Signs of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vitals {
    /// The database's clock.
    pub now: DateTime<Utc>,
    /// Number of the newest migration applied.
    pub schema_version: i32,
    /// Last beat of each duty of the tick.
    pub beats: Vec<Beat>,
    /// What somebody should look at, the first of each kind; none where that could not be
    /// read, which makes nothing unwell.
    pub warnings: Option<Vec<Warning>>,
}

/// Something that somebody should look at. Nothing waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What it is.
    pub kind: WarningKind,
    /// What it is about, where that has an id.
    pub id: Option<Uuid>,
    /// What it is about, where that has a name: a queue, a dependency, a schedule, a run by its key.
    pub name: Option<String>,
    /// How many there are of it, where that says anything.
    pub count: Option<i64>,
}

/// What somebody should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WarningKind {
    /// A tournament's board has so many differences from its ledger.
    ScoreboardDrift,
    /// A match without an end that nobody asks about any more, of so many; the ones that
    /// began first.
    MatchesGivenUp,
    /// Of the newest night that has ended so many users were not scored.
    NightPartial,
    /// The newest night that has ended scored nobody; so many users were to be.
    NightFailed,
    /// So many dead letters of a queue wait for somebody's decision.
    DeadLetters,
    /// No call of a dependency goes, or only a probe.
    BreakerOpen,
    /// A run makes no progress, so that its lock was taken from it.
    RunStalled,
    /// So many nominal times of a schedule were missed in a day.
    OccurrencesMissed,
    /// The newest night that has ended went by stale rates.
    RatesStale,
}

impl WarningKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::ScoreboardDrift,
        Self::MatchesGivenUp,
        Self::NightPartial,
        Self::NightFailed,
        Self::DeadLetters,
        Self::BreakerOpen,
        Self::RunStalled,
        Self::OccurrencesMissed,
        Self::RatesStale,
    ];

    /// Most of a kind that are told.
    pub const TOLD_MAX: i32 = 10;

    /// Name in rows and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ScoreboardDrift => "scoreboard_drift",
            Self::MatchesGivenUp => "matches_given_up",
            Self::NightPartial => "night_partial",
            Self::NightFailed => "night_failed",
            Self::DeadLetters => "dead_letters",
            Self::BreakerOpen => "breaker_open",
            Self::RunStalled => "run_stalled",
            Self::OccurrencesMissed => "occurrences_missed",
            Self::RatesStale => "rates_stale",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// When a duty of the tick was done, and is to be done again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beat {
    /// Name of the duty.
    pub duty: String,
    /// When it was last done.
    pub at: DateTime<Utc>,
    /// Longest time from one tick to the next when it was, in seconds.
    pub interval_secs: u32,
    /// Who did it; none where the build before this one did.
    pub by: Option<Instance>,
}

/// Who does the tick's duties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instance {
    /// The isolate.
    pub id: Uuid,
    /// Newest schema version that its build runs on.
    pub schema_max: i32,
}

/// Counts of one queue's jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueStats {
    /// Waiting for their first or next attempt.
    pub pending: i64,
    /// Under a lease.
    pub processing: i64,
    /// Failed, to be tried again.
    pub failed: i64,
    /// Undecided dead letters.
    pub dead_letters: i64,
    /// Age of the oldest that waits, in seconds.
    pub oldest_secs: Option<i64>,
}

/// What the HTTP worker does for one organization, under row-level security.
#[trait_variant::make(Send)]
pub trait TenantStore: Sync {
    /// From now on what this session enqueues is started by this span, whatever enqueues it.
    fn start_by(&mut self, starter: TraceContext);
    /// The span that starts what it enqueues, if one does.
    fn starter(&self) -> Option<TraceContext>;
    /// Stores a contact's features and enqueues its scoring, in one transaction.
    async fn put_features(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
        features: &Features,
        job: &NewJob,
    ) -> Result<FeaturesStored, PortError>;
    /// Enqueues jobs of one organization, in one transaction, in the order of
    /// the answer: none where one key stands for other content
    /// ([`PortError::KeyConflict`]) or the backlog is full
    /// ([`PortError::Backlog`]).
    /// With a `key` the first answer to it is given again, and nothing written.
    async fn enqueue(
        &self,
        organization: &OrganizationId,
        jobs: &[NewJob],
        key: Option<&RequestKey>,
    ) -> Result<Vec<Enqueued>, PortError>;
    /// [`super::RelayStore::mark_sent`] under the organization's row-level security.
    async fn mark_own_sent(
        &self,
        organization: &OrganizationId,
        ids: &[Uuid],
    ) -> Result<(), PortError>;
    /// A contact's score; the outer `None` is an unknown contact, the inner one
    /// a contact without a score yet.
    async fn score(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
    ) -> Result<Option<Option<ScoreRow>>, PortError>;
    /// Contacts by total, highest first, ties by contact id.
    async fn leaderboard(
        &self,
        organization: &OrganizationId,
        after: Option<&Position>,
        limit: i64,
    ) -> Result<Vec<LeaderboardEntry>, PortError>;
}

/// Keys and what needs no organization.
#[trait_variant::make(Send)]
pub trait KeyStore: Sync {
    /// The live key with this SHA-256.
    async fn find_key(&self, sha256: &[u8; 32]) -> Result<Option<ApiKey>, PortError>;
    /// Signs of life for the health check.
    async fn vitals(&self) -> Result<Vitals, PortError>;
    /// Counts by queue name.
    async fn queue_stats(&self) -> Result<BTreeMap<String, QueueStats>, PortError>;
}

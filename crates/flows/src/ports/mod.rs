//! What flows need from outside, as traits. No transaction crosses a port: a
//! port takes the decided writes as a value and commits them itself.

mod acts;
mod boards;
mod claim;
mod config;
mod effect;
mod error;
mod events;
mod explain;
mod guard;
mod host;
mod ledger;
mod objects;
mod observe;
mod operator;
mod outside;
mod overnight;
mod overnight_writes;
mod portfolio;
mod reports;
mod schedule;
mod scoreboard;
mod settle;
mod settled_views;
mod signals;
mod span;
mod tenant;
mod tournament_views;
mod tournament_writes;
mod tournaments;
mod upkeep;
mod verification;
mod views;
mod warmup;

pub use acts::{
    Act, Advanced, ByHand, CaseReplay, CaseReplayed, Discarded, Ended, Handed, Repeat, ReplayOrder,
    RequestKey, Retried,
};
pub use boards::{Board, BoardKey, BoardLine, BoardPlace, BoardSlice, BoardStore, LeagueBoard};
pub use claim::{
    AloneClaim, AloneRequest, ClaimReply, ClaimRequest, DeadLetter, Held, Next, Seen, ShortJob,
};
pub use config::{
    ConfigPart, ConfigSample, ConfigState, ConfigStore, ConfigToken, Pick, Publication, Unchanged,
    Written, config_actions,
};
pub use mauntic_domain::scoreboard::messages::TournamentRef;

pub use effect::{
    Committed, CompletedJob, ContactInput, ContactKey, CurrentScore, Effect, NewEvent, RangePlan,
    RollUpWrite, SIGNALS_SCORED_MAX, ScoreInputs, ScoreWrite, SentNotification, SignalKey,
    SpawnedJob,
};
pub use error::PortError;
pub use events::{EventFate, EventStore, EventsRetired, INTAKE_EVENTS_MAX, Intake, TakenIn};
pub use explain::{ExplainStore, Explained, PointLine};
pub use guard::GuardStore;
pub use host::{Checkpoint, Host};
pub use ledger::{
    Bucket, Compared, LedgerPage, LedgerStore, PointsCheck, SettledMatch, Stray, Which,
};
pub use objects::{Object, Objects};
pub use observe::Transition;
pub use operator::OperatorStore;
pub use outside::{Backlog, Call, CallError, Dependency, Outside, Request, refuses_caller};
pub use overnight::{
    ChunkInputs, FAILURES_NAMED_MAX, LatestScore, LostNight, NamedFailure, Night, NightStore,
    NightTotals, StepDone, StoredRates, UserInputs, UserKey, UserSnapshot,
};
pub use overnight_writes::{
    DETAIL_CHARS_MAX, NightBegin, NightChunk, NightEnd, NightQuotes, NightRates, NightTold,
    NightUsers, NightWrite, ScoredAsset, Took, UserWrite,
};
pub use portfolio::{
    AssetScoreView, CalculationView, CriteriaView, FateCount, Holding, NightUser, NightUsersAsked,
    OwnNight, PortfolioStore, PortfolioView, PortfolioWrite, ScorePlace,
};
pub use reports::{ReportLine, ReportPlace, ReportQuery, ReportStore};
pub use schedule::{
    Judged, JudgedFrom, JudgedSchedule, NewOccurrence, NewRun, Opened, Recounted, RunRow, RunStart,
    ScheduleRow, ScheduleRows,
};
pub use scoreboard::{
    MATCH_SETTLED, MatchPlace, SettlementAct, SettlementBasis, SettlementInputs, SettlementStore,
    SettlementWrite,
};
pub use settle::{Died, OutgoingEvent, PutOff, Replayed, Retired, SetBackJob, Setback, Wakeup};
pub use settled_views::{
    SettledStore, SettlementFilter, SettlementPlace, SettlementView, VerificationFilter,
    VerificationPlace, VerificationView,
};
pub use signals::{
    ALERT_STATUSES, Acknowledged, AlertFate, AlertFilter, AlertView, ContactView, Days, HistoryDay,
    SIGNALS_READ_MAX, SignalList, SignalPlace, SignalStore, SignalView,
};
pub use span::{ATTRIBUTES_MAX, Span, SpanKind, SpanValue};
pub use tenant::{
    ApiKey, Beat, Enqueued, FeaturesStored, Instance, JobKey, KeyStore, LeaderboardEntry, NewJob,
    Position, QueueStats, Scope, ScoreRow, TenantStore, Vitals, Warning, WarningKind,
};
pub use tournament_views::{GuessView, LeagueView, MatchFilter, MatchTime, MatchView};
pub use tournament_writes::{
    ToldMatch, TournamentRefused, TournamentStore, TournamentWrite, TournamentWritten, tell,
};
pub use tournaments::{
    Tournament, TournamentChange, TournamentSettings, is_open, tournament_actions,
};
pub use upkeep::{Closed, Closing, DriftRow, DriftWrite, RebuildWrite, UpkeepStore};
pub use verification::{
    CheckPlan, DueMatch, KnockoutInputs, NewMatches, VerificationInputs, VerificationNote,
    VerificationStore, VerificationWrite, VerifiedRow,
};
pub use views::{
    AuditFilter, AuditPage, BreakerRow, CaseDetail, CaseFilter, CaseGroup, CaseView, CronRow,
    JobDetail, JobError, JobFilter, JobView, OccurrenceView, Page, Paged, ReplayRow, RunView,
};
pub use warmup::{DomainChange, DomainStore, SendingDomain};

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::data::ContactRange;
use uuid::Uuid;

/// Everything a use case needs; handlers are generic over it.
pub trait Ports: Send + Sync + 'static {
    /// The database.
    type Db: Database;
    /// The queues.
    type Wakeups: Wakeups;
    /// The host's clock and randomness.
    type Host: Host;
    /// Services outside.
    type Outside: Outside;
    /// Counters of what may be sent.
    type Counters: Objects;
    /// Snapshots of what is read often.
    type Projections: Objects;

    /// The database.
    fn db(&self) -> &Self::Db;
    /// The queues.
    fn wakeups(&self) -> &Self::Wakeups;
    /// The host.
    fn host(&self) -> &Self::Host;
    /// Services outside.
    fn outside(&self) -> &Self::Outside;
    /// Counters of what may be sent.
    fn counters(&self) -> &Self::Counters;
    /// Snapshots of what is read often.
    fn projections(&self) -> &Self::Projections;
}

/// Opens sessions. One invocation opens one, and a further one after an error.
#[trait_variant::make(Send)]
pub trait Database: Sync {
    /// A connected session.
    type Session: JobStore
        + EffectStore
        + SettlementStore
        + VerificationStore
        + NightStore
        + BoardStore
        + LedgerStore
        + UpkeepStore
        + ExplainStore
        + TournamentStore
        + SettledStore
        + RelayStore
        + RunStore
        + ScheduleStore
        + GuardStore
        + TenantStore
        + EventStore
        + ConfigStore
        + SignalStore
        + DomainStore
        + PortfolioStore
        + ReportStore
        + OperatorStore
        + KeyStore
        + Send
        + Sync;

    /// Connects and authenticates within a bounded time.
    async fn open(&self) -> Result<Self::Session, PortError>;
}

/// Sends messages. The queue is only a wake-up; the row is the truth.
#[trait_variant::make(Send)]
pub trait Wakeups: Sync {
    /// Sends messages in as few batches as the platform's limits allow.
    async fn send(&self, queue: Queue, messages: &[Wakeup]) -> Result<(), PortError>;
    /// What the platform says waits on a queue, where it says so; best effort.
    async fn backlog(&self, queue: Queue) -> Result<Option<Backlog>, PortError>;
    /// Whether anybody listens to domain events in this deployment.
    fn has_listeners(&self) -> bool;
    /// Sends domain events, many a message.
    async fn publish(&self, events: &[OutgoingEvent]) -> Result<(), PortError>;
}

/// The job protocol. After an error a session is dropped.
#[trait_variant::make(Send)]
pub trait JobStore: Sync {
    /// Claims a batch in one round trip.
    async fn claim(&self, request: &ClaimRequest) -> Result<ClaimReply, PortError>;
    /// Claims one job alone: a suspect, or one of a type that is not batched.
    async fn claim_alone(&self, request: AloneRequest) -> Result<AloneClaim, PortError>;
    /// Moves held jobs that were not done; returns those that still held their
    /// lease, which alone were moved. Sorted by id.
    async fn set_back(&self, jobs: &[SetBackJob]) -> Result<Vec<Uuid>, PortError>;
    /// Queues a held job again that could not be tried; it spends nothing.
    /// False if its lease was lost; then nothing happened.
    async fn hand_back(&self, held: &Held) -> Result<bool, PortError>;
    /// Puts off jobs that only another build can do, for five minutes and up to
    /// a day from when they were written; returns those that were still waiting.
    async fn put_off(&self, queue: Queue, ids: &[Uuid]) -> Result<Vec<(Uuid, PutOff)>, PortError>;
    /// Says that no job of this invocation is to blame for how it ends: if its
    /// leases run out, they count against nobody.
    async fn absolve(&self, token: Uuid) -> Result<(), PortError>;
    /// Expires the leases of an invocation that died; returns how many.
    async fn release(&self, token: Uuid) -> Result<u64, PortError>;
    /// Judges messages that the platform gave up on, by their rows; returns the
    /// jobs that are dead letters now.
    async fn bury(&self, request: &ClaimRequest) -> Result<Vec<Died>, PortError>;
    /// Makes at most `limit` jobs dead letters that are past their
    /// `expires_at` and not under a lease.
    async fn expire(&self, limit: i64) -> Result<Vec<Died>, PortError>;
    /// Cancels jobs that are queued or failed; returns those it cancelled.
    async fn cancel(&self, ids: &[Uuid]) -> Result<Vec<Uuid>, PortError>;
    /// Queues a dead letter's job again.
    async fn replay(&self, id: Uuid) -> Result<Replayed, PortError>;
}

/// What jobs read, and the one door for what they write.
#[trait_variant::make(Send)]
pub trait EffectStore: Sync {
    /// Features, signals and configurations of these contacts, in one round trip;
    /// see [`ScoreInputs::truncated`].
    async fn score_inputs(&self, contacts: &[ContactKey]) -> Result<ScoreInputs, PortError>;
    /// The same for all contacts of a range, of one organization or of all, with
    /// their stored scores; configurations as of an epoch, or the newest.
    async fn range_inputs(
        &self,
        organization: Option<&OrganizationId>,
        range: &ContactRange,
        config_epoch: Option<i64>,
    ) -> Result<ScoreInputs, PortError>;
    /// Cuts the contacts, of one organization or of all, into ranges of at
    /// least `contacts` each and at most `ranges` in number.
    async fn plan_ranges(
        &self,
        organization: Option<&OrganizationId>,
        contacts: u32,
        ranges: u32,
    ) -> Result<RangePlan, PortError>;
    /// At most `limit` organizations after one, in the order of their names.
    async fn organizations(
        &self,
        after: Option<&OrganizationId>,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, PortError>;
    /// At most `limit` open alerts that are overdue at `now`, sorted.
    async fn overdue_alerts(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<Uuid>, PortError>;
    /// At most `limit` signals that weigh nothing at `now` and are not archived,
    /// sorted.
    async fn decayed_signals(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<SignalKey>, PortError>;
    /// Completes jobs and writes all of their effect in one transaction and one
    /// round trip, fence first, runs last.
    async fn commit(&self, effect: &Effect) -> Result<Committed, PortError>;
}

/// What the relay and the tick's other duties need.
#[trait_variant::make(Send)]
pub trait RelayStore: Sync {
    /// Takes at most `limit` jobs of each queue whose `wake_at` has passed and
    /// holds them back from other relays for a minute. Of one organization and
    /// queue no more are out than fairness allows.
    async fn take_due(&self, limit: i64) -> Result<Vec<(Queue, Wakeup)>, PortError>;
    /// Takes jobs of these organizations that were never sent, as far as their share
    /// of messages out on the queue reaches, and holds them back as
    /// [`Self::take_due`] does.
    async fn take_held_back(
        &self,
        queue: Queue,
        organizations: &[&str],
    ) -> Result<Vec<Wakeup>, PortError>;
    /// Notes that messages of these jobs were sent.
    async fn mark_sent(&self, ids: &[Uuid]) -> Result<(), PortError>;
    /// Takes at most `limit` events that were not sent and holds them back from
    /// other relays for a minute.
    async fn take_events(&self, limit: i64) -> Result<Vec<OutgoingEvent>, PortError>;
    /// Notes that these events were sent.
    async fn mark_events_sent(&self, ids: &[Uuid]) -> Result<(), PortError>;
    /// Notes that a duty of the tick was done, by whom, and in how many seconds
    /// it is to be done again.
    async fn beat(&self, duty: &str, interval_secs: u32, by: &Instance) -> Result<(), PortError>;
    /// Goes on with the replays that are to go on, each as far as its pace
    /// allows until `window` from now, in a transaction of its own; those that
    /// somebody else goes on with at this moment are left alone. With `only`,
    /// with that one alone. One that cannot go on keeps none of the others.
    async fn advance_replays(
        &self,
        window: TimeDelta,
        only: Option<Uuid>,
    ) -> Result<Advanced, PortError>;
    /// Deletes what is older than `keep`, at most `limit` rows a table; answers
    /// of requests after a day.
    async fn retire(&self, keep: TimeDelta, limit: i64) -> Result<Retired, PortError>;
}

/// Runs.
#[trait_variant::make(Send)]
pub trait RunStore: Sync {
    /// Opens a run with its first job; `trigger` is `manual` or `api`.
    async fn open_run(&self, run: &NewRun, trigger: &'static str) -> Result<Opened, PortError>;
    /// A run.
    async fn run(&self, id: Uuid) -> Result<Option<RunRow>, PortError>;
    /// Cancels those of a run's jobs that are queued or failed, then counts
    /// them; returns how many.
    async fn cancel_run(&self, id: Uuid) -> Result<u64, PortError>;
    /// Recounts at most `limit` runs without progress for `idle`, each under its
    /// lock.
    async fn recount(&self, idle: TimeDelta, limit: i64) -> Result<Recounted, PortError>;
}

/// Schedules and their occurrences.
#[trait_variant::make(Send)]
pub trait ScheduleStore: Sync {
    /// The rows of these schedules, with the night's those of the markets' nights
    /// ([`MARKET_KEY_PREFIX`](mauntic_domain::schedules::MARKET_KEY_PREFIX)), and the
    /// database's clock.
    async fn schedules(&self, job_keys: &[&str]) -> Result<ScheduleRows, PortError>;
    /// Writes what was judged: occurrences, their runs and first jobs, and how
    /// far it is judged now.
    async fn write_judged(&self, judged: &JudgedSchedule) -> Result<Judged, PortError>;
    /// Pauses a schedule with a note, or resumes it; false if it is unknown.
    async fn pause(&self, job_key: &str, note: Option<&str>) -> Result<bool, PortError>;
}

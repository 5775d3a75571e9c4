//! What flows need from outside, as traits. No transaction crosses a port: a
//! port takes the decided writes as a value and commits them itself.

mod claim;
mod effect;
mod error;
mod tenant;

pub use claim::{AloneClaim, ClaimReply, ClaimRequest, DeadLetter, Held, Next, Seen, ShortJob};
pub use effect::{
    Committed, CompletedJob, ContactInput, ContactKey, ScoreEffect, ScoreInputs, ScoreWrite,
};
pub use error::PortError;
pub use tenant::{
    ApiKey, Enqueued, FeaturesStored, LeaderboardEntry, NewJob, Position, QueueStats, Scope,
    ScoreRow, Vitals,
};

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::{Message, Queue};
use mauntic_domain::scoring::Features;
use uuid::Uuid;

/// Everything a use case needs; handlers are generic over it.
pub trait Ports: Send + Sync + 'static {
    /// The database.
    type Db: Database;
    /// The queues.
    type Wakeups: Wakeups;
    /// The host's clock and randomness.
    type Host: Host;

    /// The database.
    fn db(&self) -> &Self::Db;
    /// The queues.
    fn wakeups(&self) -> &Self::Wakeups;
    /// The host.
    fn host(&self) -> &Self::Host;
}

/// What only the host knows. Its clock stamps logs and bounds an invocation;
/// what is decided about a job is decided by the database's clock.
pub trait Host: Send + Sync {
    /// The wall clock.
    fn now(&self) -> DateTime<Utc>;
    /// A fresh UUIDv7.
    fn new_id(&self) -> Uuid;
    /// Called where a flow has just passed a point of no return. Does nothing
    /// but in builds with fault hooks, which die there on purpose.
    fn reached(&self, _checkpoint: Checkpoint<'_>) {}
}

/// A point of no return.
#[derive(Debug, Clone, Copy)]
pub enum Checkpoint<'a> {
    /// These jobs were claimed, and nothing of them is done.
    Claimed(&'a [Held]),
    /// The effect is committed, and nothing is acknowledged.
    Committed,
}

/// Opens sessions. One invocation opens one, and a further one after an error.
#[trait_variant::make(Send)]
pub trait Database: Sync {
    /// A connected session.
    type Session: JobStore + ScoreStore + TenantStore + KeyStore + Send + Sync;

    /// Connects and authenticates within a bounded time.
    async fn open(&self) -> Result<Self::Session, PortError>;
}

/// Sends messages. The queue is only a wake-up; the row is the truth.
#[trait_variant::make(Send)]
pub trait Wakeups: Sync {
    /// Sends messages in as few batches as the platform's limits allow.
    async fn send(&self, queue: Queue, messages: &[Message]) -> Result<(), PortError>;
}

/// The job protocol. After an error a session is dropped.
#[trait_variant::make(Send)]
pub trait JobStore: Sync {
    /// Claims a batch in one round trip.
    async fn claim(&self, request: &ClaimRequest) -> Result<ClaimReply, PortError>;
    /// Claims one job alone: a suspect, or one of a type that is not batched.
    async fn claim_alone(
        &self,
        queue: Queue,
        id: Uuid,
        token: Uuid,
    ) -> Result<AloneClaim, PortError>;
    /// Makes a held job a dead letter; nothing if its lease was lost.
    async fn reject(&self, held: &Held, reason: &str, detail: &str) -> Result<(), PortError>;
    /// Queues a held job again that could not be tried; it spends nothing.
    /// Nothing if its lease was lost.
    async fn hand_back(&self, held: &Held) -> Result<(), PortError>;
    /// Expires the leases of an invocation that died; returns how many.
    async fn release(&self, token: Uuid) -> Result<u64, PortError>;
    /// Takes at most `limit` jobs whose `wake_at` has passed and holds them
    /// back from other relays for a minute.
    async fn take_due(&self, limit: i64) -> Result<Vec<(Queue, Message)>, PortError>;
    /// Notes that messages of these jobs were sent.
    async fn mark_sent(&self, ids: &[Uuid]) -> Result<(), PortError>;
    /// Notes that a duty of the tick was done.
    async fn beat(&self, duty: &str) -> Result<(), PortError>;
    /// Judges messages that the platform gave up on, by their rows.
    async fn bury(&self, request: &ClaimRequest) -> Result<(), PortError>;
}

/// What scoring reads and writes.
#[trait_variant::make(Send)]
pub trait ScoreStore: Sync {
    /// Features and configurations of these contacts, in one round trip.
    async fn score_inputs(&self, contacts: &[ContactKey]) -> Result<ScoreInputs, PortError>;
    /// Completes jobs and writes their scores in one transaction and one round
    /// trip, fence first.
    async fn commit_scores(&self, effect: &ScoreEffect) -> Result<Committed, PortError>;
}

/// What the HTTP worker does for one organization, under row-level security.
#[trait_variant::make(Send)]
pub trait TenantStore: Sync {
    /// Stores a contact's features and enqueues its scoring, in one transaction.
    async fn put_features(
        &self,
        organization: &OrganizationId,
        contact: &ContactId,
        features: &Features,
        job: &NewJob,
    ) -> Result<FeaturesStored, PortError>;
    /// Enqueues jobs of one organization, in one transaction.
    async fn enqueue(
        &self,
        organization: &OrganizationId,
        jobs: &[NewJob],
    ) -> Result<Vec<Enqueued>, PortError>;
    /// [`JobStore::mark_sent`] under the organization's row-level security.
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

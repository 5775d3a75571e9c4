//! What verifications and the look after knock-out rounds are decided on, and what they
//! write.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::{ProviderMatchId, ProviderTournamentId};
use mauntic_domain::scoreboard::knockout::Known;
use mauntic_domain::scoreboard::messages::TournamentRef;
use mauntic_domain::scoreboard::{Answer, Match, Policy, Reason};
use uuid::Uuid;

use super::{MatchPlace, PortError, SpawnedJob};

/// A match that is to be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueMatch {
    /// Which match.
    pub place: MatchPlace,
    /// What is stored of it.
    pub stored: Match,
    /// Its tournament's window for corrections.
    pub correction: TimeDelta,
}

/// A match that a plan has asked about. The store leaves out those whose rows somebody
/// else holds, and those with another time than was read.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckPlan {
    /// Which match.
    pub place: MatchPlace,
    /// When it was to be asked about.
    pub due_at: Option<DateTime<Utc>>,
    /// When it is asked about next.
    pub next_check_at: Option<DateTime<Utc>>,
    /// The job that asks now. None comes of it where its key stands for one already.
    pub job: SpawnedJob,
}

/// What a verification is decided on, of one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationInputs {
    /// What the provider calls the tournament; none where nobody is asked.
    pub tournament: Option<ProviderTournamentId>,
    /// What it calls the match.
    pub external_id: ProviderMatchId,
    /// What the tournament's rules say of what comes of an answer.
    pub policy: Policy,
    /// Raised with every change of the rules.
    pub rules_version: i32,
    /// The match.
    pub stored: Match,
    /// The database's clock: whatever is asked now was asked for then.
    pub now: DateTime<Utc>,
}

/// A match as it is after an answer. The store locks its row in a statement of its own,
/// and writes nothing where that is another by then than the answer was judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedRow {
    /// The version of the rules that were read.
    pub rules_version: i32,
    /// What was stored of the match as it was read.
    pub was: Match,
    /// What is stored of it from now on.
    pub becomes: Match,
}

/// A line of a match's history: what came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationNote {
    /// Which match.
    pub place: MatchPlace,
    /// The job that asked.
    pub job_id: Uuid,
    /// Its attempt.
    pub attempt: i32,
    /// The database's time before the provider was asked.
    pub fetched_at: DateTime<Utc>,
    /// Why it came out as it did.
    pub reason: Reason,
    /// The version of the match's result afterwards.
    pub result_version: i32,
}

/// A decided verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationWrite {
    /// The match as it is now; none where what is stored stays.
    pub row: Option<VerifiedRow>,
    /// What came of it.
    pub note: VerificationNote,
}

/// What the look after a tournament's rounds is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnockoutInputs {
    /// What the provider calls the tournament; none where nobody is asked.
    pub tournament: Option<ProviderTournamentId>,
    /// Its matches.
    pub matches: Vec<Known>,
}

/// Matches that a tournament gets. One that it has by then is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMatches {
    /// Which tournament.
    pub tournament: TournamentRef,
    /// As the provider told of them; nobody has asked about them yet.
    pub matches: Vec<Answer>,
}

/// What verifications read, and what is noted of one that is not done yet.
#[trait_variant::make(Send)]
pub trait VerificationStore: Sync {
    /// At most `limit` matches that are due at `now`, in the order of
    /// [`pick`](mauntic_domain::scoreboard::candidates::pick), of tournaments that have a
    /// provider.
    async fn due_matches(&self, now: DateTime<Utc>, limit: u32)
    -> Result<Vec<DueMatch>, PortError>;
    /// A match with what it is judged by; none where there is no such match.
    async fn verification_inputs(
        &self,
        place: &MatchPlace,
    ) -> Result<Option<VerificationInputs>, PortError>;
    /// Notes what came of an attempt that is tried again, once an attempt.
    async fn note_verification(&self, note: &VerificationNote) -> Result<(), PortError>;
    /// At most `limit` tournaments that have a provider, after one, in the order of their
    /// places.
    async fn provided_tournaments(
        &self,
        after: Option<&TournamentRef>,
        limit: u32,
    ) -> Result<Vec<TournamentRef>, PortError>;
    /// A tournament's matches; none where there is no such tournament.
    async fn knockout_inputs(
        &self,
        place: &TournamentRef,
    ) -> Result<Option<KnockoutInputs>, PortError>;
}

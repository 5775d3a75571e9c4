//! What an organization does to its tournaments, as values: one transaction does any of
//! them, or nothing.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{MemberId, OrganizationId};
use mauntic_domain::scoreboard::fixtures::Told;
use mauntic_domain::scoreboard::guesses::GuessError;
use mauntic_domain::scoreboard::totals::MATCHES_MAX;
use mauntic_domain::scoreboard::{Fixture, MatchResult, Score};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Act, GuessView, LeagueView, MatchFilter, MatchTime, MatchView, PortError, Tournament,
    TournamentChange, TournamentSettings,
};

/// What an organization does to a tournament. Lists are sorted by what they are stored
/// under, and have nothing twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TournamentWrite {
    /// Makes one.
    Create(TournamentSettings),
    /// Says something of it otherwise, if it is as it was seen.
    Change {
        /// Which.
        tournament: Uuid,
        /// [`Tournament::tag`] of what was seen.
        seen: String,
        /// What.
        change: TournamentChange,
    },
    /// Tells its matches.
    Tell {
        /// Of which.
        tournament: Uuid,
        /// The matches, by their external ids.
        fixtures: Vec<Fixture>,
    },
    /// Enters how a match ended, where no provider tells it.
    Result {
        /// Of which tournament.
        tournament: Uuid,
        /// Which match.
        match_id: Uuid,
        /// How.
        result: MatchResult,
    },
    /// Members join.
    Join {
        /// Which.
        tournament: Uuid,
        /// Who.
        members: Vec<MemberId>,
    },
    /// Members guess the score of a match.
    Guess {
        /// Of which tournament.
        tournament: Uuid,
        /// Which match.
        match_id: Uuid,
        /// Who, and what.
        guesses: Vec<(MemberId, Score)>,
    },
    /// Makes a league.
    Found {
        /// Of which tournament.
        tournament: Uuid,
        /// For people.
        name: String,
    },
    /// Members of the tournament enter a league.
    Enter {
        /// Of which tournament.
        tournament: Uuid,
        /// Which league.
        league: Uuid,
        /// Who.
        members: Vec<MemberId>,
    },
    /// A member leaves a league.
    Leave {
        /// Of which tournament.
        tournament: Uuid,
        /// Which league.
        league: Uuid,
        /// Who.
        member: MemberId,
    },
}

/// What became of a match that was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldMatch {
    /// Ours.
    pub id: Uuid,
    /// What it was told as.
    pub external_id: String,
    /// What was made of it.
    pub told: Told,
}

/// Decides on matches that are told: what is made of each, in their order, where those of
/// them that are stored are held, and the tournament has so many.
///
/// # Errors
/// Why nothing is made of any.
pub fn tell(
    fixtures: &[Fixture],
    held: &[MatchView],
    matches: i64,
) -> Result<Vec<Told>, TournamentRefused> {
    let told = |of: &Fixture| {
        let is_it = |held: &&MatchView| held.fixture.external_id == of.external_id;
        of.told(held.iter().find(is_it).map(|held| (&held.fixture, held.stored.status)))
    };
    let told: Vec<Told> = fixtures.iter().map(told).collect();
    let these = |which: Told| fixtures.iter().zip(&told).filter(move |(_, of)| **of == which);
    let begun: Vec<String> = these(Told::Begun).map(|(of, _)| of.external_id.to_string()).collect();
    if !begun.is_empty() {
        return Err(TournamentRefused::Begun(begun));
    }
    let new = i64::try_from(these(Told::New).count()).unwrap_or(i64::MAX);
    if matches.saturating_add(new) > MATCHES_MAX {
        return Err(TournamentRefused::Full);
    }
    Ok(told)
}

/// What was done; kept as the answer to the request's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TournamentWritten {
    /// The tournament as it is now.
    Tournament(Tournament),
    /// The matches, by their external ids.
    Told(Vec<ToldMatch>),
    /// Members were added where they were not there.
    Added {
        /// How many are new.
        added: i64,
    },
    /// Guesses are stored.
    Guessed {
        /// How many.
        guesses: i64,
        /// When; of one that was there with the same score it was then.
        at: DateTime<Utc>,
    },
    /// How a match ended is stored.
    Entered {
        /// Why it came out so, by the name of its reason.
        reason: String,
        /// The version of the result that is stored.
        result_version: i32,
        /// The job that settles it, and when it was enqueued; none where nothing is new.
        job: Option<(Uuid, DateTime<Utc>)>,
    },
    /// The league.
    League(LeagueView),
    /// A member is in the league no more; false if it was not in it.
    Left(bool),
}

/// Why nothing was done. The first of these that is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TournamentRefused {
    /// There is no such tournament.
    UnknownTournament,
    /// There is no such match.
    UnknownMatch,
    /// There is no such league.
    UnknownLeague,
    /// The tournament is closed.
    Closed {
        /// Since when.
        at: DateTime<Utc>,
    },
    /// It is another by now than was seen.
    Stale,
    /// A match was settled by its rules, and they were to be others.
    RulesInUse,
    /// These matches were to be others, and are not still to come; by their external ids.
    Begun(Vec<String>),
    /// The match has not begun: it cannot have ended.
    NotBegun {
        /// When it begins.
        kickoff: DateTime<Utc>,
    },
    /// The tournament's provider tells results.
    Provided,
    /// It would have more matches than a tournament may have.
    Full,
    /// These are no members of the tournament.
    NotMembers(Vec<MemberId>),
    /// The match takes no guess.
    NoGuess(GuessError),
}

/// Tournaments of one organization, under row-level security.
#[trait_variant::make(Send)]
pub trait TournamentStore: Sync {
    /// Does it in one transaction, or nothing. A repeat under the act's key gets the
    /// first answer. Changes of rules and results have an entry in the audit.
    async fn write_tournament(
        &self,
        organization: &OrganizationId,
        act: &Act,
        write: &TournamentWrite,
    ) -> Result<Result<TournamentWritten, TournamentRefused>, PortError>;
    /// One tournament, or at most `limit` that were made before one, newest first.
    async fn tournaments(
        &self,
        organization: &OrganizationId,
        one: Option<Uuid>,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Tournament>, PortError>;
    /// At most `limit` matches of a tournament by kickoff, after one; none where there is
    /// no such tournament.
    async fn matches(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        filter: &MatchFilter,
        after: Option<&MatchTime>,
        limit: i64,
    ) -> Result<Option<Vec<MatchView>>, PortError>;
    /// When a member joined; none where there is no such member, nor tournament.
    async fn joined_at(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        member: &MemberId,
    ) -> Result<Option<DateTime<Utc>>, PortError>;
    /// At most `limit` guesses of a member by kickoff, after one; none where there is no
    /// such member.
    async fn guesses_of(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        member: &MemberId,
        after: Option<&MatchTime>,
        limit: i64,
    ) -> Result<Option<Vec<GuessView>>, PortError>;
    /// One league of a tournament, or at most `limit` that were made before one, newest
    /// first; none where there is no such tournament.
    async fn leagues(
        &self,
        organization: &OrganizationId,
        tournament: Uuid,
        one: Option<Uuid>,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Option<Vec<LeagueView>>, PortError>;
}

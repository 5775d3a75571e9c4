//! What is shown of tournaments, matches, guesses and leagues.

use axum::Json;
use axum::http::HeaderValue;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::{Chain, MatchResult, Rules, Score};
use mauntic_flows::ports::{
    GuessView, LeagueView, MatchView, ToldMatch, Tournament, TournamentWritten,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::rules::RulesShape;
use crate::routes::{shown as time, shown_if};

/// A tournament.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Tournament)]
pub(crate) struct TournamentLine {
    #[schema(value_type = String, format = "uuid")]
    tournament_id: Uuid,
    name: String,
    /// What the provider of matches calls it; none where nobody is asked.
    #[schema(required)]
    provider_id: Option<String>,
    /// How tied members are ranked where a query does not say.
    #[schema(pattern = "^(dense|competition|modified|ordinal|percentile)$")]
    ranking: &'static str,
    /// All of them.
    #[schema(value_type = RulesShape)]
    rules: Rules,
    /// What orders members with equal points, before who joined earlier.
    #[schema(value_type = Vec<String>)]
    tie_breaks: Chain,
    /// Grows with every change of rules and tie-breaks.
    rules_version: i32,
    /// When a match was first settled: rules and tie-breaks stay since.
    #[schema(required, format = DateTime)]
    settled_at: Option<String>,
    /// Since when it takes nothing.
    #[schema(required, format = DateTime)]
    closed_at: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Tournament> for TournamentLine {
    fn from(of: Tournament) -> Self {
        Self {
            tournament_id: of.id,
            name: of.settings.name,
            provider_id: of.settings.provider_id.map(String::from),
            ranking: of.settings.ranking.name(),
            rules: of.settings.rules,
            tie_breaks: of.settings.chain,
            rules_version: of.rules_version,
            settled_at: shown_if(of.settled_at),
            closed_at: shown_if(of.closed_at),
            created_at: time(of.created_at),
        }
    }
}

/// A match.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Match)]
pub(crate) struct MatchLine {
    #[schema(value_type = String, format = "uuid")]
    match_id: Uuid,
    external_id: String,
    round: String,
    home: String,
    away: String,
    #[schema(format = DateTime)]
    kickoff: String,
    #[schema(pattern = "^(scheduled|postponed|live|suspended|ended|abandoned|cancelled)$")]
    status: &'static str,
    #[schema(required)]
    result: Option<ResultLine>,
    /// How many results it has had, each another than the one before.
    result_version: i32,
    /// The version that counts on the board; 0 for none.
    settled_version: i32,
    /// When the newest answer that was taken had been asked for.
    #[schema(required, format = DateTime)]
    last_checked_at: Option<String>,
    /// When it was first seen ended.
    #[schema(required, format = DateTime)]
    ended_at: Option<String>,
}

/// How a match ended; each score has the home team's goals, then the other's.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MatchResult)]
pub(crate) struct ResultLine {
    /// After full time.
    #[schema(value_type = Vec<u8>, min_items = 2, max_items = 2)]
    ft: [u8; 2],
    /// After extra time, with the goals before it.
    #[schema(value_type = Option<Vec<u8>>, required)]
    et: Option<[u8; 2]>,
    /// Of the shoot-out alone.
    #[schema(value_type = Option<Vec<u8>>, required)]
    p: Option<[u8; 2]>,
}

impl From<MatchResult> for ResultLine {
    fn from(of: MatchResult) -> Self {
        let pair = |of: Score| [of.home(), of.away()];
        let (et, p) = (of.extra_time().map(pair), of.penalties().map(pair));
        Self { ft: pair(of.full_time()), et, p }
    }
}

impl From<MatchView> for MatchLine {
    fn from(of: MatchView) -> Self {
        Self {
            match_id: of.id,
            external_id: of.fixture.external_id.into(),
            round: of.fixture.round.into(),
            home: of.fixture.home,
            away: of.fixture.away,
            kickoff: time(of.fixture.kickoff),
            status: of.stored.status.name(),
            result: of.stored.result.map(ResultLine::from),
            result_version: of.stored.result_version,
            settled_version: of.settled_version,
            last_checked_at: shown_if(of.stored.last_checked_at),
            ended_at: shown_if(of.stored.ended_at),
        }
    }
}

/// A member's guess.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Guess)]
pub(crate) struct GuessLine {
    #[schema(value_type = String, format = "uuid")]
    match_id: Uuid,
    round: String,
    #[schema(format = DateTime)]
    kickoff: String,
    #[schema(pattern = "^(scheduled|postponed|live|suspended|ended|abandoned|cancelled)$")]
    status: &'static str,
    home: u8,
    away: u8,
    /// When it was stored last; it counts if that is before the kickoff.
    #[schema(format = DateTime)]
    stored_at: String,
    /// What it has earned; none before the match is settled.
    #[schema(required, value_type = Option<f64>)]
    points: Option<PointsE4>,
    /// Whether it was the score itself; none before the match is settled.
    #[schema(required)]
    exact: Option<bool>,
    /// Whether it had the right winner, or the draw.
    #[schema(required)]
    right: Option<bool>,
}

impl From<GuessView> for GuessLine {
    fn from(of: GuessView) -> Self {
        Self {
            match_id: of.match_id,
            round: of.round.into(),
            kickoff: time(of.kickoff),
            status: of.status.name(),
            home: of.score.home(),
            away: of.score.away(),
            stored_at: time(of.stored_at),
            points: of.earned.map(|earned| earned.points),
            exact: of.earned.map(|earned| earned.exact_hits > 0),
            right: of.earned.map(|earned| earned.right_outcomes > 0),
        }
    }
}

/// A league.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = League)]
pub(crate) struct LeagueLine {
    #[schema(value_type = String, format = "uuid")]
    league_id: Uuid,
    name: String,
    /// How many are in it.
    members: i64,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<LeagueView> for LeagueLine {
    fn from(of: LeagueView) -> Self {
        let created_at = time(of.created_at);
        Self { league_id: of.id, name: of.name, members: of.members, created_at }
    }
}

/// What became of matches that were told, by their external ids.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ToldMatches {
    items: Vec<ToldLine>,
}

/// What became of a match that was told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ToldMatch)]
pub(crate) struct ToldLine {
    #[schema(value_type = String, format = "uuid")]
    match_id: Uuid,
    external_id: String,
    #[schema(pattern = "^(created|changed|unchanged)$")]
    outcome: &'static str,
}

impl From<ToldMatch> for ToldLine {
    fn from(of: ToldMatch) -> Self {
        Self { match_id: of.id, external_id: of.external_id, outcome: of.told.name() }
    }
}

/// How a match ended is stored.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EnteredResult {
    #[schema(pattern = "^(ended|corrected|unchanged)$")]
    outcome: String,
    /// The version of the result that is stored.
    result_version: i32,
    /// The job that settles it; none where nothing is new.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    job_id: Option<Uuid>,
}

/// Members were added.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Added {
    /// How many were not there.
    added: i64,
}

/// Guesses are stored.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredGuesses {
    /// How many.
    guesses: i64,
    /// When the last of them was; one with the same score stays from when it was.
    #[schema(format = DateTime)]
    stored_at: String,
}

/// A member is in the league no more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Removed {
    /// False if it was not in it.
    removed: bool,
}

/// What was written.
pub(super) fn shown(written: TournamentWritten) -> Response {
    match written {
        TournamentWritten::Tournament(of) => tagged(of),
        TournamentWritten::Told(items) => {
            let items = items.into_iter().map(ToldLine::from).collect();
            Json(ToldMatches { items }).into_response()
        }
        TournamentWritten::Added { added } => Json(Added { added }).into_response(),
        TournamentWritten::Guessed { guesses, at } => {
            Json(StoredGuesses { guesses, stored_at: time(at) }).into_response()
        }
        TournamentWritten::Entered { reason: outcome, result_version, job } => {
            let job_id = job.map(|(id, _)| id);
            Json(EnteredResult { outcome, result_version, job_id }).into_response()
        }
        TournamentWritten::League(of) => Json(LeagueLine::from(of)).into_response(),
        TournamentWritten::Left(removed) => Json(Removed { removed }).into_response(),
    }
}

/// A tournament with its tag, which a change names.
pub(super) fn tagged(of: Tournament) -> Response {
    let tag = format!("\"{}\"", of.tag());
    let mut response = Json(TournamentLine::from(of)).into_response();
    // Hexadecimal digits in quotes are always a header's value.
    let tag = HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""));
    response.headers_mut().insert(ETAG, tag);
    response
}

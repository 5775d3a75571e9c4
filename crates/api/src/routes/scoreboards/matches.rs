//! Matches of a tournament: told, listed and shown.

use axum::Json;
use axum::response::Response;
use mauntic_domain::scoreboard::{Round, Status};
use mauntic_flows::ports::{MatchFilter, MatchView, Ports, TournamentStore, TournamentWrite};
use serde::Serialize;
use utoipa::ToSchema;

use super::bodies::{fixtures, result};
use super::reading::Reading;
use super::shown::{EnteredResult, MatchLine, ToldMatches};
use super::writing::{Writing, answer};
use crate::code::Code;
use crate::page::{Answer, Asked, Listed};
use crate::problem::Problem;
use crate::problems::{
    EnterResultProblems, ReadMatchProblems, ReadTournamentProblems, TellMatchesProblems,
};
use crate::query::Query;

/// Matches that are to be played.
// For the document only: the body is read by hand, to name every fault.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MatchesRequest)]
pub(crate) struct MatchesBody {
    #[schema(max_items = 500)]
    matches: Vec<MatchBody>,
}

/// A match that is to be played.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = MatchRequest, example = json!({"externalId": "2022-64", "round": "Final", "home": "Argentina", "away": "France", "kickoff": "2022-12-18T15:00:00Z"}))]
pub(crate) struct MatchBody {
    /// What its provider calls it, or you do; each once.
    #[schema(pattern = "^[A-Za-z0-9_.:-]{1,64}$")]
    external_id: String,
    /// The rules may multiply it.
    #[schema(min_length = 1, max_length = 64)]
    round: String,
    #[schema(min_length = 1, max_length = 100)]
    home: String,
    #[schema(min_length = 1, max_length = 100)]
    away: String,
    #[schema(format = DateTime)]
    kickoff: String,
}

/// Tells matches: all of them, or none. One that is there with the same content is that
/// one; with other content it is changed until somebody saw it being played.
#[utoipa::path(
    post,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}/matches",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = MatchesBody, content_type = "application/json"),
    responses((status = 200, description = "What became of each", body = ToldMatches), TellMatchesProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn tell_matches<P: Ports>(
    writing: Writing<P>,
) -> Result<Response, Problem> {
    answer(writing, |asked| {
        let tournament = asked.places.tournament;
        let fixtures = fixtures(asked.fields)?;
        Ok(TournamentWrite::Tell { tournament, fixtures }.into())
    })
    .await
}

/// How a match ended.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ResultRequest, example = json!({"status": "ended", "score": {"ft": [2, 2], "et": [3, 3], "p": [4, 2]}}))]
pub(crate) struct ResultBody {
    #[schema(pattern = "^ended$")]
    status: String,
    score: ScoreBody,
}

/// Goals of the team named first, then of the other.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScoreRequest)]
pub(crate) struct ScoreBody {
    /// After full time.
    #[schema(min_items = 2, max_items = 2)]
    ft: Vec<u8>,
    /// After extra time, if there was one, with the goals before it.
    #[schema(min_items = 2, max_items = 2)]
    et: Option<Vec<u8>>,
    /// Of the shoot-out alone, if there was one.
    #[schema(min_items = 2, max_items = 2)]
    p: Option<Vec<u8>>,
}

/// Enters how a match ended, where no provider tells it; another result than before is a
/// correction. Its guesses are settled by a job.
#[utoipa::path(
    put,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}/matches/{matchId}/result",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("matchId" = String, Path, description = "The match", format = "uuid"),
    ),
    request_body(content = ResultBody, content_type = "application/json"),
    responses((status = 200, description = "It is stored", body = EnteredResult), EnterResultProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn enter_result<P: Ports>(
    writing: Writing<P>,
) -> Result<Response, Problem> {
    answer(writing, |asked| {
        let (tournament, match_id) = (asked.places.tournament, asked.places.id);
        let result = result(asked.fields)?;
        Ok(TournamentWrite::Result { tournament, match_id, result }.into())
    })
    .await
}

/// A tournament's matches by kickoff: all that is named must hold.
#[utoipa::path(
    get,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}/matches",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("round" = Option<String>, Query, description = "Of this round", max_length = 64),
        ("status" = Option<String>, Query, description = "In one of these, joined by commas", example = "scheduled,live"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<MatchLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        ReadTournamentProblems
    ),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn list_matches<P: Ports>(
    Reading { tenant, places, uri }: Reading<P>,
) -> Result<Answer<MatchLine>, Problem> {
    let owner = &tenant.organization;
    let mut query = Query::of(&uri, &["round", "limit", "cursor"], &["status"]);
    let (asked, after) = Asked::of_tenant(owner, &uri, &mut query);
    let filter = filter(&mut query);
    query.done()?;
    let of = places.tournament;
    let found = tenant.session.matches(owner, of, &filter, after.as_ref(), asked.one_more());
    let found = found.await?.ok_or_else(|| Problem::new(Code::TournamentNotFound))?;
    Ok(asked.cut(found, MatchView::at))
}

fn filter(query: &mut Query) -> MatchFilter {
    let round_form = "the name of a round, of 1 to 64 characters";
    let statuses = Status::ALL.map(Status::name).join(", ");
    MatchFilter {
        id: None,
        round: query.parsed("round", round_form, |text| Round::parse(text).ok()),
        statuses: query.items(
            "status",
            Status::ALL.len(),
            &format!("one of {statuses}"),
            Status::from_name,
        ),
    }
}

/// A match: how it stands, and which version of its result counts.
#[utoipa::path(
    get,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}/matches/{matchId}",
    tag = "scoreboards",
    params(("tournamentId" = String, Path, description = "The tournament", format = "uuid"), ("matchId" = String, Path, description = "The match", format = "uuid")),
    responses((status = 200, description = "The match", body = MatchLine), ReadMatchProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn get_match<P: Ports>(
    Reading { tenant, places, .. }: Reading<P>,
) -> Result<Json<MatchLine>, Problem> {
    let filter = MatchFilter { id: Some(places.id), ..MatchFilter::default() };
    let (owner, of) = (&tenant.organization, places.tournament);
    let found = tenant.session.matches(owner, of, &filter, None, 1).await?;
    let found = found.ok_or_else(|| Problem::new(Code::TournamentNotFound))?.pop();
    found.map(|of| Json(of.into())).ok_or_else(|| Problem::new(Code::MatchNotFound))
}

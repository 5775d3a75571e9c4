//! Leagues: members of a tournament who are ranked among themselves.

use axum::Json;
use axum::response::Response;
use mauntic_flows::ports::{LeagueView, Ports, TournamentStore, TournamentWrite};
use serde::Serialize;
use utoipa::ToSchema;

use super::bodies::{members, name};
use super::members::MembersBody;
use super::reading::Reading;
use super::shown::{Added, LeagueLine, Removed};
use super::writing::{Planned, Writing, answer};
use crate::code::Code;
use crate::page::{Answer, Asked, Listed};
use crate::problem::Problem;
use crate::problems::{
    EnterLeagueProblems, JoinProblems, LeaveLeagueProblems, ReadLeagueProblems,
    ReadTournamentProblems,
};
use crate::query::Query;

/// What is said of a league.
// For the document only: the body is read by hand, to name every fault.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LeagueRequest)]
pub(crate) struct LeagueBody {
    /// For people.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

/// Makes a league, without members.
#[utoipa::path(
    post,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}/leagues",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = LeagueBody, content_type = "application/json"),
    responses((status = 200, description = "It is made", body = LeagueLine), JoinProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn create_league<P: Ports>(
    writing: Writing<P>,
) -> Result<Response, Problem> {
    answer(writing, |asked| {
        let tournament = asked.places.tournament;
        Ok(TournamentWrite::Found { tournament, name: name(asked.fields)? }.into())
    })
    .await
}

/// A tournament's leagues, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}/leagues",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<LeagueLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        ReadTournamentProblems
    ),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn list_leagues<P: Ports>(
    Reading { tenant, places, uri }: Reading<P>,
) -> Result<Answer<LeagueLine>, Problem> {
    let owner = &tenant.organization;
    let mut query = Query::of(&uri, &["limit", "cursor"], &[]);
    let (asked, before) = Asked::of_tenant(owner, &uri, &mut query);
    query.done()?;
    let of = places.tournament;
    let found = tenant.session.leagues(owner, of, None, before, asked.one_more()).await?;
    let found = found.ok_or_else(|| Problem::new(Code::TournamentNotFound))?;
    Ok(asked.cut(found, |of: &LeagueView| of.id))
}

/// A league.
#[utoipa::path(
    get,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}/leagues/{leagueId}",
    tag = "scoreboards",
    params(("tournamentId" = String, Path, description = "The tournament", format = "uuid"), ("leagueId" = String, Path, description = "The league", format = "uuid")),
    responses((status = 200, description = "The league", body = LeagueLine), ReadLeagueProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn get_league<P: Ports>(
    Reading { tenant, places, .. }: Reading<P>,
) -> Result<Json<LeagueLine>, Problem> {
    let (owner, of, one) = (&tenant.organization, places.tournament, Some(places.id));
    let found = tenant.session.leagues(owner, of, one, None, 1).await?;
    let found = found.ok_or_else(|| Problem::new(Code::TournamentNotFound))?.pop();
    found.map(|of| Json(of.into())).ok_or_else(|| Problem::new(Code::LeagueNotFound))
}

/// Members of the tournament enter a league; who is in it stays.
#[utoipa::path(
    post,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}/leagues/{leagueId}/members",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("leagueId" = String, Path, description = "The league", format = "uuid"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = MembersBody, content_type = "application/json"),
    responses((status = 200, description = "They are in it", body = Added), EnterLeagueProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn enter_league<P: Ports>(
    writing: Writing<P>,
) -> Result<Response, Problem> {
    answer(writing, |asked| {
        let (tournament, league) = (asked.places.tournament, asked.places.id);
        let (members, named) = members(asked.fields)?;
        Ok(Planned { write: TournamentWrite::Enter { tournament, league, members }, named })
    })
    .await
}

/// A member leaves a league, and stays in the tournament.
#[utoipa::path(
    delete,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}/leagues/{leagueId}/members/{memberId}",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("leagueId" = String, Path, description = "The league", format = "uuid"),
        ("memberId" = String, Path, description = "The member, by the product's name", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
    ),
    responses((status = 200, description = "They are in it no more", body = Removed), LeaveLeagueProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn leave_league<P: Ports>(
    writing: Writing<P>,
) -> Result<Response, Problem> {
    answer(writing, |asked| {
        let (tournament, league) = (asked.places.tournament, asked.places.id);
        Ok(TournamentWrite::Leave { tournament, league, member: asked.places.member }.into())
    })
    .await
}

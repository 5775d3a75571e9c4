//! Guesses: stored until the kickoff, and what they earned.

use axum::response::Response;
use mauntic_flows::ports::{GuessView, Ports, TournamentStore, TournamentWrite};
use serde::Serialize;
use utoipa::ToSchema;

use super::bodies::{guess, guesses};
use super::reading::Reading;
use super::shown::{GuessLine, StoredGuesses};
use super::writing::{Planned, Writing, answer};
use crate::code::Code;
use crate::page::{Answer, Asked, Listed};
use crate::problem::Problem;
use crate::problems::{PutGuessProblems, PutGuessesProblems, ReadMemberProblems};
use crate::query::Query;

/// A guess.
// For the document only: bodies are read by hand, to name every fault.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GuessRequest)]
pub(crate) struct GuessBody {
    #[schema(minimum = 0, maximum = 99)]
    home: u8,
    #[schema(minimum = 0, maximum = 99)]
    away: u8,
}

/// Guesses about one match.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GuessesRequest)]
pub(crate) struct GuessesBody {
    /// One a member.
    #[schema(max_items = 1_000)]
    guesses: Vec<MemberGuess>,
}

/// Whose guess it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberGuess {
    #[schema(pattern = "^[A-Za-z0-9_.:-]{1,64}$")]
    member_id: String,
    #[schema(minimum = 0, maximum = 99)]
    home: u8,
    #[schema(minimum = 0, maximum = 99)]
    away: u8,
}

/// A member's guesses by kickoff, with what each has earned.
#[utoipa::path(
    get,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}/members/{memberId}/guesses",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("memberId" = String, Path, description = "The member, by the product's name", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<GuessLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        ReadMemberProblems
    ),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn list_guesses<P: Ports>(
    Reading { tenant, places, uri }: Reading<P>,
) -> Result<Answer<GuessLine>, Problem> {
    let owner = &tenant.organization;
    let mut query = Query::of(&uri, &["limit", "cursor"], &[]);
    let (asked, after) = Asked::of_tenant(owner, &uri, &mut query);
    query.done()?;
    let (of, member) = (places.tournament, &places.member);
    let found = tenant.session.guesses_of(owner, of, member, after.as_ref(), asked.one_more());
    let found = found.await?.ok_or_else(|| Problem::new(Code::MemberNotFound))?;
    Ok(asked.cut(found, GuessView::at))
}

/// A member guesses a match, or guesses otherwise: before its kickoff, by the database's
/// clock.
#[utoipa::path(
    put,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}/matches/{matchId}/guesses/{memberId}",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("matchId" = String, Path, description = "The match", format = "uuid"),
        ("memberId" = String, Path, description = "The member, by the product's name", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
    ),
    request_body(content = GuessBody, content_type = "application/json"),
    responses((status = 200, description = "It is stored", body = StoredGuesses), PutGuessProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn put_guess<P: Ports>(
    writing: Writing<P>,
) -> Result<Response, Problem> {
    answer(writing, |asked| {
        let (tournament, match_id) = (asked.places.tournament, asked.places.id);
        let guesses = vec![(asked.places.member, guess(asked.fields)?)];
        Ok(TournamentWrite::Guess { tournament, match_id, guesses }.into())
    })
    .await
}

/// Members guess a match: all of them, or none.
#[utoipa::path(
    post,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}/matches/{matchId}/guesses",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("matchId" = String, Path, description = "The match", format = "uuid"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = GuessesBody, content_type = "application/json"),
    responses((status = 200, description = "They are stored", body = StoredGuesses), PutGuessesProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn put_guesses<P: Ports>(
    writing: Writing<P>,
) -> Result<Response, Problem> {
    answer(writing, |asked| {
        let (tournament, match_id) = (asked.places.tournament, asked.places.id);
        let (guesses, named) = guesses(asked.fields)?;
        Ok(Planned { write: TournamentWrite::Guess { tournament, match_id, guesses }, named })
    })
    .await
}

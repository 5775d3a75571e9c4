//! Members of a tournament.

use axum::Json;
use axum::response::Response;
use mauntic_flows::ports::{Ports, TournamentStore, TournamentWrite};
use serde::Serialize;
use utoipa::ToSchema;

use super::bodies::members;
use super::reading::Reading;
use super::shown::Added;
use super::writing::{Planned, Writing, answer};
use crate::code::Code;
use crate::form::Form;
use crate::problem::Problem;
use crate::problems::{JoinMemberProblems, JoinProblems, ReadMemberProblems};
use crate::routes::shown;

/// Members, by the product's names.
// For the document only: the body is read by hand, to name every fault.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MembersRequest, example = json!({"members": ["user_1", "user_2"]}))]
pub(crate) struct MembersBody {
    /// One that is named twice is added once.
    #[schema(max_items = 10_000)]
    members: Vec<String>,
}

/// Nothing: the path says who.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EmptyRequest)]
pub(crate) struct NoBody {}

/// A member of a tournament.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberLine {
    member_id: String,
    /// Of two with equal numbers the earlier one stands above.
    #[schema(format = DateTime)]
    joined_at: String,
}

/// Members join a tournament, and are on its board; who has joined already stays as they
/// are.
#[utoipa::path(
    post,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}/members",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = MembersBody, content_type = "application/json"),
    responses((status = 200, description = "They are members", body = Added), JoinProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn join_members<P: Ports>(
    writing: Writing<P>,
) -> Result<Response, Problem> {
    answer(writing, |asked| {
        let tournament = asked.places.tournament;
        let (members, named) = members(asked.fields)?;
        Ok(Planned { write: TournamentWrite::Join { tournament, members }, named })
    })
    .await
}

/// A member joins a tournament, once.
#[utoipa::path(
    put,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}/members/{memberId}",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("memberId" = String, Path, description = "The member, by the product's name", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
    ),
    request_body(content = Option<NoBody>, content_type = "application/json"),
    responses((status = 200, description = "They are a member", body = Added), JoinMemberProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn join_member<P: Ports>(
    writing: Writing<P>,
) -> Result<Response, Problem> {
    answer(writing, |asked| {
        Form::of(asked.fields, &[]).done()?;
        let (tournament, members) = (asked.places.tournament, vec![asked.places.member]);
        Ok(TournamentWrite::Join { tournament, members }.into())
    })
    .await
}

/// A member of a tournament.
#[utoipa::path(
    get,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}/members/{memberId}",
    tag = "scoreboards",
    params(("tournamentId" = String, Path, description = "The tournament", format = "uuid"), ("memberId" = String, Path, description = "The member, by the product's name", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$")),
    responses((status = 200, description = "The member", body = MemberLine), ReadMemberProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn get_member<P: Ports>(
    Reading { tenant, places, .. }: Reading<P>,
) -> Result<Json<MemberLine>, Problem> {
    let (owner, of, member) = (&tenant.organization, places.tournament, places.member);
    let found = tenant.session.joined_at(owner, of, &member).await?;
    let joined_at = found.ok_or_else(|| Problem::new(Code::MemberNotFound))?;
    Ok(Json(MemberLine { member_id: member.into(), joined_at: shown(joined_at) }))
}

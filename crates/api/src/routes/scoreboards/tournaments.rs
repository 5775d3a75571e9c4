//! Tournaments: made, listed, shown and changed.

use axum::response::Response;
use mauntic_flows::ports::{Ports, TournamentStore, TournamentWrite};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::bodies::{change, settings};
use super::reading::Reading;
use super::rules::RulesShape;
use super::shown::{TournamentLine, tagged};
use super::writing::{Writing, answer};
use crate::code::Code;
use crate::page::{Answer, Asked, Listed};
use crate::problem::Problem;
use crate::problems::{
    ChangeTournamentProblems, CreateTournamentProblems, ReadProblems, ReadTournamentProblems,
};
use crate::query::Query;

/// What is said of a tournament.
// For the document only: the body is read by hand, to name every fault.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = TournamentRequest, example = json!({"name": "World Cup 2022", "rules": {"multipliers": {"Final": 2}}}))]
pub(crate) struct TournamentBody {
    /// For people; needed to make one.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// What the provider of matches calls it; empty where nobody is asked, and results are
    /// entered by hand.
    #[schema(pattern = "^[A-Za-z0-9_.:-]{0,64}$")]
    provider_id: Option<String>,
    /// How tied members are ranked where a query does not say; `competition`.
    #[schema(pattern = "^(dense|competition|modified|ordinal|percentile)$")]
    ranking: Option<String>,
    rules: Option<RulesShape>,
    /// `exactHits` and `rightOutcomes`, in their order; both by default.
    tie_breaks: Option<Vec<String>>,
}

/// Makes a tournament.
#[utoipa::path(
    post,
    path = "/api/v1/scoreboards/tournaments",
    tag = "scoreboards",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = TournamentBody, content_type = "application/json"),
    responses((status = 200, description = "It is made", body = TournamentLine, headers(("ETag" = String, description = "Its state, which a change names"))), CreateTournamentProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn create_tournament<P: Ports>(
    writing: Writing<P>,
) -> Result<Response, Problem> {
    answer(writing, |asked| Ok(TournamentWrite::Create(settings(asked.fields)?).into())).await
}

/// The organization's tournaments, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/scoreboards/tournaments",
    tag = "scoreboards",
    params(
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<TournamentLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        ReadProblems
    ),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn list_tournaments<P: Ports>(
    Reading { tenant, uri, .. }: Reading<P>,
) -> Result<Answer<TournamentLine>, Problem> {
    let mut query = Query::of(&uri, &["limit", "cursor"], &[]);
    let (asked, before) = Asked::of_tenant::<Uuid>(&tenant.organization, &uri, &mut query);
    query.done()?;
    let owner = &tenant.organization;
    let found = tenant.session.tournaments(owner, None, before, asked.one_more()).await?;
    Ok(asked.cut(found, |of| of.id))
}

/// A tournament, with its rules.
#[utoipa::path(
    get,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}",
    tag = "scoreboards",
    params(("tournamentId" = String, Path, description = "The tournament", format = "uuid")),
    responses((status = 200, description = "The tournament", body = TournamentLine, headers(("ETag" = String, description = "Its state, which a change names"))), ReadTournamentProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn get_tournament<P: Ports>(
    Reading { tenant, places, .. }: Reading<P>,
) -> Result<Response, Problem> {
    let one = Some(places.tournament);
    let mut found = tenant.session.tournaments(&tenant.organization, one, None, 1).await?;
    found.pop().map(tagged).ok_or_else(|| Problem::new(Code::TournamentNotFound))
}

/// Says something of a tournament otherwise; what is absent stays as it is, but rules
/// are replaced as a whole. Rules and tie-breaks stay once a match was settled by them.
#[utoipa::path(
    patch,
    path = "/api/v1/scoreboards/tournaments/{tournamentId}",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("If-Match" = String, Header, description = "The ETag that was seen"),
    ),
    request_body(content = TournamentBody, content_type = "application/json"),
    responses((status = 200, description = "It is changed", body = TournamentLine, headers(("ETag" = String, description = "Its state, which a change names"))), ChangeTournamentProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn change_tournament<P: Ports>(
    writing: Writing<P>,
) -> Result<Response, Problem> {
    answer(writing, |asked| {
        let (tournament, seen) = (asked.places.tournament, asked.seen);
        let change = change(asked.fields)?;
        Ok(TournamentWrite::Change { tournament, seen, change }.into())
    })
    .await
}

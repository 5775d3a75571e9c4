//! `GET /api/v1/scoreboards/{tournamentId}/members/{memberId}/explain`.

use axum::Json;
use axum::http::Uri;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::explain::{Criterion, criteria, decided_by};
use mauntic_domain::scoreboard::ranks::Number;
use mauntic_domain::scoreboard::{Chain, Entrant, Kind, Rank, Totals};
use mauntic_flows::ports::{ExplainStore, Explained, PointLine, Ports};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::shown;
use crate::auth::{Read, Tenant};
use crate::code::Code;
use crate::page::{Asked, Listed};
use crate::params::MemberPath;
use crate::problem::Problem;
use crate::problems::ExplainRankProblems;
use crate::query::Query;

/// Why a member stands where it stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExplainedRank {
    /// The tournament.
    #[schema(value_type = String, format = "uuid")]
    tournament_id: Uuid,
    /// The kind of the ranks: the tournament's unless the query says another.
    kind: &'static str,
    /// The member's line.
    member: RankedLine,
    /// Members of the board.
    members: u64,
    /// Members with more points.
    above: u64,
    /// Members with as many points, this one among them.
    tied: u64,
    /// What the order compares, one after the other. All kinds but `ordinal` compare
    /// points alone.
    order: Vec<&'static str>,
    /// Who stands directly above.
    #[schema(required)]
    line_above: Option<Neighbour>,
    /// Who stands directly below.
    #[schema(required)]
    line_below: Option<Neighbour>,
    /// How many entries of points the member has.
    entries: i64,
    /// What all of them add up to: the member's points and counts.
    sum: TotalsBody,
    /// The entries, oldest first.
    points: Listed<PointBody>,
}

/// A line of the board.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RankedLine {
    member_id: String,
    /// A place, or tenths of a percent of the others.
    #[schema(value_type = f64)]
    rank: Number,
    /// Whether the place was counted only so far: it is this one or a lower one.
    at_least: bool,
    /// Points.
    #[schema(value_type = f64)]
    points: PointsE4,
    /// Guesses that were the score itself.
    exact_hits: i64,
    /// Guesses that had the right outcome; exact ones are among them.
    right_outcomes: i64,
    #[schema(format = DateTime)]
    joined_at: String,
}

/// A neighbour, and what of the order decides between the two.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Neighbour {
    line: RankedLine,
    /// The first of the order by which they are not level.
    decided_by: &'static str,
}

/// Points and the counts that break ties.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TotalsBody {
    /// Points.
    #[schema(value_type = f64)]
    points: PointsE4,
    /// Guesses that were the score itself.
    exact_hits: i64,
    /// Guesses that had the right outcome.
    right_outcomes: i64,
}

impl From<Totals> for TotalsBody {
    fn from(of: Totals) -> Self {
        let Totals { points, exact_hits, right_outcomes } = of;
        Self { points, exact_hits, right_outcomes }
    }
}

/// What a settlement gave to the member, or took.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PointBody {
    /// The settlement's place in the tournament's ledger.
    seq: i64,
    /// When it was settled.
    #[schema(format = DateTime)]
    settled_at: String,
    #[schema(value_type = String, format = "uuid")]
    match_id: Uuid,
    /// What its provider calls it.
    external_id: String,
    round: String,
    /// The result that was settled: `ft`, `et`, `p` as far as they were played.
    #[schema(value_type = Object)]
    result: Value,
    /// Its version.
    result_version: i32,
    /// The settlement that it corrects: it takes what that gave, and gives what is
    /// earned now.
    #[schema(required)]
    corrects: Option<i64>,
    /// What it changed.
    change: TotalsBody,
}

impl From<PointLine> for PointBody {
    fn from(of: PointLine) -> Self {
        Self {
            seq: of.seq,
            settled_at: shown(of.at),
            match_id: of.match_id,
            round: of.round.into(),
            external_id: of.external_id,
            // A canonical form is JSON.
            result: serde_json::from_str(&of.result.canonical()).unwrap_or_else(|_| json!({})),
            result_version: of.result_version,
            corrects: of.corrects,
            change: of.change.into(),
        }
    }
}

/// Why a member stands where it stands: the rank, what the order compares, what decides
/// against the neighbours, and the entries of points that add up to the points.
#[utoipa::path(
    get,
    path = "/api/v1/scoreboards/{tournamentId}/members/{memberId}/explain",
    operation_id = "explain_rank",
    tag = "scoreboards",
    params(
        ("tournamentId" = String, Path, description = "The tournament", format = "uuid"),
        ("memberId" = String, Path, description = "The member", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("kind" = Option<String>, Query, description = "`dense`, `competition`, `modified`, `ordinal` or `percentile`; the tournament's by default", pattern = "^(dense|competition|modified|ordinal|percentile)$"),
        ("limit" = Option<u16>, Query, description = "Entries of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses((status = 200, description = "The rank, explained", body = ExplainedRank), ExplainRankProblems),
    security(("bearer" = []))
)]
pub(super) async fn explain_rank<P: Ports>(
    tenant: Tenant<P, Read>,
    MemberPath(tournament_id, member): MemberPath,
    uri: Uri,
) -> Result<Json<ExplainedRank>, Problem> {
    let mut query = Query::of(&uri, &["kind", "limit", "cursor"], &[]);
    let (asked, after) = Asked::of_tenant::<i64>(&tenant.organization, &uri, &mut query);
    let names = Kind::ALL.map(Kind::name).join(", ");
    let kind = query.parsed("kind", &format!("one of {names}"), Kind::from_name);
    query.done()?;
    let (organization, after) = (&tenant.organization, after.unwrap_or(0));
    let found =
        tenant.session.explain(organization, tournament_id, &member, after, asked.one_more());
    let found = found.await?.ok_or_else(|| Problem::new(Code::TournamentNotFound))?;
    let explained = found.ok_or_else(|| Problem::new(Code::MemberNotFound))?;
    let kind = kind.unwrap_or(explained.ranking);
    let Explained { chain, slice, entries, sum, lines, .. } = explained;
    let ranked: Vec<(&Entrant, Rank)> =
        slice.ranked(kind).map(|(line, rank)| (&line.entrant, rank)).collect();
    let is_own = |(of, _): &(&Entrant, Rank)| of.member == member;
    let at = ranked.iter().position(is_own);
    let own = at.and_then(|at| Some((at, *ranked.get(at)?, slice.lines.get(at)?.place)));
    let (at, (entrant, rank), place) = own.ok_or_else(|| Problem::new(Code::MemberNotFound))?;
    let neighbour = |at: Option<usize>| {
        let (other, rank) = ranked.get(at?)?;
        let decided_by = decided_by(&chain, entrant, other).name();
        Some(Neighbour { line: line(other, *rank), decided_by })
    };
    Ok(Json(ExplainedRank {
        tournament_id,
        kind: kind.name(),
        member: line(entrant, rank),
        members: place.members,
        above: place.above,
        tied: place.tied,
        order: order(&chain, kind),
        line_above: neighbour(at.checked_sub(1)),
        line_below: neighbour(at.checked_add(1)),
        entries,
        sum: sum.into(),
        points: asked.cut(lines, |line: &PointLine| line.seq).1.0,
    }))
}

fn line(of: &Entrant, rank: Rank) -> RankedLine {
    let Totals { points, exact_hits, right_outcomes } = of.totals;
    RankedLine {
        member_id: of.member.to_string(),
        rank: rank.number(),
        at_least: rank.is_at_least(),
        points,
        exact_hits,
        right_outcomes,
        joined_at: shown(of.joined_at),
    }
}

fn order(chain: &Chain, kind: Kind) -> Vec<&'static str> {
    let compared = if kind == Kind::Ordinal { usize::MAX } else { 1 };
    criteria(chain).into_iter().map(Criterion::name).take(compared).collect()
}

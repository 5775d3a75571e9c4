//! Whether a tournament's ledger and boards are what guesses and results make.

use axum::Json;
use axum::http::Uri;
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::scoreboard::Difference;
use mauntic_domain::scoreboard::ledger::to_hex;
use mauntic_domain::scoreboard::proof::Part;
use mauntic_flows::commands::verify_ledger::verify;
use mauntic_flows::ports::{Closed, Ports, TournamentRef};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Operator;
use crate::code::Code;
use crate::cursor::{seal, unseal};
use crate::params::IdPath;
use crate::problem::Problem;
use crate::problems::TournamentProblems;
use crate::query::Query;
use crate::routes::shown;
use crate::source::Source;

/// What was found, as far as one request goes. The numbers are of this request alone.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerifiedLedger {
    /// Whether nothing is left to be looked at. If something is, the next request goes on
    /// with `next` as its `cursor`.
    complete: bool,
    /// Entries of the ledger, from the first on, that are what was written; 0 where the
    /// request begins behind them.
    entries: i64,
    /// Hash of the ledger's newest entry, in hexadecimal; who keeps it elsewhere can tell
    /// a ledger that was written anew.
    head: String,
    /// Matches that were looked at.
    matches: i64,
    /// Of these, whose newest result is to be settled yet.
    pending: i64,
    /// Guesses and lines of the board that were compared.
    compared: i64,
    /// Members with points by a guess that was stored last after the kickoff: what
    /// counted is not there any more, so that nothing can be said.
    unproven: i64,
    /// How the tournament was closed; told when nothing is left to be looked at.
    #[schema(required)]
    closed: Option<ClosedLine>,
    /// Differences that were found.
    found: i64,
    /// The first of each part of it.
    differences: Vec<DifferenceLine>,
    /// The place where to go on; none where nothing is left.
    #[schema(required)]
    next: Option<String>,
}

/// How a tournament was closed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClosedLine {
    #[schema(format = DateTime)]
    closed_at: String,
    /// SHA-256 over the final lines, in hexadecimal; keep it elsewhere.
    digest: String,
    /// The ledger's end.
    ledger_seq: i64,
}

impl From<Closed> for ClosedLine {
    fn from(Closed { closed_at, digest, ledger_seq }: Closed) -> Self {
        Self { closed_at: shown(closed_at), digest, ledger_seq }
    }
}

/// Something that is another than it should be.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DifferenceLine {
    /// What, such as `chain_altered`, `points` or `board_entry`.
    kind: &'static str,
    /// Which entry of the ledger.
    #[schema(required)]
    seq: Option<i64>,
    /// Which match.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    match_id: Option<Uuid>,
    /// Which league, whose board it is; none of the tournament's own.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    league_id: Option<Uuid>,
    /// Which member.
    #[schema(required)]
    member_id: Option<String>,
    /// What is stored, for people.
    stored: String,
    /// What should be, for people.
    expected: String,
    /// All of it in one line, for people.
    message: String,
}

impl From<Difference> for DifferenceLine {
    fn from(of: Difference) -> Self {
        Self {
            message: of.to_string(),
            kind: of.kind.name(),
            seq: of.seq,
            match_id: of.match_id,
            league_id: of.league_id,
            member_id: of.member_id.map(String::from),
            stored: of.stored,
            expected: of.expected,
        }
    }
}

/// Verifies a tournament's ledger: its chain, what settlements gave against guesses and
/// results, and the board against that; so much of it as one request may. 200 whatever it
/// finds: `found` says it.
#[utoipa::path(
    get,
    path = "/api/v2/admin/scoreboards/{id}/verify",
    operation_id = "verify_scoreboard",
    tag = "admin",
    params(
        ("id" = String, Path, description = "The tournament", format = "uuid"),
        ("organizationId" = String, Query, description = "Whose it is", pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("cursor" = Option<String>, Query, description = "The `next` of the answer before"),
    ),
    responses((status = 200, description = "What was found", body = VerifiedLedger), TournamentProblems),
    security(("bearer" = []))
)]
pub(super) async fn verify_scoreboard<P: Ports>(
    operator: Operator<P>,
    IdPath(tournament_id): IdPath,
    uri: Uri,
) -> Result<Json<VerifiedLedger>, Problem> {
    let mut query = Query::of(&uri, &["organizationId", "cursor"], &[]);
    let scope = format!("{}{}", uri.path(), query.scope());
    let expected = "the `next` of the answer before of this very tournament, unchanged";
    let from = query.parsed("cursor", expected, |text| unseal(&scope, text));
    let of = place(tournament_id, query)?;
    let verified = verify(&operator.look(), &of, from.unwrap_or_else(Part::first)).await?;
    let verified = verified.ok_or_else(|| Problem::new(Code::TournamentNotFound))?;
    Ok(Json(VerifiedLedger {
        complete: verified.next.is_none(),
        entries: verified.entries,
        head: to_hex(&verified.head.hash),
        matches: verified.matches,
        pending: verified.pending,
        compared: verified.compared,
        unproven: verified.unproven,
        closed: verified.closed.map(ClosedLine::from),
        found: verified.found,
        differences: verified.differences.into_iter().map(DifferenceLine::from).collect(),
        next: verified.next.map(|next| seal(&scope, &next)),
    }))
}

/// Takes whose tournament it is; the last of a query's parameters.
fn place(tournament_id: Uuid, mut query: Query) -> Result<TournamentRef, Problem> {
    const WHOSE: &str = "organizationId";
    if !query.has(WHOSE) {
        return Err(query.refuse(WHOSE, "is needed".to_owned()));
    }
    let organization = query.organization(WHOSE);
    query.done()?;
    // A name that was taken is one.
    let organization = organization.and_then(|name| OrganizationId::parse(name).ok());
    let organization_id = organization.ok_or_else(|| Problem::new(Code::TournamentNotFound))?;
    Ok(TournamentRef { organization_id, tournament_id })
}

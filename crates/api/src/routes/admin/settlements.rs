//! Verifications and settlements: what came of asking about matches, and the ledgers of
//! every organization's tournaments.

use axum::http::Uri;
use mauntic_domain::scoreboard::ledger::to_hex;
use mauntic_domain::scoreboard::{Entry, EntryStatus, Outcome, Totals};
use mauntic_flows::ports::{
    Ports, SettledStore, SettlementFilter, SettlementView, VerificationFilter, VerificationView,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Operator;
use crate::page::{Answer, Asked, Listed};
use crate::problem::Problem;
use crate::problems::OperatorListProblems;
use crate::query::Query;
use crate::routes::shown;
use crate::source::Source;

/// An entry of a tournament's ledger.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Settlement)]
pub(crate) struct SettlementLine {
    organization_id: String,
    #[schema(value_type = String, format = "uuid")]
    tournament_id: Uuid,
    /// Gapless in its tournament, from 1.
    seq: i64,
    #[schema(format = DateTime)]
    at: String,
    /// In hexadecimal: of the entry and of the hash before it.
    hash: String,
    /// None for one that cannot be read, which a verification of the ledger tells of.
    #[schema(required)]
    entry: Option<SettlementEntry>,
    /// The result that was settled, in canonical form.
    result: String,
    /// The job that settled.
    #[schema(value_type = String, format = "uuid")]
    job_id: Uuid,
    attempt: i32,
    /// Why it was rolled back; none where it was not.
    #[schema(required)]
    detail: Option<String>,
}

/// What became of a settlement.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SettlementEntry {
    #[schema(value_type = String, format = "uuid")]
    match_id: Uuid,
    result_version: i32,
    #[schema(pattern = "^(applied|skipped|failed)$")]
    status: &'static str,
    /// SHA-256 of the result, in hexadecimal.
    result_hash: String,
    /// Guesses that count.
    guesses: i64,
    /// Members whose totals it changed.
    members: i64,
    /// What it changed, all of them together.
    #[schema(value_type = SettlementChange)]
    change: Totals,
    /// The entry before it that counted.
    #[schema(required)]
    previous: Option<i64>,
}

/// What a settlement changed.
// For the document only: the domain's own is written.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the document's shape")]
#[schema(rename_all = "camelCase")]
pub(crate) struct SettlementChange {
    points: f64,
    exact_hits: i64,
    right_outcomes: i64,
}

impl From<Entry> for SettlementEntry {
    fn from(of: Entry) -> Self {
        Self {
            match_id: of.match_id,
            result_version: of.result_version,
            status: of.status.name(),
            result_hash: to_hex(&of.result_hash),
            guesses: of.guesses,
            members: of.members,
            change: of.change,
            previous: of.previous,
        }
    }
}

impl From<SettlementView> for SettlementLine {
    fn from(of: SettlementView) -> Self {
        Self {
            organization_id: of.place.organization_id.into(),
            tournament_id: of.place.tournament_id,
            seq: of.place.seq,
            at: shown(of.at),
            hash: to_hex(&of.hash),
            entry: of.entry.map(SettlementEntry::from),
            result: of.result,
            job_id: of.job_id,
            attempt: of.attempt,
            detail: of.detail,
        }
    }
}

/// Entries of ledgers, a tournament's newest first: all that is named must hold.
#[utoipa::path(
    get,
    path = "/api/v2/admin/settlements",
    operation_id = "list_settlements",
    tag = "admin",
    params(
        ("organizationId" = Option<String>, Query, description = "Of this organization", pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("tournamentId" = Option<String>, Query, description = "Of this tournament", format = "uuid"),
        ("matchId" = Option<String>, Query, description = "Of this match", format = "uuid"),
        ("status" = Option<String>, Query, description = "`applied`, `skipped` or `failed`"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<SettlementLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        OperatorListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn settlements<P: Ports>(
    operator: Operator<P>,
    uri: Uri,
) -> Result<Answer<SettlementLine>, Problem> {
    let names = ["organizationId", "tournamentId", "matchId", "status", "limit", "cursor"];
    let mut query = Query::of(&uri, &names, &[]);
    let (asked, before) = Asked::read(&uri, &mut query);
    let filter = SettlementFilter {
        organization_id: query.organization("organizationId"),
        tournament_id: query.id("tournamentId"),
        match_id: query.id("matchId"),
        status: query.parsed("status", "applied, skipped or failed", EntryStatus::from_name),
    };
    query.done()?;
    let found = operator.look().settlements(&filter, before.as_ref(), asked.one_more()).await?;
    Ok(asked.cut(found, |of: &SettlementView| of.place.clone()))
}

/// What came of asking about a match.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Verification)]
pub(crate) struct VerificationLine {
    organization_id: String,
    #[schema(value_type = String, format = "uuid")]
    match_id: Uuid,
    /// The database's time before the provider was asked.
    #[schema(format = DateTime)]
    fetched_at: String,
    #[schema(pattern = "^(noop|retry|settled)$")]
    outcome: String,
    /// Why, such as `ended`, `unreachable` or `answer_goals`.
    reason: String,
    /// The version of the match's result afterwards.
    result_version: i32,
    /// The job that asked.
    #[schema(value_type = String, format = "uuid")]
    job_id: Uuid,
    attempt: i32,
}

impl From<VerificationView> for VerificationLine {
    fn from(of: VerificationView) -> Self {
        Self {
            organization_id: of.organization_id,
            match_id: of.match_id,
            fetched_at: shown(of.place.fetched_at),
            outcome: of.outcome,
            reason: of.reason,
            result_version: of.result_version,
            job_id: of.place.job_id,
            attempt: of.place.attempt,
        }
    }
}

/// What came of asking providers about matches, the newest first, an entry an attempt: all
/// that is named must hold. It is kept as long as jobs are.
#[utoipa::path(
    get,
    path = "/api/v2/admin/verifications",
    operation_id = "list_verifications",
    tag = "admin",
    params(
        ("organizationId" = Option<String>, Query, description = "Of this organization", pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("matchId" = Option<String>, Query, description = "Of this match", format = "uuid"),
        ("outcome" = Option<String>, Query, description = "`noop`, `retry` or `settled`"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<VerificationLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        OperatorListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn verifications<P: Ports>(
    operator: Operator<P>,
    uri: Uri,
) -> Result<Answer<VerificationLine>, Problem> {
    let mut query =
        Query::of(&uri, &["organizationId", "matchId", "outcome", "limit", "cursor"], &[]);
    let (asked, before) = Asked::read(&uri, &mut query);
    let filter = VerificationFilter {
        organization_id: query.organization("organizationId"),
        match_id: query.id("matchId"),
        outcome: query.parsed("outcome", "noop, retry or settled", Outcome::from_name),
    };
    query.done()?;
    let found = operator.look().verifications(&filter, before.as_ref(), asked.one_more()).await?;
    Ok(asked.cut(found, |of: &VerificationView| of.place))
}

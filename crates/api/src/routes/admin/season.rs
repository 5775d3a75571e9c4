//! What an operator does to a tournament's boards: makes them anew, and closes a season;
//! and what the daily checks have found.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use mauntic_domain::ids::OrganizationId;
use mauntic_flows::commands::rebuild_boards::{Asked as Rebuilding, rebuild_boards};
use mauntic_flows::ports::{Closing, DriftRow, Host, Ports, TournamentRef, UpkeepStore};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::cron_moves::held;
use super::reason;
use super::scoreboards::{ClosedLine, DifferenceLine};
use crate::auth::Operator;
use crate::body::JsonBody;
use crate::code::Code;
use crate::form::Form;
use crate::idempotency::Keyed;
use crate::observe::{RequestId, note_send};
use crate::page::{Asked, Listed};
use crate::params::IdPath;
use crate::problem::Problem;
use crate::problems::{CloseProblems, OperatorListProblems, RebuildProblems};
use crate::query::Query;
use crate::routes::shown;
use crate::source::Source;
use crate::state::Shared;

/// Whose tournament it is, and why something is done.
// For the document only: bodies are read by hand, to name every fault.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = TournamentActRequest, example = json!({"organizationId": "org_123", "reason": "the daily check found drift"}))]
pub(crate) struct TournamentBody {
    /// Whose tournament.
    #[schema(min_length = 1, max_length = 64)]
    organization_id: String,
    /// Why, in your words; the audit keeps it.
    #[schema(min_length = 1, max_length = 500)]
    reason: Option<String>,
}

/// Boards are made anew.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RebuildBody {
    #[schema(value_type = String, format = "uuid")]
    tournament_id: Uuid,
    /// The run, which ends when the boards were checked.
    #[schema(value_type = String, format = "uuid")]
    execution_id: Uuid,
    message: &'static str,
}

/// A tournament that is closed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClosedBody {
    #[schema(value_type = String, format = "uuid")]
    tournament_id: Uuid,
    #[serde(flatten)]
    closed: ClosedLine,
}

/// What the newest check of a tournament has found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DriftLine {
    organization_id: String,
    #[schema(value_type = String, format = "uuid")]
    tournament_id: Uuid,
    /// For people.
    name: String,
    #[schema(format = DateTime)]
    checked_at: String,
    /// The ledger's end then.
    ledger_seq: i64,
    /// How many differences.
    found: i64,
    /// The first of them.
    differences: Vec<DifferenceLine>,
}

impl From<DriftRow> for DriftLine {
    fn from(row: DriftRow) -> Self {
        let DriftRow { found, name, checked_at } = row;
        Self {
            organization_id: found.place.organization_id.into(),
            tournament_id: found.place.tournament_id,
            name,
            checked_at: shown(checked_at),
            ledger_seq: found.ledger_seq,
            found: found.differences,
            differences: found.first.into_iter().map(DifferenceLine::from).collect(),
        }
    }
}

/// Reads whose tournament it is, and why.
fn parse(
    tournament_id: Uuid,
    fields: Map<String, Value>,
) -> Result<(TournamentRef, Option<String>), Problem> {
    let mut form = Form::of(fields, &["organizationId", "reason"]);
    let reason = reason(&mut form);
    let owner = form.text("organizationId").unwrap_or_default();
    match OrganizationId::parse(owner) {
        Ok(organization_id) => {
            form.done()?;
            Ok((TournamentRef { organization_id, tournament_id }, reason))
        }
        Err(error) => {
            form.fault("organizationId", error.to_string());
            form.done()?;
            Err(Problem::new(Code::ValidationFailed))
        }
    }
}

/// Makes a tournament's boards anew of its ledger; whoever reads meanwhile sees what was
/// before, or all of it.
#[utoipa::path(
    post,
    path = "/api/v2/admin/scoreboards/{id}/rebuild",
    operation_id = "rebuild_scoreboard",
    tag = "admin",
    params(
        ("id" = String, Path, description = "The tournament", format = "uuid"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = TournamentBody, content_type = "application/json"),
    responses((status = 202, description = "It is queued", body = RebuildBody), RebuildProblems),
    security(("bearer" = []))
)]
pub(super) async fn rebuild_scoreboard<P: Ports>(
    State(state): State<Shared<P>>,
    operator: Operator<P>,
    IdPath(tournament_id): IdPath,
    request_id: RequestId,
    keyed: Keyed,
    JsonBody(fields): JsonBody,
) -> Result<(StatusCode, Json<RebuildBody>), Problem> {
    let key = keyed.with(operator.holder(), &Value::Object(fields.clone()));
    let (of, reason) = parse(tournament_id, fields)?;
    let act = operator.act(reason, key);
    let session = operator.begin(act);
    let host = state.ports.host();
    let ids = (host.new_id(), host.new_id());
    let ports = state.ports.as_ref();
    let execution_id = match rebuild_boards(ports, &session, &of, ids, &request_id.0).await? {
        Rebuilding::Queued { run_id, sent } => {
            note_send(&state, &request_id, sent);
            run_id
        }
        Rebuilding::Held(opened) => return Err(held(&opened)),
        Rebuilding::Unknown => return Err(Problem::new(Code::TournamentNotFound)),
    };
    let message = "The rebuild is queued; a check of the boards follows it.";
    Ok((StatusCode::ACCEPTED, Json(RebuildBody { tournament_id, execution_id, message })))
}

/// Closes a tournament: its board stays as it is, with its digest. One that is closed
/// already is shown.
#[utoipa::path(
    post,
    path = "/api/v2/admin/scoreboards/{id}/close",
    operation_id = "close_scoreboard",
    tag = "admin",
    params(
        ("id" = String, Path, description = "The tournament", format = "uuid"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = TournamentBody, content_type = "application/json"),
    responses((status = 200, description = "It is closed", body = ClosedBody), CloseProblems),
    security(("bearer" = []))
)]
pub(super) async fn close_scoreboard<P: Ports>(
    operator: Operator<P>,
    IdPath(tournament_id): IdPath,
    keyed: Keyed,
    JsonBody(fields): JsonBody,
) -> Result<Json<ClosedBody>, Problem> {
    let key = keyed.with(operator.holder(), &Value::Object(fields.clone()));
    let (of, reason) = parse(tournament_id, fields)?;
    let act = operator.act(reason, key);
    match operator.begin(act).close_tournament(&of).await? {
        Closing::Closed(closed) => Ok(Json(ClosedBody { tournament_id, closed: closed.into() })),
        Closing::Unknown => Err(Problem::new(Code::TournamentNotFound)),
        Closing::Pending(matches) => {
            Err(Problem::new(Code::SettlementsPending).member("matches", json!(matches)))
        }
    }
}

/// What the newest check of each tournament has found.
#[utoipa::path(
    get,
    path = "/api/v2/admin/scoreboards/drift",
    operation_id = "list_drift",
    tag = "admin",
    params(
        ("found" = Option<String>, Query, description = "`true`: only tournaments with differences"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<DriftLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        OperatorListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn drift<P: Ports>(
    operator: Operator<P>,
    uri: Uri,
) -> Result<(HeaderMap, Json<Listed<DriftLine>>), Problem> {
    let mut query = Query::of(&uri, &["found", "limit", "cursor"], &[]);
    let (asked, after) = Asked::read::<TournamentRef>(&uri, &mut query);
    let only = query.parsed("found", "true or false", |text| text.parse::<bool>().ok());
    query.done()?;
    let most = asked.one_more();
    let rows = operator.look().drifts(after.as_ref(), only.unwrap_or(false), most).await?;
    Ok(asked.cut(rows, |row: &DriftRow| row.found.place.clone()))
}

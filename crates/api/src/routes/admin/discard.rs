//! `DELETE /api/v2/admin/dlq/{id}`: decides a case without a replay. Nothing is
//! deleted: the case is kept, with who decided it and why.

use axum::Json;
use axum::http::Uri;
use mauntic_flows::ports::{Discarded, OperatorStore, Ports};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::reason;
use crate::auth::Operator;
use crate::code::Code;
use crate::params::IdPath;
use crate::problem::Problem;
use crate::problems::DiscardProblems;
use crate::query::Query;
use crate::source::REASON_CHARS_MAX;

/// A case was decided.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DiscardedCase {
    #[schema(value_type = String, format = "uuid")]
    case_id: Uuid,
    /// `discarded`.
    decision: &'static str,
}

/// Discards a dead letter, with a reason.
#[utoipa::path(
    delete,
    path = "/api/v2/admin/dlq/{id}",
    operation_id = "discard_case",
    tag = "admin",
    params(
        ("id" = String, Path, description = "The case", format = "uuid"),
        ("reason" = String, Query, description = "Why, in your words; the audit keeps it", min_length = 1, max_length = 500),
    ),
    responses((status = 200, description = "It is decided", body = DiscardedCase), DiscardProblems),
    security(("bearer" = []))
)]
pub(super) async fn discard<P: Ports>(
    operator: Operator<P>,
    IdPath(id): IdPath,
    uri: Uri,
) -> Result<Json<DiscardedCase>, Problem> {
    let mut query = Query::of(&uri, &["reason"], &[]);
    let given = query.has("reason");
    let reason = reason(&mut query);
    if !given {
        let message = format!("must say why, in 1 to {REASON_CHARS_MAX} characters");
        return Err(query.refuse("reason", message));
    }
    query.done()?;
    let act = operator.act(reason, None);
    match operator.begin(act).discard(id).await? {
        Discarded::Done => Ok(Json(DiscardedCase { case_id: id, decision: "discarded" })),
        Discarded::Unknown => Err(Problem::new(Code::CaseNotFound)),
        Discarded::NotOpen => Err(Problem::new(Code::NotDead)),
    }
}

//! `GET /api/v2/admin/cron/preview`: what an expression names next.

use axum::Json;
use axum::http::Uri;
use mauntic_domain::schedules::{self, PREVIEW_MAX, Warning};
use mauntic_flows::ports::{Ports, ScheduleStore};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Operator;
use crate::problem::Problem;
use crate::problems::OperatorListProblems;
use crate::query::Query;
use crate::routes::shown;
use crate::source::Source;

/// Times of a preview when nobody says: all there are.
const COUNT_MAX: u16 = 20;

const _: () = assert!(COUNT_MAX as usize == PREVIEW_MAX);

/// What an expression names next.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewBody {
    /// The expression as it was given.
    expr: String,
    /// The next times, in UTC, the earliest first.
    next: Vec<String>,
    /// Where other crons read the expression otherwise.
    warnings: Vec<WarningLine>,
}

/// A place where other crons read the expression otherwise.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WarningLine {
    /// Stable name.
    code: &'static str,
    /// What it means here, for people.
    message: String,
}

/// What a cron expression names next, and where it may mean something else than
/// it says elsewhere: weekday 1 is Sunday.
#[utoipa::path(
    get,
    path = "/api/v2/admin/cron/preview",
    operation_id = "preview_cron",
    tag = "admin",
    params(
        ("expr" = String, Query, description = "Five fields in Cloudflare's dialect", max_length = 100, example = "0 9 * * MON-FRI"),
        ("count" = Option<u16>, Query, description = "Times; 20 by default", minimum = 1, maximum = 20),
    ),
    responses((status = 200, description = "The next times", body = PreviewBody), OperatorListProblems),
    security(("bearer" = []))
)]
pub(super) async fn preview<P: Ports>(
    operator: Operator<P>,
    uri: Uri,
) -> Result<Json<PreviewBody>, Problem> {
    let mut query = Query::of(&uri, &["expr", "count"], &[]);
    let count = query.number("count", 1, COUNT_MAX).unwrap_or(COUNT_MAX);
    let expr = query.text("expr").unwrap_or_default();
    // The database's clock, for an empty list of schedules.
    let now = operator.look().schedules(&[]).await?.now;
    let preview = match schedules::preview(&expr, now, usize::from(count)) {
        Ok(preview) => preview,
        Err(error) => return Err(query.refuse("expr", error.to_string())),
    };
    query.done()?;
    let warning = |warning: Warning| WarningLine { code: warning.code, message: warning.message };
    Ok(Json(PreviewBody {
        expr,
        next: preview.next.into_iter().map(shown).collect(),
        warnings: preview.warnings.into_iter().map(warning).collect(),
    }))
}

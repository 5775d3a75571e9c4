//! `POST /api/v2/admin/dlq/replay`: every open case that a filter names, canaries
//! first and then at a pace; or what the oldest of them would do.

use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use mauntic_domain::replays::{CANARIES_MAX, CASES_MAX, PER_SECOND_DEFAULT, PER_SECOND_MAX, Terms};
use mauntic_flows::commands::rehearsal::Cases;
use mauntic_flows::commands::rehearse::DRY_RUN_MAX;
use mauntic_flows::commands::replay::order;
use mauntic_flows::ports::{CaseFilter, Host, Ports, ReplayOrder};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::reason;
use super::rehearsals::RehearsalBody;
use super::replays::ReplayLine;
use crate::auth::Operator;
use crate::body::JsonBody;
use crate::form::Form;
use crate::idempotency::Keyed;
use crate::observe::{RequestId, note_send};
use crate::problem::Problem;
use crate::problems::ReplayManyProblems;
use crate::source::{CASE_FILTERS, Source, case_filter};
use crate::state::Shared;

/// Which cases are to be replayed, and how.
// For the document only: the body is read by hand, to name every fault.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ReplayManyRequest, example = json!({"filter": {"reason": "retries_exhausted"}, "canary": 5, "perSecond": 20}))]
pub(crate) struct ReplayManyBody {
    /// Which open cases, of those that are there now: all that is named must
    /// hold; `{}` for all.
    filter: FilterBody,
    /// Only says what the oldest of them would do, those that it would take first.
    dry_run: Option<bool>,
    /// Most cases; all by default, and 100 of a dry run.
    #[schema(minimum = 1, maximum = 100_000)]
    limit: Option<u32>,
    /// Cases that are replayed first; the others follow when all of these are
    /// completed, and none if one fails. 0 by default.
    #[schema(minimum = 0, maximum = 1_000)]
    canary: Option<u32>,
    /// Most jobs that become available in a second; 50 by default.
    #[schema(minimum = 1, maximum = 1_000)]
    per_second: Option<u32>,
    /// Why, in your words; the audit and the cases keep it.
    #[schema(min_length = 1, max_length = 500)]
    reason: Option<String>,
}

/// Which cases.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CaseFilter)]
pub(crate) struct FilterBody {
    /// From this queue, by its production name.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
    /// Of this type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    type_name: Option<String>,
    /// Of this organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<String>,
    /// For this reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    reason: Option<String>,
    /// Of this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    fingerprint: Option<String>,
    /// Of this run's jobs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    run_id: Option<String>,
    /// Whose body contains this; at most 4096 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    payload: Option<Value>,
}

impl From<CaseFilter> for FilterBody {
    fn from(filter: CaseFilter) -> Self {
        Self {
            queue: filter.queue,
            type_name: filter.type_name,
            organization_id: filter.organization_id,
            reason: filter.reason,
            fingerprint: filter.fingerprint,
            run_id: filter.run_id.map(|id| id.to_string()),
            payload: filter.payload,
        }
    }
}

/// What the oldest cases of a filter would do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rehearsals {
    /// True.
    dry_run: bool,
    /// The oldest first.
    items: Vec<RehearsalBody>,
    /// Most cases that were tried.
    limit: u32,
}

/// What is asked for.
struct Request {
    filter: CaseFilter,
    is_dry: bool,
    terms: Terms,
    reason: Option<String>,
}

/// Replays every open dead letter that a filter names.
#[utoipa::path(
    post,
    path = "/api/v2/admin/dlq/replay",
    operation_id = "replay_cases",
    tag = "admin",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$")),
    request_body(content = ReplayManyBody, content_type = "application/json"),
    responses(
        (status = 202, description = "It is begun", body = ReplayLine,
            headers(("Location" = String, description = "Where it can be followed"))),
        (status = 200, description = "What it would do", body = Rehearsals),
        ReplayManyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn replay_many<P: Ports>(
    State(state): State<Shared<P>>,
    operator: Operator<P>,
    request_id: RequestId,
    keyed: Keyed,
    JsonBody(fields): JsonBody,
) -> Result<Response, Problem> {
    let key = keyed.with(operator.holder(), &Value::Object(fields.clone()));
    let Request { filter, is_dry, terms, reason } = parse(fields)?;
    let ports = state.ports.as_ref();
    if is_dry {
        let limit = terms.limit;
        let found = state.rehearsals.rehearse(Cases::First { filter, limit }).await?;
        let items = found.into_iter().map(RehearsalBody::from).collect();
        return Ok(Json(Rehearsals { dry_run: true, items, limit }).into_response());
    }
    let act = operator.act(reason, key);
    let session = operator.begin(act);
    let id = ports.host().new_id();
    let (row, sent) = order(ports, &session, &ReplayOrder { id, filter, terms }).await?;
    note_send(&state, &request_id, sent);
    let place = format!("/api/v2/admin/dlq/replays/{}", row.id);
    let mut response = (StatusCode::ACCEPTED, Json(ReplayLine::from(row))).into_response();
    // An id is visible ASCII, which is always a header's value.
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}

fn parse(fields: Map<String, Value>) -> Result<Request, Problem> {
    const NAMES: [&str; 6] = ["filter", "dryRun", "limit", "canary", "perSecond", "reason"];
    let mut form = Form::of(fields, &NAMES);
    let is_dry = form.flag("dryRun").unwrap_or(false);
    let limit_max = if is_dry { DRY_RUN_MAX } else { CASES_MAX };
    let terms = Terms {
        limit: form.number("limit", 1..=limit_max).unwrap_or(limit_max),
        canary: form.number("canary", 0..=CANARIES_MAX).unwrap_or(0),
        per_second: form.number("perSecond", 1..=PER_SECOND_MAX).unwrap_or(PER_SECOND_DEFAULT),
    };
    let reason = reason(&mut form);
    let is_given = form.has("filter");
    let filter = form.inner("filter", &CASE_FILTERS, case_filter);
    if !is_given {
        form.fault("filter", "must be an object; {} stands for every open case".to_owned());
    }
    form.done()?;
    Ok(Request { filter: filter.unwrap_or_default(), is_dry, terms, reason })
}

//! `POST /api/v1/scoring/config/publish`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mauntic_flows::commands;
use mauntic_flows::ports::{Act, Ports};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::config::Tagged;
use crate::auth::{Tenant, Write};
use crate::body::OptionalBody;
use crate::form::Form;
use crate::idempotency::Keyed;
use crate::if_match::{IfMatch, etag, unchanged};
use crate::observe::{RequestId, note_send};
use crate::problem::Problem;
use crate::problems::PublishProblems;
use crate::source::{REASON_CHARS_MAX, Source};
use crate::state::Shared;

/// Why.
// For the document only: the body is read by hand, to name every fault.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "the document's shape; the body is read by hand")]
pub(crate) struct PublishRequest {
    /// Why, in your words; the audit keeps it.
    #[schema(min_length = 1, max_length = 500)]
    note: Option<String>,
}

/// The draft is published.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Published {
    /// The version that counts from now on.
    version: i64,
    revision: i64,
    /// The run that scores all contacts by it, or by what was published before,
    /// and then the next run does.
    #[schema(value_type = String, format = "uuid")]
    execution_id: Uuid,
    /// Whether the run is new; another one was open otherwise.
    opened: bool,
}

/// Publishes the draft, both parts of it, and has every contact scored. A repeat
/// without an Idempotency-Key finds another state, and is refused.
#[utoipa::path(
    post,
    path = "/api/v1/scoring/config/publish",
    tag = "scoring",
    params(
        ("If-Match" = String, Header, description = "The ETag that was seen"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = Option<PublishRequest>, content_type = "application/json"),
    responses((status = 202, description = "Published; the scoring is queued", body = Published, headers(("ETag" = String, description = "The new state"))), PublishProblems),
    security(("bearer" = []))
)]
pub(super) async fn publish_config<P: Ports>(
    State(state): State<Shared<P>>,
    tenant: Tenant<P, Write>,
    IfMatch(seen): IfMatch,
    request_id: RequestId,
    keyed: Keyed,
    OptionalBody(fields): OptionalBody,
) -> Result<(StatusCode, Tagged<Published>), Problem> {
    let mut form = Form::of(fields, &["note"]);
    let note = form.short("note", REASON_CHARS_MAX);
    form.done()?;
    let act = Act {
        // Of another state it is another request.
        key: keyed.with(&tenant.holder, &json!([seen, note])),
        actor: tenant.holder,
        reason: note,
        request_id: request_id.0.clone(),
    };
    let ports = state.ports.as_ref();
    let organization = &tenant.organization;
    let (published, sent) =
        commands::publish_config::publish_config(ports, &tenant.session, organization, &act, seen)
            .await?;
    note_send(&state, &request_id, sent);
    let published = published.map_err(unchanged)?;
    let body = Published {
        version: published.token.version,
        revision: published.token.revision,
        execution_id: published.run_id,
        opened: published.planner.is_some(),
    };
    Ok((StatusCode::ACCEPTED, (etag(published.token), Json(body))))
}

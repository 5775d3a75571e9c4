//! `POST /api/v1/scoring/alerts/{id}/acknowledge`.

use axum::Json;
use mauntic_flows::ports::{Acknowledged, Ports, SignalStore};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::alerts::AlertLine;
use super::shown;
use crate::auth::{Tenant, Write};
use crate::body::JsonBody;
use crate::code::Code;
use crate::form::Form;
use crate::idempotency::Keyed;
use crate::params::IdPath;
use crate::problem::Problem;
use crate::problems::AcknowledgeProblems;
use crate::source::{NAME_CHARS_MAX, Source};

/// Who takes an alert on.
// For the document only: the body is read by hand, to name every fault.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AcknowledgeRequest)]
pub(crate) struct AcknowledgeBody {
    /// The user's id, as the product knows them.
    #[schema(min_length = 1, max_length = 100)]
    user_id: String,
}

/// Takes an open alert on; the same user again gets the same answer.
#[utoipa::path(
    post,
    path = "/api/v1/scoring/alerts/{id}/acknowledge",
    tag = "scoring",
    params(
        ("id" = String, Path, description = "The alert", format = "uuid"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = AcknowledgeBody, content_type = "application/json"),
    responses((status = 200, description = "It is theirs", body = AlertLine), AcknowledgeProblems),
    security(("bearer" = []))
)]
pub(super) async fn acknowledge_alert<P: Ports>(
    tenant: Tenant<P, Write>,
    IdPath(id): IdPath,
    keyed: Keyed,
    JsonBody(fields): JsonBody,
) -> Result<Json<AlertLine>, Problem> {
    let key = keyed.with(&tenant.holder, &Value::Object(fields.clone()));
    let user = user(fields)?;
    let organization = &tenant.organization;
    match tenant.session.acknowledge(organization, id, &user, key.as_ref()).await? {
        Acknowledged::Theirs(alert) => Ok(Json(alert.into())),
        Acknowledged::Unknown => Err(Problem::new(Code::AlertNotFound)),
        Acknowledged::Expired { at } => {
            Err(Problem::new(Code::AlertExpired).member("expiredAt", shown(at)))
        }
        Acknowledged::Taken { by, at } => Err(Problem::new(Code::AlreadyAcknowledged)
            .member("acknowledgedBy", by)
            .member("acknowledgedAt", shown(at))),
    }
}

fn user(fields: Map<String, Value>) -> Result<String, Problem> {
    let mut form = Form::of(fields, &["userId"]);
    if !form.has("userId") {
        form.fault("userId", "must be given".to_owned());
    }
    let user = form.short("userId", NAME_CHARS_MAX);
    form.done()?;
    Ok(user.unwrap_or_default())
}

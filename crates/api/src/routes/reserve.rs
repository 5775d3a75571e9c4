//! `POST /api/v1/warmup/domains/{domain}/reserve`.

use axum::Json;
use axum::extract::State;
use mauntic_domain::warmup::Block;
use mauntic_domain::warmup::counter::BLOCK_MAX;
use mauntic_flows::commands::reserve::{Reservation, reserve as reserve_block};
use mauntic_flows::ports::Ports;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::shown;
use super::warmup::{found, problem};
use crate::auth::{Tenant, Write};
use crate::body::JsonBody;
use crate::code::Code;
use crate::form::Form;
use crate::idempotency::Keyed;
use crate::params::DomainPath;
use crate::problem::Problem;
use crate::problems::ReserveProblems;
use crate::state::Shared;

/// How many e-mails are asked for.
// For the document only: the body is read by hand, to name every fault.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReserveRequest)]
pub(crate) struct ReserveBody {
    /// Ask for many at once: a counter takes about one reservation a second.
    #[schema(minimum = 1, maximum = 100_000)]
    count: u32,
}

/// E-mails that may be sent today.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Granted {
    /// As many as were asked for, or what was left of the day.
    granted: u32,
}

/// Reserves e-mails of today's limit, which ends at midnight of UTC. The last 64 keys
/// of a domain are remembered.
#[utoipa::path(
    post,
    path = "/api/v1/warmup/domains/{domain}/reserve",
    tag = "warmup",
    params(
        ("domain" = String, Path, description = "The domain, as example.com", min_length = 3, max_length = 253),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is granted once", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = ReserveBody, content_type = "application/json"),
    responses((status = 200, description = "Granted", body = Granted), ReserveProblems),
    security(("bearer" = []))
)]
pub(super) async fn reserve<P: Ports>(
    State(state): State<Shared<P>>,
    tenant: Tenant<P, Write>,
    DomainPath(name): DomainPath,
    keyed: Keyed,
    JsonBody(fields): JsonBody,
) -> Result<Json<Granted>, Problem> {
    let key = keyed.with(&tenant.holder, &Value::Object(fields.clone()));
    let block = block(fields)?;
    let (organization, domain) = found(tenant, &name).await?;
    if domain.verified_at.is_none() {
        return Err(Problem::new(Code::DomainNotVerified));
    }
    let ports = state.ports.as_ref();
    let reserved = reserve_block(ports, &organization, &domain, block, key.as_ref()).await;
    match reserved.map_err(problem)? {
        Reservation::Granted { emails } => Ok(Json(Granted { granted: emails })),
        Reservation::Exhausted { retry_at } => {
            // Rounded up: not a moment before midnight.
            let secs = (retry_at - domain.now).num_seconds().max(0) + 1;
            let refused =
                Problem::new(Code::WarmupLimitReached).member("retryAfter", shown(retry_at));
            Err(refused.retry_after_secs(secs))
        }
    }
}

fn block(fields: Map<String, Value>) -> Result<Block, Problem> {
    let mut form = Form::of(fields, &["count"]);
    let expected = format!("a whole number from 1 to {BLOCK_MAX}");
    let block = form.parse("count", &expected, |value| {
        let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
        count.and_then(Block::new)
    });
    form.done()?;
    // Without one the form has a fault.
    block.ok_or_else(|| Problem::new(Code::ValidationFailed))
}

//! Breakers: what is left alone outside, and what somebody says is well again.

use axum::Json;
use mauntic_domain::breaker::Breaker;
use mauntic_flows::ports::{BreakerRow, Dependency, OperatorStore, Ports};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{ReasonBody, only_reason};
use crate::auth::Operator;
use crate::body::OptionalBody;
use crate::code::Code;
use crate::idempotency::Keyed;
use crate::params::NamePath;
use crate::problem::Problem;
use crate::problems::{OperatorProblems, ResetBreakerProblems};
use crate::routes::{shown, shown_if};

/// Every breaker.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Breakers {
    /// One a dependency.
    items: Vec<BreakerLine>,
    /// The database's clock, which they are judged by.
    #[schema(format = DateTime)]
    now: String,
}

/// The breaker of a dependency.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BreakerLine {
    name: String,
    #[schema(pattern = "^(closed|open|half_open)$")]
    state: &'static str,
    /// Failures in a row; while it is closed.
    failures: u32,
    /// Probes that succeeded; while it is half open.
    successes: u32,
    /// No call goes before this: until a probe may, or while one is out.
    #[schema(required, format = DateTime)]
    retry_at: Option<String>,
    /// When it changed; none for one that never did.
    #[schema(required, format = DateTime)]
    changed_at: Option<String>,
}

impl From<BreakerRow> for BreakerLine {
    fn from(row: BreakerRow) -> Self {
        let (failures, successes, retry_at) = match row.breaker {
            Breaker::Healthy => (0, 0, None),
            Breaker::Failing { failures } => (failures, 0, None),
            Breaker::Open { until } => (0, 0, Some(until)),
            Breaker::HalfOpen { successes, probe_until } => (0, successes, probe_until),
        };
        Self {
            name: row.name,
            state: row.breaker.name(),
            failures,
            successes,
            retry_at: shown_if(retry_at),
            changed_at: shown_if(row.changed_at),
        }
    }
}

/// A breaker was closed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResetBreaker {
    name: &'static str,
    /// `closed`.
    state: &'static str,
}

/// Every breaker.
#[utoipa::path(
    get,
    path = "/api/v2/admin/breakers",
    operation_id = "list_breakers",
    tag = "admin",
    responses((status = 200, description = "The breakers", body = Breakers), OperatorProblems),
    security(("bearer" = []))
)]
pub(super) async fn breakers<P: Ports>(operator: Operator<P>) -> Result<Json<Breakers>, Problem> {
    let (rows, now) = operator.look().breakers().await?;
    let items = rows.into_iter().map(BreakerLine::from).collect();
    Ok(Json(Breakers { items, now: shown(now) }))
}

/// Closes a breaker, whatever its state.
#[utoipa::path(
    post,
    path = "/api/v2/admin/breakers/{name}/reset",
    operation_id = "reset_breaker",
    tag = "admin",
    params(
        ("name" = String, Path, description = "The dependency"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once; for 24 hours", pattern = "^[!-~]{1,200}$"),
    ),
    request_body(content = Option<ReasonBody>, content_type = "application/json"),
    responses((status = 200, description = "It is closed", body = ResetBreaker), ResetBreakerProblems),
    security(("bearer" = []))
)]
pub(super) async fn reset_breaker<P: Ports>(
    operator: Operator<P>,
    NamePath(name): NamePath,
    keyed: Keyed,
    OptionalBody(fields): OptionalBody,
) -> Result<Json<ResetBreaker>, Problem> {
    let key = keyed.with(operator.holder(), &Value::Object(fields.clone()));
    let act = operator.act(only_reason(fields)?, key);
    let dependency = Dependency::ALL.into_iter().find(|known| known.name() == name);
    let dependency = dependency.ok_or_else(|| Problem::new(Code::BreakerNotFound))?;
    operator.begin(act).reset_breaker(dependency).await?;
    let state = Breaker::default().name();
    Ok(Json(ResetBreaker { name: dependency.name(), state }))
}

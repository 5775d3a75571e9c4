//! `GET /api/v1/scoring/alerts`.

use axum::Json;
use axum::http::{HeaderMap, Uri};
use mauntic_domain::ids::ContactId;
use mauntic_domain::scoring::Priority;
use mauntic_flows::ports::{ALERT_STATUSES, AlertFate, AlertFilter, AlertView, Ports, SignalStore};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{shown, shown_if};
use crate::auth::{Read, Tenant};
use crate::page::{Asked, Listed};
use crate::problem::Problem;
use crate::problems::ReadProblems;
use crate::query::Query;

/// An urgent signal that a person should act on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Alert)]
pub(crate) struct AlertLine {
    #[schema(value_type = String, format = "uuid")]
    alert_id: Uuid,
    contact_id: String,
    signal_type: String,
    /// `critical`, `high`, `medium`, `low`.
    priority: &'static str,
    /// The event that opened it.
    event_id: String,
    /// `open`, `acknowledged`, `expired`.
    status: &'static str,
    #[schema(format = DateTime)]
    opened_at: String,
    /// Until when somebody should act.
    #[schema(format = DateTime)]
    due_at: String,
    #[schema(required, format = DateTime)]
    acknowledged_at: Option<String>,
    #[schema(required)]
    acknowledged_by: Option<String>,
    #[schema(required, format = DateTime)]
    expired_at: Option<String>,
}

impl From<AlertView> for AlertLine {
    fn from(alert: AlertView) -> Self {
        let status = alert.fate.status();
        let (acknowledged_at, acknowledged_by, expired_at) = match alert.fate {
            AlertFate::Open => (None, None, None),
            AlertFate::Acknowledged { at, by } => (Some(at), Some(by), None),
            AlertFate::Expired { at } => (None, None, Some(at)),
        };
        Self {
            alert_id: alert.id,
            contact_id: alert.contact_id.into(),
            signal_type: alert.signal_type.into(),
            priority: alert.priority.as_str(),
            event_id: alert.event_id.into(),
            status,
            opened_at: shown(alert.opened_at),
            due_at: shown(alert.due_at),
            acknowledged_at: shown_if(acknowledged_at),
            acknowledged_by,
            expired_at: shown_if(expired_at),
        }
    }
}

/// An organization's alerts, newest first: all that is named must hold. A page may
/// be short and still have a next one.
#[utoipa::path(
    get,
    path = "/api/v1/scoring/alerts",
    tag = "scoring",
    params(
        ("status" = Option<String>, Query, description = "Of these, joined by commas", example = "open"),
        ("priority" = Option<String>, Query, description = "Of these, joined by commas", example = "critical,high"),
        ("contactId" = Option<String>, Query, description = "Of this contact", pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<AlertLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        ReadProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn list_alerts<P: Ports>(
    tenant: Tenant<P, Read>,
    uri: Uri,
) -> Result<(HeaderMap, Json<Listed<AlertLine>>), Problem> {
    let mut query = Query::of(&uri, &["contactId", "limit", "cursor"], &["status", "priority"]);
    let (asked, before) = Asked::of_tenant(&tenant.organization, &uri, &mut query);
    let filter = AlertFilter {
        statuses: statuses(&mut query),
        priorities: priorities(&mut query),
        contact_id: query.parsed("contactId", "a contact's id", |text| ContactId::parse(text).ok()),
    };
    query.done()?;
    let page = asked.page(before);
    let paged = tenant.session.alerts(&tenant.organization, &filter, page).await?;
    Ok(asked.answer(paged))
}

fn statuses(query: &mut Query) -> Vec<&'static str> {
    let expected = format!("one of {}", ALERT_STATUSES.join(", "));
    query.items("status", ALERT_STATUSES.len(), &expected, |text| {
        ALERT_STATUSES.into_iter().find(|status| *status == text)
    })
}

fn priorities(query: &mut Query) -> Vec<Priority> {
    let expected = format!("one of {}", Priority::ALL.map(Priority::as_str).join(", "));
    query.items("priority", Priority::ALL.len(), &expected, Priority::from_name)
}

//! `GET /api/v1/scoring/contacts/{contactId}/signals`.

use axum::Json;
use axum::http::{HeaderMap, Uri};
use chrono::{DateTime, Utc};
use mauntic_domain::points::PointsE4;
use mauntic_flows::ports::{Ports, SignalPlace, SignalStore, SignalView};
use serde::Serialize;
use utoipa::ToSchema;

use super::{shown, shown_if};
use crate::auth::{Read, Tenant};
use crate::code::Code;
use crate::page::{Asked, Listed};
use crate::params::ContactPath;
use crate::problem::Problem;
use crate::problems::ReadContactProblems;
use crate::query::Query;

/// A signal.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Signal)]
pub(crate) struct SignalLine {
    event_id: String,
    signal_type: String,
    /// `content`, `delivery`, `crm`, `intent`, `enrichment`.
    source: &'static str,
    /// `critical`, `high`, `medium`, `low`.
    priority: &'static str,
    /// Points when it came.
    #[schema(value_type = f64)]
    weight: PointsE4,
    /// What is left of them now.
    #[schema(value_type = f64)]
    current_weight: PointsE4,
    /// `linear`, `exponential`, `step`.
    decay_model: &'static str,
    decay_hours: u16,
    /// False beyond its type's cap of the day: it adds nothing.
    counted: bool,
    #[schema(format = DateTime)]
    detected_at: String,
    /// From when on it weighs nothing.
    #[schema(format = DateTime)]
    decayed_at: String,
    #[schema(format = DateTime)]
    received_at: String,
    #[schema(required, format = DateTime)]
    archived_at: Option<String>,
}

/// A signal as it is at an instant.
impl From<(SignalView, DateTime<Utc>)> for SignalLine {
    fn from((view, now): (SignalView, DateTime<Utc>)) -> Self {
        let signal = view.signal;
        Self {
            event_id: view.event_id.into(),
            signal_type: view.signal_type.into(),
            source: view.source.as_str(),
            priority: view.priority.as_str(),
            weight: signal.weight.points(),
            current_weight: signal.remaining(now).points(),
            decay_model: signal.decay.model.as_str(),
            decay_hours: signal.decay.hours.hours(),
            counted: view.counted,
            detected_at: shown(signal.detected_at),
            decayed_at: shown(signal.decayed_at()),
            received_at: shown(view.received_at),
            archived_at: shown_if(view.archived_at),
        }
    }
}

/// A contact's signals, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/scoring/contacts/{contactId}/signals",
    tag = "scoring",
    params(
        ("contactId" = String, Path, description = "The contact", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<SignalLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        ReadContactProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn contact_signals<P: Ports>(
    tenant: Tenant<P, Read>,
    ContactPath(contact): ContactPath,
    uri: Uri,
) -> Result<(HeaderMap, Json<Listed<SignalLine>>), Problem> {
    let mut query = Query::of(&uri, &["limit", "cursor"], &[]);
    let (asked, after) = Asked::of_tenant::<SignalPlace>(&tenant.organization, &uri, &mut query);
    query.done()?;
    let most = asked.one_more();
    let found = tenant.session.signals(&tenant.organization, &contact, after.as_ref(), most);
    let list = found.await?.ok_or_else(|| Problem::new(Code::ContactNotFound))?;
    let lines = list.signals.into_iter().map(|signal| (signal, list.now)).collect();
    Ok(asked.cut(lines, |(signal, _)| SignalPlace {
        detected_at: signal.signal.detected_at,
        event_id: signal.event_id.clone(),
    }))
}

//! `GET /api/v1/scoring/contacts/{contactId}/score/history`.

use axum::Json;
use axum::http::Uri;
use mauntic_domain::points::PointsE4;
use mauntic_flows::ports::{Days, HistoryDay, Ports, SignalStore};
use serde::Serialize;
use utoipa::ToSchema;

use super::shown;
use super::time::{DAY_FORM, day};
use crate::auth::{Read, Tenant};
use crate::code::Code;
use crate::params::ContactPath;
use crate::problem::Problem;
use crate::problems::ReadContactProblems;
use crate::query::Query;
use crate::source::Source;

/// Most days of an answer: more than a year, of 200 bytes each 80 KB.
const LIMIT_MAX: u16 = 400;

/// Days when nobody says.
const LIMIT_DEFAULT: u16 = 30;

/// A contact's scores by day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct History {
    /// Days on which it moved, newest first.
    items: Vec<HistoryLine>,
}

/// The last score of a day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryLine {
    /// UTC.
    #[schema(format = Date)]
    day: String,
    #[schema(value_type = f64, minimum = 0, maximum = 100)]
    total_score: PointsE4,
    #[schema(pattern = "^[ABCDF]$")]
    grade: &'static str,
    #[schema(value_type = f64)]
    fit_score: PointsE4,
    #[schema(value_type = f64)]
    engagement_score: PointsE4,
    #[schema(value_type = f64)]
    intent_score: PointsE4,
    #[schema(format = DateTime)]
    calculated_at: String,
}

impl From<HistoryDay> for HistoryLine {
    fn from(day: HistoryDay) -> Self {
        let [fit_score, engagement_score, intent_score] = day.categories;
        Self {
            day: day.day.to_string(),
            total_score: day.total,
            grade: day.grade.as_str(),
            fit_score,
            engagement_score,
            intent_score,
            calculated_at: shown(day.updated_at),
        }
    }
}

/// A contact's last score of each day on which it moved.
#[utoipa::path(
    get,
    path = "/api/v1/scoring/contacts/{contactId}/score/history",
    tag = "scoring",
    params(
        ("contactId" = String, Path, description = "The contact", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("from" = Option<String>, Query, description = "The first day", format = Date),
        ("to" = Option<String>, Query, description = "The last day", format = Date),
        ("limit" = Option<u16>, Query, description = "Most days, the newest; 30 by default", minimum = 1, maximum = 400),
    ),
    responses((status = 200, description = "The days", body = History), ReadContactProblems),
    security(("bearer" = []))
)]
pub(super) async fn score_history<P: Ports>(
    tenant: Tenant<P, Read>,
    ContactPath(contact): ContactPath,
    uri: Uri,
) -> Result<Json<History>, Problem> {
    let mut query = Query::of(&uri, &["from", "to", "limit"], &[]);
    let days = Days {
        from: query.parsed("from", DAY_FORM, day),
        to: query.parsed("to", DAY_FORM, day),
        limit: query.number("limit", 1, LIMIT_MAX).unwrap_or(LIMIT_DEFAULT).into(),
    };
    if days.from.zip(days.to).is_some_and(|(from, to)| from > to) {
        query.fault("from", "must not be after `to`".to_owned());
    }
    query.done()?;
    match tenant.session.history(&tenant.organization, &contact, days).await? {
        Some(days) => Ok(Json(History { items: days.into_iter().map(Into::into).collect() })),
        None => Err(Problem::new(Code::ContactNotFound)),
    }
}

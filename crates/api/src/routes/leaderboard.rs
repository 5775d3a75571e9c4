//! `GET /api/v1/scoring/leaderboard`.

use axum::Json;
use axum::http::header::LINK;
use axum::http::{HeaderMap, HeaderValue, Uri};
use mauntic_domain::points::PointsE4;
use mauntic_flows::ports::{LeaderboardEntry, Ports, Position, TenantStore};
use serde::Serialize;
use utoipa::ToSchema;

use super::shown;
use crate::auth::{Read, Tenant};
use crate::cursor;
use crate::faults::{Faults, Part};
use crate::params;
use crate::pointer::Pointer;
use crate::problem::Problem;
use crate::problems::ReadProblems;

/// Most lines of a page: 100 × 150 B = 15 KB.
const LIMIT_MAX: u16 = 100;

/// Lines of a page when nobody says.
const LIMIT_DEFAULT: u16 = 20;

/// A page of the leaderboard.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Leaderboard {
    /// By total, highest first; ties by contact id.
    items: Vec<LeaderboardLine>,
    /// Most lines of this page.
    limit: u16,
    /// Cursor of the next page; none on the last. It stands in the header Link
    /// too.
    #[schema(required)]
    next: Option<String>,
}

/// A line.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeaderboardLine {
    contact_id: String,
    #[schema(value_type = f64, minimum = 0, maximum = 100)]
    total_score: PointsE4,
    #[schema(pattern = "^[ABCDF]$")]
    grade: &'static str,
    #[schema(format = DateTime)]
    calculated_at: String,
}

impl From<LeaderboardEntry> for LeaderboardLine {
    fn from(entry: LeaderboardEntry) -> Self {
        Self {
            contact_id: entry.contact_id.into(),
            total_score: entry.total,
            grade: entry.grade.as_str(),
            calculated_at: shown(entry.calculated_at),
        }
    }
}

/// Contacts by score, highest first.
#[utoipa::path(
    get,
    path = "/api/v1/scoring/leaderboard",
    tag = "scoring",
    params(
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Leaderboard,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        ReadProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn leaderboard<P: Ports>(
    tenant: Tenant<P, Read>,
    uri: Uri,
) -> Result<(HeaderMap, Json<Leaderboard>), Problem> {
    let organization = &tenant.organization;
    let [limit, cursor] = params::query(&uri, ["limit", "cursor"])?;
    let limit = params::limit(limit.as_deref(), LIMIT_DEFAULT, LIMIT_MAX)?;
    let after = cursor
        .map(|text| cursor::decode(organization, &text).ok_or_else(bad_cursor))
        .transpose()?;
    // One more than shown tells whether there is a next page.
    let wanted = i64::from(limit) + 1;
    let mut entries = tenant.session.leaderboard(organization, after.as_ref(), wanted).await?;
    let has_more = entries.len() > usize::from(limit);
    entries.truncate(usize::from(limit));
    let next = entries.last().filter(|_| has_more).map(|last| {
        let position = Position { total: last.total, contact_id: last.contact_id.clone() };
        cursor::encode(organization, &position)
    });
    let mut headers = HeaderMap::new();
    if let Some(next) = &next {
        let link = format!("<{}?limit={limit}&cursor={next}>; rel=\"next\"", uri.path());
        // A path and a cursor are visible ASCII, which is always a header's value.
        if let Ok(value) = HeaderValue::from_str(&link) {
            headers.insert(LINK, value);
        }
    }
    let items = entries.into_iter().map(LeaderboardLine::from).collect();
    Ok((headers, Json(Leaderboard { items, limit, next })))
}

fn bad_cursor() -> Problem {
    let mut faults = Faults::of(Part::Query);
    let message = "must be the `next` of a page of this leaderboard, unchanged";
    faults.add(&Pointer::root().field("cursor"), message);
    faults.problem()
}

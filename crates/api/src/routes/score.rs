//! `GET /api/v1/scoring/contacts/{contactId}/score`.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::Uri;
use chrono::{DateTime, Utc};
use mauntic_domain::gather::gathered;
use mauntic_domain::ids::ContactId;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::Category;
use mauntic_flows::commands::show_score::{self, Explained, NotShown, Shown};
use mauntic_flows::ports::{Ports, SIGNALS_READ_MAX, TenantStore};
use serde::Serialize;
use utoipa::ToSchema;

use super::time::{INSTANT_FORM, instant};
use super::{shown, shown_if};
use crate::auth::{Read, Tenant};
use crate::code::Code;
use crate::faults::{Faults, Part};
use crate::params::ContactPath;
use crate::pointer::Pointer;
use crate::problem::Problem;
use crate::problems::ReadScoreProblems;
use crate::query::Query;

// As the problem says.
const _: () = assert!(SIGNALS_READ_MAX == 10_000);

/// A contact's score.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Score {
    contact_id: String,
    /// Sum of the three categories, brought into 0 to 100.
    #[schema(value_type = f64, minimum = 0, maximum = 100)]
    total_score: PointsE4,
    /// A from 80, B from 60, C from 40, D from 20, else F.
    #[schema(pattern = "^[ABCDF]$")]
    grade: &'static str,
    /// Points for who the contact is.
    #[schema(value_type = f64)]
    fit_score: PointsE4,
    /// Points for what the contact does.
    #[schema(value_type = f64)]
    engagement_score: PointsE4,
    /// Points for signs of wanting to buy.
    #[schema(value_type = f64)]
    intent_score: PointsE4,
    /// Points by factor.
    #[schema(value_type = BTreeMap<String, f64>)]
    components: BTreeMap<String, PointsE4>,
    /// The five largest components, ties by factor.
    top_contributors: Vec<Contributor>,
    /// Version of the features it was computed from.
    input_version: i64,
    /// Version of the configuration it was computed from; 0 for none.
    config_version: i64,
    /// Whether the features are newer than the score: a newer one is queued.
    stale: bool,
    /// The instant that it holds for.
    #[schema(format = DateTime)]
    as_of: String,
    /// When it was computed and stored; none with `asOf`.
    #[schema(required, format = DateTime)]
    calculated_at: Option<String>,
}

/// A factor's part of a score.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Contributor {
    factor: String,
    #[schema(pattern = "^(fit|engagement|intent)$")]
    category: &'static str,
    #[schema(value_type = f64)]
    points: PointsE4,
}

impl Score {
    fn of(contact: ContactId, row: &Shown) -> Self {
        let score = &row.score;
        let components = score.components().into_iter();
        let top = score.top_contributors().into_iter();
        Self {
            contact_id: contact.into(),
            total_score: score.total(),
            grade: score.grade().as_str(),
            fit_score: score.category(Category::Fit),
            engagement_score: score.category(Category::Engagement),
            intent_score: score.category(Category::Intent),
            components: gathered(components.map(|(factor, points)| (factor.to_owned(), points))),
            top_contributors: top
                .map(|c| Contributor {
                    factor: c.factor.clone(),
                    category: c.category.as_str(),
                    points: c.points,
                })
                .collect(),
            input_version: row.input_version,
            config_version: row.config_version,
            stale: row.stale,
            as_of: shown(row.as_of),
            calculated_at: shown_if(row.calculated_at),
        }
    }
}

/// A contact's score: as it is stored, or as of an instant.
#[utoipa::path(
    get,
    path = "/api/v1/scoring/contacts/{contactId}/score",
    tag = "scoring",
    params(
        ("contactId" = String, Path, description = "The contact", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("asOf" = Option<String>, Query, description = "Computed as of this instant, from 30 days ago to 366 days ahead; else as stored", format = DateTime),
    ),
    responses((status = 200, description = "The score", body = Score), ReadScoreProblems),
    security(("bearer" = []))
)]
pub(super) async fn get_score<P: Ports>(
    tenant: Tenant<P, Read>,
    ContactPath(contact): ContactPath,
    uri: Uri,
) -> Result<Json<Score>, Problem> {
    let row = match as_of(&uri)? {
        Some(instant) => explained(&tenant, &contact, Some(instant)).await?.0,
        None => stored(&tenant, &contact).await?,
    };
    Ok(Json(Score::of(contact, &row)))
}

/// The instant that a query asks for.
pub(super) fn as_of(uri: &Uri) -> Result<Option<DateTime<Utc>>, Problem> {
    let mut query = Query::of(uri, &["asOf"], &[]);
    let as_of = query.parsed("asOf", INSTANT_FORM, instant);
    query.done().map(|()| as_of)
}

/// The contact's stored score, or why there is none.
async fn stored<P: Ports>(tenant: &Tenant<P, Read>, contact: &ContactId) -> Result<Shown, Problem> {
    match tenant.session.score(&tenant.organization, contact).await? {
        Some(Some(row)) => Ok(row.into()),
        Some(None) => Err(Problem::new(Code::ScoreNotReady)),
        None => Err(Problem::new(Code::ContactNotFound)),
    }
}

/// The contact's score with its signals, or why there is none.
pub(super) async fn explained<P: Ports>(
    tenant: &Tenant<P, Read>,
    contact: &ContactId,
    as_of: Option<DateTime<Utc>>,
) -> Result<Explained, Problem> {
    let found = show_score::show(&tenant.session, &tenant.organization, contact, as_of).await?;
    found.map_err(|why| match why {
        NotShown::Unknown => Problem::new(Code::ContactNotFound),
        NotShown::NotReady => Problem::new(Code::ScoreNotReady),
        NotShown::TooManySignals => Problem::new(Code::TooManySignals),
        NotShown::OutOfBounds { from, to } => {
            let mut faults = Faults::of(Part::Query);
            let message = format!("must be from {} to {}", shown(from), shown(to));
            faults.add(&Pointer::root().field("asOf"), message);
            faults.problem()
        }
    })
}

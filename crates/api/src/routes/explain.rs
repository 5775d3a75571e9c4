//! `GET /api/v1/scoring/contacts/{contactId}/score/explain`.

use axum::Json;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Category, Explanation, explain, explain::Line, explain::Share};
use mauntic_flows::ports::Ports;
use serde::Serialize;
use utoipa::ToSchema;

use super::{score, shown};
use crate::auth::{Read, Tenant};
use crate::params::ContactPath;
use crate::problem::Problem;
use crate::problems::ReadScoreProblems;

/// A score by what it is the sum of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Explanation)]
pub(crate) struct ExplanationBody {
    contact_id: String,
    /// One sentence.
    summary: String,
    /// What the contributions add up to, exactly.
    #[schema(value_type = f64, minimum = 0, maximum = 100)]
    total_score: PointsE4,
    #[schema(pattern = "^[ABCDF]$")]
    grade: &'static str,
    /// Every contribution; `clamp_0_100` is the last, if the sum was outside.
    contributions: Vec<ContributionBody>,
    /// Per category, in a fixed order.
    categories: Vec<CategoryBody>,
    trend: TrendBody,
    #[schema(format = DateTime)]
    calculated_at: String,
}

/// One contribution.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contribution)]
pub(crate) struct ContributionBody {
    factor: String,
    /// None for the clamp, which belongs to the total.
    #[schema(required)]
    category: Option<&'static str>,
    #[schema(value_type = f64)]
    points: PointsE4,
    /// Short, for people.
    label: String,
    /// One sentence, for people.
    description: String,
}

/// A category's part.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CategoryShare)]
pub(crate) struct CategoryBody {
    #[schema(pattern = "^(fit|engagement|intent)$")]
    category: &'static str,
    #[schema(value_type = f64)]
    points: PointsE4,
    /// Part of the sum of magnitudes, in hundredths of a percent; the three
    /// add up to 10,000, or to 0 when nothing contributed.
    share_basis_points: i64,
}

/// How the total moved.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Trend)]
pub(crate) struct TrendBody {
    #[schema(pattern = "^(up|down|unchanged|new)$")]
    direction: &'static str,
    /// The last total that differed.
    #[schema(value_type = Option<f64>, required)]
    previous_total: Option<PointsE4>,
    /// Total minus previous total; zero for a first score.
    #[schema(value_type = f64)]
    change: PointsE4,
}

impl ExplanationBody {
    pub(super) fn of(contact_id: String, calculated_at: String, explanation: Explanation) -> Self {
        let trend = explanation.trend;
        Self {
            contact_id,
            summary: explanation.summary,
            total_score: explanation.total_score,
            grade: explanation.grade.as_str(),
            contributions: explanation.contributions.into_iter().map(line).collect(),
            categories: explanation.categories.into_iter().map(share).collect(),
            trend: TrendBody {
                direction: trend.direction,
                previous_total: trend.previous_total,
                change: trend.change,
            },
            calculated_at,
        }
    }
}

fn line(line: Line) -> ContributionBody {
    ContributionBody {
        factor: line.factor,
        category: line.category.map(Category::as_str),
        points: line.points,
        label: line.label,
        description: line.description,
    }
}

const fn share(share: Share) -> CategoryBody {
    CategoryBody {
        category: share.category.as_str(),
        points: share.points,
        share_basis_points: share.share_basis_points,
    }
}

/// Why a contact's score is what it is.
#[utoipa::path(
    get,
    path = "/api/v1/scoring/contacts/{contactId}/score/explain",
    tag = "scoring",
    params(("contactId" = String, Path, description = "The contact", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$")),
    responses((status = 200, description = "The explanation", body = ExplanationBody), ReadScoreProblems),
    security(("bearer" = []))
)]
pub(super) async fn explain_score<P: Ports>(
    tenant: Tenant<P, Read>,
    ContactPath(contact): ContactPath,
) -> Result<Json<ExplanationBody>, Problem> {
    let row = score::find(&tenant, &contact).await?;
    let explanation = explain(&row.score, row.previous_total);
    let calculated_at = shown(row.calculated_at);
    Ok(Json(ExplanationBody::of(contact.into(), calculated_at, explanation)))
}

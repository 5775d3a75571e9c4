//! `GET /api/v1/scoring/contacts/{contactId}/score/explain`.

use axum::Json;
use axum::http::Uri;
use chrono::{DateTime, Utc};
use mauntic_domain::ids::ContactId;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{
    Category, SignalWeight, explain, explain::Explanation, explain::Line, explain::Share,
};
use mauntic_flows::commands::show_score::{Explained, Shown, SignalsShown};
use mauntic_flows::ports::{Ports, SignalView};
use serde::Serialize;
use utoipa::ToSchema;

use super::{score, shown, shown_if};
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
    /// What signals added; none where a request gave the category's score itself.
    #[schema(required)]
    signals: Option<SignalsBody>,
    /// The instant that it holds for.
    #[schema(format = DateTime)]
    as_of: String,
    /// When it was computed and stored; none with `asOf`.
    #[schema(required, format = DateTime)]
    calculated_at: Option<String>,
}

/// The part of signals: `counted` is the contribution `intent_signals`, and the
/// lesser of `sum` and `cap`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignalsPart)]
pub(crate) struct SignalsBody {
    #[schema(value_type = f64, minimum = 0)]
    counted: PointsE4,
    /// The most that can count.
    #[schema(value_type = f64, minimum = 0)]
    cap: PointsE4,
    /// Whether the signals are not those any more that the score was computed
    /// from. It still sums to its contributions; a newer score is queued.
    stale: bool,
    /// Whether they are more than the 10,000 that are listed at most.
    truncated: bool,
    /// What they weigh together; none where they are stale or truncated.
    #[schema(value_type = Option<f64>, required)]
    sum: Option<PointsE4>,
    /// Each that weighs something, newest first; none where there is no sum.
    #[schema(required)]
    items: Option<Vec<SignalShare>>,
}

/// A signal's part.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignalShare {
    event_id: String,
    signal_type: String,
    source: &'static str,
    /// Points when it came.
    #[schema(value_type = f64)]
    weight: PointsE4,
    /// What is left of them; the items' add up to `sum`.
    #[schema(value_type = f64)]
    current_weight: PointsE4,
    #[schema(format = DateTime)]
    detected_at: String,
    #[schema(format = DateTime)]
    decayed_at: String,
}

impl From<SignalsShown> for SignalsBody {
    fn from(part: SignalsShown) -> Self {
        let (sum, items) = part.parts.unzip();
        Self {
            counted: part.counted,
            cap: part.cap,
            stale: part.stale,
            truncated: part.truncated,
            sum,
            items: items.map(|items| items.into_iter().map(SignalShare::from).collect()),
        }
    }
}

impl From<(SignalView, SignalWeight)> for SignalShare {
    fn from((view, current): (SignalView, SignalWeight)) -> Self {
        Self {
            event_id: view.event_id.into(),
            signal_type: view.signal_type.into(),
            source: view.source.as_str(),
            weight: view.signal.weight.points(),
            current_weight: current.points(),
            detected_at: shown(view.signal.detected_at),
            decayed_at: shown(view.signal.decayed_at()),
        }
    }
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
    /// The last total that differed; with `asOf` the stored one.
    #[schema(value_type = Option<f64>, required)]
    previous_total: Option<PointsE4>,
    /// Total minus previous total; zero for a first score.
    #[schema(value_type = f64)]
    change: PointsE4,
}

impl ExplanationBody {
    fn of(contact: ContactId, (score, signals): Explained) -> Self {
        let Shown { as_of, calculated_at, previous_total, .. } = score;
        let explanation = explain(&score.score, previous_total);
        let signals = signals.map(SignalsBody::from);
        Self { signals, ..Self::new(contact, explanation, as_of, calculated_at) }
    }

    /// An explanation without its signals.
    pub(super) fn new(
        contact: ContactId,
        explanation: Explanation,
        as_of: DateTime<Utc>,
        calculated_at: Option<DateTime<Utc>>,
    ) -> Self {
        let trend = explanation.trend;
        Self {
            contact_id: contact.into(),
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
            signals: None,
            as_of: shown(as_of),
            calculated_at: shown_if(calculated_at),
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
    params(
        ("contactId" = String, Path, description = "The contact", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("asOf" = Option<String>, Query, description = "Computed as of this instant, from 30 days ago to 366 days ahead; else as stored", format = DateTime),
    ),
    responses((status = 200, description = "The explanation", body = ExplanationBody), ReadScoreProblems),
    security(("bearer" = []))
)]
pub(super) async fn explain_score<P: Ports>(
    tenant: Tenant<P, Read>,
    ContactPath(contact): ContactPath,
    uri: Uri,
) -> Result<Json<ExplanationBody>, Problem> {
    let as_of = score::as_of(&uri)?;
    let explained = score::explained(&tenant, &contact, as_of).await?;
    Ok(Json(ExplanationBody::of(contact, explained)))
}

//! Scores of assets: the newest, how each came about, and whether it comes about again.
//! An asset's id is its user's own: `userId` says whose is meant, and is needed where
//! several users have an asset of that name.

use axum::Json;
use axum::http::Uri;
use mauntic_domain::ids::{AssetId, PortfolioUserId};
use mauntic_domain::portfolio::scores::{BreakdownLine as Line, breakdown};
use mauntic_domain::portfolio::{Difference, Scores};
use mauntic_flows::ports::{
    AssetScoreView, CalculationView, Page, PortfolioStore, Ports, ScorePlace,
};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::named;
use super::users::raw;
use crate::auth::{Read, Tenant};
use crate::code::Code;
use crate::page::{Answer, Asked, Listed};
use crate::params::NamePath;
use crate::problem::Problem;
use crate::problems::{CalculationProblems, ReadAssetProblems, ReadProblems};
use crate::query::Query;
use crate::routes::shown;
use crate::source::Source;

/// An asset's score. Numbers are strings with four decimals.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssetScoreLine {
    user_id: String,
    asset_id: String,
    /// What it was quoted by.
    symbol: String,
    /// Points of the criteria that match.
    score: String,
    /// Points that could be had.
    maximum: String,
    /// Percent of the maximum.
    percentage: String,
    criteria_version: i32,
    /// The run that scored it.
    #[schema(value_type = String, format = "uuid")]
    run_id: Uuid,
    #[schema(format = DateTime)]
    scored_at: String,
}

impl From<AssetScoreView> for AssetScoreLine {
    fn from(view: AssetScoreView) -> Self {
        Self {
            user_id: view.user.into(),
            asset_id: view.asset.into(),
            symbol: view.symbol.into(),
            score: view.score,
            maximum: view.maximum,
            percentage: view.percentage,
            criteria_version: view.criteria_version,
            run_id: view.run_id,
            scored_at: shown(view.scored_at),
        }
    }
}

/// An asset's score with what each criterion made of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssetScore {
    #[serde(flatten)]
    line: AssetScoreLine,
    /// In the order of the criteria; none where retention took it.
    #[schema(required, value_type = Option<Vec<BreakdownLine>>)]
    breakdown: Option<Box<RawValue>>,
}

/// What a criterion made of an asset.
// For the document only: the rules write it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "the document's shape")]
pub(crate) struct BreakdownLine {
    criterion_id: String,
    matched: bool,
    /// Of a match its points, else 0.
    points_awarded: f64,
    /// `missing_fundamental` where what it needs is not known.
    #[schema(required)]
    skipped_reason: Option<String>,
}

/// What a user was scored from.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CapturedInputs {
    user_id: String,
    #[schema(value_type = String, format = "uuid")]
    run_id: Uuid,
    /// Of all events of this calculation.
    #[schema(value_type = String, format = "uuid")]
    correlation_id: Uuid,
    #[schema(format = DateTime)]
    captured_at: String,
    /// Criteria, base currency, rates, assets and quotes, as they were; none where nothing
    /// could be captured.
    #[schema(required, value_type = Option<Object>)]
    inputs: Option<Box<RawValue>>,
}

/// Whether a user's scores are made again by what was captured.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Replayed {
    user_id: String,
    #[schema(value_type = String, format = "uuid")]
    run_id: Uuid,
    /// Whether what comes out is what is stored, in events to the byte, and in tables.
    identical: bool,
    /// The first place that differs.
    #[schema(required)]
    difference: Option<DifferenceBody>,
}

/// A place that differs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayDifference)]
pub(crate) struct DifferenceBody {
    /// Which body or table, and the JSON pointer into it.
    place: String,
    /// What is stored there.
    stored: String,
    /// What comes out.
    computed: String,
}

impl From<Difference> for DifferenceBody {
    fn from(Difference { place, stored, computed }: Difference) -> Self {
        Self { place, stored, computed }
    }
}

/// The newest scores, by user and asset.
#[utoipa::path(
    get,
    path = "/api/v1/portfolio/scores",
    tag = "portfolio",
    params(
        ("userId" = Option<String>, Query, description = "Only this user's", pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<AssetScoreLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        ReadProblems
    ),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn list_asset_scores<P: Ports>(
    tenant: Tenant<P, Read>,
    uri: Uri,
) -> Result<Answer<AssetScoreLine>, Problem> {
    let owner = &tenant.organization;
    let mut query = Query::of(&uri, &["userId", "limit", "cursor"], &[]);
    let (asked, after) = Asked::of_tenant::<ScorePlace>(owner, &uri, &mut query);
    let user = user(&mut query);
    query.done()?;
    let found =
        tenant.session.newest_scores(owner, user.as_ref(), after.as_ref(), asked.one_more());
    Ok(asked.cut(found.await?, place))
}

fn place(view: &AssetScoreView) -> ScorePlace {
    ScorePlace { user: view.user.clone(), asset: view.asset.clone() }
}

fn user(query: &mut Query) -> Option<PortfolioUserId> {
    let name = query.text("userId")?;
    PortfolioUserId::parse(name).map_err(|error| query.fault("userId", error.to_string())).ok()
}

/// The newest score that a request is about.
async fn newest<P: Ports>(
    tenant: &Tenant<P, Read>,
    asset: &AssetId,
    user: Option<&PortfolioUserId>,
    query: Query,
) -> Result<Option<AssetScoreView>, Problem> {
    let mut found = tenant.session.asset_scores(&tenant.organization, asset, user).await?;
    let score = found.pop();
    if found.is_empty() {
        return Ok(score);
    }
    let several = "is needed: several users have an asset of this name";
    Err(query.refuse("userId", several.to_owned()))
}

fn not_found() -> Problem {
    Problem::new(Code::AssetScoreNotFound)
}

/// The last score that a request is about: the newest, or where its user has it no more,
/// and is named, the last of its history.
async fn last<P: Ports>(
    tenant: &Tenant<P, Read>,
    name: String,
    user: Option<PortfolioUserId>,
    query: Query,
) -> Result<AssetScoreView, Problem> {
    let asset = named("assetId", name, AssetId::parse)?;
    if let Some(score) = newest(tenant, &asset, user.as_ref(), query).await? {
        return Ok(score);
    }
    let place = ScorePlace { user: user.ok_or_else(not_found)?, asset };
    let page = Page { before: None, limit: 1 };
    let past = tenant.session.asset_history(&tenant.organization, &place, page).await?;
    past.items.into_iter().next().ok_or_else(not_found)
}

/// An asset's newest score, criterion by criterion.
#[utoipa::path(
    get,
    path = "/api/v1/portfolio/scores/{assetId}",
    tag = "portfolio",
    params(
        ("assetId" = String, Path, description = "The asset, by the product's name", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("userId" = Option<String>, Query, description = "Whose; needed where several users have an asset of this name", pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
    ),
    responses((status = 200, description = "The score", body = AssetScore), ReadAssetProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn get_asset_score<P: Ports>(
    tenant: Tenant<P, Read>,
    NamePath(name): NamePath,
    uri: Uri,
) -> Result<Json<AssetScore>, Problem> {
    let mut query = Query::of(&uri, &["userId"], &[]);
    let user = user(&mut query);
    let query = query.so_far()?;
    let asset = named("assetId", name, AssetId::parse)?;
    let score = newest(&tenant, &asset, user.as_ref(), query).await?.ok_or_else(not_found)?;
    let (owner, run) = (&tenant.organization, score.run_id);
    let calculation = tenant.session.calculation(owner, &score.user, run).await?;
    let scores = calculation.and_then(|of| of.recorded.scores);
    let breakdown = scores.map(|text| lines(&text, &score.asset));
    Ok(Json(AssetScore { breakdown: breakdown.transpose()?.flatten(), line: score.into() }))
}

/// The lines of an asset in stored scores.
fn lines(text: &str, asset: &AssetId) -> Result<Option<Box<RawValue>>, Problem> {
    let unreadable = |error: serde_json::Error| {
        Problem::new(Code::InternalError).because(format!("stored scores: {error}"))
    };
    let scores: Scores = serde_json::from_str(text).map_err(unreadable)?;
    let Some(of) = scores.assets.iter().find(|of| of.asset_id == *asset) else { return Ok(None) };
    let weighed = scores.criteria.iter().map(|one| (&one.id, one.points));
    let lines: Vec<Line<'_>> = breakdown(weighed, &of.marks);
    raw(serde_json::to_string(&lines).map_err(unreadable)?).map(Some)
}

/// An asset's scores, the newest run's first.
#[utoipa::path(
    get,
    path = "/api/v1/portfolio/scores/{assetId}/history",
    tag = "portfolio",
    params(
        ("assetId" = String, Path, description = "The asset, by the product's name", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("userId" = Option<String>, Query, description = "Whose; needed where several users have an asset of this name, or nobody has it any more", pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<AssetScoreLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        ReadAssetProblems
    ),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn asset_score_history<P: Ports>(
    tenant: Tenant<P, Read>,
    NamePath(name): NamePath,
    uri: Uri,
) -> Result<Answer<AssetScoreLine>, Problem> {
    let mut query = Query::of(&uri, &["userId", "limit", "cursor"], &[]);
    let (asked, before) = Asked::of_tenant::<Uuid>(&tenant.organization, &uri, &mut query);
    let user = user(&mut query);
    let score = last(&tenant, name, user, query.so_far()?).await?;
    let (owner, page) = (&tenant.organization, asked.page(before));
    Ok(asked.answer(tenant.session.asset_history(owner, &place(&score), page).await?))
}

/// The calculation that a request is about: of a run, or the newest.
async fn calculation<P: Ports>(
    tenant: &Tenant<P, Read>,
    name: String,
    uri: &Uri,
) -> Result<(PortfolioUserId, Uuid, CalculationView), Problem> {
    let mut query = Query::of(uri, &["userId", "runId"], &[]);
    let (user, run) = (user(&mut query), query.id("runId"));
    let score = last(tenant, name, user, query.so_far()?).await?;
    let run = run.unwrap_or(score.run_id);
    let found = tenant.session.calculation(&tenant.organization, &score.user, run).await?;
    let found = found.ok_or_else(|| Problem::new(Code::RunNotFound))?;
    Ok((score.user, run, found))
}

/// What an asset's score was made from: all that its user's scores were.
#[utoipa::path(
    get,
    path = "/api/v1/portfolio/scores/{assetId}/inputs",
    tag = "portfolio",
    params(
        ("assetId" = String, Path, description = "The asset, by the product's name", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("userId" = Option<String>, Query, description = "Whose; needed where several users have an asset of this name, or nobody has it any more", pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("runId" = Option<String>, Query, description = "Of which run; the newest that scored it by default", format = "uuid"),
    ),
    responses((status = 200, description = "The inputs", body = CapturedInputs), CalculationProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn asset_score_inputs<P: Ports>(
    tenant: Tenant<P, Read>,
    NamePath(name): NamePath,
    uri: Uri,
) -> Result<Json<CapturedInputs>, Problem> {
    let (user, run_id, found) = calculation(&tenant, name, &uri).await?;
    let (correlation_id, at) = found.told.ok_or_else(|| Problem::new(Code::RunNotFound))?;
    Ok(Json(CapturedInputs {
        user_id: user.into(),
        run_id,
        correlation_id,
        captured_at: shown(at),
        inputs: found.recorded.inputs.map(raw).transpose()?,
    }))
}

/// Makes a user's scores again from what was captured, and compares them to the byte, with
/// all that is stored of them.
#[utoipa::path(
    get,
    path = "/api/v1/portfolio/scores/{assetId}/replay",
    tag = "portfolio",
    params(
        ("assetId" = String, Path, description = "The asset, by the product's name", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("userId" = Option<String>, Query, description = "Whose; needed where several users have an asset of this name, or nobody has it any more", pattern = "^[A-Za-z0-9_.:-]{1,64}$"),
        ("runId" = Option<String>, Query, description = "Of which run; the newest that scored it by default", format = "uuid"),
    ),
    responses((status = 200, description = "Whether it comes out the same", body = Replayed), CalculationProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn replay_asset_score<P: Ports>(
    tenant: Tenant<P, Read>,
    NamePath(name): NamePath,
    uri: Uri,
) -> Result<Json<Replayed>, Problem> {
    let (user, run_id, found) = calculation(&tenant, name, &uri).await?;
    let again = found.recorded.replay().ok_or_else(|| Problem::new(Code::RunNotFound))?;
    let difference = again.err().map(DifferenceBody::from);
    let identical = difference.is_none();
    Ok(Json(Replayed { user_id: user.into(), run_id, identical, difference }))
}

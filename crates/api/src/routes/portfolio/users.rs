//! A user's portfolio and criteria.

use std::collections::BTreeMap;

use axum::Json;
use mauntic_domain::ids::{AssetId, PortfolioUserId};
use mauntic_domain::portfolio::inputs::ASSETS_MAX;
use mauntic_domain::portfolio::{
    Criteria, Currency, Faults as DocumentFaults, Market, Place, Symbol, read,
};
use mauntic_flows::ports::{
    CriteriaView, Holding, PortfolioStore, PortfolioView, PortfolioWrite, Ports,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::named;
use crate::auth::{Read, Tenant, Write};
use crate::body::{JsonBody, TextBody};
use crate::code::Code;
use crate::faults::Faults;
use crate::form::Form;
use crate::params::NamePath;
use crate::problem::Problem;
use crate::problems::{PutCriteriaProblems, PutPortfolioProblems, ReadPortfolioProblems};
use crate::routes::shown;
use crate::source::Source;

/// What a user holds, whole: what is left out is held no more.
// For the document only: the body is read by hand, to name every fault.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = PortfolioRequest)]
pub(crate) struct PortfolioBody {
    /// What prices are compared in.
    #[schema(pattern = "^[A-Z]{3}$")]
    base_currency: String,
    /// Whether nights score it; true by default.
    active: Option<bool>,
    #[schema(max_items = 100)]
    assets: Vec<AssetLine>,
}

/// An asset of a portfolio.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Asset, example = json!({"id": "a1", "symbol": "AAPL", "market": "XNAS"}))]
pub(crate) struct AssetLine {
    /// By the product's name; unique within its user's.
    #[schema(pattern = "^[A-Za-z0-9_.:-]{1,64}$")]
    id: String,
    /// What the provider of prices calls it.
    #[schema(pattern = "^[A-Z0-9.^=_-]{1,32}$")]
    symbol: String,
    /// Where it is traded.
    #[schema(pattern = "^[A-Z0-9_-]{1,16}$")]
    market: String,
}

/// What a user looks for, whole.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CriteriaRequest)]
#[allow(dead_code, reason = "the document's shape; the body is read by hand")]
pub(crate) struct CriteriaBody {
    #[schema(max_items = 100)]
    criteria: Vec<CriterionLine>,
}

/// A criterion. Numbers are plain decimals of at most 28 digits, as strings or numbers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Criterion, example = json!({"id": "cheap", "name": "Cheap", "metric": "pe_ratio", "operator": "lt", "value": "15", "points": 10}))]
#[allow(dead_code, reason = "the document's shape; the body is read by hand")]
pub(crate) struct CriterionLine {
    /// Unique among the user's.
    #[schema(pattern = "^[A-Za-z0-9_.:-]{1,64}$")]
    id: String,
    #[schema(max_length = 200)]
    name: String,
    #[schema(pattern = "^(pe_ratio|pb_ratio|dividend_yield|market_cap|revenue|earnings|price)$")]
    metric: String,
    #[schema(pattern = "^(gt|lt|gte|lte|equals|between|exists)$")]
    operator: String,
    /// All operators but `exists` need it.
    value: Option<Number>,
    /// The end of `between`, which never matches without it.
    value2: Option<Number>,
    /// Given where it matches: -1000000 to 1000000.
    points: Number,
    /// Metrics that must be known; the criterion's own where there is no list.
    required_fundamentals: Option<Vec<String>>,
}

/// A plain decimal of at most 28 digits.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Decimal)]
#[allow(dead_code, reason = "the document's shape; the body is read by hand")]
pub(crate) enum Number {
    Text(String),
    Number(f64),
}

/// A user's portfolio.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Portfolio {
    user_id: String,
    base_currency: String,
    active: bool,
    assets: Vec<AssetLine>,
    #[schema(format = DateTime)]
    updated_at: String,
    /// The newest criteria; none where there are none yet.
    #[schema(required)]
    criteria: Option<CriteriaVersion>,
    /// The run that scored it last, or found no assets; none before the first.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    run_id: Option<Uuid>,
    #[schema(required, format = DateTime)]
    scored_at: Option<String>,
}

/// A version of a user's criteria.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CriteriaVersion {
    /// From 1, one a change.
    version: i32,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(value_type = Vec<Object>)]
    criteria: Box<RawValue>,
}

fn version(view: CriteriaView) -> Result<CriteriaVersion, Problem> {
    Ok(CriteriaVersion {
        version: view.version,
        created_at: shown(view.created_at),
        criteria: raw(view.rules)?,
    })
}

/// A stored text that is JSON.
pub(super) fn raw(text: String) -> Result<Box<RawValue>, Problem> {
    RawValue::from_string(text)
        .map_err(|error| Problem::new(Code::InternalError).because(error.to_string()))
}

fn body(user: PortfolioUserId, view: PortfolioView) -> Result<Json<Portfolio>, Problem> {
    let PortfolioWrite { base_currency, active, assets } = view.portfolio;
    let line = |(id, held): (AssetId, Holding)| AssetLine {
        id: id.into(),
        symbol: held.symbol.into(),
        market: held.market.into(),
    };
    Ok(Json(Portfolio {
        user_id: user.into(),
        base_currency: base_currency.into(),
        active,
        assets: assets.into_iter().map(line).collect(),
        updated_at: shown(view.updated_at),
        criteria: view.criteria.map(version).transpose()?,
        run_id: view.scored.map(|(run, _)| run),
        scored_at: view.scored.map(|(_, at)| shown(at)),
    }))
}

/// Stores what a user holds, in place of what was there.
#[utoipa::path(
    put,
    path = "/api/v1/portfolio/users/{userId}",
    tag = "portfolio",
    params(("userId" = String, Path, description = "The user, by the product's name", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$")),
    request_body(content = PortfolioBody, content_type = "application/json"),
    responses((status = 200, description = "Stored", body = Portfolio), PutPortfolioProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn put_portfolio<P: Ports>(
    tenant: Tenant<P, Write>,
    NamePath(name): NamePath,
    JsonBody(fields): JsonBody,
) -> Result<Json<Portfolio>, Problem> {
    let user = named("userId", name, PortfolioUserId::parse)?;
    let write = portfolio(fields)?;
    body(user.clone(), tenant.session.put_portfolio(&tenant.organization, &user, &write).await?)
}

fn portfolio(fields: Map<String, Value>) -> Result<PortfolioWrite, Problem> {
    let mut form = Form::of(fields, &["baseCurrency", "active", "assets"]);
    let currency = read_text(&mut form, "baseCurrency", Currency::parse);
    let active = form.flag("active").unwrap_or(true);
    let mut assets = BTreeMap::new();
    form.items("assets", ASSETS_MAX, &["id", "symbol", "market"], |form| {
        let id = read_text(form, "id", AssetId::parse);
        let symbol = read_text(form, "symbol", Symbol::parse);
        let market = read_text(form, "market", Market::parse);
        let (id, holding) = (id?, Holding { symbol: symbol?, market: market? });
        if assets.insert(id, holding).is_some() {
            form.fault("id", "is the id of another asset".to_owned());
        }
        Some(())
    });
    form.done()?;
    let base_currency = currency.ok_or_else(|| Problem::new(Code::ValidationFailed))?;
    Ok(PortfolioWrite { base_currency, active, assets })
}

/// A text that is needed.
fn read_text<T, E: ToString>(
    form: &mut Form,
    name: &'static str,
    parse: impl FnOnce(String) -> Result<T, E>,
) -> Option<T> {
    if !form.has(name) {
        form.fault(name, "is required".to_owned());
        return None;
    }
    parse(form.text(name)?).map_err(|error| form.fault(name, error.to_string())).ok()
}

/// A user's portfolio, with the newest criteria.
#[utoipa::path(
    get,
    path = "/api/v1/portfolio/users/{userId}",
    tag = "portfolio",
    params(("userId" = String, Path, description = "The user, by the product's name", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$")),
    responses((status = 200, description = "The portfolio", body = Portfolio), ReadPortfolioProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn get_portfolio<P: Ports>(
    tenant: Tenant<P, Read>,
    NamePath(name): NamePath,
) -> Result<Json<Portfolio>, Problem> {
    let user = named("userId", name, PortfolioUserId::parse)?;
    let found = tenant.session.portfolio(&tenant.organization, &user).await?;
    body(user, found.ok_or_else(|| Problem::new(Code::PortfolioNotFound))?)
}

/// Stores what a user looks for, as a version of its own; what the newest one says already
/// makes none.
#[utoipa::path(
    put,
    path = "/api/v1/portfolio/users/{userId}/criteria",
    tag = "portfolio",
    params(("userId" = String, Path, description = "The user, by the product's name", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]{1,64}$")),
    request_body(content = CriteriaBody, content_type = "application/json"),
    responses((status = 200, description = "The newest version", body = CriteriaVersion), PutCriteriaProblems),
    security(("bearer" = []))
)]
pub(in crate::routes) async fn put_criteria<P: Ports>(
    tenant: Tenant<P, Write>,
    NamePath(name): NamePath,
    TextBody(text): TextBody,
) -> Result<Json<CriteriaVersion>, Problem> {
    let user = named("userId", name, PortfolioUserId::parse)?;
    let criteria = criteria(&text)?;
    let stored = tenant.session.put_criteria(&tenant.organization, &user, &criteria).await?;
    stored.ok_or_else(|| Problem::new(Code::PortfolioNotFound)).and_then(version).map(Json)
}

/// Reads criteria by their text, for numbers keep their digits.
fn criteria(text: &str) -> Result<Criteria, Problem> {
    let value: &RawValue = serde_json::from_str(text).map_err(|error| {
        Problem::with_detail(Code::MalformedJson, format!("The body is not JSON: {error}."))
    })?;
    let (root, mut faults) = (Place::default(), DocumentFaults::default());
    let criteria = read::Fields::of(value, &["criteria"], &root, &mut faults)
        .and_then(|mut fields| fields.needed("criteria", &mut faults))
        .map(|list| Criteria::read(list, &root.field("criteria"), &mut faults));
    let read = faults.none_or(criteria.unwrap_or_default());
    read.map_err(|faults| Faults::of_document(&faults).problem())
}

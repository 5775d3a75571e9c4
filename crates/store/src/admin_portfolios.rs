//! Portfolios that are put there by hand, for local running. Connects as the owner of the
//! tables.

use mauntic_domain::ids::{AssetId, OrganizationId, PortfolioUserId};
use mauntic_domain::portfolio::{Criteria, Currency, Market, Symbol};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

use crate::flight::Param;

/// A user's portfolio.
#[derive(Debug, Clone)]
pub struct GivenPortfolio {
    /// Whose.
    pub user_id: PortfolioUserId,
    /// Prices count in it.
    pub base_currency: Currency,
    /// Assets, with what they are quoted by and where they are traded.
    pub assets: Vec<(AssetId, Symbol, Market)>,
    /// By what they are scored.
    pub criteria: Criteria,
}

/// Puts portfolios there, sorted by their users; what is there of a user stays as it is.
///
/// # Errors
/// The database's. The connection is then to be dropped.
pub async fn put_portfolios(
    client: &Client,
    owner: &OrganizationId,
    given: &[GivenPortfolio],
) -> Result<(), Error> {
    let owner = owner.as_str();
    let users: Vec<&str> = given.iter().map(|of| of.user_id.as_str()).collect();
    let currencies: Vec<&str> = given.iter().map(|of| of.base_currency.as_str()).collect();
    let criteria: Vec<String> = given.iter().map(|of| of.criteria.to_json()).collect();
    let assets = || given.iter().flat_map(|of| of.assets.iter().map(move |asset| (of, asset)));
    let holders: Vec<&str> = assets().map(|(of, _)| of.user_id.as_str()).collect();
    let ids: Vec<&str> = assets().map(|(_, (id, ..))| id.as_str()).collect();
    let symbols: Vec<&str> = assets().map(|(_, (_, symbol, _))| symbol.as_str()).collect();
    let markets: Vec<&str> = assets().map(|(_, (.., market))| market.as_str()).collect();
    let params: &[Param<'_>] = &[
        (&owner, Type::TEXT),
        (&users, Type::TEXT_ARRAY),
        (&currencies, Type::TEXT_ARRAY),
        (&criteria, Type::TEXT_ARRAY),
        (&holders, Type::TEXT_ARRAY),
        (&ids, Type::TEXT_ARRAY),
        (&symbols, Type::TEXT_ARRAY),
        (&markets, Type::TEXT_ARRAY),
    ];
    client.query_typed(sql!("seed_portfolios.sql"), params).await.map(|_| ())
}

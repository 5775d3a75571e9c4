//! Portfolios of the demo organization, the same every time: of some symbols and
//! currencies, and one user who holds nothing.

use mauntic_domain::ids::{AssetId, PortfolioUserId};
use mauntic_domain::portfolio::{Criteria, Currency, Market, Symbol};
use mauntic_store::admin_portfolios::GivenPortfolio;
use serde_json::json;

/// Users.
const USERS: usize = 12;

/// Assets of each but the last, who has none.
const ASSETS: usize = 5;

/// What is traded, and where.
const TRADED: [(&str, &str); 8] = [
    ("AAPL", "XNAS"),
    ("BRK.B", "XNYS"),
    ("MSFT", "XNAS"),
    ("NESN", "XSWX"),
    ("NVDA", "XNAS"),
    ("SAP", "XETR"),
    ("SHEL", "XLON"),
    ("TM", "XNYS"),
];

const CURRENCIES: [&str; 3] = ["EUR", "GBP", "USD"];

/// Made by rule: each user holds another five of what is traded.
pub(crate) fn portfolios() -> anyhow::Result<Vec<GivenPortfolio>> {
    (0..USERS).map(portfolio).collect()
}

fn portfolio(nth: usize) -> anyhow::Result<GivenPortfolio> {
    let held = if nth + 1 == USERS { 0 } else { ASSETS };
    let traded = TRADED.iter().cycle().skip(nth).take(held).enumerate();
    let asset = |(at, (symbol, market)): (usize, &(&str, &str))| {
        let id = AssetId::parse(format!("asset_{}", at + 1))?;
        Ok((id, Symbol::parse(*symbol)?, Market::parse(*market)?))
    };
    let currency = CURRENCIES.iter().cycle().nth(nth).copied().unwrap_or("EUR");
    let criteria = json!([
        {"id": "cheap", "name": "Cheap for what it earns", "metric": "pe_ratio",
         "operator": "between", "value": "5", "value2": "25", "points": "30"},
        {"id": "pays", "name": "Pays a dividend", "metric": "dividend_yield", "operator": "gte",
         "value": "2.5", "points": "20"},
        {"id": "large", "name": "A large one", "metric": "market_cap", "operator": "gt",
         "value": "300000000", "points": "12.5"},
        {"id": "dear", "name": "Dear to buy", "metric": "price", "operator": "gt",
         "value": (100 + 50 * (nth % 5)).to_string(), "points": "-7.5"},
    ]);
    let criteria = Criteria::parse(&criteria.to_string());
    Ok(GivenPortfolio {
        user_id: PortfolioUserId::parse(format!("user_{:02}", nth + 1))?,
        base_currency: Currency::parse(currency)?,
        assets: traded.map(asset).collect::<anyhow::Result<_>>()?,
        criteria: criteria.map_err(|faults| anyhow::anyhow!("the demo's criteria: {faults:?}"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dozen_are_made_and_one_holds_nothing() {
        let given = portfolios().unwrap();
        let sizes: Vec<usize> = given.iter().map(|of| of.assets.len()).collect();
        assert_eq!(sizes, [5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 0]);
        // As they are put into the database.
        assert!(given.is_sorted_by(|a, b| a.user_id < b.user_id));
        assert!(given.iter().all(|of| of.assets.is_sorted_by(|a, b| a.0 < b.0)));
        assert!(given.iter().all(|of| of.criteria.iter().len() == 4));
    }
}

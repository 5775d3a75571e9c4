//! What is known of an asset: its price and fundamentals, each exact or missing.

use serde::{Deserialize, Serialize};

use super::decimal::Decimal;

/// What a criterion looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Price by earnings of a share.
    PeRatio,
    /// Price by book value of a share.
    PbRatio,
    /// Dividend by price.
    DividendYield,
    /// What all shares together cost, in the quote's currency.
    MarketCap,
    /// Sales of a year, in the quote's currency.
    Revenue,
    /// Profit of a year, in the quote's currency.
    Earnings,
    /// Price, in the user's base currency; in a quote, in the quote's.
    Price,
}

impl Metric {
    /// Every metric, in the order of [`Fundamentals`].
    pub const ALL: [Self; 7] = [
        Self::PeRatio,
        Self::PbRatio,
        Self::DividendYield,
        Self::MarketCap,
        Self::Revenue,
        Self::Earnings,
        Self::Price,
    ];

    /// Name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PeRatio => "pe_ratio",
            Self::PbRatio => "pb_ratio",
            Self::DividendYield => "dividend_yield",
            Self::MarketCap => "market_cap",
            Self::Revenue => "revenue",
            Self::Earnings => "earnings",
            Self::Price => "price",
        }
    }

    /// The metric of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }
}

/// What is known of an asset. What is not told is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fundamentals {
    /// Of [`Metric::PeRatio`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pe_ratio: Option<Decimal>,
    /// Of [`Metric::PbRatio`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pb_ratio: Option<Decimal>,
    /// Of [`Metric::DividendYield`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dividend_yield: Option<Decimal>,
    /// Of [`Metric::MarketCap`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market_cap: Option<Decimal>,
    /// Of [`Metric::Revenue`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revenue: Option<Decimal>,
    /// Of [`Metric::Earnings`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earnings: Option<Decimal>,
    /// Of [`Metric::Price`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
}

impl Fundamentals {
    /// The number of a metric; none where it is missing.
    #[must_use]
    pub const fn get(&self, metric: Metric) -> Option<Decimal> {
        match metric {
            Metric::PeRatio => self.pe_ratio,
            Metric::PbRatio => self.pb_ratio,
            Metric::DividendYield => self.dividend_yield,
            Metric::MarketCap => self.market_cap,
            Metric::Revenue => self.revenue,
            Metric::Earnings => self.earnings,
            Metric::Price => self.price,
        }
    }

    /// Sets the number of a metric.
    pub const fn set(&mut self, metric: Metric, number: Option<Decimal>) {
        let place = match metric {
            Metric::PeRatio => &mut self.pe_ratio,
            Metric::PbRatio => &mut self.pb_ratio,
            Metric::DividendYield => &mut self.dividend_yield,
            Metric::MarketCap => &mut self.market_cap,
            Metric::Revenue => &mut self.revenue,
            Metric::Earnings => &mut self.earnings,
            Metric::Price => &mut self.price,
        };
        *place = number;
    }
}

//! Everything that a user's scores are made of, as it was when they were: what is
//! captured is enough to make them again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::criteria::Criteria;
use super::fate::{Reason, Unscored};
use super::metric::Fundamentals;
use super::names::{Currency, Symbol};
use super::rates::Rates;
use crate::gather::gathered;
use crate::ids::AssetId;

/// Most assets of a user: with a hundred criteria each, as [`super::criteria::CRITERIA_MAX`]
/// counts them.
pub const ASSETS_MAX: usize = 100;

/// What a provider told of a symbol: once a run, for all who hold it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Quote {
    /// What its price is in.
    pub currency: Currency,
    /// What is known of it, the price in `currency`.
    pub fundamentals: Fundamentals,
}

impl Quote {
    /// Reads what was stored; none where it is none.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// As it is stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text keys and no fallible serializer.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A user's portfolio: each asset once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portfolio {
    /// What its prices are compared in.
    pub base_currency: Currency,
    /// What it holds.
    pub assets: BTreeMap<AssetId, Symbol>,
}

impl Portfolio {
    /// Reads what is stored of one.
    ///
    /// # Errors
    /// When it is empty, or holds what no portfolio may.
    pub fn of_stored<'a>(
        base_currency: &str,
        stored: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Unscored> {
        let bad = |detail: String| Reason::BadPortfolio.of(detail);
        let base_currency = Currency::parse(base_currency)
            .map_err(|error| bad(format!("its base currency {error}")))?;
        let mut assets = BTreeMap::new();
        for (id, symbol) in stored {
            let id = AssetId::parse(id).map_err(|error| bad(format!("an asset's id {error}")))?;
            let symbol = Symbol::parse(symbol)
                .map_err(|error| bad(format!("the symbol of {id} {error}")))?;
            if assets.insert(id.clone(), symbol).is_some() {
                return Err(bad(format!("it holds {id} twice")));
            }
        }
        match assets.len() {
            0 => Err(Reason::NoAssets.of("there are no assets")),
            1..=ASSETS_MAX => Ok(Self { base_currency, assets }),
            found => Err(bad(format!("it holds {found} assets, more than {ASSETS_MAX}"))),
        }
    }
}

/// What is captured of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inputs {
    /// Which of the user's criteria.
    pub criteria_version: i32,
    /// Those.
    pub criteria: Criteria,
    /// What prices are compared in.
    pub base_currency: Currency,
    /// The run's rates, of the currencies that it needs.
    pub rates: Rates,
    /// What the user holds.
    pub assets: BTreeMap<AssetId, Symbol>,
    /// What was told of its symbols; of one that is not here, nothing.
    pub quotes: BTreeMap<Symbol, Quote>,
}

/// The SHA-256 of captured inputs.
pub type InputsHash = [u8; 32];

impl Inputs {
    /// Captures what is needed of a run's rates and quotes.
    #[must_use]
    pub fn capture(
        (criteria_version, criteria): (i32, Criteria),
        portfolio: Portfolio,
        rates: &Rates,
        quotes: &BTreeMap<Symbol, Quote>,
    ) -> Self {
        let Portfolio { base_currency, assets } = portfolio;
        let told = |symbol: &Symbol| Some((symbol.clone(), quotes.get(symbol)?.clone()));
        let quotes: BTreeMap<_, _> = gathered(assets.values().filter_map(told));
        let priced = quotes.values().filter(|quote| quote.fundamentals.price.is_some());
        let rates = rates.of_currencies(&base_currency, priced.map(|quote| &quote.currency));
        Self { criteria_version, criteria, base_currency, rates, assets, quotes }
    }

    /// The one text of these inputs, which is stored and hashed.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text keys and no fallible serializer.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what was captured.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The hash of their text.
    #[must_use]
    pub fn hash(&self) -> InputsHash {
        Sha256::digest(self.to_json()).into()
    }
}

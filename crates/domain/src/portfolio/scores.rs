//! What criteria make of assets: the points of each, criterion by criterion.

use std::collections::BTreeSet;
use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::criteria::{Criteria, Criterion, Operator};
use super::fate::{Named, Reason, Unscored};
use super::inputs::{Inputs, Quote};
use super::metric::Fundamentals;
use super::names::Symbol;
use super::points::{Points, Shown};
use super::rates::ConvertError;
use crate::gather::gathered;
use crate::ids::{AssetId, CriterionId};
use crate::scoreboard::ledger::to_hex;

/// What a criterion makes of an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It matches, and gives its points.
    Yes,
    /// It does not match.
    No,
    /// It is skipped: what it needs is not known of the asset.
    MissingFundamental,
}

impl Mark {
    /// Why the criterion was skipped; none where it was not.
    #[must_use]
    pub const fn skipped_reason(self) -> Option<&'static str> {
        match self {
            Self::Yes | Self::No => None,
            Self::MissingFundamental => Some("missing_fundamental"),
        }
    }
}

/// A criterion as scores name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weighed {
    /// Its id.
    pub id: CriterionId,
    /// What a match gives.
    pub points: Points,
}

/// An asset's score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssetScore {
    /// Which asset.
    pub asset_id: AssetId,
    /// The points of all that match.
    pub score: Shown,
    /// In hundredths of the maximum.
    pub percentage: Shown,
    /// What each criterion made of it, in their order.
    pub marks: Vec<Mark>,
}

/// A user's scores. Their JSON is the canonical text that is stored and replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scores {
    /// Most points that an asset can have.
    pub maximum: Shown,
    /// The criteria, in their order.
    pub criteria: Vec<Weighed>,
    /// In the order of their ids.
    pub assets: Vec<AssetScore>,
    /// The hash of the inputs that they are made of, in hexadecimal: a captured number
    /// that is altered shows, even where it changes no score.
    pub inputs_hash: String,
}

impl Scores {
    /// The one text of these scores.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text keys and no fallible serializer.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// One line of a breakdown, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BreakdownLine<'a> {
    /// Which criterion.
    pub criterion_id: &'a CriterionId,
    /// Whether it matches.
    pub matched: bool,
    /// What it gives.
    pub points_awarded: Points,
    /// Why it was skipped.
    pub skipped_reason: Option<&'static str>,
}

/// What criteria made of an asset, line by line.
pub fn breakdown<'a>(
    criteria: impl IntoIterator<Item = (&'a CriterionId, Points)>,
    marks: &[Mark],
) -> Vec<BreakdownLine<'a>> {
    let lines = criteria.into_iter().zip(marks);
    let line = |((criterion_id, points), mark): ((&'a CriterionId, Points), &Mark)| BreakdownLine {
        criterion_id,
        matched: *mark == Mark::Yes,
        points_awarded: if *mark == Mark::Yes { points } else { Points::ZERO },
        skipped_reason: mark.skipped_reason(),
    };
    lines.map(line).collect()
}

impl Criterion {
    /// What it makes of an asset whose price is in the base currency.
    #[must_use]
    pub fn mark(&self, of: &Fundamentals) -> Mark {
        if self.required().any(|metric| of.get(metric).is_none()) {
            return Mark::MissingFundamental;
        }
        if self.matches(of) { Mark::Yes } else { Mark::No }
    }

    fn matches(&self, of: &Fundamentals) -> bool {
        // Its metric may be missing where its list of what is required leaves it out.
        let Some(number) = of.get(self.metric) else {
            return false;
        };
        let value = self.value;
        match self.operator {
            Operator::Exists => true,
            Operator::Gt => value.is_some_and(|value| number > value),
            Operator::Lt => value.is_some_and(|value| number < value),
            Operator::Gte => value.is_some_and(|value| number >= value),
            Operator::Lte => value.is_some_and(|value| number <= value),
            Operator::Equals => value == Some(number),
            Operator::Between => {
                let bounds = value.zip(self.value2);
                bounds.is_some_and(|(least, most)| least <= number && number <= most)
            }
        }
    }
}

impl Criteria {
    /// What each makes of an asset, and the points of those that match.
    #[must_use]
    pub fn mark(&self, of: &Fundamentals) -> (Vec<Mark>, Points) {
        let marks: Vec<Mark> = self.iter().map(|criterion| criterion.mark(of)).collect();
        let matched = self.iter().zip(&marks).filter(|(_, mark)| **mark == Mark::Yes);
        let score = matched.map(|(criterion, _)| criterion.points).sum();
        (marks, score)
    }
}

/// Scores a user by what was captured and nothing else.
///
/// # Errors
/// Why the user has no scores: the first reason, in the order prices, rates, numbers.
pub fn evaluate(inputs: &Inputs) -> Result<Scores, Unscored> {
    let untold = |symbol: &&Symbol| !inputs.quotes.contains_key(*symbol);
    let missing: BTreeSet<_> = gathered(inputs.assets.values().filter(untold));
    if !missing.is_empty() {
        return Err(unscored(Reason::MissingPrice, "nothing was told of", missing));
    }
    let (mut without_rate, mut too_large) = (BTreeSet::new(), BTreeSet::new());
    let maximum = inputs.criteria.maximum();
    let mut assets = Vec::with_capacity(inputs.assets.len());
    for (asset_id, symbol) in &inputs.assets {
        let Some(quote) = inputs.quotes.get(symbol) else { continue };
        match converted(inputs, quote) {
            Ok(fundamentals) => {
                let (marks, score) = inputs.criteria.mark(&fundamentals);
                assets.push(AssetScore {
                    asset_id: asset_id.clone(),
                    score: score.shown(),
                    percentage: score.percentage_of(maximum),
                    marks,
                });
            }
            Err(ConvertError::MissingRate(currency)) => {
                without_rate.insert(currency);
            }
            Err(ConvertError::Overflow(_)) => {
                too_large.insert(symbol);
            }
        }
    }
    if !without_rate.is_empty() {
        return Err(unscored(Reason::MissingRate, "there is no rate of", without_rate));
    }
    if !too_large.is_empty() {
        let what = "in the base currency these prices have too many digits:";
        return Err(unscored(Reason::BadNumbers, what, too_large));
    }
    let criteria = inputs.criteria.iter();
    let criteria =
        criteria.map(|criterion| Weighed { id: criterion.id.clone(), points: criterion.points });
    Ok(Scores {
        maximum: maximum.shown(),
        criteria: criteria.collect(),
        assets,
        inputs_hash: to_hex(&inputs.hash()),
    })
}

fn unscored<T: Display>(
    reason: Reason,
    what: &str,
    names: impl IntoIterator<Item = T>,
) -> Unscored {
    reason.of(format!("{what} {}", names.into_iter().collect::<Named>()))
}

/// What is known of an asset, its price in the user's base currency.
fn converted(inputs: &Inputs, quote: &Quote) -> Result<Fundamentals, ConvertError> {
    let mut fundamentals = quote.fundamentals.clone();
    if let Some(price) = fundamentals.price {
        let price = inputs.rates.convert(price, &quote.currency, &inputs.base_currency)?;
        fundamentals.price = Some(price);
    }
    Ok(fundamentals)
}

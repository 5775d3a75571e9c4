//! A user's night: what is captured, what comes of it, and the events that tell it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::criteria::Criteria;
use super::fate::{Reason, Unscored, UserFate};
use super::inputs::{Inputs, Portfolio, Quote};
use super::names::Symbol;
use super::rates::Rates;
use super::scores::{Scores, evaluate};

/// What an event of a calculation tells; the order is that in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CalculationKind {
    /// It began.
    Started,
    /// All that it is made of.
    InputsCaptured,
    /// What came of that.
    ScoresComputed,
    /// It ended.
    Completed,
}

impl CalculationKind {
    /// Every kind.
    pub const ALL: [Self; 4] =
        [Self::Started, Self::InputsCaptured, Self::ScoresComputed, Self::Completed];

    /// Name in rows and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Started => "CALC_STARTED",
            Self::InputsCaptured => "INPUTS_CAPTURED",
            Self::ScoresComputed => "SCORES_COMPUTED",
            Self::Completed => "CALC_COMPLETED",
        }
    }

    /// Its place among a user's events of a run, from 1.
    #[must_use]
    pub const fn seq(self) -> i16 {
        match self {
            Self::Started => 1,
            Self::InputsCaptured => 2,
            Self::ScoresComputed => 3,
            Self::Completed => 4,
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// An event of a calculation: its kind and its body, JSON text as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalculationEvent {
    /// What it tells.
    pub kind: CalculationKind,
    /// Its body.
    pub body: String,
}

/// A user as stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredUser {
    /// What prices are compared in.
    pub base_currency: String,
    /// Ids and symbols.
    pub assets: Vec<(String, String)>,
    /// How many more there are that the night has not listed: nobody was asked about them.
    pub unlisted: usize,
    /// The newest criteria, and their version; none where there are none.
    pub criteria: Option<(i32, String)>,
}

/// What came of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calculation {
    /// How many assets the user has.
    pub asset_count: usize,
    /// By which criteria.
    pub criteria_version: Option<i32>,
    /// What was captured; none where nothing could be.
    pub inputs: Option<Inputs>,
    /// Scores, or why there are none.
    pub outcome: Result<Scores, Unscored>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    asset_count: usize,
    criteria_version: Option<i32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Completed<'a> {
    status: &'static str,
    reason: Option<&'static str>,
    detail: Option<&'a str>,
    asset_count: usize,
    /// What nobody knows before it is written.
    duration_ms: Option<u64>,
}

/// What stands for the duration in the body of [`CalculationKind::Completed`] until that is
/// written: no text of a JSON string looks so, whose quotes are escaped.
pub const DURATION_UNKNOWN: &str = r#""durationMs":null"#;

/// Scores a user by a run's rates and quotes.
#[must_use]
pub fn calculate(
    user: &StoredUser,
    rates: &Rates,
    quotes: &BTreeMap<Symbol, Quote>,
) -> Calculation {
    let inputs = captured(user, rates, quotes);
    let (inputs, outcome) = match inputs {
        Ok(inputs) => {
            let outcome = evaluate(&inputs);
            (Some(inputs), outcome)
        }
        Err(reason) => (None, Err(reason)),
    };
    Calculation {
        asset_count: user.assets.len(),
        criteria_version: user.criteria.as_ref().map(|(version, _)| *version),
        inputs,
        outcome,
    }
}

fn captured(
    user: &StoredUser,
    rates: &Rates,
    quotes: &BTreeMap<Symbol, Quote>,
) -> Result<Inputs, Unscored> {
    if user.assets.is_empty() && user.unlisted > 0 {
        let detail = format!("all of {} assets came after the night listed them", user.unlisted);
        return Err(Reason::NewAssets.of(detail));
    }
    let assets = user.assets.iter().map(|(id, symbol)| (id.as_str(), symbol.as_str()));
    // Who holds nothing is told so, whatever else is wrong.
    let portfolio = Portfolio::of_stored(&user.base_currency, assets)?;
    let none = || Reason::NoCriteria.of("there are no criteria");
    let (version, rules) = user.criteria.as_ref().ok_or_else(none)?;
    let criteria = Criteria::parse(rules).map_err(|faults| {
        let first = faults.listed().first().map(ToString::to_string).unwrap_or_default();
        Reason::BadCriteria.of(format!("the stored criteria cannot be read: {first}"))
    })?;
    if criteria.is_empty() {
        return Err(none());
    }
    Ok(Inputs::capture((*version, criteria), portfolio, rates, quotes))
}

impl Calculation {
    /// What became of the user.
    #[must_use]
    pub fn fate(&self) -> UserFate {
        self.outcome.as_ref().map_or_else(|why| why.reason.fate(), |_| UserFate::Scored)
    }

    /// Its events in their order: four where there are scores, two where nothing could
    /// be captured. How long it took is [`DURATION_UNKNOWN`]: where it is calculated the
    /// clock may stand still meanwhile.
    #[must_use]
    pub fn events(&self) -> Vec<CalculationEvent> {
        let Self { asset_count, criteria_version, inputs, outcome } = self;
        let unscored = outcome.as_ref().err();
        let completed = Completed {
            status: self.fate().name(),
            reason: unscored.map(|why| why.reason.name()),
            detail: unscored.map(|why| why.detail.as_str()),
            asset_count: *asset_count,
            duration_ms: None,
        };
        let bodies = [
            (CalculationKind::Started, Some(started(*asset_count, *criteria_version))),
            (CalculationKind::InputsCaptured, inputs.as_ref().map(Inputs::to_json)),
            (CalculationKind::ScoresComputed, outcome.as_ref().ok().map(Scores::to_json)),
            (CalculationKind::Completed, Some(json(&completed))),
        ];
        let event = |(kind, body): (_, Option<_>)| Some(CalculationEvent { kind, body: body? });
        bodies.into_iter().filter_map(event).collect()
    }
}

/// The body of a `CALC_STARTED`.
pub(super) fn started(asset_count: usize, criteria_version: Option<i32>) -> String {
    json(&Started { asset_count, criteria_version })
}

fn json(body: &impl Serialize) -> String {
    // Text keys and no fallible serializer.
    serde_json::to_string(body).unwrap_or_default()
}

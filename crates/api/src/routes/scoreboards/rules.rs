//! The rules of a tournament as the API's document describes them, and how they are read.

use std::collections::BTreeMap;

use mauntic_domain::scoreboard::ranks::Kind;
use mauntic_domain::scoreboard::rules::{Amount, CORRECTION_HOURS_MAX, MULTIPLIERS_MAX};
use mauntic_domain::scoreboard::{Chain, Round, Rules};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use crate::form::Form;

const FIELDS: [&str; 8] = [
    "exactScore",
    "goalDifference",
    "outcome",
    "multipliers",
    "counted",
    "postponed",
    "abandoned",
    "correctionHours",
];

/// What a guess earns, and what comes of a match that does not end as it should. What is
/// absent is the product's.
// For the document only: rules are read by hand, to name every fault.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ScoreboardRules)]
pub(crate) struct RulesShape {
    /// Points of a guess that is the score itself; 5, with at most two decimals.
    #[schema(minimum = 0, maximum = 100)]
    exact_score: Option<f64>,
    /// Points of one with the right difference of goals; 3.
    #[schema(minimum = 0, maximum = 100)]
    goal_difference: Option<f64>,
    /// Points of one with the right winner, or the draw; 2.
    #[schema(minimum = 0, maximum = 100)]
    outcome: Option<f64>,
    /// Factors of up to 100 rounds, from 0 to 100 with at most two decimals; of others 1.
    multipliers: Option<BTreeMap<String, f64>>,
    /// Which score guesses are about; `extraTime`.
    #[schema(pattern = "^(fullTime|extraTime|penalties)$")]
    counted: Option<String>,
    /// What comes of a match that is postponed; `wait`.
    #[schema(pattern = "^(wait|void)$")]
    postponed: Option<String>,
    /// What comes of one that was broken off; `wait`.
    #[schema(pattern = "^(wait|void|stand)$")]
    abandoned: Option<String>,
    /// Hours after its end in which a match is asked about for another result; 48.
    #[schema(minimum = 0, maximum = 336)]
    correction_hours: Option<u16>,
}

/// Reads a form's rules, what is absent filled in; none where it has none.
pub(super) fn rules(form: &mut Form) -> Option<Rules> {
    form.inner("rules", &FIELDS, |form| {
        let usual = Rules::default();
        let points = "a number from 0 to 100 with at most two decimals";
        let mut amount = |name| form.parse_if(name, points, read::<Amount>);
        let exact_score = amount("exactScore").unwrap_or(usual.exact_score);
        let goal_difference = amount("goalDifference").unwrap_or(usual.goal_difference);
        let outcome = amount("outcome").unwrap_or(usual.outcome);
        let counted = form.parse_if("counted", "fullTime, extraTime or penalties", read);
        let postponed = form.parse_if("postponed", "wait or void", read);
        let abandoned = form.parse_if("abandoned", "wait, void or stand", read);
        let hours = form.number("correctionHours", 0..=CORRECTION_HOURS_MAX.into());
        Rules {
            exact_score,
            goal_difference,
            outcome,
            multipliers: multipliers(form),
            counted: counted.unwrap_or(usual.counted),
            postponed: postponed.unwrap_or(usual.postponed),
            abandoned: abandoned.unwrap_or(usual.abandoned),
            correction_hours: hours
                .and_then(|hours| u16::try_from(hours).ok())
                .unwrap_or(usual.correction_hours),
        }
    })
}

fn multipliers(form: &mut Form) -> BTreeMap<Round, Amount> {
    let expected = format!(
        "an object of at most {MULTIPLIERS_MAX} rounds with numbers from 0 to 100 of at most two \
         decimals"
    );
    let read_all = |value: &Value| {
        let fields = value.as_object().filter(|fields| fields.len() <= MULTIPLIERS_MAX)?;
        let mut all = BTreeMap::new();
        for (name, factor) in fields {
            all.insert(Round::parse(name.as_str()).ok()?, read::<Amount>(factor)?);
        }
        Some(all)
    };
    form.parse_if("multipliers", &expected, read_all).unwrap_or_default()
}

/// Reads how tied members are ranked.
pub(super) fn ranking(form: &mut Form) -> Option<Kind> {
    let names = Kind::ALL.map(Kind::name).join(", ");
    let expected = format!("one of {names}");
    form.parse_if("ranking", &expected, |value| value.as_str().and_then(Kind::from_name))
}

/// Reads what orders members with equal points.
pub(super) fn chain(form: &mut Form) -> Option<Chain> {
    let expected = "a list of exactHits and rightOutcomes, each at most once";
    form.parse_if("tieBreaks", expected, read)
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    // No list or object is read as something else than it is.
    T::deserialize(value).ok()
}

//! Whether a user's night is there as it was written: its four events, what they follow
//! from, and the rows that were written with them.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::calculation::started;
use super::fate::{Reason, UserFate};
use super::inputs::Inputs;
use super::replay::{Difference, Stored, differ, first_difference, made_again, walk};
use super::scores::Scores;
use crate::gather::gathered;

/// What is stored of a user in a night: what became of him, the bodies of his events, each
/// none where there is no such event, and the rows of his scores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What became of him.
    pub fate: UserFate,
    /// Why he was not scored.
    pub reason: Option<String>,
    /// How many assets were scored.
    pub assets_scored: i32,
    /// The body of `CALC_STARTED`.
    pub started: Option<String>,
    /// The body of `INPUTS_CAPTURED`.
    pub inputs: Option<String>,
    /// The body of `SCORES_COMPUTED`.
    pub scores: Option<String>,
    /// The body of `CALC_COMPLETED`.
    pub completed: Option<String>,
    /// His newest scores by asset; none where they are another night's.
    pub newest: Option<Value>,
    /// The night's scores in his history by asset; none where retention may have taken them.
    pub history: Option<Value>,
}

/// What is read of a `CALC_COMPLETED`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Completed {
    status: String,
    reason: Option<String>,
    asset_count: usize,
}

impl Recorded {
    /// Makes the calculation again from what was captured, and compares all that is stored
    /// of it; none where nothing could be captured, and nothing else is there either.
    #[must_use]
    pub fn replay(&self) -> Option<Result<(), Difference>> {
        match self.made_again() {
            Ok(None) => None,
            Ok(Some(_)) => Some(Ok(())),
            Err(difference) => Some(Err(difference)),
        }
    }

    fn made_again(&self) -> Result<Option<Inputs>, Difference> {
        let begun = self.started.as_deref().ok_or_else(|| lacks("started", "an event"))?;
        let completed = self.completed.as_deref().ok_or_else(|| lacks("completed", "an event"))?;
        let ended: Completed = serde_json::from_str(completed)
            .map_err(|_| differ("completed", "no end of a calculation", "one"))?;
        let reason = ended.reason.as_deref().map(|name| {
            Reason::from_name(name).ok_or_else(|| lacks("completed/reason", "a reason"))
        });
        let reason = reason.transpose()?;
        let fate = reason.map_or(UserFate::Scored, Reason::fate);
        same("completed/status", &json!(ended.status), &json!(fate.name()))?;
        let captured = match (self.inputs.as_deref(), reason) {
            (Some(inputs), reason) => Some(self.scored(inputs, reason)?),
            (None, Some(reason)) if !reason.has_inputs() => None,
            (None, _) => return Err(lacks("inputs", "inputs as they are captured")),
        };
        let (inputs, scores) = captured.unzip();
        if let (Some(_), None) = (&self.scores, scores.as_ref().and_then(Option::as_ref)) {
            return Err(differ("scores", "scores", "nothing"));
        }
        if let Some(inputs) = &inputs {
            let again = started(inputs.assets.len(), Some(inputs.criteria_version));
            if begun != again {
                return Err(first_difference("started", begun, &again));
            }
            let assets = json!(inputs.assets.len());
            same("completed/assetCount", &json!(ended.asset_count), &assets)?;
        }
        let rows = rows(inputs.as_ref(), scores.flatten().as_ref());
        let of_user = json!({"fate": self.fate.name(), "reason": self.reason,
            "assetsScored": self.assets_scored});
        let again =
            json!({"fate": fate.name(), "reason": ended.reason, "assetsScored": rows.len()});
        same("overnight_users", &of_user, &again)?;
        let rows = Value::Object(rows);
        for (table, stored) in [("asset_scores", &self.newest), ("score_history", &self.history)] {
            stored.as_ref().map_or(Ok(()), |stored| same(table, stored, &rows))?;
        }
        Ok(inputs)
    }

    fn scored(
        &self,
        inputs: &str,
        reason: Option<Reason>,
    ) -> Result<(Inputs, Option<Scores>), Difference> {
        let stored = match reason {
            Some(reason) => Stored::Unscored(reason),
            None => {
                Stored::Scores(self.scores.as_deref().ok_or_else(|| lacks("scores", "scores"))?)
            }
        };
        made_again(inputs, stored)
    }
}

fn lacks(place: &str, what: &str) -> Difference {
    differ(place, "nothing", what)
}

fn same(place: &str, stored: &Value, computed: &Value) -> Result<(), Difference> {
    walk(place, Some(stored), Some(computed)).map_or(Ok(()), Err)
}

/// What stands in a row of scores, as tables keep it.
#[must_use]
pub fn score_row(
    symbol: &str,
    [score, maximum, percentage]: [String; 3],
    criteria_version: i32,
) -> Value {
    json!({"symbol": symbol, "score": score, "maximum": maximum, "percentage": percentage,
        "criteriaVersion": criteria_version})
}

/// The rows that are written of scores, by asset.
fn rows(inputs: Option<&Inputs>, scores: Option<&Scores>) -> Map<String, Value> {
    let Some((inputs, scores)) = inputs.zip(scores) else { return Map::new() };
    let row = |of: &super::scores::AssetScore| {
        let symbol = inputs.assets.get(&of.asset_id)?;
        let numbers = [of.score, scores.maximum, of.percentage].map(|number| number.to_string());
        let row = score_row(symbol.as_str(), numbers, inputs.criteria_version);
        Some((of.asset_id.as_str().to_owned(), row))
    };
    gathered(scores.assets.iter().filter_map(row))
}

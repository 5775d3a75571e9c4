//! The data of a night's jobs. Which night a job is of, its run says.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::{CHUNKS_MAX, Step};
use crate::gather::gathered;
use crate::portfolio::{Market, Symbol};

/// Most markets that a night names: there are some sixty stock exchanges.
pub const MARKETS_MAX: usize = 100;

/// Data of `overnight.start`: one step of a night, by default the first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Start {
    /// Scores only users who hold assets of these markets, sorted; absent means everybody.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "markets")]
    pub markets: Option<Vec<Market>>,
    /// Scores only users whom this night did not score, by its rates and prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<Uuid>,
    /// Which step; absent means `set_up`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
    /// Of `prices`, only the symbols after this one; absent means from the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Symbol>,
    /// Of `prices`, how many symbols so far nobody answered about.
    #[serde(skip_serializing_if = "is_zero")]
    pub unanswered: u32,
    /// Of `prices`, the most symbols of its first question, where more of these were refused;
    /// absent means as many as a batch has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<NonZeroU32>,
}

impl Start {
    /// A step, from its beginning.
    #[must_use]
    pub fn at(step: Step) -> Self {
        Self { step: Some(step), ..Self::default() }
    }

    /// The step that it is.
    #[must_use]
    pub fn step(&self) -> Step {
        self.step.unwrap_or(Step::SetUp)
    }

    /// What the shape alone does not say.
    pub(crate) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let step = self.step();
        if step != Step::SetUp && self.markets.is_some() {
            return Err(("markets", "is said of the first step alone"));
        }
        if step != Step::SetUp && self.retry_of.is_some() {
            return Err(("retryOf", "is said of the first step alone"));
        }
        if self.markets.is_some() && self.retry_of.is_some() {
            return Err(("markets", "is not said of a retry, which has its night's"));
        }
        if step != Step::Prices && self.after.is_some() {
            return Err(("after", "is said of the step prices alone"));
        }
        if step != Step::Prices && self.unanswered > 0 {
            return Err(("unanswered", "is said of the step prices alone"));
        }
        if step != Step::Prices && self.most.is_some() {
            return Err(("most", "is said of the step prices alone"));
        }
        Ok(())
    }
}

/// Data of `overnight.score-users` and `overnight.warm-cache`: a chunk of a night's users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Its number, from 0.
    #[serde(deserialize_with = "chunk")]
    pub chunk: i32,
}

/// Data of `overnight.finalize`: none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finalize {}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde wants")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn markets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Market>>, D::Error> {
    let Some(named) = Option::<Vec<Market>>::deserialize(deserializer)? else { return Ok(None) };
    let markets: BTreeSet<Market> = gathered(named);
    if markets.is_empty() || markets.len() > MARKETS_MAX {
        let found = markets.len();
        let fault = format!("must name 1 to {MARKETS_MAX} markets, names {found}");
        return Err(serde::de::Error::custom(fault));
    }
    Ok(Some(markets.into_iter().collect()))
}

fn chunk<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    let chunk = i32::deserialize(deserializer)?;
    let is_one = u32::try_from(chunk).is_ok_and(|chunk| chunk < CHUNKS_MAX);
    let fault = || serde::de::Error::custom(format!("must be from 0 to {}", CHUNKS_MAX - 1));
    is_one.then_some(chunk).ok_or_else(fault)
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;

    fn holds<T: DeserializeOwned + Serialize>(data: &Value) {
        let read: T = serde_json::from_value(data.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), *data);
    }

    /// What is sent is read by the builds after this one: a change orphans it.
    #[test]
    fn data_has_this_form() {
        let id = "01930000-0000-7000-8000-000000000001";
        holds::<Start>(&json!({}));
        holds::<Start>(&json!({"markets": ["XETR", "XNYS"]}));
        holds::<Start>(&json!({"retryOf": id}));
        holds::<Start>(&json!({"step": "exchange_rates"}));
        holds::<Start>(&json!({"step": "prices", "after": "BRK.B", "unanswered": 200}));
        holds::<Start>(&json!({"step": "prices", "most": 50}));
        holds::<Chunk>(&json!({"chunk": 0}));
        holds::<Finalize>(&json!({}));
        let doubled: Start = serde_json::from_value(json!({"markets": ["B", "A", "B"]})).unwrap();
        assert_eq!(serde_json::to_value(doubled).unwrap(), json!({"markets": ["A", "B"]}));
    }

    #[test]
    fn what_does_not_belong_together_is_named() {
        let id = "01930000-0000-7000-8000-000000000001";
        for (data, place) in [
            (json!({"step": "users", "markets": ["A"]}), "markets"),
            (json!({"step": "prices", "retryOf": id}), "retryOf"),
            (json!({"markets": ["A"], "retryOf": id}), "markets"),
            (json!({"after": "A"}), "after"),
            (json!({"step": "users", "unanswered": 1}), "unanswered"),
            (json!({"step": "users", "most": 1}), "most"),
        ] {
            let read: Start = serde_json::from_value(data.clone()).unwrap();
            assert_eq!(read.check().unwrap_err().0, place, "{data}");
        }
        let many: Vec<String> = (0..=MARKETS_MAX).map(|n| format!("M{n}")).collect();
        for wrong in [
            json!({"markets": []}),
            json!({"markets": many}),
            json!({"markets": ["xnys"]}),
            json!({"markets": "XNYS"}),
            json!({"step": "score"}),
            json!({"retryOf": "last night"}),
            json!({"after": "a b"}),
            json!({"step": "prices", "most": 0}),
        ] {
            assert!(serde_json::from_value::<Start>(wrong.clone()).is_err(), "{wrong}");
        }
        for wrong in [json!({}), json!({"chunk": -1}), json!({"chunk": CHUNKS_MAX})] {
            assert!(serde_json::from_value::<Chunk>(wrong.clone()).is_err(), "{wrong}");
        }
    }
}

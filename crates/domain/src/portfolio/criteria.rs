//! What a user looks for in assets: criteria, by which each asset gets points.

use std::collections::BTreeSet;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::decimal::Decimal;
use super::fault::{Faults, Place};
use super::metric::Metric;
use super::points::Points;
use super::read;
use crate::ids::CriterionId;

/// Most criteria of a user. With the largest portfolio they are 100 × 100 = 10,000
/// evaluations a user, 500,000 a chunk of 50 users, under a second.
pub const CRITERIA_MAX: usize = 100;

/// Most characters of a criterion's name.
pub const NAME_CHARS_MAX: usize = 200;

/// Longest document of criteria: each of at most 2 KiB with the longest name.
pub const CRITERIA_BYTES_MAX: usize = CRITERIA_MAX * 2 * 1_024;

/// How a metric is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// More than the value.
    Gt,
    /// Less than the value.
    Lt,
    /// The value or more.
    Gte,
    /// The value or less.
    Lte,
    /// The value, however it is written.
    Equals,
    /// From the value to the second one, both included; never where there is no second.
    Between,
    /// It is known.
    Exists,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 7] =
        [Self::Gt, Self::Lt, Self::Gte, Self::Lte, Self::Equals, Self::Between, Self::Exists];

    /// Name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gt => "gt",
            Self::Lt => "lt",
            Self::Gte => "gte",
            Self::Lte => "lte",
            Self::Equals => "equals",
            Self::Between => "between",
            Self::Exists => "exists",
        }
    }

    /// The operator of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.name() == name)
    }
}

/// One criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Criterion {
    /// Its id, unique among the user's.
    pub id: CriterionId,
    /// What the user calls it.
    pub name: String,
    /// What it looks at.
    pub metric: Metric,
    /// How.
    pub operator: Operator,
    /// What the metric is compared with; all but `exists` need it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Decimal>,
    /// The end of `between`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value2: Option<Decimal>,
    /// What a match adds; may be negative.
    pub points: Points,
    /// What must be known, or it is skipped; without a list its metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_fundamentals: Option<BTreeSet<Metric>>,
}

impl Criterion {
    /// What must be known of an asset.
    pub fn required(&self) -> impl Iterator<Item = Metric> + '_ {
        let metric = self.required_fundamentals.is_none().then_some(self.metric);
        metric.into_iter().chain(self.required_fundamentals.iter().flatten().copied())
    }
}

/// A user's criteria, in the order that the user gave them: at most [`CRITERIA_MAX`],
/// each id once. Their JSON is the canonical text that is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Criteria(Vec<Criterion>);

impl Criteria {
    /// Reads a list of criteria; numbers are taken by their text.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(json: &str) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let criteria = match serde_json::from_str::<&RawValue>(json) {
            Ok(list) => Self::read(list, &Place::default(), &mut faults),
            Err(_) => {
                faults.add(&Place::default(), "not_json", "must be JSON");
                Self::default()
            }
        };
        faults.none_or(criteria)
    }

    /// Reads a list that stands in a document.
    pub fn read(list: &RawValue, at: &Place, faults: &mut Faults) -> Self {
        let mut ids = BTreeSet::new();
        let mut criteria = Vec::new();
        for (index, item) in read::list(list, CRITERIA_MAX, at, faults).into_iter().enumerate() {
            criteria.extend(read::criterion(item, &at.item(index), &mut ids, faults));
        }
        Self(criteria)
    }

    /// One by one, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Criterion> {
        self.0.iter()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The most that an asset can have: all positive points together.
    #[must_use]
    pub fn maximum(&self) -> Points {
        self.iter().map(|criterion| criterion.points).filter(|points| points.is_positive()).sum()
    }

    /// As it is stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text keys and no fallible serializer.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What was stored; its first fault where it is none.
impl<'de> Deserialize<'de> for Criteria {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list = Box::<RawValue>::deserialize(deserializer)?;
        Self::parse(list.get()).map_err(|faults| {
            faults.listed().first().map_or_else(|| D::Error::custom("unreadable"), D::Error::custom)
        })
    }
}

//! Reads what people write of portfolios, field by field, so that every fault is named
//! with its place, and every number is taken by its text.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use super::criteria::{Criterion, NAME_CHARS_MAX, Operator};
use super::decimal::Decimal;
use super::fault::{Faults, Place};
use super::metric::{Fundamentals, Metric};
use super::points::Points;
use crate::ids::CriterionId;

/// The fields of an object, each taken once.
pub struct Fields<'a> {
    fields: BTreeMap<String, &'a RawValue>,
    at: Place,
}

impl<'a> Fields<'a> {
    /// Those of a value that should be an object; each must be one of `names`.
    pub fn of(
        value: &'a RawValue,
        names: &[&str],
        at: &Place,
        faults: &mut Faults,
    ) -> Option<Self> {
        let Ok(fields) = serde_json::from_str::<BTreeMap<String, &RawValue>>(value.get()) else {
            faults.add(at, "not_object", "must be a JSON object");
            return None;
        };
        for name in fields.keys().filter(|name| !names.contains(&name.as_str())) {
            let message = format!("is not known here; known are {}", names.join(", "));
            faults.add(&at.field(name), "unknown_field", message);
        }
        Some(Self { fields, at: at.clone() })
    }

    /// A field's value; `null` is as good as absent.
    pub fn optional(&mut self, name: &str) -> Option<&'a RawValue> {
        self.fields.remove(name).filter(|value| value.get() != "null")
    }

    /// Where a field stands.
    #[must_use]
    pub fn at(&self, name: &str) -> Place {
        self.at.field(name)
    }

    /// A field's value, which is needed.
    pub fn needed(&mut self, name: &str, faults: &mut Faults) -> Option<&'a RawValue> {
        let value = self.optional(name);
        if value.is_none() {
            faults.add(&self.at(name), "missing", "is required");
        }
        value
    }

    /// A text that is needed, as `parse` reads it.
    pub fn text<T>(
        &mut self,
        name: &str,
        faults: &mut Faults,
        parse: impl FnOnce(String) -> Result<T, (&'static str, String)>,
    ) -> Option<T> {
        let value = self.needed(name, faults)?;
        let text = serde_json::from_str::<String>(value.get());
        match text.map_err(|_| ("not_text", "must be a string".to_owned())).and_then(parse) {
            Ok(read) => Some(read),
            Err((fault, message)) => {
                faults.add(&self.at(name), fault, message);
                None
            }
        }
    }

    /// A number, or none where the field is absent.
    pub fn number(&mut self, name: &str, faults: &mut Faults) -> Option<Decimal> {
        let value = self.optional(name)?;
        Decimal::from_json(value).unwrap_or_else(|error| {
            faults.add(&self.at(name), error.name(), error.to_string());
            None
        })
    }
}

/// The items of a list of at most `max`.
pub fn list<'a>(
    value: &'a RawValue,
    max: usize,
    at: &Place,
    faults: &mut Faults,
) -> Vec<&'a RawValue> {
    let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(value.get()) else {
        faults.add(at, "not_list", "must be a list");
        return Vec::new();
    };
    if items.len() > max {
        let message = format!("must have at most {max} items, has {}", items.len());
        faults.add(at, "too_many", message);
        return Vec::new();
    }
    items
}

/// A criterion whose id none before it has.
pub(super) fn criterion(
    value: &RawValue,
    at: &Place,
    ids: &mut BTreeSet<CriterionId>,
    faults: &mut Faults,
) -> Option<Criterion> {
    const NAMES: [&str; 8] =
        ["id", "name", "metric", "operator", "value", "value2", "points", "requiredFundamentals"];
    let mut fields = Fields::of(value, &NAMES, at, faults)?;
    let id = fields.text("id", faults, |text| {
        let id = CriterionId::parse(text).map_err(|error| ("bad_id", error.to_string()))?;
        let twice = || ("duplicate_id", "is the id of another criterion".to_owned());
        ids.insert(id.clone()).then_some(id).ok_or_else(twice)
    });
    let name = fields.text("name", faults, |text| {
        let is_name = text.chars().count() <= NAME_CHARS_MAX && !text.contains('\0');
        let message = || format!("must have at most {NAME_CHARS_MAX} characters, and no U+0000");
        if is_name { Ok(text) } else { Err(("bad_name", message())) }
    });
    let metric = fields.text("metric", faults, |name| metric(&name));
    let operator = fields.text("operator", faults, |name| {
        let known = || Operator::ALL.map(Operator::name).join(", ");
        let unknown = || ("unknown_operator", format!("must be one of {}", known()));
        Operator::from_name(&name).ok_or_else(unknown)
    });
    let has_value = fields.fields.get("value").is_some_and(|value| value.get() != "null");
    let (value, value2) = (fields.number("value", faults), fields.number("value2", faults));
    if !has_value && operator.is_some_and(|operator| operator != Operator::Exists) {
        faults.add(&fields.at("value"), "missing", "is required");
    }
    let points = points(&mut fields, faults);
    let required_fundamentals = required(&mut fields, faults);
    Some(Criterion {
        id: id?,
        name: name?,
        metric: metric?,
        operator: operator?,
        value,
        value2,
        points: points?,
        required_fundamentals,
    })
}

fn metric(name: &str) -> Result<Metric, (&'static str, String)> {
    let known = || Metric::ALL.map(Metric::name).join(", ");
    Metric::from_name(name).ok_or_else(|| ("unknown_metric", format!("must be one of {}", known())))
}

fn points(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Points> {
    let value = fields.needed("points", faults)?;
    let read = match Decimal::from_json(value) {
        Ok(number) => Points::new(number.unwrap_or_default())
            .map_err(|error| ("points_range", error.to_string())),
        Err(error) => Err((error.name(), error.to_string())),
    };
    read.map_err(|(name, message)| faults.add(&fields.at("points"), name, message)).ok()
}

fn required(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<BTreeSet<Metric>> {
    let value = fields.optional("requiredFundamentals")?;
    let at = fields.at("requiredFundamentals");
    let mut required = BTreeSet::new();
    // Twice the same says no more than once.
    for (index, item) in list(value, 2 * Metric::ALL.len(), &at, faults).into_iter().enumerate() {
        let name = serde_json::from_str::<String>(item.get()).unwrap_or_default();
        match metric(&name) {
            Ok(metric) => {
                required.insert(metric);
            }
            Err((name, message)) => faults.add(&at.item(index), name, message),
        }
    }
    Some(required)
}

/// What is known of an asset, by the names of metrics.
pub fn fundamentals(value: &RawValue, at: &Place, faults: &mut Faults) -> Fundamentals {
    let mut read = Fundamentals::default();
    if let Some(mut fields) = Fields::of(value, &Metric::ALL.map(Metric::name), at, faults) {
        for metric in Metric::ALL {
            read.set(metric, fields.number(metric.name(), faults));
        }
    }
    read
}

//! The parts of a configuration as the API's document describes them, and how
//! they are read: every fault of a list is named.

use std::collections::BTreeSet;

use mauntic_domain::ids::{FactorName, SignalType};
use mauntic_domain::scoring::config::CONFIG_ENTRIES_MAX;
use mauntic_domain::scoring::model::RESERVED_FACTORS;
use mauntic_domain::scoring::signal_config::{CAP_PER_DAY_MAX, SIGNAL_ENTRIES_MAX};
use mauntic_domain::scoring::{
    Category, Config, ConfigEntry, DecayHours, DecayModel, Priority, SignalConfig,
    SignalConfigEntry, SignalWeight, Weight,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::faults::{Faults, Part};
use crate::form::Form;
use crate::pointer::Pointer;
use crate::problem::Problem;
use crate::source::Source;

const FACTOR_FIELDS: [&str; 4] = ["category", "factor", "weight", "enabled"];
const SIGNAL_FIELDS: [&str; 7] =
    ["signalType", "weight", "decayHours", "decayModel", "tier", "enabled", "capPerDay"];

/// All entries of a part, in place of those that are there.
// For the document only: bodies are read by hand, to name every fault.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "the document's shape; the body is read by hand")]
pub(crate) struct Entries<T> {
    entries: Vec<T>,
}

/// Points of a factor: one of the model's, or the organization's own.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FactorEntry, example = json!({"category": "intent", "factor": "demo_request", "weight": 35}))]
pub(crate) struct FactorEntry {
    #[schema(pattern = "^(fit|engagement|intent)$")]
    category: &'static str,
    /// `intent_signals` caps what signals add together.
    #[schema(pattern = "^[A-Za-z0-9_.:-]{1,64}$")]
    factor: String,
    /// 0 to 999.99, with at most two decimals.
    #[schema(value_type = f64)]
    weight: Weight,
    /// False switches the factor off; true by default.
    #[schema(required = false)]
    enabled: bool,
}

/// What signals of a type are given when they come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SignalEntry, example = json!({"signalType": "DEMO_REQUEST", "decayHours": 72}))]
pub(crate) struct SignalEntry {
    #[schema(pattern = "^[A-Za-z0-9_.:-]{1,64}$")]
    signal_type: String,
    /// 0 to 999.99, with at most two decimals; the event's default without it.
    #[schema(value_type = Option<f64>)]
    weight: Option<SignalWeight>,
    /// Hours until nothing is left; 168 by default.
    #[schema(value_type = u16, minimum = 1, maximum = 8784, required = false)]
    decay_hours: DecayHours,
    /// `linear` by default.
    #[schema(pattern = "^(linear|exponential|step)$", required = false)]
    decay_model: &'static str,
    /// Priority, in place of the type's own.
    #[schema(pattern = "^(critical|high|medium|low)$")]
    tier: Option<&'static str>,
    /// False: such events make no signal; true by default.
    #[schema(required = false)]
    enabled: bool,
    /// Most that count for a contact and UTC day; 100 by default.
    #[schema(minimum = 1, maximum = 1000)]
    cap_per_day: Option<u16>,
}

impl From<&ConfigEntry> for FactorEntry {
    fn from(entry: &ConfigEntry) -> Self {
        Self {
            category: entry.category.as_str(),
            factor: entry.factor.to_string(),
            weight: entry.weight,
            enabled: entry.enabled,
        }
    }
}

impl From<&SignalConfigEntry> for SignalEntry {
    fn from(entry: &SignalConfigEntry) -> Self {
        Self {
            signal_type: entry.signal_type.to_string(),
            weight: entry.weight,
            decay_hours: entry.decay_hours,
            decay_model: entry.decay_model.as_str(),
            tier: entry.tier.map(Priority::as_str),
            enabled: entry.enabled,
            cap_per_day: entry.cap_per_day,
        }
    }
}

/// Reads weights of factors.
pub(super) fn factors(fields: Map<String, Value>) -> Result<Config, Problem> {
    let mut names = BTreeSet::new();
    let entries = entries(fields, CONFIG_ENTRIES_MAX, &FACTOR_FIELDS, |form| {
        let category = form.parse("category", "fit, engagement or intent", |value| {
            let name = value.as_str()?;
            Category::ALL.into_iter().find(|category| category.as_str() == name)
        });
        let factor = name(form, "factor", &mut names, FactorName::parse);
        let is_reserved = |name: &FactorName| RESERVED_FACTORS.contains(&name.as_str());
        if factor.as_ref().is_some_and(is_reserved) {
            form.fault("factor", "is a name that explanations use for themselves".to_owned());
        }
        let weight = form.parse("weight", WEIGHT, weight);
        let enabled = form.flag("enabled").unwrap_or(true);
        let weight = Weight::from_e4(weight?.points().e4());
        Some(ConfigEntry { category: category?, factor: factor?, weight, enabled })
    })?;
    Config::new(entries).map_err(|error| unsound(error.to_string()))
}

/// Reads types of signal.
pub(super) fn signals(fields: Map<String, Value>) -> Result<SignalConfig, Problem> {
    let mut names = BTreeSet::new();
    let entries = entries(fields, SIGNAL_ENTRIES_MAX, &SIGNAL_FIELDS, |form| {
        let signal_type = name(form, "signalType", &mut names, SignalType::parse);
        let weight = form.parse_if("weight", WEIGHT, weight);
        let decay_hours = form.parse_if("decayHours", "1 to 8784 whole hours", |value| {
            value.as_u64().and_then(|hours| DecayHours::new(hours).ok())
        });
        let model = "linear, exponential or step";
        let decay_model =
            form.parse_if("decayModel", model, |value| DecayModel::from_name(value.as_str()?));
        let tier = "critical, high, medium or low";
        let tier = form.parse_if("tier", tier, |value| Priority::from_name(value.as_str()?));
        let enabled = form.flag("enabled").unwrap_or(true);
        let cap_per_day = form.number("capPerDay", 1..=u32::from(CAP_PER_DAY_MAX));
        Some(SignalConfigEntry {
            signal_type: signal_type?,
            weight,
            decay_hours: decay_hours.unwrap_or_default(),
            decay_model: decay_model.unwrap_or_default(),
            tier,
            enabled,
            cap_per_day: cap_per_day.and_then(|cap| u16::try_from(cap).ok()),
        })
    })?;
    SignalConfig::new(entries).map_err(|error| unsound(error.to_string()))
}

/// What the checks before it leave nothing of.
fn unsound(message: String) -> Problem {
    let mut faults = Faults::of(Part::Body);
    faults.add(&Pointer::root().field("entries"), message);
    faults.problem()
}

const WEIGHT: &str = "0 to 999.99 with at most 2 decimals";

fn weight(value: &Value) -> Option<SignalWeight> {
    SignalWeight::deserialize(value).ok()
}

fn entries<T>(
    fields: Map<String, Value>,
    max: usize,
    names: &[&str],
    read: impl FnMut(&mut Form) -> Option<T>,
) -> Result<Vec<T>, Problem> {
    let mut form = Form::of(fields, &["entries"]);
    let entries = form.items("entries", max, names, read);
    form.done()?;
    Ok(entries)
}

/// The name of an entry, which no entry before it has.
fn name<N: ToString, E: ToString>(
    form: &mut Form,
    field: &'static str,
    seen: &mut BTreeSet<String>,
    parse: impl FnOnce(String) -> Result<N, E>,
) -> Option<N> {
    if !form.has(field) {
        form.fault(field, "is required".to_owned());
    }
    match parse(form.text(field)?) {
        Err(error) => form.fault(field, error.to_string()),
        Ok(name) if seen.insert(name.to_string()) => return Some(name),
        Ok(_) => form.fault(field, "is configured twice; keep one entry for it".to_owned()),
    }
    None
}

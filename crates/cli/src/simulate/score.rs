//! `mauntic simulate score`: a contact's score, of features and of signals.

use std::collections::BTreeMap;

use mauntic_domain::object::optional_object;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::features::FEATURE_NAMES;
use mauntic_domain::scoring::{
    Category, Config, ConfigEntry, Context, Contribution, Features, Grade, Score, score,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::lines::{Refusal, invalid, read, read_value, render};
use super::signals::{Moment, SignalInput, weighed};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    features: Value,
    #[serde(default)]
    config: Option<Vec<ConfigEntry>>,
    #[serde(default, deserialize_with = "optional_object")]
    context: Option<Context>,
    #[serde(default)]
    signals: Option<Vec<SignalInput>>,
    #[serde(default)]
    as_of: Option<Moment>,
}

pub(super) fn answer(line: &str) -> Result<String, Refusal> {
    let input: Input = read(line)?;
    let features = features(&input.features)?;
    let config = Config::new(input.config.unwrap_or_default())
        .map_err(|error| ("invalid_config", error.to_string()))?;
    let signals = weighed(input.signals.unwrap_or_default(), input.as_of)?;
    render_score(&score(&features, &config, &input.context.unwrap_or_default(), signals))
}

fn features(document: &Value) -> Result<Features, Refusal> {
    let Some(names) = document.as_object().map(Map::keys) else {
        return Err(invalid("features must be an object"));
    };
    if let Some(unknown) = names.into_iter().find(|name| !FEATURE_NAMES.contains(&name.as_str())) {
        let known = FEATURE_NAMES.join(", ");
        return Err(invalid(format!("no feature is named {unknown:?}; known: {known}")));
    }
    // So that what is wrong with one is told by its whole path.
    let InFeatures { features } = read_value(json!({"features": document}))?;
    Ok(features)
}

#[derive(Deserialize)]
struct InFeatures {
    features: Features,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Output<'a> {
    total_score: PointsE4,
    grade: Grade,
    fit_score: PointsE4,
    engagement_score: PointsE4,
    intent_score: PointsE4,
    components: BTreeMap<&'a str, PointsE4>,
    top_contributors: Vec<&'a Contribution>,
}

fn render_score(score: &Score) -> Result<String, Refusal> {
    render(&Output {
        total_score: score.total(),
        grade: score.grade(),
        fit_score: score.category(Category::Fit),
        engagement_score: score.category(Category::Engagement),
        intent_score: score.category(Category::Intent),
        components: score.components(),
        top_contributors: score.top_contributors(),
    })
}

//! Score bodies: what HTTP answers against what the rules say.

use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Category, Config, Context, score};
use serde_json::{Value, json};

/// Fields of a score's body that are not computed from the contact alone.
const BOOKKEEPING: [&str; 6] =
    ["contactId", "inputVersion", "configVersion", "stale", "calculatedAt", "asOf"];

/// A body of `GET …/score` without its bookkeeping: what must equal
/// [`by_the_rules`] as a whole.
///
/// # Panics
/// When one of the other fields is missing too.
#[must_use]
pub fn computed(mut body: Value) -> Value {
    let fields = body.as_object_mut().expect("an object");
    for name in BOOKKEEPING {
        assert!(fields.remove(name).is_some(), "a score without {name}: {fields:?}");
    }
    body
}

/// The domain's answer to `{features, config, context}`; the last may be absent.
#[must_use]
pub fn by_the_rules(question: &Value) -> Value {
    let features = serde_json::from_value(question["features"].clone()).unwrap();
    let entries = serde_json::from_value(question["config"].clone()).unwrap();
    let context: Option<Context> = serde_json::from_value(question["context"].clone()).unwrap();
    let config = Config::new(entries).unwrap();
    let score = score(&features, &config, &context.unwrap_or_default(), PointsE4::ZERO);
    json!({
        "totalScore": score.total(),
        "grade": score.grade(),
        "fitScore": score.category(Category::Fit),
        "engagementScore": score.category(Category::Engagement),
        "intentScore": score.category(Category::Intent),
        "components": score.components(),
        "topContributors": score.top_contributors(),
    })
}

//! Score bodies: what HTTP answers against what the rules say.

use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Category, Config, Context, Decay, Signal, score, signals};
use serde_json::{Value, json};

/// Fields of a score's body that are not computed from the contact alone.
const BOOKKEEPING: [&str; 6] =
    ["contactId", "inputVersion", "configVersion", "stale", "asOf", "calculatedAt"];

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

/// The domain's answer to `{features, config, context, signals, asOf}`; all but the
/// first two may be absent.
#[must_use]
pub fn by_the_rules(question: &Value) -> Value {
    let features = serde_json::from_value(question["features"].clone()).unwrap();
    let entries = serde_json::from_value(question["config"].clone()).unwrap();
    let context: Option<Context> = serde_json::from_value(question["context"].clone()).unwrap();
    let (config, context) = (Config::new(entries).unwrap(), context.unwrap_or_default());
    let score = score(&features, &config, &context, weighed(question));
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

/// What a question's signals weigh together as of its instant.
fn weighed(question: &Value) -> PointsE4 {
    let Some(list) = question["signals"].as_array() else { return PointsE4::ZERO };
    let signals: Vec<Signal> = list.iter().map(signal).collect();
    signals::sum(&signals, serde_json::from_value(question["asOf"].clone()).unwrap())
}

fn signal(of: &Value) -> Signal {
    let decay = Decay {
        model: serde_json::from_value(of["decayModel"].clone()).unwrap(),
        hours: serde_json::from_value(of["decayHours"].clone()).unwrap(),
    };
    Signal {
        weight: serde_json::from_value(of["weight"].clone()).unwrap(),
        decay,
        detected_at: serde_json::from_value(of["detectedAt"].clone()).unwrap(),
    }
}

//! `mauntic simulate decay`: what is left of a signal's weight.

use chrono::TimeDelta;
use mauntic_domain::scoring::{Decay, DecayHours, DecayModel, SignalWeight};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::lines::{Refusal, read, render};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    weight: SignalWeight,
    decay_model: DecayModel,
    decay_hours: DecayHours,
    elapsed_seconds: Seconds,
}

struct Seconds(u64);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = Value::deserialize(deserializer)?.as_u64();
        let wrong = || D::Error::custom("must be 0 or more whole seconds");
        seconds.map(Self).ok_or_else(wrong)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    current_weight: SignalWeight,
}

pub(super) fn answer(line: &str) -> Result<String, Refusal> {
    let input: Input = read(line)?;
    let seconds = i64::try_from(input.elapsed_seconds.0).ok();
    // Past every time to decay it is all the same how long ago.
    let elapsed = seconds.and_then(TimeDelta::try_seconds).unwrap_or(TimeDelta::MAX);
    let decay = Decay { model: input.decay_model, hours: input.decay_hours };
    render(&Output { current_weight: decay.remaining(input.weight, elapsed) })
}

//! Signals as `simulate score` takes them, and the instant as of which they weigh.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::SignalType;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::signals::sum;
use mauntic_domain::scoring::{Decay, DecayHours, DecayModel, Signal, SignalWeight};
use serde::Deserialize;

use super::lines::{Refusal, invalid};

/// A time in RFC 3339.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Moment(pub(super) DateTime<Utc>);

impl TryFrom<String> for Moment {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parsed = DateTime::parse_from_rfc3339(&text);
        let wrong = "must be a time with its zone, as in 2026-02-19T10:00:00Z";
        parsed.map(|time| Self(time.to_utc())).map_err(|_| wrong)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SignalInput {
    /// For whoever reads the line: what a signal weighs stands in its weight.
    #[serde(default, rename = "signalType")]
    _signal_type: Option<SignalType>,
    weight: SignalWeight,
    #[serde(default)]
    decay_model: DecayModel,
    #[serde(default)]
    decay_hours: DecayHours,
    detected_at: Moment,
}

impl From<SignalInput> for Signal {
    fn from(input: SignalInput) -> Self {
        let decay = Decay { model: input.decay_model, hours: input.decay_hours };
        Self { weight: input.weight, decay, detected_at: input.detected_at.0 }
    }
}

/// What they weigh together.
pub(super) fn weighed(
    signals: Vec<SignalInput>,
    as_of: Option<Moment>,
) -> Result<PointsE4, Refusal> {
    if signals.is_empty() {
        return Ok(PointsE4::ZERO);
    }
    let Moment(as_of) = as_of.ok_or_else(|| invalid("asOf is needed where signals are given"))?;
    let signals: Vec<Signal> = signals.into_iter().map(Signal::from).collect();
    Ok(sum(&signals, as_of))
}

//! The scoring model: features, signals and an organization's configuration in, a
//! score that explains itself out. Source of the rules: the model's table, kept in
//! [`model::MODEL`].
//!
//! - [`model`], [`features`], [`config`], [`score`](mod@score), [`explain`](mod@explain): the
//!   factors, and what they add up to.
//! - [`signals`], [`signal_weight`], [`decay`], [`signal_config`], [`signals_part`]:
//!   signals of intent, which lose weight with time.
//! - [`document`], [`preview`]: a whole configuration, and what one would do to scores.
//! - [`priority`]: which of them a person should hear of, and how soon.

pub mod config;
pub mod decay;
pub mod document;
pub mod explain;
pub mod features;
pub mod model;
pub mod preview;
pub mod priority;
pub mod score;
pub mod signal_config;
pub mod signal_weight;
pub mod signals;
pub mod signals_part;

pub use config::{Config, ConfigEntry, ConfigError, Weight};
pub use decay::{Decay, DecayHours, DecayModel};
pub use document::ConfigDocument;
pub use explain::{Explanation, explain};
pub use features::{CustomValue, Features};
pub use model::Category;
pub use priority::Priority;
pub use score::{Context, Contribution, Grade, Score, score};
pub use signal_config::{SignalConfig, SignalConfigEntry, SignalConfigError, SignalTerms};
pub use signal_weight::SignalWeight;
pub use signals::Signal;
pub use signals_part::SignalsPart;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_any;
#[cfg(test)]
mod tests_digest;

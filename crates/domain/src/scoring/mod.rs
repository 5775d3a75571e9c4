//! The scoring model: features and an organization's configuration in, a score
//! that explains itself out. Source of the rules: the model's table, kept in
//! [`model::MODEL`].

pub mod config;
pub mod explain;
pub mod features;
pub mod model;
pub mod score;

pub use config::{Config, ConfigEntry, ConfigError, Weight};
pub use explain::{Explanation, explain};
pub use features::{CustomValue, Features};
pub use model::Category;
pub use score::{Context, Contribution, Grade, Score, score};

#[cfg(test)]
mod tests;

//! Portfolios and what they are worth to those who hold them: criteria, one night's
//! rates and prices, and scores that are made again to the byte from what was captured.
//!
//! - [`decimal`], [`points`], [`names`], [`metric`]: numbers, symbols, currencies, and
//!   what is known of an asset.
//! - [`criteria`], [`fault`], [`read`]: what a user looks for, and what is wrong with it.
//! - [`rates`], [`inputs`]: what a night's scores are made of.
//! - [`scores`], [`fate`]: what comes of it, or why nothing does.
//! - [`calculation`], [`replay`](mod@replay), [`recorded`]: a user's night, the events that
//!   tell it, and whether it comes out the same again, with the rows that it wrote.
//! - [`provider`]: what is told of rates and prices.

pub mod calculation;
pub mod criteria;
pub mod decimal;
pub mod fate;
pub mod fault;
pub mod inputs;
pub mod metric;
pub mod names;
pub mod points;
pub mod provider;
pub mod rates;
pub mod read;
pub mod recorded;
pub mod replay;
pub mod scores;

pub use calculation::{Calculation, CalculationEvent, CalculationKind, StoredUser, calculate};
pub use criteria::{Criteria, Criterion, Operator};
pub use decimal::{Decimal, DecimalError};
pub use fate::{Reason, Unscored, UserFate};
pub use fault::{Fault, Faults, Place};
pub use inputs::{Inputs, Portfolio, Quote};
pub use metric::{Fundamentals, Metric};
pub use names::{Currency, Market, Symbol};
pub use points::{Points, Shown};
pub use provider::{EntryFault, LeftOut, TellError, Told, parse_quotes, parse_rates};
pub use rates::Rates;
pub use recorded::{Recorded, score_row};
pub use replay::{Difference, Stored, replay};
pub use scores::{AssetScore, Mark, Scores, evaluate};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_any;
#[cfg(test)]
mod tests_calculation;
#[cfg(test)]
mod tests_provider;
#[cfg(test)]
mod tests_read;
#[cfg(test)]
mod tests_recorded;

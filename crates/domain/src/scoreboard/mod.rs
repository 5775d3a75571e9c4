//! Matches, guesses about them and the scoreboards that follow: what is asked of a
//! provider and what is made of its answer, what a guess is worth, what a settlement
//! changes, and who stands where.
//!
//! - [`score`], [`result`], [`round`], [`matches`](mod@matches), [`fixtures`]: a match, how
//!   it is told, and how it ended.
//! - [`candidates`], [`provider`], [`refusal`], [`verify`](mod@verify), [`reason`]: when
//!   a provider is asked, what it answers, and what comes of it.
//! - [`knockout`]: which matches a tournament lacks once a round is over.
//! - [`guesses`], [`rules`]: which guesses are taken, and what they earn.
//! - [`settlement`], [`totals`], [`ledger`], [`fold`](mod@fold): what a result changes,
//!   and how it adds up.
//! - [`proof`]: whether a ledger and its boards are what guesses and results make.
//! - [`ranks`], [`histogram`], [`chain`], [`board`], [`explain`], [`close`]: who stands where and why, and at the end.
//! - [`messages`]: the data of its jobs.

pub mod board;
pub mod candidates;
pub mod chain;
pub mod close;
pub mod explain;
pub mod fixtures;
pub mod fold;
pub mod guesses;
pub mod histogram;
pub mod knockout;
pub mod ledger;
pub mod matches;
pub mod messages;
mod part;
pub mod proof;
pub mod provider;
pub mod ranks;
pub mod reason;
pub mod refusal;
pub mod result;
pub mod round;
pub mod rules;
pub mod score;
pub mod settlement;
pub mod totals;
pub mod verify;

pub use candidates::Candidate;
pub use chain::{Chain, Entrant, TieBreak};
pub use fixtures::Fixture;
pub use fold::{Board, fold};
pub use guesses::Guess;
pub use histogram::Histogram;
pub use ledger::{Entry, EntryStatus};
pub use matches::{Match, Status};
pub use proof::{Difference, Mismatch};
pub use provider::Answer;
pub use ranks::{Kind, Place, Rank};
pub use reason::{Outcome, Reason};
pub use refusal::AnswerError;
pub use result::{Counted, MatchResult, ResultHash};
pub use round::Round;
pub use rules::{Award, Rules};
pub use score::Score;
pub use settlement::Decision;
pub use totals::Totals;
/// The 64 matches of the 2022 World Cup, which tests and local running play: a line a
/// match, whose first two say what it holds and where it is from.
pub const WORLD_CUP_2022: &str = include_str!("worldcup-2022.csv");

pub use verify::{Abandoned, NoAnswer, Policy, Postponed, Verification, verify};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_fixtures;
#[cfg(test)]
mod tests_proof;
#[cfg(test)]
mod tests_provider;
#[cfg(test)]
mod tests_ranks;
#[cfg(test)]
mod tests_schedule;
#[cfg(test)]
mod tests_settlement;
#[cfg(test)]
mod tests_verify;
#[cfg(test)]
mod tests_worldcup;

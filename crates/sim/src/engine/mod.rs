//! The simulator: real flows over the doubles, one seed one history. A seed
//! draws operations and faults, lets invocations interleave call by call, then
//! ends the faults, lets everything finish, and holds what is left against
//! what was asked and against the rules computed in one shot.
//!
//! | file | what |
//! |---|---|
//! | `executor`, `turns` | invocations side by side, a port call at a time |
//! | `world` | everything of a seed |
//! | `ops` | what may happen, and how often |
//! | `model`, `answers` | what was asked, and what was answered |
//! | `archive` | what retention may take, remembered |
//! | `deeds` | what operators do, as values |
//! | `watch`, `watch_replays`, `judged` | what must be looked at while it happens |
//! | `drain` | the calm at the end |
//! | `checks` | what must hold |
//! | [`drive`] | the doubles' futures, run by hand |
//! | [`report`], [`run`] | what it came to; running seeds |

mod answers;
mod archive;
mod chance;
mod checks;
mod deeds;
mod drain;
pub mod drive;
mod executor;
mod failure;
mod judged;
mod model;
mod ops;
pub mod report;
pub mod run;
pub mod schedules;
mod turns;
mod watch;
mod watch_replays;
mod world;

pub use checks::check_occurrences;
pub use failure::Failure;
pub use report::{FAULTS, Outcome, Report};
pub use run::{Settings, run_seed, run_seeds};

//! The schedules: the one list that the deployed triggers mirror, and what is
//! decided about every time it names.
//!
//! - [`cron`]: expressions in Cloudflare's dialect, stepped both ways.
//! - [`registry`]: the list, and what a deployment's settings make of it.
//! - [`judge`]: what becomes of each nominal time, so that none is forgotten.

pub mod cron;
pub mod judge;
pub mod registry;
mod table;

pub use cron::{Cron, CronError};
pub use judge::{JUDGED_MAX, Judgement, Occurrence, Outcome, judge};
pub use registry::{
    Effective, Flag, Missed, Overlap, REGISTRY, Schedule, Settings, SettingsError, SkipReason,
    effective, triggers,
};

/// Cron expression of the tick, in Cloudflare's dialect: every minute.
pub const TICK_CRON: &str = "* * * * *";

/// Seconds from one tick to the next.
pub const TICK_INTERVAL_SECS: u32 = 60;

//! The schedules: the one list that the deployed triggers mirror, and what is
//! decided about every time it names.
//!
//! - [`cron`]: expressions in Cloudflare's dialect, stepped both ways.
//! - [`registry`]: the list, and what a deployment's settings make of it.
//! - [`markets`]: nights of one market, which settings add to it.
//! - [`mod@preview`]: what an expression names next, and how else it may be read.
//! - [`mod@judge`]: what becomes of each nominal time, so that none is forgotten.
//! - [`tick`]: when the tick comes, which looks after all of them.

pub mod cron;
pub mod judge;
pub mod markets;
pub mod preview;
pub mod registry;
mod table;
pub mod tick;

pub use cron::{Cron, CronError};
pub use judge::{JUDGED_MAX, Judgement, Occurrence, Outcome, TOLERANCE, judge};
pub use markets::{MARKET_KEY_PREFIX, market_key, schedule_of};
pub use preview::{PREVIEW_MAX, Preview, Warning, preview};
pub use registry::{
    Effective, Flag, Missed, Overlap, REGISTRY, Schedule, Settings, SettingsError, SkipReason,
    cron_of, effective, triggers,
};
pub use tick::{TICK_CRON, TICK_INTERVAL_SECS, TICK_INTERVAL_SECS_MAX, Tick, TickError};

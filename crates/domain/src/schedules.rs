//! The schedules: the one list that the deployed triggers mirror. A test holds
//! `wrangler/queue.toml` to it.

/// Cron expression of the tick, in Cloudflare's dialect: every minute.
pub const TICK_CRON: &str = "* * * * *";

/// Seconds from one tick to the next.
pub const TICK_INTERVAL_SECS: u32 = 60;

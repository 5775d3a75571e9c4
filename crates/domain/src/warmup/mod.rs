//! Warm-up of sending domains: how many e-mails a young domain may send a day, and
//! the counter that holds it to that.
//!
//! - [`name`]: names of domains.
//! - [`schedule`]: the limit of a day, by the domain's age.
//! - [`counter`]: what was granted of a day's limit.

pub mod counter;
pub mod name;
pub mod schedule;

use chrono::{DateTime, TimeDelta, Utc};

pub use counter::{Block, Counter, KEY_KEPT, Reserved};
pub use name::DomainName;
pub use schedule::{Schedule, ScheduleError, Step};

use crate::ids::OrganizationId;

/// How long after its creation a domain is warmed up by the table.
pub const WARMING: TimeDelta = TimeDelta::days(30);

/// Where a domain's counter is kept. An organization's id holds no slash, so that
/// no two domains share a place.
#[must_use]
pub fn counter_place(organization: &OrganizationId, domain: &DomainName) -> String {
    format!("warmup/daily/{organization}/{domain}")
}

/// Which of its days a domain is in: 1 for the first 24 hours, 0 or less for one
/// that is still to be created.
#[must_use]
pub fn day_of(created_at: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    const DAY_US: i64 = 86_400_000_000;
    // 292,000 years: beyond what any column holds.
    let age_us = (now - created_at).num_microseconds().unwrap_or(i64::MAX);
    // The instant of its creation is of its first day; else the ceiling.
    if age_us == 0 { 1 } else { age_us.saturating_add(DAY_US - 1).div_euclid(DAY_US) }
}

#[cfg(test)]
mod tests;

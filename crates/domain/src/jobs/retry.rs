//! When a job is tried again: pure functions of its history and a random
//! number that the caller brings.

use chrono::TimeDelta;

/// First wait after a failure, in seconds; doubled by each further one.
pub const RETRY_BASE_SECS: i64 = 5;

/// Longest wait after a failure.
pub const RETRY_SECS_MAX: i64 = 3_600;

/// Doublings after which the wait is at its longest: 5 s × 2^10 is more than
/// an hour.
const RETRY_DOUBLINGS_MAX: u32 = 10;

/// Shortest wait of a job that is put off, in seconds; doubled each time that
/// the reason stays.
pub const SNOOZE_SECS_MIN: i64 = 120;

/// Longest wait of a job that is put off, but for its jitter.
pub const SNOOZE_SECS_MAX: i64 = 900;

/// Doublings after which a snooze is at its longest: 2, 4, 8, 16 > 15 minutes.
const SNOOZE_DOUBLINGS_MAX: u32 = 3;

/// Most that jitter adds to a snooze, in percent: jobs put off by one outage
/// do not all come back in one second.
pub const SNOOZE_JITTER_PERCENT: i64 = 20;

/// Shortest wait of a job that found what it needs held by another for a moment, in
/// seconds: most of what holds anything takes less.
pub const BUSY_SECS_MIN: i64 = 1;

/// Longest such wait: the largest settlement takes as long.
pub const BUSY_SECS_MAX: i64 = 5;

/// Longest time a job of a type or version that this build does not know waits
/// for a build that does.
pub const UNKNOWN_HOURS_MAX: i64 = 24;

/// Wait between two looks at such a job, in seconds.
pub const UNKNOWN_SNOOZE_SECS: i64 = 300;

/// The wait after a failure: exponential with full jitter, so that jobs that
/// failed together do not come back together. `failures` counts this one;
/// `random` is uniform over all of `u32`.
#[must_use]
pub fn retry_delay(failures: i16, random: u32) -> TimeDelta {
    let doublings = u32::from(failures.max(1).unsigned_abs() - 1).min(RETRY_DOUBLINGS_MAX);
    let ceiling = (RETRY_BASE_SECS << doublings).min(RETRY_SECS_MAX);
    TimeDelta::milliseconds(share(ceiling * 1_000, random))
}

/// The wait of a job that is put off for the `snoozes`-th time in a row (from
/// 0) for one reason, and not before `least` has passed.
#[must_use]
pub fn snooze_delay(snoozes: i16, least: TimeDelta, random: u32) -> TimeDelta {
    let doublings = u32::from(snoozes.max(0).unsigned_abs()).min(SNOOZE_DOUBLINGS_MAX);
    let wait = (SNOOZE_SECS_MIN << doublings).min(SNOOZE_SECS_MAX);
    let wait_ms = (wait * 1_000).max(milliseconds_up(least));
    let jitter_ms = share(wait_ms / 100 * SNOOZE_JITTER_PERCENT, random);
    TimeDelta::milliseconds(wait_ms.saturating_add(jitter_ms))
}

/// The wait of a job that found what it needs held by another: spread, so that of
/// many who wait for one each has its turn.
#[must_use]
pub fn busy_delay(random: u32) -> TimeDelta {
    let most = share((BUSY_SECS_MAX - BUSY_SECS_MIN) * 1_000, random);
    TimeDelta::milliseconds(BUSY_SECS_MIN * 1_000 + most)
}

/// The delay of a message for a wait: whole seconds, rounded up, and one more,
/// so that the message never comes before its row is due.
#[must_use]
pub fn message_delay_secs(wait: TimeDelta) -> u32 {
    let ms = wait.num_milliseconds().max(0);
    u32::try_from(ms.div_euclid(1_000) + i64::from(ms.rem_euclid(1_000) > 0) + 1)
        .unwrap_or(u32::MAX)
}

/// The milliseconds of a time, rounded up: one that is cut would end early.
fn milliseconds_up(time: TimeDelta) -> i64 {
    let ms = time.num_milliseconds();
    if TimeDelta::milliseconds(ms) < time { ms.saturating_add(1) } else { ms }
}

/// `whole` scaled by a random share from 0 to just under 1, rounded down.
fn share(whole: i64, random: u32) -> i64 {
    let scaled = (i128::from(whole) * i128::from(random)) >> u32::BITS;
    i64::try_from(scaled).unwrap_or(whole)
}

//! The waits: their bounds for every history and every random number, and that
//! jitter uses all of its room.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::retry::*;

/// The room of the wait after `failures`, in milliseconds; said another way
/// than the code says it.
fn ceiling_ms(failures: i16) -> i64 {
    let doubled = (1..failures).try_fold(5_000_i64, |ms, _| ms.checked_mul(2));
    doubled.map_or(3_600_000, |ms| ms.min(3_600_000))
}

#[test]
fn full_jitter_reaches_both_ends() {
    for (failures, ceiling) in [
        (1, 5),
        (2, 10),
        (3, 20),
        (4, 40),
        (5, 80),
        (9, 1_280),
        (10, 2_560),
        (11, 3_600),
        (12, 3_600),
        (i16::MAX, 3_600),
        // Never asked for: read as the first failure.
        (0, 5),
        (i16::MIN, 5),
    ] {
        let ms = TimeDelta::milliseconds(1);
        assert_eq!(retry_delay(failures, 0), TimeDelta::zero(), "{failures}");
        assert_eq!(retry_delay(failures, u32::MAX), TimeDelta::seconds(ceiling) - ms, "{failures}");
        let half = TimeDelta::milliseconds(ceiling * 500);
        assert_eq!(retry_delay(failures, 1 << 31), half, "{failures}");
    }
}

#[test]
fn snoozes_double_from_2_to_15_minutes() {
    for (snoozes, minutes) in
        [(0, 2), (1, 4), (2, 8), (3, 15), (4, 15), (i16::MAX, 15), (-1, 2), (i16::MIN, 2)]
    {
        let wait = TimeDelta::minutes(minutes);
        let most = wait * 6 / 5;
        let ms = TimeDelta::milliseconds(1);
        assert_eq!(snooze_delay(snoozes, TimeDelta::zero(), 0), wait, "{snoozes}");
        assert_eq!(snooze_delay(snoozes, TimeDelta::zero(), u32::MAX), most - ms, "{snoozes}");
        assert_eq!(snooze_delay(snoozes, TimeDelta::MIN, 0), wait, "{snoozes}");
    }
}

#[test]
fn a_snooze_does_not_end_a_moment_early() {
    for (least, ms) in [
        (TimeDelta::seconds(1_000), 1_000_000),
        (TimeDelta::seconds(1_000) + TimeDelta::nanoseconds(1), 1_000_001),
        (TimeDelta::seconds(1_000) + TimeDelta::milliseconds(1), 1_000_001),
    ] {
        assert_eq!(snooze_delay(0, least, 0), TimeDelta::milliseconds(ms), "{least}");
    }
}

#[test]
fn a_snooze_has_an_end_whatever_is_asked() {
    for random in [0, u32::MAX] {
        assert_eq!(snooze_delay(0, TimeDelta::MAX, random).num_milliseconds(), i64::MAX);
    }
}

#[test]
fn a_message_comes_after_its_row_is_due() {
    for (wait, secs) in [
        (TimeDelta::zero(), 1),
        (TimeDelta::nanoseconds(1), 1),
        (TimeDelta::milliseconds(1), 2),
        (TimeDelta::milliseconds(999), 2),
        (TimeDelta::seconds(1), 2),
        (TimeDelta::milliseconds(1_001), 3),
        (TimeDelta::hours(1), 3_601),
        (TimeDelta::seconds(-5), 1),
        (TimeDelta::MIN, 1),
        (TimeDelta::MAX, u32::MAX),
    ] {
        assert_eq!(message_delay_secs(wait), secs, "{wait}");
    }
}

proptest! {
    #[test]
    fn a_retry_waits_within_its_bounds(failures in 1..=i16::MAX, random: u32) {
        let wait = retry_delay(failures, random).num_milliseconds();
        prop_assert!((0..ceiling_ms(failures)).contains(&wait), "{} ms", wait);
    }

    #[test]
    fn an_early_retry_waits_within_its_bounds(failures in 1..=14_i16, random: u32) {
        let wait = retry_delay(failures, random).num_milliseconds();
        prop_assert!((0..ceiling_ms(failures)).contains(&wait), "{} ms", wait);
    }

    #[test]
    fn a_snooze_waits_within_its_bounds(
        snoozes in 0..8_i16,
        least_ns in -1_000_000_000..=10_000_000_000_000_i64,
        random: u32,
    ) {
        let least = TimeDelta::nanoseconds(least_ns);
        let doubled = TimeDelta::minutes(2) * 2_i32.pow(u32::from(snoozes.unsigned_abs()));
        let wait = doubled.min(TimeDelta::minutes(15)).max(least);
        let found = snooze_delay(snoozes, least, random);
        // Whole milliseconds, rounded up.
        let most = (wait + TimeDelta::milliseconds(1)) * 6 / 5;
        prop_assert!((wait..=most).contains(&found), "{} for {}", found, wait);
    }

    #[test]
    fn who_finds_something_held_waits_for_seconds(random: u32) {
        let wait = busy_delay(random);
        prop_assert!((TimeDelta::seconds(1)..TimeDelta::seconds(5)).contains(&wait), "{}", wait);
    }

    #[test]
    fn a_message_is_late_by_2_seconds_at_most(wait_ns in 0..=90_000_000_000_000_i64) {
        let wait = TimeDelta::nanoseconds(wait_ns);
        let delay = TimeDelta::seconds(i64::from(message_delay_secs(wait)));
        prop_assert!((wait..=wait + TimeDelta::seconds(2)).contains(&delay), "{} for {}", delay, wait);
    }
}

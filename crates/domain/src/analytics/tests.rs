//! The windows, row by row, and what must hold of all of them.

use proptest::prelude::*;

use super::*;
use crate::contact_events::EVENT_AGE_MAX;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A roll-up and its nominal time; what was received from there on; days counted in
/// any case, from and until before.
type Row = (RollUp, &'static str, Option<&'static str>, Option<[&'static str; 2]>);

const WINDOWS: [Row; 9] = [
    (RollUp::AggregateHourly, "2026-11-30T01:00:00Z", Some("2026-11-29T23:50:00Z"), None),
    (RollUp::AggregateHourly, "2026-01-01T00:00:00Z", Some("2025-12-31T22:50:00Z"), None),
    (
        RollUp::GenerateDailyReports,
        "2026-03-01T02:00:00Z",
        Some("2026-02-28T01:50:00Z"),
        Some(["2026-02-28", "2026-03-01"]),
    ),
    (
        RollUp::GenerateDailyReports,
        "2028-03-01T00:00:00Z",
        Some("2028-02-28T23:50:00Z"),
        Some(["2028-02-29", "2028-03-01"]),
    ),
    (
        RollUp::MonthlyUsageSummary,
        "2026-01-01T03:00:00Z",
        Some("2025-12-01T02:50:00Z"),
        Some(["2025-12-01", "2026-01-01"]),
    ),
    // A month that is shorter than the one before.
    (
        RollUp::MonthlyUsageSummary,
        "2026-03-31T03:00:00Z",
        Some("2026-02-28T02:50:00Z"),
        Some(["2026-02-01", "2026-03-01"]),
    ),
    (RollUp::ScoreDistribution, "2026-11-30T04:00:00Z", None, Some(["2026-11-29", "2026-11-30"])),
    (RollUp::ScoreDistribution, "2026-11-30T23:59:00Z", None, Some(["2026-11-29", "2026-11-30"])),
    (
        RollUp::EnrichmentMetrics,
        "2026-11-30T05:00:00Z",
        Some("2026-11-29T04:50:00Z"),
        Some(["2026-11-29", "2026-11-30"]),
    ),
];

#[test]
fn windows_are_those_of_the_table() {
    for (roll_up, nominal, from, whole) in WINDOWS {
        let window = roll_up.window(at(nominal));
        let received = window.received.map(|received| received.at);
        assert_eq!(received, from.map(|from| at(from)..at(nominal)), "{roll_up:?} {nominal}");
        let whole = whole.map(|[from, until]| day(from)..day(until));
        assert_eq!(window.whole, whole, "{roll_up:?} {nominal}");
    }
}

#[test]
fn a_roll_up_is_known_by_its_name_and_has_a_schedule() {
    for roll_up in RollUp::ALL {
        assert_eq!(RollUp::from_name(roll_up.name()), Some(roll_up));
        assert!(roll_up.cron().is_some(), "{roll_up:?}");
        // An hour's statements may take their time: each job is alone in its transaction.
        assert!(!roll_up.job_type().spec().batched, "{roll_up:?}");
    }
    assert_eq!(RollUp::from_name("analytics.probe"), None);
}

#[test]
fn only_a_month_begins_before_its_day() {
    for roll_up in RollUp::ALL {
        let first = roll_up.first_day(day("2026-02-28"));
        let is_month = roll_up == RollUp::MonthlyUsageSummary;
        assert_eq!(first, day(if is_month { "2026-02-01" } else { "2026-02-28" }), "{roll_up:?}");
    }
}

proptest! {
    /// Whenever an event is received and whenever it happened, one of the windows of
    /// consecutive nominal times has it, with what may not have been committed yet.
    #[test]
    fn windows_of_consecutive_times_leave_no_event_out(
        minutes in 0_i64..1_500_000,
        ago_millis in -EVENT_FUTURE_MAX.num_milliseconds()..=EVENT_AGE_MAX.num_milliseconds(),
        late_secs in 0..=TRANSACTION_SECS_MAX,
    ) {
        let received = at("2026-01-01T00:00:00Z") + TimeDelta::minutes(minutes);
        let happened = received - TimeDelta::milliseconds(ago_millis);
        let committed = received + TimeDelta::seconds(late_secs);
        let of_events = |roll_up: &RollUp| *roll_up != RollUp::ScoreDistribution;
        for roll_up in RollUp::ALL.into_iter().filter(of_events) {
            let cron = roll_up.cron().unwrap();
            // The first time at which it is seen, and the one that follows the day it
            // happened on.
            let mut nominal = cron.next_after(committed).unwrap();
            let mut counted = false;
            for _ in 0..3 {
                let window = roll_up.window(nominal);
                let of_whole = window.whole.is_some_and(|days| days.contains(&happened.date_naive()));
                let is_late = window.received.is_some_and(|window| {
                    window.at.contains(&received) && window.happened.contains(&happened)
                });
                counted |= of_whole || is_late;
                nominal = cron.next_after(nominal).unwrap();
            }
            prop_assert!(counted, "{roll_up:?} {happened} {received}");
        }
    }

    #[test]
    fn a_window_holds_at_every_nominal_time(secs in 0_i64..253_402_300_799) {
        let nominal = DateTime::from_timestamp(secs, 0).unwrap();
        for roll_up in RollUp::ALL {
            let window = roll_up.window(nominal);
            if let Some(received) = &window.received {
                prop_assert!(received.at.start < received.at.end && received.at.end == nominal);
                prop_assert!(received.happened.start < received.at.start);
            }
            let period = roll_up.period(nominal);
            prop_assert!(period.start < period.end && period.end <= nominal);
            if let Some(whole) = &window.whole {
                // Over, and a whole day or month.
                prop_assert!(midnight(whole.end) <= nominal);
                prop_assert_eq!(roll_up.first_day(whole.start), whole.start);
            }
        }
    }
}

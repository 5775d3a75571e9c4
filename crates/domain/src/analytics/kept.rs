//! What can still be counted: activity and enrichment jobs are dropped by months of
//! when they happened, and what is left of a day that was dropped is no count.

use chrono::{DateTime, Datelike, TimeDelta, Utc};

use super::{RollUp, Window, midnight};
use crate::contact_events::ACTIVITY_KEPT;

/// How much earlier a roll-up leaves a month alone than it is dropped: a job looks at
/// the clock up to minutes before its statement counts.
const MARGIN: TimeDelta = TimeDelta::days(1);

/// Before this everything may be dropped by now: the beginning of the UTC month that
/// was [`ACTIVITY_KEPT`] ago.
#[must_use]
pub fn dropped_before(now: DateTime<Utc>) -> DateTime<Utc> {
    let day = (now - ACTIVITY_KEPT).date_naive();
    midnight(day.with_day(1).unwrap_or(day))
}

impl RollUp {
    /// What it can count at a nominal time: its window without what may be dropped
    /// by now; none where that is of the period itself.
    #[must_use]
    pub fn window_kept(self, nominal: DateTime<Utc>, now: DateTime<Utc>) -> Option<Window> {
        let mut window = self.window(nominal);
        // Scores are kept for good.
        let Some(received) = &mut window.received else { return Some(window) };
        let kept_from = dropped_before(now + MARGIN);
        let begins = window.whole.as_ref().map_or(received.at.start, |days| midnight(days.start));
        received.happened.start = received.happened.start.max(kept_from);
        (begins >= kept_from).then_some(window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn whole_months_are_dropped() {
        for (now, before) in [
            // 400 days ago it was the last moment of a month, and the first of the next.
            ("2027-01-05T23:59:59Z", "2025-12-01T00:00:00Z"),
            ("2027-02-04T23:59:59.999Z", "2025-12-01T00:00:00Z"),
            ("2027-02-05T00:00:00Z", "2026-01-01T00:00:00Z"),
        ] {
            assert_eq!(dropped_before(at(now)), at(before), "{now}");
        }
    }

    /// A roll-up, its nominal time and now; since when what happened is counted.
    type Row = (RollUp, &'static str, &'static str, Option<&'static str>);

    const KEPT: [Row; 8] = [
        // In the midst of what is kept the window stays as it is.
        (
            RollUp::AggregateHourly,
            "2026-11-30T01:00:00Z",
            "2026-11-30T02:00:00Z",
            Some("2026-10-24T23:50:00Z"),
        ),
        // On 4 February, 400 days ago was 31 December, and a day later January.
        (
            RollUp::GenerateDailyReports,
            "2026-01-01T02:00:00Z",
            "2027-02-03T23:00:00Z",
            Some("2025-12-01T00:00:00Z"),
        ),
        (RollUp::GenerateDailyReports, "2026-01-01T02:00:00Z", "2027-02-04T00:00:00Z", None),
        (
            RollUp::EnrichmentMetrics,
            "2026-01-02T05:00:00Z",
            "2027-02-04T00:00:00Z",
            Some("2026-01-01T00:00:00Z"),
        ),
        (RollUp::MonthlyUsageSummary, "2026-01-01T03:00:00Z", "2027-02-04T00:00:00Z", None),
        (
            RollUp::MonthlyUsageSummary,
            "2026-02-01T03:00:00Z",
            "2027-02-04T00:00:00Z",
            Some("2026-01-01T00:00:00Z"),
        ),
        (RollUp::AggregateHourly, "2026-01-01T01:09:00Z", "2027-02-04T00:00:00Z", None),
        (
            RollUp::AggregateHourly,
            "2026-01-01T01:10:00Z",
            "2027-02-04T00:00:00Z",
            Some("2026-01-01T00:00:00Z"),
        ),
    ];

    #[test]
    fn what_is_dropped_is_not_counted() {
        for (roll_up, nominal, now, expected) in KEPT {
            let window = roll_up.window_kept(at(nominal), at(now));
            let whole = roll_up.window(at(nominal));
            if let Some(window) = &window {
                assert_eq!(window.whole, whole.whole, "{roll_up:?} {nominal} {now}");
                assert!(window.received.as_ref().unwrap().happened.end >= at(expected.unwrap()));
            }
            let from = window.map(|window| window.received.unwrap().happened.start);
            assert_eq!(from, expected.map(at), "{roll_up:?} {nominal} {now}");
        }
        // Scores are kept for good.
        let long_ago = at("2020-01-01T04:00:00Z");
        let window = RollUp::ScoreDistribution.window_kept(long_ago, at("2027-02-04T00:00:00Z"));
        assert_eq!(window, Some(RollUp::ScoreDistribution.window(long_ago)));
    }
}

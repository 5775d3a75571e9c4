//! When a match is asked about, from its kickoff until nobody asks any more.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::candidates::{
    CHECKED_FOR, CORRECTION_CHECKS, GIVEN_UP_AFTER, is_due, is_given_up, next_check, planned,
};
use super::tests::{result, time};
use super::*;

fn kickoff() -> DateTime<Utc> {
    time("2022-12-18T15:00:00Z")
}

const WINDOW: TimeDelta = TimeDelta::hours(48);

fn stored(status: Status) -> Match {
    let scheduled = Match::scheduled(kickoff());
    if status != Status::Ended {
        return Match { status, ..scheduled };
    }
    let ended_at = Some(kickoff() + TimeDelta::minutes(120));
    Match { status, result: Some(result("2:1")), result_version: 1, ended_at, ..scheduled }
}

/// Hours and minutes after the kickoff.
fn after(hours: i64, minutes: i64) -> DateTime<Utc> {
    kickoff() + TimeDelta::hours(hours) + TimeDelta::minutes(minutes)
}

#[test]
fn no_match_is_asked_about_for_ever() {
    use Status as S;
    let minutes = TimeDelta::minutes;
    let [hour, day] = [TimeDelta::hours(1), TimeDelta::hours(24)];
    #[rustfmt::skip]
    let table = [
        // status,     asked at,          how long until the next
        (S::Scheduled, after(0, 0),       Some(minutes(4))),
        (S::Scheduled, after(-3, 0),      Some(TimeDelta::hours(3))),
        (S::Live,      after(1, 30),      Some(minutes(4))),
        (S::Live,      after(23, 59),     Some(minutes(4))),
        (S::Live,      after(24, 0),      Some(hour)),
        (S::Scheduled, after(47, 59),     Some(hour)),
        (S::Scheduled, after(48, 0),      Some(day)),
        (S::Live,      after(335, 59),    Some(day)),
        (S::Live,      after(336, 0),     None),
        (S::Postponed, after(-3, 0),      Some(TimeDelta::hours(3))),
        (S::Postponed, after(0, 0),       Some(hour)),
        (S::Postponed, after(23, 59),     Some(hour)),
        (S::Postponed, after(24, 0),      Some(day)),
        (S::Suspended, after(1, 0),       Some(hour)),
        (S::Suspended, after(24, 0),      Some(day)),
        (S::Suspended, after(336, 0),     None),
        (S::Abandoned, after(2, 0),       None),
        (S::Cancelled, after(-2, 0),      None),
        // It was first seen ended after two hours.
        (S::Ended,     after(2, 0),       Some(minutes(15))),
        (S::Ended,     after(2, 14),      Some(minutes(1))),
        (S::Ended,     after(2, 15),      Some(minutes(45))),
        (S::Ended,     after(3, 0),       Some(TimeDelta::hours(5))),
        (S::Ended,     after(8, 0),       Some(TimeDelta::hours(18))),
        (S::Ended,     after(26, 0),      Some(day)),
        (S::Ended,     after(50, 0),      None),
        (S::Ended,     after(500, 0),     None),
    ];
    for (status, asked_at, wait) in table {
        let next = next_check(&stored(status), WINDOW, asked_at);
        assert_eq!(next.map(|at| at - asked_at), wait, "{status:?} asked at {asked_at}");
    }
}

#[test]
fn a_window_is_as_long_as_the_rules_say() {
    let asked = |hours: i64| {
        let window = TimeDelta::hours(hours);
        let mut at = after(2, 0);
        std::iter::from_fn(|| {
            at = next_check(&stored(Status::Ended), window, at)?;
            Some((at - after(2, 0)).num_minutes())
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(asked(48), CORRECTION_CHECKS.map(|after| after.num_minutes()));
    assert_eq!(asked(0), [0_i64; 0]);
    assert_eq!(asked(1), [15, 60]);
    assert_eq!(asked(12), [15, 60, 360, 720]);
    assert_eq!(asked(336), [15, 60, 360, 1_440, 2_880, 20_160]);
}

#[test]
fn what_is_due_is_asked_about_and_waits_then() {
    let fresh = Match::scheduled(kickoff());
    assert!(is_due(&fresh, kickoff()));
    assert!(!is_due(&fresh, kickoff() - TimeDelta::microseconds(1)));
    let asked = planned(&fresh, WINDOW, kickoff());
    assert_eq!(asked, Match { next_check_at: Some(kickoff() + CHECKED_FOR), ..fresh });
    assert!(!is_due(&asked, after(0, 3)));
    assert!(is_due(&asked, after(0, 4)));
    let final_one = planned(&stored(Status::Ended), WINDOW, after(50, 0));
    assert!(!is_due(&final_one, after(9_999, 0)));
    assert!(!is_given_up(&final_one), "it has an end");
    let stalled = planned(&stored(Status::Live), WINDOW, kickoff() + GIVEN_UP_AFTER);
    assert!(is_given_up(&stalled));
    assert!(!is_given_up(&fresh));
}

proptest! {
    /// Whatever is planned and whether there is an answer or none: the next question
    /// comes later, and after the two weeks and the window none comes.
    #[test]
    fn questions_end(
        status in prop::sample::select(Status::ALL.to_vec()),
        hours in 0..=336_i64,
        first in -100..1_000_i64,
    ) {
        let row = stored(status);
        let (mut at, mut asked) = (after(0, first), 0);
        while let Some(next) = next_check(&row, TimeDelta::hours(hours), at) {
            prop_assert!(next > at);
            at = next;
            asked += 1;
        }
        let end = row.ended_at.map_or(kickoff() + GIVEN_UP_AFTER + TimeDelta::hours(24),
            |at| at + TimeDelta::hours(hours));
        prop_assert!(at <= end.max(after(0, first)));
        // Every 4 minutes of a day, hourly of the next one, daily of the rest.
        prop_assert!(asked <= 1 + 360 + 24 + 13, "{asked}");
    }
}

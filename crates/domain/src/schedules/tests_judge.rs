//! Each rule of the judgement as a table, and its law as a property: every
//! nominal time is judged exactly once, in order.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::registry::{Missed, REGISTRY, Schedule};
use super::*;

/// A time of one day, `HH:MM` or `HH:MM:SS`; `+HH:MM` is of the day after.
fn at(text: &str) -> DateTime<Utc> {
    let (day, time) = match text.strip_prefix('+') {
        Some(time) => ("2026-02-20", time),
        None => ("2026-02-19", text),
    };
    let seconds = if time.len() == 5 { ":00" } else { "" };
    format!("{day}T{time}{seconds}Z").parse().unwrap()
}

fn schedule(cron: &str, missed: Missed) -> Effective {
    let cron = Cron::parse(cron).unwrap();
    Effective { schedule: Schedule { missed, ..REGISTRY[0] }, market: None, cron, skip: None }
}

/// What was decided, as `HH:MM outcome` and a comma between.
fn text(judgement: &Judgement) -> String {
    let one = |o: &Occurrence| format!("{} {}", o.nominal_at.format("%H:%M"), o.outcome.name());
    judgement.occurrences.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn each_policy_for_times_that_ran_came_late_or_were_missed() {
    use Missed::{All, Latest, Skip};
    #[rustfmt::skip]
    let rows = [
        // An hourly schedule, judged until 10:30.
        // policy, now,        fired,            decided,                                              judged until
        (Skip,   "10:59:59", None,             "",                                                   "10:59:59"),
        (Skip,   "11:00",    None,             "11:00 ran",                                          "11:00"),
        (Skip,   "11:01",    None,             "11:00 ran",                                          "11:01"),
        (Skip,   "11:01:01", None,             "11:00 missed",                                       "11:01:01"),
        (Latest, "11:01:01", None,             "11:00 backfilled",                                   "11:01:01"),
        (All(1), "11:01:01", None,             "11:00 backfilled",                                   "11:01:01"),
        (All(0), "11:01:01", None,             "11:00 missed",                                       "11:01:01"),
        // Its own trigger, late.
        (Skip,   "11:05",    Some("11:00"),    "11:00 late",                                         "11:05"),
        (Latest, "11:05",    Some("11:00"),    "11:00 late",                                         "11:05"),
        (Skip,   "11:05",    Some("11:04:59"), "11:00 late",                                         "11:05"),
        (Skip,   "12:30",    Some("11:00"),    "11:00 late, 12:00 missed",                           "12:30"),
        (Latest, "12:30",    Some("11:00"),    "11:00 late, 12:00 backfilled",                       "12:30"),
        (Latest, "12:30",    Some("12:00"),    "11:00 missed, 12:00 late",                           "12:30"),
        // A trigger of a time that is judged already.
        (Skip,   "11:05",    Some("10:00"),    "11:00 missed",                                       "11:05"),
        // A live one is newer than those that were missed.
        (Skip,   "13:00:30", None,             "11:00 missed, 12:00 missed, 13:00 ran",              "13:00:30"),
        (Latest, "13:00:30", None,             "11:00 missed, 12:00 missed, 13:00 ran",              "13:00:30"),
        (All(2), "13:00:30", None,             "11:00 missed, 12:00 backfilled, 13:00 ran",          "13:00:30"),
        (All(9), "13:00:30", None,             "11:00 backfilled, 12:00 backfilled, 13:00 ran",      "13:00:30"),
        // None live.
        (Skip,   "13:30",    None,             "11:00 missed, 12:00 missed, 13:00 missed",           "13:30"),
        (Latest, "13:30",    None,             "11:00 missed, 12:00 missed, 13:00 backfilled",       "13:30"),
        (All(2), "13:30",    None,             "11:00 missed, 12:00 backfilled, 13:00 backfilled",   "13:30"),
        // A trigger ahead of the database's clock.
        (Skip,   "10:59:30", Some("11:00"),    "11:00 ran",                                          "11:00"),
        (Skip,   "10:59",    Some("11:00:30"), "11:00 ran",                                          "11:00"),
        (Skip,   "10:58:59", Some("11:00"),    "",                                                   "10:58:59"),
        (Skip,   "10:40",    Some("+11:00"),   "",                                                   "10:40"),
        (Latest, "12:59:30", Some("13:00"),    "11:00 missed, 12:00 missed, 13:00 ran",              "13:00"),
        // A clock that ran backwards.
        (Latest, "10:29:59", None,             "",                                                   "10:30"),
        (Latest, "10:29:59", Some("11:00"),    "",                                                   "10:30"),
        (Latest, "10:29:59", Some("10:00"),    "",                                                   "10:30"),
        (Latest, "10:30",    None,             "",                                                   "10:30"),
    ];
    for (missed, now, fired, expected, judged_until) in rows {
        let hourly = schedule("0 * * * *", missed);
        let judge =
            |one: &Effective| judge(one, at("10:30"), Some(7), at(now), fired.map(at), JUDGED_MAX);
        let row = format!("{missed:?} {now} {fired:?}");
        let judgement = judge(&hourly);
        assert_eq!(text(&judgement), expected, "{row}");
        assert_eq!(judgement.judged_until, at(judged_until), "{row}");
        assert!(!judgement.more, "{row}");

        // The same times are judged when nothing runs, and are all skipped.
        for reason in SkipReason::ALL {
            let skipped = judge(&Effective { skip: Some(reason), ..hourly.clone() });
            let all = |judgement: &Judgement| {
                let of = judgement.occurrences.iter();
                of.map(|o| (o.nominal_at, o.ordinal)).collect::<Vec<_>>()
            };
            assert_eq!(all(&skipped), all(&judgement), "{row}");
            assert_eq!(skipped.judged_until, judgement.judged_until, "{row}");
            let mut outcomes = skipped.occurrences.iter().map(|o| o.outcome);
            assert!(outcomes.all(|outcome| outcome == Outcome::Skipped(reason)), "{row}");
        }
    }
}

#[test]
fn names_stay_and_only_three_outcomes_run() {
    let skipped = Outcome::Skipped(SkipReason::Overlap);
    for (outcome, name, runs) in [
        (Outcome::Ran, "ran", true),
        (Outcome::Late, "late", true),
        (Outcome::Missed, "missed", false),
        (Outcome::Backfilled, "backfilled", true),
        (skipped, "skipped", false),
    ] {
        assert_eq!((outcome.name(), outcome.runs()), (name, runs));
    }
}

#[test]
fn more_than_are_judged_at_once_are_judged_by_and_by() {
    let every_minute = schedule("* * * * *", Missed::All(48));
    let (now, mut judged_until, mut ordinal) = (at("+00:00"), at("00:00"), None);
    let (mut looks, mut all) = (Vec::new(), Vec::new());
    loop {
        let look = judge(&every_minute, judged_until, ordinal, now, None, JUDGED_MAX);
        looks.push(look.occurrences.len());
        (judged_until, ordinal) = (look.judged_until, look.ordinal_next);
        all.extend(look.occurrences);
        if !look.more {
            break;
        }
        assert_eq!(all.last().unwrap().nominal_at, judged_until);
    }
    assert_eq!(looks, [500, 500, 440]);
    assert_eq!(judged_until, now);
    // 00:01 is the second minute of its day; the counting goes on over midnight.
    assert!(all.iter().zip(1..).all(|(occurrence, ordinal)| occurrence.ordinal == ordinal));
    let count = |outcome| all.iter().filter(|o| o.outcome == outcome).count();
    // Of the newest 48, the last two are in time: 23:59 and 00:00.
    assert_eq!((count(Outcome::Backfilled), count(Outcome::Ran)), (46, 2));
    assert_eq!(count(Outcome::Missed), 1440 - 48);
    assert!(all[1440 - 48..].iter().all(|o| o.outcome.runs()));
}

#[test]
fn exactly_as_many_as_are_judged_at_once_leave_no_more() {
    let every_minute = schedule("* * * * *", Missed::Skip);
    for (max, judged, more) in [(0, 0, true), (9, 9, true), (10, 10, false), (11, 10, false)] {
        let look = judge(&every_minute, at("10:00"), Some(3), at("10:10:30"), None, max);
        assert_eq!((look.occurrences.len(), look.more), (judged, more), "{max}");
        let last = look.occurrences.last().map_or(at("10:00"), |o| o.nominal_at);
        assert_eq!(look.judged_until, if more { last } else { at("10:10:30") }, "{max}");
    }
}

#[test]
fn a_gap_of_a_century_costs_no_more_than_one_look() {
    let long_ago = "1926-01-01T00:00:00Z".parse().unwrap();
    for missed in [Missed::Skip, Missed::Latest, Missed::All(48)] {
        let every_minute = schedule("* * * * *", missed);
        let look = judge(&every_minute, long_ago, None, at("10:00"), None, JUDGED_MAX);
        assert_eq!((look.occurrences.len(), look.more), (JUDGED_MAX, true));
        assert!(look.occurrences.iter().all(|o| o.outcome == Outcome::Missed));
    }
}

#[test]
fn groups_take_turns_from_their_place_in_the_day() {
    let mut half_hourly = schedule("0,30 * * * *", Missed::Skip);
    half_hourly.schedule.groups = 2;
    // Whenever the row is new, :00 is even and :30 odd, over midnight too.
    for start in ["00:00", "00:10", "09:59", "23:40"] {
        let look = judge(&half_hourly, at(start), None, at("+03:00"), None, JUDGED_MAX);
        for occurrence in &look.occurrences {
            let is_half = occurrence.nominal_at.format("%M").to_string() == "30";
            assert_eq!(occurrence.group, u16::from(is_half), "{start} {occurrence:?}");
        }
        assert_eq!(look.ordinal_next, Some(look.occurrences.last().unwrap().ordinal + 1));
    }
    let mut daily = schedule("0 4 * * *", Missed::Skip);
    daily.schedule.groups = 2;
    let days = at("00:00") + TimeDelta::days(6);
    let look = judge(&daily, at("00:00"), None, days, None, JUDGED_MAX);
    let groups: Vec<_> = look.occurrences.iter().map(|o| o.group).collect();
    assert_eq!(groups, [0, 1, 0, 1, 0, 1]);

    for (nominal, ordinal) in [("00:00", 0), ("00:30", 1), ("09:30", 19), ("23:30", 47)] {
        assert_eq!(first_ordinal(&half_hourly.cron, at(nominal)), ordinal, "{nominal}");
    }
}

#[test]
fn a_schedule_that_nothing_was_due_of_has_no_ordinal_yet() {
    let daily = schedule("0 4 * * *", Missed::Latest);
    let look = judge(&daily, at("05:00"), None, at("06:00"), None, JUDGED_MAX);
    assert_eq!((look.ordinal_next, look.judged_until), (None, at("06:00")));
}

#[test]
fn ordinals_at_the_end_of_their_range_stay_in_it() {
    for (ordinal, groups) in [(i64::MAX, 3), (i64::MIN, 3), (-1, 2), (5, 0), (70_000, u16::MAX)] {
        let mut hourly = schedule("0 * * * *", Missed::Skip);
        hourly.schedule.groups = groups;
        let look = judge(&hourly, at("10:30"), Some(ordinal), at("11:00"), None, JUDGED_MAX);
        assert!(look.occurrences[0].group < groups.max(1));
    }
}

/// One look: how far the clock moved, in seconds, and which trigger fired, in
/// seconds from the clock.
type Look = (i64, Option<i64>);

fn looks() -> impl Strategy<Value = Vec<Look>> {
    let moved = prop_oneof![
        6 => 0..200_i64,
        2 => 200..100_000_i64,
        2 => -10_000..0_i64,
    ];
    let fired = proptest::option::of(prop_oneof![
        4 => -300..120_i64,
        1 => -200_000..200_000_i64,
    ]);
    vec((moved, fired), 1..60)
}

proptest! {
    #[test]
    fn every_nominal_time_is_judged_exactly_once_and_in_order(
        expression in proptest::sample::select(vec![
            "* * * * *", "*/5 * * * *", "0,30 * * * *", "0 * * * *", "0 4 * * *", "0 4 * * MON",
        ]),
        missed in prop_oneof![
            Just(Missed::Skip), Just(Missed::Latest), (0..60_u32).prop_map(Missed::All),
        ],
        groups in 1..5_u16,
        max in 1..40_usize,
        looks in looks(),
    ) {
        let mut one = schedule(expression, missed);
        one.schedule.groups = groups;
        let start = at("10:30:17");
        let (mut now, mut judged_until, mut ordinal) = (start, start, None);
        let mut all: Vec<Occurrence> = Vec::new();
        for (moved, fired) in looks {
            now += TimeDelta::seconds(moved);
            let fired = fired.map(|seconds| now + TimeDelta::seconds(seconds));
            let look = judge(&one, judged_until, ordinal, now, fired, max);
            prop_assert!(look.judged_until >= judged_until);
            prop_assert!(look.occurrences.len() <= max);
            prop_assert!(look.more || now < judged_until || look.judged_until >= now);
            let ahead = judged_until.max(now + TOLERANCE);
            prop_assert!(look.judged_until <= ahead, "never further ahead than is believed");
            prop_assert!(look.occurrences.iter().all(|o| o.nominal_at > judged_until));
            (judged_until, ordinal) = (look.judged_until, look.ordinal_next);
            all.extend(look.occurrences);
        }
        let nominals: Vec<_> = all.iter().map(|o| o.nominal_at).collect();
        prop_assert_eq!(&nominals, &due(&one.cron, start, judged_until).collect::<Vec<_>>());
        for pair in all.windows(2) {
            prop_assert_eq!(pair[0].ordinal + 1, pair[1].ordinal);
            prop_assert_eq!((pair[0].group + 1) % groups, pair[1].group);
        }
    }

    #[test]
    fn a_policy_runs_no_more_of_the_missed_than_it_says(
        limit in 0..20_u32,
        gap_minutes in 0..3_000_i64,
        max in 1..200_usize,
    ) {
        let one = schedule("*/5 * * * *", Missed::All(limit));
        let (start, now) = (at("10:01"), at("10:01") + TimeDelta::minutes(gap_minutes));
        let (mut judged_until, mut more, mut all) = (start, true, Vec::new());
        while more {
            let look = judge(&one, judged_until, Some(0), now, None, max);
            (judged_until, more) = (look.judged_until, look.more);
            all.extend(look.occurrences);
        }
        let newest = all.len().saturating_sub(limit as usize);
        for (place, occurrence) in all.iter().enumerate() {
            let expected = if now - occurrence.nominal_at <= TOLERANCE {
                Outcome::Ran
            } else if place >= newest {
                Outcome::Backfilled
            } else {
                Outcome::Missed
            };
            prop_assert_eq!(occurrence.outcome, expected, "{:?}", occurrence);
        }
    }
}

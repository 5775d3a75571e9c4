//! Expressions against another parser, backwards against forwards, and what
//! hostile text may cost.

use croner::parser::{CronParser, Seconds, Year};
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{REGISTRY, TICK_CRON, triggers};
use super::*;

/// The longest gap that an accepted expression may leave, in days.
const GAP_DAYS_MAX: i64 = 9 * 366;

/// One of each form, and mixtures of them.
const EXPRESSIONS: [&str; 33] = [
    "* * * * *",
    "*/5 * * * *",
    "*/15 * * * *",
    "0,30 * * * *",
    "7-52/9 * * * *",
    "0 * * * *",
    "59 23 * * *",
    "0 0 * * *",
    "0 9-17 * * *",
    "0 */7 * * *",
    "30 1,13 * * *",
    "0 3 1 * *",
    "0 3 31 * *",
    "0 3 29 2 *",
    "0 0 1 JAN *",
    "0 0 1 jan,Jul *",
    "0 0 1 */5 *",
    "0 0 10-20 MAR-MAY *",
    "0 0 */10 * *",
    "0 0 L * *",
    "0 0 LW * *",
    "0 0 1W * *",
    "0 0 15W * *",
    "0 4 * * MON",
    "0 4 * * 1",
    "0 4 * * 7",
    "0 4 * * MON-FRI",
    "0 4 * * 2-6/2",
    "0 4 * * sun,sat",
    "0 4 * * FRIL",
    "0 4 * * MON#1",
    "0 4 * * 6#5",
    "0 4 13 * FRI",
];

/// What the other parser refuses, or reads otherwise: `nW` beyond a month's end.
const OURS_ALONE: [&str; 4] = ["5/20 1 * * *", "0 0 L-3 * *", "0 0 30W * *", "0 0 31W * *"];

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn cron(text: &str) -> Cron {
    Cron::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn oracle(text: &str) -> croner::Cron {
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .alternative_weekdays(true)
        .build();
    parser.parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Walks `count` matches from `start`, forwards and back.
fn walk_agrees_with_the_oracle(text: &str, start: DateTime<Utc>, count: usize) {
    let (cron, oracle) = (cron(text), oracle(text));
    let mut time = start;
    for _ in 0..count {
        let next = cron.next_after(time).unwrap();
        assert_eq!(next, oracle.find_next_occurrence(&time, false).unwrap(), "{text} {time}");
        assert!(cron.contains(next), "{text} {next}");
        let before = next - TimeDelta::minutes(1);
        let expected = oracle.find_previous_occurrence(&before, true).unwrap();
        assert_eq!(cron.previous(before), Some(expected), "{text} {before}");
        time = next;
    }
}

/// Every match of the span is the next of the one before it; and of one in
/// `stride` it is tried that the way back leads to the same.
fn walk_is_its_own_inverse(cron: &Cron, start: DateTime<Utc>, end: DateTime<Utc>, stride: usize) {
    let mut time = cron.next_after(start).unwrap();
    for place in 0.. {
        if time >= end {
            break;
        }
        let next = cron.next_after(time).unwrap();
        assert!(next > time && next - time <= TimeDelta::days(GAP_DAYS_MAX), "{cron} {time}");
        if place % stride == 0 {
            let before = next - TimeDelta::seconds(1);
            assert_eq!(cron.previous(next), Some(next), "{cron} {next}");
            assert_eq!(cron.previous(before), Some(time), "{cron} {before}");
        }
        time = next;
    }
}

#[test]
fn another_parser_names_the_same_times() {
    for text in EXPRESSIONS {
        walk_agrees_with_the_oracle(text, at("2026-01-01T00:00:00Z"), 200);
    }
}

#[test]
fn registered_expressions_step_back_where_they_came_from_over_ten_years() {
    let (start, end) = (at("2024-01-01T00:00:00Z"), at("2034-01-01T00:00:00Z"));
    for text in triggers(&REGISTRY).into_iter().filter(|text| *text != TICK_CRON) {
        // A million matches: stepping back from one in seven still meets each
        // time of the day once a week, since a day's are no multiple of seven.
        let stride = if text.starts_with("*/") { 7 } else { 1 };
        walk_is_its_own_inverse(&cron(text), start, end, stride);
    }
    // The tick has no occurrences: a month of its minutes is enough.
    walk_is_its_own_inverse(&cron(TICK_CRON), start, start + TimeDelta::days(31), 1);
}

#[test]
fn every_form_steps_back_where_it_came_from_over_a_dropped_leap_day() {
    let all = EXPRESSIONS.iter().chain(&OURS_ALONE);
    for text in all.filter(|text| !text.ends_with("* * * *")) {
        let (start, end) = (at("2094-01-01T00:00:00Z"), at("2106-01-01T00:00:00Z"));
        walk_is_its_own_inverse(&cron(text), start, end, 1);
    }
}

#[test]
fn whole_minutes_alone_match_and_the_text_is_kept() {
    let daily = cron("0 4 * * MON");
    assert_eq!((daily.as_str(), daily.to_string().as_str()), ("0 4 * * MON", "0 4 * * MON"));
    #[rustfmt::skip]
    let rows = [
        // time,                  contains, previous,               next
        ("2026-02-16T04:00:00Z",     true,  "2026-02-16T04:00:00Z", "2026-02-23T04:00:00Z"),
        ("2026-02-16T04:00:00.001Z", false, "2026-02-16T04:00:00Z", "2026-02-23T04:00:00Z"),
        ("2026-02-16T04:00:30Z",     false, "2026-02-16T04:00:00Z", "2026-02-23T04:00:00Z"),
        ("2026-02-16T03:59:59.999Z", false, "2026-02-09T04:00:00Z", "2026-02-16T04:00:00Z"),
        ("1969-12-30T00:00:30Z",     false, "1969-12-29T04:00:00Z", "1970-01-05T04:00:00Z"),
    ];
    for (time, contains, previous, next) in rows {
        assert_eq!(daily.contains(at(time)), contains, "{time}");
        assert_eq!(daily.previous(at(time)), Some(at(previous)), "{time}");
        assert_eq!(daily.next_after(at(time)), Some(at(next)), "{time}");
    }
}

#[test]
fn the_ends_of_the_calendar_have_no_neighbour_and_do_not_panic() {
    for text in EXPRESSIONS.iter().chain(&OURS_ALONE) {
        let cron = cron(text);
        let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
        assert!(cron.next_after(last).is_none(), "{text}");
        assert!(cron.previous(first).is_none_or(|time| time == first), "{text}");
        assert!(cron.next_after(first).is_some() && cron.previous(last).is_some(), "{text}");
    }
}

#[test]
fn what_has_no_one_meaning_or_hardly_ever_matches_is_refused() {
    let long = format!("{}0 * * * *", "0,".repeat(46));
    let hostile = format!("{}0 * * * *", "0-59/1,".repeat(100_000));
    let deep = "L".repeat(CRON_BYTES_MAX);
    #[rustfmt::skip]
    let rows = [
        (long.as_str(),         Err(CronError::TooLong { found: 101 })),
        (&long[2..],            Ok(())),
        (hostile.as_str(),      Err(CronError::TooLong { found: 700_009 })),
        (deep.as_str(),         Err(CronError::Dialect)),
        ("",                    Err(CronError::Dialect)),
        ("* * * *",             Err(CronError::Dialect)),
        ("* * * * * *",         Err(CronError::Dialect)),
        (" * * * * *",          Err(CronError::Dialect)),
        ("* * * * *\n",         Err(CronError::Dialect)),
        ("@daily",              Err(CronError::Dialect)),
        ("0 0 ? * *",           Err(CronError::Dialect)),
        ("60 * * * *",          Err(CronError::Dialect)),
        ("0 24 * * *",          Err(CronError::Dialect)),
        ("0 0 0 * *",           Err(CronError::Dialect)),
        ("0 0 * * 0",           Err(CronError::WeekdayZero)),
        ("0 0 * * 8",           Err(CronError::Dialect)),
        ("0 0 * * MON#6",       Err(CronError::Dialect)),
        ("*/0 * * * *",         Err(CronError::Dialect)),
        ("0/256 * * * *",       Err(CronError::Dialect)),
        ("٣ * * * *",           Err(CronError::Dialect)),
        ("50-10 * * * *",       Err(CronError::Wraps)),
        ("0 22-2/2 * * *",      Err(CronError::Wraps)),
        ("0 0 30-2 * *",        Err(CronError::Wraps)),
        ("0 0 1 NOV-FEB *",     Err(CronError::Wraps)),
        ("0 0 * * FRI-MON",     Err(CronError::Wraps)),
        ("0 0 * * SAT-SUN",     Err(CronError::Wraps)),
        ("5,* * * * *",         Err(CronError::StarInList)),
        ("5,*-9 * * * *",       Err(CronError::StarInList)),
        ("5,*/20 * * * *",      Ok(())),
        ("5/20 * * * *",        Ok(())),
        ("0 0 L-3W * *",        Err(CronError::LastOffsetWeekday)),
        ("0 0 L-3 * *",         Ok(())),
        ("0 0 30 2 *",          Err(CronError::Never)),
        ("0 0 31 4,6,9,11 *",   Err(CronError::Never)),
        ("0 0 31W 2 *",         Err(CronError::Never)),
        ("0 0 L-30 2 *",        Err(CronError::Never)),
        ("0 0 30W 2 *",         Err(CronError::Never)),
        ("0 0 * 2 MON#5",       Err(CronError::Never)),
        ("0 0 31W 4 *",         Err(CronError::Never)),
        ("0 0 30 2 MON",        Ok(())),
        ("0 0 29 2 *",          Ok(())),
        ("0 0 * APR MON#5",     Ok(())),
    ];
    for (text, expected) in rows {
        assert_eq!(Cron::parse(text).map(|_| ()), expected, "{text:?}");
    }
}

#[test]
fn the_longest_gap_of_what_matches_every_day() {
    #[rustfmt::skip]
    let rows = [
        ("* * * * *",           Some(60)),
        ("*/15 * * * *",        Some(900)),
        ("7-52/9 * * * *",      Some(15 * 60)),
        ("0 * * * *",           Some(3_600)),
        ("0 */7 * * *",         Some(7 * 3_600)),
        ("0 9-17 * * *",        Some(16 * 3_600)),
        ("30 1,13 * * *",       Some(12 * 3_600)),
        ("59 23 * * *",         Some(86_400)),
        ("0 * 1-31 * *",        Some(3_600)),
        ("0 * 1-31 * MON",      Some(3_600)),
        ("0 * */2,2-30/2 * 1-7", Some(3_600)),
        ("0 * * 1-12 *",        Some(3_600)),
        ("* * 1-30 * *",        None),
        ("* * * 1-11 *",        None),
        ("* * * * 1-6",         None),
        ("* * 1-28 * MON-FRI",  None),
        ("0 0 29 2 *",          None),
    ];
    for (text, wanted) in rows {
        assert_eq!(cron(text).interval_max_secs(), wanted, "{text}");
    }
    for text in EXPRESSIONS.iter().chain(&OURS_ALONE) {
        let is_daily = text.ends_with(" * * *");
        assert_eq!(cron(text).interval_max_secs().is_some(), is_daily, "{text}");
    }
}

/// One item of a field: a value, a range or a range with a step.
fn item(least: u8, most: u8) -> impl Strategy<Value = String> {
    let range = (least..=most, least..=most).prop_map(|(a, b)| (a.min(b), a.max(b)));
    prop_oneof![
        (least..=most).prop_map(|value| value.to_string()),
        range.clone().prop_map(|(from, to)| format!("{from}-{to}")),
        (range, 1..=(most - least)).prop_map(|((from, to), step)| format!("{from}-{to}/{step}")),
    ]
}

fn field(least: u8, most: u8) -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just("*".to_owned()),
        1 => (1..=(most - least)).prop_map(|step| format!("*/{step}")),
        3 => vec(item(least, most), 1..4).prop_map(|items| items.join(",")),
    ]
}

fn days_of_month() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => field(1, 31),
        1 => prop_oneof![Just("L".to_owned()), Just("LW".to_owned())],
        1 => (1..=28_u8).prop_map(|day| format!("{day}W")),
    ]
}

fn weekdays() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => field(1, 7),
        1 => (1..=7_u8).prop_map(|day| format!("{day}L")),
        1 => (1..=7_u8, 1..=5_u8).prop_map(|(day, nth)| format!("{day}#{nth}")),
    ]
}

fn expressions() -> impl Strategy<Value = String> {
    (field(0, 59), field(0, 23), days_of_month(), field(1, 12), weekdays()).prop_map(
        |(minute, hour, day, month, weekday)| format!("{minute} {hour} {day} {month} {weekday}"),
    )
}

/// Expressions in which some bytes are others.
fn spoilt_expressions() -> impl Strategy<Value = String> {
    let bytes = proptest::sample::select(b"0123456789*/,-#LW ".to_vec());
    (expressions(), vec((any::<proptest::sample::Index>(), bytes), 1..4)).prop_map(
        |(expression, changes)| {
            let mut text = expression.into_bytes();
            for (place, byte) in changes {
                let place = place.index(text.len());
                text[place] = byte;
            }
            String::from_utf8(text).unwrap()
        },
    )
}

/// Some second of the years 1970 to 2128.
fn times() -> impl Strategy<Value = DateTime<Utc>> {
    (0..5_000_000_000_i64).prop_map(|second| DateTime::from_timestamp(second, 0).unwrap())
}

proptest! {
    #[test]
    fn random_expressions_name_the_other_parsers_times(text in expressions(), start in times()) {
        prop_assume!(!matches!(
            Cron::parse(&text),
            Err(CronError::Never | CronError::TooLong { .. })
        ));
        walk_agrees_with_the_oracle(&text, start, 5);
    }

    #[test]
    fn random_expressions_step_back_where_they_came_from(
        text in prop_oneof![
            4 => expressions(),
            1 => (1..=30_u8).prop_map(|offset| format!("0 0 L-{offset} * *")),
            1 => (29..=31_u8).prop_map(|day| format!("0 0 {day}W * *")),
        ],
        start in times(),
    ) {
        if let Ok(cron) = Cron::parse(&text) {
            let after_ten = (0..10).try_fold(start, |time, _| cron.next_after(time)).unwrap();
            walk_is_its_own_inverse(&cron, start, after_ten, 1);
        }
    }

    #[test]
    fn random_expressions_never_leave_more_than_their_longest_gap(
        text in (field(0, 59), field(0, 23), prop_oneof![3 => Just("* * *"), 1 => Just("* * 1-6")])
            .prop_map(|(minute, hour, days)| format!("{minute} {hour} {days}")),
        start in times(),
    ) {
        let Ok(cron) = Cron::parse(&text) else { return Ok(()) };
        let first = cron.next_after(start).unwrap();
        let (mut time, mut longest) = (first, TimeDelta::zero());
        // Eight days hold each gap between two days of a week.
        while time < first + TimeDelta::days(8) {
            let next = cron.next_after(time).unwrap();
            longest = longest.max(next - time);
            time = next;
        }
        match cron.interval_max_secs() {
            Some(secs) => prop_assert_eq!(longest, TimeDelta::seconds(i64::from(secs))),
            None => prop_assert!(longest > TimeDelta::days(1)),
        }
    }

    #[test]
    fn any_text_is_read_or_refused(
        text in prop_oneof![
            1 => "[0-9*/,#LWa-zA-Z -]{0,110}",
            4 => spoilt_expressions(),
        ],
        start in times(),
    ) {
        if let Ok(cron) = Cron::parse(&text) {
            prop_assert!(cron.next_after(start).unwrap() - start <= TimeDelta::days(GAP_DAYS_MAX));
        }
    }
}

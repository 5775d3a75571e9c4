//! Previews: what comes next, and every place where another cron differs.

use chrono::TimeDelta;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn of(expr: &str) -> Preview {
    preview(expr, at("2026-08-01T10:00:30Z"), PREVIEW_MAX)
        .unwrap_or_else(|error| panic!("{expr}: {error}"))
}

#[test]
fn the_next_times_are_the_schedules_own() {
    let found = preview("*/15 * * * *", at("2026-08-01T10:00:30Z"), 3).unwrap();
    assert_eq!(found.next.len(), 3);
    assert_eq!(found.next[0], at("2026-08-01T10:15:00Z"));
    assert_eq!(found.next[2], at("2026-08-01T10:45:00Z"));
    assert_eq!(found.warnings, []);
    for (count, length) in [(0, 0), (1, 1), (20, 20), (21, 20), (usize::MAX, 20)] {
        assert_eq!(
            preview("* * * * *", at("2026-08-01T10:00:00Z"), count).unwrap().next.len(),
            length
        );
    }
    // From a time it names, the one after it.
    assert_eq!(
        preview("0 10 * * *", at("2026-08-01T10:00:00Z"), 1).unwrap().next,
        [at("2026-08-02T10:00:00Z")]
    );
}

#[test]
fn places_where_another_cron_differs() {
    #[rustfmt::skip]
    let rows: [(&str, &[&str]); 22] = [
        ("0 9 * * MON-FRI",  &[]),
        ("0 9 * * sun,Sat",  &[]),
        ("0 9 1 JAN *",      &[]),
        ("0 9 */2 * *",      &[]),
        ("*/5 0-6/2 * * *",  &[]),
        ("0 9 * * MON-FRI/2",&[]),
        ("0 9 * * */2",      &[]),
        ("0 9 * * 1",        &["numeric_weekday"]),
        ("0 9 * * 1-5",      &["numeric_weekday"]),
        ("0 9 * * MON,7",    &["numeric_weekday"]),
        ("0 9 * * 2-6/2",    &["numeric_weekday"]),
        ("0 9 13 * FRI",     &["either_day"]),
        ("0 9 */2 * FRI",    &["either_day"]),
        ("0 9 1 * */2",      &["either_day"]),
        ("0 9 1 * 2",        &["numeric_weekday", "either_day"]),
        ("0 9 L * *",        &["last_day"]),
        ("0 9 LW * *",       &["last_day", "nearest_weekday"]),
        ("0 9 * * L",        &["last_day"]),
        ("0 9 * * 6L",       &["numeric_weekday", "last_day"]),
        ("0 9 15W * *",      &["nearest_weekday"]),
        ("0 9 * * MON#1",    &["nth_weekday"]),
        ("5/20 9 * * MON/2", &["open_step"]),
    ];
    for (expr, codes) in rows {
        let found: Vec<&str> = of(expr).warnings.iter().map(|warning| warning.code).collect();
        assert_eq!(found, codes, "{expr}");
    }
}

#[test]
fn numbers_are_named_as_they_are_read_here_and_elsewhere() {
    for (weekdays, here, elsewhere) in [
        ("1-5", "SUN-THU", "MON-FRI"),
        ("1", "SUN", "MON"),
        ("7", "SAT", "SUN"),
        ("01,07", "SUN,SAT", "MON,SUN"),
        ("2-6/2", "MON-FRI/2", "TUE-SAT/2"),
        ("6#5", "FRI#5", "SAT#5"),
        ("2L", "MONL", "TUEL"),
        ("MON,3", "MON,TUE", "MON,WED"),
    ] {
        let found = of(&format!("0 9 * * {weekdays}")).warnings;
        let message = &found[0].message;
        assert_eq!(named(weekdays, 1), here);
        assert!(message.contains(&format!("{weekdays} is {here}.")), "{message}");
        assert!(message.contains(&format!("it would be {elsewhere}.")), "{message}");
    }
}

/// What the warnings say is what the parser does.
#[test]
fn either_day_will_do() {
    let next = of("0 9 13 * FRI").next;
    assert!(next.contains(&at("2026-08-07T09:00:00Z")), "a Friday: {next:?}");
    assert!(next.contains(&at("2026-08-13T09:00:00Z")), "a Thursday, the 13th: {next:?}");
    let next = of("5/20 9 * * *").next;
    assert_eq!(next[0], at("2026-08-02T09:05:00Z"));
    assert_eq!(next[2], at("2026-08-02T09:45:00Z"));
    assert_eq!(of("0 9 * * L").next, of("0 9 * * SAT").next);
    assert_eq!(of("0 9 * * 1-5").next, of("0 9 * * SUN-THU").next);
}

#[test]
fn weekday_zero_is_refused_by_name() {
    for (expr, error) in [
        ("0 9 * * 0", CronError::WeekdayZero),
        ("0 9 * * 0-4", CronError::WeekdayZero),
        ("0 9 * * MON,00", CronError::WeekdayZero),
        ("0 9 * * 0#1", CronError::WeekdayZero),
        ("0 9 * * 8", CronError::Dialect),
        ("0 9 * * MON#0", CronError::Dialect),
        ("0 9 * * MON/0", CronError::Dialect),
        ("0 25 * * 0", CronError::Dialect),
        ("0 9 * * 0 2026", CronError::Dialect),
        ("0 9 * * ", CronError::Dialect),
    ] {
        assert_eq!(preview(expr, DateTime::UNIX_EPOCH, 1), Err(error), "{expr:?}");
    }
}

proptest! {
    #[test]
    fn any_expression_is_previewed_or_refused(
        fields in vec("[0-9*,/#LWA-Z-]{1,6}", 5),
        secs in 0..4_000_000_000_i64,
        count in 0..30_usize,
    ) {
        let from = DateTime::from_timestamp(secs, 0).unwrap();
        if let Ok(found) = preview(&fields.join(" "), from, count) {
            prop_assert_eq!(found.next.len(), count.min(PREVIEW_MAX));
            prop_assert!(found.next.iter().all(|next| *next > from));
            prop_assert!(found.next.windows(2).all(|two| two[1] - two[0] >= TimeDelta::minutes(1)));
        }
    }

    /// Named as the warning says, the weekdays are the same.
    #[test]
    fn names_stand_for_the_numbers(weekdays in "[1-7](-[1-7])?(/[1-6])?(,[1-7])?|[1-7](L|#[1-5])") {
        if let Ok(found) = preview(&format!("0 9 * * {weekdays}"), DateTime::UNIX_EPOCH, 20) {
            let same = preview(&format!("0 9 * * {}", named(&weekdays, 1)), DateTime::UNIX_EPOCH, 20);
            prop_assert_eq!(Ok(found.next), same.map(|same| same.next), "{}", weekdays);
        }
    }
}

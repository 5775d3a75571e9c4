//! The table row by row, the laws of a counter, and its form where it is stored.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::counter::{BLOCK_MAX, KEY_KEPT, KEYS_MAX};
use super::name::{DOMAIN_CHARS_MAX, DomainNameError};
use super::schedule::{DAY_MAX, EMAILS_MAX, STEPS_MAX};
use super::*;
use crate::ids::OrganizationId;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn steps(rows: &[(u32, u32)]) -> Vec<Step> {
    rows.iter().map(|(day, max_emails)| Step { day: *day, max_emails: *max_emails }).collect()
}

fn block(emails: u32) -> Block {
    Block::new(emails).unwrap()
}

#[test]
fn limits_are_those_of_the_table_and_of_the_lines_between() {
    let table = Schedule::default();
    for (day, limit) in [
        (i64::MIN, Some(0)),
        (-1, Some(0)),
        (0, Some(0)),
        (1, Some(50)),
        (2, Some(100)),
        (3, Some(250)),
        (4, Some(500)),
        (5, Some(1_000)),
        (6, Some(1_750)),
        (7, Some(2_500)),
        (8, Some(3_333)),
        (9, Some(4_166)),
        (10, Some(5_000)),
        (11, Some(6_250)),
        (14, Some(10_000)),
        (15, Some(12_142)),
        (21, Some(25_000)),
        (22, Some(27_777)),
        (29, Some(47_222)),
        (30, Some(50_000)),
        (31, None),
        (i64::MAX, None),
    ] {
        assert_eq!(table.limit(day), limit, "day {day}");
    }
    assert_eq!(table.last_day(), 30);
    assert_eq!(i64::from(table.last_day()), WARMING.num_days());
}

#[test]
fn a_schedule_of_ones_own_has_its_own_ends() {
    let own = Schedule::new(steps(&[(3, 10), (5, 21)])).unwrap();
    let limits = [2, 3, 4, 5, 6].map(|day| own.limit(day));
    assert_eq!(limits, [Some(0), Some(10), Some(15), Some(21), None]);
    let progress = [-7, 0, 1, 4, 5, 6].map(|day| own.progress_percent(day));
    assert_eq!(progress, [0, 0, 20, 80, 100, 100]);
    assert_eq!(Schedule::new(own.steps().to_vec()), Ok(own));
}

#[test]
fn a_schedule_rises_within_its_bounds() {
    let most: Vec<_> = (1..=101).map(|n| (n, n)).collect();
    for (rows, error) in [
        (vec![], ScheduleError::Steps { found: 0 }),
        (most.clone(), ScheduleError::Steps { found: STEPS_MAX + 1 }),
        (vec![(0, 1)], ScheduleError::Bounds { index: 0 }),
        (vec![(1, 0)], ScheduleError::Bounds { index: 0 }),
        (vec![(1, 1), (DAY_MAX + 1, 2)], ScheduleError::Bounds { index: 1 }),
        (vec![(1, EMAILS_MAX + 1)], ScheduleError::Bounds { index: 0 }),
        (vec![(1, 1), (1, 2)], ScheduleError::NotRising { index: 1 }),
        (vec![(2, 1), (1, 2)], ScheduleError::NotRising { index: 1 }),
        (vec![(1, 2), (2, 2)], ScheduleError::NotRising { index: 1 }),
    ] {
        assert_eq!(Schedule::new(steps(&rows)), Err(error), "{rows:?}");
    }
    assert!(Schedule::new(steps(&most[..STEPS_MAX])).is_ok());
    assert!(Schedule::new(steps(&[(1, 1), (DAY_MAX, EMAILS_MAX)])).is_ok());
}

#[test]
fn days_are_counted_from_the_creation() {
    let created = time("2026-03-01T12:00:00Z");
    for (after, expected) in [
        (TimeDelta::days(-1), -1),
        (TimeDelta::seconds(-1), 0),
        (TimeDelta::zero(), 1),
        (TimeDelta::microseconds(1), 1),
        (TimeDelta::days(1), 1),
        (TimeDelta::days(1) + TimeDelta::microseconds(1), 2),
        (TimeDelta::days(30), 30),
        (TimeDelta::days(30) + TimeDelta::seconds(1), 31),
    ] {
        assert_eq!(day_of(created, created + after), expected, "{after}");
    }
}

#[test]
fn names_of_domains_are_those_of_dns() {
    let long = format!("{}.com", "a".repeat(63));
    let longest = format!("{}{}", "a.".repeat(126), "a");
    for (text, expected) in [
        ("example.com", Ok("example.com")),
        ("Mail.EXAMPLE.com", Ok("mail.example.com")),
        ("xn--bcher-kva.example", Ok("xn--bcher-kva.example")),
        ("1.2", Ok("1.2")),
        (long.as_str(), Ok(long.as_str())),
        (longest.as_str(), Ok(longest.as_str())),
        ("", Err(DomainNameError::Length)),
        ("localhost", Err(DomainNameError::Single)),
        ("example.com.", Err(DomainNameError::Part)),
        (".example.com", Err(DomainNameError::Part)),
        ("a..b", Err(DomainNameError::Part)),
        ("-a.b", Err(DomainNameError::Part)),
        ("a-.b", Err(DomainNameError::Part)),
        ("a_b.c", Err(DomainNameError::Part)),
        ("a b.c", Err(DomainNameError::Part)),
        ("bücher.example", Err(DomainNameError::Part)),
        ("a/b.c", Err(DomainNameError::Part)),
    ] {
        let parsed = DomainName::parse(text);
        assert_eq!(parsed.as_ref().map(DomainName::as_str), expected.as_ref().copied(), "{text:?}");
    }
    assert_eq!(longest.len(), DOMAIN_CHARS_MAX);
    assert_eq!(DomainName::parse(&format!("{longest}b")), Err(DomainNameError::Length));
    assert_eq!(DomainName::parse(&format!("a{long}")), Err(DomainNameError::Part));
}

#[test]
fn a_counter_has_a_place_of_its_own() {
    let organization = OrganizationId::parse("org_123").unwrap();
    let domain = DomainName::parse("Example.com").unwrap();
    assert_eq!(counter_place(&organization, &domain), "warmup/daily/org_123/example.com");
}

#[test]
fn a_block_is_of_1_to_100000_emails() {
    assert_eq!(
        [0, 1, BLOCK_MAX, BLOCK_MAX + 1].map(|n| Block::new(n).is_some()),
        [false, true, true, false]
    );
}

fn granted(reserved: Reserved) -> (u32, Counter) {
    match reserved {
        Reserved::Granted { emails, counter } => (emails, counter),
        other => panic!("{other:?}"),
    }
}

/// Noon of a day.
fn noon(day: NaiveDate) -> DateTime<Utc> {
    day.and_hms_opt(12, 0, 0).unwrap().and_utc()
}

#[test]
fn what_is_left_is_granted_and_then_nothing_until_midnight() {
    let (today, limit) = (day("2026-03-01"), Some(50));
    let now = noon(today);
    let (first, counter) = granted(Counter::new(today).reserve(now, limit, block(30), None));
    let (second, counter) = granted(counter.reserve(now, limit, block(30), None));
    assert_eq!((first, second, counter.count(today)), (30, 20, 50));
    let midnight = Reserved::Exhausted { retry_at: time("2026-03-02T00:00:00Z") };
    assert_eq!(counter.clone().reserve(now, limit, block(1), None), midnight);
    // A limit that was lowered meanwhile takes nothing back.
    assert_eq!(counter.clone().reserve(now, Some(10), block(1), None), midnight);
    let tomorrow = day("2026-03-02");
    assert_eq!(counter.count(tomorrow), 0);
    let (third, next) = granted(counter.clone().reserve(noon(tomorrow), limit, block(60), None));
    assert_eq!((third, next.count(tomorrow)), (50, 50));
    // Whose clock is behind counts on the day that the counter has come to.
    let late = next.reserve(now, limit, block(1), None);
    assert_eq!(late, Reserved::Exhausted { retry_at: time("2026-03-03T00:00:00Z") });
    let (all, counter) = granted(counter.reserve(now, None, block(BLOCK_MAX), None));
    assert_eq!((all, counter.count(today)), (BLOCK_MAX, 50 + u64::from(BLOCK_MAX)));
    let nothing = Counter::new(today).reserve(now, Some(0), block(1), None);
    assert_eq!(nothing, midnight);
}

#[test]
fn a_key_gets_its_first_grant_again_for_a_day() {
    let (now, limit) = (time("2026-03-01T23:00:00Z"), Some(50));
    let counter = Counter::new(now.date_naive());
    let (_, counter) = granted(counter.reserve(now, limit, block(60), Some("k")));
    let nearly = now + KEY_KEPT - TimeDelta::microseconds(1);
    for at in [now - TimeDelta::hours(1), now, now + TimeDelta::hours(2), nearly] {
        let again = counter.clone().reserve(at, limit, block(60), Some("k"));
        assert_eq!(again, Reserved::Repeated { emails: 50 }, "{at}");
        let other = counter.clone().reserve(at, limit, block(50), Some("k"));
        assert_eq!(other, Reserved::KeyConflict, "{at}");
    }
    // After that it asks anew: for as many, or for others.
    for emails in [60, 7] {
        let later = counter.clone().reserve(now + KEY_KEPT, limit, block(emails), Some("k"));
        assert_eq!(granted(later).0, emails.min(50));
    }
    // A request that was granted nothing has left no trace.
    let refused = counter.clone().reserve(now, limit, block(1), Some("other"));
    assert!(matches!(refused, Reserved::Exhausted { .. }));
    let tomorrow = now + TimeDelta::hours(2);
    let later = counter.clone().reserve(tomorrow, limit, block(7), Some("other"));
    assert_eq!(granted(later).0, 7);
    let reset = counter.reset(tomorrow.date_naive()).unwrap();
    let again = reset.reserve(tomorrow, limit, block(60), Some("k"));
    assert_eq!(again, Reserved::Repeated { emails: 50 });
}

#[test]
fn the_last_64_keys_are_remembered() {
    let now = time("2026-03-01T12:00:00Z");
    let mut counter = Counter::new(now.date_naive());
    for n in 0..=KEYS_MAX {
        counter = granted(counter.reserve(now, None, block(1), Some(&n.to_string()))).1;
    }
    let of = |n: usize| counter.clone().reserve(now, None, block(1), Some(&n.to_string()));
    assert!(matches!(of(0), Reserved::Granted { .. }), "the oldest is forgotten");
    assert!((1..=KEYS_MAX).all(|n| of(n) == Reserved::Repeated { emails: 1 }));
}

#[test]
fn a_reset_is_made_over_an_earlier_day_alone() {
    let [before, today, after] = ["2026-03-01", "2026-03-02", "2026-03-03"].map(day);
    let counter = granted(Counter::new(today).reserve(noon(today), None, block(9), None)).1;
    assert_eq!(counter.clone().reset(before), None);
    assert_eq!(counter.clone().reset(today), None);
    assert_eq!(counter.reset(after), Some(Counter::new(after)));
}

/// What is stored is read by the builds after this one: a change orphans it.
#[test]
fn a_counter_is_stored_in_this_form() {
    let today = day("2026-11-30");
    assert_eq!(Counter::new(today).to_json(), r#"{"day":"2026-11-30","count":0,"keys":[]}"#);
    let now = noon(today);
    let counter = granted(Counter::new(today).reserve(now, Some(50), block(60), Some("k"))).1;
    let stored = json!({"day": "2026-11-30", "count": 50, "keys": [
        {"key": "k", "asked": 60, "granted": 50, "at": "2026-11-30T12:00:00Z"}]});
    assert_eq!(serde_json::from_str::<Value>(&counter.to_json()).unwrap(), stored);
    assert_eq!(Counter::from_json(&stored.to_string()), Some(counter));
    // The build before keeps no time: its keys count as they did.
    let before = r#"{"day":"2026-11-30","count":50,"keys":[{"key":"k","asked":60,"granted":50}]}"#;
    let read = Counter::from_json(before).unwrap();
    assert_eq!(read.to_json(), before);
    let again = read.reserve(now + TimeDelta::days(9), Some(99), block(60), Some("k"));
    assert_eq!(again, Reserved::Repeated { emails: 50 });
    let bare = r#"{"day":"2026-11-30","count":0,"later":true}"#;
    assert_eq!(Counter::from_json(bare), Some(Counter::new(today)));
    for none in ["", "{}", "[]", r#"{"day":"2026-11-30","count":-1}"#, r#"{"day":"x","count":1}"#] {
        assert_eq!(Counter::from_json(none), None, "{none}");
    }
}

/// A request: whose clock says so many hours, how much, and under which key if any.
fn request() -> impl Strategy<Value = (i64, u32, Option<u8>)> {
    (0..96_i64, 1..200_u32, prop::option::of(0..40_u8))
}

proptest! {
    #[test]
    fn limits_never_fall(days in (-40..400_i64, 0..400_i64)) {
        let table = Schedule::default();
        let unlimited = |limit: Option<u64>| limit.unwrap_or(u64::MAX);
        prop_assert!(
            unlimited(table.limit(days.0)) <= unlimited(table.limit(days.0 + days.1))
        );
    }

    /// Whatever the order of clocks and requests: no day is granted more than its
    /// limit, a key is answered the same, and the day never goes back.
    #[test]
    fn a_counter_never_passes_its_limit(
        requests in vec(request(), 1..120),
        limit in 0..1_000_u64,
    ) {
        let first = day("2026-03-01");
        let mut counter = Counter::new(first);
        let mut told = std::collections::BTreeMap::new();
        for (hours, emails, key) in requests {
            let now = noon(first) + TimeDelta::hours(hours);
            let today = now.date_naive();
            let key = key.map(|key| key.to_string());
            let before = counter.clone();
            match counter.clone().reserve(now, Some(limit), block(emails), key.as_deref()) {
                Reserved::Granted { emails: granted, counter: next } => {
                    prop_assert!(granted >= 1 && granted <= emails);
                    prop_assert!(next.count(first) <= limit);
                    let state = |counter: &Counter| (counter.day(), counter.count(first));
                    prop_assert!(state(&next) > state(&before));
                    prop_assert_eq!(next.day(), before.day().max(today));
                    let before = key.and_then(|key| told.insert(key, (emails, granted, now)));
                    prop_assert!(before.is_none_or(|(.., at)| now - at >= KEY_KEPT));
                    counter = next;
                }
                Reserved::Repeated { emails: granted } => {
                    let first = told.get(&key.unwrap()).map(|told| (told.0, told.1));
                    prop_assert_eq!(first, Some((emails, granted)));
                }
                Reserved::KeyConflict => {
                    prop_assert!(told.get(&key.unwrap()).is_some_and(|(asked, ..)| *asked != emails));
                }
                Reserved::Exhausted { retry_at } => {
                    prop_assert!(before.count(today) >= limit);
                    prop_assert_eq!(retry_at.date_naive(), before.day().max(today) + TimeDelta::days(1));
                }
            }
            let read = Counter::from_json(&counter.to_json());
            prop_assert_eq!(read.as_ref(), Some(&counter));
        }
    }
}

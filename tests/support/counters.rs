//! The contract of the counters, on whatever keeps them: the double, and R2 in
//! workerd behind the HTTP worker's routes.

use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{NaiveDate, TimeDelta};
use serde_json::{Value, json};

/// What a caller is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// So many.
    Granted(u32),
    /// Nothing is left of this day.
    Exhausted(NaiveDate),
    /// The key stands for another number.
    KeyConflict,
    /// What is stored is no counter.
    Unreadable,
    /// To come back: others were faster, or it is not known whether it was done.
    ComeBack,
}

/// Counters, and a domain for each.
pub trait Subject: Sync {
    /// Makes a verified domain on its first day: 50 e-mails.
    fn make(&self, domain: &str);
    /// The day that its clock says.
    fn today(&self) -> NaiveDate;
    /// Asks for e-mails.
    fn reserve(&self, domain: &str, emails: u32, key: Option<&str>) -> Said;
    /// What is granted of today; none where that cannot be read.
    fn count(&self, domain: &str) -> Option<u64>;
    /// Puts a counter there by hand.
    fn store(&self, domain: &str, body: &str);
    /// What is there.
    fn stored(&self, domain: &str) -> Option<String>;
}

/// All of it. Every domain's name is its own, so that it may be run again.
pub fn all(subject: &impl Subject) {
    the_first_grant_makes_the_counter(subject);
    a_later_one_replaces_it(subject);
    an_earlier_day_reads_as_zero(subject);
    a_later_day_is_kept(subject);
    a_key_is_answered_the_same(subject);
    what_is_no_counter_is_left_alone(subject);
    callers_at_once_are_granted_all_and_no_more(subject);
}

fn value(subject: &impl Subject, domain: &str) -> Option<Value> {
    subject.stored(domain).map(|body| serde_json::from_str(&body).expect("JSON"))
}

fn counter(day: NaiveDate, count: u64) -> Value {
    json!({"day": day, "count": count, "keys": []})
}

fn the_first_grant_makes_the_counter(subject: &impl Subject) {
    let domain = "first.example";
    subject.make(domain);
    assert_eq!((subject.stored(domain), subject.count(domain)), (None, Some(0)));
    assert_eq!(subject.reserve(domain, 7, None), Said::Granted(7));
    assert_eq!(value(subject, domain), Some(counter(subject.today(), 7)));
    assert_eq!(subject.count(domain), Some(7));
}

fn a_later_one_replaces_it(subject: &impl Subject) {
    let (domain, today) = ("later.example", subject.today());
    subject.make(domain);
    subject.store(domain, &counter(today, 30).to_string());
    assert_eq!(subject.reserve(domain, 15, None), Said::Granted(15));
    assert_eq!(subject.reserve(domain, 15, None), Said::Granted(5), "what is left");
    assert_eq!(value(subject, domain), Some(counter(today, 50)));
    assert_eq!(subject.reserve(domain, 1, None), Said::Exhausted(today));
    assert_eq!(value(subject, domain), Some(counter(today, 50)), "a refusal writes nothing");
}

fn an_earlier_day_reads_as_zero(subject: &impl Subject) {
    let (domain, today) = ("earlier.example", subject.today());
    subject.make(domain);
    subject.store(domain, &counter(today - TimeDelta::days(1), 50).to_string());
    assert_eq!(subject.count(domain), Some(0));
    assert_eq!(subject.reserve(domain, 60, None), Said::Granted(50));
    assert_eq!(value(subject, domain), Some(counter(today, 50)));
}

fn a_later_day_is_kept(subject: &impl Subject) {
    let domain = "tomorrow.example";
    let tomorrow = subject.today() + TimeDelta::days(1);
    subject.make(domain);
    subject.store(domain, &counter(tomorrow, 49).to_string());
    assert_eq!(subject.count(domain), Some(49));
    assert_eq!(subject.reserve(domain, 2, None), Said::Granted(1));
    assert_eq!(value(subject, domain), Some(counter(tomorrow, 50)), "the day never goes back");
    assert_eq!(subject.reserve(domain, 1, None), Said::Exhausted(tomorrow));
}

fn a_key_is_answered_the_same(subject: &impl Subject) {
    let domain = "key.example";
    subject.make(domain);
    for _ in 0..3 {
        assert_eq!(subject.reserve(domain, 40, Some("k")), Said::Granted(40));
    }
    assert_eq!(subject.reserve(domain, 39, Some("k")), Said::KeyConflict);
    assert_eq!(subject.reserve(domain, 40, Some("l")), Said::Granted(10));
    assert_eq!(subject.reserve(domain, 40, Some("k")), Said::Granted(40));
    assert_eq!(subject.reserve(domain, 40, Some("l")), Said::Granted(10));
    assert_eq!(subject.count(domain), Some(50));
}

fn what_is_no_counter_is_left_alone(subject: &impl Subject) {
    let domain = "unreadable.example";
    subject.make(domain);
    for body in ["", "{}", "7", r#"{"day":"yesterday","count":1}"#] {
        subject.store(domain, body);
        assert_eq!(subject.reserve(domain, 1, None), Said::Unreadable, "{body:?}");
        assert_eq!(subject.count(domain), None, "{body:?}");
        assert_eq!(subject.stored(domain).as_deref(), Some(body));
    }
}

fn callers_at_once_are_granted_all_and_no_more(subject: &impl Subject) {
    const CALLERS: u32 = 10;
    /// Ten callers of six e-mails each ask for 60 of 50.
    const EMAILS: u32 = 6;
    let domain = "many.example";
    subject.make(domain);
    let granted = AtomicU32::new(0);
    let ask = |n: u32| {
        loop {
            match subject.reserve(domain, EMAILS, Some(&format!("k{n}"))) {
                Said::Granted(emails) => {
                    granted.fetch_add(emails, Ordering::Relaxed);
                    return;
                }
                Said::Exhausted(_) => return,
                Said::ComeBack => {}
                other => panic!("{other:?}"),
            }
        }
    };
    let ask = &ask;
    std::thread::scope(|scope| {
        for n in 0..CALLERS {
            scope.spawn(move || ask(n));
        }
    });
    assert_eq!((granted.into_inner(), subject.count(domain)), (50, Some(50)));
}

//! Sessions: what is sealed is opened by the same secret for the same cookie in its time, and
//! by nothing else.

use chrono::TimeDelta;

use super::api::{COOKIE, TENANT, moment, secrets, session};
use crate::moment::Moment;
use crate::session::{SESSION_MAX, Secrets, Session};

#[test]
fn a_session_is_opened_as_it_was_sealed() {
    let sealed = session().seal(&secrets(), COOKIE, &moment());
    assert_eq!(Session::open(&sealed, &secrets(), COOKIE, &moment()), Some(session()));
    assert!(!sealed.contains(TENANT));
    assert!(sealed.len() < 1_024, "{} characters", sealed.len());
}

#[test]
fn nothing_else_is_opened() {
    let sealed = session().seal(&secrets(), COOKIE, &moment());
    let other = Secrets::parse("another secret, that is as long as it must be").unwrap();
    assert_eq!(Session::open(&sealed, &other, COOKIE, &moment()), None);
    assert_eq!(Session::open(&sealed, &secrets(), "mauntic-local", &moment()), None);
    for at in [0, 10, 40, sealed.len() - 1] {
        let mut altered = sealed.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        assert_eq!(Session::open(&altered, &secrets(), COOKIE, &moment()), None, "{at}");
    }
    for none in ["", "A", "!!!", &"A".repeat(60), &"A".repeat(5_000)] {
        assert_eq!(Session::open(none, &secrets(), COOKIE, &moment()), None);
    }
}

#[test]
fn a_session_ends() {
    let sealed = session().seal(&secrets(), COOKIE, &moment());
    let at = |after: TimeDelta| Moment { now: moment().now + after, ..moment() };
    let second = TimeDelta::seconds(1);
    assert!(Session::open(&sealed, &secrets(), COOKIE, &at(SESSION_MAX - second)).is_some());
    assert!(Session::open(&sealed, &secrets(), COOKIE, &at(SESSION_MAX)).is_none());
}

#[test]
fn another_key_makes_another_session() {
    let other = Moment { random: [8; 32], ..moment() };
    let holder = session().tenant.unwrap();
    let next = session().with(holder, &other);
    assert_ne!(next.id, session().id);
    assert!(next.operator.is_some());
}

#[test]
fn a_short_secret_is_none() {
    assert!(Secrets::parse(&"x".repeat(31)).is_err());
    assert!(Secrets::parse(&format!(" {} ", "x".repeat(31))).is_err());
    assert!(Secrets::parse(&"x".repeat(32)).is_ok());
}

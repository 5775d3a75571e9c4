//! The ledger's window and its lease.

use super::*;
use crate::jobs::types::LEASE_SECS_DEFAULT;

#[test]
fn a_window_is_1_to_168_hours() {
    for (asked, hours) in
        [(1, 1), (24, 24), (168, 168), (0, 1), (-7, 1), (169, 168), (i64::MAX, 168), (i64::MIN, 1)]
    {
        assert_eq!(Window::hours(asked).length(), TimeDelta::hours(hours), "{asked}");
    }
    assert_eq!(Window::hours(24), Window::DEFAULT);
}

#[test]
fn a_reservation_outlives_a_live_sender() {
    let call = TimeDelta::seconds(10);
    assert!(RESERVATION > TimeDelta::seconds(i64::from(LEASE_SECS_DEFAULT)) + call);
}

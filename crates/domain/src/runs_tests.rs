//! A run's status by its counts, as a table and as a law.

use proptest::prelude::*;

use super::*;

#[test]
fn counts_decide() {
    use RunStatus::*;
    // total, done, dead, cancelled
    for (counts, status) in [
        ((0, 0, 0, 0), Completed),
        ((1, 0, 0, 0), Running),
        ((1, 1, 0, 0), Completed),
        ((1, 0, 1, 0), Failed),
        ((1, 0, 0, 1), Cancelled),
        ((3, 1, 1, 0), Running),
        ((3, 0, 0, 2), Running),
        ((3, 3, 0, 0), Completed),
        ((3, 2, 1, 0), Partial),
        ((3, 0, 3, 0), Failed),
        ((3, 2, 0, 1), Cancelled),
        ((3, 0, 2, 1), Cancelled),
        ((3, 1, 1, 1), Cancelled),
        ((i32::MAX, i32::MAX - 1, 0, 0), Running),
        ((i32::MAX, i32::MAX - 1, 1, 0), Partial),
    ] {
        let (total, done, dead, cancelled) = counts;
        let found = RunCounts { total, done, dead, cancelled }.status();
        assert_eq!(found, status, "{counts:?}");
    }
}

#[test]
fn statuses_have_names() {
    for status in RunStatus::ALL {
        assert_eq!(RunStatus::from_name(status.as_str()), Some(status));
    }
    assert_eq!(RunStatus::from_name("stalled"), None);
}

proptest! {
    #[test]
    fn a_run_is_final_exactly_when_its_counts_add_up(
        done in 0..5_i32, dead in 0..5_i32, cancelled in 0..5_i32, open in 0..5_i32,
    ) {
        let total = done + dead + cancelled + open;
        let status = RunCounts { total, done, dead, cancelled }.status();
        prop_assert_eq!(status == RunStatus::Running, open > 0);
        if open == 0 {
            prop_assert_eq!(status == RunStatus::Cancelled, cancelled > 0);
            prop_assert_eq!(status == RunStatus::Completed, done == total);
        }
    }
}

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

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + secs, 0).unwrap()
}

#[test]
fn an_estimate_is_the_pace_so_far() {
    let of = |seconds, of_jobs, in_seconds| Some(Estimate { seconds, of_jobs, in_seconds });
    // total, done, dead, cancelled; progressed at, stalled, now; the estimate
    for (counts, (progressed, stalled, now), expected) in [
        ((11, 6, 0, 0), (100, false, 100), of(100, 5, 100)),
        // No progress for a while: it takes longer.
        ((11, 6, 0, 0), (100, false, 200), of(200, 5, 200)),
        // Dead and cancelled jobs are finished as well.
        ((11, 2, 3, 1), (100, false, 100), of(100, 5, 100)),
        // Rounded up.
        ((12, 6, 0, 0), (1, false, 1), of(2, 5, 1)),
        // A clock that has not moved.
        ((11, 6, 0, 0), (0, false, 0), of(1, 5, 1)),
        // The count was moved after now was read.
        ((11, 6, 0, 0), (100, false, 90), of(100, 5, 100)),
        ((i32::MAX, 2, 0, 0), (0, false, 86_400), of(86_400 * 2_147_483_645, 1, 86_400)),
        // Nothing, or the planner alone, is finished.
        ((11, 0, 0, 0), (0, false, 50), None),
        ((11, 1, 0, 0), (10, false, 50), None),
        ((1, 0, 0, 0), (0, false, 50), None),
        // Stalled or final.
        ((11, 6, 0, 0), (100, true, 2_000), None),
        ((11, 11, 0, 0), (100, false, 100), None),
        ((11, 10, 1, 0), (100, false, 100), None),
        ((0, 0, 0, 0), (0, false, 1), None),
    ] {
        let (total, done, dead, cancelled) = counts;
        let counts = RunCounts { total, done, dead, cancelled };
        let found = estimate(counts, at(0), at(progressed), stalled, at(now));
        assert_eq!(found, expected, "{counts:?} at {now}");
    }
}

proptest! {
    /// At an even pace the end comes when it was said, whenever it was asked.
    #[test]
    fn an_even_pace_ends_when_it_was_said(jobs in 2..5_000_i32, finished in 1..5_000_i32, pace in 1..50_i64) {
        prop_assume!(finished < jobs);
        let counts = RunCounts { total: jobs + 1, done: finished + 1, ..RunCounts::default() };
        let now = at(i64::from(finished) * pace);
        let found = estimate(counts, at(0), now, false, now).unwrap();
        prop_assert_eq!(found.seconds, i64::from(jobs - finished) * pace);
        prop_assert_eq!(found.of_jobs, finished);
        prop_assert_eq!(found.in_seconds, i64::from(finished) * pace);
        let later = estimate(counts, at(0), now, false, now + chrono::TimeDelta::hours(1)).unwrap();
        prop_assert!(later.seconds >= found.seconds);
    }
}

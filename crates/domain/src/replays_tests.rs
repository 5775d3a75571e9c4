//! What a replay does next: canaries first, never above the pace or the limit.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const WINDOW: TimeDelta = TimeDelta::seconds(60);

fn at(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_800_000_000_000 + millis).unwrap()
}

fn terms(limit: u32, canary: u32, per_second: u32) -> Terms {
    Terms { limit, canary, per_second }
}

fn release(cases: u32, start: i64, spacing: i64) -> Step {
    Step::Release { cases, start: at(start), spacing: TimeDelta::milliseconds(spacing) }
}

#[test]
fn statuses_have_names_and_ends() {
    for status in Status::ALL {
        assert_eq!(Status::from_name(status.as_str()), Some(status));
    }
    assert_eq!(Status::from_name("Canary"), None);
    let finals: Vec<_> =
        Status::ALL.into_iter().filter(|one| one.is_final()).map(Status::as_str).collect();
    assert_eq!(finals, ["completed", "stopped", "cancelled"]);
}

#[test]
fn the_next_step() {
    use Status::{Canary, Running};
    let failed = Canaries::Failed(Uuid::from_u128(9));
    let (none, waiting, completed) = (Canaries::None, Canaries::Waiting, Canaries::Completed);
    // terms; status, replayed, paced until, canaries; the step at 1,000 ms
    for (terms, (status, replayed, paced_until, canaries), expected) in [
        // Canaries, at the pace, and no more than the limit.
        (terms(100, 5, 10), (Canary, 0, 0, none), release(5, 1_000, 100)),
        (terms(3, 5, 10), (Canary, 0, 0, none), release(3, 1_000, 100)),
        (terms(2_000, 1_000, 1), (Canary, 0, 0, none), release(1_000, 1_000, 1_000)),
        (terms(100, 5, 10), (Canary, 5, 0, waiting), Step::Wait),
        (terms(100, 5, 10), (Canary, 5, 0, failed), Step::Stop(Uuid::from_u128(9))),
        (terms(100, 5, 10), (Canary, 5, 0, completed), release(95, 1_000, 100)),
        (terms(5, 5, 10), (Canary, 5, 0, completed), release(0, 1_000, 100)),
        // Without canaries the rest follows at once.
        (terms(100, 0, 10), (Canary, 0, 0, none), release(100, 1_000, 100)),
        // Once it runs, canaries are history.
        (terms(100, 5, 10), (Running, 5, 0, failed), release(95, 1_000, 100)),
        // As many as the window has room for, from the last one on.
        (terms(5_000, 0, 10), (Running, 0, 0, none), release(600, 1_000, 100)),
        (terms(5_000, 0, 10), (Running, 0, 31_000, none), release(300, 31_000, 100)),
        (terms(5_000, 0, 10), (Running, 0, 60_950, none), Step::Wait),
        (terms(5_000, 0, 10), (Running, 0, 90_000, none), Step::Wait),
        // A step has an end.
        (terms(5_000, 0, 1_000), (Running, 0, 0, none), release(2_000, 1_000, 1)),
        // The limit.
        (terms(5_000, 0, 10), (Running, 4_999, 0, none), release(1, 1_000, 100)),
        (terms(5_000, 0, 10), (Running, 5_000, 90_000, none), release(0, 90_000, 100)),
    ] {
        let progress = Progress { status, replayed, paced_until: at(paced_until), canaries };
        let found = step(terms, progress, at(1_000), WINDOW);
        assert_eq!(found, expected, "{terms:?} {progress:?}");
    }
}

#[test]
fn where_it_stands_after_a_release() {
    use Status::{Canary, Completed, Running};
    // terms; status, replayed, canaries; asked, found, replayed; the status then
    for (terms, (status, replayed, canaries), (asked, found, more), expected) in [
        (terms(9, 3, 1), (Canary, 0, Canaries::None), (3, 3, 3), Canary),
        (terms(9, 3, 1), (Canary, 0, Canaries::None), (3, 1, 1), Canary),
        (terms(3, 3, 1), (Canary, 0, Canaries::None), (3, 3, 3), Canary),
        // All were refused: the next are the canaries, if there are any.
        (terms(9, 3, 1), (Canary, 0, Canaries::None), (3, 3, 0), Canary),
        (terms(9, 3, 1), (Canary, 0, Canaries::None), (3, 2, 0), Completed),
        (terms(9, 3, 1), (Canary, 0, Canaries::None), (3, 0, 0), Completed),
        (terms(9, 3, 1), (Canary, 3, Canaries::Completed), (6, 6, 5), Running),
        (terms(9, 3, 1), (Canary, 3, Canaries::Completed), (6, 6, 6), Completed),
        (terms(9, 3, 1), (Canary, 3, Canaries::Completed), (6, 5, 5), Completed),
        (terms(3, 3, 1), (Canary, 3, Canaries::Completed), (0, 0, 0), Completed),
        (terms(9, 0, 1), (Canary, 0, Canaries::None), (4, 4, 4), Running),
        (terms(9, 0, 1), (Running, 4, Canaries::None), (4, 4, 4), Running),
        (terms(9, 0, 1), (Running, 8, Canaries::None), (1, 1, 1), Completed),
        (terms(9, 0, 1), (Running, 8, Canaries::None), (1, 0, 0), Completed),
    ] {
        let progress = Progress { status, replayed, paced_until: at(0), canaries };
        let stands = after_release(terms, progress, asked, found, more);
        assert_eq!(stands, expected, "{terms:?} {progress:?} {asked} {found} {more}");
    }
}

/// What happens before a step: the clock's jump in milliseconds, of ten cases so
/// many are refused, and what has become of the canaries.
type Turn = (i64, u32, u8);

/// A replay over `cases` open ones, played to its end or to the last turn.
struct Play {
    terms: Terms,
    progress: Progress,
    now: DateTime<Utc>,
    left: u32,
    canaries: u32,
    /// When each job becomes available, in the order of release.
    available: Vec<DateTime<Utc>>,
}

impl Play {
    fn turn(&mut self, (jump, refused, fate): Turn) {
        self.now += TimeDelta::milliseconds(jump);
        if self.canaries > 0 && self.progress.canaries != Canaries::Completed {
            self.progress.canaries = match fate {
                0 => Canaries::Failed(Uuid::nil()),
                1..=3 => Canaries::Waiting,
                _ => Canaries::Completed,
            };
        }
        match step(self.terms, self.progress, self.now, WINDOW) {
            Step::Wait => {}
            Step::Stop(_) => self.progress.status = Status::Stopped,
            Step::Release { cases, start, spacing } => {
                let found = cases.min(self.left);
                self.left -= found;
                let replayed = found - found * refused / 10;
                let status = after_release(self.terms, self.progress, cases, found, replayed);
                let jobs = i32::try_from(replayed).unwrap();
                self.available.extend((0..jobs).map(|place| start + spacing * place));
                if status == Status::Canary {
                    self.canaries += replayed;
                }
                self.progress.status = status;
                self.progress.replayed += replayed;
                if jobs > 0 {
                    self.progress.paced_until = start + spacing * jobs;
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn over_any_turns_it_keeps_the_limit_the_pace_and_its_canaries(
        (limit, canary, per_second) in (1..3_000_u32, 0..50_u32, 1..=PER_SECOND_MAX),
        cases in 0..4_000_u32,
        turns in vec((-90_000..90_000_i64, 0..=10_u32, 0..10_u8), 1..60),
    ) {
        let progress = Progress {
            status: Status::Canary, replayed: 0, paced_until: at(0), canaries: Canaries::None,
        };
        let mut play = Play {
            terms: terms(limit, canary, per_second),
            progress,
            now: at(0),
            left: cases,
            canaries: 0,
            available: Vec::new(),
        };
        for turn in turns {
            if play.progress.status.is_final() {
                break;
            }
            let before = play.available.len();
            play.turn(turn);
            prop_assert!(play.progress.replayed <= limit);
            prop_assert_eq!(play.available.len(), play.progress.replayed as usize);
            // Nothing but canaries before all of them are completed.
            if canary > 0 && play.progress.canaries != Canaries::Completed {
                prop_assert!(play.progress.replayed <= canary);
            }
            if play.progress.status == Status::Stopped {
                prop_assert!(play.progress.replayed <= canary.min(limit));
                prop_assert_eq!(play.available.len(), before);
            }
            if play.progress.status == Status::Completed {
                let is_all = play.left == 0 || play.progress.replayed == limit;
                prop_assert!(is_all, "{} left, {} replayed", play.left, play.progress.replayed);
            }
        }
        // No second holds more than the pace: of any so many and one in a row the
        // last is a second after the first.
        for some in play.available.windows(per_second as usize + 1) {
            prop_assert!(*some.last().unwrap() - some[0] >= TimeDelta::seconds(1));
        }
    }

    #[test]
    fn ticks_that_come_get_it_to_its_end(
        (limit, canary, per_second) in (1..3_000_u32, 0..50_u32, 1..=PER_SECOND_MAX),
        cases in 0..4_000_u32,
    ) {
        let progress = Progress {
            status: Status::Canary, replayed: 0, paced_until: at(0), canaries: Canaries::None,
        };
        let mut play = Play {
            terms: terms(limit, canary, per_second),
            progress,
            now: at(0),
            left: cases,
            canaries: 0,
            available: Vec::new(),
        };
        // At the slowest 60 a tick, for at most 3,000 and the canaries' own wait.
        for _ in 0..60 {
            if !play.progress.status.is_final() {
                play.turn((60_000, 0, 9));
            }
        }
        prop_assert_eq!(play.progress.status, Status::Completed);
        prop_assert_eq!(play.progress.replayed, limit.min(cases));
    }
}

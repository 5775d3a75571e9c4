//! How a night ended, by what came of its users.

use super::NightStatus;

/// A night's users, by what came of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// They have scores of it.
    pub scored: i64,
    /// There was nothing to score.
    pub skipped: i64,
    /// They could not be scored.
    pub failed: i64,
    /// Nothing came of them: their chunks' jobs are dead letters, or were cancelled.
    pub left: i64,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub const fn total(self) -> i64 {
        self.scored + self.skipped + self.failed + self.left
    }

    /// How a night with them ended. Whoever has nothing to score keeps nobody from
    /// being done; where everybody else failed, nobody was served.
    #[must_use]
    pub const fn status(self) -> NightStatus {
        match (self.failed + self.left, self.scored) {
            (0, _) => NightStatus::Completed,
            (_, 0) => NightStatus::Failed,
            _ => NightStatus::Partial,
        }
    }

    /// How a night with them ended that did not end itself: it is not completed, whoever
    /// was scored.
    #[must_use]
    pub const fn status_of_lost(self) -> NightStatus {
        if self.scored > 0 { NightStatus::Partial } else { NightStatus::Failed }
    }
}

#[cfg(test)]
mod tests {
    use super::NightStatus::{Completed, Failed, Partial};
    use super::*;

    #[test]
    fn a_night_ends_as_its_users_did() {
        for (scored, skipped, failed, left, status) in [
            (0, 0, 0, 0, Completed),
            (9, 0, 0, 0, Completed),
            (9, 1, 0, 0, Completed),
            (0, 9, 0, 0, Completed),
            (9, 0, 1, 0, Partial),
            (9, 0, 0, 1, Partial),
            (1, 7, 1, 1, Partial),
            (0, 0, 9, 0, Failed),
            (0, 0, 0, 9, Failed),
            (0, 3, 1, 0, Failed),
        ] {
            let counts = Counts { scored, skipped, failed, left };
            assert_eq!(counts.status(), status, "{counts:?}");
            assert_eq!(counts.total(), scored + skipped + failed + left);
            let lost = if scored > 0 { Partial } else { Failed };
            assert_eq!(counts.status_of_lost(), lost, "{counts:?}");
        }
    }
}

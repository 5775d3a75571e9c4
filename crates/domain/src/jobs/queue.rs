//! The queues that carry jobs, and the platform's limits on them.

use crate::contact_events;

/// Most messages of one consumer batch; the platform's own maximum.
pub const BATCH_MESSAGES_MAX: usize = 100;

/// Most messages in one send; the platform's own maximum.
pub const SEND_MESSAGES_MAX: usize = 100;

/// Most bytes of one send. The platform takes 256 KB with about 100 bytes of
/// its own a message: 100 × 100 B = 10 KB are kept back.
pub const SEND_BYTES_MAX: usize = 246_000;

/// Most bytes of one message body: half of the platform's 128 KB, so that a
/// message is billed as one operation of 64 KiB.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Longest time the platform keeps a message back, in seconds: a day, its own
/// maximum. A message that comes before its job is due is sent again later.
pub const DELAY_SECS_MAX: u32 = 86_400;

const _: () = assert!(SEND_BYTES_MAX + SEND_MESSAGES_MAX * 100 <= 256_000);
const _: () = assert!(BODY_BYTES_MAX < SEND_BYTES_MAX);

/// A queue that carries jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Queue {
    /// Scoring of contacts.
    ScoringEvents,
    /// Roll-ups and counters.
    AnalyticsJobs,
    /// Matches and scoreboards.
    ScoreboardJobs,
    /// Portfolios, overnight.
    OvernightJobs,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; 4] =
        [Self::ScoringEvents, Self::AnalyticsJobs, Self::ScoreboardJobs, Self::OvernightJobs];

    /// Name in production; other environments add a suffix.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ScoringEvents => "mauntic-scoring-events",
            Self::AnalyticsJobs => "mauntic-analytics-jobs",
            Self::ScoreboardJobs => "mauntic-scoreboard-jobs",
            Self::OvernightJobs => "mauntic-overnight-jobs",
        }
    }

    /// Name of the producer binding in both workers.
    #[must_use]
    pub const fn binding(self) -> &'static str {
        match self {
            Self::ScoringEvents => "SCORING_JOBS",
            Self::AnalyticsJobs => "ANALYTICS_JOBS",
            Self::ScoreboardJobs => "SCOREBOARD_JOBS",
            Self::OvernightJobs => "OVERNIGHT_JOBS",
        }
    }

    /// The queue of that production name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.name() == name)
    }
}

/// Where a consumer's batch comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A queue of jobs.
    Jobs(Queue),
    /// The dead-letter queue behind it.
    DeadLetters(Queue),
}

impl Origin {
    /// Reads a deployed queue's name: a production name, with an environment's
    /// suffix (`-staging`), `-dlq` or both (`-dlq-staging`, `-staging-dlq`).
    #[must_use]
    pub fn from_deployed_name(name: &str) -> Option<Self> {
        let (plain, dead) = production_name(name);
        let queue = Queue::from_name(&plain)?;
        Some(if dead { Self::DeadLetters(queue) } else { Self::Jobs(queue) })
    }

    /// The queue that the messages were first sent to.
    #[must_use]
    pub const fn queue(self) -> Queue {
        match self {
            Self::Jobs(queue) | Self::DeadLetters(queue) => queue,
        }
    }
}

/// What a consumed queue brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incoming {
    /// Jobs.
    Jobs(Origin),
    /// Contact events.
    ContactEvents {
        /// Whether they come from the dead-letter queue.
        dead: bool,
    },
}

impl Incoming {
    /// Reads a deployed queue's name, as [`Origin::from_deployed_name`] does.
    #[must_use]
    pub fn from_deployed_name(name: &str) -> Option<Self> {
        match production_name(name) {
            (plain, dead) if plain == contact_events::QUEUE_NAME => {
                Some(Self::ContactEvents { dead })
            }
            _ => Origin::from_deployed_name(name).map(Self::Jobs),
        }
    }
}

/// A queue's name without suffixes, and whether it is a dead-letter queue's.
fn production_name(name: &str) -> (String, bool) {
    let plain = name.strip_suffix("-staging").unwrap_or(name);
    match plain.strip_suffix("-dlq") {
        Some(origin) => (origin.strip_suffix("-staging").unwrap_or(origin).to_owned(), true),
        None => (plain.to_owned(), false),
    }
}

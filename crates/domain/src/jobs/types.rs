//! The types of job: one row each, with all that is known of a type without
//! its data.

use super::queue::Queue;

/// How long a claim holds a job unless its type says otherwise.
pub const LEASE_SECS_DEFAULT: u32 = 60;

/// What is known of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// The name in messages and rows, for ever.
    pub name: &'static str,
    /// The queue its messages travel on.
    pub queue: Queue,
    /// Failures after which a job is a dead letter.
    pub failures_max: i16,
    /// How long a claim holds a job, in seconds.
    pub lease_secs: u32,
    /// Version of the data's shape that this build writes, and the newest it reads.
    pub version: u16,
    /// Whether many jobs of this type share one effect transaction. A type
    /// that may take more than a second is done one job at a time.
    pub batched: bool,
    /// Whether its handler changes nothing but by its effect's transaction, so
    /// that a transaction that is rolled back shows what it would do.
    pub database_only: bool,
}

impl Spec {
    /// A type that is done one at a time.
    const fn new(name: &'static str, queue: Queue, failures_max: i16) -> Self {
        let lease_secs = LEASE_SECS_DEFAULT;
        Self {
            name,
            queue,
            failures_max,
            lease_secs,
            version: 1,
            batched: false,
            database_only: true,
        }
    }

    const fn batched(self) -> Self {
        Self { batched: true, ..self }
    }

    const fn version(self, version: u16) -> Self {
        Self { version, ..self }
    }

    /// Its handler calls outside.
    const fn outside(self) -> Self {
        Self { database_only: false, ..self }
    }
}

macro_rules! job_types {
    ($($(#[$doc:meta])* $variant:ident => $spec:expr,)*) => {
        /// A type of job; its name is the message's `type` for ever.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum JobType {
            $($(#[$doc])* $variant,)*
        }

        impl JobType {
            /// Every registered type.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// What is known of it.
            #[must_use]
            pub const fn spec(self) -> Spec {
                match self {
                    $(Self::$variant => $spec,)*
                }
            }
        }
    };
}

use Queue::{AnalyticsJobs, OvernightJobs, ScoreboardJobs, ScoringEvents};

job_types! {
    /// Scores one contact.
    CalculateScore => Spec::new("scoring.CalculateScore", ScoringEvents, 3).batched(),
    /// Plans the scoring of every contact, of one organization or of all.
    BatchRecompute => Spec::new("scoring.BatchRecompute", ScoringEvents, 3),
    /// Scores the contacts of a list or range.
    RecomputeChunk => Spec::new("scoring.RecomputeChunk", ScoringEvents, 3).version(3),
    /// Archives decayed signals.
    SignalDecay => Spec::new("scoring.SignalDecay", ScoringEvents, 3),
    /// Expires overdue alerts.
    AlertExpiry => Spec::new("scoring.AlertExpiry", ScoringEvents, 3),
    /// Tells a webhook of an alert.
    NotifyAlert => Spec::new("scoring.NotifyAlert", ScoringEvents, 3).outside(),
    /// Does nothing: shows that its queue, a worker and the database work.
    ScoringProbe => Spec::new("scoring.Probe", ScoringEvents, 3).batched(),
    /// Counts an hour's activity.
    AggregateHourly => Spec::new("analytics.aggregate-hourly", AnalyticsJobs, 5).version(2),
    /// Counts a day's campaigns.
    GenerateDailyReports => Spec::new("analytics.generate-daily-reports", AnalyticsJobs, 5).version(2),
    /// Counts a month's usage.
    MonthlyUsageSummary => Spec::new("analytics.monthly-usage-summary", AnalyticsJobs, 5).version(2),
    /// Spreads a day's scores over a histogram.
    ScoreDistribution => Spec::new("analytics.score-distribution", AnalyticsJobs, 5).version(2),
    /// Counts a day's enrichment jobs.
    EnrichmentMetrics => Spec::new("analytics.enrichment-metrics", AnalyticsJobs, 5).version(2),
    /// Begins a day of warm-up counters.
    WarmupDailyReset => Spec::new("analytics.warmup-daily-reset", AnalyticsJobs, 5).outside(),
    /// Does nothing: shows that its queue, a worker and the database work.
    AnalyticsProbe => Spec::new("analytics.probe", AnalyticsJobs, 5).batched(),
    /// Picks matches that may have ended.
    ScheduleVerification => Spec::new("scoreboard.schedule-verification", ScoreboardJobs, 5),
    /// Asks whether a match has ended.
    VerifyMatch => Spec::new("scoreboard.verify-match", ScoreboardJobs, 3).outside(),
    /// Settles the guesses about a match.
    SettleMatchScore => Spec::new("scoreboard.settle-match-score", ScoreboardJobs, 5),
    /// Folds a scoreboard from its ledger.
    Rebuild => Spec::new("scoreboard.rebuild", ScoreboardJobs, 5),
    /// Looks whether scoreboards are what their ledgers make.
    CheckDrift => Spec::new("scoreboard.check-drift", ScoreboardJobs, 5),
    /// Looks after the knock-out rounds.
    CheckKnockout => Spec::new("scoreboard.check-knockout", ScoreboardJobs, 5).outside(),
    /// Does nothing: shows that its queue, a worker and the database work.
    ScoreboardProbe => Spec::new("scoreboard.probe", ScoreboardJobs, 5).batched(),
    /// A step of a night of portfolio scoring, before it scores.
    OvernightStart => Spec::new("overnight.start", OvernightJobs, 3).outside(),
    /// Scores a chunk of users.
    OvernightScoreUsers => Spec::new("overnight.score-users", OvernightJobs, 3),
    /// Ends a night.
    OvernightFinalize => Spec::new("overnight.finalize", OvernightJobs, 3),
    /// Stores users' latest scores where they are read fast.
    OvernightWarmCache => Spec::new("overnight.warm-cache", OvernightJobs, 3).outside(),
    /// Does nothing: shows that its queue, a worker and the database work.
    OvernightProbe => Spec::new("overnight.probe", OvernightJobs, 3).batched(),
}

impl JobType {
    /// The type of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|job_type| job_type.name() == name)
    }

    /// The name in messages and rows.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// The queue its messages travel on.
    #[must_use]
    pub const fn queue(self) -> Queue {
        self.spec().queue
    }

    /// The type of a queue that does nothing.
    #[must_use]
    pub const fn probe_of(queue: Queue) -> Self {
        match queue {
            ScoringEvents => Self::ScoringProbe,
            AnalyticsJobs => Self::AnalyticsProbe,
            ScoreboardJobs => Self::ScoreboardProbe,
            OvernightJobs => Self::OvernightProbe,
        }
    }

    /// The types of a queue.
    pub fn of_queue(queue: Queue) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |job_type| job_type.queue() == queue)
    }
}

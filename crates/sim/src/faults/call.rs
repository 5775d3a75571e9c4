//! The calls that faults are decided for, and what each is by its nature.

/// A call of a port; named as the port's method is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the ports document them")]
pub enum Call {
    Open,
    Claim,
    ClaimAlone,
    SetBack,
    HandBack,
    PutOff,
    Absolve,
    Release,
    Bury,
    Expire,
    Cancel,
    Replay,
    ScoreInputs,
    RangeInputs,
    PlanRanges,
    Organizations,
    OverdueAlerts,
    DecayedSignals,
    SettlementInputs,
    DueMatches,
    VerificationInputs,
    NoteVerification,
    ProvidedTournaments,
    KnockoutInputs,
    Night,
    NightRates,
    LatestRates,
    UnknownMarkets,
    DueSymbols,
    ChunkInputs,
    NightInTheWay,
    LostNights,
    EndLostNight,
    NightTotals,
    ChunkSnapshots,
    Commit,
    TakeDue,
    TakeHeldBack,
    MarkSent,
    TakeEvents,
    MarkEventsSent,
    Beat,
    AdvanceReplays,
    Retire,
    OpenRun,
    Run,
    CancelRun,
    Recount,
    Schedules,
    WriteJudged,
    Pause,
    Breaker,
    PutBreaker,
    TryRecord,
    PutFeatures,
    Enqueue,
    MarkOwnSent,
    Score,
    Leaderboard,
    TakeIn,
    KeepLetters,
    Config,
    SaveDraft,
    DiscardDraft,
    PublishConfig,
    ConfigSample,
    ContactView,
    History,
    Signals,
    Alerts,
    Acknowledge,
    PutDomain,
    Domain,
    Domains,
    WarmingDomains,
    PutPortfolio,
    PutCriteria,
    Portfolio,
    NewestScores,
    AssetScores,
    AssetHistory,
    Calculation,
    OwnNights,
    OwnNight,
    OwnNightUsers,
    UsersOfNight,
    Nights,
    Calculations,
    RetireEvents,
    Report,
    BoardPage,
    BoardAround,
    LeagueBoard,
    LedgerPage,
    Strays,
    SettledMatch,
    ComparePoints,
    CompareBoard,
    NextLeague,
    CompareLeague,
    CompareHistogram,
    Closed,
    Explain,
    OpenTournaments,
    Drifts,
    CloseTournament,
    BoardWindow,
    WriteTournament,
    Tournaments,
    Matches,
    JoinedAt,
    GuessesOf,
    Leagues,
    FindKey,
    Vitals,
    Warnings,
    QueueStats,
    NoteRefusal,
    Jobs,
    Job,
    HandIn,
    CronRows,
    Runs,
    RunView,
    Occurrences,
    EndRun,
    RetryRun,
    Cases,
    FirstCases,
    CaseGroups,
    Case,
    ReplayCase,
    Rehearse,
    Discard,
    OrderReplay,
    ReplayRow,
    EndReplay,
    Breakers,
    ResetBreaker,
    Audit,
    AuditChain,
    Settlements,
    Verifications,
    Send,
    Backlog,
    Publish,
    Outside,
    GetCounter,
    PutCounter,
    GetProjection,
    PutProjection,
}

impl Call {
    /// Whether it is a flight that ends in COMMIT, or tells what a repeat would
    /// not find again: without its answer nobody knows whether it was done.
    #[must_use]
    pub const fn ends_in_commit(self) -> bool {
        matches!(
            self,
            Self::Commit
                | Self::Bury
                | Self::OpenRun
                | Self::Recount
                | Self::WriteJudged
                | Self::TakeIn
                | Self::PutCounter
                | Self::PutProjection
        ) || matches!(self, Self::Expire | Self::Cancel | Self::Replay | Self::AdvanceReplays)
            || self.is_of_tenant()
            || self.is_of_operator()
    }

    /// Whether only operators do it, and it changes something.
    #[must_use]
    pub const fn is_of_operator(self) -> bool {
        matches!(
            self,
            Self::NoteRefusal
                | Self::HandIn
                | Self::EndRun
                | Self::RetryRun
                | Self::ReplayCase
                | Self::Discard
                | Self::OrderReplay
                | Self::EndReplay
                | Self::ResetBreaker
                | Self::CloseTournament
        )
    }

    /// Whether it asks for rows' locks, so that it can lose against others.
    #[must_use]
    pub const fn locks_rows(self) -> bool {
        self.is_of_session() && !self.only_reads()
    }

    /// Whether it leaves out rows that others have locked.
    #[must_use]
    pub const fn skips_locked(self) -> bool {
        matches!(
            self,
            Self::Claim
                | Self::ClaimAlone
                | Self::PutOff
                | Self::Absolve
                | Self::Release
                | Self::Bury
                | Self::Expire
                | Self::TakeDue
                | Self::TakeHeldBack
                | Self::MarkSent
                | Self::MarkOwnSent
                | Self::TakeEvents
                | Self::Recount
                | Self::AdvanceReplays
        )
    }

    /// Whether a session does it.
    #[must_use]
    pub const fn is_of_session(self) -> bool {
        !matches!(
            self,
            Self::Open
                | Self::Send
                | Self::Backlog
                | Self::Publish
                | Self::Outside
                | Self::GetCounter
                | Self::PutCounter
                | Self::GetProjection
                | Self::PutProjection
        )
    }

    const fn is_of_tenant(self) -> bool {
        matches!(
            self,
            Self::PutFeatures
                | Self::Enqueue
                | Self::MarkOwnSent
                | Self::Score
                | Self::Leaderboard
                | Self::SaveDraft
                | Self::DiscardDraft
                | Self::PublishConfig
                | Self::Acknowledge
                | Self::PutDomain
                | Self::PutPortfolio
                | Self::PutCriteria
                | Self::WriteTournament
        )
    }

    const fn only_reads(self) -> bool {
        matches!(
            self,
            Self::ScoreInputs
                | Self::SettlementInputs
                | Self::DueMatches
                | Self::VerificationInputs
                | Self::ProvidedTournaments
                | Self::KnockoutInputs
                | Self::Night
                | Self::NightRates
                | Self::LatestRates
                | Self::UnknownMarkets
                | Self::DueSymbols
                | Self::ChunkInputs
                | Self::NightInTheWay
                | Self::LostNights
                | Self::NightTotals
                | Self::ChunkSnapshots
                | Self::RangeInputs
                | Self::PlanRanges
                | Self::Organizations
                | Self::Run
                | Self::Schedules
                | Self::Breaker
                | Self::Score
                | Self::Leaderboard
                | Self::Config
                | Self::ConfigSample
                | Self::ContactView
                | Self::History
                | Self::Signals
                | Self::Alerts
                | Self::Domain
                | Self::Domains
                | Self::WarmingDomains
                | Self::Portfolio
                | Self::NewestScores
                | Self::AssetScores
                | Self::AssetHistory
                | Self::Calculation
                | Self::OwnNights
                | Self::OwnNight
                | Self::OwnNightUsers
                | Self::UsersOfNight
                | Self::Nights
                | Self::Calculations
                | Self::Report
                | Self::BoardPage
                | Self::BoardAround
                | Self::LeagueBoard
                | Self::BoardWindow
                | Self::Tournaments
                | Self::Matches
                | Self::JoinedAt
                | Self::GuessesOf
                | Self::Leagues
                | Self::FindKey
                | Self::Vitals
                | Self::Warnings
                | Self::QueueStats
        ) || self.shows_operators()
            || self.verifies()
    }

    const fn verifies(self) -> bool {
        matches!(
            self,
            Self::LedgerPage
                | Self::Strays
                | Self::SettledMatch
                | Self::ComparePoints
                | Self::CompareBoard
                | Self::NextLeague
                | Self::CompareLeague
                | Self::CompareHistogram
                | Self::Closed
                | Self::Explain
                | Self::OpenTournaments
                | Self::Drifts
        )
    }

    const fn shows_operators(self) -> bool {
        matches!(
            self,
            Self::Jobs
                | Self::Job
                | Self::CronRows
                | Self::Runs
                | Self::RunView
                | Self::Occurrences
                | Self::Cases
                | Self::FirstCases
                | Self::CaseGroups
                | Self::Case
                | Self::ReplayRow
                | Self::Breakers
                | Self::Audit
                | Self::AuditChain
                | Self::Settlements
                | Self::Verifications
        )
    }
}

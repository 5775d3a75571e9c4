//! The catalogue of refusals. A code is a contract: clients branch on it, so
//! it is never renamed.

use axum::http::StatusCode;

/// A kind of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Code {
    MalformedJson,
    BodyUnreadable,
    Unauthenticated,
    InsufficientScope,
    OrganizationKeyRequired,
    OperatorKeyRequired,
    RouteNotFound,
    ContactNotFound,
    ScoreNotReady,
    AlertNotFound,
    AlreadyAcknowledged,
    AlertExpired,
    TooManySignals,
    DomainNotFound,
    DomainNotVerified,
    WarmupLimitReached,
    MethodNotAllowed,
    BodyTooLarge,
    UnsupportedMediaType,
    ValidationFailed,
    IdempotencyConflict,
    ScheduleNotFound,
    RunNotFound,
    QueueNotFound,
    JobNotFound,
    CaseNotFound,
    ReplayNotFound,
    BreakerNotFound,
    TournamentNotFound,
    MemberNotFound,
    SettlementsPending,
    MatchNotFound,
    LeagueNotFound,
    PortfolioNotFound,
    AssetScoreNotFound,
    RunHeld,
    RunOver,
    ReplayOver,
    JobNotWaiting,
    NotDead,
    KeyTaken,
    TypeNotAvailable,
    NotDatabaseOnly,
    TournamentClosed,
    TournamentFull,
    RulesInUse,
    MatchBegun,
    GuessesClosed,
    MatchNotBegun,
    ResultsProvided,
    BoardTooLarge,
    NoDraft,
    PreconditionFailed,
    PreconditionRequired,
    BacklogFull,
    InternalError,
    DatabaseUnavailable,
    CountersUnavailable,
    RehearsalsUnavailable,
    Contention,
    CommitUnknown,
}

impl Code {
    /// Every kind.
    pub(crate) const ALL: [Self; 61] = [
        Self::MalformedJson,
        Self::BodyUnreadable,
        Self::Unauthenticated,
        Self::InsufficientScope,
        Self::OrganizationKeyRequired,
        Self::OperatorKeyRequired,
        Self::RouteNotFound,
        Self::ContactNotFound,
        Self::ScoreNotReady,
        Self::AlertNotFound,
        Self::AlreadyAcknowledged,
        Self::AlertExpired,
        Self::TooManySignals,
        Self::DomainNotFound,
        Self::DomainNotVerified,
        Self::WarmupLimitReached,
        Self::MethodNotAllowed,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::ValidationFailed,
        Self::IdempotencyConflict,
        Self::ScheduleNotFound,
        Self::RunNotFound,
        Self::QueueNotFound,
        Self::JobNotFound,
        Self::CaseNotFound,
        Self::ReplayNotFound,
        Self::BreakerNotFound,
        Self::TournamentNotFound,
        Self::MemberNotFound,
        Self::SettlementsPending,
        Self::MatchNotFound,
        Self::LeagueNotFound,
        Self::PortfolioNotFound,
        Self::AssetScoreNotFound,
        Self::RunHeld,
        Self::RunOver,
        Self::ReplayOver,
        Self::JobNotWaiting,
        Self::NotDead,
        Self::KeyTaken,
        Self::TypeNotAvailable,
        Self::NotDatabaseOnly,
        Self::TournamentClosed,
        Self::TournamentFull,
        Self::RulesInUse,
        Self::MatchBegun,
        Self::GuessesClosed,
        Self::MatchNotBegun,
        Self::ResultsProvided,
        Self::BoardTooLarge,
        Self::NoDraft,
        Self::PreconditionFailed,
        Self::PreconditionRequired,
        Self::BacklogFull,
        Self::InternalError,
        Self::DatabaseUnavailable,
        Self::CountersUnavailable,
        Self::RehearsalsUnavailable,
        Self::Contention,
        Self::CommitUnknown,
    ];

    /// Stable name.
    #[rustfmt::skip]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::MalformedJson           => "malformed_json",
            Self::BodyUnreadable          => "body_unreadable",
            Self::Unauthenticated         => "unauthenticated",
            Self::InsufficientScope       => "insufficient_scope",
            Self::OrganizationKeyRequired => "organization_key_required",
            Self::OperatorKeyRequired     => "operator_key_required",
            Self::RouteNotFound           => "route_not_found",
            Self::ContactNotFound         => "contact_not_found",
            Self::ScoreNotReady           => "score_not_ready",
            Self::AlertNotFound           => "alert_not_found",
            Self::AlreadyAcknowledged     => "already_acknowledged",
            Self::AlertExpired            => "alert_expired",
            Self::TooManySignals          => "too_many_signals",
            Self::DomainNotFound          => "domain_not_found",
            Self::DomainNotVerified       => "domain_not_verified",
            Self::WarmupLimitReached      => "warmup_limit_reached",
            Self::MethodNotAllowed        => "method_not_allowed",
            Self::BodyTooLarge            => "body_too_large",
            Self::UnsupportedMediaType    => "unsupported_media_type",
            Self::ValidationFailed        => "validation_failed",
            Self::IdempotencyConflict     => "idempotency_conflict",
            Self::ScheduleNotFound        => "schedule_not_found",
            Self::RunNotFound             => "run_not_found",
            Self::QueueNotFound           => "queue_not_found",
            Self::JobNotFound             => "job_not_found",
            Self::CaseNotFound            => "case_not_found",
            Self::ReplayNotFound          => "replay_not_found",
            Self::BreakerNotFound         => "breaker_not_found",
            Self::TournamentNotFound      => "tournament_not_found",
            Self::MemberNotFound          => "member_not_found",
            Self::SettlementsPending      => "settlements_pending",
            Self::MatchNotFound           => "match_not_found",
            Self::LeagueNotFound          => "league_not_found",
            Self::PortfolioNotFound       => "portfolio_not_found",
            Self::AssetScoreNotFound      => "asset_score_not_found",
            Self::RunHeld                 => "run_held",
            Self::RunOver                 => "run_over",
            Self::ReplayOver              => "replay_over",
            Self::JobNotWaiting           => "job_not_waiting",
            Self::NotDead                 => "not_dead",
            Self::KeyTaken                => "key_taken",
            Self::TypeNotAvailable        => "type_not_available",
            Self::NotDatabaseOnly         => "not_database_only",
            Self::TournamentClosed        => "tournament_closed",
            Self::TournamentFull          => "tournament_full",
            Self::RulesInUse              => "rules_in_use",
            Self::MatchBegun              => "match_begun",
            Self::GuessesClosed           => "guesses_closed",
            Self::MatchNotBegun           => "match_not_begun",
            Self::ResultsProvided         => "results_provided",
            Self::BoardTooLarge           => "board_too_large",
            Self::NoDraft                 => "no_draft",
            Self::PreconditionFailed      => "precondition_failed",
            Self::PreconditionRequired    => "precondition_required",
            Self::BacklogFull             => "backlog_full",
            Self::InternalError           => "internal_error",
            Self::DatabaseUnavailable     => "database_unavailable",
            Self::CountersUnavailable     => "counters_unavailable",
            Self::RehearsalsUnavailable   => "rehearsals_unavailable",
            Self::Contention              => "contention",
            Self::CommitUnknown           => "commit_unknown",
        }
    }

    /// Status of its answer.
    #[rustfmt::skip]
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::MalformedJson | Self::BodyUnreadable => StatusCode::BAD_REQUEST,
            Self::Unauthenticated      => StatusCode::UNAUTHORIZED,
            Self::InsufficientScope
            | Self::OrganizationKeyRequired
            | Self::OperatorKeyRequired => StatusCode::FORBIDDEN,
            Self::RouteNotFound
            | Self::ContactNotFound
            | Self::ScoreNotReady
            | Self::AlertNotFound
            | Self::DomainNotFound
            | Self::ScheduleNotFound
            | Self::RunNotFound
            | Self::QueueNotFound
            | Self::JobNotFound
            | Self::CaseNotFound
            | Self::ReplayNotFound
            | Self::BreakerNotFound
            | Self::TournamentNotFound
            | Self::MatchNotFound
            | Self::LeagueNotFound
            | Self::MemberNotFound
            | Self::PortfolioNotFound | Self::AssetScoreNotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed     => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge         => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::ValidationFailed | Self::TooManySignals | Self::BoardTooLarge => {
                StatusCode::UNPROCESSABLE_ENTITY
            },
            Self::IdempotencyConflict
            | Self::AlreadyAcknowledged
            | Self::AlertExpired
            | Self::DomainNotVerified
            | Self::SettlementsPending
            | Self::RunHeld
            | Self::RunOver
            | Self::ReplayOver
            | Self::JobNotWaiting
            | Self::NotDead
            | Self::KeyTaken
            | Self::TypeNotAvailable
            | Self::NotDatabaseOnly
            | Self::TournamentClosed
            | Self::TournamentFull
            | Self::RulesInUse
            | Self::MatchBegun
            | Self::GuessesClosed
            | Self::MatchNotBegun
            | Self::ResultsProvided
            | Self::NoDraft => StatusCode::CONFLICT,
            Self::PreconditionFailed   => StatusCode::PRECONDITION_FAILED,
            Self::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Self::BacklogFull | Self::WarmupLimitReached => StatusCode::TOO_MANY_REQUESTS,
            Self::InternalError        => StatusCode::INTERNAL_SERVER_ERROR,
            Self::DatabaseUnavailable
            | Self::CountersUnavailable
            | Self::RehearsalsUnavailable
            | Self::Contention
            | Self::CommitUnknown      => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

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

    /// The same for every refusal of the kind.
    #[rustfmt::skip]
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::MalformedJson           => "The body is not JSON",
            Self::BodyUnreadable          => "The body could not be read",
            Self::Unauthenticated         => "A valid key is required",
            Self::InsufficientScope       => "The key lacks a scope",
            Self::OrganizationKeyRequired => "A key of an organization is required",
            Self::OperatorKeyRequired     => "An operator's key is required",
            Self::RouteNotFound           => "There is no such route",
            Self::ContactNotFound         => "The contact is not known",
            Self::ScoreNotReady           => "The contact has no score yet",
            Self::AlertNotFound           => "There is no such alert",
            Self::AlreadyAcknowledged     => "Somebody else has taken the alert on",
            Self::AlertExpired            => "The alert is expired",
            Self::TooManySignals          => "Too many signals weigh at that instant",
            Self::DomainNotFound          => "There is no such sending domain",
            Self::DomainNotVerified       => "The domain is not verified",
            Self::WarmupLimitReached      => "The domain's limit of the day is reached",
            Self::MethodNotAllowed        => "The route does not take this method",
            Self::BodyTooLarge            => "The body is too large",
            Self::UnsupportedMediaType    => "The body is not of a type that is read",
            Self::ValidationFailed        => "The request is not valid",
            Self::IdempotencyConflict     => "The key stands for another request",
            Self::ScheduleNotFound        => "There is no such schedule",
            Self::RunNotFound             => "There is no such run",
            Self::QueueNotFound           => "There is no such queue",
            Self::JobNotFound             => "There is no such job",
            Self::CaseNotFound            => "There is no such case",
            Self::ReplayNotFound          => "There is no such replay",
            Self::BreakerNotFound         => "There is no such breaker",
            Self::TournamentNotFound      => "There is no such tournament",
            Self::MemberNotFound          => "The member is not known",
            Self::SettlementsPending      => "Matches are to be settled yet",
            Self::MatchNotFound           => "There is no such match",
            Self::LeagueNotFound          => "There is no such league",
            Self::PortfolioNotFound       => "The user has no portfolio",
            Self::AssetScoreNotFound      => "The asset has no score",
            Self::RunHeld                 => "Another run of the schedule is open",
            Self::RunOver                 => "The run is over",
            Self::ReplayOver              => "The replay is over",
            Self::JobNotWaiting           => "The job is not waiting",
            Self::NotDead                 => "It is no open dead letter",
            Self::KeyTaken                => "Another job has its idempotency key",
            Self::TypeNotAvailable        => "This build cannot do the job",
            Self::NotDatabaseOnly         => "A dry run would reach outside",
            Self::TournamentClosed        => "The tournament is closed",
            Self::TournamentFull          => "The tournament has too many matches",
            Self::RulesInUse              => "A match was settled by the rules",
            Self::MatchBegun              => "The match has begun",
            Self::GuessesClosed           => "The match takes no guess",
            Self::MatchNotBegun           => "The match has not begun",
            Self::ResultsProvided         => "A provider tells the results",
            Self::BoardTooLarge           => "The board is too large to be ranked so",
            Self::NoDraft                 => "There is no draft",
            Self::PreconditionFailed      => "It is not as it was seen",
            Self::PreconditionRequired    => "The request must say what it saw",
            Self::BacklogFull             => "Too many jobs are waiting",
            Self::InternalError           => "Something went wrong on our side",
            Self::DatabaseUnavailable     => "The database is not reachable",
            Self::CountersUnavailable     => "The counters are not reachable",
            Self::RehearsalsUnavailable   => "Nobody is there to do a dry run",
            Self::Contention              => "Other work was in the way",
            Self::CommitUnknown           => "It is not known whether the change was made",
        }
    }

    /// What to do about it, where nothing more can be said.
    #[rustfmt::skip]
    pub(crate) const fn advice(self) -> &'static str {
        match self {
            Self::MalformedJson           => "Send one JSON document in UTF-8.",
            Self::BodyUnreadable          => "The body ended early; send it again.",
            Self::Unauthenticated         => "Send the header `Authorization: Bearer <key>` with a live key.",
            Self::InsufficientScope       => "Use a key that has the scope.",
            Self::OrganizationKeyRequired => "This route works on one organization's rows; an operator's key opens none.",
            Self::OperatorKeyRequired     => "This route shows every organization's work; an organization's key does not open it.",
            Self::RouteNotFound           => "The routes are listed at /openapi.json, for any live key.",
            Self::ContactNotFound         => "Store the contact's features first.",
            Self::ScoreNotReady           => "The contact is known and its score is being computed; ask again shortly.",
            Self::AlertNotFound           => "It never was, or retention took it.",
            Self::AlreadyAcknowledged     => "Nothing was changed; `acknowledgedBy` says who, `acknowledgedAt` since when.",
            Self::AlertExpired            => "Nothing was changed; nobody took it on before `expiredAt`.",
            Self::TooManySignals          => "A score is computed from at most 10000 signals; ask as of another instant, or configure a lower `capPerDay` or `decayHours`.",
            Self::DomainNotFound          => "Store it first: PUT /api/v1/warmup/domains/{domain}.",
            Self::DomainNotVerified       => "Nothing was granted; store that it is verified first.",
            Self::WarmupLimitReached      => "Nothing was granted; the next day begins at `retryAfter`.",
            Self::MethodNotAllowed        => "The header Allow names the methods it takes.",
            Self::BodyTooLarge            => "Split the request; a body has at most 1 MiB.",
            Self::UnsupportedMediaType    => "Send the header `Content-Type: application/json`, and the body without a content encoding.",
            Self::ValidationFailed        => "See `errors`.",
            Self::IdempotencyConflict     => "Nothing was changed; a new request needs a key of its own.",
            Self::ScheduleNotFound        => "The schedules are listed at GET /api/v2/admin/cron.",
            Self::RunNotFound             => "It never was, or retention took it.",
            Self::QueueNotFound           => "The queues are listed, by their production names, at GET /api/v2/admin/queues.",
            Self::JobNotFound             => "It never was, or retention took it.",
            Self::CaseNotFound            => "It never was, or retention took it.",
            Self::ReplayNotFound          => "It never was, or retention took it.",
            Self::BreakerNotFound         => "The breakers are listed at GET /api/v2/admin/breakers.",
            Self::TournamentNotFound      => "The organization has no tournament of this id.",
            Self::MemberNotFound          => "Nobody of this name has joined the tournament.",
            Self::SettlementsPending      => "Nothing was changed; `matches` names the first whose result is to be settled yet.",
            Self::MatchNotFound           => "The tournament has no match of this id.",
            Self::LeagueNotFound          => "The tournament has no league of this id.",
            Self::PortfolioNotFound       => "Store it first: PUT /api/v1/portfolio/users/{userId}.",
            Self::AssetScoreNotFound      => "No night has scored it yet, or the user has none of this name; of one that nobody has any more, `userId` is needed.",
            Self::RunHeld                 => "Nothing was changed; wait until `holder` is over, or cancel it. Without progress it ends at `expiresAt`.",
            Self::RunOver                 => "Nothing was changed; `runStatus` says how it ended.",
            Self::ReplayOver              => "Nothing was changed; `replayStatus` says how it ended.",
            Self::JobNotWaiting           => "Nothing was changed; only a job that is queued or failed can be cancelled. `state` says what it is.",
            Self::NotDead                 => "Nothing was changed; it is decided already, or was never given up.",
            Self::KeyTaken                => "Nothing was changed; a job with the same key was enqueued since, and one effect is enough.",
            Self::TypeNotAvailable        => "Nothing was tried; another build knows its type or version.",
            Self::NotDatabaseOnly         => "Nothing was tried; only what a job writes to the database can be rolled back.",
            Self::TournamentClosed        => "Nothing was changed; it takes nothing since `closedAt`.",
            Self::TournamentFull          => "Nothing was changed; a tournament has at most 4000.",
            Self::RulesInUse              => "Nothing was changed; rules and tie-breaks stay as they are once a match was settled by them.",
            Self::MatchBegun              => "Nothing was changed; `externalIds` says which are not still to come.",
            Self::GuessesClosed           => "Nothing was changed; guesses are taken until the kickoff of a match that is still to come.",
            Self::MatchNotBegun           => "Nothing was changed; it cannot have ended before its `kickoff`.",
            Self::ResultsProvided         => "Nothing was changed; results are entered by hand where a tournament has no `providerId`.",
            Self::BoardTooLarge           => "Of up to 5000 members the points of some rounds are ranked; leave `rounds` out for the board itself.",
            Self::NoDraft                 => "Nothing was changed; a PUT of the configuration begins one.",
            Self::PreconditionFailed      => "Nothing was changed; read it again and send its ETag.",
            Self::PreconditionRequired    => "Send the header `If-Match` with the ETag that was seen.",
            Self::BacklogFull             => "Nothing was changed; try again when some of the organization's jobs are done.",
            Self::InternalError           => "Repeating the request will not help; give the request id to an operator.",
            Self::DatabaseUnavailable     => "Nothing was changed; try again.",
            Self::CountersUnavailable     => "Nothing was granted; try again.",
            Self::RehearsalsUnavailable   => "Nothing was tried; try again. If it stays so, deploy the queue worker and bind its entry `Rehearsals` as `REHEARSALS`: `mauntic doctor` looks at it.",
            Self::Contention              => "Nothing was changed; try again.",
            Self::CommitUnknown           => "The connection broke while the change was being committed. Read it back, or repeat the request: a repeat is safe.",
        }
    }
}

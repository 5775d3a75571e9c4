//! Which refusals each route has, for the API's document; a test holds every
//! answer to them.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response};

use crate::code::Code;
use crate::openapi::problem_responses;

/// Of every route that needs a key, and so a look into the database.
const KEY: &[Code] =
    &[Code::Unauthenticated, Code::InternalError, Code::DatabaseUnavailable, Code::Contention];

/// Of every route that asks for a scope.
const SCOPE: &[Code] = &[Code::InsufficientScope];

/// Of every route that reads a body and changes something.
const CHANGE: &[Code] = &[
    Code::MalformedJson,
    Code::BodyUnreadable,
    Code::BodyTooLarge,
    Code::UnsupportedMediaType,
    Code::CommitUnknown,
    Code::ValidationFailed,
];

/// Of every route that takes an `Idempotency-Key`.
const KEYED: &[Code] = &[Code::IdempotencyConflict];

/// Of every route that changes what its caller saw.
const SEEN: &[Code] = &[Code::PreconditionRequired, Code::PreconditionFailed];

/// Of every route for operators.
const OPERATOR: &[Code] = &[Code::OperatorKeyRequired];

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident: $($group:expr),+;)+) => {
        $(
            $(#[$doc])*
            pub(crate) struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    problem_responses(&[$($group),+])
                }
            }
        )+
    };
}

problems! {
    /// Refusals of a route for any key.
    KeyProblems: KEY;
    /// Refusals of a route that takes an organization's data in.
    WriteProblems: KEY, SCOPE, CHANGE, &[Code::OrganizationKeyRequired, Code::BacklogFull];
    /// Refusals of a route that enqueues an organization's jobs.
    EnqueueProblems: KEY, SCOPE, CHANGE, KEYED, &[
        Code::OrganizationKeyRequired, Code::BacklogFull
    ];
    /// Refusals of a route that reads a configuration.
    ReadConfigProblems: KEY, SCOPE, &[Code::OrganizationKeyRequired];
    /// Refusals of a route that changes a draft.
    DraftProblems: KEY, SCOPE, CHANGE, SEEN, &[Code::OrganizationKeyRequired];
    /// Refusals of a route that discards a draft.
    DiscardDraftProblems: KEY, SCOPE, SEEN, &[
        Code::OrganizationKeyRequired, Code::CommitUnknown, Code::NoDraft
    ];
    /// Refusals of a route that previews a draft.
    PreviewProblems: KEY, SCOPE, CHANGE, &[
        Code::OrganizationKeyRequired, Code::NoDraft, Code::ContactNotFound
    ];
    /// Refusals of a route that publishes a draft.
    PublishProblems: KEY, SCOPE, CHANGE, KEYED, SEEN, &[
        Code::OrganizationKeyRequired, Code::NoDraft
    ];
    /// Refusals of a route that reads an organization's rows.
    ReadProblems: KEY, SCOPE, &[Code::OrganizationKeyRequired, Code::ValidationFailed];
    /// Refusals of a route that reads a contact's score.
    ReadScoreProblems: KEY, SCOPE, &[
        Code::OrganizationKeyRequired, Code::ValidationFailed, Code::ContactNotFound,
        Code::ScoreNotReady, Code::TooManySignals
    ];
    /// Refusals of a route that lists something of a contact.
    ReadContactProblems: KEY, SCOPE, &[
        Code::OrganizationKeyRequired, Code::ValidationFailed, Code::ContactNotFound
    ];
    /// Refusals of taking on an alert.
    AcknowledgeProblems: KEY, SCOPE, CHANGE, KEYED, &[
        Code::OrganizationKeyRequired, Code::AlertNotFound, Code::AlreadyAcknowledged,
        Code::AlertExpired
    ];
    /// Refusals of storing a sending domain.
    PutDomainProblems: KEY, SCOPE, CHANGE, &[Code::OrganizationKeyRequired];
    /// Refusals of looking at a sending domain's day.
    DomainProblems: KEY, SCOPE, &[
        Code::OrganizationKeyRequired, Code::ValidationFailed, Code::DomainNotFound,
        Code::CountersUnavailable
    ];
    /// Refusals of reserving e-mails.
    ReserveProblems: KEY, SCOPE, CHANGE, KEYED, &[
        Code::OrganizationKeyRequired, Code::DomainNotFound, Code::DomainNotVerified,
        Code::WarmupLimitReached, Code::CountersUnavailable
    ];
}

/// Of every route of an organization's tournament.
const TOURNAMENT: &[Code] = &[Code::OrganizationKeyRequired, Code::TournamentNotFound];

/// Of every route that writes to one.
const OPEN: &[Code] = &[Code::TournamentClosed];

problems! {
    /// Refusals of making a tournament.
    CreateTournamentProblems: KEY, SCOPE, CHANGE, KEYED, &[Code::OrganizationKeyRequired];
    /// Refusals of reading a tournament, or what it has.
    ReadTournamentProblems: KEY, SCOPE, TOURNAMENT, &[Code::ValidationFailed];
    /// Refusals of changing a tournament.
    ChangeTournamentProblems: KEY, SCOPE, CHANGE, SEEN, TOURNAMENT, OPEN, &[Code::RulesInUse];
    /// Refusals of telling matches.
    TellMatchesProblems: KEY, SCOPE, CHANGE, KEYED, TOURNAMENT, OPEN, &[
        Code::MatchBegun, Code::TournamentFull
    ];
    /// Refusals of a result by hand.
    EnterResultProblems: KEY, SCOPE, CHANGE, TOURNAMENT, OPEN, &[
        Code::MatchNotFound, Code::MatchNotBegun, Code::ResultsProvided
    ];
    /// Refusals of reading a match.
    ReadMatchProblems: KEY, SCOPE, TOURNAMENT, &[Code::ValidationFailed, Code::MatchNotFound];
    /// Refusals of members who join, and of making a league.
    JoinProblems: KEY, SCOPE, CHANGE, KEYED, TOURNAMENT, OPEN;
    /// Refusals of one who joins.
    JoinMemberProblems: KEY, SCOPE, CHANGE, TOURNAMENT, OPEN;
    /// Refusals of reading a member, or what they guessed.
    ReadMemberProblems: KEY, SCOPE, &[
        Code::OrganizationKeyRequired, Code::ValidationFailed, Code::MemberNotFound
    ];
    /// Refusals of a guess.
    PutGuessProblems: KEY, SCOPE, CHANGE, TOURNAMENT, OPEN, &[
        Code::MatchNotFound, Code::MemberNotFound, Code::GuessesClosed
    ];
    /// Refusals of guesses.
    PutGuessesProblems: KEY, SCOPE, CHANGE, KEYED, TOURNAMENT, OPEN, &[
        Code::MatchNotFound, Code::GuessesClosed
    ];
    /// Refusals of reading a league.
    ReadLeagueProblems: KEY, SCOPE, TOURNAMENT, &[Code::ValidationFailed, Code::LeagueNotFound];
    /// Refusals of a page of a board.
    BoardProblems: KEY, SCOPE, TOURNAMENT, &[Code::ValidationFailed, Code::BoardTooLarge];
    /// Refusals of a page of a league's board.
    LeagueBoardProblems: KEY, SCOPE, TOURNAMENT, &[
        Code::ValidationFailed, Code::BoardTooLarge, Code::LeagueNotFound
    ];
    /// Refusals of a member's rank.
    MemberBoardProblems: KEY, SCOPE, TOURNAMENT, &[
        Code::ValidationFailed, Code::BoardTooLarge, Code::MemberNotFound
    ];
    /// Refusals of members who enter a league.
    EnterLeagueProblems: KEY, SCOPE, CHANGE, KEYED, TOURNAMENT, OPEN, &[Code::LeagueNotFound];
    /// Refusals of leaving a league.
    LeaveLeagueProblems: KEY, SCOPE, TOURNAMENT, OPEN, &[
        Code::ValidationFailed, Code::CommitUnknown, Code::LeagueNotFound
    ];
}

problems! {
    /// Refusals of storing a portfolio.
    PutPortfolioProblems: KEY, SCOPE, CHANGE, &[Code::OrganizationKeyRequired];
    /// Refusals of storing criteria.
    PutCriteriaProblems: KEY, SCOPE, CHANGE, &[
        Code::OrganizationKeyRequired, Code::PortfolioNotFound
    ];
    /// Refusals of reading a portfolio.
    ReadPortfolioProblems: KEY, SCOPE, &[
        Code::OrganizationKeyRequired, Code::ValidationFailed, Code::PortfolioNotFound
    ];
    /// Refusals of reading an asset's score.
    ReadAssetProblems: KEY, SCOPE, &[
        Code::OrganizationKeyRequired, Code::ValidationFailed, Code::AssetScoreNotFound
    ];
    /// Refusals of reading how an asset was scored.
    CalculationProblems: KEY, SCOPE, &[
        Code::OrganizationKeyRequired, Code::ValidationFailed, Code::AssetScoreNotFound,
        Code::RunNotFound
    ];
    /// Refusals of looking at a night of one's own.
    OwnRunProblems: KEY, SCOPE, &[
        Code::OrganizationKeyRequired, Code::ValidationFailed, Code::RunNotFound
    ];
}

problems! {
    /// Refusals of a route for operators that has no parameters.
    OperatorProblems: KEY, SCOPE, OPERATOR;
    /// Refusals of an operator's list.
    OperatorListProblems: KEY, SCOPE, OPERATOR, &[Code::ValidationFailed];
    /// Refusals of an operator's list of a schedule.
    ScheduleListProblems: KEY, SCOPE, OPERATOR, &[Code::ValidationFailed, Code::ScheduleNotFound];
    /// Refusals of running a schedule.
    RunScheduleProblems: KEY, SCOPE, OPERATOR, CHANGE, KEYED, &[
        Code::ScheduleNotFound, Code::RunHeld
    ];
    /// Refusals of pausing a schedule.
    PauseProblems: KEY, SCOPE, OPERATOR, CHANGE, &[Code::ScheduleNotFound];
    /// Refusals of looking at a run.
    RunProblems: KEY, SCOPE, OPERATOR, &[Code::ValidationFailed, Code::RunNotFound];
    /// Refusals of explaining a rank.
    ExplainRankProblems: KEY, SCOPE, &[
        Code::OrganizationKeyRequired, Code::ValidationFailed, Code::TournamentNotFound,
        Code::MemberNotFound
    ];
    /// Refusals of looking at a tournament.
    TournamentProblems: KEY, SCOPE, OPERATOR, &[Code::ValidationFailed, Code::TournamentNotFound];
    /// Refusals of rebuilding a tournament's boards.
    RebuildProblems: KEY, SCOPE, OPERATOR, CHANGE, KEYED, &[
        Code::TournamentNotFound, Code::RunHeld
    ];
    /// Refusals of closing a tournament.
    CloseProblems: KEY, SCOPE, OPERATOR, CHANGE, KEYED, &[
        Code::TournamentNotFound, Code::SettlementsPending
    ];
    /// Refusals of cancelling a run.
    CancelRunProblems: KEY, SCOPE, OPERATOR, CHANGE, KEYED, &[Code::RunNotFound, Code::RunOver];
    /// Refusals of retrying a run's dead jobs.
    RetryRunProblems: KEY, SCOPE, OPERATOR, CHANGE, KEYED, &[Code::RunNotFound, Code::NotDead];
    /// Refusals of listing a queue's jobs.
    QueueProblems: KEY, SCOPE, OPERATOR, &[Code::ValidationFailed, Code::QueueNotFound];
    /// Refusals of enqueuing by hand.
    MessageProblems: KEY, SCOPE, OPERATOR, CHANGE, KEYED, &[
        Code::QueueNotFound, Code::BacklogFull
    ];
    /// Refusals of looking at a job.
    JobProblems: KEY, SCOPE, OPERATOR, &[Code::ValidationFailed, Code::JobNotFound];
    /// Refusals of cancelling a job.
    CancelJobProblems: KEY, SCOPE, OPERATOR, CHANGE, KEYED, &[
        Code::JobNotFound, Code::JobNotWaiting
    ];
    /// Refusals of looking at a case.
    CaseProblems: KEY, SCOPE, OPERATOR, &[Code::ValidationFailed, Code::CaseNotFound];
    /// Refusals of replaying a case.
    ReplayCaseProblems: KEY, SCOPE, OPERATOR, CHANGE, KEYED, &[
        Code::CaseNotFound, Code::NotDead, Code::KeyTaken, Code::TypeNotAvailable,
        Code::NotDatabaseOnly, Code::RehearsalsUnavailable
    ];
    /// Refusals of discarding a case.
    DiscardProblems: KEY, SCOPE, OPERATOR, &[
        Code::ValidationFailed, Code::CommitUnknown, Code::CaseNotFound, Code::NotDead
    ];
    /// Refusals of ordering a replay of many.
    ReplayManyProblems: KEY, SCOPE, OPERATOR, CHANGE, KEYED, &[Code::RehearsalsUnavailable];
    /// Refusals of looking at a replay of many.
    ReplayProblems: KEY, SCOPE, OPERATOR, &[Code::ValidationFailed, Code::ReplayNotFound];
    /// Refusals of ending a replay of many.
    CancelReplayProblems: KEY, SCOPE, OPERATOR, CHANGE, KEYED, &[
        Code::ReplayNotFound, Code::ReplayOver
    ];
    /// Refusals of resetting a breaker.
    ResetBreakerProblems: KEY, SCOPE, OPERATOR, CHANGE, KEYED, &[Code::BreakerNotFound];
}

//! Who may call what. The handlers enforce it by their extractors; tests hold
//! this table, the handlers and the OpenAPI document equal.

use mauntic_flows::ports::Scope;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// Any live key: an organization's or an operator's, of any scope.
    AnyKey,
    /// A key of an organization with this scope, for that organization only.
    Organization(Scope),
    /// An operator, who belongs to no organization, with this scope.
    Operator(Scope),
}

/// A route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteRule {
    /// Method.
    pub method: &'static str,
    /// Pattern.
    pub path: &'static str,
    /// Who may.
    pub access: Access,
}

const fn rule(method: &'static str, path: &'static str, access: Access) -> RouteRule {
    RouteRule { method, path, access }
}

const READ: Access = Access::Organization(Scope::Read);
const WRITE: Access = Access::Organization(Scope::Write);
const LOOK: Access = Access::Operator(Scope::Read);
const OPERATE: Access = Access::Operator(Scope::Operate);

/// Every route. `HEAD` goes with `GET`; `OPTIONS` is answered everywhere.
#[rustfmt::skip]
pub const ROUTES: &[RouteRule] = &[
    rule("GET",    "/openapi.json",                                        Access::AnyKey),
    rule("GET",    "/api/monitoring/health",                               Access::Open),
    rule("GET",    "/metrics",                                             LOOK),
    rule("GET",    "/api/v1/caller",                                       Access::AnyKey),
    rule("PUT",    "/api/v1/scoring/contacts/{contactId}/features",        WRITE),
    rule("GET",    "/api/v1/scoring/contacts/{contactId}/score",           READ),
    rule("GET",    "/api/v1/scoring/contacts/{contactId}/score/explain",   READ),
    rule("GET",    "/api/v1/scoring/contacts/{contactId}/score/history",   READ),
    rule("GET",    "/api/v1/scoring/contacts/{contactId}/signals",         READ),
    rule("POST",   "/api/v1/scoring/recalculate",                          WRITE),
    rule("GET",    "/api/v1/scoring/leaderboard",                          READ),
    rule("POST",   "/api/v1/events",                                       WRITE),
    rule("GET",    "/api/v1/scoring/alerts",                               READ),
    rule("POST",   "/api/v1/scoring/alerts/{id}/acknowledge",              WRITE),
    rule("GET",    "/api/v1/scoring/config",                               READ),
    rule("PUT",    "/api/v1/scoring/config",                               WRITE),
    rule("GET",    "/api/v1/scoring/signal-config",                        READ),
    rule("PUT",    "/api/v1/scoring/signal-config",                        WRITE),
    rule("DELETE", "/api/v1/scoring/config/draft",                         WRITE),
    rule("POST",   "/api/v1/scoring/config/preview",                       READ),
    rule("POST",   "/api/v1/scoring/config/publish",                       WRITE),
    rule("PUT",    "/api/v1/warmup/domains/{domain}",                      WRITE),
    rule("GET",    "/api/v1/warmup/domains",                               READ),
    rule("GET",    "/api/v1/warmup/domains/{domain}",                      READ),
    rule("POST",   "/api/v1/warmup/domains/{domain}/reserve",              WRITE),
    rule("GET",    "/api/v1/analytics/event-aggregates",                   READ),
    rule("GET",    "/api/v1/analytics/monthly-usage",                      READ),
    rule("GET",    "/api/v1/analytics/campaign-stats",                     READ),
    rule("GET",    "/api/v1/analytics/score-distribution",                 READ),
    rule("GET",    "/api/v1/analytics/enrichment-metrics",                 READ),
    rule("POST",   "/api/v1/scoreboards/tournaments", WRITE),
    rule("GET",    "/api/v1/scoreboards/tournaments", READ),
    rule("GET",    "/api/v1/scoreboards/tournaments/{tournamentId}", READ),
    rule("PATCH",  "/api/v1/scoreboards/tournaments/{tournamentId}", WRITE),
    rule("POST",   "/api/v1/scoreboards/tournaments/{tournamentId}/matches", WRITE),
    rule("GET",    "/api/v1/scoreboards/tournaments/{tournamentId}/matches", READ),
    rule("GET",    "/api/v1/scoreboards/tournaments/{tournamentId}/matches/{matchId}", READ),
    rule("PUT",    "/api/v1/scoreboards/tournaments/{tournamentId}/matches/{matchId}/result", WRITE),
    rule("POST",   "/api/v1/scoreboards/tournaments/{tournamentId}/matches/{matchId}/guesses", WRITE),
    rule("PUT",    "/api/v1/scoreboards/tournaments/{tournamentId}/matches/{matchId}/guesses/{memberId}", WRITE),
    rule("POST",   "/api/v1/scoreboards/tournaments/{tournamentId}/members", WRITE),
    rule("PUT",    "/api/v1/scoreboards/tournaments/{tournamentId}/members/{memberId}", WRITE),
    rule("GET",    "/api/v1/scoreboards/tournaments/{tournamentId}/members/{memberId}", READ),
    rule("GET",    "/api/v1/scoreboards/tournaments/{tournamentId}/members/{memberId}/guesses", READ),
    rule("POST",   "/api/v1/scoreboards/tournaments/{tournamentId}/leagues", WRITE),
    rule("GET",    "/api/v1/scoreboards/tournaments/{tournamentId}/leagues", READ),
    rule("GET",    "/api/v1/scoreboards/tournaments/{tournamentId}/leagues/{leagueId}", READ),
    rule("POST",   "/api/v1/scoreboards/tournaments/{tournamentId}/leagues/{leagueId}/members", WRITE),
    rule("DELETE", "/api/v1/scoreboards/tournaments/{tournamentId}/leagues/{leagueId}/members/{memberId}", WRITE),
    rule("GET",    "/api/v1/scoreboards/{tournamentId}", READ),
    rule("GET",    "/api/v1/scoreboards/{tournamentId}/members/{memberId}", READ),
    rule("GET",    "/api/v1/scoreboards/{tournamentId}/leagues/{leagueId}", READ),
    rule("GET",    "/api/v2/admin/cron",                                   LOOK),
    rule("GET",    "/api/v2/admin/cron/preview",                           LOOK),
    rule("PATCH",  "/api/v2/admin/cron/{jobKey}",                          OPERATE),
    rule("POST",   "/api/v2/admin/cron/{jobKey}/run",                      OPERATE),
    rule("GET",    "/api/v2/admin/cron/{jobKey}/runs",                     LOOK),
    rule("GET",    "/api/v2/admin/cron/{jobKey}/occurrences",              LOOK),
    rule("GET",    "/api/v2/admin/runs/{id}",                              LOOK),
    rule("GET",    "/api/v2/admin/runs/{id}/jobs",                         LOOK),
    rule("POST",   "/api/v2/admin/runs/{id}/cancel",                       OPERATE),
    rule("POST",   "/api/v2/admin/runs/{id}/retry",                        OPERATE),
    rule("GET",    "/api/v2/admin/queues",                                 LOOK),
    rule("GET",    "/api/v2/admin/queues/{queue}/jobs",                    LOOK),
    rule("POST",   "/api/v2/admin/queues/{queue}/messages",                OPERATE),
    rule("GET",    "/api/v2/admin/jobs/{id}",                              LOOK),
    rule("POST",   "/api/v2/admin/jobs/{id}/cancel",                       OPERATE),
    rule("GET",    "/api/v2/admin/dlq",                                    LOOK),
    rule("GET",    "/api/v2/admin/dlq/groups",                             LOOK),
    rule("POST",   "/api/v2/admin/dlq/replay",                             OPERATE),
    rule("GET",    "/api/v2/admin/dlq/replays/{id}",                       LOOK),
    rule("POST",   "/api/v2/admin/dlq/replays/{id}/cancel",                OPERATE),
    rule("GET",    "/api/v2/admin/dlq/{id}",                               LOOK),
    rule("DELETE", "/api/v2/admin/dlq/{id}",                               OPERATE),
    rule("POST",   "/api/v2/admin/dlq/{id}/replay",                        OPERATE),
    rule("GET",    "/api/v2/admin/breakers",                               LOOK),
    rule("POST",   "/api/v2/admin/breakers/{name}/reset",                  OPERATE),
    rule("GET",    "/api/v2/admin/audit",                                  LOOK),
    rule("GET",    "/api/v2/admin/audit/verify",                           LOOK),
    rule("GET",    "/api/v2/admin/settlements",                            LOOK),
    rule("GET",    "/api/v2/admin/verifications",                          LOOK),
    rule("GET",    "/api/v1/scoreboards/{tournamentId}/members/{memberId}/explain", READ),
    rule("GET",    "/api/v2/admin/scoreboards/{id}/verify",                LOOK),
    rule("GET",    "/api/v2/admin/scoreboards/drift",                      LOOK),
    rule("POST",   "/api/v2/admin/scoreboards/{id}/rebuild",               OPERATE),
    rule("POST",   "/api/v2/admin/scoreboards/{id}/close",                 OPERATE),
    rule("PUT",    "/api/v1/portfolio/users/{userId}",                     WRITE),
    rule("GET",    "/api/v1/portfolio/users/{userId}",                     READ),
    rule("PUT",    "/api/v1/portfolio/users/{userId}/criteria",            WRITE),
    rule("GET",    "/api/v1/portfolio/scores",                             READ),
    rule("GET",    "/api/v1/portfolio/scores/{assetId}",                   READ),
    rule("GET",    "/api/v1/portfolio/scores/{assetId}/history",           READ),
    rule("GET",    "/api/v1/portfolio/scores/{assetId}/inputs",            READ),
    rule("GET",    "/api/v1/portfolio/scores/{assetId}/replay",            READ),
    rule("GET",    "/api/v1/portfolio/runs",                               READ),
    rule("GET",    "/api/v1/portfolio/runs/{id}",                          READ),
    rule("GET",    "/api/v1/portfolio/runs/{id}/users",                    READ),
    rule("GET",    "/api/v2/admin/overnight/runs",                         LOOK),
    rule("GET",    "/api/v2/admin/overnight/runs/{id}",                    LOOK),
    rule("GET",    "/api/v2/admin/overnight/runs/{id}/users",              LOOK),
    rule("GET",    "/api/v2/admin/overnight/runs/{id}/replay",             LOOK),
];

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
const OPERATE: Access = Access::Operator(Scope::Operate);

/// Every route. `HEAD` goes with `GET`; `OPTIONS` is answered everywhere.
#[rustfmt::skip]
pub const ROUTES: &[RouteRule] = &[
    rule("GET",  "/openapi.json",                                   Access::AnyKey),
    rule("GET",  "/api/monitoring/health",                          Access::Open),
    rule("PUT",  "/api/v1/scoring/contacts/{contactId}/features",   WRITE),
    rule("GET",  "/api/v1/scoring/contacts/{contactId}/score",      READ),
    rule("GET",  "/api/v1/scoring/contacts/{contactId}/score/explain", READ),
    rule("POST", "/api/v1/scoring/recalculate",                     WRITE),
    rule("GET",  "/api/v1/scoring/leaderboard",                     READ),
    rule("GET",  "/api/v2/admin/queues",                            OPERATE),
];

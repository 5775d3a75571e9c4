//! Route × role: every route of the table, called by every kind of caller.

use chrono::Utc;
use mauntic_api::{Access, ROUTES, RouteRule};
use mauntic_flows::ports::Scope;
use mauntic_local::workers::Build;
use mauntic_store::admin;
use mauntic_tests::stack::{ADMIN_TOKEN, Answer, Stack, VIEWER_TOKEN, key, until};
use mauntic_tests::world::organization;
use serde_json::json;

use super::is_problem;

/// The id of nothing.
const NOTHING: &str = "01980000-0000-7000-8000-000000000006";

/// Whom a token stands for.
#[derive(Debug, Clone, Copy)]
enum Role {
    Nobody,
    Tenant(&'static [Scope]),
    Operator,
    Viewer,
}

/// A role and its token.
type Caller = (Role, Option<String>);

const READ: &[Scope] = &[Scope::Read];
const WRITE: &[Scope] = &[Scope::Write];
const BOTH: &[Scope] = &[Scope::Read, Scope::Write];

async fn callers(stack: &Stack) -> Vec<Caller> {
    let (owner, org) = (stack.owner().await, organization("org_a"));
    let mut callers = vec![
        (Role::Nobody, None),
        (Role::Nobody, Some("mk_wrong".to_owned())),
        (Role::Nobody, Some(key("nobody's"))),
        (Role::Operator, Some(ADMIN_TOKEN.to_owned())),
        (Role::Viewer, Some(VIEWER_TOKEN.to_owned())),
    ];
    for scopes in [READ, WRITE, BOTH] {
        callers.push((Role::Tenant(scopes), Some(stack.organization(&org, scopes).await)));
    }
    let operators = key("an operator's");
    admin::put_key(&owner, None, &operators, &[Scope::Operate], "").await.unwrap();
    callers.push((Role::Operator, Some(operators)));
    let viewers = key("a viewer's");
    admin::put_key(&owner, None, &viewers, READ, "").await.unwrap();
    callers.push((Role::Viewer, Some(viewers)));
    let revoked = key("revoked");
    let id = admin::put_key(&owner, Some(&org), &revoked, BOTH, "").await.unwrap();
    assert!(admin::revoke_key(&owner, id).await.unwrap());
    callers.push((Role::Nobody, Some(revoked)));
    callers
}

/// Status and code of the refusal, or none if the caller is let in.
fn refusal(access: Access, role: Role) -> Option<(u16, &'static str)> {
    match (access, role) {
        (Access::Open, _) => None,
        (_, Role::Nobody) => Some((401, "unauthenticated")),
        (Access::AnyKey, _) | (Access::Operator(_), Role::Operator) => None,
        (Access::Operator(Scope::Read), Role::Viewer) => None,
        (Access::Operator(_), Role::Viewer) => Some((403, "insufficient_scope")),
        (Access::Organization(scope), Role::Tenant(scopes)) if scopes.contains(&scope) => None,
        (Access::Organization(_), Role::Tenant(_)) => Some((403, "insufficient_scope")),
        (Access::Organization(_), Role::Operator | Role::Viewer) => {
            Some((403, "organization_key_required"))
        }
        (Access::Operator(_), Role::Tenant(_)) => Some((403, "operator_key_required")),
    }
}

/// Whether a route needs a tournament, a draft, the state that somebody saw, or an alert.
fn needs_more(rule: &RouteRule) -> bool {
    rule.path.contains("{tournamentId}")
        || rule.path.contains("{assetId}")
        || rule.path.contains("/portfolio/runs/{id}")
        || (rule.path.contains("config") || rule.path.contains("{id}")) && rule.method != "GET"
}

/// A request to the route that is well in all but, perhaps, its caller.
fn call(stack: &Stack, rule: &RouteRule, token: Option<&str>) -> Answer {
    let mut path = rule.path.replace("{contactId}", "c");
    for (place, name) in [
        ("{id}", NOTHING),
        ("{jobKey}", "scoring-batch-recompute"),
        ("{queue}", "mauntic-scoring-events"),
        ("{name}", "alert_webhook"),
        ("{domain}", "a.example"),
        ("{tournamentId}", NOTHING),
        ("{matchId}", NOTHING),
        ("{leagueId}", NOTHING),
        ("{memberId}", "ada"),
        ("{userId}", "ada"),
        ("{assetId}", "a1"),
    ] {
        path = path.replace(place, name);
    }
    path += super::days_of(rule);
    let body = match (rule.method, rule.access) {
        ("PUT", _) if rule.path.ends_with("/{domain}") => Some(json!({"verified": true})),
        ("PUT", _) if rule.path.ends_with("/{userId}") => {
            Some(json!({"baseCurrency": "EUR", "assets": []}))
        }
        ("PUT", _) if rule.path.ends_with("/criteria") => Some(json!({"criteria": []})),
        ("PUT", _) => Some(json!({"hasEmail": true})),
        ("POST", _) if rule.path.ends_with("/tournaments") => Some(json!({"name": "a cup"})),
        ("POST", _) if rule.path.ends_with("/reserve") => Some(json!({"count": 1})),
        ("POST", _) if rule.path.ends_with("/events") => {
            Some(json!({"id": "evt_1", "type": "delivery.MessageSent",
                "occurredAt": Utc::now().to_rfc3339(), "data": {"contactId": "c"}}))
        }
        ("POST", Access::Organization(_)) => Some(json!({"contactIds": ["c"]})),
        _ => None,
    };
    stack.call(rule.method, &path, token, body.as_ref())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_lets_in_whom_its_access_says() {
    let stack = Stack::start(Build::Production, &[]).await;
    let callers = callers(&stack).await;
    let full = stack.organization(&organization("org_a"), BOTH).await;
    stack.tick();
    until(
        "every route has something to show",
        || stack.story(),
        async || {
            let answers =
                ROUTES.iter().filter(|rule| refusal(rule.access, Role::Tenant(BOTH)).is_none());
            let answers = answers.filter(|rule| !needs_more(rule));
            let answers = answers.map(|rule| call(&stack, rule, Some(&full)).status);
            answers.map(|status| (status < 300).then_some(())).collect::<Option<Vec<()>>>()
        },
    )
    .await;
    for rule in ROUTES {
        for (role, token) in &callers {
            let answer = call(&stack, rule, token.as_deref());
            let what = format!("{} {} by {role:?} {token:?}", rule.method, rule.path);
            match refusal(rule.access, *role) {
                Some((status, code)) => is_problem(&answer, status, code, &what),
                // Of ids, drafts and alerts there is nothing here; that these are done
                // stands elsewhere.
                None if rule.path.starts_with("/api/v2/admin/") || needs_more(rule) => {
                    let is_in = answer.status < 500 && ![401, 403].contains(&answer.status);
                    assert!(is_in, "{what}: {}", answer.body);
                }
                None => assert!((200..300).contains(&answer.status), "{what}: {}", answer.body),
            }
        }
    }
}

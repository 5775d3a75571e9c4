//! Nothing that an operator's client sends breaks a route: it is done, or
//! refused with a problem.

use mauntic_api::{Access, ROUTES, RouteRule};
use mauntic_tests::stack::{ADMIN_TOKEN, Request, Stack};

/// What stands in a path's place; escaped where it must be.
const NAMES: [&str; 6] = [
    "%00",
    "..%2f..%2fhealth",
    "01980000-0000-7000-8000-000000000006",
    "%f0%9f%92%a5%22%27%3b--",
    "mauntic-scoring-events",
    "scoring-batch-recompute",
];

/// Queries.
const QUERIES: [&str; 6] = [
    "",
    "?limit=-1&cursor=%00&state=%ff&id=,,,,&decided=2",
    "?payload=%7B%22a%22%3A%5B%5D%7D&limit=99999999999999999999",
    "?expr=*%20*%20*%20*%20*%00&count=0",
    "?reason=%00&reason=x&&&=",
    "?cursor=%E2%80%AE&target=%27%3B%20drop%20table%20jobs.audit%3B--&fingerprint=%5C",
];

/// Bodies.
const BODIES: [&str; 8] = [
    "",
    "{",
    "null",
    r#"{"reason":"\u0000"}"#,
    r#"{"reason":1e400}"#,
    r#"{"filter":{"payload":{"a":"\u0000"}},"limit":-1,"canary":1e9,"perSecond":0.5}"#,
    r#"{"paused":"yes","note":[],"note":null}"#,
    r#"{"type":"scoring.CalculateScore","data":{"organizationId":"\ud800","contactId":9}}"#,
];

fn sent(stack: &Stack, rule: &RouteRule, name: &str, query: &str, body: &str) {
    let path = match rule.path.split_once('{') {
        Some((before, rest)) => format!("{before}{name}{}", rest.split_once('}').unwrap().1),
        None => rule.path.to_owned(),
    };
    let path = format!("{path}{query}");
    let key = Some(ADMIN_TOKEN);
    let request = Request { method: rule.method, path: &path, key, body, ..Request::default() };
    let answer = stack.send(request).unwrap_or_else(|error| panic!("{path}: {error}"));
    let what = format!("{} {path} {body}: {}", rule.method, answer.body);
    assert!(answer.status < 500, "{what}");
    if !(200..300).contains(&answer.status) {
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{what}");
    }
}

/// Every operator's route with odd names, queries and bodies.
pub(super) fn no_operators_route_breaks(stack: &Stack) {
    let rules = ROUTES.iter().filter(|rule| matches!(rule.access, Access::Operator(_)));
    for rule in rules {
        for name in NAMES {
            if name == NAMES[0] || rule.path.contains('{') {
                sent(stack, rule, name, "", "");
            }
        }
        for query in QUERIES {
            sent(stack, rule, NAMES[2], query, "");
        }
        if rule.method != "GET" {
            for body in BODIES {
                sent(stack, rule, NAMES[2], "", body);
            }
        }
    }
    let audit = stack.call("GET", "/api/v2/admin/audit/verify", Some(ADMIN_TOKEN), None);
    assert_eq!(audit.body["verified"], true, "{}", audit.body);
}

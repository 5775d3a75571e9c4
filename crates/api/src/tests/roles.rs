//! Route × role: every route with every kind of caller.

use mauntic_flows::ports::Scope;
use serde_json::Value;

use super::call::{Answer, Call};
use super::things::{body_of, is_guarded, path_of, path_with, query_of, seeing};
use super::world::{
    ADMIN_TOKEN, LOOK_KEY, MISTAKEN_KEY, NOBODYS_KEY, OPERATOR_KEY, OTHER_KEY, POWERLESS_KEY,
    READ_KEY, VIEWER_TOKEN, WRITE_KEY, WRITE_ONLY_KEY, World,
};
use crate::access::{Access, ROUTES, RouteRule};

/// Not shaped as a key.
pub(super) const SHAPELESS: &str = "mk_nobody";

/// Every kind of caller, as the columns of [`TABLE`] stand.
const CALLERS: [Option<&str>; 13] = [
    None,
    Some(SHAPELESS),
    Some(NOBODYS_KEY),
    Some(READ_KEY),
    Some(WRITE_KEY),
    Some(WRITE_ONLY_KEY),
    Some(OTHER_KEY),
    Some(MISTAKEN_KEY),
    Some(POWERLESS_KEY),
    Some(LOOK_KEY),
    Some(VIEWER_TOKEN),
    Some(OPERATOR_KEY),
    Some(ADMIN_TOKEN),
];

/// Who is let in and who is refused: a line for each access that [`ROUTES`] gives a route, a
/// column a caller. `+` is let in; what the others are told stands in [`expected`].
#[rustfmt::skip]
const TABLE: [(Access, &str); 6] = [
    // a token of                           nobody: none, shapeless, shaped
    //                                      |     an organization: reads, reads and writes, writes,
    //                                      |     |     another one, with an operator's scope
    //                                      |     |         an operator: of no scope, who looks,
    //                                      |     |         |   the viewer, who operates, the bootstrap
    (Access::Open,                         "+++   +++++     +++++"),
    (Access::AnyKey,                       "---   +++++     +++++"),
    (Access::Organization(Scope::Read),    "---   ++s+s     ttttt"),
    (Access::Organization(Scope::Write),   "---   s+++s     ttttt"),
    (Access::Operator(Scope::Read),        "---   ooooo     s++++"),
    (Access::Operator(Scope::Operate),     "---   ooooo     sss++"),
];

/// The code of the refusal, or none if the caller is let in.
fn expected(access: Access, caller: Option<&str>) -> Option<&'static str> {
    let (_, line) = TABLE.iter().find(|(of, _)| *of == access).expect("a line");
    let cells = line.chars().filter(|cell| *cell != ' ');
    let (_, cell) = CALLERS.iter().zip(cells).find(|(of, _)| **of == caller).expect("a column");
    match cell {
        '+' => None,
        '-' => Some("unauthenticated"),
        's' => Some("insufficient_scope"),
        't' => Some("organization_key_required"),
        'o' => Some("operator_key_required"),
        other => panic!("{other:?} is no cell"),
    }
}

#[test]
fn the_table_is_full() {
    for (access, line) in TABLE {
        let cells = line.chars().filter(|cell| *cell != ' ').count();
        assert_eq!(cells, CALLERS.len(), "{access:?}");
        assert!(ROUTES.iter().any(|rule| rule.access == access), "{access:?} is no route's");
    }
    // What an operator may be let in to see alone is what changes nothing.
    for rule in ROUTES.iter().filter(|rule| matches!(rule.access, Access::Operator(_))) {
        let looks = rule.access == Access::Operator(Scope::Read);
        assert_eq!(looks, rule.method == "GET", "{} {}", rule.method, rule.path);
    }
}

/// How many sessions the request opens: at most one, and none that neither the
/// token nor the work needs. One more writes down a refusal.
fn sessions(rule: &RouteRule, caller: Option<&str>) -> u64 {
    let needs_one = match (rule.access, caller) {
        // The health check looks at the database for anybody.
        (Access::Open, _) | (Access::Operator(_), Some(ADMIN_TOKEN)) => true,
        (Access::Operator(Scope::Read), Some(VIEWER_TOKEN)) => true,
        (_, None | Some(SHAPELESS | ADMIN_TOKEN | VIEWER_TOKEN)) => false,
        (_, Some(_)) => true,
    };
    u64::from(needs_one) + u64::from(is_audited(rule, caller))
}

/// Whether the audit tells of the refusal: of who is known, at an operator's
/// route that changes something.
fn is_audited(rule: &RouteRule, caller: Option<&str>) -> bool {
    let code = expected(rule.access, caller);
    let changes = rule.method != "GET" && matches!(rule.access, Access::Operator(_));
    changes && code.is_some_and(|code| code != "unauthenticated")
}

fn reads_a_contact(rule: &RouteRule) -> bool {
    rule.method == "GET" && rule.path.contains("{contactId}")
}

fn needs_a_domain(rule: &RouteRule) -> bool {
    rule.method != "PUT" && rule.path.contains("{domain}")
}

/// Whether a rule is about something of a user whose portfolio is stored already.
fn needs_a_portfolio(rule: &RouteRule) -> bool {
    let is_stored = rule.method == "PUT" && rule.path.ends_with("/{userId}");
    rule.path.starts_with("/api/v1/portfolio/") && rule.path.contains('{') && !is_stored
}

fn call(rule: &RouteRule, caller: Option<&str>, is_sound: bool) -> Call {
    let (path, query, body) = if is_sound {
        (path_of(rule), query_of(rule), body_of(rule))
    } else {
        (path_with(rule, Some("%FF")), "?limit=none&limit=0", "{")
    };
    let call = Call::new(rule.method, &format!("{path}{query}"));
    let call = if rule.method == "GET" { call } else { call.json(body) };
    let call = seeing(rule, call);
    match caller {
        Some(key) => call.key(key),
        None => call,
    }
}

pub(super) fn assert_refused(answer: &Answer, code: &str) {
    assert_eq!(answer.code(), code);
    assert_eq!(answer.status, if code == "unauthenticated" { 401 } else { 403 });
}

#[tokio::test]
async fn every_route_lets_in_whom_the_table_says() {
    for rule in ROUTES {
        for caller in CALLERS {
            let world = World::with_things().await;
            let score = mauntic_domain::scoring::Score::from_contributions(Vec::new());
            world.put_score("contact_1", score, None);
            let (before, opened) = (world.rows(), world.store().sessions_opened());
            let answer = call(rule, caller, true).send(&world).await;
            let opened = world.store().sessions_opened() - opened;
            assert_eq!(opened, sessions(rule, caller), "{} {caller:?}", rule.path);
            let audit = world.audit();
            match expected(rule.access, caller) {
                Some(code) => {
                    assert_refused(&answer, code);
                    assert_eq!(world.rows(), before);
                    assert!(world.sent().is_empty());
                    let outcomes: Vec<_> = audit.iter().map(|entry| &entry["outcome"]).collect();
                    let told = is_audited(rule, caller).then(|| Value::from(code));
                    assert_eq!(
                        outcomes,
                        told.iter().collect::<Vec<_>>(),
                        "{} {caller:?}",
                        rule.path
                    );
                }
                // Another organization is let in, and the contact is not there.
                None if caller == Some(OTHER_KEY) && reads_a_contact(rule) => {
                    assert_eq!(answer.code(), "contact_not_found", "{}", rule.path);
                }
                None if caller == Some(OTHER_KEY) && rule.path.contains("/alerts/{id}") => {
                    assert_eq!(answer.code(), "alert_not_found", "{}", rule.path);
                }
                None if caller == Some(OTHER_KEY) && needs_a_domain(rule) => {
                    assert_eq!(answer.code(), "domain_not_found", "{}", rule.path);
                }
                None if caller == Some(OTHER_KEY) && rule.path.contains("{tournamentId}") => {
                    let codes = ["tournament_not_found", "member_not_found", "league_not_found"];
                    assert!(codes.contains(&answer.code()), "{} {}", rule.path, answer.body);
                    assert_eq!(world.rows(), before);
                }
                None if caller == Some(OTHER_KEY) && needs_a_portfolio(rule) => {
                    let codes = ["portfolio_not_found", "asset_score_not_found", "run_not_found"];
                    assert!(codes.contains(&answer.code()), "{} {}", rule.path, answer.body);
                    assert_eq!(world.rows(), before);
                }
                // The match of every world is to come.
                None if rule.path.ends_with("/result") => {
                    assert_eq!(answer.code(), "match_not_begun", "{}", answer.body);
                }
                None => {
                    assert!(matches!(answer.status, 200 | 202), "{} {caller:?}", rule.path);
                    let is_operators = matches!(rule.access, Access::Operator(_));
                    let changes = rule.method != "GET" && is_operators || is_guarded(rule);
                    assert_eq!(audit.len(), usize::from(changes), "{} {audit:?}", rule.path);
                    assert!(audit.iter().all(|entry| entry["outcome"] == "done"));
                }
            }
        }
    }
}

#[tokio::test]
async fn strangers_learn_nothing_about_their_request() {
    for rule in ROUTES.iter().filter(|rule| rule.access != Access::Open) {
        for caller in CALLERS {
            if let Some(code) = expected(rule.access, caller) {
                let answer = call(rule, caller, false).send(&World::new()).await;
                assert_refused(&answer, code);
            }
        }
    }
}

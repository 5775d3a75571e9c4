//! Every route of an organization, called with another organization's key.

use std::collections::BTreeMap;

use chrono::Utc;
use mauntic_api::{Access, ROUTES, RouteRule};
use mauntic_flows::ports::Scope;
use mauntic_local::workers::Build;
use mauntic_tests::stack::{ADMIN_TOKEN, Stack, until};
use mauntic_tests::world::organization;
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::is_problem;
use crate::operations::{NOTHING, given, night};

/// Both organizations get a contact of this name.
const SHARED: &str = "c";

/// Only the first has one of this name.
const FOREIGN: &str = "d";

/// Sending domains of the first; the other makes one of the first name.
const DOMAINS: [&str; 2] = ["a.example", "b.example"];

/// Tables whose rows belong to an organization and change by its requests.
const TABLES: [&str; 9] = [
    "scoring.contact_features",
    "scoring.lead_scores",
    "scoring.score_history",
    "scoring.event_seen",
    "scoring.intent_signals",
    "scoring.signal_alerts",
    "analytics.contact_activity",
    "delivery.sending_domains",
    "jobs.job",
];

/// The same of portfolios, of which the stranger gets one that is empty.
const PORTFOLIOS: [&str; 6] = [
    "portfolio.users",
    "portfolio.criteria",
    "portfolio.overnight_users",
    "portfolio.calculation_events",
    "portfolio.asset_scores",
    "portfolio.score_history",
];

/// The same of tournaments, of which the stranger gets one that is empty.
const BOARDS: [&str; 5] = [
    "scoreboard.tournaments",
    "scoreboard.matches",
    "scoreboard.members",
    "scoreboard.guesses",
    "scoreboard.entries",
];

const EVENTS: &str = "/api/v1/events";

/// What the stranger knows of another's.
struct Known {
    alert: String,
    tournament: given::Tournament,
    night: String,
}

/// An organization's rows as PostgreSQL writes them, by table, each with the
/// transaction that wrote it: the same text written again is a change, too.
async fn rows_of(
    owner: &Client,
    organization: &str,
    tables: &[&'static str],
) -> BTreeMap<&'static str, Vec<String>> {
    let mut rows = BTreeMap::new();
    for table in tables.iter().copied() {
        let sql = format!(
            "select t.xmin::text || ' ' || t::text from {table} t where t.organization_id = $1 order by 1"
        );
        let found = owner.query(&sql, &[&organization]).await.unwrap();
        rows.insert(table, found.iter().map(|row| row.get(0)).collect());
    }
    rows
}

/// Waits until nothing of the organization is queued or running any more.
async fn at_rest(stack: &Stack, owner: &Client, organization: &str) {
    let sql = "select count(*) filter (where finished_at is null) = 0 and count(*) > 0
      from jobs.job where organization_id = $1";
    until(
        &format!("{organization}'s jobs are done"),
        || stack.story(),
        async || {
            owner.query_one(sql, &[&organization]).await.unwrap().get::<_, bool>(0).then_some(())
        },
    )
    .await;
}

fn put(stack: &Stack, key: &str, contact: &str, features: &Value) {
    let path = format!("/api/v1/scoring/contacts/{contact}/features");
    let answer = stack.call("PUT", &path, Some(key), Some(features));
    assert_eq!(answer.status, 202, "{}", answer.body);
}

/// Events of both contacts, each with a signal and an alert; every organization's
/// have the same ids.
fn events() -> Value {
    let now = Utc::now().to_rfc3339();
    let visit = |contact: &str| {
        json!({"id": format!("evt_{contact}"), "type": "content.PageVisited", "occurredAt": now,
            "data": {"contactId": contact, "url": "https://example.com/pricing"}})
    };
    json!({"events": [visit(SHARED), visit(FOREIGN)]})
}

/// Calls a route of tournaments, naming another's: there is none of that name, and only a
/// tournament of its own is made.
fn call_about_a_tournament(stack: &Stack, rule: &RouteRule, key: &str, of: &given::Tournament) {
    let what = format!("{} {}", rule.method, rule.path);
    let path = rule.path.replace("{tournamentId}", &of.id).replace("{matchId}", &of.match_id);
    let path = path.replace("{memberId}", "ada").replace("{leagueId}", NOTHING);
    let guess = json!({"memberId": "ada", "home": 1, "away": 1});
    let body = match (rule.method, rule.path.rsplit('/').next().unwrap()) {
        ("GET" | "DELETE", _) => None,
        (_, "tournaments" | "leagues" | "{tournamentId}") => Some(json!({"name": "theirs"})),
        (_, "matches") => Some(json!({"matches": [{"externalId": "m", "round": "Final",
            "home": "a", "away": "b", "kickoff": "2099-01-01T00:00:00Z"}]})),
        (_, "result") => Some(json!({"status": "ended", "score": {"ft": [1, 0]}})),
        (_, "guesses") => Some(json!({"guesses": [guess]})),
        (_, "members") => Some(json!({"members": ["ada"]})),
        (_, "{memberId}") if rule.path.contains("guesses") => Some(json!({"home": 1, "away": 1})),
        _ => Some(json!({})),
    };
    let answer = stack.call(rule.method, &path, Some(key), body.as_ref());
    match (rule.method, rule.path.contains("{tournamentId}")) {
        ("GET", false) => assert_eq!(answer.body["items"], json!([]), "{what}"),
        (_, false) => assert_eq!(answer.status, 200, "{what}: {}", answer.body),
        // Of what nobody has seen nothing is changed.
        ("PATCH", true) => is_problem(&answer, 428, "precondition_required", &what),
        (_, true) => {
            let code = answer.body["code"].as_str().unwrap_or_default().to_owned();
            is_problem(&answer, 404, &code, &what);
        }
    }
}

/// Calls a route of portfolios, naming another's user, asset and night: there is none of
/// them, and only a portfolio of its own is made.
fn call_about_a_portfolio(stack: &Stack, rule: &RouteRule, key: &str, night: &str) {
    let what = format!("{} {}", rule.method, rule.path);
    let path = rule.path.replace("{userId}", "ada").replace("{assetId}", "a1");
    let path = path.replace("{id}", night);
    let body = match (rule.method, rule.path.ends_with("/criteria")) {
        ("PUT", true) => Some(json!({"criteria": []})),
        ("PUT", false) => Some(json!({"baseCurrency": "EUR", "assets": []})),
        _ => None,
    };
    let answer = stack.call(rule.method, &path, Some(key), body.as_ref());
    match (rule.method, rule.path.contains('{')) {
        ("GET", false) => assert_eq!(answer.body["items"], json!([]), "{what}"),
        ("PUT", _) => assert_eq!(answer.status, 200, "{what}: {}", answer.body),
        _ => {
            let code = answer.body["code"].as_str().unwrap_or_default().to_owned();
            is_problem(&answer, 404, &code, &what);
        }
    }
}

/// Calls the route with another organization's key.
fn call_as_stranger(stack: &Stack, rule: &RouteRule, key: &str, known: &Known) {
    if rule.path.starts_with("/api/v1/scoreboards/") {
        call_about_a_tournament(stack, rule, key, &known.tournament);
    } else if rule.path.starts_with("/api/v1/portfolio/") {
        call_about_a_portfolio(stack, rule, key, &known.night);
    } else {
        call_about_a_contact(stack, rule, key, &known.alert);
    }
}

/// Calls the route with the key of an organization that has no contact yet, or
/// by now its own, naming the contacts, the events and an alert of another.
fn call_about_a_contact(stack: &Stack, rule: &RouteRule, key: &str, alert: &str) {
    let what = format!("{} {}", rule.method, rule.path);
    let path = rule.path.replace("{contactId}", SHARED).replace("{id}", alert);
    let path = path.replace("{domain}", DOMAINS[0]) + super::days_of(rule);
    let body = match rule.method {
        "PUT" if rule.path.ends_with("/{domain}") => Some(json!({})),
        "POST" if rule.path.ends_with("/reserve") => Some(json!({"count": 1})),
        "PUT" => Some(json!({"hasPhone": true})),
        "POST" if rule.path == EVENTS => Some(events()),
        "POST" if rule.path.ends_with("/acknowledge") => Some(json!({"userId": "user_1"})),
        "POST" => Some(json!({"contactIds": [SHARED, FOREIGN]})),
        _ => None,
    };
    let answer = stack.call(rule.method, &path, Some(key), body.as_ref());
    match what.as_str() {
        "GET /api/v1/scoring/contacts/{contactId}/score"
        | "GET /api/v1/scoring/contacts/{contactId}/score/explain"
        | "GET /api/v1/scoring/contacts/{contactId}/score/history"
        | "GET /api/v1/scoring/contacts/{contactId}/signals" => {
            is_problem(&answer, 404, "contact_not_found", &what);
        }
        "GET /api/v1/scoring/leaderboard"
        | "GET /api/v1/scoring/alerts"
        | "GET /api/v1/warmup/domains"
        | "GET /api/v1/analytics/event-aggregates"
        | "GET /api/v1/analytics/monthly-usage"
        | "GET /api/v1/analytics/campaign-stats"
        | "GET /api/v1/analytics/score-distribution"
        | "GET /api/v1/analytics/enrichment-metrics" => {
            assert_eq!((answer.status, &answer.body["items"]), (200, &json!([])), "{what}");
        }
        "PUT /api/v1/scoring/contacts/{contactId}/features" => {
            assert_eq!((answer.status, &answer.body["inputVersion"]), (202, &json!(1)), "{what}");
        }
        "GET /api/v1/warmup/domains/{domain}" => {
            is_problem(&answer, 404, "domain_not_found", &what);
        }
        "PUT /api/v1/warmup/domains/{domain}" => {
            assert_eq!((answer.status, &answer.body["verifiedAt"]), (200, &Value::Null), "{what}");
        }
        // By now it has one of that name, which is not verified as the other's is.
        "POST /api/v1/warmup/domains/{domain}/reserve" => {
            is_problem(&answer, 409, "domain_not_verified", &what);
        }
        "POST /api/v1/scoring/recalculate" => {
            assert_eq!((answer.status, &answer.body["contacts"]), (202, &json!(2)), "{what}");
        }
        "POST /api/v1/events" => {
            let told = ["accepted", "repeated"].map(|name| &answer.body[name]);
            assert_eq!((answer.status, told), (202, [&json!(2), &json!(0)]), "{what}");
        }
        "POST /api/v1/scoring/alerts/{id}/acknowledge" => {
            is_problem(&answer, 404, "alert_not_found", &what);
        }
        "GET /api/v1/scoring/config" | "GET /api/v1/scoring/signal-config" => {
            assert_eq!((answer.status, &answer.body["version"]), (200, &json!(0)), "{what}");
        }
        "POST /api/v1/scoring/config/preview" => {
            is_problem(&answer, 422, "validation_failed", &what);
        }
        // Of what nobody has seen nothing is changed.
        "PUT /api/v1/scoring/config"
        | "PUT /api/v1/scoring/signal-config"
        | "DELETE /api/v1/scoring/config/draft"
        | "POST /api/v1/scoring/config/publish" => {
            is_problem(&answer, 428, "precondition_required", &what);
        }
        _ => panic!("say here what {what} does with the name of another's contact"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_stay_apart_and_the_operator_sees_the_whole() {
    let stack = Stack::start(Build::Production, &[]).await;
    let (owner, scopes) = (stack.owner().await, [Scope::Read, Scope::Write]);
    let key = stack.organization(&organization("org_a"), &scopes).await;
    let other = stack.organization(&organization("org_b"), &scopes).await;
    for contact in [SHARED, FOREIGN, SHARED] {
        put(&stack, &key, contact, &json!({"hasEmail": true}));
    }
    for domain in DOMAINS {
        let path = format!("/api/v1/warmup/domains/{domain}");
        let answer = stack.call("PUT", &path, Some(&key), Some(&json!({"verified": true})));
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let answer = stack.call("POST", EVENTS, Some(&key), Some(&events()));
    assert_eq!((answer.status, &answer.body["alerts"]), (202, &json!(2)), "{}", answer.body);
    at_rest(&stack, &owner, "org_a").await;
    let alert = "select min(id::text) from scoring.signal_alerts where organization_id = $1";
    let alert = given::text(&owner, alert, "org_a").await.unwrap();
    given::tournament(&owner, "org_a").await;
    let tournament = given::tournament(&owner, "org_a").await;
    for user in ["ada", "bob"] {
        let path = format!("/api/v1/portfolio/users/{user}");
        let body = json!({"baseCurrency": "EUR", "assets": []});
        assert_eq!(stack.call("PUT", &path, Some(&key), Some(&body)).status, 200);
        let (path, body) = (format!("{path}/criteria"), json!({"criteria": []}));
        assert_eq!(stack.call("PUT", &path, Some(&key), Some(&body)).status, 200);
        night::scored(&owner, "org_a", user, "a1").await;
    }
    let night = night::scored(&owner, "org_a", "cy", "a1").await;
    let known = Known { alert, tournament, night };
    let all = [&TABLES[..], &BOARDS[..], &PORTFOLIOS[..]].concat();
    let before = rows_of(&owner, "org_a", &all).await;
    assert!(before.values().all(|rows| rows.len() >= 2), "{before:?}");

    let (reads, writes): (Vec<&RouteRule>, Vec<&RouteRule>) = ROUTES
        .iter()
        .filter(|rule| matches!(rule.access, Access::Organization(_)))
        .partition(|rule| rule.access == Access::Organization(Scope::Read));
    assert!(reads.len() >= 3 && writes.len() >= 2, "the table lost its routes");
    // Reads first, while the stranger has nothing of its own to be shown.
    reads.iter().chain(&writes).for_each(|rule| call_as_stranger(&stack, rule, &other, &known));
    at_rest(&stack, &owner, "org_b").await;
    assert_eq!(
        rows_of(&owner, "org_a", &all).await,
        before,
        "another's requests reached these rows"
    );

    let mut counts: BTreeMap<_, _> = rows_of(&owner, "org_b", &TABLES)
        .await
        .into_iter()
        .map(|(table, rows)| (table, rows.len()))
        .collect();
    // One for the features, at most one more for a contact of each other request,
    // and one for each alert.
    let jobs = counts.remove("jobs.job").unwrap();
    assert_eq!(counts.remove("delivery.sending_domains"), Some(1));
    assert!(counts.values().all(|rows| *rows == 2), "{counts:?}");
    assert!((4..=7).contains(&jobs), "{jobs} jobs");
    let boards = rows_of(&owner, "org_b", &BOARDS).await;
    let boards: Vec<usize> = BOARDS.iter().map(|table| boards[table].len()).collect();
    assert_eq!(boards, [1, 0, 0, 0, 0], "only a tournament of its own");
    let portfolios = rows_of(&owner, "org_b", &PORTFOLIOS).await;
    let portfolios: Vec<usize> = PORTFOLIOS.iter().map(|table| portfolios[table].len()).collect();
    assert_eq!(portfolios, [1, 1, 0, 0, 0, 0], "only a portfolio of its own");
    for (key, fit) in [(&key, 10), (&other, 15)] {
        let path = format!("/api/v1/scoring/contacts/{SHARED}/score");
        let score = stack.call("GET", &path, Some(key), None);
        assert_eq!((score.status, &score.body["fitScore"]), (200, &json!(fit)));
    }
    operator_sees_the_whole(&stack);
}

fn operator_sees_the_whole(stack: &Stack) {
    let queues = stack.call("GET", "/api/v2/admin/queues", Some(ADMIN_TOKEN), None);
    assert_eq!(queues.status, 200, "{}", queues.body);
    assert_eq!(queues.body["queues"][0]["deadLetters"], 0, "{}", queues.body);
    stack.tick();
    let health = stack.call("GET", "/api/monitoring/health", None, None);
    let status = (health.status, &health.body["status"]);
    assert_eq!(status, (200, &json!("healthy")), "{}", health.body);
}

//! What is there before a person comes: an organization with scores, dead letters, runs that
//! wait, and a tick that was done.

use mauntic_domain::ids::OrganizationId;
use mauntic_flows::ports::Scope;
use mauntic_tests::letters::{died, waiting};
use mauntic_tests::stack::{ADMIN_TOKEN, Stack, VIEWER_TOKEN, until};
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::nights;

/// Whose scores, reports and boards are looked at.
const ORGANIZATION: &str = "org_acme";

/// Whose dead letters are replayed all at once.
const CROWD: &str = "org_crowd";

/// Whose draft is discarded and whose alert is taken on.
const SMALL: &str = "org_small";

/// Whose dead letters are being replayed.
const REPLAYED: &str = "org_replayed";

/// The schedule with a past.
const WITH_HISTORY: &str = "match-verifier-5m";

/// What its jobs died of.
const CAUSE: &str = "the provider answered 503 to <script>alert(1)</script>";

/// A system, and what scenarios are told of it.
pub(crate) struct Given {
    pub(crate) stack: Stack,
    pub(crate) told: Value,
}

impl Given {
    /// Starts it.
    pub(crate) async fn make() -> Self {
        let stack = Stack::start_with_console().await;
        let id = |text: &str| OrganizationId::parse(text).unwrap();
        let tenant = stack.organization(&id(ORGANIZATION), &[Scope::Read, Scope::Write]).await;
        let reader = stack.organization(&id(ORGANIZATION), &[Scope::Read]).await;
        stack.organization(&id(CROWD), &[Scope::Read]).await;
        stack.organization(&id(REPLAYED), &[Scope::Read]).await;
        let small = stack.organization(&id(SMALL), &[Scope::Read, Scope::Write]).await;
        stack.tick();
        let owner = stack.owner().await;
        let data = |organization: &str, many: u32| -> Vec<Value> {
            let contact = |nth| json!({"organizationId": organization, "contactId": format!("contact_{nth}")});
            (0..many).map(contact).collect()
        };
        let letters = died(&owner, ORGANIZATION, &data(ORGANIZATION, 4), CAUSE).await;
        died(&owner, CROWD, &data(CROWD, 3), CAUSE).await;
        history(&owner).await;
        owner.execute(BREAKER, &[]).await.unwrap();
        let replayed = died(&owner, REPLAYED, &data(REPLAYED, 5), CAUSE).await;
        let replay = replay(&stack, &replayed.run);
        alert(&stack, &small).await;
        let night_of_some = nights::partial(&stack, &owner, &tenant, ORGANIZATION).await;
        scores(&stack, &tenant).await;
        let tournament = tournament(&stack, &tenant).await;
        let night = "/api/v2/admin/cron/overnight-scoring/run";
        assert_eq!(stack.call("POST", night, Some(ADMIN_TOKEN), None).status, 202);
        let held = waiting(&owner, "scoring-signal-decay", 2).await;
        let told = json!({
            "url": stack.workers.http_url(),
            "pictures": mauntic_local::repository_root().join("target/browser"),
            "operator": ADMIN_TOKEN,
            "viewer": VIEWER_TOKEN,
            "tenant": tenant,
            "small": small,
            "reader": reader,
            "organization": ORGANIZATION,
            "crowd": CROWD,
            "cause": CAUSE,
            "schedule": "scoring-alert-expiry",
            "held": "scoring-signal-decay",
            "quiet": "analytics-monthly-usage",
            "contact": "contact_1",
            "letters": letters.letters.iter().map(|letter| &letter.case).collect::<Vec<_>>(),
            "job": letters.letters[3].job,
            "run": letters.run,
            "waiting": held.run,
            "past": WITH_HISTORY,
            "lead": "lead_0",
            "tournament": tournament,
            "night": night_of_some,
            "replay": replay,
        });
        Self { stack, told }
    }
}

/// The nominal times of a schedule, of each outcome. $1 schedule.
const OCCURRENCES: &str = "insert into jobs.occurrence (job_key, nominal_at, outcome, reason, ordinal, run_id)
  select $1, date_trunc('minute', clock_timestamp(), 'UTC') - n * interval '5 minutes', o.outcome,
    case when o.outcome = 'skipped' then 'paused' end, n,
    case when o.outcome in ('ran', 'late', 'backfilled') then uuidv7() end
  from generate_series(1, 60) n
  cross join lateral (select case when n = 3 then 'missed' when n in (9, 10) then 'late'
    when n between 20 and 23 then 'skipped' when n = 31 then 'backfilled' else 'ran' end) o(outcome)";

/// A dependency that is away.
const BREAKER: &str = "insert into jobs.breaker (name, state, failures, successes, until, version)
  values ('match_provider', 'open', 5, 0, clock_timestamp() + interval '1 h', 1)";

/// A replay of a run's letters, one of them first; its id.
fn replay(stack: &Stack, run: &str) -> String {
    let order = json!({"filter": {"runId": run}, "canary": 1, "reason": "the provider is back"});
    let path = "/api/v2/admin/dlq/replay";
    let answer = stack.call("POST", path, Some(ADMIN_TOKEN), Some(&order));
    assert_eq!(answer.status, 202, "{:?}", answer.body);
    answer.body["replayId"].as_str().unwrap().to_owned()
}

/// An organization with an open alert.
async fn alert(stack: &Stack, key: &str) {
    let seen = json!({"id": "evt_1", "type": "content.PageVisited",
        "occurredAt": chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        "data": {"contactId": "lead_small", "url": "https://example.com/pricing"}});
    let told = json!({"events": [seen]});
    let answer = stack.call("POST", "/api/v1/events", Some(key), Some(&told));
    assert!(answer.status < 300, "{:?}", answer.body);
    until(
        "the alert is open",
        || stack.story(),
        async || {
            let path = "/api/v1/scoring/alerts?status=open";
            let alerts = stack.call("GET", path, Some(key), None).body;
            alerts["items"].as_array().is_some_and(|items| !items.is_empty()).then_some(())
        },
    )
    .await;
}

/// A schedule with a history.
async fn history(owner: &Client) {
    owner.execute(OCCURRENCES, &[&WITH_HISTORY]).await.unwrap();
}

/// An organization's contacts, their signals and scores.
async fn scores(stack: &Stack, key: &str) {
    let say = |method: &str, path: &str, body: Value| {
        let answer = stack.call(method, path, Some(key), Some(&body));
        assert!(answer.status < 300, "{method} {path}: {:?}", answer.body);
        answer.body
    };
    for (nth, seniority) in
        ["vp", "director", "manager", "individual", "c_level"].iter().enumerate()
    {
        let features =
            json!({"hasEmail": true, "seniority": seniority, "demoRequest": nth % 2 == 0});
        say("PUT", &format!("/api/v1/scoring/contacts/lead_{nth}/features"), features);
    }
    let now = chrono::Utc::now();
    let visited = |nth: i64| {
        json!({"id": format!("evt_{nth}"), "type": "content.PageVisited",
            "occurredAt": (now - chrono::TimeDelta::hours(nth * 7)).to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            "data": {"contactId": "lead_0", "url": "https://example.com/pricing"}})
    };
    say("POST", "/api/v1/events", json!({"events": [visited(1), visited(2), visited(3)]}));
    let domain = json!({"verified": true, "schedule": [{"day": 1, "maxEmails": 50}]});
    say("PUT", "/api/v1/warmup/domains/mail.example.com", domain);
    say("POST", "/api/v1/warmup/domains/mail.example.com/reserve", json!({"count": 20}));
    until(
        "the contacts are scored",
        || stack.story(),
        async || {
            let board = stack.call("GET", "/api/v1/scoring/leaderboard", Some(key), None).body;
            let scored = board["items"].as_array().map_or(0, Vec::len);
            (scored == 5).then_some(())
        },
    )
    .await;
}

/// A tournament with a match that was played; its id.
async fn tournament(stack: &Stack, key: &str) -> String {
    let say = |method: &str, path: &str, body: Value| {
        let answer = stack.call(method, path, Some(key), Some(&body));
        assert!(answer.status < 300, "{method} {path}: {:?}", answer.body);
        answer.body
    };
    let made =
        say("POST", "/api/v1/scoreboards/tournaments", json!({"name": "Cup <i>of</i> friends"}));
    let id = made["tournamentId"].as_str().unwrap().to_owned();
    let whole = format!("/api/v1/scoreboards/tournaments/{id}");
    say("POST", &format!("{whole}/members"), json!({"members": ["ada", "bob", "cy"]}));
    let kickoff = (chrono::Utc::now() - chrono::TimeDelta::hours(3)).to_rfc3339();
    let told = json!({"matches": [{"externalId": "m-1", "round": "Final", "home": "Here", "away": "There", "kickoff": kickoff}]});
    let told = say("POST", &format!("{whole}/matches"), told);
    let played = told["items"][0]["matchId"].as_str().unwrap();
    let result = json!({"status": "ended", "score": {"ft": [2, 1]}});
    say("PUT", &format!("{whole}/matches/{played}/result"), result);
    id
}

//! Something for every operator's route: schedules that were judged, a run with
//! a job that waits and one that is dead, its case, and a replay of many.

use chrono::TimeDelta;
use mauntic_domain::ids::MemberId;
use mauntic_domain::jobs::{JobState, JobType};
use mauntic_domain::replays::Terms;
use mauntic_domain::schedules::Settings;
use mauntic_domain::scoreboard::ranks::Kind;
use mauntic_domain::scoreboard::{Chain, Match, Round, Rules};
use mauntic_domain::scoring::Config;
use mauntic_domain::warmup::DomainName;
use mauntic_flows::cron;
use mauntic_flows::ports::{
    Act, CaseFilter, ConfigPart, ConfigStore, ConfigToken, Database, DomainChange, DomainStore,
    MatchPlace, OperatorStore, Ports, ReplayOrder, Tournament, TournamentSettings,
};
use mauntic_sim::store::MemorySession;
use mauntic_sim::store::rows::{JobRow, LetterRow, RunRecord};
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Answer, Call};
use super::world::{OPERATOR_KEY, World, epoch, organization};
use crate::access::RouteRule;

pub(crate) const SCHEDULE: &str = "scoring-batch-recompute";
pub(crate) const QUEUE: &str = "mauntic-scoring-events";
pub(crate) const BREAKER: &str = "alert_webhook";
/// A verified one, of `org_a`.
pub(crate) const DOMAIN: &str = "example.com";

pub(crate) const RUN: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001);
pub(crate) const WAITING: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0002);
pub(crate) const DEAD: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0003);
pub(crate) const CASE: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0004);
pub(crate) const REPLAY: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0005);
pub(crate) const ALERT: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0007);
/// Of `org_a`, with a match that is to come, a league, and a member who is in it.
pub(crate) const TOURNAMENT: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0008);
pub(crate) const MATCH: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0009);
pub(crate) const LEAGUE: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_000a);
pub(crate) const MEMBER: &str = "member_1";
/// A night that scored an asset of `org_a`, and whose it is.
pub(crate) const NIGHT: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_000b);
pub(crate) const HOLDER: &str = "holder_1";
pub(crate) const ASSET: &str = "asset_1";
/// The id of nothing.
pub(crate) const NOTHING: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0006);

/// A call of an operator.
pub(crate) fn get(path: &str) -> Call {
    Call::get(&format!("/api/v2/admin/{path}")).key(OPERATOR_KEY)
}

/// The same, with a body.
pub(crate) fn post(path: &str, body: &Value) -> Call {
    send("POST", path, body)
}

pub(crate) fn send(method: &str, path: &str, body: &Value) -> Call {
    let call = Call::new(method, &format!("/api/v2/admin/{path}")).key(OPERATOR_KEY);
    call.json(body.to_string())
}

/// The path of a rule, with the name of something that is there.
pub(crate) fn path_of(rule: &RouteRule) -> String {
    path_with(rule, None)
}

/// The same; with `name` in every place where it has one.
pub(crate) fn path_with(rule: &RouteRule, name: Option<&str>) -> String {
    let id = match rule.path {
        path if path.contains("/portfolio/") || path.contains("/overnight/") => NIGHT,
        path if path.contains("/runs/{id}") => RUN,
        path if path.contains("/jobs/{id}") => WAITING,
        path if path.contains("/replays/{id}") => REPLAY,
        path if path.contains("/alerts/{id}") => ALERT,
        path if path.contains("/scoreboards/{id}") => TOURNAMENT,
        _ => CASE,
    };
    let [tournament, match_id, league] = [TOURNAMENT, MATCH, LEAGUE].map(|id| id.to_string());
    let mut path = rule.path.to_owned();
    for (place, there) in [
        ("{contactId}", "contact_1"),
        ("{domain}", DOMAIN),
        ("{tournamentId}", &TOURNAMENT.to_string()),
        ("{memberId}", MEMBER),
        ("{jobKey}", SCHEDULE),
        ("{queue}", QUEUE),
        ("{name}", BREAKER),
        ("{tournamentId}", &tournament),
        ("{matchId}", &match_id),
        ("{leagueId}", &league),
        ("{memberId}", MEMBER),
        ("{userId}", HOLDER),
        ("{assetId}", ASSET),
        ("{id}", &id.to_string()),
    ] {
        path = path.replace(place, name.unwrap_or(there));
    }
    path
}

/// What a sound request of a rule needs in its query.
pub(crate) fn query_of(rule: &RouteRule) -> &'static str {
    match (rule.method, rule.path) {
        ("DELETE", _) => "?reason=why",
        (_, path) if path.starts_with("/api/v1/analytics/") => "?from=2026-11-01&to=2026-11-30",
        ("GET", "/api/v2/admin/scoreboards/{id}/verify") => "?organizationId=org_a",
        (_, "/api/v2/admin/cron/preview") => "?expr=0+9+*+*+MON-FRI",
        _ => "",
    }
}

/// Whether a rule changes what its caller must have seen.
pub(crate) fn is_guarded(rule: &RouteRule) -> bool {
    let is_config = rule.path.contains("config") && !rule.path.ends_with("/preview");
    is_config && rule.method != "GET" || is_of_tournament(rule)
}

/// Whether a rule changes a tournament itself.
fn is_of_tournament(rule: &RouteRule) -> bool {
    rule.method == "PATCH" && rule.path.ends_with("/{tournamentId}")
}

/// A sound request of a rule, with what its caller saw.
pub(crate) fn seeing(rule: &RouteRule, call: Call) -> Call {
    match is_guarded(rule) {
        true if is_of_tournament(rule) => call.header("if-match", &tournament_tag()),
        true => call.header("if-match", "\"0.1\""),
        false => call,
    }
}

/// The tag of the tournament that a world with all things has.
pub(crate) fn tournament_tag() -> String {
    let settings = TournamentSettings {
        name: "a tournament".to_owned(),
        provider_id: None,
        ranking: Kind::default(),
        rules: Rules::default(),
        chain: Chain::default(),
    };
    let tournament = Tournament {
        id: TOURNAMENT,
        settings,
        rules_version: 1,
        settled_at: None,
        closed_at: None,
        created_at: epoch(),
    };
    format!("\"{}\"", tournament.tag())
}

/// What a sound request of a rule has for a body.
pub(crate) fn body_of(rule: &RouteRule) -> &'static str {
    match rule.path {
        "/api/v1/scoring/recalculate" => r#"{"contactIds":["contact_1"]}"#,
        "/api/v1/events" => super::events::VISIT,
        "/api/v1/scoring/alerts/{id}/acknowledge" => r#"{"userId":"user_1"}"#,
        "/api/v1/scoring/config" | "/api/v1/scoring/signal-config" => r#"{"entries":[]}"#,
        "/api/v1/warmup/domains/{domain}/reserve" => r#"{"count":10}"#,
        path if path.starts_with("/api/v1/scoreboards/") => of_tournament(rule),
        "/api/v1/portfolio/users/{userId}" => r#"{"baseCurrency":"EUR","assets":[]}"#,
        "/api/v1/portfolio/users/{userId}/criteria" => r#"{"criteria":[]}"#,
        "/api/v2/admin/cron/{jobKey}" => r#"{"paused":true,"note":"why"}"#,
        "/api/v2/admin/queues/{queue}/messages" => r#"{"type":"scoring.Probe"}"#,
        path if path.starts_with("/api/v2/admin/scoreboards/") => r#"{"organizationId":"org_a"}"#,
        "/api/v2/admin/dlq/replay" => r#"{"filter":{}}"#,
        _ => "{}",
    }
}

fn of_tournament(rule: &RouteRule) -> &'static str {
    match (rule.method, rule.path.rsplit('/').next().unwrap_or_default()) {
        ("POST", "matches") => r#"{"matches":[]}"#,
        ("POST", "guesses") => r#"{"guesses":[]}"#,
        ("POST", "members") => r#"{"members":[]}"#,
        ("PUT", "result") => r#"{"status":"ended","score":{"ft":[2,1]}}"#,
        ("PUT", _) if rule.path.contains("/guesses/") => r#"{"home":2,"away":1}"#,
        ("POST" | "PATCH", _) => r#"{"name":"a name"}"#,
        _ => "{}",
    }
}

/// What a world's own things are made by.
fn bootstrap() -> Act {
    Act { actor: "bootstrap".to_owned(), reason: None, request_id: "r".to_owned(), key: None }
}

/// The job of an organization's contact, for the run.
fn job(world: &World, id: Uuid, contact: &str) -> JobRow {
    let data = json!({"organizationId": "org_a", "contactId": contact});
    let now = world.ports.clock.database();
    JobRow {
        organization_id: Some("org_a".to_owned()),
        run_id: Some(RUN),
        ..JobRow::new(id, JobType::CalculateScore, data, now)
    }
}

impl World {
    /// A world with all of them.
    pub(crate) async fn with_things() -> Self {
        let world = Self::new();
        world.put_scoreboard();
        super::portfolio::put_night(&world);
        let schedules = cron::schedules(&Settings::default()).unwrap();
        let report = cron::judge_all(&world.ports, &schedules, None).await.unwrap();
        assert_eq!(report.error, None);
        let now = world.ports.clock.database();
        let run = RunRecord::new(RUN, SCHEDULE.to_owned(), "cron", now);
        assert!(world.store().put_run(run));
        world.store().put_job(job(&world, WAITING, "contact_1"));
        world.put_dead(DEAD, CASE, "contact_2");
        world.put_alert(ALERT, "DEMO_REQUEST");
        let terms = Terms { limit: 10, canary: 0, per_second: 10 };
        let filter = CaseFilter { reason: Some("none".to_owned()), ..CaseFilter::default() };
        let order = ReplayOrder { id: REPLAY, filter, terms };
        world.put_domain(DOMAIN, true).await;
        let session = world.operating().await;
        session.order_replay(&order).await.unwrap();
        for owner in ["org_a", "org_b"].map(organization) {
            let (act, nothing) = (bootstrap(), ConfigToken::default());
            let part = ConfigPart::Factors(Config::default());
            session.save_draft(&owner, &act, nothing, &part).await.unwrap().unwrap();
        }
        world
    }

    /// A tournament of `org_a`.
    pub(crate) fn put_scoreboard(&self) {
        let store = self.store();
        let key = (organization("org_a"), TOURNAMENT);
        store.put_tournament(key.clone(), Rules::default(), Chain::default());
        let (organization_id, tournament_id) = key.clone();
        let place = MatchPlace { organization_id, tournament_id, match_id: MATCH };
        let kickoff = epoch() + TimeDelta::hours(1);
        store.put_match(place, Round::parse("Final").unwrap(), Match::scheduled(kickoff));
        let member = MemberId::parse(MEMBER).unwrap();
        store.put_members(&key, &[(member.clone(), epoch())]);
        store.put_league(&key, LEAGUE, &[member]);
    }

    /// A dead job more of the run, and its case.
    pub(crate) fn put_dead(&self, id: Uuid, case: Uuid, contact: &str) {
        let now = self.ports.clock.database();
        let row = job(self, id, contact);
        let body = row.data.to_string().into_bytes();
        self.store().change_run(RUN, |run| {
            run.counts.total += 1;
            run.counts.dead += 1;
        });
        self.store().put_job(JobRow {
            state: JobState::DeadLettered,
            claim: 3,
            failures: 3,
            finished_at: Some(now),
            last_error: Some("it broke".to_owned()),
            ..row
        });
        self.store().put_letter(LetterRow {
            id: case,
            job_id: Some(id),
            organization_id: Some("org_a".to_owned()),
            type_name: Some(JobType::CalculateScore.name().to_owned()),
            body,
            ..LetterRow::new(QUEUE, "retries_exhausted", "it broke at 12:30", now)
        });
    }

    /// A sending domain of `org_a`, created now.
    pub(crate) async fn put_domain(&self, name: &str, is_verified: bool) {
        let session = self.ports.db().open().await.unwrap();
        let change = DomainChange { verified: Some(is_verified), ..DomainChange::default() };
        let domain = DomainName::parse(name).unwrap();
        session.put_domain(&organization("org_a"), &domain, &change).await.unwrap();
    }

    /// A session of the bootstrap operator.
    pub(crate) async fn operating(&self) -> MemorySession {
        let mut session = self.ports.db().open().await.unwrap();
        session.operate(bootstrap());
        session
    }

    /// The entries of the audit that are not the world's own, oldest first.
    pub(crate) fn audit(&self) -> Vec<Value> {
        let entries: Vec<Value> = self.store().look(|state| {
            let (links, _) = state.audit();
            links.iter().map(|link| serde_json::from_str(&link.entry).unwrap()).collect()
        });
        entries.into_iter().filter(|entry| entry["requestId"] != "r").collect()
    }

    /// Everything but the audit.
    pub(crate) fn rows(&self) -> Value {
        let mut dump = self.store().dump();
        dump.as_object_mut().unwrap().remove("audit");
        dump
    }
}

/// Sends it; it is refused by this code, nothing is changed, and the audit has
/// its one entry, of this action and target.
pub(crate) async fn refused(world: &World, call: Call, code: &str, entry: (&str, &str)) -> Answer {
    let (before, seen, sent) = (world.rows(), world.audit().len(), world.sent());
    let answer = call.send(world).await;
    assert_eq!(answer.code(), code, "{}", answer.body);
    assert_eq!(world.rows(), before);
    assert_eq!(world.sent(), sent);
    let audit = world.audit();
    assert_eq!(audit.len(), seen + 1, "{audit:?}");
    let last = &audit[seen];
    assert_eq!((&last["action"], &last["target"]), (&json!(entry.0), &json!(entry.1)));
    assert_eq!((&last["outcome"], &last["before"]), (&json!(code), &Value::Null));
    assert_eq!(last["requestId"], answer.header("x-request-id"));
    answer
}

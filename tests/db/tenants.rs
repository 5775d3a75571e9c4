//! Row-level security: the HTTP worker's role sees one organization, even
//! where a handler forgot its WHERE (I12).

use mauntic_testkit::database::Role;
use mauntic_tests::world::{World, contact, organization, short, texts};
use serde_json::json;

/// Every table under row-level security.
pub(crate) const TABLES: [&str; 42] = [
    "analytics.campaign_daily_stats",
    "analytics.contact_activity",
    "analytics.daily_score_distribution",
    "analytics.enrichment_metrics",
    "analytics.event_aggregates",
    "delivery.sending_domains",
    "jobs.answer",
    "jobs.event_outbox",
    "jobs.job",
    "jobs.run",
    "lead_intelligence.enrichment_jobs",
    "portfolio.asset_scores",
    "portfolio.assets",
    "portfolio.calculation_events",
    "portfolio.criteria",
    "portfolio.overnight_users",
    "portfolio.score_history",
    "portfolio.users",
    "scoreboard.boards",
    "scoreboard.drift",
    "scoreboard.entries",
    "scoreboard.guesses",
    "scoreboard.histograms",
    "scoreboard.league_members",
    "scoreboard.leagues",
    "scoreboard.match_settlement_ledger",
    "scoreboard.matches",
    "scoreboard.members",
    "scoreboard.point_entries",
    "scoreboard.tournaments",
    "scoreboard.verifications",
    "scoring.contact_features",
    "scoring.config_versions",
    "scoring.scoring_configs",
    "scoring.lead_scores",
    "scoring.score_history",
    "scoring.config_documents",
    "scoring.config_drafts",
    "scoring.event_seen",
    "scoring.intent_signals",
    "scoring.signal_alerts",
    "scoring.signal_configs",
];

/// Rows that nobody but the tables' owner needs, of one organization.
const ROWS: &str = "
  insert into analytics.contact_activity (organization_id, occurred_at, event_id, contact_id, event_type, channel, data)
  values ('{of}', now(), 'e', 'c', 'crm.ContactUpdated', 'crm', '{}');
  insert into delivery.sending_domains (organization_id, domain) values ('{of}', 'a.example');
  insert into analytics.campaign_daily_stats (organization_id, date, campaign_id, sent, delivered, opened, unique_opened,
    clicked, unique_clicked, bounced, complained, unsubscribed)
  values ('{of}', '2026-11-30', 'c', 1, 1, 0, 0, 0, 0, 0, 0, 0);
  insert into analytics.daily_score_distribution (organization_id, date, average, minimum, maximum, p50, p90, p95,
    total_contacts, histogram, grade_a, grade_b, grade_c, grade_d, grade_f)
  values ('{of}', '2026-11-30', 1, 1, 1, 1, 1, 1, 1, array_fill(0::int8, array[20]), 0, 0, 0, 0, 1);
  insert into analytics.enrichment_metrics (organization_id, date, total, succeeded, success_rate)
  values ('{of}', '2026-11-30', 1, 1, 100);
  insert into analytics.event_aggregates (organization_id, date, event_type, channel, event_count, unique_contacts)
  values ('{of}', '2026-11-30', 'crm.ContactUpdated', 'crm', 1, 1);
  insert into lead_intelligence.enrichment_jobs (organization_id, finished_at, event_id, contact_id, succeeded)
  values ('{of}', now(), 'e', 'c', true);
  insert into scoring.config_drafts (organization_id, revision, updated_by) values ('{of}', 1, 'k');
  insert into scoring.event_seen (organization_id, event_id, batch) values ('{of}', 'e', uuidv7());
  insert into scoring.intent_signals (organization_id, contact_id, event_id, signal_type, source, weight, decay_model,
    decay_hours, priority, cap_per_day, detected_at, decayed_at, input_version)
  select '{of}', 'c', 'e', 'T', 'crm', 2, 'linear', 1, 'low', 1, t, t + interval '1 h', 1
  from date_trunc('milliseconds', now()) t;
  insert into scoring.signal_alerts (organization_id, contact_id, signal_type, priority, event_id, due_at)
  values ('{of}', 'c', 'T', 'high', 'e', now() + interval '1 h');
  insert into scoring.signal_configs (organization_id, signal_type, decay_hours, decay_model, enabled)
  values ('{of}', 'T', 1, 'linear', true);
  insert into scoreboard.tournaments (organization_id, id, name, rules, tie_breaks) values ('{of}', '{id}', 't', '{}', '[]');
  insert into scoreboard.matches (organization_id, tournament_id, id, external_id, round, home_team, away_team, kickoff)
  values ('{of}', '{id}', '{id}', 'e', 'r', 'h', 'a', now());
  insert into scoreboard.members (organization_id, tournament_id, member_id) values ('{of}', '{id}', 'm');
  insert into scoreboard.guesses (organization_id, tournament_id, match_id, member_id, home, away)
  values ('{of}', '{id}', '{id}', 'm', 1, 0);
  insert into scoreboard.leagues (organization_id, tournament_id, id, name) values ('{of}', '{id}', '{league}', 'l');
  insert into scoreboard.league_members (organization_id, tournament_id, league_id, member_id)
  values ('{of}', '{id}', '{league}', 'm');
  insert into scoreboard.drift (organization_id, tournament_id, ledger_seq, differences) values ('{of}', '{id}', 0, 0);
  insert into scoreboard.verifications (job_id, attempt, organization_id, match_id, fetched_at, outcome, reason, result_version)
  values (uuidv7(), 1, '{of}', '{id}', now(), 'noop', 'not_ended', 0);
  insert into scoreboard.match_settlement_ledger (organization_id, tournament_id, entry, result, job_id, attempt)
  values ('{of}', '{id}', '{\"matchId\":\"{id}\",\"resultVersion\":1,\"status\":\"applied\"}', '{\"ft\":[1,0]}', uuidv7(), 1);
  insert into scoreboard.point_entries (organization_id, tournament_id, seq, member_id, points_e4, exact_hits, right_outcomes)
  values ('{of}', '{id}', 1, 'm', 50000, 1, 1);
  insert into portfolio.users (organization_id, user_id, base_currency) values ('{of}', 'u', 'EUR');
  insert into portfolio.assets (organization_id, user_id, asset_id, symbol, market) values ('{of}', 'u', 'a', 'S', 'M');
  insert into portfolio.criteria (organization_id, user_id, version, rules) values ('{of}', 'u', 1, '[]');
  insert into portfolio.overnight_users (run_id, organization_id, user_id, chunk) values ('{id}', '{of}', 'u', 0);
  insert into portfolio.calculation_events (run_id, organization_id, user_id, seq, kind, correlation_id, at, body)
  values ('{id}', '{of}', 'u', 1, 'CALC_STARTED', uuidv7(), now(), '{}');
  insert into portfolio.asset_scores (organization_id, user_id, asset_id, symbol, score, maximum, percentage,
    criteria_version, run_id, scored_at)
  values ('{of}', 'u', 'a', 'S', 1.0000, 2.0000, 50.0000, 1, '{id}', now());
  insert into portfolio.score_history (organization_id, user_id, asset_id, night_at, run_id, symbol, score, maximum,
    percentage, criteria_version, scored_at)
  values ('{of}', 'u', 'a', now(), '{id}', 'S', 1.0000, 2.0000, 50.0000, 1, now());";

/// Of a tournament, and of what is in it.
const TOURNAMENT: &str = "019c7a00-3333-7000-8000-000000000001";
const LEAGUE: &str = "019c7a00-3333-7000-8000-000000000002";

async fn two_organizations() -> World {
    let world = World::new().await;
    let entries: Vec<_> =
        serde_json::from_value(json!([{"category": "fit", "factor": "vip", "weight": 1}])).unwrap();
    for name in ["org_a", "org_b"] {
        let owner = organization(name);
        world.contacts(&owner, &[contact("c", &json!({"hasEmail": true}))]).await;
        mauntic_store::admin::replace_config(&world.owner, &owner, &entries).await.unwrap();
        let answer = "insert into jobs.answer (holder, key, organization_id, fingerprint, answer)
          values ('a key of ' || $1, 'k', $1, sha256(''), '[]')";
        world.owner.execute(answer, &[&name]).await.unwrap();
        let rows = ROWS.replace("{of}", name);
        let rows = rows.replace("{id}", TOURNAMENT).replace("{league}", LEAGUE);
        world.owner.batch_execute(&rows).await.unwrap();
    }
    // An operator's, which no organization may see.
    let answer = "insert into jobs.answer (holder, key, fingerprint, answer)
      values ('bootstrap', 'k', sha256(''), '[]')";
    world.owner.execute(answer, &[]).await.unwrap();
    world.consume("m", &texts([short("org_a", "c"), short("org_b", "c")])).await;
    world
}

#[tokio::test]
async fn a_handler_that_forgot_its_where_sees_one_organization() {
    let world = two_organizations().await;
    let http = world.database.connect(Role::Http).await.unwrap();
    for table in TABLES {
        for (organization, is_shown) in
            [(None, false), (Some("org_a"), true), (Some("nobody"), false), (Some(""), false)]
        {
            // An operator used the connection before.
            let operated = format!(
                "begin; set local role mauntic_operator; select count(*) from {table}; commit"
            );
            // It may what the queue worker may, which is not to read every table.
            if http.batch_execute(&operated).await.is_err() {
                http.batch_execute("rollback").await.unwrap();
            }
            http.batch_execute("begin").await.unwrap();
            if let Some(organization) = organization {
                http.execute("select set_config('app.organization', $1, true)", &[&organization])
                    .await
                    .unwrap();
            }
            let sql = format!(
                "select count(*), count(*) filter (where organization_id = 'org_a') from {table}"
            );
            // What it may only write it cannot see at all.
            let row = match http.query_one(&sql, &[]).await {
                Err(error) if error.code().is_some_and(|code| code.code() == "42501") => {
                    http.batch_execute("rollback").await.unwrap();
                    assert_eq!(table, "jobs.event_outbox");
                    continue;
                }
                answer => answer.unwrap(),
            };
            http.batch_execute("commit").await.unwrap();
            let (seen, own): (i64, i64) = (row.get(0), row.get(1));
            assert_eq!((seen, seen > 0), (own, is_shown), "{table} {organization:?}");
        }
    }
}

/// What the role tries for `org_a`, and whether that is refused; else it finds no row.
const WRITES: [(&str, bool); 42] = [
    (
        "insert into scoring.contact_features (organization_id, contact_id, features) values ('org_b', 'x', '{}')",
        true,
    ),
    (
        "insert into jobs.job (organization_id, queue, type, data, failures_max) values ('org_b', 'q', 't', '{}', 1)",
        true,
    ),
    ("update scoring.contact_features set features = '{}' where organization_id = 'org_b'", false),
    (
        "update scoring.contact_features set organization_id = 'org_b' where organization_id = 'org_a'",
        true,
    ),
    ("update scoring.lead_scores set grade = 'A'", true),
    ("update jobs.job set state = 'queued'", true),
    ("delete from jobs.job", true),
    (
        "insert into jobs.answer (holder, key, organization_id, fingerprint, answer)
         values ('h', 'k', 'org_b', sha256(''), '[]')",
        true,
    ),
    (
        "insert into jobs.answer (holder, key, fingerprint, answer)
         values ('h', 'k', sha256(''), '[]')",
        true,
    ),
    ("update jobs.answer set answer = '{}' where organization_id is null", false),
    (
        "insert into jobs.event_outbox (organization_id, type, data) values ('org_b', 't', '{}')",
        true,
    ),
    (
        "insert into scoring.event_seen (organization_id, event_id, batch) values ('org_b', 'x', uuidv7())",
        true,
    ),
    ("update scoring.intent_signals set counted = false where organization_id = 'org_b'", false),
    ("update scoring.intent_signals set weight = 9", true),
    (
        "update scoring.signal_alerts set status = 'acknowledged', acknowledged_at = now(),
           acknowledged_by = 'u' where organization_id = 'org_b'",
        false,
    ),
    ("delete from scoring.signal_configs where organization_id = 'org_b'", false),
    ("update scoring.config_drafts set revision = 9 where organization_id = 'org_b'", false),
    ("update jobs.run set status = 'cancelled'", true),
    ("update analytics.event_aggregates set event_count = 9", true),
    (
        "insert into delivery.sending_domains (organization_id, domain) values ('org_b', 'b.example')",
        true,
    ),
    (
        "update delivery.sending_domains set verified_at = now() where organization_id = 'org_b'",
        false,
    ),
    ("delete from delivery.sending_domains", true),
    ("update scoreboard.entries set points_e4 = 9", true),
    ("update scoreboard.tournaments set ledger_seq = 9", true),
    (
        "insert into scoreboard.match_settlement_ledger (organization_id, tournament_id, entry, result, job_id, attempt)
         values ('org_a', uuidv7(), '{}', '{}', uuidv7(), 1)",
        true,
    ),
    (
        "insert into scoreboard.tournaments (organization_id, name, rules, tie_breaks)
         values ('org_b', 't', '{}', '[]')",
        true,
    ),
    (
        "insert into scoreboard.members (organization_id, tournament_id, member_id)
         values ('org_b', '019c7a00-3333-7000-8000-000000000001', 'x')",
        true,
    ),
    ("update scoreboard.tournaments set name = 'x' where organization_id = 'org_b'", false),
    ("update scoreboard.tournaments set closed_seq = 1", true),
    ("update scoreboard.matches set kickoff = now() where organization_id = 'org_b'", false),
    ("update scoreboard.matches set settled_version = 9", true),
    ("update scoreboard.guesses set home = 9 where organization_id = 'org_b'", false),
    ("update scoreboard.leagues set board = true", true),
    ("delete from scoreboard.league_members where organization_id = 'org_b'", false),
    ("update portfolio.users set active = false where organization_id = 'org_b'", false),
    ("update portfolio.users set scored_at = now()", true),
    (
        "insert into portfolio.users (organization_id, user_id, base_currency)
         values ('org_b', 'x', 'EUR')",
        true,
    ),
    ("delete from portfolio.assets where organization_id = 'org_b'", false),
    (
        "insert into portfolio.criteria (organization_id, user_id, version, rules)
         values ('org_b', 'u', 2, '[]')",
        true,
    ),
    ("update portfolio.asset_scores set score = 2.0000", true),
    ("delete from portfolio.calculation_events", true),
    ("select metrics from portfolio.overnight_job_runs", true),
];

#[tokio::test]
async fn one_organization_cannot_write_anothers_rows() {
    let world = two_organizations().await;
    let http = world.database.connect(Role::Http).await.unwrap();
    let scope = "begin; select set_config('app.organization', 'org_a', true)";
    for (sql, refused) in WRITES {
        http.batch_execute(scope).await.unwrap();
        let outcome = http.execute(sql, &[]).await;
        http.batch_execute("rollback").await.unwrap();
        match outcome {
            Err(error) => {
                assert!(refused && error.code().unwrap().code() == "42501", "{sql}: {error:?}")
            }
            Ok(rows) => assert!(!refused && rows == 0, "{sql}: {rows} rows"),
        }
    }
}

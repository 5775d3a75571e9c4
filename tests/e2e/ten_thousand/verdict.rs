//! What must be true in the end, read from the database itself.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use mauntic_domain::points::PointsE4;
use mauntic_domain::schedules::{Cron, REGISTRY};
use mauntic_domain::scoring::{Category, Config, Context, score};
use mauntic_tests::say::say;
use mauntic_tests::stack::Stack;
use serde_json::{Value, json};
use tokio_postgres::Row;

use super::load::{FOREIGN, Load, POISON};
use crate::webhook::Webhook;

pub(super) async fn rows(stack: &Stack, sql: &str) -> Vec<Row> {
    stack.owner().await.query(sql, &[]).await.unwrap()
}

pub(super) async fn count(stack: &Stack, sql: &str) -> i64 {
    rows(stack, sql).await[0].get(0)
}

/// Nothing may be found.
async fn none(stack: &Stack, what: &str, sql: &str) {
    let sql = format!("select t::text from ({sql}) t limit 20");
    let found: Vec<String> = rows(stack, &sql).await.iter().map(|row| row.get(0)).collect();
    assert!(found.is_empty(), "{what}: {found:#?}");
}

pub(super) async fn jobs_are_final(stack: &Stack, wanted: usize) {
    let jobs = count(stack, "select count(*) from jobs.job").await;
    assert!(usize::try_from(jobs).unwrap() >= wanted, "{jobs} jobs");
    let sql = format!(
        "select j.id, j.type, j.state, j.data, j.last_error from jobs.job j
         where j.state <> 'completed' and j.type <> '{FOREIGN}'
           and j.data->>'contactId' is distinct from '{POISON}'"
    );
    none(stack, "not completed", &sql).await;
    let poison = format!(
        "select j.state, d.reason from jobs.job j join jobs.dead_letter d on d.job_id = j.id
         where j.data->>'contactId' = '{POISON}'"
    );
    let poison = rows(stack, &poison).await;
    let [poison] = &poison[..] else { panic!("{} letters of the poison job", poison.len()) };
    let (state, reason): (String, String) = (poison.get(0), poison.get(1));
    assert_eq!(state, "dead_lettered");
    assert!(["lease_expired", "isolate_killed"].contains(&reason.as_str()), "{reason}");
    let foreign = format!(
        "select count(*) from jobs.job where type = '{FOREIGN}' and state = 'queued'
         and snooze_reason = 'another_build' and claim = 0 and failures = 0"
    );
    assert_eq!(count(stack, &foreign).await, 1, "the other build's job waits for it");
}

pub(super) async fn effects_happened_once(stack: &Stack) {
    let sql = "select j.id, j.type, count(c.job_id) from jobs.job j
      left join public.completions c on c.job_id = j.id
      group by j.id having count(c.job_id) <> (j.state = 'completed')::int4";
    none(stack, "completed not once", sql).await;
    let sql = "select w.*, count(*) from public.score_writes w
      group by w.job_id, w.organization_id, w.contact_id having count(*) > 1";
    none(stack, "a job wrote a score twice", sql).await;
    let sql = "select w.* from public.score_writes w
      where not exists (select from public.completions c where c.job_id = w.job_id)";
    none(stack, "a score without its job's completion", sql).await;
}

pub(super) async fn scores_follow_the_rules(stack: &Stack, load: &Load) {
    let sql = "select s.organization_id, s.contact_id, (s.total_score * 10000)::bigint,
        (s.fit_score * 10000)::bigint, (s.engagement_score * 10000)::bigint,
        (s.intent_score * 10000)::bigint, s.grade, s.contributions::text,
        s.input_version = f.input_version and s.config_version = c.version
      from scoring.lead_scores s join scoring.contact_features f using (organization_id, contact_id)
      join scoring.config_versions c using (organization_id)";
    let found: BTreeMap<(String, String), Row> =
        rows(stack, sql).await.into_iter().map(|row| ((row.get(0), row.get(1)), row)).collect();
    assert_eq!(found.len(), load.features.len(), "every contact has a score");
    let scores = count(stack, "select count(*) from scoring.lead_scores").await;
    assert_eq!(usize::try_from(scores).unwrap(), found.len(), "a score of nobody");
    for ((tenant, contact), document) in &load.features {
        let tenant = &load.tenants[*tenant];
        let row = &found[&(tenant.id.to_string(), contact.clone())];
        let features = serde_json::from_value(document.clone()).unwrap();
        let config = Config::new(serde_json::from_value(tenant.config.clone()).unwrap()).unwrap();
        let wanted = score(&features, &config, &Context::default(), PointsE4::ZERO);
        let points = [wanted.total()].into_iter().chain(
            [Category::Fit, Category::Engagement, Category::Intent].map(|c| wanted.category(c)),
        );
        let points: Vec<i64> = points.map(PointsE4::e4).collect();
        let stored: Vec<i64> = (2..6).map(|at| row.get(at)).collect();
        assert_eq!(stored, points, "{} {contact}: {document}", tenant.id);
        assert_eq!(json!(row.get::<_, String>(6)), json!(wanted.grade()), "{contact}");
        let contributions: Value = serde_json::from_str(row.get(7)).unwrap();
        assert_eq!(contributions, json!(wanted.contributions()), "{contact}");
        assert!(row.get::<_, bool>(8), "{} {contact}: not of the latest version", tenant.id);
    }
}

pub(super) async fn runs_add_up(stack: &Stack) {
    let sql = "select r.id, r.job_key, r.status, r.jobs_total, r.jobs_done, r.jobs_dead, counted.*
      from jobs.run r cross join lateral (
        select count(*) as total, count(*) filter (where j.state = 'completed') as done,
               count(*) filter (where j.state = 'dead_lettered') as dead
        from jobs.job j where j.run_id = r.id) counted
      where r.status = 'running' or r.jobs_total <> counted.total or r.jobs_done <> counted.done
         or r.jobs_dead <> counted.dead or r.jobs_cancelled <> 0
         or r.status <> jobs.run_status(r.jobs_total, r.jobs_done, r.jobs_dead, 0)";
    none(stack, "a run does not add up", sql).await;
    let recomputes =
        "select count(*) from jobs.run where jobs_total > 1 and jobs_done = jobs_total";
    assert!(count(stack, recomputes).await >= 2, "a recompute had no chunks");
}

pub(super) async fn letters_are_single(stack: &Stack, load: &Load) {
    let sql = "select d.message_id, d.reason = 'idempotency_conflict' from jobs.dead_letter d
      where d.message_id is not null";
    let (mut bad, mut conflicts) = (Vec::new(), Vec::new());
    for row in rows(stack, sql).await {
        if row.get(1) { &mut conflicts } else { &mut bad }.push(row.get::<_, String>(0));
    }
    let total = count(stack, "select count(*) from jobs.dead_letter").await;
    let of_messages = bad.len() + conflicts.len();
    assert_eq!(usize::try_from(total).unwrap(), of_messages + 1, "the poison's is the only other");
    let as_sent = |mut found: Vec<String>, sent: &BTreeSet<String>, what: &str| {
        found.sort();
        assert_eq!(found, sent.iter().cloned().collect::<Vec<_>>(), "{what}");
    };
    as_sent(bad, &load.bad, "bad bodies");
    as_sent(conflicts, &load.conflicts, "keys for another content");
}

pub(super) async fn keys_stand_for_one_job(stack: &Stack, load: &Load) {
    let sql = "select j.idempotency_key from jobs.job j where j.idempotency_key is not null";
    let mut found: Vec<String> = rows(stack, sql).await.iter().map(|row| row.get(0)).collect();
    found.sort();
    assert_eq!(found, load.keys.keys().cloned().collect::<Vec<_>>());
}

pub(super) async fn alerts_were_told(stack: &Stack, load: &Load, webhook: &Webhook) {
    let (told, calls) = (webhook.ids(), webhook.calls().len());
    say(format_args!("{} alerts told in {calls} calls", told.len()));
    assert_eq!(told.keys().cloned().collect::<BTreeSet<_>>(), load.alerts);
    assert!(calls > told.len(), "the webhook never failed");
    let sql = "select split_part(subject, ':', 2), id::text from jobs.notification
      where state = 'sent'";
    let sent: BTreeMap<String, BTreeSet<String>> = rows(stack, sql)
        .await
        .iter()
        .map(|row| (row.get(0), BTreeSet::from([row.get(1)])))
        .collect();
    assert_eq!(told, sent, "each alert under the one id of the ledger");
}

pub(super) async fn times_were_judged_once(
    stack: &Stack,
    judged_from: &BTreeMap<String, DateTime<Utc>>,
) {
    let mut occurrences = BTreeMap::<String, Vec<DateTime<Utc>>>::new();
    let sql = "select job_key, nominal_at from jobs.occurrence order by nominal_at";
    for row in rows(stack, sql).await {
        occurrences.entry(row.get(0)).or_default().push(row.get(1));
    }
    let schedules = rows(stack, "select job_key, cron, judged_until from jobs.schedule").await;
    assert_eq!(schedules.len(), REGISTRY.len());
    for row in &schedules {
        let (key, until): (String, DateTime<Utc>) = (row.get(0), row.get(2));
        let cron = Cron::parse(row.get(1)).unwrap();
        let next = |time: &DateTime<Utc>| cron.next_after(*time).filter(|next| *next <= until);
        let due: Vec<_> = std::iter::successors(next(&judged_from[&key]), next).collect();
        assert_eq!(occurrences.remove(&key).unwrap_or_default(), due, "{key}");
    }
    none(
        stack,
        "occurrences and runs are not one to one",
        "select o.job_key, o.nominal_at, o.outcome, r.id from jobs.occurrence o
         full join (select * from jobs.run where trigger = 'schedule') r
           on r.id = o.run_id and r.job_key = o.job_key and r.scheduled_for = o.nominal_at
         where (o.run_id is not null or o.job_key is null) and (r.id is null or o.job_key is null)",
    )
    .await;
    let ran = "select count(*) from jobs.occurrence where run_id is not null";
    assert!(count(stack, ran).await >= 1, "no occurrence started a run");
}

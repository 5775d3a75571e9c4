//! The roll-ups of analytics in workerd: each by its cron trigger and by a short
//! message, counting what a recount in SQL counts.

use chrono::{DateTime, Days, TimeDelta, Utc};
use mauntic_domain::analytics::{RollUp, midnight};
use mauntic_flows::ports::Scope;
use mauntic_local::workers::{Body, Build, Worker};
use mauntic_tests::stack::{Stack, until};
use mauntic_tests::world::organization;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::operations::given::count;

/// A recount, and what it is compared with: $1 the first day that is counted in any
/// case, $2 the day after the last one.
const RECOUNTS: [(RollUp, &str, &str); 5] = [
    (
        RollUp::AggregateHourly,
        "select organization_id, (occurred_at at time zone 'UTC')::date, event_type, channel,
           count(*), count(distinct contact_id)
         from analytics.contact_activity where $1 < $2 group by 1, 2, 3, 4",
        "select organization_id, date, event_type, channel, event_count, unique_contacts
         from analytics.event_aggregates where channel <> 'monthly_summary'",
    ),
    (
        RollUp::GenerateDailyReports,
        "select organization_id, $1, campaign_id,
           count(*) filter (where event_type = 'delivery.MessageSent'),
           count(distinct contact_id) filter (where event_type = 'delivery.MessageOpened')
         from analytics.contact_activity
         where campaign_id is not null and (occurred_at at time zone 'UTC')::date >= $1
           and (occurred_at at time zone 'UTC')::date < $2
         group by 1, 2, 3",
        "select organization_id, date, campaign_id, sent, unique_opened
         from analytics.campaign_daily_stats where date = $1",
    ),
    (
        RollUp::MonthlyUsageSummary,
        "select organization_id, $1, 'monthly:' || event_type, count(*), count(distinct contact_id)
         from analytics.contact_activity
         where (occurred_at at time zone 'UTC')::date >= $1
           and (occurred_at at time zone 'UTC')::date < $2
         group by 1, 2, 3",
        "select organization_id, date, event_type, event_count, unique_contacts
         from analytics.event_aggregates where channel = 'monthly_summary' and date = $1",
    ),
    (
        RollUp::ScoreDistribution,
        "select organization_id, $1, round(avg(total_score), 2), count(*)
         from scoring.score_history where day = $1 and $1 < $2 group by 1",
        "select organization_id, date, average, total_contacts
         from analytics.daily_score_distribution where date = $1",
    ),
    (
        RollUp::EnrichmentMetrics,
        "select organization_id, $1, count(*), round(avg(cost), 4)
         from lead_intelligence.enrichment_jobs
         where (finished_at at time zone 'UTC')::date >= $1
           and (finished_at at time zone 'UTC')::date < $2
         group by 1",
        "select organization_id, date, total, average_cost
         from analytics.enrichment_metrics where date = $1",
    ),
];

/// What the roll-ups have written, with what every write of it moves.
const WRITTEN: &str = "select concat(
    (select string_agg(t::text || t.xmin::text, ' ' order by t.*) from analytics.event_aggregates t),
    (select string_agg(t::text || t.xmin::text, ' ' order by t.*) from analytics.campaign_daily_stats t),
    (select string_agg(t::text || t.xmin::text, ' ' order by t.*) from analytics.daily_score_distribution t),
    (select string_agg(t::text || t.xmin::text, ' ' order by t.*) from analytics.enrichment_metrics t))";

const FORGET: &str = "truncate analytics.event_aggregates, analytics.campaign_daily_stats,
    analytics.daily_score_distribution, analytics.enrichment_metrics";

/// The time that each roll-up is done for.
fn nominal(of: RollUp, now: DateTime<Utc>) -> DateTime<Utc> {
    of.cron().unwrap().previous(now).unwrap()
}

/// Days at whose noon something happens: what is counted in any case has one.
fn events(now: DateTime<Utc>) -> Vec<Value> {
    let of = |n: usize, name: &str, at: DateTime<Utc>, data: Value| {
        let mut data = data;
        data["contactId"] = json!(format!("c{}", n % 3));
        json!({"id": format!("e{n}"), "type": name, "occurredAt": at, "data": data})
    };
    let mut events = Vec::new();
    for roll_up in RollUp::ALL {
        let whole = roll_up.window(nominal(roll_up, now)).whole;
        let last = whole.map_or(now.date_naive() - Days::new(1), |days| days.end - Days::new(1));
        let at = midnight(last) + TimeDelta::hours(12);
        for (name, data) in [
            ("delivery.MessageSent", json!({"campaignId": "k-1"})),
            ("delivery.MessageSent", json!({"campaignId": "k-1"})),
            ("delivery.MessageOpened", json!({"campaignId": "k-1"})),
            ("content.PageVisited", json!({"url": "/blog"})),
            ("enrichment.JobFinished", json!({"status": "succeeded", "cost": 0.5})),
        ] {
            events.push(of(events.len(), name, at, data));
        }
    }
    events
}

async fn equals_a_recount(owner: &Client, now: DateTime<Utc>) {
    for (of, counted, stored) in RECOUNTS {
        let whole = of.window(nominal(of, now)).whole;
        let whole = whole.unwrap_or_else(|| now.date_naive()..now.date_naive() + Days::new(1));
        let (one, other) = (counted, stored);
        let sql = format!(
            "with days as (select $1::date, $2::date), counted as ({one}), stored as ({other})
             select (select count(*) from stored), (select count(*) from (
               (table counted except table stored) union all (table stored except table counted)) d)"
        );
        let row = owner.query_one(&sql, &[&whole.start, &whole.end]).await.unwrap();
        let (rows, different): (i64, i64) = (row.get(0), row.get(1));
        assert!(rows > 0 && different == 0, "{of:?}: {different} of {rows} rows differ");
    }
}

/// Waits until so many jobs of each roll-up are done.
async fn until_done(stack: &Stack, owner: &Client, times: i64) {
    let sql = "select count(*) from jobs.job where type = $1 and state = 'completed'";
    for of in RollUp::ALL {
        until(
            &format!("{} is done {times} times", of.name()),
            || stack.story(),
            async || {
                stack.tick();
                let done: i64 = owner.query_one(sql, &[&of.name()]).await.unwrap().get(0);
                (done >= times).then_some(())
            },
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roll_ups_by_trigger_and_by_message_equal_a_recount() {
    let stack = Stack::start(Build::Production, &[("ENABLE_ANALYTICS_CRON", "true")]).await;
    let owner = stack.owner().await;
    let key = stack.organization(&organization("org_a"), &[Scope::Write]).await;
    // The first tick writes the schedules down.
    stack.tick();
    let now = owner.query_one("select clock_timestamp()", &[]).await.unwrap().get(0);
    let body = json!({ "events": events(now) });
    let answer = stack.call("POST", "/api/v1/events", Some(&key), Some(&body));
    assert_eq!(answer.status, 202, "{}", answer.body);
    // They came half an hour before the last full hour.
    let received = nominal(RollUp::AggregateHourly, now) - TimeDelta::minutes(30);
    for table in ["analytics.contact_activity", "lead_intelligence.enrichment_jobs"] {
        let sql = format!("update {table} set received_at = $1");
        assert!(owner.execute(&sql, &[&received]).await.unwrap() > 0, "{table}");
    }
    let scored = nominal(RollUp::ScoreDistribution, now).date_naive() - Days::new(1);
    let sql = "with scored as (
        insert into scoring.lead_scores (organization_id, contact_id, total_score, grade, fit_score,
          engagement_score, intent_score, contributions, input_version, config_version, job_id,
          calculated_at)
        select 'org_a', 'c' || n, n, 'F', n, 0, 0, '[]', 1, 0, gen_random_uuid(), now()
        from generate_series(1, 9) n returning *
      )
      insert into scoring.score_history (organization_id, contact_id, day, total_score, grade,
        fit_score, engagement_score, intent_score, updated_at)
      select organization_id, contact_id, $1, total_score, grade, fit_score, 0, 0, now()
      from scored";
    owner.execute(sql, &[&scored]).await.unwrap();

    for of in RollUp::ALL {
        let (cron, at) = (of.cron().unwrap(), nominal(of, now));
        let behind = "update jobs.schedule set judged_until = $1 - interval '1 min'
          where job_key in (select job_key from jobs.schedule where cron = $2)
            and job_key like 'analytics-%' and judged_until > $1";
        owner.execute(behind, &[&at, &cron.as_str()]).await.unwrap();
        let fired = stack.workers.scheduled(Worker::Queue, cron.as_str(), at.timestamp_millis());
        fired.unwrap();
    }
    until_done(&stack, &owner, 1).await;
    equals_a_recount(&owner, now).await;
    let late = "select count(*) from jobs.job where type like 'analytics.%'
      and scheduled_for is not null and run_id is not null";
    assert!(count(&owner, late).await >= 5, "started by their schedules");

    owner.batch_execute(FORGET).await.unwrap();
    let short = |of: RollUp| Body::Text(json!({ "type": of.name() }).to_string());
    let shorts = RollUp::ALL.map(short);
    stack.workers.send("mauntic-analytics-jobs", &shorts).unwrap();
    until_done(&stack, &owner, 2).await;
    equals_a_recount(&owner, now).await;

    let written = async || owner.query_one(WRITTEN, &[]).await.unwrap().get::<_, String>(0);
    let before = written().await;
    stack.workers.send("mauntic-analytics-jobs", &shorts).unwrap();
    until_done(&stack, &owner, 3).await;
    assert_eq!(written().await, before, "once more changes no row");
    let dead = "select count(*) from jobs.dead_letter";
    assert_eq!(count(&owner, dead).await, 0);
}

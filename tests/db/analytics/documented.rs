//! The recounts that `docs/analytics.md` shows: they find nothing where nothing is
//! wrong, and what is.

use chrono::{Days, TimeDelta};

use super::*;
use crate::duties::session;

/// What the docs show, in their order, and how its table goes wrong.
const RECOUNTS: [(RollUp, [&str; 2]); 5] = [
    (
        RollUp::AggregateHourly,
        [
            "update analytics.event_aggregates set event_count = event_count + 1
             where channel = 'content'",
            "delete from analytics.event_aggregates where channel = 'content'",
        ],
    ),
    (
        RollUp::GenerateDailyReports,
        [
            "update analytics.campaign_daily_stats set delivered = delivered + 1",
            "delete from analytics.campaign_daily_stats",
        ],
    ),
    (
        RollUp::MonthlyUsageSummary,
        [
            "update analytics.event_aggregates set event_count = event_count + 1
             where channel = 'monthly_summary'",
            "delete from analytics.event_aggregates where channel = 'monthly_summary'",
        ],
    ),
    (
        RollUp::ScoreDistribution,
        [
            "update analytics.daily_score_distribution
             set histogram[1] = histogram[1] + 1, histogram[2] = histogram[2] - 1",
            "delete from analytics.daily_score_distribution",
        ],
    ),
    (
        RollUp::EnrichmentMetrics,
        [
            "update analytics.enrichment_metrics set cost_total = cost_total + total",
            "delete from analytics.enrichment_metrics",
        ],
    ),
];

/// A visit, a message and an enrichment job on each of the days that an event may be
/// late, taken in during the last hour that is over, $1; and scores of two days ago.
const HAPPENED: &str = "
    insert into analytics.contact_activity (organization_id, occurred_at, event_id, contact_id,
      event_type, channel, campaign_id, data, received_at)
    select 'org_1', $1::timestamptz - d * interval '1 day', kind || d, 'c' || d % 3, kind,
      split_part(kind, '.', 1), case when kind like 'delivery%' then 'k-1' end, '{}', $1
    from generate_series(0, 34) d,
      unnest(array['content.PageVisited', 'delivery.MessageSent', 'delivery.MessageOpened']) kind";
const ENRICHED: &str = "
    insert into lead_intelligence.enrichment_jobs (organization_id, finished_at, event_id,
      contact_id, succeeded, cost, freshness_hours, received_at)
    select 'org_1', $1::timestamptz - d * interval '1 day', 'e' || d, 'c', d % 2 = 0, d, d, $1
    from generate_series(0, 34) d";
const SCORED: &str = "
    with scored as (
      insert into scoring.lead_scores (organization_id, contact_id, total_score, grade, fit_score,
        engagement_score, intent_score, contributions, input_version, config_version, job_id,
        calculated_at)
      select 'org_1', 'c' || n, n, 'F', n, 0, 0, '[]', 1, 0, gen_random_uuid(), now()
      from generate_series(1, 9) n returning *
    )
    insert into scoring.score_history (organization_id, contact_id, day, total_score, grade,
      fit_score, engagement_score, intent_score, updated_at)
    select organization_id, contact_id, ($1::timestamptz at time zone 'UTC')::date - 2, total_score,
      grade, fit_score, 0, 0, now()
    from scored";

/// The statements of the section.
fn documented() -> Vec<String> {
    let text = include_str!("../../../docs/analytics.md");
    let section = text.split("## Verifying").nth(1).and_then(|rest| rest.split("\n## ").next());
    let blocks = section.expect("a section").split("```sql").skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn the_recounts_of_the_docs_find_what_is_wrong_and_nothing_else() {
    let world = World::new().await;
    let now: DateTime<Utc> =
        world.owner.query_one("select clock_timestamp()", &[]).await.unwrap().get(0);
    let hour = now - TimeDelta::seconds(now.timestamp().rem_euclid(3_600));
    let received = hour - TimeDelta::minutes(30);
    let months = "select analytics.keep_months($1, $2, 'epoch')";
    world.owner.execute(months, &[&(now - Days::new(70)), &now]).await.unwrap();
    for sql in [HAPPENED, ENRICHED, SCORED] {
        assert!(world.owner.execute(sql, &[&received]).await.unwrap() > 0);
    }
    let session = session(&world).await;
    for of in RollUp::ALL {
        roll_up(&session, of, hour).await;
    }
    let recounts = documented();
    assert_eq!(recounts.len(), RECOUNTS.len());
    for (sql, (of, wrongs)) in recounts.iter().zip(RECOUNTS) {
        let different = world.owner.query(sql, &[]).await.unwrap();
        assert!(different.is_empty(), "{of:?}: {different:?}");
        for wrong in wrongs {
            world.owner.batch_execute("begin").await.unwrap();
            assert!(world.owner.execute(wrong, &[]).await.unwrap() > 0, "{wrong}");
            let different = world.owner.query(sql, &[]).await.unwrap();
            assert!(!different.is_empty(), "{of:?}: {wrong}");
            world.owner.batch_execute("rollback").await.unwrap();
        }
    }
}

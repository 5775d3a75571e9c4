//! What a page of a report reads of a year of four hundred campaigns: the periods that
//! it shows, by the primary key.

use chrono::NaiveDate;
use mauntic_testkit::database::Role;
use mauntic_tests::world::World;
use tokio_postgres::types::Type;

use super::Param;
use super::scans::looked_at;

/// A statement of the store, by its file's name.
macro_rules! sql {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../crates/store/sql/", $name, ".sql")))
    };
}

/// Of each of four organizations 400 days, with 100 campaigns and 20 types a day.
const ROWS: &str = "
  insert into analytics.campaign_daily_stats (organization_id, date, campaign_id, sent, delivered,
    opened, unique_opened, clicked, unique_clicked, bounced, complained, unsubscribed)
  select 'org_' || o, '2026-01-01'::date + d, 'k' || c, 9, 9, 2, 1, 2, 1, 0, 0, 0
  from generate_series(1, 4) o, generate_series(0, 399) d, generate_series(1, 100) c;
  insert into analytics.event_aggregates (organization_id, date, event_type, channel, event_count,
    unique_contacts)
  select 'org_' || o, '2026-01-01'::date + d, 'content.Type' || t, 'content', 9, 3
  from generate_series(1, 4) o, generate_series(0, 399) d, generate_series(1, 20) t;
  insert into analytics.event_aggregates (organization_id, date, event_type, channel, event_count,
    unique_contacts)
  select 'org_' || o, date_add('2026-01-01Z'::timestamptz, m * interval '1 month', 'UTC')::date,
    'monthly:content.Type' || t, 'monthly_summary', 9, 3
  from generate_series(1, 4) o, generate_series(0, 12) m, generate_series(1, 20) t;
  insert into analytics.daily_score_distribution (organization_id, date, average, minimum, maximum,
    p50, p90, p95, total_contacts, histogram, grade_a, grade_b, grade_c, grade_d, grade_f)
  select 'org_' || o, '2026-01-01'::date + d, 1, 1, 1, 1, 1, 1, 1, array_fill(0::int8, array[20]),
    0, 0, 0, 0, 1
  from generate_series(1, 100) o, generate_series(0, 399) d;
  insert into analytics.enrichment_metrics (organization_id, date, total, succeeded, success_rate)
  select 'org_' || o, '2026-01-01'::date + d, 1, 1, 100
  from generate_series(1, 100) o, generate_series(0, 399) d;";

#[tokio::test]
async fn a_page_of_a_report_reads_the_periods_that_it_shows() {
    let world = World::new().await;
    world.owner.batch_execute(ROWS).await.unwrap();
    let tables = "vacuum analyze analytics.campaign_daily_stats, analytics.event_aggregates,
        analytics.daily_score_distribution, analytics.enrichment_metrics";
    world.owner.batch_execute(tables).await.unwrap();
    let client = world.database.connect(Role::Http).await.unwrap();
    client.batch_execute("select set_config('app.organization', 'org_1', false)").await.unwrap();
    let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
    let (from, to) = (day("2026-01-01"), day("2027-02-04"));
    let (none, july) = (None::<NaiveDate>, Some(day("2026-07-06")));
    let texts =
        |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    // The periods of a page of a hundred and one lines, the one that it is continued
    // from, and what is sorted at a time: 32 rows.
    for ((name, sql), period, after, most) in [
        (sql!("report_campaigns"), "day", (none, None), 3 * 100),
        (sql!("report_campaigns"), "day", (july, texts(&["k50"])), 4 * 100),
        (sql!("report_campaigns"), "week", (july, texts(&["k50"])), 4 * 700),
        (sql!("report_campaigns"), "month", (none, None), 3 * 31 * 100),
        (sql!("report_events"), "day", (none, None), 9 * 20),
        (sql!("report_events"), "week", (july, texts(&["content.Type3", "content"])), 9 * 140),
        (sql!("report_months"), "", (none, None), 13 * 20),
        (sql!("report_scores"), "day", (none, None), 101 + 32),
        (sql!("report_scores"), "month", (july, texts(&["2026-07-06"])), 14),
        (sql!("report_enrichments"), "day", (none, None), 101 + 32),
        (sql!("report_enrichments"), "week", (july, texts(&[])), 31 * 7),
    ] {
        let (seen, place) = after;
        let params: &[Param<'_>] = &[
            (&"org_1", Type::TEXT),
            (&from, Type::DATE),
            (&to, Type::DATE),
            (&101_i64, Type::INT8),
            (&seen, Type::DATE),
            (&place, Type::TEXT_ARRAY),
            (&period, Type::TEXT),
        ];
        let params = if period.is_empty() { &params[..6] } else { params };
        let (rows, kinds, plan) = looked_at(&client, "", sql, params).await;
        assert!(rows <= most, "{name} by {period}: {rows} rows: {kinds:?} {plan}");
        assert!(!kinds.is_empty(), "{name}: {plan}");
        assert!(
            kinds.iter().all(|kind| !kind.starts_with("Seq Scan of ")),
            "{name}: {kinds:?} {plan}"
        );
    }
}

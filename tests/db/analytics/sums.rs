//! Averages of several days, where the build before counted some of them.

use mauntic_domain::analytics::range::DateRange;
use mauntic_domain::analytics::reports::{Period, Report};
use mauntic_flows::ports::{ReportQuery, ReportStore};

use super::*;
use crate::duties::session;

/// Four jobs of which two tell a cost of 3 each; without sums, with those of an earlier
/// count, and with those of this one.
const DAYS: &str = "insert into analytics.enrichment_metrics (organization_id, date, total,
    succeeded, success_rate, average_cost, average_freshness_hours, jobs_with_cost, cost_total,
    jobs_with_freshness, freshness_hours_total)
  values ('org_1', $1, 4, 0, 0, 3, null, $2::int8, $3::int8, 0, 0)";

#[tokio::test]
async fn days_are_averaged_by_their_sums_where_these_explain_their_averages() {
    let world = World::new().await;
    let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
    for (date, jobs, total) in [
        ("2026-11-02", None, None),
        ("2026-11-09", Some(2_i64), Some(20_i64)),
        ("2026-11-16", Some(0), Some(0)),
        ("2026-11-23", Some(2), Some(6)),
    ] {
        world.owner.execute(DAYS, &[&day(date), &jobs, &total]).await.unwrap();
    }
    // Beside each a day of one job that cost 1.
    let beside =
        "insert into analytics.enrichment_metrics (organization_id, date, total, succeeded,
        success_rate, average_cost, jobs_with_cost, cost_total, jobs_with_freshness,
        freshness_hours_total)
      select organization_id, date + 1, 1, 0, 0, 1, 1, 1, 0, 0 from analytics.enrichment_metrics";
    world.owner.execute(beside, &[]).await.unwrap();
    let query = ReportQuery {
        report: Report::EnrichmentMetrics,
        range: DateRange::new(day("2026-11-01"), day("2026-11-30")).unwrap(),
        period: Period::Week,
        after: None,
        limit: 10,
    };
    let lines = session(&world).await.report(&organization("org_1"), &query).await.unwrap();
    let costs: Vec<_> = lines.iter().map(|line| line.numbers[3]).collect();
    // Of all four (4 × 3 + 1) / 5; of the two that told it (2 × 3 + 1) / 3.
    assert_eq!(costs, [Some(26_000), Some(26_000), Some(26_000), Some(23_333)]);
    assert!(lines.iter().all(|line| line.numbers[4].is_none()), "{lines:?}");
}

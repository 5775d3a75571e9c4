//! What roll-ups read of two months of activity: the touched days alone.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use mauntic_domain::analytics::RollUp;
use mauntic_testkit::database::Role;
use mauntic_tests::world::World;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Param;
use super::scans::looked_at;

/// An event every nine seconds for thirty days, of twenty organizations and five
/// thousand contacts, all received as they happened.
const MUCH: &str = "insert into analytics.contact_activity (organization_id, occurred_at, event_id,
    contact_id, event_type, channel, data, received_at)
  select 'org_' || n % 20, t, 'e' || n, 'c' || n % 5000, 'content.PageVisited', 'content', '{}', t
  from generate_series(0, 287999) n,
    lateral (select $1::timestamptz - (288000 - n) * interval '9 s' as t) as at";

const ROWS: i64 = 288_000;

#[tokio::test]
async fn an_hourly_job_reads_the_touched_days_alone() {
    let world = World::new().await;
    let nominal: DateTime<Utc> = "2026-11-30T12:00:00Z".parse().unwrap();
    let months = "select analytics.keep_months($1, $2, 'epoch')";
    world.owner.execute(months, &[&(nominal - Days::new(36)), &nominal]).await.unwrap();
    world.owner.execute(MUCH, &[&nominal]).await.unwrap();
    // One late event of one organization, three weeks old.
    let late = "insert into analytics.contact_activity (organization_id, occurred_at, event_id,
        contact_id, event_type, channel, data, received_at)
      values ('org_7', $1, 'late', 'c', 'content.PageVisited', 'content', '{}', $2)";
    let (happened, received) = (nominal - Days::new(21), nominal - TimeDelta::minutes(5));
    world.owner.execute(late, &[&happened, &received]).await.unwrap();
    world.owner.batch_execute("vacuum analyze analytics.contact_activity").await.unwrap();
    let mut client = world.database.connect(Role::Queue).await.unwrap();
    let job = client.transaction().await.unwrap();
    let window = RollUp::AggregateHourly.window(nominal).received.unwrap();
    let (name, batch) = (RollUp::AggregateHourly.name(), Uuid::new_v4());
    let none = Vec::<NaiveDate>::new();
    let times = [window.at.start, window.at.end, window.happened.start, window.happened.end];
    let times = times.each_ref().map(|at| (at as _, Type::TIMESTAMPTZ));
    let named: [Param<'_>; 2] = [(&name, Type::TEXT), (&batch, Type::UUID)];
    let days: [Param<'_>; 2] = [(&none, Type::DATE_ARRAY), (&"day", Type::TEXT)];
    let everybody: [Param<'_>; 2] = [(&None::<&str>, Type::TEXT), (&None::<&str>, Type::TEXT)];
    let times = times.into_iter().chain(everybody);
    let touch: Vec<Param<'_>> = named.iter().cloned().chain(days).chain(times.clone()).collect();
    let count: Vec<Param<'_>> = named.into_iter().chain(times).collect();

    let sql = include_str!("../../../crates/store/sql/touch_activity.sql");
    let (rows, _, plan) = looked_at(job.client(), "contact_activity", sql, &touch).await;
    // The window is 467 events; a range of blocks beside it may be looked at.
    assert!(rows < ROWS / 20, "{rows} rows: {plan}");

    let sql = include_str!("../../../crates/store/sql/aggregate_days.sql");
    let (rows, kinds, plan) = looked_at(job.client(), "contact_activity", sql, &count).await;
    // Twelve hours of today, of all, and a day of one organization three weeks ago.
    let (today, late) = (ROWS / 60, ROWS / 600);
    assert!(rows < today + late + ROWS / 20, "{rows} rows: {plan}");
    // A month that is nearly empty may be read through, the present one never.
    let through = "Seq Scan of contact_activity_2026_11".to_owned();
    assert!(!kinds.contains(&through), "{kinds:?}: {plan}");
    let days = "select count(distinct date) from analytics.event_aggregates";
    let days: i64 = job.query_one(days, &[]).await.unwrap().get(0);
    assert_eq!(days, 2);
}

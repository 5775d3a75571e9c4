//! Two counts of one day at once: the one that began earlier never writes last.

use chrono::{TimeDelta, Timelike};
use mauntic_flows::ports::Database;
use mauntic_testkit::wait::until_async;

use super::*;

const INSERT: &str = "insert into analytics.contact_activity (organization_id, occurred_at,
    event_id, contact_id, event_type, channel, data, received_at)
  values ('org_1', $1, $2, 'c', 'crm.ContactUpdated', 'crm', '{}', $1)";

const COUNTED: &str = "select event_count from analytics.event_aggregates";

#[tokio::test]
async fn an_older_count_never_replaces_a_newer_one() {
    let world = World::new().await;
    let now = Utc::now();
    let nominal = now.with_minute(0).and_then(|at| at.with_second(0)?.with_nanosecond(0)).unwrap();
    let happened = nominal - TimeDelta::minutes(5);
    world.owner.execute(INSERT, &[&happened, &"a"]).await.unwrap();
    // One marks and counts its day, and is not committed.
    let mut older = world.database.connect(Role::Queue).await.unwrap();
    let window = RollUp::AggregateHourly.window(nominal).received.unwrap();
    let (name, batch) = (RollUp::AggregateHourly.name(), Uuid::new_v4());
    let older = older.transaction().await.unwrap();
    let none = Vec::<chrono::NaiveDate>::new();
    let touch = include_str!("../../../crates/store/sql/touch_activity.sql");
    let (received, happens) = (&window.at, &window.happened);
    let times: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&received.start, &received.end, &happens.start, &happens.end];
    let [from, until, earliest, latest] = times;
    let all = &None::<&str>;
    older
        .execute(touch, &[&name, &batch, &none, &"day", from, until, earliest, latest, all, all])
        .await
        .unwrap();
    let count = include_str!("../../../crates/store/sql/aggregate_days.sql");
    let counted =
        older.execute(count, &[&name, &batch, from, until, earliest, latest, all, all]).await;
    assert_eq!(counted.unwrap(), 1);
    // Another event comes, and another job counts.
    world.owner.execute(INSERT, &[&(happened - TimeDelta::minutes(1)), &"b"]).await.unwrap();
    let queue = world.queue.db.clone();
    let newer = tokio::spawn(async move {
        let session = queue.open().await.unwrap();
        roll_up(&session, RollUp::AggregateHourly, nominal).await;
    });
    let waits = "select count(*) from pg_stat_activity
      where wait_event_type = 'Lock' and datname = current_database()";
    let waits = async || (world.count(waits).await == 1).then_some(());
    until_async("the newer count waits", 30, waits).await;
    older.commit().await.unwrap();
    newer.await.unwrap();
    assert_eq!(world.count(COUNTED).await, 2);
    let marks = "select count(*) from analytics.rollup_days";
    assert_eq!(world.count(marks).await, 1);
}

/// Jobs of many hours that touch the same days in different orders.
#[tokio::test]
async fn counts_of_the_same_days_never_deadlock() {
    let world = World::new().await;
    let now = Utc::now();
    let nominal = now.with_minute(0).and_then(|at| at.with_second(0)?.with_nanosecond(0)).unwrap();
    let sql = "insert into analytics.contact_activity (organization_id, occurred_at, event_id,
        contact_id, event_type, channel, data, received_at)
      select 'org_' || n % 7, $1::timestamptz - (n * 37 % 30) * interval '1 day', 'e' || n, 'c' || n % 11,
        'crm.ContactUpdated', 'crm', '{}', $1 - n * interval '1 min'
      from generate_series(1, 600) n";
    world.owner.execute(sql, &[&nominal]).await.unwrap();
    let jobs: Vec<_> = (0..40)
        .map(|n| {
            let queue = world.queue.db.clone();
            tokio::spawn(async move {
                let session = queue.open().await.unwrap();
                roll_up(&session, RollUp::AggregateHourly, nominal - TimeDelta::hours(n % 10))
                    .await;
            })
        })
        .collect();
    for job in jobs {
        job.await.unwrap();
    }
    let events = "select sum(event_count)::int8 from analytics.event_aggregates";
    assert_eq!(world.count(events).await, 600);
}

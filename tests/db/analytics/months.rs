//! Partitions of activity: one is always there before an event comes, nobody waits
//! for it, and old ones go whole.

use std::collections::BTreeSet;

use chrono::{Months, TimeDelta};
use mauntic_domain::analytics::MONTHS_AHEAD;
use mauntic_domain::contact_events::{ACTIVITY_KEPT, EVENT_AGE_MAX, EVENT_FUTURE_MAX, SEEN_KEPT};
use mauntic_flows::ports::EventStore;

use super::*;

/// The partitions, by their ends.
async fn months(world: &World) -> BTreeSet<String> {
    let sql = "select i.inhrelid::regclass::text from pg_inherits i
      where i.inhparent = 'analytics.contact_activity'::regclass";
    let name = |row: &tokio_postgres::Row| row.get::<_, String>(0);
    world.rows(sql).await.iter().map(|row| name(row).split_off(27)).collect()
}

/// As the tick does it, at another time.
async fn keep(world: &World, now: DateTime<Utc>) {
    let (earliest, latest) = (now - SEEN_KEPT, now + MONTHS_AHEAD);
    let client = world.database.connect(Role::Queue).await.unwrap();
    let sql = include_str!("../../../crates/store/sql/keep_months.sql");
    client.query(sql, &[&earliest, &latest, &(now - ACTIVITY_KEPT)]).await.unwrap();
}

const INSERT: &str = "insert into analytics.contact_activity (organization_id, occurred_at,
    event_id, contact_id, event_type, channel, data)
  values ('org_1', $1, 'e' || gen_random_uuid(), 'c', 'crm.ContactUpdated', 'crm', '{}')";

#[tokio::test]
async fn an_event_of_any_acceptable_time_has_its_month_for_a_quarter_after_a_tick() {
    let world = World::new().await;
    let now = Utc::now();
    for start in [now, at("2028-01-31T23:59:59Z"), at("2028-03-01T00:00:00Z")] {
        keep(&world, start).await;
        // The last tick was then; events come for a quarter of a year.
        for days in 0..=89 {
            let later = start + TimeDelta::days(days);
            for happened in [later - EVENT_AGE_MAX, later, later + EVENT_FUTURE_MAX] {
                let written = world.owner.execute(INSERT, &[&happened]).await;
                assert_eq!(written.unwrap(), 1, "{happened}, {days} days after {start}");
            }
        }
    }
}

#[tokio::test]
async fn a_fresh_schema_takes_events_before_the_first_tick() {
    let world = World::new().await;
    let now = Utc::now();
    for happened in [now - EVENT_AGE_MAX, now, now + EVENT_FUTURE_MAX, now + TimeDelta::days(89)] {
        assert_eq!(world.owner.execute(INSERT, &[&happened]).await.unwrap(), 1, "{happened}");
    }
    let sql = "select count(*) from analytics.contact_activity where received_at is not null";
    assert_eq!(world.count(sql).await, 4);
}

#[tokio::test]
async fn retention_drops_months_that_are_over_for_as_long_as_is_kept() {
    let world = World::new().await;
    let before = months(&world).await;
    let now = Utc::now();
    let old = now - ACTIVITY_KEPT - Months::new(2);
    let sql = "select analytics.keep_months($1, $2, 'epoch')";
    world.owner.execute(sql, &[&old, &now]).await.unwrap();
    assert!(months(&world).await.len() > before.len() + 12);
    let session = session(&world).await;
    for _ in 0..2 {
        session.retire_events(10).await.unwrap();
        let kept = months(&world).await;
        let first = (now - ACTIVITY_KEPT).format("%Y_%m").to_string();
        assert_eq!(kept.first(), Some(&first));
        assert!(kept.is_superset(&before), "{kept:?}");
    }
}

/// Whoever reads or writes holds no tick up, and no tick them: a month is made beside
/// them, and one that cannot be dropped at once is dropped by a later tick.
#[tokio::test]
async fn a_month_is_made_beside_readers_and_dropped_after_them() {
    let world = World::new().await;
    let mut busy = world.database.connect(Role::Queue).await.unwrap();
    let now = Utc::now();
    let reads = busy.transaction().await.unwrap();
    reads.execute(INSERT, &[&now]).await.unwrap();
    keep(&world, now + Months::new(15)).await;
    let kept = months(&world).await;
    let this = now.format("%Y_%m").to_string();
    assert!(kept.contains(&this), "its month is in use");
    let last = (now + Months::new(18)).format("%Y_%m").to_string();
    assert_eq!(kept.last(), Some(&last));
    reads.commit().await.unwrap();
    keep(&world, now + Months::new(15)).await;
    assert!(!months(&world).await.contains(&this));
}

#[tokio::test]
async fn every_month_is_under_row_level_security_and_nobodys() {
    let world = World::new().await;
    keep(&world, Utc::now() + Months::new(5)).await;
    let sql = "select c.relname::text from pg_class c
      where c.relispartition and c.relkind = 'r' and (not c.relrowsecurity
        or obj_description(c.oid) is null
        or exists (select from unnest(array['mauntic_http', 'mauntic_queue', 'mauntic_operator']) r
          where has_table_privilege(r, c.oid, 'select, insert, update, delete, truncate')))";
    let found: Vec<String> = world.rows(sql).await.iter().map(|row| row.get(0)).collect();
    assert_eq!(found, [""; 0]);
}

/// What the build before deletes old activity by: places of rows, which are one of
/// every partition.
#[tokio::test]
async fn the_build_before_deletes_no_activity() {
    let world = World::new().await;
    for happened in [Utc::now(), Utc::now() - TimeDelta::days(33)] {
        world.owner.execute(INSERT, &[&happened]).await.unwrap();
    }
    let queue = world.database.connect(Role::Queue).await.unwrap();
    let sql = "delete from analytics.contact_activity a where a.ctid = any(array(
        select o.ctid from analytics.contact_activity o limit 10 for update skip locked))";
    assert_eq!(queue.execute(sql, &[]).await.unwrap(), 0);
    assert_eq!(queue.execute("delete from analytics.contact_activity", &[]).await.unwrap(), 0);
    assert_eq!(world.count("select count(*) from analytics.contact_activity").await, 2);
}

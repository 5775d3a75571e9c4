//! What the planner makes of an intake's statements where there is much already:
//! look-ups, whatever is in the tables.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_testkit::database::Role;
use mauntic_tests::world::World;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// 200,000 events of 20,000 contacts over three weeks, a signal each.
const MUCH: &str = "
  insert into scoring.contact_features (organization_id, contact_id, features)
    select 'org_1', 'c' || n, '{}' from generate_series(0, 19999) n;
  insert into scoring.event_seen (organization_id, event_id, batch, seen_at)
    select 'org_1', 'e' || n, gen_random_uuid(), now() - (200000 - n) * interval '9 s'
    from generate_series(0, 199999) n;
  insert into analytics.contact_activity (organization_id, occurred_at, event_id, contact_id,
                                          event_type, channel, data, received_at)
    select organization_id, seen_at, event_id, 'c' || right(event_id, 4), 'content.PageVisited',
           'content', '{}', seen_at
    from scoring.event_seen;
  insert into scoring.intent_signals (organization_id, contact_id, event_id, signal_type, source,
      weight, decay_model, decay_hours, priority, cap_per_day, detected_at, decayed_at, input_version)
    select e.organization_id, 'c' || right(event_id, 4), event_id, 'WEBSITE_VISIT', 'content', 5,
           'linear', 168, 'low', 100, date_trunc('milliseconds', seen_at, 'UTC'),
           date_trunc('milliseconds', seen_at, 'UTC') + interval '168 hours', 1
    from scoring.event_seen e;
  analyze";

async fn explained(client: &Client, sql: &str, params: &[Param<'_>]) -> String {
    let rows = client.query_typed(&format!("explain {sql}"), params).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0) + "\n").collect()
}

#[tokio::test]
async fn an_intake_and_retention_read_no_table_through() {
    let world = World::new().await;
    world.owner.batch_execute(MUCH).await.unwrap();
    let client = world.database.connect(Role::Queue).await.unwrap();
    let batch = Uuid::new_v4();
    let owners = vec!["org_1"; 100];
    let ids: Vec<String> = (0..100).map(|n| format!("e{}", n * 1_999)).collect();
    let contacts: Vec<String> = (0..100).map(|n| format!("c{n}")).collect();
    let times: Vec<DateTime<Utc>> = vec![Utc::now(); 100];
    let texts = vec!["content"; 100];
    let seen: &[Param<'_>] =
        &[(&owners, Type::TEXT_ARRAY), (&ids, Type::TEXT_ARRAY), (&batch, Type::UUID)];
    let events: &[Param<'_>] = &[
        (&batch, Type::UUID),
        (&owners, Type::TEXT_ARRAY),
        (&ids, Type::TEXT_ARRAY),
        (&contacts, Type::TEXT_ARRAY),
    ];
    let activity: Vec<Param<'_>> = events
        .iter()
        .cloned()
        .chain([
            (&times as _, Type::TIMESTAMPTZ_ARRAY),
            (&texts as _, Type::TEXT_ARRAY),
            (&texts as _, Type::TEXT_ARRAY),
            (&texts as _, Type::TEXT_ARRAY),
            (&texts as _, Type::TEXT_ARRAY),
        ])
        .collect();
    let ago = |days: i64| Utc::now() - TimeDelta::days(days);
    let (month, year) = (ago(36), ago(400));
    let limit = 100_000_i64;
    let of_seen: &[Param<'_>] = &[(&month, Type::TIMESTAMPTZ), (&limit, Type::INT8)];
    let of_rest: &[Param<'_>] = &[(&year, Type::TIMESTAMPTZ), (&limit, Type::INT8)];
    macro_rules! sql {
        ($name:literal) => {
            include_str!(concat!("../../../crates/store/sql/", $name, ".sql"))
        };
    }
    for (sql, params) in [
        (sql!("see_events"), seen),
        (sql!("see_events_of_known"), seen),
        (sql!("cap_signals"), events),
        (sql!("insert_activity"), &activity[..]),
        (sql!("retire_seen"), of_seen),
        (sql!("retire_signals"), of_rest),
    ] {
        let plan = explained(&client, sql, params).await;
        for table in ["event_seen", "contact_activity", "intent_signals", "contact_features"] {
            assert!(!plan.contains(&format!("Seq Scan on {table}")), "{sql}\n{plan}");
        }
    }
}

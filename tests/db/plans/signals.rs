//! What an organization asks of two hundred thousand signals and as many alerts.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_testkit::database::Role;
use mauntic_tests::world::World;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{Param, Planner, plan};

/// A statement of the store, by its file's name.
macro_rules! sql {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../crates/store/sql/", $name, ".sql")))
    };
}

/// One contact has five thousand of the signals, every other a few; of the alerts every
/// organization has five hundred.
const ROWS: &str = "insert into scoring.intent_signals (organization_id, contact_id, event_id,
    signal_type, source, weight, decay_model, decay_hours, priority, cap_per_day, detected_at,
    decayed_at, input_version)
  select 'org_1', case when n % 40 = 0 then 'heavy' else 'c' || n % 40000 end, 'evt_' || n, 'DEMO_REQUEST',
    'content', 20, 'linear', 168, 'critical', 100, t - n * interval '1 min',
    t - n * interval '1 min' + interval '168 h', 1
  from date_trunc('milliseconds', clock_timestamp()) t, generate_series(1, 200000) n;
insert into scoring.signal_alerts (organization_id, contact_id, signal_type, priority, event_id,
    opened_at, due_at, status, expired_at)
  select 'org_' || n % 400, 'c' || n, 'DEMO_REQUEST', 'critical', 'evt', t, t + interval '1 h',
    'expired', t
  from clock_timestamp() t, generate_series(1, 200000) n;
analyze scoring.intent_signals, scoring.signal_alerts;";

#[tokio::test]
async fn no_list_of_an_organization_reads_all_of_them_through() {
    let world = World::new().await;
    world.owner.batch_execute(ROWS).await.unwrap();
    let client = world.database.connect(Role::Http).await.unwrap();
    client.batch_execute("select set_config('app.organization', 'org_1', false)").await.unwrap();
    let planner = Planner { client, ids: Vec::new() };
    let as_of: DateTime<Utc> = world.rows("select clock_timestamp()").await[0].get(0);
    for (place, of) in [(None, None), (Some(as_of - TimeDelta::days(9)), Some("evt_1"))] {
        let params: &[Param<'_>] = &[
            (&"org_1", Type::TEXT),
            (&"heavy", Type::TEXT),
            (&place, Type::TIMESTAMPTZ),
            (&of, Type::TEXT),
            (&21_i64, Type::INT8),
        ];
        by(&planner, sql!("signals"), params, &["intent_signals_listed"]).await;
    }
    let params: &[Param<'_>] = &[
        (&"org_1", Type::TEXT),
        (&"heavy", Type::TEXT),
        (&Some(as_of), Type::TIMESTAMPTZ),
        (&10_001_i64, Type::INT8),
    ];
    // Any index that begins with the contact: nearly all of its signals are read.
    let of_contact = ["intent_signals_listed", "intent_signals_of_day", "intent_signals_pkey"];
    by(&planner, sql!("read_view_signals"), params, &of_contact).await;
    for contact in [None, Some("c77")] {
        let none = None::<Vec<&str>>;
        let params: &[Param<'_>] = &[
            (&"org_1", Type::TEXT),
            (&None::<Uuid>, Type::UUID),
            (&20_i64, Type::INT8),
            (&50_000_i64, Type::INT8),
            (&none, Type::TEXT_ARRAY),
            (&none, Type::TEXT_ARRAY),
            (&contact, Type::TEXT),
        ];
        by(&planner, sql!("alerts"), params, &["signal_alerts_listed"]).await;
    }
}

/// Signals and alerts are read by these indexes only.
async fn by(planner: &Planner, (name, sql): (&str, &str), params: &[Param<'_>], indexes: &[&str]) {
    let table = if name == "alerts" { "signal_alerts" } else { "intent_signals" };
    plan(&planner.client, sql, params).await.reads_by(name, table, indexes);
}

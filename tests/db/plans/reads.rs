//! What operators ask of a million jobs, and of a hundred thousand cases.

use chrono::{DateTime, Utc};
use mauntic_tests::world::World;
use serde_json::{Value, json};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{Param, Plan, Planner, plan};

/// A statement of the store, by its file's name.
macro_rules! sql {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../crates/store/sql/", $name, ".sql")))
    };
}

impl Plan {
    /// Tables of these names are read by these indexes only.
    pub(super) fn reads_by(&self, name: &str, prefix: &str, indexes: &[&str]) {
        let of_it = self.scans.iter().filter(|(_, of)| of.starts_with(prefix));
        for (kind, of) in of_it.clone() {
            assert_ne!(kind, "Seq Scan", "{name} reads all of {of}: {}", self.text);
        }
        let used: Vec<&str> = of_it.map(|(_, of)| of.as_str()).collect();
        assert!(used.iter().all(|of| indexes.contains(of)), "{name}: {used:?} {}", self.text);
        assert!(!used.is_empty(), "{name}: {}", self.text);
    }
}

async fn more_rows(world: &World) {
    world
        .owner
        .batch_execute(
            "update jobs.job j set run_id = md5(r.n::text)::uuid, idempotency_key = 'k_' || r.n
               from (select id, row_number() over (order by id) as n from jobs.job
                     order by id limit 2000) r where r.id = j.id;
             insert into jobs.dead_letter (queue, message_id, type, body, reason, detail, decided_at)
               select 'mauntic-scoring-events', 'm' || n, 't', convert_to('{\"n\": ' || n || '}', 'UTF8'),
                 'malformed', 'kind ' || chr(97 + n % 20) || chr(97 + n / 20 % 20), case when n % 2 = 0 then clock_timestamp() end
               from generate_series(1, 100000) n;
             insert into jobs.run (id, job_key, trigger, jobs_total, jobs_done, status, started_at,
                 finished_at)
               select uuidv7(), 'key_' || n % 10, 'manual', 1, 1, 'completed',
                 clock_timestamp() - n * interval '1 min', clock_timestamp()
               from generate_series(1, 50000) n;
             insert into jobs.occurrence (job_key, nominal_at, outcome, ordinal)
               select 'key_' || k, date_trunc('minute', now(), 'UTC') - n * interval '1 min',
                 'missed', n
               from generate_series(0, 9) k, generate_series(1, 5000) n;
             insert into jobs.delivery (token, queue, delivered_at, messages, unreadable, absorbed, taken)
               select gen_random_uuid(), 'q', clock_timestamp() - n * interval '1 min', 1, 0, 0, 0
               from generate_series(1, 100000) n;
             analyze jobs.job, jobs.dead_letter, jobs.run, jobs.occurrence, jobs.delivery;",
        )
        .await
        .unwrap();
}

pub(super) async fn are_look_ups(world: &World, planner: &Planner) {
    more_rows(world).await;
    jobs(planner).await;
    cases(planner).await;
    schedules(planner).await;
}

async fn jobs(planner: &Planner) {
    let (ids, some) = (Some(&planner.ids), Some(planner.ids[0]));
    let key = Some("k_7");
    let payload = Some(json!({"contactId": "c"}));
    let none = (None::<&Vec<Uuid>>, None::<Uuid>, None::<&str>, None::<Value>);
    let (name, sql) = sql!("jobs");
    for (before, ids, run, key, payload, indexes) in [
        (none.1, none.0, none.1, none.2, &none.3, vec!["job_pkey"]),
        (some, none.0, none.1, none.2, &payload, vec!["job_pkey"]),
        (none.1, ids, none.1, none.2, &none.3, vec!["job_pkey"]),
        (none.1, none.0, some, none.2, &none.3, vec!["job_pkey", "job_run"]),
        (none.1, none.0, none.1, key, &none.3, vec!["job_pkey", "job_key"]),
    ] {
        let none = None::<&str>;
        let params: &[Param<'_>] = &[
            (&before, Type::UUID),
            (&50_i64, Type::INT8),
            (&50_000_i64, Type::INT8),
            (&ids, Type::UUID_ARRAY),
            (&run, Type::UUID),
            (&key, Type::TEXT),
            (&none, Type::TEXT),
            (&none, Type::TEXT),
            (&none, Type::TEXT),
            (&None::<Vec<&str>>, Type::TEXT_ARRAY),
            (payload, Type::JSONB),
        ];
        plan(&planner.client, sql, params).await.reads_by(name, "job", &indexes);
    }
    let params: &[Param<'_>] = &[(&planner.ids[0], Type::UUID)];
    planner.check(sql!("job"), params, &["job_pkey"]).await;
}

async fn cases(planner: &Planner) {
    let (name, sql) = sql!("cases");
    let payload = Some(json!({"n": 77_777}));
    let fingerprint = Some("t/malformed/kind ab");
    let (walk, group) = ("dead_letter_open", "dead_letter_group");
    for (open, fingerprint, payload, indexes) in [
        (true, None, &None, vec![walk]),
        (true, fingerprint, &None, vec![group]),
        (true, None, &payload, vec!["dead_letter_payload", "dead_letter_pkey", walk]),
        (false, fingerprint, &payload, vec!["dead_letter_pkey"]),
    ] {
        let none = None::<&str>;
        let params: &[Param<'_>] = &[
            (&None::<Uuid>, Type::UUID),
            (&50_i64, Type::INT8),
            (&50_000_i64, Type::INT8),
            (&open, Type::BOOL),
            (&none, Type::TEXT),
            (&none, Type::TEXT),
            (&none, Type::TEXT),
            (&none, Type::TEXT),
            (&fingerprint, Type::TEXT),
            (&None::<Uuid>, Type::UUID),
            (payload, Type::JSONB),
        ];
        plan(&planner.client, sql, params).await.reads_by(name, "dead_letter", &indexes);
    }
    let (name, sql) = sql!("pick_cases");
    for (filter, indexes) in
        [(json!({"type": "t"}), vec![walk]), (json!({"fingerprint": fingerprint}), vec![group])]
    {
        let params: &[Param<'_>] = &[
            (&filter, Type::JSONB),
            (&None::<Uuid>, Type::UUID),
            (&None::<DateTime<Utc>>, Type::TIMESTAMPTZ),
            (&100_i64, Type::INT8),
        ];
        plan(&planner.client, sql, params).await.reads_by(name, "dead_letter", &indexes);
    }
    let (name, sql) = sql!("lineage");
    let params: &[Param<'_>] = &[(&planner.ids[0], Type::UUID), (&100_i64, Type::INT8)];
    let by = ["dead_letter_job", "dead_letter_replayed"];
    plan(&planner.client, sql, params).await.reads_by(name, "dead_letter", &by);
}

async fn schedules(planner: &Planner) {
    let keys = vec!["key_1", "key_2"];
    let params: &[Param<'_>] = &[(&keys, Type::TEXT_ARRAY)];
    let (name, sql) = sql!("cron_rows");
    let of_keys = plan(&planner.client, sql, params).await;
    of_keys.reads_by(name, "run", &["run_history", "run_open", "run_lock"]);
    of_keys.reads_by(name, "occurrence", &["occurrence_pkey"]);
    let before = Some(planner.ids[0]);
    for before in [None, before] {
        let params: &[Param<'_>] =
            &[(&"key_1", Type::TEXT), (&before, Type::UUID), (&50_i64, Type::INT8)];
        let (name, sql) = sql!("runs");
        plan(&planner.client, sql, params).await.reads_by(
            name,
            "run",
            &["run_history", "run_pkey"],
        );
    }
    let (name, sql) = sql!("retire_deliveries");
    let params: &[Param<'_>] = &[(&2_592_000_i64, Type::INT8), (&100_i64, Type::INT8)];
    plan(&planner.client, sql, params).await.reads_by(
        name,
        "delivery",
        &["delivery_age", "delivery_pkey"],
    );
}

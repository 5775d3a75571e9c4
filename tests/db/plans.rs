//! What the planner makes of the hot statements on a million jobs: only ever an
//! index, and the one that was made for it.

use std::collections::BTreeSet;

use mauntic_testkit::database::Role;
use mauntic_tests::world::World;
use serde_json::Value;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

const JOBS: i32 = 1_000_000;

/// The newest are live, as after a burst: of 50 organizations on one queue.
const LIVE: i32 = 40_000;

const CLAIM_BATCH: &str = include_str!("../../crates/store/sql/claim_batch.sql");
const LOOK: &str = include_str!("../../crates/store/sql/look.sql");
const TAKE_DUE: &str = include_str!("../../crates/store/sql/take_due.sql");
const MARK_SENT: &str = include_str!("../../crates/store/sql/mark_sent.sql");
const BACKLOG: &str = include_str!("../../crates/store/sql/backlog.sql");
const RETIRE_JOBS: &str = include_str!("../../crates/store/sql/retire_jobs.sql");

type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// What a plan touches: its kinds of scan, each with its index or table.
struct Plan {
    scans: BTreeSet<(String, String)>,
    text: String,
}

async fn plan(client: &Client, sql: &str, params: &[Param<'_>]) -> Plan {
    let explain = format!("explain (format json) {sql}");
    let rows = client.query_typed(&explain, params).await.unwrap();
    let json: Value = rows[0].get(0);
    let mut scans = BTreeSet::new();
    collect(&json[0]["Plan"], &mut scans);
    Plan { scans, text: json.to_string() }
}

/// Every scan of the plan that reads a table or index.
fn collect(node: &Value, scans: &mut BTreeSet<(String, String)>) {
    let text = |name: &str| node[name].as_str().map(ToOwned::to_owned);
    let kind = text("Node Type").unwrap();
    let of = text("Index Name").or_else(|| text("Relation Name"));
    if let (true, Some(of)) = (kind.ends_with("Scan"), of)
        && kind != "Bitmap Heap Scan"
    {
        scans.insert((kind, of));
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        collect(child, scans);
    }
}

impl Plan {
    /// Jobs are read by these indexes only, never through.
    fn reads_jobs_by(&self, name: &str, indexes: &[&str]) {
        let of_jobs = self.scans.iter().filter(|(_, of)| of.starts_with("job"));
        let used: BTreeSet<&str> = of_jobs.clone().map(|(_, of)| of.as_str()).collect();
        assert_eq!(used, indexes.iter().copied().collect(), "{name}: {}", self.text);
        for (kind, of) in of_jobs {
            assert_ne!(kind, "Seq Scan", "{name} reads all of {of}: {}", self.text);
        }
    }
}

async fn a_million_jobs(world: &World) {
    let sql = "insert into jobs.job (organization_id, queue, type, data, failures_max, wake_at,
        state, finished_at, receipt)
      select o, 'mauntic-scoring-events', 'scoring.CalculateScore', d, 3,
        t - interval '1 s', case when live then 'queued' else 'completed' end,
        case when not live then t end, case when not live then '{}'::jsonb end
      from (values (clock_timestamp())) as now(t), generate_series(1, $1) n,
        lateral (select n > $1 - $2 as live, 'org_' || n % 50 as o) as l,
        lateral (select jsonb_build_object('organizationId', o) as d) as m";
    world.owner.execute(sql, &[&JOBS, &LIVE]).await.unwrap();
    world.owner.batch_execute("vacuum analyze jobs.job").await.unwrap();
}

#[tokio::test]
async fn hot_statements_read_a_million_jobs_by_index_only() {
    let world = World::new().await;
    a_million_jobs(&world).await;
    let queue = world.database.connect(Role::Queue).await.unwrap();
    let sql = "select id from jobs.job order by id desc limit 100";
    let ids: Vec<Uuid> = world.rows(sql).await.iter().map(|row| row.get(0)).collect();
    let name = "mauntic-scoring-events";
    let queues = vec![name, "mauntic-analytics-jobs", "mauntic-scoreboard-jobs"];
    let (types, versions) = (vec!["scoring.CalculateScore"], vec![1_i16]);

    let params: &[Param<'_>] = &[
        (&ids, Type::UUID_ARRAY),
        (&name, Type::TEXT),
        (&types, Type::TEXT_ARRAY),
        (&versions, Type::INT2_ARRAY),
        (&60_i64, Type::INT8),
        (&ids[0], Type::UUID),
        (&5_i32, Type::INT4),
        (&6_i32, Type::INT4),
    ];
    plan(&queue, CLAIM_BATCH, params).await.reads_jobs_by("claim_batch", &["job_pkey"]);

    let batched = vec![true];
    let params: &[Param<'_>] = &[
        (&ids, Type::UUID_ARRAY),
        (&name, Type::TEXT),
        (&types, Type::TEXT_ARRAY),
        (&versions, Type::INT2_ARRAY),
        (&batched, Type::BOOL_ARRAY),
    ];
    plan(&queue, LOOK, params).await.reads_jobs_by("look", &["job_pkey"]);

    let params: &[Param<'_>] = &[(&ids, Type::UUID_ARRAY)];
    plan(&queue, MARK_SENT, params).await.reads_jobs_by("mark_sent", &["job_pkey"]);

    let params: &[Param<'_>] = &[
        (&queues, Type::TEXT_ARRAY),
        (&1_000_i64, Type::INT8),
        (&2_000_i64, Type::INT8),
        (&60_i64, Type::INT8),
    ];
    plan(&queue, TAKE_DUE, params).await.reads_jobs_by("take_due", &["job_live", "job_pkey"]);

    let params: &[Param<'_>] = &[(&2_592_000_i64, Type::INT8), (&5_000_i64, Type::INT8)];
    let indexes = ["job_by_hand", "job_pkey"];
    plan(&queue, RETIRE_JOBS, params).await.reads_jobs_by("retire_jobs", &indexes);

    let (of_name, asked) = (vec![name], vec![1_i64]);
    let params: &[Param<'_>] = &[
        (&"org_1", Type::TEXT),
        (&of_name, Type::TEXT_ARRAY),
        (&asked, Type::INT8_ARRAY),
        (&20_000_i64, Type::INT8),
    ];
    let http = world.database.connect(Role::Http).await.unwrap();
    http.batch_execute("select set_config('app.organization', 'org_1', false)").await.unwrap();
    for client in [&queue, &http] {
        let backlog = plan(client, BACKLOG, params).await;
        let only = ("Index Only Scan".to_owned(), "job_live".to_owned());
        assert_eq!(backlog.scans, BTreeSet::from([only]), "{}", backlog.text);
    }
}

//! What the planner makes of the statements that claim, move, send and delete
//! jobs, on a million of them: only ever an index, and the one that was made for
//! it.

mod analytics;
mod reads;
mod reports;
pub(crate) mod scans;
mod signals;

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

/// A statement of the store, by its file's name.
macro_rules! sql {
    ($name:literal) => {
        ($name, include_str!(concat!("../../crates/store/sql/", $name, ".sql")))
    };
}

pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// What a plan touches: its kinds of scan, each with its index or table.
pub(crate) struct Plan {
    pub(crate) scans: BTreeSet<(String, String)>,
    pub(crate) text: String,
}

pub(crate) async fn plan(client: &Client, sql: &str, params: &[Param<'_>]) -> Plan {
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

/// The queue worker's session, for what it does to jobs.
struct Planner {
    client: Client,
    ids: Vec<Uuid>,
}

impl Planner {
    async fn check(&self, statement: (&str, &str), params: &[Param<'_>], indexes: &[&str]) {
        let (name, sql) = statement;
        plan(&self.client, sql, params).await.reads_jobs_by(name, indexes);
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

/// What an invocation claims and looks at.
async fn claims(planner: &Planner) {
    let (ids, name) = (&planner.ids, "mauntic-scoring-events");
    let (types, versions) = (vec!["scoring.CalculateScore"], vec![1_i16]);
    let params: &[Param<'_>] = &[
        (ids, Type::UUID_ARRAY),
        (&name, Type::TEXT),
        (&types, Type::TEXT_ARRAY),
        (&versions, Type::INT2_ARRAY),
        (&60_i64, Type::INT8),
        (&ids[0], Type::UUID),
        (&5_i32, Type::INT4),
        (&6_i32, Type::INT4),
        (&100_i32, Type::INT4),
        (&0_i32, Type::INT4),
        (&0_i32, Type::INT4),
    ];
    planner.check(sql!("claim_batch"), params, &["job_pkey"]).await;
    let batched = vec![true];
    let params: &[Param<'_>] = &[
        (ids, Type::UUID_ARRAY),
        (&name, Type::TEXT),
        (&types, Type::TEXT_ARRAY),
        (&versions, Type::INT2_ARRAY),
        (&batched, Type::BOOL_ARRAY),
        (&ids[0], Type::UUID),
    ];
    planner.check(sql!("look"), params, &["job_pkey"]).await;
    let params: &[Param<'_>] =
        &[(&ids[0], Type::UUID), (&name, Type::TEXT), (&60_i64, Type::INT8), (&ids[1], Type::UUID)];
    planner.check(sql!("claim_alone"), params, &["job_pkey"]).await;
    let messages: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    let params: &[Param<'_>] = &[
        (ids, Type::UUID_ARRAY),
        (&messages, Type::TEXT_ARRAY),
        (&name, Type::TEXT),
        (&3_i16, Type::INT2),
    ];
    planner.check(sql!("bury"), params, &["job_pkey"]).await;
}

/// What it does with the jobs that it holds.
async fn moves(planner: &Planner) {
    let (ids, count) = (&planner.ids, planner.ids.len());
    let claims = vec![1_i32; count];
    let (receipts, wanted) = (vec!["{}"; count], i64::try_from(count).unwrap());
    let params: &[Param<'_>] = &[
        (ids, Type::UUID_ARRAY),
        (&claims, Type::INT4_ARRAY),
        (&receipts, Type::TEXT_ARRAY),
        (&wanted, Type::INT8),
        (&1_000_i64, Type::INT8),
        (&55_i64, Type::INT8),
    ];
    planner.check(sql!("complete_jobs"), params, &["job_pkey", "job_live"]).await;
    let (states, failed, waits) =
        (vec!["failed"; count], vec![true; count], vec![1_000_i64; count]);
    let texts = vec![Some("why"); count];
    let params: &[Param<'_>] = &[
        (ids, Type::UUID_ARRAY),
        (&claims, Type::INT4_ARRAY),
        (&states, Type::TEXT_ARRAY),
        (&failed, Type::BOOL_ARRAY),
        (&waits, Type::INT8_ARRAY),
        (&texts, Type::TEXT_ARRAY),
        (&texts, Type::TEXT_ARRAY),
    ];
    planner.check(sql!("set_back"), params, &["job_pkey"]).await;
    let params: &[Param<'_>] = &[
        (ids, Type::UUID_ARRAY),
        (&"mauntic-scoring-events", Type::TEXT),
        (&300_i64, Type::INT8),
        (&24_i64, Type::INT8),
    ];
    planner.check(sql!("put_off"), params, &["job_pkey"]).await;
    let params: &[Param<'_>] = &[(ids, Type::UUID_ARRAY)];
    planner.check(sql!("mark_sent"), params, &["job_pkey"]).await;
    planner.check(sql!("cancel"), params, &["job_pkey"]).await;
    // Nobody knows which jobs a token holds: all that are live are looked at.
    let params: &[Param<'_>] = &[(&ids[0], Type::UUID)];
    for statement in [sql!("absolve"), sql!("release")] {
        planner.check(statement, params, &["job_live", "job_pkey"]).await;
    }
}

/// What the tick looks for.
async fn duties(planner: &Planner) {
    let queues =
        vec!["mauntic-scoring-events", "mauntic-analytics-jobs", "mauntic-scoreboard-jobs"];
    let params: &[Param<'_>] = &[
        (&queues, Type::TEXT_ARRAY),
        (&1_000_i64, Type::INT8),
        (&2_000_i64, Type::INT8),
        (&60_i64, Type::INT8),
    ];
    planner.check(sql!("take_due"), params, &["job_live", "job_pkey"]).await;
    let params: &[Param<'_>] = &[
        (&queues[0], Type::TEXT),
        (&vec!["org_1"], Type::TEXT_ARRAY),
        (&2_000_i64, Type::INT8),
        (&60_i64, Type::INT8),
        (&55_i64, Type::INT8),
    ];
    planner.check(sql!("take_held_back"), params, &["job_live", "job_pkey"]).await;
    let params: &[Param<'_>] = &[(&1_000_i64, Type::INT8)];
    planner.check(sql!("expire"), params, &["job_live", "job_pkey"]).await;
    let params: &[Param<'_>] = &[(&2_592_000_i64, Type::INT8), (&5_000_i64, Type::INT8)];
    planner.check(sql!("retire_jobs"), params, &["job_by_hand", "job_pkey"]).await;
    planner.check(sql!("retire_runs"), params, &["job_run"]).await;
    for statement in [
        sql!("retire_dead_letters"),
        sql!("retire_events"),
        sql!("retire_notifications"),
        sql!("retire_occurrences"),
    ] {
        planner.check(statement, params, &[]).await;
    }
}

#[tokio::test]
async fn no_statement_of_workers_and_duties_reads_a_million_jobs_through() {
    let world = World::new().await;
    a_million_jobs(&world).await;
    let client = world.database.connect(Role::Queue).await.unwrap();
    let sql = "select id from jobs.job order by id desc limit 100";
    let ids: Vec<Uuid> = world.rows(sql).await.iter().map(|row| row.get(0)).collect();
    let planner = Planner { client, ids };
    claims(&planner).await;
    moves(&planner).await;
    duties(&planner).await;
    reads::are_look_ups(&world, &planner).await;

    let (of_name, asked) = (vec!["mauntic-scoring-events"], vec![1_i64]);
    let unasked = vec!["scoring.NotifyAlert"];
    let params: &[Param<'_>] = &[
        (&"org_1", Type::TEXT),
        (&of_name, Type::TEXT_ARRAY),
        (&asked, Type::INT8_ARRAY),
        (&20_000_i64, Type::INT8),
        (&unasked, Type::TEXT_ARRAY),
    ];
    let http = world.database.connect(Role::Http).await.unwrap();
    http.batch_execute("select set_config('app.organization', 'org_1', false)").await.unwrap();
    let (_, backlog) = sql!("backlog");
    for client in [&planner.client, &http] {
        let backlog = plan(client, backlog, params).await;
        let only = ("Index Only Scan".to_owned(), "job_live".to_owned());
        assert_eq!(backlog.scans, BTreeSet::from([only]), "{}", backlog.text);
    }
}

//! What the planner makes of a night's statements among many users: those of a chunk cost
//! the chunk.

use chrono::Utc;
use mauntic_flows::ports::NightWrite;
use mauntic_testkit::database::Role;
use mauntic_tests::world::World;
use tokio_postgres::Client;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::given::{NIGHT, night, older_nights, scoring, session, write as write_night};
use crate::plans::scans::looked_at;
use crate::plans::{Param, plan};

const USERS: i32 = 20_000;

/// A statement of the store, by its file's name.
macro_rules! sql {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../crates/store/sql/", $name, ".sql")))
    };
}

/// A statement reads none of these tables through.
async fn reads_none_through(client: &Client, statement: (&str, &str), params: &[Param<'_>]) {
    let plan = plan(client, statement.1, params).await;
    for (kind, of) in &plan.scans {
        let is_bulk = [
            "users",
            "assets",
            "criteria",
            "overnight_users",
            "prices",
            "asset_scores",
            "score_history",
            "calculation_events",
        ]
        .contains(&of.as_str());
        assert!(kind != "Seq Scan" || !is_bulk, "{} reads all of {of}: {}", statement.0, plan.text);
    }
}

#[tokio::test]
async fn a_chunk_reads_its_own_users_and_nothing_of_others() {
    let world = World::new().await;
    night(&world, USERS).await;
    older_nights(&world).await;
    let client = world.database.connect(Role::Queue).await.unwrap();
    let of_chunk: &[Param<'_>] = &[(&NIGHT, Type::UUID), (&7_i32, Type::INT4)];
    let of_assets: &[Param<'_>] =
        &[(&NIGHT, Type::UUID), (&7_i32, Type::INT4), (&101_i64, Type::INT8)];
    for (statement, params, table, most) in [
        (sql!("read_chunk_users"), of_chunk, "criteria", 50),
        (sql!("read_chunk_users"), of_chunk, "users", 50),
        (sql!("read_chunk_assets"), of_assets, "assets", 1_000),
        (sql!("read_chunk_quotes"), of_chunk, "assets", 1_000),
        (sql!("read_chunk_quotes"), of_chunk, "overnight_users", 50),
    ] {
        reads_none_through(&client, statement, params).await;
        let (rows, kinds, text) = looked_at(&client, table, statement.1, params).await;
        assert!((1..=most).contains(&rows), "{} {rows}: {kinds:?} {text}", statement.0);
    }
    let due: &[Param<'_>] = &[(&NIGHT, Type::UUID), (&"", Type::TEXT), (&200_i64, Type::INT8)];
    reads_none_through(&client, sql!("due_symbols"), due).await;
    reads_none_through(
        &client,
        sql!("first_failed"),
        &[(&NIGHT, Type::UUID), (&10_i64, Type::INT8)],
    )
    .await;
}

/// What is read of a night's users, and of a chunk's.
async fn reads_by_keys(client: &Client, owners: &[&str], users: &[&str]) {
    let of_chunk: &[Param<'_>] = &[(&NIGHT, Type::UUID), (&7_i32, Type::INT4)];
    reads_none_through(client, sql!("chunk_snapshots"), of_chunk).await;
    let nobody = None::<&str>;
    let made: &[Param<'_>] = &[
        (&NIGHT, Type::UUID),
        (&"org_3", Type::TEXT),
        (&"user_0000000", Type::TEXT),
        (&nobody, Type::TEXT),
        (&nobody, Type::TEXT),
        (&50_i64, Type::INT8),
        (&7_948_800_i64, Type::INT8),
    ];
    reads_none_through(client, sql!("night_calculations"), made).await;
    let listed: &[Param<'_>] = &[
        (&NIGHT, Type::UUID),
        (&"org_3", Type::TEXT),
        (&"failed", Type::TEXT),
        (&nobody, Type::TEXT),
        (&nobody, Type::TEXT),
        (&21_i64, Type::INT8),
    ];
    reads_none_through(client, sql!("night_users"), listed).await;
    let hold: &[Param<'_>] = &[(&owners, Type::TEXT_ARRAY), (&users, Type::TEXT_ARRAY)];
    reads_none_through(client, sql!("hold_portfolios"), hold).await;
}

#[tokio::test]
async fn a_chunks_scores_are_written_by_keys() {
    let world = World::new().await;
    night(&world, USERS).await;
    older_nights(&world).await;
    let session = session(&world.database.url(Role::Queue)).await;
    // Others were scored before.
    for chunk in 0..20 {
        let write = NightWrite::Chunk(scoring(&session, chunk).await);
        write_night(&world, &session, write).await;
    }
    for table in ["asset_scores", "score_history", "calculation_events", "overnight_users"] {
        world.owner.execute(&format!("vacuum analyze portfolio.{table}"), &[]).await.unwrap();
    }
    let chunk = scoring(&session, 30).await;
    let owners: Vec<&str> = chunk.users.iter().map(|of| of.user.0.as_str()).collect();
    let users: Vec<&str> = chunk.users.iter().map(|of| of.user.1.as_str()).collect();
    let client = world.database.connect(Role::Queue).await.unwrap();
    reads_by_keys(&client, &owners, &users).await;
    let (now, count) = (Utc::now(), owners.len());
    let fates = vec!["scored"; count];
    let none = vec![None::<String>; count];
    let (versions, assets) = (vec![Some(2_i32); count], vec![20_i32; count]);
    let ids = vec![Uuid::nil(); count];
    let place = |each: usize| -> Vec<i64> {
        (1..).take(count).flat_map(|place| std::iter::repeat_n(place, each)).collect()
    };
    let (of_events, of_scores) = (place(4), place(20));
    let numbers: Vec<i16> = (0..count).flat_map(|_| 1..=4).collect();
    let kinds: Vec<&str> =
        chunk.users.iter().flat_map(|of| &of.events).map(|e| e.kind.name()).collect();
    let bodies: Vec<&str> =
        chunk.users.iter().flat_map(|of| &of.events).map(|e| e.body.as_str()).collect();
    let scores = || chunk.users.iter().flat_map(|of| &of.scores);
    let names: Vec<&str> = scores().map(|of| of.asset_id.as_str()).collect();
    let symbols: Vec<&str> = scores().map(|of| of.symbol.as_str()).collect();
    let numbers_of: Vec<String> = scores().map(|of| of.score.to_string()).collect();
    let maximums: Vec<String> = scores().map(|of| of.maximum.to_string()).collect();
    let percentages: Vec<String> = scores().map(|of| of.percentage.to_string()).collect();
    let params: &[Param<'_>] = &[
        (&NIGHT, Type::UUID),
        (&30_i32, Type::INT4),
        (&now, Type::TIMESTAMPTZ),
        (&owners, Type::TEXT_ARRAY),
        (&users, Type::TEXT_ARRAY),
        (&ids, Type::UUID_ARRAY),
        (&fates, Type::TEXT_ARRAY),
        (&none, Type::TEXT_ARRAY),
        (&none, Type::TEXT_ARRAY),
        (&versions, Type::INT4_ARRAY),
        (&assets, Type::INT4_ARRAY),
        (&of_events, Type::INT8_ARRAY),
        (&numbers, Type::INT2_ARRAY),
        (&kinds, Type::TEXT_ARRAY),
        (&bodies, Type::TEXT_ARRAY),
        (&of_scores, Type::INT8_ARRAY),
        (&names, Type::TEXT_ARRAY),
        (&symbols, Type::TEXT_ARRAY),
        (&numbers_of, Type::TEXT_ARRAY),
        (&maximums, Type::TEXT_ARRAY),
        (&percentages, Type::TEXT_ARRAY),
        (&"null", Type::TEXT),
        (&"", Type::TEXT),
        (&false, Type::BOOL),
    ];
    reads_none_through(&client, sql!("score_users"), params).await;
    let (rows, kinds, text) = looked_at(&client, "users", sql!("score_users").1, params).await;
    // Each as it is found, and as it is written.
    assert!(rows <= 100, "{rows}: {kinds:?} {text}");
    // Without it the night's row would be locked before all that is written.
    assert!(text.contains("CTE written"), "{text}");
}

#[tokio::test]
async fn retention_of_nights_reads_what_is_old() {
    let world = World::new().await;
    night(&world, USERS).await;
    older_nights(&world).await;
    let client = world.database.connect(Role::Queue).await.unwrap();
    let params: &[Param<'_>] = &[(&2_592_000_i64, Type::INT8), (&100_000_i64, Type::INT8)];
    let looks = [
        (sql!("retire_night_users"), "overnight_users"),
        (sql!("retire_night_users"), "calculation_events"),
        (sql!("retire_prices"), "prices"),
        (sql!("retire_nights"), "overnight_users"),
        (sql!("retire_score_history"), "score_history"),
    ];
    for (statement, table) in looks {
        let (rows, kinds, text) = looked_at(&client, table, statement.1, params).await;
        assert_eq!(rows, 0, "{}: {kinds:?} {text}", statement.0);
    }
    let sql =
        "update portfolio.overnight_job_runs set started_at = started_at - interval '18 days'";
    world.owner.execute(sql, &[]).await.unwrap();
    let params: &[Param<'_>] = &[(&2_592_000_i64, Type::INT8), (&500_i64, Type::INT8)];
    for (statement, table) in looks {
        let (rows, kinds, text) = looked_at(&client, table, statement.1, params).await;
        // Of each of nine old nights as many as go, which are found again and deleted.
        assert!(rows <= 9 * 500 + 1_000, "{} {rows}: {kinds:?} {text}", statement.0);
    }
    let gone = "select count(*) from portfolio.overnight_users";
    assert_eq!(world.count(gone).await, 21 * i64::from(USERS) - 200);
}

/// The jobs of all other runs, which are older: whoever looks for a night's first one among
/// all of them reads them.
const OTHERS: i64 = 50_000;

#[tokio::test]
async fn a_lost_night_is_looked_at_by_its_own_jobs() {
    let world = World::new().await;
    let jobs = format!(
        "insert into jobs.job (id, queue, type, data, failures_max, run_id, state, finished_at,
             receipt)
           select uuidv7(), 'q', 't', '{{}}', 3, md5((n % 500)::text)::uuid, 'completed', now(), '{{}}'
           from generate_series(1, {OTHERS}) n;
         insert into jobs.run (id, job_key, trigger, status, jobs_total, jobs_done, jobs_dead,
             finished_at)
           values ('{NIGHT}', 'overnight.start', 'manual', 'partial', 20, 19, 1, now());
         insert into jobs.job (id, queue, type, data, failures_max, run_id, state, finished_at,
             receipt, last_error)
           select uuidv7(), 'q', case n when 17 then 'died' else 't' end, '{{}}', 3, '{NIGHT}',
             case n when 17 then 'dead_lettered' else 'completed' end, now(),
             case when n <> 17 then '{{}}'::jsonb end, case n when 17 then 'why' end
           from generate_series(1, 20) n;
         insert into portfolio.overnight_job_runs (id, job_type, started_at, correlation_id,
             inputs_of)
           values ('{NIGHT}', 'overnight.start', now(), 'c', '{NIGHT}');"
    );
    world.owner.batch_execute(&jobs).await.unwrap();
    for table in ["jobs.job", "jobs.run", "portfolio.overnight_job_runs"] {
        world.owner.execute(&format!("vacuum analyze {table}"), &[]).await.unwrap();
    }
    let client = world.database.connect(Role::Queue).await.unwrap();
    let params: &[Param<'_>] = &[(&100_i64, Type::INT8)];
    let (_, sql) = sql!("lost_nights");
    let (rows, kinds, text) = looked_at(&client, "job", sql, params).await;
    assert_eq!(rows, 20, "{kinds:?} {text}");
    let row = client.query_typed(sql, params).await.unwrap().remove(0);
    let (died, cause): (String, String) = (row.get("died"), row.get("cause"));
    assert_eq!((died.as_str(), cause.as_str()), ("died", "why"));
}

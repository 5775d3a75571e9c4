//! Without a delay: rows read and written, beside the same over TCP.

use std::time::Duration;

use mauntic_neon::http::{Http, Statement};
use mauntic_neon_local::Faults;
use mauntic_testkit::database::{Role, TestDatabase};
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use crate::kept::Lines;
use crate::{WAYS, open, timed};

/// Rows that are read and written, as a chunk of a recompute has contacts.
const ROWS: i32 = 5_000;

/// Times that each is measured over a connection, and connections; the best counts, for
/// what disturbs only slows, be it a connection's place in the machine.
const ROUNDS: usize = 8;
const CONNECTIONS: usize = 8;

/// How much slower than TCP a session may be.
const RATIO_MAX: f64 = 1.2;

/// Who may write the benchmark's table.
const ROLE: Role = Role::Owner;

const READ: &str = "select n, repeat('x', 100) t from generate_series(1, $1::int4) n";
const WRITE: &str =
    "insert into bench_rows select n, t from unnest($1::int4[], $2::text[]) u (n, t)";

/// What a round writes.
struct Rows {
    numbers: Vec<i32>,
    texts: Vec<String>,
}

/// Times of reading and of writing.
type Times = [Duration; 2];

pub(crate) async fn measure(database: &TestDatabase, owner: &Client, lines: &mut Lines) {
    owner.batch_execute("create unlogged table bench_rows (n int4, t text)").await.unwrap();
    let numbers: Vec<i32> = (0..ROWS).collect();
    let rows = Rows { texts: vec!["x".repeat(100); numbers.len()], numbers };
    let mut ways = Vec::new();
    for (name, _) in WAYS {
        ways.push(open(name, Faults::default()).await);
    }
    let http = ways.last().and_then(|way| way.http(ROLE.name(), database.name()));
    let http = http.expect("the last way is Neon's");
    let mut best = vec![[Duration::MAX; 2]; ways.len() + 1];
    for _ in 0..CONNECTIONS {
        let mut clients = Vec::new();
        for way in &ways {
            clients.push(way.client(ROLE.name(), database.name()).await.unwrap());
        }
        // In turn, so that what disturbs the machine disturbs all of them.
        for _ in 0..ROUNDS {
            for (client, best) in clients.iter().zip(&mut best) {
                *best = better(*best, over_session(client, &rows).await);
                owner.batch_execute("truncate bench_rows").await.unwrap();
            }
            let last = best.last_mut().expect("HTTP's");
            *last = better(*last, over_http(&http, &rows).await);
            owner.batch_execute("truncate bench_rows").await.unwrap();
        }
    }
    let [tcp, others @ ..] = best.as_slice() else { panic!("TCP is the first") };
    let names = WAYS.iter().skip(1).map(|(_, called)| (*called, true)).chain([("HTTP", false)]);
    for ((called, is_bound), took) in names.zip(others) {
        line(lines, called, is_bound, *tcp, *took);
    }
}

fn line(lines: &mut Lines, called: &str, is_bound: bool, tcp: Times, took: Times) {
    for (what, (tcp, took)) in ["read", "written"].iter().zip(tcp.iter().zip(&took)) {
        let ratio = took.as_secs_f64() / tcp.as_secs_f64();
        lines.line(
            &format!("{called}: {ROWS} rows {what}"),
            &format!("{took:.2?} beside {tcp:.2?} over TCP: {ratio:.2} ×"),
            &if is_bound { format!("at most {RATIO_MAX} ×") } else { "told".to_owned() },
            !is_bound || ratio <= RATIO_MAX,
        );
    }
}

fn better(one: Times, other: Times) -> Times {
    [one[0].min(other[0]), one[1].min(other[1])]
}

async fn over_session(client: &Client, rows: &Rows) -> Times {
    let (answer, read) = timed(client.query_typed(READ, &[(&ROWS, Type::INT4)])).await;
    assert_eq!(answer.unwrap().len(), rows.numbers.len());
    let values: [(&(dyn ToSql + Sync), Type); 2] =
        [(&rows.numbers, Type::INT4_ARRAY), (&rows.texts, Type::TEXT_ARRAY)];
    let (written, write) = timed(client.execute_typed(WRITE, &values)).await;
    assert_eq!(written.unwrap(), u64::try_from(rows.numbers.len()).unwrap());
    [read, write]
}

/// A connection each, as HTTP has it.
async fn over_http(http: &Http, rows: &Rows) -> Times {
    let (answer, read) = timed(http.query(&Statement::new(READ).bind(&ROWS))).await;
    assert_eq!(answer.unwrap().rows.len(), rows.numbers.len());
    let statement = Statement::new(WRITE).bind(&rows.numbers).bind(&rows.texts);
    let (written, write) = timed(http.query(&statement)).await;
    assert_eq!(written.unwrap().count, u64::try_from(rows.numbers.len()).ok());
    [read, write]
}

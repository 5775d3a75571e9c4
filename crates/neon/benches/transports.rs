//! What each transport costs: with 30 ms a direction, the time to a first row and to a
//! batch of a hundred statements; without, 5,000 rows read and written. The bounds are the
//! issue's: two flights over a pipelined WebSocket, one over HTTP, and 1.2 × TCP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "it may stop")]
#![allow(clippy::disallowed_methods, reason = "time is what is measured")]
#![allow(clippy::large_futures, reason = "there is the stack for a connection")]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use mauntic_local::postgres::{self, Postgres, SUPERUSER};
use mauntic_neon::http::{Http, Statement, Transaction};
use mauntic_neon::{Address, Hosts, Network, Options, connect};
use mauntic_neon_local::{Authority, Faults, Options as ProxyOptions, Server, relay};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls};

const HOST: &str = "ep-bench.aws.neon.tech";
const HTTP_HOST: &str = "api.aws.neon.tech";
const PASSWORD: &str = "bench";

/// A direction's delay: a worker and a database in two regions of one continent.
const DELAY: Duration = Duration::from_millis(30);

/// Statements of a batch, as a batch of `CalculateScore` has messages.
const BATCH: usize = 100;

/// Rows that are read and written, as a chunk of a recompute has contacts.
const ROWS: i32 = 5_000;

/// Times that throughput is measured; the best counts, for what disturbs only slows.
const ROUNDS: usize = 7;

/// How much slower than TCP a WebSocket may be.
const RATIO_PERCENT_MAX: u128 = 120;

const READ: &str = "select n, repeat('x', 100) t from generate_series(1, $1) n";
const WRITE: &str =
    "insert into bench_rows select n, t from unnest($1::int4[], $2::text[]) u (n, t)";

struct Ways {
    database: SocketAddr,
    server: Server,
    address: Address,
    options: Options,
}

impl Ways {
    async fn new(database: SocketAddr) -> Self {
        let authority = Authority::new().unwrap();
        let wanted = ProxyOptions::new(database, PASSWORD, &[HOST, HTTP_HOST]);
        let server = Server::start(&authority, wanted).await.unwrap();
        let url = format!("postgres://{SUPERUSER}:{PASSWORD}@{HOST}/postgres");
        let address = Address::parse(&url, &Hosts::neon()).unwrap();
        let network = Network { at: Some(server.address()), roots: vec![authority.root()] };
        let options = Options { network, ..Options::default() };
        Self { database, server, address, options }
    }

    async fn websocket(&self, pipelined: bool) -> Client {
        let options = Options { pipelined, ..self.options.clone() };
        let (client, connection) = connect(&self.address, &options).await.unwrap();
        tokio::spawn(connection);
        client
    }

    fn http(&self) -> Http {
        Http::new(self.address.clone(), self.options.clone())
    }

    async fn tcp(&self, at: SocketAddr) -> Client {
        let url = format!("postgres://{SUPERUSER}@{at}/postgres?sslmode=disable");
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }
}

async fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let started = Instant::now();
    (future.await, started.elapsed())
}

async fn first_row(client: &Client) {
    client.query_typed_one("select 1", &[]).await.unwrap();
}

async fn batch(client: &Client) {
    try_join_all((0..BATCH).map(|_| client.query_typed_one("select 1", &[]))).await.unwrap();
}

/// Under delay: connecting with the first row, and a batch behind it.
async fn delayed(ways: &Ways) {
    ways.server.set_faults(Faults { delay: DELAY, ..Faults::default() });
    let far = relay(ways.database, DELAY).await.unwrap();
    println!(
        "{DELAY:?} a direction         connect + first row    batch of {BATCH}    flights to the row"
    );
    let say = |name: &str, first: Duration, batch: Duration, flights: String| {
        println!(
            "{name:<28} {:>12} ms {:>12} ms {flights:>14}",
            first.as_millis(),
            batch.as_millis()
        );
    };
    let (client, first) = timed(async {
        let client = ways.tcp(far).await;
        first_row(&client).await;
        client
    })
    .await;
    let ((), many) = timed(batch(&client)).await;
    say("TCP, no password, no TLS", first, many, "-".to_owned());
    for (name, pipelined, bound) in [("WebSocket", false, 3), ("WebSocket, pipelined", true, 2)] {
        let before = ways.server.counts().flights();
        let (client, first) = timed(async {
            let client = ways.websocket(pipelined).await;
            first_row(&client).await;
            client
        })
        .await;
        let flights = ways.server.counts().flights() - before;
        assert_eq!(flights, bound, "{name}");
        let ((), many) = timed(batch(&client)).await;
        say(name, first, many, flights.to_string());
    }
    let before = ways.server.counts().flights();
    let one = Statement::new("select 1");
    let (answer, first) = timed(ways.http().query(&one)).await;
    answer.unwrap();
    let flights = ways.server.counts().flights() - before;
    assert_eq!(flights, 1, "HTTP");
    let statements = vec![one; BATCH];
    let http = ways.http();
    let (answers, many) = timed(http.batch(&statements, Transaction::default())).await;
    assert_eq!(answers.unwrap().len(), BATCH);
    say("HTTP, a connection each", first, many, flights.to_string());
    ways.server.set_faults(Faults::default());
}

/// The best of several rounds of reading and of writing.
async fn throughput(client: &Client) -> [Duration; 2] {
    let numbers: Vec<i32> = (0..ROWS).collect();
    let texts = vec!["x".repeat(100); numbers.len()];
    let mut best = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        let (rows, read) = timed(client.query_typed(READ, &[(&ROWS, Type::INT4)])).await;
        assert_eq!(rows.unwrap().len(), numbers.len());
        let values: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 2] =
            [(&numbers, Type::INT4_ARRAY), (&texts, Type::TEXT_ARRAY)];
        let (written, write) = timed(client.execute_typed(WRITE, &values)).await;
        assert_eq!(written.unwrap(), u64::try_from(numbers.len()).unwrap());
        client.batch_execute("truncate bench_rows").await.unwrap();
        best = [best[0].min(read), best[1].min(write)];
    }
    best
}

/// Without delay: rows over TCP, and over the WebSocket with all of its TLS.
async fn undelayed(ways: &Ways) -> bool {
    let tcp = ways.tcp(ways.database).await;
    tcp.batch_execute("create unlogged table bench_rows (n int4, t text)").await.unwrap();
    let plain = throughput(&tcp).await;
    let socket = throughput(&ways.websocket(true).await).await;
    let mut holds = true;
    for (what, (plain, socket)) in ["read", "written"].iter().zip(plain.iter().zip(&socket)) {
        let percent = socket.as_micros() * 100 / plain.as_micros().max(1);
        holds &= percent <= RATIO_PERCENT_MAX;
        println!(
            "{ROWS} rows {what}: TCP {plain:?}, WebSocket {socket:?}: {percent}%, at most {RATIO_PERCENT_MAX}%"
        );
    }
    holds
}

#[tokio::main]
async fn main() {
    let postgres = Postgres::start(postgres::Options::temporary()).expect("PostgreSQL starts");
    let ways = Ways::new(SocketAddr::from((Ipv4Addr::LOCALHOST, postgres.port()))).await;
    delayed(&ways).await;
    if !undelayed(&ways).await {
        println!("a bound does not hold");
        std::process::exit(1);
    }
}

//! With a delay: connecting with a first row, and a batch of a hundred scores as the queue
//! worker does it, with a connection of its own.

use std::time::Duration;

use chrono::Utc;
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::Origin;
use mauntic_flows::consume::consume;
use mauntic_neon::http::{Statement, Transaction};
use mauntic_neon_local::Faults;
use mauntic_store::admin;
use mauntic_testkit::database::{Role, TestDatabase};
use mauntic_tests::ports::{Settlements, TestPorts};
use mauntic_tests::recompute::fill;
use mauntic_tests::singles::{deliveries, enqueue};
use mauntic_tests::transport::Way;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::kept::Lines;
use crate::{WAYS, open, timed};

/// A direction's delay: a worker and a database in two regions of one continent.
const DELAY: Duration = Duration::from_millis(30);

/// Jobs of a batch, as Cloudflare's queues have them at most.
const BATCH: usize = 100;

/// Contacts, each of which has one job of a batch.
const CONTACTS: i64 = 100;

const ORGANIZATION: &str = "org_bench";

/// Flights before the first row, at most, of those that have a bound.
const FLIGHTS_MAX: [(&str, u64); 1] = [("neon-ws", 2)];
const HTTP_FLIGHTS_MAX: u64 = 1;

const ONE: &str = "select 1";

fn flights(way: &Way) -> u64 {
    way.counts().expect("a proxy counts").flights()
}

pub(crate) async fn measure(database: &TestDatabase, owner: &Client, lines: &mut Lines) {
    let organization = OrganizationId::parse(ORGANIZATION).unwrap();
    admin::put_organization(owner, &organization, "The benchmark's").await.unwrap();
    fill(owner, ORGANIZATION, CONTACTS, Utc::now()).await;
    let faults = Faults { delay: DELAY, ..Faults::default() };
    for (name, called) in WAYS {
        let way = open(name, faults).await;
        let (client, took) = timed(async {
            let client = way.client(Role::Queue.name(), database.name()).await.unwrap();
            client.query_typed_one(ONE, &[]).await.unwrap();
            client
        })
        .await;
        let first = flights(&way);
        let (batch, of_batch) = scores(&way, database, owner).await;
        // Its good-bye is a flight, too.
        drop(client);
        let bound = FLIGHTS_MAX.iter().find(|(bound, _)| *bound == name).map(|(_, max)| *max);
        lines.line(
            &format!("{called}: connecting and a first row; a batch of {BATCH} scores"),
            &format!(
                "{} ms in {first} flights; {} ms in {of_batch} flights with its connection",
                took.as_millis(),
                batch.as_millis()
            ),
            &bound.map_or("told".to_owned(), |max| format!("at most {max} flights to the row")),
            bound.is_none_or(|max| first <= max),
        );
    }
    http(database, faults, lines).await;
}

/// A batch of jobs from its delivery to its end, and its flights.
async fn scores(way: &Way, database: &TestDatabase, owner: &Client) -> (Duration, u64) {
    let ids = enqueue(owner, ORGANIZATION, CONTACTS, i64::try_from(BATCH).unwrap()).await;
    let ports = TestPorts::over(way.store(Role::Queue.name(), database.name()));
    let origin = Origin::Jobs(Queue::ScoringEvents);
    let (settled, before) = (Settlements::default(), flights(way));
    let messages = deliveries(&ids);
    let consuming = consume(&ports, origin, Uuid::new_v4(), &messages, &settled);
    let (report, took) = timed(consuming).await;
    assert_eq!((report.completed, report.error), (ids.len(), None));
    (took, flights(way) - before)
}

/// HTTP has no session for a batch of jobs: as many statements in one transaction.
async fn http(database: &TestDatabase, faults: Faults, lines: &mut Lines) {
    let way = open("neon-ws", faults).await;
    let http = way.http(Role::Queue.name(), database.name()).expect("Neon has HTTP");
    let (answer, took) = timed(http.query(&Statement::new(ONE))).await;
    assert_eq!(answer.unwrap().rows.len(), 1);
    let first = flights(&way);
    let statements = vec![Statement::new(ONE); BATCH];
    let (answers, batch) = timed(http.batch(&statements, Transaction::default())).await;
    assert_eq!(answers.unwrap().len(), BATCH);
    lines.line(
        &format!("HTTP: connecting and a first row; a batch of {BATCH} statements"),
        &format!(
            "{} ms in {first} flights; {} ms in {} flights",
            took.as_millis(),
            batch.as_millis(),
            flights(&way) - first
        ),
        &format!("at most {HTTP_FLIGHTS_MAX} flights to the row"),
        first <= HTTP_FLIGHTS_MAX,
    );
}

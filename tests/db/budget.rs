//! Round trips of a batch, counted on the wire.

use mauntic_flows::consume::Body;
use mauntic_testkit::database::{Cluster, Role};
use mauntic_testkit::proxy::RoundTripProxy;
use mauntic_tests::ports::{Settled, TestPorts};
use mauntic_tests::recompute::{differences, fill};
use mauntic_tests::say::say;
use mauntic_tests::world::{World, contact, organization, short, texts};
use serde_json::json;
use uuid::Uuid;

/// Round trips that a batch of one hundred, or a chunk of any size, may take after
/// connecting.
const ROUND_TRIPS_MAX: u64 = 4;

/// Contacts of the chunk.
const CHUNK_CONTACTS: i64 = 500;

/// 100 messages: 85 contacts of 20 organizations (some unknown), 10 of them
/// twice, 5 malformed.
async fn mixed_batch(world: &World) -> Vec<Body> {
    let mut bodies = Vec::new();
    for n in 0..85 {
        let owner = organization(&format!("org_{}", n % 20));
        let name = format!("contact_{n}");
        if n % 17 != 0 {
            world.contacts(&owner, &[contact(&name, &json!({"hasEmail": n % 2 == 0}))]).await;
        }
        bodies.push(short(owner.as_str(), &name));
    }
    let mut bodies = texts(bodies);
    bodies.extend(texts(["", "nonsense", "[]", r#"{"type":"no.Such"}"#]));
    bodies.push(Body::Bytes(vec![0xff, 0xfe]));
    bodies
}

#[tokio::test(flavor = "current_thread")]
async fn a_batch_of_one_hundred_takes_at_most_four_round_trips() {
    let world = World::new().await;
    let mut bodies = mixed_batch(&world).await;
    // A duplicate has its twin's message id; addressed jobs are the ones that
    // come twice, so ten of them are made rows first.
    let first: Vec<Body> = bodies.drain(..10).collect();
    let rows = prepared_rows(&world, &first).await;
    for id in &rows {
        let body = json!({"type": "scoring.CalculateScore", "jobId": id}).to_string();
        bodies.extend(texts([body.clone(), body]));
    }
    assert_eq!(bodies.len(), 100);

    let proxy = RoundTripProxy::start(Cluster::shared().server().port()).unwrap();
    let ports = TestPorts::new(&proxy.url(&world.database.url(Role::Queue)));
    let batch = world.consume_with(&ports, Uuid::new_v4(), "m", &bodies).await;

    assert!(batch.settled.iter().all(|s| *s == Some(Settled::Ack)), "{:?}", batch.settled);
    assert_eq!(batch.report.completed, 85);
    assert_eq!(batch.report.absorbed, 10);
    assert_eq!(batch.report.dead_lettered, 5);
    assert_eq!(batch.report.error, None);
    assert_eq!(world.count("select count(*) from jobs.job where state = 'completed'").await, 85);
    assert_eq!(world.count("select count(*) from scoring.lead_scores").await, 80);
    assert_eq!(world.count("select count(*) from jobs.dead_letter").await, 5);
    let trips = proxy.count();
    say(format_args!("round trips of the mixed batch of 100: {trips}"));
    assert!((1..=ROUND_TRIPS_MAX).contains(&trips), "{trips}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_chunk_takes_at_most_four_round_trips() {
    let world = World::new().await;
    fill(&world.owner, "org_1", CHUNK_CONTACTS, chrono::Utc::now()).await;
    let last = format!("contact_{CHUNK_CONTACTS:08}");
    let through = json!({"organizationId": "org_1", "contactId": last});
    let data = json!({"contacts": {"range": {"through": through}}, "configEpoch": 0});
    let sql = "with run as (insert into jobs.run (id, job_key, trigger, jobs_total)
        values (uuidv7(), 'k', 'manual', 1) returning id)
      insert into jobs.job (queue, type, version, data, failures_max, run_id)
      select 'mauntic-scoring-events', 'scoring.RecomputeChunk', 3, $1, 3, r.id from run r
      returning id";
    let id: Uuid = world.owner.query_one(sql, &[&data]).await.unwrap().get(0);
    let body = json!({"type": "scoring.RecomputeChunk", "jobId": id}).to_string();
    let proxy = RoundTripProxy::start(Cluster::shared().server().port()).unwrap();
    let ports = TestPorts::new(&proxy.url(&world.database.url(Role::Queue)));
    let batch = world.consume_with(&ports, Uuid::new_v4(), "m", &texts([body])).await;
    assert_eq!((batch.report.completed, batch.report.error), (1, None));
    assert_eq!(world.count("select count(*) from scoring.lead_scores").await, CHUNK_CONTACTS);
    assert_eq!(world.count("select count(*) from jobs.run where status = 'completed'").await, 1);
    assert_eq!(differences(&world.owner).await, [""; 0]);
    let trips = proxy.count();
    say(format_args!("round trips of a chunk of {CHUNK_CONTACTS} contacts: {trips}"));
    assert!((1..=ROUND_TRIPS_MAX).contains(&trips), "{trips}");
}

/// Rows for hand-sent bodies, as a producer would have written them.
async fn prepared_rows(world: &World, bodies: &[Body]) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for body in bodies {
        let Body::Text(text) = body else { panic!("text") };
        let message: serde_json::Value = serde_json::from_str(text).unwrap();
        let sql = "insert into jobs.job (organization_id, queue, type, data, failures_max)
          values ($1::jsonb->>'organizationId', 'mauntic-scoring-events', 'scoring.CalculateScore', $1, 3)
          returning id";
        ids.push(world.owner.query_one(sql, &[&message["data"]]).await.unwrap().get(0));
    }
    ids
}

//! A night on the real database, from its first message to its last: what each job costs on
//! the wire, and what is there at the end.

use std::collections::VecDeque;

use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::Origin;
use mauntic_flows::consume::{Body, Delivery, consume};
use mauntic_flows::ports::Ports;
use mauntic_flows::ports::{Database, Request};
use mauntic_flows::relay::send_due;
use mauntic_sim::market::Market;
use mauntic_testkit::database::{Cluster, Role};
use mauntic_testkit::proxy::RoundTripProxy;
use mauntic_tests::portfolios::{Portfolios, came_to, fill, poison, replayed};
use mauntic_tests::ports::{Settlements, TestPorts};
use mauntic_tests::say::say;
use mauntic_tests::world::World;
use serde_json::{Value, json};
use uuid::Uuid;

/// Round trips of a chunk, from claim to acknowledgement (the bound).
const ROUND_TRIPS_MAX: u64 = 6;

/// Three chunks, and two batches of symbols.
const SIZE: Portfolios = Portfolios { users: 120, assets: 20, criteria: 10, symbols: 250 };

/// Delivers messages one by one, and what they have sent, until nothing is left; the round
/// trips of each by its type.
async fn drain(ports: &TestPorts, proxy: &RoundTripProxy, first: Value) -> Vec<(String, u64)> {
    let mut waiting = VecDeque::from([first.to_string()]);
    let mut trips = Vec::new();
    for nth in 0.. {
        let Some(body) = waiting.pop_front() else {
            let session = ports.db().open().await.unwrap();
            if send_due(ports, &session).await.unwrap() == 0 {
                break;
            }
            waiting.extend(ports.sent.take());
            continue;
        };
        let message: Value = serde_json::from_str(&body).unwrap();
        let before = proxy.count();
        let delivery = Delivery { message_id: format!("m-{nth}"), body: Body::Text(body) };
        let origin = Origin::Jobs(Queue::OvernightJobs);
        let settled = Settlements::default();
        let report = consume(ports, origin, Uuid::new_v4(), &[delivery], &settled).await;
        assert_eq!((report.error, report.dead_lettered), (None, 0), "{message}");
        trips.push((message["type"].as_str().unwrap().to_owned(), proxy.count() - before));
        waiting.extend(ports.sent.take());
    }
    trips
}

#[tokio::test(flavor = "current_thread")]
async fn a_chunk_of_a_night_takes_at_most_six_round_trips() {
    let world = World::new().await;
    fill(&world.owner, SIZE).await;
    let poisoned = poison(&world.owner, 60).await;
    let proxy = RoundTripProxy::start(Cluster::shared().server().port()).unwrap();
    let ports = TestPorts::new(&proxy.url(&world.database.url(Role::Queue)));
    *ports.outside.market.lock().unwrap() = Market::trading();
    let trips = drain(&ports, &proxy, json!({"type": "overnight.start"})).await;
    let run: Uuid = world.rows("select id from portfolio.overnight_job_runs").await[0].get(0);
    let scored = i64::from(SIZE.users) - poisoned;
    let came_to = came_to(&world.owner, run).await;
    assert_eq!((poisoned, came_to), (2, ("partial".to_owned(), [scored, 2, 0])));
    assert_eq!(replayed(&world.owner, run).await, scored);
    let of = |name: &str| {
        let of_type = trips.iter().filter(|(of, _)| of == name);
        of_type.map(|(_, trips)| *trips).collect::<Vec<_>>()
    };
    say(format_args!("round trips of a night of 120 users: {trips:?}"));
    let chunks = of("overnight.score-users");
    assert_eq!(chunks.len(), 3);
    assert!(chunks.iter().all(|trips| (1..=ROUND_TRIPS_MAX).contains(trips)), "{chunks:?}");
    assert_eq!(of("overnight.warm-cache").len(), 3);
    assert_eq!(ports.projections.len(), usize::try_from(scored).unwrap());
    let asked = ports.outside.market.lock().unwrap().asked().to_vec();
    let rates = asked.iter().filter(|asked| asked.request == Request::Rates);
    assert_eq!((rates.count(), asked.len()), (1, 1 + 2));
    let ended = "select count(*) from jobs.run where status = 'completed'";
    assert_eq!(world.count(ended).await, 1);
    assert_eq!(world.count("select count(*) from jobs.job where finished_at is null").await, 0);
    // Every score has its line of history, and the events of its user.
    let apart = "select count(*) from portfolio.asset_scores s
      full join portfolio.score_history h using (organization_id, user_id, asset_id, run_id)
      where (s.score, s.maximum, s.percentage) is distinct from (h.score, h.maximum, h.percentage)";
    assert_eq!(world.count(apart).await, 0);
}

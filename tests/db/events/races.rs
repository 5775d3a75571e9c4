//! Twenty at once: what is the same is done once, and nobody waits in a circle.

use chrono::{TimeDelta, Utc};
use futures::future::{join, join_all};
use mauntic_domain::ids::ContactId;
use mauntic_flows::commands::put_features::put_features;
use mauntic_flows::commands::recalculate::recalculate;
use mauntic_flows::consume::{Body, Delivery};
use mauntic_flows::events::consume_events;
use mauntic_flows::ports::{Database, EffectStore, EventStore, Ports, RelayStore};
use mauntic_tests::ports::Settlements;
use mauntic_tests::world::{World, contact, organization};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{report, visit};

/// At once.
const CONCURRENT: usize = 20;

const COUNTS: &str = "select (select count(*) from scoring.intent_signals),
  (select count(*) from scoring.signal_alerts),
  (select count(*) from jobs.job where type = 'scoring.NotifyAlert'),
  (select count(*) from jobs.job where type = 'scoring.CalculateScore'),
  (select count(*) from analytics.contact_activity),
  (select input_version from scoring.contact_features)";

async fn counts(world: &World) -> [i64; 6] {
    let row = &world.rows(COUNTS).await[0];
    std::array::from_fn(|n| row.get(n))
}

#[tokio::test]
async fn twenty_identical_batches_are_one() {
    let world = World::new().await;
    let events = [visit("a", "c", "/demo", Utc::now())];
    let reports = join_all((0..CONCURRENT).map(|_| report(&world.http, &events))).await;
    assert_eq!(reports.iter().map(|one| one.accepted).sum::<usize>(), 1);
    assert_eq!(reports.iter().map(|one| one.repeated).sum::<usize>(), CONCURRENT - 1);
    assert_eq!(counts(&world).await, [1, 1, 1, 1, 1, 1]);
}

#[tokio::test]
async fn twenty_events_that_would_open_one_alert_open_one() {
    let world = World::new().await;
    let now = Utc::now();
    let events: Vec<Vec<Value>> =
        (0..CONCURRENT).map(|n| vec![visit(&format!("e-{n}"), "c", "/demo", now)]).collect();
    let reports = join_all(events.iter().map(|events| report(&world.http, events))).await;
    assert_eq!(reports.iter().map(|one| one.alerts).sum::<u64>(), 1);
    assert_eq!(counts(&world).await, [20, 1, 1, 1, 20, 20]);
    let stored = "select count(distinct input_version) from scoring.intent_signals";
    assert_eq!(world.count(stored).await, 20, "each was there before its version was");
}

#[tokio::test]
async fn the_cap_holds_of_what_comes_at_once() {
    let world = World::new().await;
    world
        .owner
        .batch_execute(
            "insert into scoring.config_versions (organization_id, version) values ('org_1', 1);
             insert into scoring.signal_configs (organization_id, signal_type, decay_hours,
               decay_model, enabled, cap_per_day) values ('org_1', 'WEBSITE_VISIT', 24, 'linear', true, 3)",
        )
        .await
        .unwrap();
    let noon = Utc::now().date_naive().and_hms_opt(0, 0, 0).unwrap().and_utc();
    let events: Vec<Vec<Value>> = (0..CONCURRENT)
        .map(|n| {
            let at = noon - TimeDelta::seconds(1 + i64::try_from(n).unwrap());
            vec![visit(&format!("e-{n:02}"), "c", "/blog", at)]
        })
        .collect();
    join_all(events.iter().map(|events| report(&world.http, events))).await;
    let counted = "select event_id from scoring.intent_signals where counted order by 1";
    let counted: Vec<String> = world.rows(counted).await.iter().map(|row| row.get(0)).collect();
    assert_eq!(counted, ["e-17", "e-18", "e-19"], "the earliest");
}

/// Consumes a batch of the queue in a session of its own.
async fn consume(world: &World, tag: usize, events: &[Value]) {
    let message = |(n, events): (usize, &[Value])| Delivery {
        message_id: format!("m-{tag}-{n}"),
        body: Body::Text(json!({ "events": events }).to_string()),
    };
    let deliveries: Vec<Delivery> = events.chunks(100).enumerate().map(message).collect();
    let report = consume_events(&world.queue, false, &deliveries, &Settlements::default()).await;
    assert_eq!((report.error, report.dead_lettered), (None, 0));
}

/// Archives decayed signals and expires alerts, as the sweeps do.
async fn sweep(world: &World) {
    let session = world.queue.db().open().await.unwrap();
    let now = Utc::now() + TimeDelta::days(30);
    let mut effect = mauntic_flows::ports::Effect::of(Utc::now(), Vec::new());
    effect.archived_signals = session.decayed_signals(now, 5_000).await.unwrap();
    effect.expired_alerts = session.overdue_alerts(now, 1_000).await.unwrap();
    session.commit(&effect).await.unwrap();
    session.retire_events(100).await.unwrap();
}

#[tokio::test]
async fn intakes_producers_relay_and_sweeps_never_deadlock() {
    let world = World::new().await;
    world
        .owner
        .batch_execute("insert into auth.organization (id, name) values ('org_1', 'one')")
        .await
        .unwrap();
    let owner = organization("org_1");
    let now = Utc::now();
    let name = |n: usize| format!("c{:03}", n * 7 % 100);
    let urls = ["/demo", "/blog", "/pricing", "/blog"];
    // Ids, contacts and times in different orders, round by round.
    let of_round = |round: usize| -> Vec<Value> {
        let event = |n: usize| {
            let at = now - TimeDelta::minutes(i64::try_from((n * 13 + round) % 100).unwrap());
            let id = format!("e-{:03}", (n * 37 + round * 11) % 400);
            visit(&id, &name((n * 37 + round * 11) % 400), urls[n % 4], at)
        };
        (0..100).map(event).collect()
    };
    report(&world.http, &of_round(0)).await;
    let ids: Vec<Uuid> =
        world.rows("select id from jobs.job").await.iter().map(|row| row.get(0)).collect();
    let contacts: Vec<(ContactId, _)> = (0..20).map(|n| contact(&name(n), &json!({}))).collect();
    let named = contacts.iter().map(|(contact, _)| contact.clone()).collect();
    let rounds = (1..12).map(|round| {
        let (world, ids, owner, named) = (&world, &ids, &owner, &named);
        let (contact, features) = &contacts[round];
        let events = of_round(round);
        async move {
            let (http, queue) = join(world.http.db().open(), world.queue.db().open()).await;
            let (http, queue) = (http.unwrap(), queue.unwrap());
            let producers = async {
                let put = put_features(&world.http, &http, owner, contact, features, "r").await;
                put.unwrap().1.unwrap();
                let all = recalculate(&world.http, &http, owner, named, None, "r", None).await;
                all.unwrap().1.unwrap();
            };
            let intakes = join(report(&world.http, &events), consume(world, round, &events));
            let relay = async { queue.mark_sent(ids).await.unwrap() };
            join(join(producers, intakes), join(relay, sweep(world))).await;
        }
    });
    join_all(rounds).await;
    let sql = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(world.count(sql).await, 0);
    let sql = "select count(*) from scoring.event_seen e full join scoring.intent_signals s
        using (organization_id, event_id) where e.event_id is null or s.event_id is null";
    assert_eq!(world.count(sql).await, 0, "each event has one signal");
    let sql = "select count(*) from scoring.signal_alerts where status = 'open'
        group by contact_id, signal_type having count(*) > 1";
    assert_eq!(world.rows(sql).await.len(), 0);
}

//! The proof report: it balances, and says so when it does not.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_store::receipts::{Sums, sums, wrongs};
use mauntic_tests::world::{World, contact, organization, short, texts};
use serde_json::json;

use super::{claimed, jobs, session, time_out};

async fn span(world: &World) -> (DateTime<Utc>, DateTime<Utc>) {
    let now: DateTime<Utc> = world.rows("select clock_timestamp()").await[0].get(0);
    (now - TimeDelta::minutes(5), now + TimeDelta::minutes(5))
}

#[tokio::test]
async fn a_day_of_batches_balances() {
    let world = World::new().await;
    let owner = organization("org_1");
    world.contacts(&owner, &[contact("ada", &json!({"hasEmail": true}))]).await;
    let (known, unknown) = (short("org_1", "ada"), short("org_1", "nobody"));
    let first = world.consume("a", &texts([known.clone(), unknown, "no JSON".into()])).await;
    // The same messages again: jobs by hand have their message's id.
    let again = world.consume("a", &texts([known.clone(), known])).await;
    assert_eq!((first.report.completed, again.report.absorbed), (2, 2), "{:?}", again.report);
    let session = session(&world).await;
    claimed(&session, &jobs(&world, 3).await).await;

    let (from, to) = span(&world).await;
    let found = sums(&world.owner, from, to).await.unwrap();
    let wanted = Sums {
        deliveries: 3,
        messages: 8,
        unreadable: 1,
        absorbed: 2,
        taken: 5,
        effects: 2,
        in_flight: 3,
        receipts: 2,
        ..Sums::default()
    };
    assert_eq!(found, wanted);
    assert!(found.balances());
    assert_eq!(found.left(), 0);
    assert_eq!(wrongs(&world.owner, from, to).await.unwrap(), []);
    let before = sums(&world.owner, from - TimeDelta::hours(1), from).await.unwrap();
    assert_eq!(before, Sums::default());
    assert!(before.balances());
}

#[tokio::test]
async fn what_does_not_add_up_is_named() {
    let world = World::new().await;
    let session = session(&world).await;
    let ids = jobs(&world, 3).await;
    let (token, _) = claimed(&session, &ids[..2]).await;
    let (other, _) = claimed(&session, &ids[2..]).await;
    // A job that somebody moved who does not count: the build before.
    time_out(&world, &ids[..1]).await;
    world
        .rows(
            "update jobs.job set state = 'queued', lease_until = null, lease_token = null
          where lease_until <= clock_timestamp()",
        )
        .await;
    // A receipt that no delivery knows of.
    let forged = "update jobs.job set state = 'completed', finished_at = clock_timestamp(),
      lease_until = null, receipt = '{}' where id = $1";
    world.owner.execute(forged, &[&ids[2]]).await.unwrap();
    let (from, to) = span(&world).await;
    let found = sums(&world.owner, from, to).await.unwrap();
    assert_eq!((found.unaccounted, found.conflicts, found.receipts), (2, 1, 1));
    assert!(!found.balances());
    let named = wrongs(&world.owner, from, to).await.unwrap();
    let read: Vec<_> =
        named.iter().map(|w| (w.token, w.taken, w.accounted, w.effects, w.receipts)).collect();
    assert_eq!(read, [(token, 2, 1, 0, 0), (other, 1, 0, 0, 1)]);
}

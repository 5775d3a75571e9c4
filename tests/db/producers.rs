//! Producers: coalescing, and features that never outrun their score.

use futures::future::join_all;
use mauntic_flows::commands::put_features::put_features;
use mauntic_flows::ports::{Database, Ports};
use mauntic_tests::world::{World, contact, organization, texts};
use serde_json::json;

#[tokio::test]
async fn fifty_writers_of_one_contact_share_one_queued_job() {
    let world = World::new().await;
    let owner = organization("org_1");
    let (name, features) = contact("c", &json!({"hasEmail": true}));
    let writers = (0..50).map(|_| async {
        let session = world.http.db().open().await.unwrap();
        put_features(&world.http, &session, &owner, &name, &features, "r").await.unwrap().0
    });
    let stored = join_all(writers).await;
    assert_eq!(stored.iter().filter(|stored| stored.job.created).count(), 1);
    let mut versions: Vec<i64> = stored.iter().map(|stored| stored.input_version).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=50).collect::<Vec<_>>());
    let row = &world.rows("select count(*), max(coalesced) from jobs.job").await[0];
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i32>(1)), (1, 49));
}

#[tokio::test]
async fn features_stored_during_a_claim_get_a_job_of_their_own() {
    let world = World::new().await;
    let owner = organization("org_1");
    let session = world.http.db().open().await.unwrap();
    let (name, features) = contact("c", &json!({"hasEmail": true}));
    let first = put_features(&world.http, &session, &owner, &name, &features, "r").await.unwrap();
    assert!(first.0.job.created);
    // Claimed by someone: the key is free again.
    world.rows("update jobs.job set state = 'in_progress', claim = 1, coalesce_key = null, lease_until = clock_timestamp() + interval '1 min'").await;
    let (_, richer) = contact("c", &json!({"demoRequest": true}));
    let (stored, _) =
        put_features(&world.http, &session, &owner, &name, &richer, "r").await.unwrap();
    assert!(stored.job.created);
    world.consume("m", &texts(world.http.sent.take())).await;
    let row =
        &world.rows("select total_score::text, input_version from scoring.lead_scores").await[0];
    assert_eq!((row.get::<_, String>(0).as_str(), row.get::<_, i64>(1)), ("30.0000", 2));
}

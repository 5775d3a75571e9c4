//! Concurrent work and locks: nothing deadlocks, nothing is lost, and no innocent
//! job pays.

use futures::future::{join, join_all};
use mauntic_domain::ids::ContactId;
use mauntic_flows::commands::recalculate::recalculate;
use mauntic_flows::ports::{Database, PortError, Ports, RelayStore};
use mauntic_testkit::database::Role;
use mauntic_tests::ports::Settled;
use mauntic_tests::world::{World, contact, organization, short, texts};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn producers_and_the_relay_never_deadlock() {
    let world = World::new().await;
    let owner = organization("org_1");
    let names: Vec<ContactId> =
        (0..200).map(|n| contact(&format!("c{:03}", n * 7 % 200), &json!({})).0).collect();
    let session = world.http.db().open().await.unwrap();
    // Ids in another order than the keys.
    for part in names.chunks(20) {
        let part = part.iter().cloned().collect();
        recalculate(&world.http, &session, &owner, &part, None, "r", None)
            .await
            .unwrap()
            .1
            .unwrap();
    }
    let ids: Vec<Uuid> =
        world.rows("select id from jobs.job").await.iter().map(|row| row.get(0)).collect();
    let all = names.iter().cloned().collect();
    let rounds = (0..20).map(|_| async {
        let (http, queue) = join(world.http.db().open(), world.queue.db().open()).await;
        let (http, queue) = (http.unwrap(), queue.unwrap());
        let (joined, marked) = join(
            recalculate(&world.http, &http, &owner, &all, None, "r", None),
            queue.mark_sent(&ids),
        )
        .await;
        marked.unwrap();
        assert!(joined.unwrap().0.iter().all(|row| !row.created));
    });
    join_all(rounds).await;
    let sql = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(world.count(sql).await, 0);
}

#[tokio::test]
async fn a_locked_score_costs_the_batch_a_wait_and_no_job_its_budget() {
    let world = World::new().await;
    let owner = organization("org_1");
    let contacts = ["a", "b", "c"].map(|name| contact(name, &json!({"hasEmail": true})));
    world.contacts(&owner, &contacts).await;
    // Shorter than a worker's, so that the test is.
    let role = "alter role mauntic_queue in database";
    let name = world.database.name();
    world.owner.batch_execute(&format!("{role} {name} set lock_timeout = '50ms'")).await.unwrap();
    let lock = world.database.connect(Role::Owner).await.unwrap();
    lock.batch_execute("begin; lock table scoring.lead_scores in exclusive mode").await.unwrap();
    let bodies = texts(["a", "b", "c"].map(|name| short("org_1", name)));
    let batch = world.consume("m", &bodies).await;
    assert_eq!(batch.report.error.as_ref().map(PortError::code), Some("contention"));
    assert_eq!(batch.settled, [Some(Settled::Ack); 3], "their rows wait for the tick");

    // Alone it is put off as well: no lease runs out, so nothing is spent.
    let chunk = json!({"type": "scoring.RecomputeChunk",
        "data": {"organizationId": "org_1", "contactIds": ["a", "b"]}});
    for round in 0..5 {
        let chunk = texts([chunk.to_string()]);
        let batch = world.consume("chunk", &chunk).await;
        assert_eq!(batch.settled, [Some(Settled::Ack)], "round {round}");
        world.rows("update jobs.job set available_at = clock_timestamp()").await;
    }
    let sql = "select distinct state, failures, snooze_reason, type = 'scoring.RecomputeChunk',
      snoozes from jobs.job order by snoozes";
    let rows = world.rows(sql).await;
    let found = |n: usize| {
        let row = &rows[n];
        (
            row.get::<_, String>(0),
            row.get::<_, i16>(1),
            row.get::<_, String>(2),
            row.get::<_, bool>(3),
        )
    };
    assert_eq!(rows.len(), 2);
    assert_eq!(found(0), ("queued".into(), 0, "contention".into(), false));
    assert_eq!(found(1), ("queued".into(), 0, "contention".into(), true));
    lock.batch_execute("rollback").await.unwrap();
    let batch = world.consume("chunk", &texts([chunk.to_string()])).await;
    assert_eq!((batch.report.completed, batch.settled[0]), (1, Some(Settled::Ack)));
}

#[tokio::test]
async fn a_chunk_scores_the_others_and_counts_what_it_cannot_read() {
    let world = World::new().await;
    let owner = organization("org_1");
    let contacts = ["a", "b", "c"].map(|name| contact(name, &json!({"hasEmail": true})));
    world.contacts(&owner, &contacts).await;
    let spoil = "update scoring.contact_features set features = '{\"companySize\": \"micro\"}'
      where contact_id = 'b'";
    world.rows(spoil).await;
    let chunk = json!({"type": "scoring.RecomputeChunk",
        "data": {"organizationId": "org_1", "contactIds": ["a", "b", "c", "d"]}});
    let batch = world.consume("m", &texts([chunk.to_string()])).await;
    assert_eq!(batch.report.completed, 1);
    let receipt = &world.rows("select receipt from jobs.job").await[0];
    let expected =
        json!({"scored": 2, "notFound": 1, "unreadable": 1, "reason": "contact_not_found"});
    assert_eq!(receipt.get::<_, serde_json::Value>(0), expected);

    // Where nothing else was left, it is a case for people, not a success.
    let only = json!({"type": "scoring.RecomputeChunk",
        "data": {"organizationId": "org_1", "contactIds": ["b", "d"]}});
    let batch = world.consume("n", &texts([only.to_string()])).await;
    assert_eq!((batch.report.completed, batch.report.dead_lettered), (0, 1));
    let reason = &world.rows("select reason from jobs.dead_letter").await[0];
    assert_eq!(reason.get::<_, String>(0), "unreadable");
}

#[tokio::test]
async fn a_row_beyond_this_builds_json_is_that_jobs_matter_alone() {
    let world = World::new().await;
    let owner = organization("org_1");
    world.contacts(&owner, &["a", "b"].map(|name| contact(name, &json!({})))).await;
    let insert = "insert into jobs.job (organization_id, queue, type, data, failures_max) values
      ('org_1', 'mauntic-scoring-events', 'scoring.CalculateScore',
       '{\"organizationId\": \"org_1\", \"contactId\": \"a\", \"n\": 1e400}', 3) returning id";
    let odd: Uuid = world.rows(insert).await[0].get(0);
    let address = json!({"type": "scoring.CalculateScore", "jobId": odd}).to_string();
    let batch = world.consume("m", &texts([address, short("org_1", "b")])).await;
    assert_eq!((batch.report.completed, batch.report.dead_lettered), (1, 1));
    assert_eq!(batch.settled, [Some(Settled::Ack), Some(Settled::Ack)]);
}

#[tokio::test]
async fn a_job_about_another_organization_cannot_be_written() {
    let world = World::new().await;
    let http = world.database.connect(Role::Http).await.unwrap();
    http.batch_execute("select set_config('app.organization', 'org_a', false)").await.unwrap();
    let sql = "insert into jobs.job (organization_id, queue, type, data, failures_max) values
      ('org_a', 'mauntic-scoring-events', 'scoring.CalculateScore',
       '{\"organizationId\": \"org_b\", \"contactId\": \"c\"}', 3)";
    let error = http.execute(sql, &[]).await.unwrap_err();
    assert_eq!(error.as_db_error().unwrap().constraint(), Some("job_owner"));
    let sql =
        "insert into jobs.job (organization_id, queue, type, data, failures_max, claim) values
      ('org_a', 'q', 't', '{\"organizationId\": \"org_a\"}', 3, 7)";
    assert_eq!(http.execute(sql, &[]).await.unwrap_err().code().unwrap().code(), "42501");
}

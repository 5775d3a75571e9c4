//! What a claim takes, leaves and keeps.

use mauntic_domain::jobs::{JobState, Queue};
use mauntic_flows::ports::{
    AloneClaim, AloneRequest, ClaimRequest, Database, JobStore, Next, Ports,
};
use mauntic_tests::world::World;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{QUEUE, by_hand, change, held, job, letters, made, request, row, run, short};

#[tokio::test]
async fn what_is_held_says_all_that_the_row_has() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let made = made(&world, "c").await;
    change(&world, made.id, "snoozes = 2, snooze_reason = 'breaker_open', failures = 1, request_id = 'r', scheduled_for = '2026-01-02T03:04:00Z'").await;
    let held = held(&session, made.id).await;
    assert_eq!((held.claim, held.version, held.failures, held.failures_max), (1, 1, 1, 3));
    assert_eq!((held.snoozes, held.snooze_reason.as_deref()), (2, Some("breaker_open")));
    assert_eq!((held.run_id, held.organization_id.as_deref()), (Some(made.run), Some("org_1")));
    assert_eq!(held.scheduled_for.unwrap().to_rfc3339(), "2026-01-02T03:04:00+00:00");
    assert_eq!(held.data, json!({"organizationId": "org_1", "contactId": "c"}));
    // The clock is read for each of the two.
    let woken = "lease_until > clock_timestamp() + interval '55 s'
      and wake_at between lease_until - interval '1 s' and lease_until + interval '1 s'";
    let lease = row(&world, "jobs.job", made.id, woken).await;
    assert_eq!(lease["x"], true, "{lease}");
}

#[tokio::test]
async fn what_a_job_waits_for_follows_from_its_row() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let soon = "available_at = clock_timestamp() + interval '10 s'";
    let late = "expires_at = clock_timestamp()";
    let lost = "state = 'in_progress', lease_until = clock_timestamp()";
    let single = "type = 'scoring.RecomputeChunk'";
    let final_ = "state = 'completed', finished_at = clock_timestamp(), receipt = '{}'";
    for (set, next) in [
        (soon.to_owned(), Next::Nothing),
        (late.to_owned(), Next::Nothing),
        (final_.to_owned(), Next::Nothing),
        (lost.to_owned(), Next::Alone),
        (single.to_owned(), Next::Alone),
        (format!("{single}, {soon}"), Next::Nothing),
        (format!("{single}, {late}"), Next::Nothing),
        (format!("{single}, version = 3"), Next::Alone),
        (format!("{single}, version = 4"), Next::AnotherBuild),
        (format!("{single}, version = 4, {soon}"), Next::Nothing),
        (format!("{lost}, version = 9"), Next::AnotherBuild),
        ("type = 'scoring.FromTomorrow'".to_owned(), Next::AnotherBuild),
        ("version = 9".to_owned(), Next::AnotherBuild),
        // Registered, but not to be done by this build.
        ("type = 'overnight.start'".to_owned(), Next::AnotherBuild),
    ] {
        let made = made(&world, "c").await;
        change(&world, made.id, &set).await;
        let reply = session.claim(&request(&[made.id])).await.unwrap();
        assert_eq!((reply.held.len(), reply.seen.len()), (0, 1), "{set}");
        assert_eq!(reply.seen[0].next, next, "{set}");
    }
}

#[tokio::test]
async fn an_address_of_another_queue_is_a_case_and_moves_nothing() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let made = made(&world, "c").await;
    for _ in 0..2 {
        let request = request(&[made.id, Uuid::nil()]);
        let wrong = ClaimRequest { queue: Queue::AnalyticsJobs, ..request };
        let reply = session.claim(&wrong).await.unwrap();
        assert_eq!((reply.held.len(), reply.seen.len()), (0, 0));
        assert_eq!(reply.missing, [Uuid::nil(), made.id]);
        assert_eq!(session.bury(&wrong).await.unwrap(), []);
    }
    assert_eq!(letters(&world, made.id).await, ["wrong_queue"]);
    assert_eq!(letters(&world, Uuid::nil()).await, ["row_missing"]);
    let alone = AloneRequest {
        queue: Queue::AnalyticsJobs,
        id: made.id,
        token: Uuid::new_v4(),
        lease_secs: 60,
    };
    assert_eq!(session.claim_alone(alone).await.unwrap(), AloneClaim::NotDue);
    let row = job(&world, made.id).await;
    assert_eq!((&row["claim"], &row["platform_deaths"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn the_deployments_lease_stands_over_the_types() {
    let world = World::new().await;
    let made = made(&world, "c").await;
    let lease = "round(extract(epoch from lease_until - clock_timestamp()))";
    for (secs, override_, expected) in [(300, None, 300), (300, Some(7), 7)] {
        let db = world.queue.db().clone();
        let db = override_.map_or(db.clone(), |secs| db.with_lease(secs));
        let session = db.open().await.unwrap();
        let (id, token) = (made.id, Uuid::new_v4());
        let asked = AloneRequest { queue: QUEUE, id, token, lease_secs: secs };
        assert!(matches!(session.claim_alone(asked).await.unwrap(), AloneClaim::Held(..)));
        assert_eq!(row(&world, "jobs.job", id, lease).await["x"], json!(expected));
        change(&world, id, "state = 'queued', lease_until = null").await;
    }
}

#[tokio::test]
async fn a_budget_spent_alone_is_counted_by_its_run() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let made = made(&world, "c").await;
    change(&world, made.id, "state = 'in_progress', alone = true, failures = 2, claim = 5, lease_until = clock_timestamp(), idempotency_key = 'k'").await;
    let asked = AloneRequest { queue: QUEUE, id: made.id, token: Uuid::new_v4(), lease_secs: 60 };
    assert_eq!(session.claim_alone(asked).await.unwrap(), AloneClaim::DeadLettered);
    assert_eq!(session.claim_alone(asked).await.unwrap(), AloneClaim::NotDue);
    assert_eq!(run(&world, made.run).await, ("failed".into(), [1, 0, 1, 0]));
    assert_eq!(letters(&world, made.id).await, ["lease_expired"]);
    let row = job(&world, made.id).await;
    assert_eq!((&row["idempotency_key"], &row["released_key"]), (&Value::Null, &json!("k")));
}

#[tokio::test]
async fn a_job_sent_by_hand_gets_one_row_one_run_and_its_key() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let first = short("m1", "c", Some("k"));
    let reply = session.claim(&by_hand(vec![first.clone()])).await.unwrap();
    assert_eq!((reply.held.len(), reply.held[0].run_id), (1, Some(first.run_id)));
    let opened = row(&world, "jobs.run", first.run_id, "null").await;
    assert_eq!(opened["job_key"], "scoring.CalculateScore");
    assert_eq!((&opened["trigger"], &opened["exclusive"]), (&json!("manual"), &json!(false)));

    // The same message, another with the same content, one with other content.
    let (same, other) = (short("m2", "c", Some("k")), short("m3", "d", Some("k")));
    for _ in 0..2 {
        let all = by_hand(vec![first.clone(), same.clone(), other.clone()]);
        let reply = session.claim(&all).await.unwrap();
        assert_eq!((reply.held.len(), reply.seen.len()), (0, 1));
        assert_eq!(reply.seen[0].state, JobState::InProgress);
        assert_eq!((&reply.joined, &reply.conflicts), (&vec![same.id], &vec![other.id]));
        assert_eq!((&reply.missing, &reply.letters), (&vec![], &Ok(())));
    }
    assert_eq!(world.count("select count(*) from jobs.job").await, 1);
    assert_eq!(world.count("select count(*) from jobs.run").await, 1);
    let kept = "select count(*) from jobs.dead_letter
      where reason = 'idempotency_conflict' and message_id = 'm3' and body = 'body'";
    assert_eq!(world.count(kept).await, 1);
}

#[tokio::test]
async fn work_across_organizations_has_keys_as_well() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let of_all = |message: &str, key| {
        let mut short = short(message, "c", key);
        (short.organization_id, short.data) = (None, json!({}));
        short.job_type = mauntic_domain::jobs::JobType::BatchRecompute;
        short
    };
    let shorts = vec![of_all("m1", Some("k")), of_all("m2", Some("k")), of_all("m3", None)];
    let reply = session.claim(&by_hand(shorts)).await.unwrap();
    assert_eq!((reply.seen.len(), reply.joined.len()), (2, 1), "{reply:?}");
    assert!(reply.seen.iter().all(|seen| seen.next == Next::Alone));
}

#[tokio::test]
async fn a_dead_letter_that_cannot_be_kept_costs_no_other_message() {
    let world = World::new().await;
    let session = world.queue.db().open().await.unwrap();
    let made = made(&world, "c").await;
    world
        .owner
        .batch_execute("revoke insert on jobs.dead_letter from mauntic_queue")
        .await
        .unwrap();
    let mut asked = request(&[made.id, Uuid::nil()]);
    asked.letters = vec![short("m9", "c", None).conflict];
    let reply = session.claim(&asked).await.unwrap();
    assert_eq!((reply.held.len(), reply.missing), (1, vec![Uuid::nil()]));
    assert_eq!(reply.letters.unwrap_err().code(), "refused");
}

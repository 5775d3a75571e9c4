//! What the doctor looks at.

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_flows::ports::{Database, DeadLetter, Instance, JobStore, KeyStore, Ports, RelayStore};
use mauntic_store::{SCHEMA, doctor};
use mauntic_tests::world::World;
use uuid::Uuid;

use super::{jobs, request, session};

#[tokio::test]
async fn a_fresh_database_is_sound() {
    let world = World::new().await;
    let (now, version) = doctor::clock(&world.owner).await.unwrap();
    assert_eq!(version, *SCHEMA.start());
    let sound = doctor::Memberships {
        may_operate: true,
        operates_always: false,
        operator_has_rights: true,
    };
    assert_eq!(doctor::memberships(&world.owner).await.unwrap(), sound);
    assert_eq!(doctor::wrong_time_outs(&world.owner).await.unwrap(), []);
    assert_eq!(doctor::open_breakers(&world.owner).await.unwrap(), []);
    assert_eq!(doctor::missed(&world.owner, now, None).await.unwrap(), []);
    assert_eq!(doctor::heartbeats(&world.owner).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let world = World::new().await;
    // Of this database alone: roles belong to the whole server.
    let sql = "select format('alter role mauntic_queue in database %I set lock_timeout = ''1min''',
      current_database())";
    let alter: String = world.rows(sql).await[0].get(0);
    world.owner.batch_execute(&alter).await.unwrap();
    let wrong = doctor::wrong_time_outs(&world.owner).await.unwrap();
    let found: Vec<_> = wrong.iter().map(|w| (w.role, w.name, w.found.as_deref())).collect();
    assert_eq!(found, [("mauntic_queue", "lock_timeout", Some("1min"))]);

    world
        .owner
        .batch_execute(
            "insert into jobs.breaker (name, state, failures, successes, until, version) values
               ('alert_webhook', 'open', 10, 0, clock_timestamp(), 1), ('b', 'closed', 1, 0, null, 1);
             insert into jobs.occurrence (job_key, nominal_at, outcome, ordinal) values
               ('k', '2026-01-01T00:00:00Z', 'missed', 1), ('k', '2026-01-01T00:01:00Z', 'missed', 2),
               ('l', '2026-01-01T00:00:00Z', 'missed', 1)",
        )
        .await
        .unwrap();
    let open = doctor::open_breakers(&world.owner).await.unwrap();
    assert_eq!(
        (open.len(), open[0].name.as_str(), open[0].state.as_str()),
        (1, "alert_webhook", "open")
    );
    let from: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    let missed = doctor::missed(&world.owner, from, Some(&["k"])).await.unwrap();
    assert_eq!(
        (missed.len(), missed[0].missed, missed[0].last_at),
        (1, 2, from + TimeDelta::minutes(1))
    );
    let later = doctor::missed(&world.owner, from + TimeDelta::minutes(1), None).await.unwrap();
    assert_eq!(later.len(), 1);
}

#[tokio::test]
async fn every_undecided_job_and_case_is_read_once() {
    let world = World::new().await;
    let session = session(&world).await;
    let ids = jobs(&world, 2_500).await;
    session.cancel(&ids[..10]).await.unwrap();
    let mut read = Vec::new();
    while let Some(last) = {
        let page = doctor::undecided_jobs(&world.owner, read.last().copied()).await.unwrap();
        assert!(page.iter().all(|job| job.version == 1 && job.data.contains("org_1")));
        read.extend(page.iter().map(|job| job.job_id));
        page.last().map(|job| job.job_id)
    } {
        assert_eq!(read.last(), Some(&last));
    }
    assert_eq!(read, ids[10..]);

    let letter = DeadLetter {
        message_id: "m".to_owned(),
        body: b"{".to_vec(),
        reason: "malformed",
        detail: "no JSON".to_owned(),
    };
    let mut batch = request(&[]);
    (batch.letters, batch.messages) = (vec![letter], 1);
    session.claim(&batch).await.unwrap();
    super::change(&world, &ids[10..11], "expires_at = clock_timestamp()").await;
    session.expire(1).await.unwrap();
    let cases = doctor::undecided_cases(&world.owner, None).await.unwrap();
    let found: Vec<_> =
        cases.iter().map(|c| (c.reason.as_str(), c.job.as_ref().map(|j| j.job_id))).collect();
    assert_eq!(found, [("malformed", None), ("expired", Some(ids[10]))]);
    assert_eq!(doctor::undecided_cases(&world.owner, Some(cases[1].id)).await.unwrap(), []);
}

#[tokio::test]
async fn a_probe_is_seen_by_the_workers_and_gone_afterwards() {
    let world = World::new().await;
    let session = session(&world).await;
    let (probe, other) = (Uuid::new_v4(), Uuid::new_v4());
    let by = |id| Instance { id, schema_max: *SCHEMA.end() };
    doctor::begin_probe(&world.owner, &by(probe)).await.unwrap();
    session.beat("relay", 60, &by(other)).await.unwrap();
    // As the health check is shown it.
    let health = world.http.db().open().await.unwrap();
    let beats = health.vitals().await.unwrap().beats;
    let seen: Vec<_> = beats.iter().map(|beat| (beat.duty.as_str(), beat.by)).collect();
    assert_eq!(seen, [(doctor::PROBE, Some(by(probe))), ("relay", Some(by(other)))]);
    // Another's probe is not taken away.
    doctor::end_probe(&world.owner, &by(other)).await.unwrap();
    assert_eq!(doctor::heartbeats(&world.owner).await.unwrap().len(), 2);
    doctor::end_probe(&world.owner, &by(probe)).await.unwrap();
    let left = doctor::heartbeats(&world.owner).await.unwrap();
    assert_eq!((left.len(), left[0].duty.as_str()), (1, "relay"));
}

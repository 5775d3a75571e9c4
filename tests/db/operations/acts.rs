//! One transaction an act: its entry, its repeats, and what is left when it has
//! nothing to do.

use chrono::{DateTime, Utc};
use futures::future::join;
use mauntic_domain::audit::DONE;
use mauntic_domain::jobs::Job;
use mauntic_flows::ports::{
    ByHand, Dependency, Handed, JobStore, Opened, OperatorStore, PortError, Replayed, RunStore,
    ScheduleStore,
};
use mauntic_testkit::database::Role;
use mauntic_testkit::wait;
use mauntic_tests::world::World;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{audited, dead, new_run, operator, system};

fn by_hand(contact: &str, key: Option<&str>) -> ByHand {
    let mut run = new_run("scoring.CalculateScore", false);
    run.start.job_type = mauntic_domain::jobs::JobType::CalculateScore;
    run.start.data = json!({"organizationId": "org_1", "contactId": contact});
    ByHand { run, idempotency_key: key.map(str::to_owned) }
}

#[tokio::test]
async fn every_change_has_its_entry_and_what_did_nothing_has_none() {
    let world = World::new().await;
    let session = operator(&world, None).await;
    let schedule =
        "insert into jobs.schedule (job_key, cron, judged_until) values ('k', '* * * * *', now())";
    world.rows(schedule).await;
    let run = new_run("k", true);
    assert!(matches!(session.open_run(&run, "api").await.unwrap(), Opened::Started { .. }));
    assert!(
        matches!(session.open_run(&run, "api").await.unwrap(), Opened::Started { .. }),
        "it is ours"
    );
    assert!(matches!(session.open_run(&new_run("k", true), "api").await, Ok(Opened::Held { .. })));
    assert!(session.pause("k", Some("note")).await.unwrap());
    assert!(session.pause("k", None).await.unwrap());
    assert!(!session.pause("nobody's", None).await.unwrap());
    let job = run.start.job_id;
    assert_eq!(session.cancel(&[job, Uuid::nil()]).await.unwrap(), [job]);
    assert_eq!(session.cancel(&[job]).await.unwrap(), [] as [Uuid; 0]);
    let (_, again) = dead(&world, "c", None, None).await;
    assert_eq!(session.replay(again).await.unwrap(), Replayed::Queued);
    assert_eq!(session.replay(again).await.unwrap(), Replayed::NotDead);
    session.reset_breaker(Dependency::AlertWebhook).await.unwrap();
    let entries = audited(&world).await;
    let said: Vec<_> = entries.iter().map(|entry| (&*entry.action, &*entry.target)).collect();
    let (job, again) = (job.to_string(), again.to_string());
    let expected = [
        ("cron.run", "k"),
        ("cron.pause", "k"),
        ("cron.resume", "k"),
        ("job.cancel", &*job),
        ("dlq.replay", &*again),
        ("breaker.reset", "alert_webhook"),
    ];
    assert_eq!(said, expected);
    for entry in &entries {
        assert_eq!((&*entry.actor, &*entry.outcome), ("someone", DONE));
        assert_eq!((entry.reason.as_deref(), &*entry.request_id), (Some("because"), "r-1"));
    }
    assert_eq!(entries[0].after["runId"], json!(run.start.run_id));
    assert_eq!(entries[2].before, json!({"paused": true, "note": "note"}));
    assert_eq!(entries[3].before, json!({"state": "queued"}));
    assert_eq!(entries[5].before["state"], "closed");
}

#[tokio::test]
async fn a_session_without_an_act_moves_the_same_and_notes_nothing() {
    let world = World::new().await;
    let session = system(&world).await;
    let (case, _) = dead(&world, "c", None, None).await;
    session.discard(case).await.unwrap();
    session.open_run(&new_run("k", true), "api").await.unwrap();
    assert!(matches!(session.hand_in(&by_hand("a", None)).await.unwrap(), Handed::Queued { .. }));
    session.reset_breaker(Dependency::AlertWebhook).await.unwrap();
    let case = super::row(&world, "jobs.dead_letter", case).await;
    assert_eq!((&case["decision"], &case["decided_by"]), (&json!("discarded"), &Value::Null));
    assert_eq!(world.count("select count(*) from jobs.audit").await, 0);
}

#[tokio::test]
async fn a_job_handed_in_is_there_once_by_its_key() {
    let world = World::new().await;
    let session = operator(&world, None).await;
    let first = by_hand("a", Some("key"));
    assert!(matches!(session.hand_in(&first).await.unwrap(), Handed::Queued { .. }));
    assert!(matches!(session.hand_in(&first).await.unwrap(), Handed::Queued { .. }), "it is ours");
    let start = &first.run.start;
    let exists = Handed::Exists {
        job_id: start.job_id,
        run_id: Some(start.run_id),
        state: "queued".to_owned(),
    };
    assert_eq!(session.hand_in(&by_hand("a", Some("key"))).await.unwrap(), exists);
    let other = session.hand_in(&by_hand("b", Some("key"))).await;
    assert_eq!(other, Err(PortError::KeyConflict));
    assert!(matches!(session.hand_in(&by_hand("b", None)).await.unwrap(), Handed::Queued { .. }));
    // Work across organizations has keys of its own.
    let mut everyone = by_hand("x", Some("key"));
    everyone.run.organization_id = None;
    everyone.run.start.job_type = Job::Probe(super::QUEUE).job_type();
    everyone.run.start.data = json!({});
    assert!(matches!(session.hand_in(&everyone).await.unwrap(), Handed::Queued { .. }));
    everyone.run.start.job_id = Uuid::now_v7();
    assert!(matches!(session.hand_in(&everyone).await, Ok(Handed::Exists { .. })));
    assert_eq!(audited(&world).await.len(), 3);
    let sql = "select count(*) from jobs.job j join jobs.run r on r.id = j.run_id
      where j.wake_at <= clock_timestamp() and r.trigger = 'manual' and r.jobs_total = 1";
    assert_eq!(world.count(sql).await, 3);
}

#[tokio::test]
async fn an_act_that_loses_against_others_is_repeated() {
    let world = World::new().await;
    let (case, _) = dead(&world, "c", None, None).await;
    let name = world.database.name();
    let role = format!("alter role mauntic_http in database {name} set lock_timeout = '500ms'");
    world.owner.batch_execute(&role).await.unwrap();
    let session = operator(&world, None).await;
    let lock = world.database.connect(Role::Owner).await.unwrap();
    let sql = "begin; select from jobs.job for update";
    lock.batch_execute(sql).await.unwrap();
    // When the waiting transaction began; another time is another attempt.
    let attempt = async || -> Option<DateTime<Utc>> {
        let sql = "select xact_start from pg_stat_activity
          where wait_event_type = 'Lock' and datname = current_database()";
        world.rows(sql).await.first().map(|row| row.get(0))
    };
    let freed = async {
        let first = wait::until_async("the act waits", 10, &attempt).await;
        let again = async || attempt().await.filter(|began| *began > first);
        wait::until_async("the act was refused once", 10, again).await;
        lock.batch_execute("rollback").await.unwrap();
    };
    let (discarded, ()) = join(session.discard(case), freed).await;
    discarded.unwrap();
    assert_eq!(audited(&world).await.len(), 1);
}

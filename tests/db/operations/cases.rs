//! Cases, one at a time.

use futures::future::join;
use mauntic_domain::jobs::Job;
use mauntic_flows::ports::{CaseReplay, CaseReplayed, Discarded, OperatorStore};
use mauntic_tests::world::World;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{audited, dead, failed_run, operator, row};

fn replay(id: Uuid, content: Option<Job>) -> CaseReplay {
    CaseReplay { id, content, fresh_id: Uuid::now_v7(), idempotency_key: None }
}

fn score(owner: &str, contact: &str) -> Job {
    let data = json!({"organizationId": owner, "contactId": contact});
    Job::parse("scoring.CalculateScore", 1, &data).unwrap()
}

/// A case of a body that was no message.
async fn letter(world: &World) -> Uuid {
    let sql = "insert into jobs.dead_letter (queue, message_id, body, reason, detail)
      values ('mauntic-scoring-events', 'm', '{', 'malformed', 'd') returning id";
    world.owner.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_replayed_case_is_decided_and_its_job_queued_with_what_it_is_given() {
    let world = World::new().await;
    let run = failed_run(&world, 1).await;
    let (case, job) = dead(&world, "c", Some(run), Some("key")).await;
    let session = operator(&world, None).await;
    let refused = session.replay_case(&replay(case, Some(score("org_2", "c")))).await.unwrap();
    assert_eq!(refused, CaseReplayed::OtherOrganization);
    let probe = session.replay_case(&replay(case, Some(Job::Probe(super::QUEUE)))).await.unwrap();
    assert_eq!(probe, CaseReplayed::OtherType { type_name: "scoring.CalculateScore".to_owned() });
    let edited = replay(case, Some(score("org_1", "edited")));
    let queued = CaseReplayed::Queued { job_id: job };
    assert_eq!(session.replay_case(&edited).await.unwrap(), queued);
    assert_eq!(session.replay_case(&edited).await.unwrap(), CaseReplayed::NotDead);
    let (job, case) =
        (row(&world, "jobs.job", job).await, row(&world, "jobs.dead_letter", case).await);
    assert_eq!(job["data"], json!({"organizationId": "org_1", "contactId": "edited"}));
    assert_eq!((&job["state"], &job["replays"]), (&json!("queued"), &json!(1)));
    assert_eq!((&job["idempotency_key"], &job["released_key"]), (&json!("key"), &Value::Null));
    assert_eq!((&case["decision"], &case["decided_by"]), (&json!("replayed"), &json!("someone")));
    assert_eq!((&case["decided_why"], &case["replayed_as"]), (&json!("because"), &job["id"]));
    let run = row(&world, "jobs.run", run).await;
    assert_eq!((&run["status"], &run["jobs_dead"]), (&json!("running"), &json!(0)));
    let entries = audited(&world).await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].before["lastError"], "broken");
    assert_eq!(entries[0].after["edited"], true);
}

#[tokio::test]
async fn a_case_without_a_job_gets_one_of_what_it_is_given() {
    let world = World::new().await;
    let case = letter(&world).await;
    let session = operator(&world, None).await;
    let none = session.replay_case(&replay(case, None)).await.unwrap();
    assert_eq!(none, CaseReplayed::NoContent);
    let given = replay(case, Some(score("org_1", "c")));
    let queued = CaseReplayed::Queued { job_id: given.fresh_id };
    assert_eq!(session.replay_case(&given).await.unwrap(), queued);
    let (job, letter) = (
        row(&world, "jobs.job", given.fresh_id).await,
        row(&world, "jobs.dead_letter", case).await,
    );
    assert_eq!((&job["state"], &job["request_id"]), (&json!("queued"), &json!("r-1")));
    assert_eq!((&letter["replayed_as"], &letter["job_id"]), (&job["id"], &Value::Null));
    assert_eq!(session.replay_case(&given).await.unwrap(), CaseReplayed::NotDead);
    assert_eq!(session.discard(case).await.unwrap(), Discarded::NotOpen);
}

#[tokio::test]
async fn a_key_that_another_job_has_keeps_the_case_open() {
    let world = World::new().await;
    let (case, job) = dead(&world, "c", None, Some("key")).await;
    let taken =
        "insert into jobs.job (organization_id, queue, type, data, failures_max, idempotency_key)
      select organization_id, queue, type, data, failures_max, released_key from jobs.job";
    world.rows(taken).await;
    let session = operator(&world, None).await;
    for _ in 0..2 {
        let refused = session.replay_case(&replay(case, None)).await.unwrap();
        assert_eq!(refused, CaseReplayed::KeyTaken);
    }
    assert_eq!(row(&world, "jobs.dead_letter", case).await["decided_at"], Value::Null);
    assert_eq!(row(&world, "jobs.job", job).await["state"], "dead_lettered");
    assert_eq!(session.discard(case).await.unwrap(), Discarded::Done);
    assert_eq!(session.replay_case(&replay(case, None)).await.unwrap(), CaseReplayed::NotDead);
    assert_eq!(session.discard(Uuid::nil()).await.unwrap(), Discarded::Unknown);
}

#[tokio::test]
async fn of_a_discard_and_a_replay_at_once_one_decides() {
    let world = World::new().await;
    let (one, other) = (operator(&world, None).await, operator(&world, None).await);
    for round in 0..20 {
        let (case, job) = dead(&world, &format!("c{round}"), None, None).await;
        let asked = replay(case, None);
        let (discarded, replayed) = join(one.discard(case), other.replay_case(&asked)).await;
        let replayed = replayed.unwrap() == CaseReplayed::Queued { job_id: job };
        assert_eq!(discarded.unwrap() == Discarded::Done, !replayed);
        let expected = if replayed { "queued" } else { "dead_lettered" };
        assert_eq!(row(&world, "jobs.job", job).await["state"], expected);
    }
    assert_eq!(audited(&world).await.len(), 20);
}

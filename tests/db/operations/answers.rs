//! Answers to requests with a key of their own.

use futures::future::join_all;
use mauntic_domain::jobs::Job;
use mauntic_domain::jobs::data::CalculateScore;
use mauntic_flows::ports::{
    ByHand, CaseReplay, CaseReplayed, Database, Discarded, Handed, JobKey, NewJob, Opened,
    OperatorStore, PortError, Ports, RunStore, TenantStore,
};
use mauntic_testkit::database::{Cluster, Role};
use mauntic_testkit::proxy::{CommitCut, RoundTripProxy};
use mauntic_tests::ports::TestPorts;
use mauntic_tests::world::{World, contact, organization};
use serde_json::json;
use uuid::Uuid;

use super::{act, audited, dead, key, new_run, operator};

fn replay(id: Uuid) -> CaseReplay {
    CaseReplay { id, content: None, fresh_id: Uuid::now_v7(), idempotency_key: None }
}

#[tokio::test]
async fn one_key_of_twenty_at_once_has_one_effect_and_one_answer() {
    let world = World::new().await;
    let (case, job) = dead(&world, "c", None, None).await;
    let sessions = join_all((0..20).map(|_| operator(&world, Some(key("k", 1))))).await;
    let replay = replay(case);
    let answers = join_all(sessions.iter().map(|session| session.replay_case(&replay))).await;
    for answer in answers {
        assert_eq!(answer.unwrap(), CaseReplayed::Queued { job_id: job });
    }
    assert_eq!(audited(&world).await.len(), 1);
    assert_eq!(super::row(&world, "jobs.job", job).await["replays"], 1);
    let waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'";
    assert_eq!(world.count(waiting).await, 0);
}

#[tokio::test]
async fn a_key_stands_for_what_was_asked_with_it() {
    let world = World::new().await;
    let (first, job) = dead(&world, "a", None, None).await;
    let (second, other) = dead(&world, "b", None, None).await;
    let session = operator(&world, Some(key("k", 1))).await;
    // What was refused keeps no answer.
    let nobody = session.replay_case(&replay(Uuid::nil())).await.unwrap();
    assert_eq!(nobody, CaseReplayed::Unknown);
    let queued = CaseReplayed::Queued { job_id: job };
    assert_eq!(session.replay_case(&replay(first)).await.unwrap(), queued);
    // The same session goes on after each of these.
    assert_eq!(session.replay_case(&replay(second)).await.unwrap(), queued, "the first answer");
    let conflicting = operator(&world, Some(key("k", 2))).await;
    for _ in 0..2 {
        let refused = conflicting.replay_case(&replay(second)).await;
        assert_eq!(refused, Err(PortError::KeyConflict));
    }
    assert_eq!(super::row(&world, "jobs.job", other).await["state"], "dead_lettered");
    world.rows("update jobs.answer set created_at = created_at - interval '24 h'").await;
    let queued = CaseReplayed::Queued { job_id: other };
    assert_eq!(conflicting.replay_case(&replay(second)).await.unwrap(), queued, "a day later");
    assert_eq!(audited(&world).await.len(), 2);
    assert_eq!(world.count("select count(*) from jobs.answer").await, 1);
}

#[tokio::test]
async fn every_answer_is_given_again() {
    let world = World::new().await;
    let (case, _) = dead(&world, "c", None, None).await;
    let session = operator(&world, Some(key("discard", 1))).await;
    for _ in 0..2 {
        assert_eq!(session.discard(case).await.unwrap(), Discarded::Done);
    }
    let session = operator(&world, Some(key("run", 1))).await;
    for _ in 0..2 {
        assert!(matches!(
            session.open_run(&new_run("k", true), "api").await.unwrap(),
            Opened::Started { .. }
        ));
    }
    let session = operator(&world, Some(key("hand", 1))).await;
    for _ in 0..2 {
        let asked = ByHand { run: new_run("t", false), idempotency_key: None };
        assert!(matches!(session.hand_in(&asked).await.unwrap(), Handed::Queued { .. }));
    }
    assert_eq!(world.count("select count(*) from jobs.run").await, 2);
    assert_eq!(audited(&world).await.len(), 3);
}

#[tokio::test]
async fn an_organizations_key_enqueues_once() {
    let world = World::new().await;
    let owner = organization("org_1");
    let job = |name: &str| NewJob {
        job: Job::CalculateScore(CalculateScore {
            organization_id: owner.clone(),
            contact_id: contact(name, &json!({})).0,
            context: None,
        }),
        key: JobKey::None,
        request_id: "r".to_owned(),
    };
    let jobs = [job("a"), job("b")];
    let sessions = join_all((0..8).map(|_| world.http.db().open())).await;
    let key = key("k", 1);
    let asked =
        sessions.iter().map(|session| session.as_ref().unwrap().enqueue(&owner, &jobs, Some(&key)));
    let answers: Vec<_> = join_all(asked).await.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.len() == 2));
    assert_eq!(world.count("select count(*) from jobs.job").await, 2);
    let session = sessions[0].as_ref().unwrap();
    let other = super::key("k", 2);
    let refused = session.enqueue(&owner, &jobs, Some(&other)).await;
    assert_eq!(refused, Err(PortError::KeyConflict));
    assert_eq!(session.enqueue(&owner, &jobs, None).await.unwrap().len(), 2, "usable");
    // Under another organization the row is neither an answer nor to be had.
    let foreign = NewJob {
        job: Job::CalculateScore(CalculateScore {
            organization_id: organization("org_2"),
            contact_id: contact("a", &json!({})).0,
            context: None,
        }),
        ..job("a")
    };
    let refused = session.enqueue(&organization("org_2"), &[foreign], Some(&key)).await;
    assert_eq!(refused.unwrap_err().code(), "refused");
    assert_eq!(world.count("select count(*) from jobs.job").await, 4);
}

/// The answer is lost, and it is not known whether the act was done: the repeat
/// of the key is told what was.
#[tokio::test]
async fn a_lost_commit_is_answered_by_its_repeat() {
    let world = World::new().await;
    let proxy = RoundTripProxy::start(Cluster::shared().server().port()).unwrap();
    let ports = TestPorts::new(&proxy.url(&world.database.url(Role::Http)));
    for (cut, entries) in [(CommitCut::AfterForward, 1), (CommitCut::Before, 2)] {
        let (case, job) = dead(&world, "c", None, None).await;
        let name = format!("k{entries}");
        let mut session = ports.db().open().await.unwrap();
        session.operate(act(Some(key(&name, 1))));
        proxy.cut_at_commit(cut, 1);
        let lost = session.replay_case(&replay(case)).await;
        assert_eq!(lost.unwrap_err().code(), "commit_unknown");
        proxy.spare_commits();
        let again = operator(&world, Some(key(&name, 1))).await;
        let queued = CaseReplayed::Queued { job_id: job };
        assert_eq!(again.replay_case(&replay(case)).await.unwrap(), queued);
        assert_eq!(super::row(&world, "jobs.job", job).await["replays"], 1);
        assert_eq!(audited(&world).await.len(), entries);
    }
}

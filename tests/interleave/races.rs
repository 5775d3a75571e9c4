//! What takes a lost answer, a failed transaction or a setting, and no order.

use futures::future::join_all;
use mauntic_domain::jobs::JobType;
use mauntic_flows::ports::{
    Committed, CompletedJob, Database, Effect, EffectStore, JobStore, PortError, SetBackJob,
    Setback, SpawnedJob,
};
use mauntic_store::Session;
use mauntic_store::connect::Tcp;
use mauntic_testkit::database::{Cluster, Role, TestDatabase};
use mauntic_testkit::proxy::{CommitCut, RoundTripProxy};
use mauntic_testkit::wait;
use serde_json::json;
use tokio_postgres::Client;

use crate::act::Form;
use crate::scene::{RUN, SHARED, SPAWNED, Scene, Stage};
use crate::values::score_contact;

/// One job that is held, in a run.
struct Fixture {
    database: TestDatabase,
    owner: Client,
}

impl Fixture {
    async fn new() -> Self {
        let database = TestDatabase::create().await;
        let owner = database.connect(Role::Owner).await.unwrap();
        let scene = Scene::new(Stage::Held, [Form::Effect, Form::RetryFailed]);
        owner.batch_execute(&scene.script()).await.unwrap();
        Self { database, owner }
    }

    async fn session(&self) -> Session {
        Tcp::new(&self.database.url(Role::Queue)).unwrap().open().await.unwrap()
    }

    /// State, failures and receipt of the job; the run's jobs in all and done.
    async fn seen(&self) -> String {
        let sql = "select concat_ws(' ', j.state, j.failures, j.receipt, r.jobs_total, r.jobs_done)
          from jobs.job j join jobs.run r on r.id = j.run_id where j.id = $1";
        self.owner.query_one(sql, &[&SHARED]).await.unwrap().get(0)
    }
}

/// The job's effect: another one of its run.
fn effect() -> Effect {
    let summary = json!({"by": "the effect"});
    let run_id = Some(RUN);
    let now = "2026-01-02T03:00:00Z".parse().unwrap();
    let jobs = vec![CompletedJob { id: SHARED, claim: 1, run_id, summary }];
    Effect {
        spawned: vec![SpawnedJob {
            id: SPAWNED[0],
            job: score_contact("c2"),
            idempotency_key: None,
            run_id,
            request_id: None,
            starter: None,
        }],
        ..Effect::of(now, jobs)
    }
}

fn retry() -> SetBackJob {
    let wait = chrono::TimeDelta::zero();
    let setback = Setback::Failed { wait, reason: "refused", error: "no answer".to_owned() };
    SetBackJob { id: SHARED, claim: 1, setback }
}

/// The claim alone, without the state, would let a retry flip a completed job.
#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_no_failure_and_has_no_second_effect() {
    let fixture = Fixture::new().await;
    let proxy = RoundTripProxy::start(Cluster::shared().server().port()).unwrap();
    let url = proxy.url(&fixture.database.url(Role::Queue));
    let session = Tcp::new(&url).unwrap().open().await.unwrap();
    proxy.cut_at_commit(CommitCut::AfterForward, 1);
    let error = session.commit(&effect()).await.unwrap_err();
    assert_eq!(error.code(), "commit_unknown");
    assert!(matches!(error, PortError::Unknown { .. }));
    let done = "completed 0 {\"by\": \"the effect\"} 2 1";
    assert_eq!(fixture.seen().await, done, "the server committed");

    let session = fixture.session().await;
    assert!(session.set_back(&[retry()]).await.unwrap().is_empty());
    assert_eq!(session.commit(&effect()).await.unwrap(), Committed::FenceLost);
    assert_eq!(fixture.seen().await, done);
}

/// The same lost answer, and nothing was committed: the lease stands for it.
#[tokio::test]
async fn a_commit_that_was_never_heard_leaves_the_job_to_be_done() {
    let fixture = Fixture::new().await;
    let proxy = RoundTripProxy::start(Cluster::shared().server().port()).unwrap();
    let url = proxy.url(&fixture.database.url(Role::Queue));
    let session = Tcp::new(&url).unwrap().open().await.unwrap();
    proxy.cut_at_commit(CommitCut::Before, 1);
    let error = session.commit(&effect()).await.unwrap_err();
    assert_eq!(error.code(), "commit_unknown");
    // The server may still be at it.
    let session = fixture.session().await;
    let committed = session.commit(&effect()).await.unwrap();
    assert_eq!(committed, Committed::Done { superseded: 0, refill: false });
    assert_eq!(fixture.seen().await, "completed 0 {\"by\": \"the effect\"} 2 1");
}

/// COMMIT of a failed transaction answers ROLLBACK, which is no error.
#[tokio::test]
async fn a_failed_statement_amid_a_flight_is_told_although_its_commit_is_not() {
    let fixture = Fixture::new().await;
    let taken = format!(
        "insert into jobs.job (id, queue, type, data, failures_max)
         values ('{}', 'q', 't', '{{}}', 3)",
        SPAWNED[0]
    );
    fixture.owner.batch_execute(&taken).await.unwrap();
    let before = fixture.seen().await;

    let client = fixture.database.connect(Role::Owner).await.unwrap();
    let complete = format!(
        "update jobs.job set state = 'completed', finished_at = clock_timestamp(),
           lease_until = null, receipt = '{{}}' where id = '{SHARED}'"
    );
    let flight = ["begin", &complete, &taken, "commit"].map(|sql| client.batch_execute(sql));
    let answers: Vec<bool> = join_all(flight).await.iter().map(Result::is_ok).collect();
    assert_eq!(answers, [true, true, false, true], "the COMMIT has no error of its own");
    assert_eq!(fixture.seen().await, before);

    let session = fixture.session().await;
    let error = session.commit(&effect()).await.unwrap_err();
    assert_eq!(error.code(), "refused");
    assert_eq!(fixture.seen().await, before, "and nothing of it was written");
    assert_eq!(session.set_back(&[retry()]).await.unwrap(), [SHARED]);
}

/// What a worker that hangs holds, the server takes back by itself. The times
/// are the roles', in order: each ends before the next would have to, and all
/// before a flight is given up after 60 s and its lease runs out.
#[tokio::test]
async fn a_zombie_that_is_idle_in_its_transaction_is_ended_by_its_roles_settings() {
    let fixture = Fixture::new().await;
    for role in [Role::Http, Role::Queue] {
        let client = fixture.database.connect(role).await.unwrap();
        let sql = "select array[current_setting('lock_timeout'),
          current_setting('idle_in_transaction_session_timeout'),
          current_setting('statement_timeout'), current_setting('transaction_timeout')]";
        let times: Vec<String> = client.query_one(sql, &[]).await.unwrap().get(0);
        assert_eq!(times, ["5s", "15s", "50s", "55s"], "{role:?}");
    }
    let lease = JobType::ALL.iter().map(|job_type| job_type.spec().lease_secs).min();
    assert!(lease.is_some_and(|secs| secs > 55), "a transaction never outlives its lease");
}

/// The same settings at work, shorter, so that the test is.
#[tokio::test]
async fn a_zombies_job_is_claimable_again_when_its_session_was_ended() {
    let fixture = Fixture::new().await;
    let zombie = fixture.database.connect(Role::Queue).await.unwrap();
    let short = "set idle_in_transaction_session_timeout = '20ms'; begin;
      select from jobs.job for update";
    zombie.batch_execute(short).await.unwrap();
    wait::until_async("the zombie's end", 30, || async { zombie.is_closed().then_some(()) }).await;
    let session = fixture.session().await;
    assert_eq!(
        session.commit(&effect()).await.unwrap(),
        Committed::Done { superseded: 0, refill: false }
    );
}

//! Settlements in workerd: their messages come twice, workerd is killed while one is
//! under way, and two of one tournament come at once. Everybody has what the guesses earn.

use mauntic_local::workers::{Body, Build};
use mauntic_tests::boards::{differences, fill, settle_job};
use mauntic_tests::say::say;
use mauntic_tests::stack::{Stack, until};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

const QUEUE: &str = "mauntic-scoreboard-jobs";

const MEMBERS: i32 = 2_000;

/// A killed workerd loses its queues: what waits for its next message, or for a lease,
/// waits no longer.
async fn wake(owner: &Client) {
    let sql = "with waiting as (
        select j.id from jobs.job j
        where (j.state in ('queued', 'failed') or j.lease_until < clock_timestamp())
          and j.finished_at is null and j.wake_at > clock_timestamp()
        order by j.id for update skip locked)
      update jobs.job j set wake_at = clock_timestamp() from waiting w where j.id = w.id";
    owner.batch_execute(sql).await.unwrap();
}

async fn count(owner: &Client, sql: &str) -> i64 {
    owner.query_one(sql, &[]).await.unwrap().get(0)
}

const OPEN: &str = "select count(*) from jobs.job where finished_at is null";

/// Everything that is under way ends.
async fn all_done(stack: &Stack, owner: &Client) {
    until(
        "every settlement is done",
        || stack.story(),
        async || {
            wake(owner).await;
            stack.tick();
            (count(owner, OPEN).await == 0).then_some(())
        },
    )
    .await;
    assert_eq!(differences(owner).await, [""; 0]);
}

/// Messages of these jobs, each once.
fn send(stack: &Stack, jobs: &[Uuid]) {
    let body =
        |id: &Uuid| Body::Json(json!({"type": "scoreboard.settle-match-score", "jobId": id}));
    let bodies: Vec<Body> = jobs.iter().map(body).collect();
    stack.workers.send(QUEUE, &bodies).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_doubled_killed_or_at_once_counts_once() {
    let vars = [("FAULT_DUPLICATES", "true"), ("JOB_LEASE_SECONDS", "5")];
    let stack = Stack::start(Build::FaultHooks, &vars).await;
    let owner = stack.owner().await;
    let matches = fill(&owner, MEMBERS, 4).await;

    // One whose board somebody holds: it is under way until workerd is killed.
    let holder = stack.owner().await;
    holder.batch_execute("begin; select from scoreboard.histograms for update").await.unwrap();
    let first = settle_job(&owner, matches[0], 1).await;
    send(&stack, &[first, first]);
    let held = "select count(*) from jobs.job where state = 'in_progress'";
    until(
        "a settlement is under way",
        || stack.story(),
        async || (count(&owner, held).await > 0).then_some(()),
    )
    .await;
    stack.workers.kill().unwrap();
    // What was sent with its COMMIT would be done though nobody waits for it any more.
    let gone = "select pg_terminate_backend(pid, 10000) from pg_stat_activity
      where usename = 'mauntic_queue'";
    owner.batch_execute(gone).await.unwrap();
    stack.workers.restart().unwrap();
    holder.batch_execute("commit").await.unwrap();
    all_done(&stack, &owner).await;
    let claims = count(&owner, "select max(claim)::int8 from jobs.job").await;
    assert!(claims > 1, "whoever was killed held it");

    // Two at once, and each of them by two jobs.
    let mut jobs = Vec::new();
    for of in [matches[1], matches[2], matches[1], matches[2]] {
        jobs.push(settle_job(&owner, of, 1).await);
    }
    jobs.iter().for_each(|id| send(&stack, &[*id]));
    all_done(&stack, &owner).await;

    // A result that is corrected and corrected back.
    for (version, result) in [(1, "[2,1]"), (2, "[0,0]"), (3, "[2,1]")] {
        let result = format!("{{\"ft\":{result}}}");
        let sql = "update scoreboard.matches set result = $2, result_version = $3 where id = $1";
        owner.execute(sql, &[&matches[3], &result, &version]).await.unwrap();
        let id = settle_job(&owner, matches[3], version).await;
        send(&stack, &[id, id]);
        all_done(&stack, &owner).await;
    }
    let entries = "select count(*) from scoreboard.match_settlement_ledger where status = ";
    let [applied, skipped] = ["'applied'", "'skipped'"].map(|of| format!("{entries}{of}"));
    let found = (count(&owner, &applied).await, count(&owner, &skipped).await);
    assert_eq!(found, (3 + 3, 2));
    assert_eq!(count(&owner, "select count(*) from jobs.dead_letter").await, 0);
    let told = "select count(*) from jobs.event_outbox where type = 'scoreboard.MatchSettled'";
    assert_eq!(count(&owner, told).await, 3 + 3);
    let all = count(&owner, "select sum(claim)::int8 from jobs.job").await;
    say(format_args!("8 settlements of {MEMBERS} guesses in workerd, claimed {all} times"));
}

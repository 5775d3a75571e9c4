//! Every contact scored anew through the real workers while workerd is killed:
//! scores, history, events and the run's counts are what one pass in plain SQL
//! gives.

use std::time::Instant;

use chrono::Utc;
use mauntic_local::workers::Build;
use mauntic_tests::recompute::{differences, fill};
use mauntic_tests::stack::{ADMIN_TOKEN, Stack, until};
use serde_json::{Value, json};
use tokio_postgres::Client;

/// Contacts of a run of `make test`: 20 chunks.
const CONTACTS: i64 = 100_000;

/// Says another number, for a soak.
const CONTACTS_VARIABLE: &str = "MAUNTIC_E2E_CONTACTS";

/// Contacts after which workerd is killed once more: a run of `make test` sees it
/// once, one of a million three times.
const CONTACTS_PER_KILL: i64 = 300_000;

/// Contacts of the second organization, whose chunks begin in the first one's.
const OTHERS: i64 = 3_000;

/// The signals of every tenth contact decayed long since.
const LONG_SINCE: &str = "update scoring.intent_signals
  set detected_at = detected_at - interval '30 days', decayed_at = decayed_at - interval '30 days'
  where contact_id like '%0'";

fn contacts() -> i64 {
    let wanted = std::env::var(CONTACTS_VARIABLE);
    wanted.map_or(CONTACTS, |text| text.parse().expect("a number of contacts"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recompute_is_what_one_pass_in_sql_gives_whatever_is_killed() {
    let contacts = contacts();
    let stack = Stack::start(Build::Production, &[("JOB_LEASE_SECONDS", "10")]).await;
    let owner = stack.owner().await;
    fill(&owner, "org_b", OTHERS, Utc::now()).await;
    fill(&owner, "org_a", contacts - OTHERS, Utc::now()).await;
    owner.batch_execute(LONG_SINCE).await.unwrap();
    owner.batch_execute("vacuum analyze").await.unwrap();
    let started = Instant::now();
    let run = start(&stack);
    let kills = (contacts / CONTACTS_PER_KILL).max(1);
    let ended = drive(&stack, &owner, &run, kills).await;
    let elapsed = started.elapsed();
    let chunks = (contacts + 4_999) / 5_000;
    assert_eq!(ended["status"], "completed");
    let counts = ["total", "completed", "deadLettered"].map(|name| &ended["jobs"][name]);
    assert_eq!(counts, [&json!(chunks + 1), &json!(chunks + 1), &json!(0)]);
    let found = differences(&owner).await;
    assert!(found.is_empty(), "{found:?}\n{}", stack.story());
    let taken = "select sum(claim)::int8 from jobs.job where type = 'scoring.RecomputeChunk'";
    let claims: i64 = owner.query_one(taken, &[]).await.unwrap().get(0);
    println!(
        "{contacts} contacts in {chunks} chunks and {elapsed:.1?}, workerd killed {kills} times, \
         chunks claimed {claims} times"
    );
    again_changes_nothing(&stack, &owner).await;
}

fn start(stack: &Stack) -> String {
    let path = "/api/v2/admin/cron/scoring-batch-recompute/run";
    let answer = stack.call("POST", path, Some(ADMIN_TOKEN), None);
    assert_eq!(answer.status, 202, "{}", answer.body);
    answer.body["executionId"].as_str().unwrap().to_owned()
}

/// Ticks until the run is over; workerd is killed on the way, evenly, each time
/// while a chunk is held.
async fn drive(stack: &Stack, owner: &Client, run: &str, kills: i64) -> Value {
    let path = format!("/api/v2/admin/runs/{run}");
    let mut killed = 0;
    let held = "select count(*) filter (where state = 'completed'), count(*),
        count(*) filter (where state = 'in_progress')
      from jobs.job where type = 'scoring.RecomputeChunk'";
    let mut ticked = Instant::now();
    until(
        "the run is over",
        || stack.story(),
        async || {
            if ticked.elapsed().as_secs() >= 2 {
                wake(owner).await;
                stack.tick();
                ticked = Instant::now();
            }
            let row = owner.query_one(held, &[]).await.unwrap();
            let (done, all, held): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
            if killed < kills && held > 0 && done * (kills + 1) > all * killed {
                stack.workers.kill().unwrap();
                stack.workers.restart().unwrap();
                killed += 1;
            }
            let answer = stack.call("GET", &path, Some(ADMIN_TOKEN), None);
            assert_eq!(answer.status, 200, "{}", answer.body);
            let is_over = answer.body["status"] != "running" && killed == kills;
            is_over.then_some(answer.body)
        },
    )
    .await
}

/// A killed workerd loses its queues: what waits for its next message waits no
/// longer.
async fn wake(owner: &Client) {
    let sql = "with waiting as (
        select j.id from jobs.job j
        where (j.state in ('queued', 'failed') or j.lease_until < clock_timestamp())
          and j.finished_at is null and j.wake_at > clock_timestamp()
        order by j.id for update skip locked)
      update jobs.job j set wake_at = clock_timestamp() from waiting w where j.id = w.id";
    owner.batch_execute(sql).await.unwrap();
}

/// A second run finds nearly every signal a little lighter and writes those rows
/// alone; what decays no more stays as it is, to the version of its row.
async fn again_changes_nothing(stack: &Stack, owner: &Client) {
    let still = "select s.organization_id, s.contact_id, s.xmin::text
      from scoring.lead_scores s
      where not exists (select from scoring.intent_signals i
        where i.organization_id = s.organization_id and i.contact_id = s.contact_id
          and i.decayed_at > now())
      order by 1, 2";
    let rows = async || -> Vec<(String, String, String)> {
        let rows = owner.query(still, &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
    };
    let before = rows().await;
    assert!(!before.is_empty(), "some contacts have no live signal");
    let run = start(stack);
    let ended = drive(stack, owner, &run, 0).await;
    assert_eq!(ended["status"], "completed");
    assert!(rows().await == before, "a score that did not change was written");
}

//! A panic in wasm: caught by the guard, and the neighbours are done at once.

use std::time::{Duration, Instant};

use mauntic_flows::ports::Scope;
use mauntic_local::workers::{Body, Build, Message, Outcome, Worker};
use mauntic_tests::stack::{QUEUE, Stack, until};
use mauntic_tests::world::{contact, organization, short};
use serde_json::json;

/// Far above the 5 s that DESIGN §11 gives neighbours, for a busy machine, and
/// far below the queue's own retry delay of 60 s.
const NEIGHBOURS_WITHIN: Duration = Duration::from_secs(30);

/// Twenty contacts and a poison one in one batch: how long after the first
/// claim all twenty are scored, and the stack for looking further.
async fn neighbours_of(poison: &str) -> (Stack, Duration) {
    let stack = Stack::start(Build::FaultHooks, &[]).await;
    let owner = stack.owner().await;
    let mut names: Vec<String> = (0..20).map(|n| format!("contact_{n}")).collect();
    names.insert(10, poison.to_owned());
    let contacts: Vec<_> = names.iter().map(|n| contact(n, &json!({"hasEmail": true}))).collect();
    mauntic_store::admin::put_contacts(&owner, &organization("org_1"), &contacts).await.unwrap();
    let bodies: Vec<Body> = names.iter().map(|n| Body::Text(short("org_1", n))).collect();
    stack.workers.send(QUEUE, &bodies).unwrap();
    let at_least = async |sql: &str, wanted: i64| {
        let found: i64 = owner.query_one(sql, &[]).await.unwrap().get(0);
        (found >= wanted).then_some(())
    };
    let story = || stack.story();
    let claimed = "select count(*) from jobs.job where claim > 0";
    until("the batch was claimed", story, async || at_least(claimed, 1).await).await;
    let panicked = Instant::now();
    let scored = "select count(*) from scoring.lead_scores where contact_id like 'contact%'";
    until("every neighbour is scored", story, async || at_least(scored, 20).await).await;
    let took = panicked.elapsed();
    (stack, took)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neighbours_of_a_panic_are_scored_at_the_next_delivery() {
    let (stack, took) = neighbours_of("fault-panic-1").await;
    println!("neighbours of a job that panicked once were scored after {took:?}");
    assert!(took < NEIGHBOURS_WITHIN, "took {took:?}\n{}", stack.story());
    let owner = stack.owner().await;
    let finished = "select count(*) from jobs.job where finished_at is null";
    until(
        "the poison job is done too",
        || stack.story(),
        async || {
            (owner.query_one(finished, &[]).await.unwrap().get::<_, i64>(0) == 0).then_some(())
        },
    )
    .await;
    // All were claimed twice, once in the batch that died and once alone at the
    // next delivery, and completed once: claims are no budget.
    let sql = "select count(*) filter (where claim = 2), count(*) filter (where failures > 0),
      count(*) filter (where state = 'completed') from jobs.job";
    let row = owner.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1), row.get::<_, i64>(2)), (21, 0, 21));
    assert!(stack.story().contains("batch_cut_off"), "the guard says what it did");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_always_panics_is_the_only_one_that_dies() {
    let (stack, took) = neighbours_of("fault-panic-always").await;
    println!("neighbours of a job that always panics were scored after {took:?}");
    let owner = stack.owner().await;
    until(
        "the poison job is a dead letter",
        || stack.story(),
        async || {
            let sql = "select reason from jobs.dead_letter";
            let rows = owner.query(sql, &[]).await.unwrap();
            rows.first().map(|row| assert_eq!(row.get::<_, String>(0), "lease_expired"))
        },
    )
    .await;
    let sql = "select count(*) from jobs.job where state = 'completed' and failures = 0";
    assert_eq!(owner.query_one(sql, &[]).await.unwrap().get::<_, i64>(0), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_panics_ends_at_once_and_asks_to_come_back() {
    let stack = Stack::start(Build::FaultHooks, &[]).await;
    let message = |id: &str, contact: &str| Message {
        id: id.to_owned(),
        timestamp_ms: 1_800_000_000_000,
        attempts: 1,
        body: Body::Text(short("org_1", contact)),
    };
    let batch = [message("m1", "fault-panic-always"), message("m2", "innocent")];
    let result = stack.workers.deliver(Worker::Queue, QUEUE, &batch).unwrap();
    assert_eq!(result.outcome, Outcome::Ok, "{result:?}");
    assert!(result.explicit_acks.is_empty(), "{result:?}");
    let delays: Vec<_> = result.retry_messages.iter().map(|m| m.delay_seconds).collect();
    assert_eq!(delays, [Some(1), Some(1)]);

    // Alone it spends its budget of three and becomes a dead letter; its
    // neighbour does not wait for that.
    let owner = stack.owner().await;
    for _ in 0..4 {
        stack.workers.deliver(Worker::Queue, QUEUE, &batch[..1]).unwrap();
    }
    stack.workers.deliver(Worker::Queue, QUEUE, &batch[1..]).unwrap();
    let sql = "select state from jobs.job order by data->>'contactId'";
    let states: Vec<String> =
        owner.query(sql, &[]).await.unwrap().iter().map(|r| r.get(0)).collect();
    assert_eq!(states, ["dead_lettered", "completed"], "{}", stack.story());
    let reason = owner.query_one("select reason from jobs.dead_letter", &[]).await.unwrap();
    assert_eq!(reason.get::<_, String>(0), "lease_expired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_panics_is_a_problem_and_the_next_one_works() {
    let stack = Stack::start(Build::FaultHooks, &[]).await;
    let key = stack.organization(&organization("org_1"), &[Scope::Read]).await;
    let url = format!("{}/api/v1/scoring/leaderboard", stack.workers.http_url());
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut answer = agent
        .get(&url)
        .header("Authorization", format!("Bearer {key}"))
        .header("x-fault-panic", "now")
        .header("X-Request-Id", "req-7")
        .call()
        .unwrap();
    assert_eq!(answer.status(), 500);
    let problem: serde_json::Value = answer.body_mut().read_json().unwrap();
    assert_eq!(
        (&problem["code"], &problem["requestId"]),
        (&json!("internal_error"), &json!("req-7"))
    );
    let next = stack.call("GET", "/api/v1/scoring/leaderboard", Some(&key), None);
    assert_eq!(next.status, 200, "{}", next.body);
}

//! A panic in wasm: caught by the guard, whatever the instance was doing.

use mauntic_flows::ports::Scope;
use mauntic_local::workers::{Body, Build, Message, Outcome, Worker};
use mauntic_tests::stack::{QUEUE, Stack};
use mauntic_tests::world::{organization, short};
use serde_json::json;

/// As the queue hands a message over at its n-th delivery.
pub(crate) fn message(id: &str, contact: &str, attempts: u32) -> Message {
    let body = Body::Text(short("org_1", contact));
    Message { id: id.to_owned(), timestamp_ms: 1_800_000_000_000, attempts, body }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_panics_ends_at_once_and_asks_to_come_back() {
    let stack = Stack::start(Build::FaultHooks, &[]).await;
    let batch = [message("m1", "fault-panic-always", 1), message("m2", "innocent", 1)];
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

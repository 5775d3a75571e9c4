//! The neighbours of a job that panics: they are done at the next delivery.

use std::time::{Duration, Instant};

use mauntic_local::workers::{Body, Build, Message, Outcome, Worker};
use mauntic_tests::say::say;
use mauntic_tests::stack::{QUEUE, Stack, until};
use mauntic_tests::world::{contact, organization, short};
use serde_json::json;

use crate::panics::message;

/// In which the neighbours of a panic have their effects.
const NEIGHBOURS_WITHIN: Duration = Duration::from_secs(5);

/// The same through the real queue and beside other tests: far above it, for a
/// busy machine, and far below the queue's own retry delay of 60 s.
const NEIGHBOURS_WITHIN_BUSY: Duration = Duration::from_secs(30);

/// How many innocent jobs share a batch with a poison one.
const NEIGHBOURS: usize = 20;

/// Stores the contacts of a batch: twenty, and a poison one amid them.
async fn batch_around(stack: &Stack, poison: &str) -> Vec<String> {
    let mut names: Vec<String> = (0..NEIGHBOURS).map(|n| format!("contact_{n}")).collect();
    names.insert(NEIGHBOURS / 2, poison.to_owned());
    let contacts: Vec<_> = names.iter().map(|n| contact(n, &json!({"hasEmail": true}))).collect();
    let (owner, organization) = (stack.owner().await, organization("org_1"));
    mauntic_store::admin::put_contacts(&owner, &organization, &contacts).await.unwrap();
    names
}

/// The longest that the real queue waits until it hands a batch over.
fn max_batch_timeout() -> Duration {
    let path = mauntic_local::repository_root().join("wrangler/queue.toml");
    let config: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let consumers = config["queues"]["consumers"].as_array().unwrap();
    let consumer = consumers.iter().find(|c| c["queue"].as_str() == Some(QUEUE)).unwrap();
    let secs = consumer["max_batch_timeout"].as_integer().unwrap();
    Duration::from_secs(u64::try_from(secs).unwrap())
}

/// What the promise is made of, each part by itself and with no other test
/// beside it: both deliveries as they take, and between them the wait that was
/// asked for and the longest that a queue adds to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neighbours_of_a_panic_have_their_effects_within_five_seconds() {
    let stack = Stack::start_alone(Build::FaultHooks, &[]).await;
    let owner = stack.owner().await;
    let names = batch_around(&stack, "fault-panic-1").await;
    let batch = |attempts| -> Vec<Message> {
        let message = |(n, name): (usize, &String)| message(&format!("m{n}"), name, attempts);
        names.iter().enumerate().map(message).collect()
    };
    let started = Instant::now();
    let first = stack.workers.deliver(Worker::Queue, QUEUE, &batch(1)).unwrap();
    let second = stack.workers.deliver(Worker::Queue, QUEUE, &batch(2)).unwrap();
    let deliveries = started.elapsed();

    assert!(first.outcome == Outcome::Ok && first.explicit_acks.is_empty(), "{first:?}");
    assert_eq!(first.retry_messages.len(), names.len(), "all of the batch comes back");
    let delay_secs = first.retry_messages.iter().map(|m| m.delay_seconds.expect("a delay of ours"));
    let delay = Duration::from_secs(delay_secs.max().unwrap().into());
    assert_eq!(second.explicit_acks.len(), names.len(), "{second:?}\n{}", stack.story());
    let sql = "select count(*) from scoring.lead_scores s
      join jobs.job j on j.data->>'contactId' = s.contact_id
      where j.state = 'completed' and s.contact_id like 'contact%'";
    let scored: i64 = owner.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(usize::try_from(scored).unwrap(), NEIGHBOURS);
    let took = deliveries + delay + max_batch_timeout();
    say(format_args!("two deliveries {deliveries:?}, with the waits between them {took:?}"));
    assert!(took <= NEIGHBOURS_WITHIN, "{took:?}\n{}", stack.story());
}

/// Twenty contacts and a poison one in one batch: how long after the first
/// claim all twenty are scored, and the stack for looking further.
async fn neighbours_of(poison: &str) -> (Stack, Duration) {
    let stack = Stack::start(Build::FaultHooks, &[]).await;
    let owner = stack.owner().await;
    let names = batch_around(&stack, poison).await;
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
    say(format_args!("neighbours of a job that panicked once were scored after {took:?}"));
    assert!(took < NEIGHBOURS_WITHIN_BUSY, "took {took:?}\n{}", stack.story());
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
    let cut_off = stack.batches().iter().filter(|batch| batch.cut_off).count();
    assert!(cut_off > 0, "the guard says what it did\n{}", stack.story());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_always_panics_is_the_only_one_that_dies() {
    let (stack, took) = neighbours_of("fault-panic-always").await;
    say(format_args!("neighbours of a job that always panics were scored after {took:?}"));
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

//! What an instance holds after its batches: no more, however many there were. Its memory
//! never shrinks, and the platform ends an isolate at 128 MiB with what is in flight in it.

use mauntic_local::workers::{Body, Build, Message, Outcome, Worker};
use mauntic_tests::logs::memory_bytes;
use mauntic_tests::stack::{QUEUE, Stack};

/// Near the most that a message holds (128 KB); a connection buffers all of it, for it is
/// kept as a dead letter.
const BODY_BYTES: usize = 120_000;

/// Batches until every buffer has its size.
const FIRST: usize = 8;

/// Batches that follow: kept buffers would be 7 MiB.
const FOLLOWING: usize = 64;

fn handed_over(stack: &Stack, batches: std::ops::Range<usize>) -> i64 {
    for number in batches {
        let body = Body::Text(format!("{number}{}", "x".repeat(BODY_BYTES)));
        let id = format!("m{number}");
        let message = Message { id, timestamp_ms: 1_800_000_000_000, attempts: 1, body };
        let result = stack.workers.deliver(Worker::Queue, QUEUE, &[message]).unwrap();
        assert_eq!(result.outcome, Outcome::Ok, "{result:?}");
    }
    memory_bytes(&stack.workers.logs(false).unwrap()).expect("a batch says its memory")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_gives_back_what_a_batch_took() {
    let stack = Stack::start(Build::Production, &[]).await;
    let first = handed_over(&stack, 0..FIRST);
    let last = handed_over(&stack, FIRST..FIRST + FOLLOWING);
    let kept = i64::try_from(FOLLOWING * BODY_BYTES).unwrap();
    assert!(last - first < kept / 8, "{first} bytes before, {last} bytes after");
    let letters = stack.owner().await.query_one("select count(*) from jobs.dead_letter", &[]).await;
    assert_eq!(letters.unwrap().get::<_, i64>(0), 72, "{}", stack.story());
}

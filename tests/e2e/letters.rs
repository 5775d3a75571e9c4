//! Dead letters replayed by filter, on the real thing: ten thousand at a given
//! pace while workerd is killed and every message is doubled, and canaries that
//! fail. In the end it is as if they had been done once.

mod drive;
mod given;
mod verdict;

use std::time::Instant;

use mauntic_local::workers::Build;
use mauntic_tests::say::say;
use mauntic_tests::stack::{ADMIN_TOKEN, Stack};
use serde_json::{Value, json};

use drive::Drive;
use given::{LETTERS, OTHERS};

/// Jobs a second; ten thousand take fifty seconds at least.
const PER_SECOND: u32 = 200;

const CANARIES: u32 = 5;

/// Times workerd is killed while it replays.
const KILLS: usize = 4;

/// Ends of leases come soon.
const LEASE_SECS: &str = "5";

async fn stack() -> Stack {
    let vars = [("FAULT_DUPLICATES", "true"), ("JOB_LEASE_SECONDS", LEASE_SECS)];
    let stack = Stack::start(Build::FaultHooks, &vars).await;
    stack.owner().await.batch_execute(verdict::WATCH).await.unwrap();
    stack
}

fn order(stack: &Stack, body: &Value) -> Value {
    let path = "/api/v2/admin/dlq/replay";
    let answer = stack.call("POST", path, Some(ADMIN_TOKEN), Some(body));
    assert_eq!(answer.status, 202, "{}", answer.body);
    let place = &answer.headers["location"];
    assert!(place.ends_with(answer.body["replayId"].as_str().unwrap()), "{place}");
    answer.body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_are_replayed_once_at_their_pace_while_workers_are_killed() {
    let stack = stack().await;
    given::letters(&stack).await;
    let filter = json!({"reason": "retries_exhausted", "type": "scoring.CalculateScore"});
    let body = json!({"filter": filter, "canary": CANARIES, "perSecond": PER_SECOND,
        "reason": "the provider is back"});
    let started = Instant::now();
    let replay = order(&stack, &body);
    assert_eq!((&replay["status"], &replay["replayed"]), (&json!("canary"), &json!(CANARIES)));
    let mut drive = Drive::new(&stack, &replay);
    let done = drive.until_all_are_done(KILLS).await;
    assert_eq!(done["replayed"], LETTERS, "{done}");
    assert_eq!((&done["refused"], &done["deadAgain"]), (&json!(0), &json!(0)), "{done}");
    say(format_args!(
        "{LETTERS} dead letters replayed in {:.1?} at {PER_SECOND}/s, workerd killed {KILLS} times",
        started.elapsed()
    ));
    verdict::jobs_were_done_once(&stack).await;
    verdict::the_pace_was_kept(&stack, PER_SECOND).await;
    verdict::runs_are_whole(&stack).await;
    verdict::letters_are_decided(&stack, replay["replayId"].as_str().unwrap()).await;
    verdict::deliveries_balance(&stack).await;
    // Once more: nothing is left that the filter names.
    let again = order(&stack, &body);
    drive = Drive::new(&stack, &again);
    let again = drive.until_it_is_over().await;
    assert_eq!((&again["status"], &again["replayed"]), (&json!("completed"), &json!(0)), "{again}");
    verdict::jobs_were_done_once(&stack).await;
    let left = "select count(*) from jobs.dead_letter where decided_at is null";
    assert_eq!(verdict::count(&stack, left).await, i64::from(OTHERS), "others were touched");
    verdict::the_audit_verifies(&stack);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_that_fails_ends_the_replay_with_no_more_than_the_canaries_affected() {
    let stack = stack().await;
    given::hopeless(&stack).await;
    let before = verdict::count(&stack, given::OPEN).await;
    let body = json!({"filter": {"reason": "retries_exhausted"}, "canary": CANARIES});
    let replay = order(&stack, &body);
    let stopped = Drive::new(&stack, &replay).until_it_is_over().await;
    assert_eq!(stopped["status"], "stopped", "{stopped}");
    assert!(stopped["stoppedBy"].is_string(), "{stopped}");
    assert_eq!(stopped["replayed"], CANARIES, "{stopped}");
    let touched = "select count(*) from jobs.job where replays > 0";
    assert_eq!(verdict::count(&stack, touched).await, i64::from(CANARIES));
    // Each canary died again and is a new case; the old one is decided.
    assert_eq!(verdict::count(&stack, given::OPEN).await, before);
    verdict::the_audit_verifies(&stack);
}

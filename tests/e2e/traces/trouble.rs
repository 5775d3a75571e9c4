//! Collectors that are in trouble, and settings that cannot be used: no job fails by them or
//! waits for them, and no line of the log holds an address or what is sent along.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mauntic_local::web::{Answer, Web};
use mauntic_local::workers::{Body, Build};
use mauntic_tests::stack::{QUEUE, Stack, until};
use serde_json::json;
use tokio_postgres::Client;

use crate::operations::given::count;

/// Longest that a batch of one job may be open, whatever its collector does: far below the
/// 5 s for which its answer is waited for.
const BATCH_MS_MAX: i64 = 2_500;

/// What no line of the log may hold.
const SECRET: &str = "s3cret-key";

/// What a collector does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// Sends its callers elsewhere.
    Elsewhere,
    /// Answers when nobody waits any more.
    Hanging,
}

struct Troubled {
    web: Web,
    mood: Arc<Mutex<Mood>>,
    calls: Arc<AtomicUsize>,
    elsewhere: Arc<AtomicUsize>,
}

impl Troubled {
    fn start() -> Self {
        let mood = Arc::new(Mutex::new(Mood::Elsewhere));
        let (calls, elsewhere) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let of = (Arc::clone(&mood), Arc::clone(&calls), Arc::clone(&elsewhere));
        let web = Web::start(move |asked| {
            let (mood, calls, elsewhere) = (&of.0, &of.1, &of.2);
            if asked.path == "/elsewhere" {
                elsewhere.fetch_add(1, Ordering::SeqCst);
                return Answer { status: 200, ..Answer::default() };
            }
            let mood = *mood.lock().unwrap();
            calls.fetch_add(1, Ordering::SeqCst);
            match mood {
                Mood::Elsewhere => Answer {
                    status: 302,
                    headers: vec![(
                        "Location",
                        format!("http://{}/elsewhere", asked.headers["host"]),
                    )],
                    ..Answer::default()
                },
                Mood::Hanging => {
                    Answer { status: 200, after: Duration::from_secs(600), ..Answer::default() }
                }
            }
        });
        Self { web: web.unwrap(), mood, calls, elsewhere }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

/// Jobs by hand, each a batch of its own that is done before the next is sent.
async fn jobs_are_done(stack: &Stack, owner: &Client, jobs: i64) {
    let sql = "select count(*) from jobs.job where state = 'completed' and claim = 1";
    let before = count(owner, sql).await;
    for done in 1..=jobs {
        let message = json!({"type": "scoring.Probe"}).to_string();
        stack.workers.send(QUEUE, &[Body::Text(message)]).unwrap();
        let is_done = async || (count(owner, sql).await == before + done).then_some(());
        until("a job is done", || stack.story(), is_done).await;
    }
}

fn told(stack: &Stack, event: &str) -> usize {
    let logs = stack.workers.logs(false).unwrap();
    logs.iter().filter(|log| log.message.contains(event)).count()
}

/// So many lines of the kind are there, sooner or later.
async fn is_told(stack: &Stack, event: &str, lines: usize) {
    let look = async || (told(stack, event) >= lines).then_some(());
    until("it is in the log", || stack.story(), look).await;
}

/// No batch was held up, and nothing secret or local was said.
fn assert_unharmed(stack: &Stack, secrets: &[&str]) {
    for batch in stack.batches() {
        assert!(batch.duration_ms <= BATCH_MS_MAX, "{batch:?}");
        assert_eq!((batch.error_code.as_deref(), batch.cut_off), (None, false), "{batch:?}");
    }
    for log in stack.workers.logs(false).unwrap() {
        let is_secret = secrets.iter().any(|secret| log.message.contains(secret));
        assert!(!is_secret, "{}", log.message);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_job_waits_for_a_collector_in_trouble_or_fails_by_it() {
    let collector = Troubled::start();
    let (url, headers) = (collector.web.url(), format!("api-key={SECRET}"));
    let vars = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*url), ("OTEL_EXPORTER_OTLP_HEADERS", &*headers)];
    let stack = Stack::start(Build::Production, &vars).await;
    let owner = stack.owner().await;
    let secrets = [SECRET, url.trim_start_matches("http://")];
    // Its own address alone is sent the header.
    jobs_are_done(&stack, &owner, 2).await;
    // Between workerd and it stands the runner's own `fetch`, which is told nothing of how
    // redirects are to be taken, and answers 500 where a body that it has sent would go on.
    is_told(&stack, "answered with status", 2).await;
    assert_eq!(collector.elsewhere.load(Ordering::SeqCst), 0);
    // While the first call still hangs, two more jobs are done.
    *collector.mood.lock().unwrap() = Mood::Hanging;
    let before = collector.calls();
    jobs_are_done(&stack, &owner, 3).await;
    let asked = async || (collector.calls() == before + 3).then_some(());
    until("the collector is asked", || stack.story(), asked).await;
    is_told(&stack, "not reached in time", 3).await;
    assert_unharmed(&stack, &secrets);
    // Nobody is there.
    drop(collector);
    jobs_are_done(&stack, &owner, 2).await;
    is_told(&stack, "traces_not_sent", 7).await;
    assert_unharmed(&stack, &secrets);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_cannot_be_used_are_told_once_and_without_their_values() {
    let vars = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:s3cret@collector.example:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "no list of s3cret headers"),
    ];
    let stack = Stack::start(Build::Production, &vars).await;
    let owner = stack.owner().await;
    jobs_are_done(&stack, &owner, 3).await;
    is_told(&stack, "OTEL_EXPORTER_OTLP_ENDPOINT must be", 1).await;
    assert_unharmed(&stack, &["s3cret", "collector.example"]);
    assert_eq!(told(&stack, "setting_unreadable"), 1, "{}", stack.story());
    assert_eq!(told(&stack, "traces_not_sent"), 0, "{}", stack.story());
}

//! Warm-up counters in R2, behind the real workers: their contract, fifty callers at
//! once with lost answers (I10), and the job that begins a day.

use std::collections::BTreeMap;
use std::sync::Mutex;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use mauntic_flows::ports::Scope;
use mauntic_local::workers::{Body, Build, Worker};
use mauntic_tests::counters::{self, Said, Subject};
use mauntic_tests::say::say;
use mauntic_tests::stack::{Answer, Request, Stack, until};
use mauntic_tests::world::organization;
use serde_json::{Value, json};
use tokio_postgres::Client;

const BUCKET: &str = "WARMUP_R2";
const QUEUE: &str = "mauntic-analytics-jobs";

/// Rounds of [`CALLERS`] at once.
const ROUNDS: usize = 20;
const CALLERS: usize = 50;

/// In a thousand: every seventh answer of a write.
const LOST: &str = "150";

fn place(domain: &str) -> String {
    format!("warmup/daily/org_a/{domain}")
}

/// The workers, with an organization's key.
struct R2 {
    stack: Stack,
    key: String,
}

impl R2 {
    async fn start(build: Build, vars: &[(&str, &str)]) -> Self {
        let stack = Stack::start(build, vars).await;
        let scopes = [Scope::Read, Scope::Write];
        let key = stack.organization(&organization("org_a"), &scopes).await;
        Self { stack, key }
    }

    fn put(&self, domain: &str, body: &Value) -> Answer {
        let path = format!("/api/v1/warmup/domains/{domain}");
        let answer = self.stack.call("PUT", &path, Some(&self.key), Some(body));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    fn get(&self, domain: &str) -> Answer {
        self.stack.call("GET", &format!("/api/v1/warmup/domains/{domain}"), Some(&self.key), None)
    }

    fn ask(&self, domain: &str, emails: u32, key: Option<&str>) -> Answer {
        let answer = self.stack.send(Request {
            method: "POST",
            path: &format!("/api/v1/warmup/domains/{domain}/reserve"),
            key: Some(&self.key),
            idempotency_key: key,
            body: &json!({ "count": emails }).to_string(),
            ..Request::default()
        });
        answer.unwrap_or_else(|error| panic!("{domain}: {error}"))
    }
}

impl Subject for R2 {
    fn make(&self, domain: &str) {
        self.put(domain, &json!({"verified": true}));
    }

    fn today(&self) -> NaiveDate {
        self.make("today.example");
        self.get("today.example").body["date"].as_str().unwrap().parse().unwrap()
    }

    fn reserve(&self, domain: &str, emails: u32, key: Option<&str>) -> Said {
        let answer = self.ask(domain, emails, key);
        let said = (answer.status, answer.body["code"].as_str().unwrap_or_default());
        match said {
            (200, _) => {
                let granted = answer.body["granted"].as_u64().unwrap();
                Said::Granted(u32::try_from(granted).unwrap())
            }
            (429, "warmup_limit_reached") => {
                assert!(answer.headers.contains_key("retry-after"));
                let retry_at: DateTime<Utc> =
                    answer.body["retryAfter"].as_str().unwrap().parse().unwrap();
                Said::Exhausted(retry_at.date_naive().pred_opt().unwrap())
            }
            (409, "idempotency_conflict") => Said::KeyConflict,
            (500, "internal_error") => Said::Unreadable,
            (503, "contention" | "commit_unknown") => {
                assert!(answer.headers.contains_key("retry-after"));
                Said::ComeBack
            }
            _ => panic!("{domain}: {}", answer.body),
        }
    }

    fn count(&self, domain: &str) -> Option<u64> {
        self.get(domain).body["count"].as_u64()
    }

    fn store(&self, domain: &str, body: &str) {
        self.stack.workers.store(BUCKET, &place(domain), body).unwrap();
    }

    fn stored(&self, domain: &str) -> Option<String> {
        self.stack.workers.stored(BUCKET, &place(domain)).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_keeps_the_contract_of_the_counters() {
    let r2 = R2::start(Build::Production, &[]).await;
    counters::all(&r2);
}

/// What one caller is granted, who asks again under the same key as long as it is
/// told to; without a key a lost answer is given up. None where it was not told.
fn granted(r2: &R2, domain: &str, emails: u32, key: Option<&str>) -> Option<u32> {
    loop {
        match r2.ask(domain, emails, key) {
            Answer { status: 200, body, .. } => {
                return Some(u32::try_from(body["granted"].as_u64().unwrap()).unwrap());
            }
            Answer { status: 429, .. } => return Some(0),
            Answer { status: 503, body, .. } if body["code"] == "contention" => {}
            Answer { status: 503, body, .. } if body["code"] == "commit_unknown" => {
                key?;
            }
            other => panic!("{domain}: {}", other.body),
        }
    }
}

/// Fifty callers of a domain with a limit of its own; the blocks whose grants nobody
/// was told.
fn round(r2: &R2, n: usize) -> usize {
    let (domain, limit) = (format!("round-{n}.example"), 100 + 35 * n);
    let schedule = json!([{"day": 1, "maxEmails": limit}]);
    r2.put(&domain, &json!({"verified": true, "schedule": schedule}));
    let told = Mutex::new(BTreeMap::new());
    let caller = |caller: usize| {
        let emails = u32::try_from(1 + (caller * 7 + n) % 23).unwrap();
        let key = (!caller.is_multiple_of(4)).then(|| format!("caller-{caller}"));
        let granted = granted(r2, &domain, emails, key.as_deref());
        told.lock().unwrap().insert(caller, (emails, granted));
    };
    let caller = &caller;
    std::thread::scope(|scope| {
        for n in 0..CALLERS {
            scope.spawn(move || caller(n));
        }
    });
    let told = told.into_inner().unwrap();
    let granted: u64 = told.values().filter_map(|(_, granted)| granted.map(u64::from)).sum();
    let unknown = told.values().filter(|(_, granted)| granted.is_none());
    let unknown: Vec<u64> = unknown.map(|(emails, _)| u64::from(*emails)).collect();
    let count = r2.count(&domain).unwrap();
    let spent: u64 = unknown.iter().sum();
    assert!(count <= limit as u64, "{domain}: {count} of {limit}");
    assert!(granted <= count, "{domain}: told {granted}, spent {count}");
    assert!(count <= granted + spent, "{domain}: {count}, told {granted}, lost {spent}");
    unknown.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_callers_with_lost_answers_never_pass_the_limit() {
    let r2 = R2::start(Build::FaultHooks, &[("FAULT_LOST_COUNTERS", LOST)]).await;
    let lost: usize = (0..ROUNDS).map(|n| round(&r2, n)).sum();
    say(format!("{ROUNDS} rounds of {CALLERS}: {lost} callers were never told"));
    assert!(lost > 0, "answers are lost in these rounds");
}

/// Receipts of the job, oldest first.
async fn receipts(owner: &Client) -> Vec<Value> {
    let sql = "select receipt from jobs.job
      where type = 'analytics.warmup-daily-reset' and state = 'completed' order by id";
    owner.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn until_done(r2: &R2, owner: &Client, jobs: usize) -> Value {
    let done = async || {
        let receipts = receipts(owner).await;
        (receipts.len() == jobs).then(|| receipts.last().cloned().unwrap())
    };
    until("the day has begun", || r2.stack.story(), done).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_night_begins_the_day_and_nothing_waits_for_it() {
    let r2 = R2::start(Build::Production, &[("ENABLE_ANALYTICS_CRON", "true")]).await;
    let (owner, today) = (r2.stack.owner().await, r2.today());
    let old = json!({"day": today - TimeDelta::days(1), "count": 50, "keys": []}).to_string();
    let names = ["a.example", "b.example", "c.example"];
    for name in names {
        r2.make(name);
        r2.store(name, &old);
    }
    r2.put("unverified.example", &json!({}));
    r2.store("unverified.example", &old);
    // Before the job, and without it: yesterday's counter reads as zero.
    assert_eq!(r2.reserve("a.example", 20, None), Said::Granted(20));

    // By its trigger, as of last midnight: the first tick writes the schedule down, as
    // judged by now. The names above, and the one that told the day.
    r2.stack.tick();
    let midnight = today.and_hms_opt(0, 0, 0).unwrap().and_utc();
    let sql = "update jobs.schedule set judged_until = $1
      where job_key = 'analytics-warmup-reset'";
    owner.execute(sql, &[&(midnight - TimeDelta::hours(1))]).await.unwrap();
    let millis = midnight.timestamp_millis();
    r2.stack.workers.scheduled(Worker::Queue, "0 0 * * *", millis).unwrap();
    let first = until_done(&r2, &owner, 1).await;
    assert_eq!(first, json!({"domains": 4, "reset": 2, "unreadable": 0}));
    let begun: Value = serde_json::from_str(&r2.stored("b.example").unwrap()).unwrap();
    assert_eq!(begun, json!({"day": today, "count": 0, "keys": []}));
    assert_eq!(r2.count("a.example"), Some(20), "today's stays");
    assert_eq!(r2.stored("unverified.example"), Some(old), "it is granted nothing");

    // By hand, once more: there is nothing to do.
    let message = Body::Text(r#"{"type":"analytics.warmup-daily-reset"}"#.to_owned());
    r2.stack.workers.send(QUEUE, &[message]).unwrap();
    let second = until_done(&r2, &owner, 2).await;
    assert_eq!(second, json!({"domains": 4, "reset": 0, "unreadable": 0}));
}

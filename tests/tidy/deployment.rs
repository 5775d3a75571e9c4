//! The deployed configuration: complete in every environment, and the same
//! numbers as the rules'.

use std::collections::BTreeSet;

use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::{BATCH_MESSAGES_MAX, Origin};
use mauntic_domain::schedules::TICK_CRON;
use toml::{Table, Value};

/// Names of environments; the empty one is the file's top level, local work.
const ENVIRONMENTS: [&str; 3] = ["", "staging", "production"];

/// Connections a Hyperdrive configuration gives (about 100); the queue worker
/// may use three fifths, the rest is the HTTP worker's.
const QUEUE_CONNECTIONS_MAX: i64 = 60;

/// Flags that are secrets: Cloudflare refuses a secret whose name is a var.
const PAUSE_FLAGS: [&str; 4] = [
    "ENABLE_SCORING_CRON",
    "ENABLE_ANALYTICS_CRON",
    "ENABLE_SCOREBOARD_CRON",
    "ENABLE_OVERNIGHT_CRON",
];

fn config(worker: &str, environment: &str) -> Table {
    let path = super::root().join(format!("wrangler/{worker}.toml"));
    let whole: Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    if environment.is_empty() {
        whole
    } else {
        whole["env"][environment].as_table().unwrap().clone()
    }
}

fn list<'a>(table: &'a Table, path: &[&str]) -> Vec<&'a Value> {
    let (last, before) = path.split_last().unwrap();
    let table = before.iter().try_fold(table, |t, key| t.get(*key)?.as_table());
    table.and_then(|t| t.get(*last)).and_then(Value::as_array).into_iter().flatten().collect()
}

#[test]
fn both_workers_produce_to_every_queue_in_every_environment() {
    for worker in ["http", "queue"] {
        for environment in ENVIRONMENTS {
            let config = config(worker, environment);
            let producers = list(&config, &["queues", "producers"]);
            for queue in Queue::ALL {
                let name =
                    producers
                        .iter()
                        .find(|p| p["binding"].as_str() == Some(queue.binding()))
                        .unwrap_or_else(|| {
                            panic!("{worker} {environment}: no {}", queue.binding())
                        })["queue"]
                        .as_str()
                        .unwrap();
                assert_eq!(Origin::from_deployed_name(name), Some(Origin::Jobs(queue)), "{name}");
                assert_eq!(name.ends_with("-staging"), environment == "staging", "{name}");
            }
        }
    }
}

#[test]
fn every_queue_and_its_dead_letter_queue_are_consumed_with_explicit_values() {
    for environment in ENVIRONMENTS {
        let config = config("queue", environment);
        let consumers = list(&config, &["queues", "consumers"]);
        let find = |origin| {
            let of = |c: &&&Value| {
                Origin::from_deployed_name(c["queue"].as_str().unwrap()) == Some(origin)
            };
            *consumers
                .iter()
                .find(of)
                .unwrap_or_else(|| panic!("{environment}: {origin:?} is not consumed"))
        };
        let number = |c: &Value, key: &str| {
            c.get(key)
                .and_then(Value::as_integer)
                .unwrap_or_else(|| panic!("{environment}: {key} is not set"))
        };
        let values = |c: &Value| {
            ["max_batch_size", "max_batch_timeout", "max_retries", "retry_delay", "max_concurrency"]
                .map(|key| number(c, key))
        };
        let jobs = find(Origin::Jobs(Queue::ScoringEvents));
        assert_eq!(values(jobs), [100, 2, 100, 60, 10]);
        assert_eq!(usize::try_from(number(jobs, "max_batch_size")).unwrap(), BATCH_MESSAGES_MAX);
        let dead = find(Origin::DeadLetters(Queue::ScoringEvents));
        assert_eq!(values(dead), [10, 5, 100, 900, 1]);
        assert_eq!(jobs["dead_letter_queue"], dead["queue"]);
        assert!(
            dead.get("dead_letter_queue").is_none(),
            "nothing stands behind a dead-letter queue"
        );
        let connections: i64 = consumers.iter().map(|c| number(c, "max_concurrency")).sum();
        assert!(connections <= QUEUE_CONNECTIONS_MAX, "{environment}: {connections} connections");
    }
}

#[test]
fn crons_stand_in_every_environment_of_the_queue_worker_and_of_no_other() {
    for environment in ENVIRONMENTS {
        let crons: Vec<_> = list(&config("queue", environment), &["triggers", "crons"])
            .into_iter()
            .cloned()
            .collect();
        assert_eq!(crons, [Value::from(TICK_CRON)], "{environment}");
        assert!(list(&config("http", environment), &["triggers", "crons"]).is_empty());
    }
}

#[test]
fn environments_have_names_buckets_and_no_secret() {
    for worker in ["http", "queue"] {
        let mut names = BTreeSet::new();
        for environment in ENVIRONMENTS {
            let config = config(worker, environment);
            let name = config["name"].as_str().unwrap().to_owned();
            assert!(name.starts_with(&format!("mauntic-{worker}")), "{name}");
            names.insert(name);
            let buckets = list(&config, &["r2_buckets"]);
            assert!(
                buckets.iter().any(|b| b["binding"].as_str() == Some("WARMUP_R2")),
                "{worker} {environment}"
            );
            let vars = config.get("vars").and_then(Value::as_table).cloned().unwrap_or_default();
            for secret in
                PAUSE_FLAGS.into_iter().chain(["DATABASE_URL", "ADMIN_TOKEN", "SESSION_SECRET"])
            {
                assert!(!vars.contains_key(secret), "{worker} {environment}: {secret} is a secret");
            }
        }
        assert!(
            names.contains(&format!("mauntic-{worker}"))
                && names.contains(&format!("mauntic-{worker}-staging"))
        );
    }
}

//! The deployed configuration: complete in every environment, and the same
//! numbers as the rules'.

use std::collections::BTreeSet;

use mauntic_domain::contact_events;
use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::{BATCH_MESSAGES_MAX, Incoming, Origin};
use mauntic_domain::overnight::CHUNKS_AT_ONCE_MAX;
use mauntic_domain::schedules::markets::MARKET_CRONS_VARIABLE;
use mauntic_domain::schedules::registry::{
    CONTEXTS_VARIABLE, Flag, OVERNIGHT_CRON_VARIABLE, REGISTRY, triggers,
};
use mauntic_domain::schedules::tick::TICK_CRON_VARIABLE;
use toml::{Table, Value};

/// What the HTTP worker's build script writes, which no lint of the worker compiles.
#[path = "../../workers/http/document.rs"]
mod document;

/// Names of environments; the empty one is the file's top level, local work.
const ENVIRONMENTS: [&str; 3] = ["", "staging", "production"];

/// Connections of the smallest database that is supported: PostgreSQL's default
/// `max_connections` of 100, of which `superuser_reserved_connections` keeps 3. A
/// provider's smallest server and Hyperdrive's pool have as many or more.
const POOL_CONNECTIONS: i64 = 97;

/// Kept for the HTTP worker. A request holds a connection for some 10 ms, so
/// these are 4,000 requests a second.
const HTTP_CONNECTIONS: i64 = 40;

/// Kept for dry runs: each holds one of the HTTP worker's, and a second one in the queue
/// worker for as long as it lasts, which is at most a request. Operators alone may ask.
const DRY_RUN_CONNECTIONS: i64 = 2;

/// Kept for people: a migration, `keys`, a console, a backup.
const OPERATORS_CONNECTIONS: i64 = 5;

/// What each queue and the dead-letter queue behind it bring, and the queue's
/// batch, seconds of waiting and `max_concurrency`.
const CONSUMERS: [(Incoming, Incoming, [i64; 3]); 5] = [
    jobs(Queue::ScoringEvents, [100, 2, 10]),
    (Incoming::ContactEvents { dead: false }, Incoming::ContactEvents { dead: true }, [100, 2, 6]),
    jobs(Queue::AnalyticsJobs, [10, 2, 4]),
    jobs(Queue::ScoreboardJobs, [10, 1, 6]),
    jobs(Queue::OvernightJobs, [1, 1, CHUNKS_AT_ONCE_MAX as i64]),
];

const fn jobs(queue: Queue, shape: [i64; 3]) -> (Incoming, Incoming, [i64; 3]) {
    (Incoming::Jobs(Origin::Jobs(queue)), Incoming::Jobs(Origin::DeadLetters(queue)), shape)
}

/// `max_retries` and seconds of `retry_delay` of a queue, and of the dead-letter
/// queue behind it.
const RETRIES: [i64; 2] = [100, 60];
const DEAD_LETTER_RETRIES: [i64; 2] = [100, 900];

/// Secrets: Cloudflare refuses one whose name is a var.
const SECRETS: [&str; 13] = [
    "DATABASE_URL",
    "ADMIN_TOKEN",
    "VIEWER_TOKEN",
    "SESSION_SECRET",
    "ALERT_WEBHOOK_URL",
    "ALERT_WEBHOOK_SECRET",
    "MATCH_PROVIDER_KEY",
    "MATCH_PROVIDER_FALLBACK_KEY",
    "EXCHANGE_RATE_PROVIDER_KEY",
    "EXCHANGE_RATE_PROVIDER_FALLBACK_KEY",
    "PRICE_PROVIDER_KEY",
    "PRICE_PROVIDER_FALLBACK_KEY",
    "OTEL_EXPORTER_OTLP_HEADERS",
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

fn vars(config: &Table) -> Table {
    config.get("vars").and_then(Value::as_table).cloned().unwrap_or_default()
}

fn readme() -> String {
    std::fs::read_to_string(super::root().join("README.md")).unwrap()
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
fn the_apis_document_is_written_beside_the_worker() {
    let folder = std::env::temp_dir().join(format!("mauntic-document-{}", std::process::id()));
    document::write_to(&folder).unwrap();
    let text = std::fs::read_to_string(folder.join("openapi.json")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let written: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(written["openapi"], "3.1.0");
    // Nobody names a folder to a test.
    document::write().unwrap();
}

#[test]
fn the_console_asks_the_http_worker_of_the_same_environment_and_has_nothing_else() {
    for environment in ENVIRONMENTS {
        let (http, console) = (config("http", environment), config("console", environment));
        let [service] = &*list(&console, &["services"]) else {
            panic!("{environment}: one service")
        };
        assert_eq!(service["binding"].as_str(), Some("API"), "{environment}");
        assert_eq!(service["service"], http["name"], "{environment}");
        let secrets = list(&console, &["secrets", "required"]);
        assert_eq!(secrets, [&Value::from("SESSION_SECRET")], "{environment}");
        for bound in ["queues", "r2_buckets", "hyperdrive", "vars", "triggers"] {
            assert!(console.get(bound).is_none(), "{environment}: {bound}");
        }
        assert_eq!(
            console["name"].as_str().map(|name| name.ends_with("-staging")),
            Some(environment == "staging")
        );
    }
}

#[test]
fn dry_runs_are_asked_of_the_queue_worker_of_the_same_environment() {
    for environment in ENVIRONMENTS {
        let (http, queue) = (config("http", environment), config("queue", environment));
        let [service] = &*list(&http, &["services"]) else { panic!("{environment}: one service") };
        let named = ["binding", "entrypoint"].map(|key| service[key].as_str());
        assert_eq!(named, [Some("REHEARSALS"), Some("Rehearsals")], "{environment}");
        assert_eq!(service["service"], queue["name"], "{environment}");
    }
}

fn number(consumer: &Value, key: &str) -> i64 {
    let value = consumer.get(key).and_then(Value::as_integer);
    value.unwrap_or_else(|| panic!("{}: {key} is not set", consumer["queue"]))
}

fn numbers<const N: usize>(consumer: &Value, keys: [&str; N]) -> [i64; N] {
    keys.map(|key| number(consumer, key))
}

fn find<'a>(consumers: &[&'a Value], incoming: Incoming) -> &'a Value {
    let is_of =
        |c: &&&Value| Incoming::from_deployed_name(c["queue"].as_str().unwrap()) == Some(incoming);
    let mut found = consumers.iter().filter(is_of);
    let first = found.next().unwrap_or_else(|| panic!("{incoming:?} is not consumed"));
    assert!(found.next().is_none(), "{incoming:?} is consumed twice");
    first
}

#[test]
fn every_queue_and_its_dead_letter_queue_are_consumed_with_explicit_values() {
    let shape = ["max_batch_size", "max_batch_timeout", "max_concurrency"];
    let retries = ["max_retries", "retry_delay"];
    for environment in ENVIRONMENTS {
        let config = config("queue", environment);
        let consumers = list(&config, &["queues", "consumers"]);
        assert_eq!(CONSUMERS.len(), Queue::ALL.len() + 1);
        assert_eq!(consumers.len(), 2 * CONSUMERS.len(), "{environment}");
        for (of, behind, expected) in CONSUMERS {
            let alive = find(&consumers, of);
            assert_eq!(numbers(alive, shape), expected, "{environment} {of:?}");
            assert_eq!(numbers(alive, retries), RETRIES, "{environment} {of:?}");
            let batch = usize::try_from(number(alive, "max_batch_size")).unwrap();
            assert!(batch <= BATCH_MESSAGES_MAX, "{environment} {of:?}");
            let dead = find(&consumers, behind);
            assert_eq!(numbers(dead, shape), [10, 5, 1], "{environment} {of:?}");
            assert_eq!(numbers(dead, retries), DEAD_LETTER_RETRIES, "{environment} {of:?}");
            assert_eq!(alive["dead_letter_queue"], dead["queue"]);
            assert!(dead.get("dead_letter_queue").is_none(), "nothing stands behind {of:?}");
            for consumer in [alive, dead] {
                let name = consumer["queue"].as_str().unwrap();
                assert_eq!(name.ends_with("-staging"), environment == "staging", "{name}");
            }
        }
    }
}

#[test]
fn all_that_may_run_at_once_fits_into_the_databases_connections() {
    // One connection an invocation, of a consumer or of a trigger.
    for environment in ENVIRONMENTS {
        let config = config("queue", environment);
        let consumers = list(&config, &["queues", "consumers"]);
        let consumers: i64 = consumers.iter().map(|c| number(c, "max_concurrency")).sum();
        let triggers = i64::try_from(triggers(&REGISTRY).len()).unwrap();
        let people = DRY_RUN_CONNECTIONS + OPERATORS_CONNECTIONS;
        let all = consumers + triggers + HTTP_CONNECTIONS + people;
        assert!(all <= POOL_CONNECTIONS, "{environment}: {all} connections");
    }
}

#[test]
fn the_registrys_triggers_stand_in_every_environment_of_the_queue_worker_and_of_no_other() {
    for environment in ENVIRONMENTS {
        let queue = config("queue", environment);
        let crons: Vec<_> = list(&queue, &["triggers", "crons"])
            .into_iter()
            .map(|cron| cron.as_str().unwrap())
            .collect();
        assert_eq!(crons, triggers(&REGISTRY), "{environment}");
        assert!(list(&config("http", environment), &["triggers", "crons"]).is_empty());
    }
}

/// What moves schedules.
const MOVING: [&str; 4] =
    [CONTEXTS_VARIABLE, OVERNIGHT_CRON_VARIABLE, MARKET_CRONS_VARIABLE, TICK_CRON_VARIABLE];

#[test]
fn what_pauses_schedules_is_a_secret_and_what_moves_them_is_in_the_readme() {
    for worker in ["http", "queue"] {
        for environment in ENVIRONMENTS {
            let vars = vars(&config(worker, environment));
            for flag in Flag::ALL.map(Flag::variable) {
                assert!(!vars.contains_key(flag), "{worker} {environment}: {flag} is a secret");
            }
        }
    }
    let readme = readme();
    let variables = Flag::ALL.map(Flag::variable).into_iter();
    for name in variables.chain(MOVING) {
        assert!(readme.contains(&format!("`{name}`")), "the README does not name {name}");
    }
}

#[test]
fn the_readme_makes_every_queue_and_its_dead_letter_queue() {
    let readme = readme();
    let (_, loop_) = readme.split_once("for queue in ").unwrap();
    let (names, body) = loop_.split_once("; do").unwrap();
    let made: Vec<String> =
        names.split_whitespace().map(|name| format!("mauntic-{name}")).collect();
    let mut wanted = Queue::ALL.map(Queue::name).to_vec();
    wanted.insert(1, contact_events::QUEUE_NAME);
    assert_eq!(made, wanted);
    for command in ["create mauntic-$queue$SUFFIX", "create mauntic-$queue-dlq$SUFFIX"] {
        assert!(body.contains(command), "{command}");
    }
    for queue in Queue::ALL {
        let row = format!("| `{}` | queue producer, both |", queue.binding());
        assert!(readme.contains(&row), "the README does not name {}", queue.binding());
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
            for binding in ["WARMUP_R2", "PROJECTIONS"] {
                let is_bound = buckets.iter().any(|b| b["binding"].as_str() == Some(binding));
                assert!(is_bound, "{worker} {environment} {binding}");
            }
            let vars = vars(&config);
            for secret in SECRETS {
                assert!(!vars.contains_key(secret), "{worker} {environment}: {secret} is a secret");
            }
        }
        assert!(
            names.contains(&format!("mauntic-{worker}"))
                && names.contains(&format!("mauntic-{worker}-staging"))
        );
    }
}

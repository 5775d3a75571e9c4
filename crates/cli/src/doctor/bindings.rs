//! Whether an environment of the deployed configuration has what the workers
//! look for: queues, buckets, secrets, consumers and the tick, and what the console does.

use std::path::Path;

use mauntic_domain::contact_events;
use mauntic_domain::jobs::Queue;
use mauntic_domain::jobs::queue::{Incoming, Origin};
use mauntic_domain::schedules::TICK_CRON;
use mauntic_store::transport::Transport;
use toml::{Table, Value};

use super::check::{Check, some};
use super::{console, transport};

/// Every worker's file.
const WORKERS: [&str; 3] = ["http", "queue", "console"];

/// Secrets of those that have the database; `DATABASE_URL` unless Hyperdrive is used.
const SECRETS: [(&str, &[&str]); 2] =
    [("http", &["DATABASE_URL", "ADMIN_TOKEN"]), ("queue", &["DATABASE_URL"])];

/// The buckets' bindings.
const BUCKETS: [&str; 2] = ["WARMUP_R2", "PROJECTIONS"];

/// The queue worker's dry runs, as the HTTP worker has them, and their entry.
const REHEARSALS: &str = "REHEARSALS";
const REHEARSALS_ENTRY: &str = "Rehearsals";

/// What is deployed beside the HTTP worker.
const ASSETS: &str = "ASSETS";

/// Looks at both files. Whether secrets are set is known to the platform alone;
/// a worker that lacks one shows in its health.
pub(super) fn check(folder: &Path, env: &str, queues: &[Queue]) -> Check {
    let name = "bindings";
    let (mut missing, mut unsigned) = (Vec::new(), false);
    for worker in WORKERS {
        let path = folder.join(format!("{worker}.toml"));
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                let found = format!("{}: {error}", path.display());
                return Check::warn(name, found, "name the folder: --wrangler");
            }
        };
        match text.parse::<Table>() {
            Ok(file) => {
                let lacks = lacking_of(worker, &file, env, queues);
                missing.extend(lacks.into_iter().map(|what| format!("{worker}: {what}")));
                unsigned |= is_unsigned(&file, env);
            }
            Err(error) => missing.push(format!("{worker}: {}", error.message())),
        }
    }
    if missing.is_empty() && unsigned {
        let found = format!("{env} names ALERT_WEBHOOK_URL and no ALERT_WEBHOOK_SECRET");
        return Check::warn(name, found, "set the secret, so that the webhook's calls are signed");
    }
    if missing.is_empty() {
        return Check::ok(name, format!("{env} has all that the workers look for"));
    }
    let found = format!("{env} lacks {}", some(&missing));
    Check::fail(name, found, format!("add it to {}", folder.display()))
}

fn lacking_of(worker: &str, file: &Table, env: &str, queues: &[Queue]) -> Vec<String> {
    match SECRETS.iter().find(|(of, _)| *of == worker) {
        Some((_, secrets)) => lacking(file, env, worker == "queue", secrets, queues),
        None => console::lacking(file, env),
    }
}

/// What an environment lacks; it inherits nothing of what is looked at.
fn lacking(
    file: &Table,
    env: &str,
    consumes: bool,
    secrets: &[&str],
    queues: &[Queue],
) -> Vec<String> {
    let Some(own) = file.get("env").and_then(|envs| envs.get(env)) else {
        return vec![format!("the environment {env}")];
    };
    let mut lacks = Vec::new();
    let is_bound = |list: &str, binding: &str| {
        tables(own.get(list)).iter().any(|one| text(one, "binding") == Some(binding))
    };
    let named = required(own);
    let has_own_address = transport::way(own) == Ok(Transport::Hyperdrive);
    for secret in secrets {
        let is_replaced = *secret == "DATABASE_URL" && has_own_address;
        if !named.contains(secret) && !is_replaced {
            lacks.push(format!("secret {secret}"));
        }
    }
    let unbound = BUCKETS.iter().filter(|bucket| !is_bound("r2_buckets", bucket));
    lacks.extend(unbound.map(|bucket| format!("bucket {bucket}")));
    if !consumes {
        lacks.extend(unserved(own));
        // The one binding that environments inherit.
        let assets = own.get("assets").or_else(|| file.get("assets"));
        if assets.and_then(|assets| text(assets, "binding")) != Some(ASSETS) {
            lacks.push(format!("static assets {ASSETS}"));
        }
    }
    let of_queues = |name: &str| tables(own.get("queues").and_then(|queues| queues.get(name)));
    let producers = of_queues("producers");
    for queue in queues {
        let sends = |one: &&Value| {
            text(one, "binding") == Some(queue.binding())
                && origin(one) == Some(Origin::Jobs(*queue))
        };
        if !producers.iter().any(sends) {
            lacks.push(format!("producer {}", queue.binding()));
        }
    }
    if consumes {
        lacks.extend(unconsumed(&of_queues("consumers"), queues));
        lacks.extend((!ticks(own)).then(|| "the tick's trigger".to_owned()));
    }
    lacks
}

/// The service that is missing, or what is wrong with it: another entry of the worker
/// takes no dry runs.
fn unserved(own: &Value) -> Option<String> {
    let bound = tables(own.get("services"));
    let bound = bound.into_iter().find(|one| text(one, "binding") == Some(REHEARSALS));
    match bound.map(|one| text(one, "entrypoint")) {
        None => Some(format!("service {REHEARSALS}")),
        Some(Some(REHEARSALS_ENTRY)) => None,
        Some(_) => Some(format!("entrypoint {REHEARSALS_ENTRY} of service {REHEARSALS}")),
    }
}

/// The secrets that an environment names.
pub(super) fn required(own: &Value) -> Vec<&str> {
    strings(own.get("secrets").and_then(|secrets| secrets.get("required")))
}

/// Whether an environment names the webhook's address, and not what signs its calls.
fn is_unsigned(file: &Table, env: &str) -> bool {
    let own = file.get("env").and_then(|envs| envs.get(env));
    let named = own.map(required).unwrap_or_default();
    named.contains(&"ALERT_WEBHOOK_URL") && !named.contains(&"ALERT_WEBHOOK_SECRET")
}

fn unconsumed(consumers: &[&Value], queues: &[Queue]) -> Vec<String> {
    let mut lacks = Vec::new();
    for (name, alive, dead) in incoming(queues) {
        let of = |wanted| consumers.iter().find(|one| brings(one) == Some(wanted));
        let Some(messages) = of(alive) else {
            lacks.push(format!("consumer of {name}"));
            continue;
        };
        let letters = text(messages, "dead_letter_queue");
        if letters.and_then(Incoming::from_deployed_name) != Some(dead) {
            lacks.push(format!("dead-letter queue of {name}"));
        }
        let consumed = of(dead).and_then(|one| text(one, "queue"));
        if consumed.is_none() || consumed != letters {
            lacks.push(format!("consumer of {name}'s dead-letter queue"));
        }
    }
    lacks
}

/// What is to be consumed, by name, and what its dead-letter queue brings. Who
/// scores takes contact events in.
fn incoming(queues: &[Queue]) -> Vec<(&'static str, Incoming, Incoming)> {
    let of_jobs = |queue: &Queue| {
        let dead = Incoming::Jobs(Origin::DeadLetters(*queue));
        (queue.name(), Incoming::Jobs(Origin::Jobs(*queue)), dead)
    };
    let events = queues.contains(&Queue::ScoringEvents).then_some((
        contact_events::QUEUE_NAME,
        Incoming::ContactEvents { dead: false },
        Incoming::ContactEvents { dead: true },
    ));
    queues.iter().map(of_jobs).chain(events).collect()
}

fn brings(consumer: &Value) -> Option<Incoming> {
    text(consumer, "queue").and_then(Incoming::from_deployed_name)
}

/// Whether the expression that is the tick's triggers the worker.
fn ticks(own: &Value) -> bool {
    let named = own.get("vars").and_then(|vars| text(vars, "TICK_CRON")).unwrap_or(TICK_CRON);
    let crons = own.get("triggers").and_then(|triggers| triggers.get("crons"));
    strings(crons).contains(&named)
}

fn origin(consumer: &Value) -> Option<Origin> {
    text(consumer, "queue").and_then(Origin::from_deployed_name)
}

pub(super) fn tables(list: Option<&Value>) -> Vec<&Value> {
    list.and_then(Value::as_array).into_iter().flatten().collect()
}

fn strings(list: Option<&Value>) -> Vec<&str> {
    tables(list).into_iter().filter_map(Value::as_str).collect()
}

pub(super) fn text<'v>(table: &'v Value, name: &str) -> Option<&'v str> {
    table.get(name).and_then(Value::as_str)
}

#[cfg(test)]
#[path = "bindings_tests.rs"]
mod tests;

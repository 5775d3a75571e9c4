//! What the queue worker does. None of these fails: the SDK turns an error of
//! a queue handler into a panic, which costs every invocation of the isolate.

use mauntic_domain::jobs::queue::Incoming;
use mauntic_flows::consume::{Report, consume};
use mauntic_flows::events::{self, consume_events};
use mauntic_flows::ports::{Host, PortError, Ports};
use mauntic_flows::relay;
use serde_json::json;
use uuid::Uuid;
use worker::{
    Context, Env, MessageBatch, QueueRetryOptionsBuilder, RawMessage, ScheduleContext,
    ScheduledEvent,
};

use crate::batch::{Settlement, deliveries};
use crate::config::text;
use crate::log::{self, Level};
use crate::{WorkerPorts, traces, triggers};

/// Wait before a batch comes back whose queue this build does not know: a
/// deployment's mistake, mended by the next one. A hundred retries last 4 days.
const UNKNOWN_QUEUE_DELAY_SECS: u32 = 3_600;

/// Consumes a batch and settles each of its messages. Spans are sent when it is over.
pub async fn queue(batch: &MessageBatch<()>, env: &Env, context: &Context) {
    let name = batch.queue();
    let Some(incoming) = Incoming::from_deployed_name(&name) else {
        log::error("queue_unknown", json!({"queue": name}));
        let options = QueueRetryOptionsBuilder::new().with_delay_seconds(UNKNOWN_QUEUE_DELAY_SECS);
        batch.retry_all_with_options(&options.build());
        return;
    };
    let ports = WorkerPorts::new(env);
    let started = ports.host().now();
    let token = token(env, &ports);
    let messages: Vec<RawMessage> = batch.raw_iter().collect();
    let deliveries = deliveries(&messages);
    let settle = Settlement(&messages);
    let elapsed_ms = || (ports.host().now() - started).num_milliseconds();
    match incoming {
        Incoming::Jobs(origin) => {
            let report = consume(&ports, origin, token, &deliveries, &settle).await;
            report_jobs(&name, token, &report, elapsed_ms());
            context.wait_until(traces::export(env.clone(), ports.host().spans()));
        }
        Incoming::ContactEvents { dead } => {
            let report = consume_events(&ports, dead, &deliveries, &settle).await;
            report_events(&name, token, &report, elapsed_ms());
        }
    }
}

/// Runs what a cron trigger stands for. Spans are sent when it is over.
pub async fn scheduled(event: &ScheduledEvent, env: &Env, context: &ScheduleContext) {
    let ports = WorkerPorts::new(env);
    triggers::scheduled(&ports, env, event.cron(), event.schedule()).await;
    context.wait_until(traces::export(env.clone(), ports.host().spans()));
}

/// Ends the leases of an invocation that died; returns how many.
///
/// # Errors
/// Why it could not, for the guard's log line.
pub async fn release(env: &Env, token: &str, shared: bool) -> Result<u64, String> {
    let token = Uuid::parse_str(token).map_err(|error| error.to_string())?;
    relay::release(&WorkerPorts::new(env), token, shared).await.map_err(|error| error.to_string())
}

/// The guard's token, by which it can release what this invocation claims.
fn token(env: &Env, ports: &WorkerPorts) -> Uuid {
    text(env, "INVOCATION_TOKEN")
        .and_then(|token| Uuid::parse_str(&token).ok())
        .unwrap_or_else(|| ports.host().new_id())
}

/// The log line of a batch of jobs.
fn report_jobs(queue: &str, token: Uuid, report: &Report, duration_ms: i64) {
    let fields = json!({
        "event": "batch",
        "queue": queue,
        "token": token.to_string(),
        "messages": report.messages,
        "completed": report.completed,
        "absorbed": report.absorbed,
        "deferred": report.deferred,
        "deadLettered": report.dead_lettered,
        "failed": report.failed,
        "snoozed": report.snoozed,
        "superseded": report.superseded,
        "retried": report.retried,
        "error": report.error.as_ref().map(failure),
        "durationMs": duration_ms,
        "memoryBytes": memory_bytes(),
    });
    log::line(level(report.error.as_ref()), fields);
}

/// The log line of a batch of contact events.
fn report_events(queue: &str, token: Uuid, report: &events::Report, duration_ms: i64) {
    let fields = json!({
        "event": "contact_events",
        "queue": queue,
        "token": token.to_string(),
        "messages": report.messages,
        "events": report.events,
        "taken": report.taken,
        "repeated": report.repeated,
        "signals": report.signals,
        "alerts": report.alerts,
        "deadLettered": report.dead_lettered,
        "retried": report.retried,
        "error": report.error.as_ref().map(failure),
        "durationMs": duration_ms,
        "memoryBytes": memory_bytes(),
    });
    log::line(level(report.error.as_ref()), fields);
}

const fn level(error: Option<&PortError>) -> Level {
    if error.is_some() { Level::Error } else { Level::Info }
}

/// What the instance has taken of its isolate's memory so far; it never gives any
/// back. A page of wasm has 64 KiB.
fn memory_bytes() -> u64 {
    u64::try_from(core::arch::wasm32::memory_size(0)).unwrap_or(u64::MAX) * 64 * 1024
}

/// An error's place in a log line.
pub(crate) fn failure(error: &PortError) -> serde_json::Value {
    json!({"code": error.code(), "cause": error.to_string()})
}

//! What cron triggers stand for. None of these fails: what cannot be done is
//! logged, and the next tick does it.

use std::cell::OnceCell;

use chrono::{DateTime, Utc};
use mauntic_domain::schedules::{Effective, REGISTRY, SettingsError, Tick};
use mauntic_flows::cron::{self, Fired};
use mauntic_flows::ports::{Database, Host, Instance, PortError, Ports};
use mauntic_flows::relay::send_due;
use mauntic_flows::tick::{self, TickSettings};
use serde_json::{Map, Value, json};
use uuid::Uuid;
use worker::Env;

use crate::handlers::failure;
use crate::log::{self, Level};
use crate::{WorkerPorts, config};

thread_local! {
    /// The isolate's name, from its first tick to its end: text, no I/O.
    static INSTANCE: OnceCell<Uuid> = const { OnceCell::new() };
}

/// Does what the trigger of an expression stands for: its schedules, the tick,
/// or both. The schedules come first, since the tick knows no trigger: it would
/// take one that came late, or a little early, for a time that nobody fired.
pub(crate) async fn scheduled(ports: &WorkerPorts, env: &Env, cron: String, time_ms: f64) {
    let tick = config::tick(env).unwrap_or_else(|error| {
        log::setting(&error);
        Tick::default()
    });
    let is_tick = tick.is_fired_by(&cron);
    let schedules = config::schedules(env).inspect_err(|error| log::setting(error));
    if let Ok(all) = &schedules {
        let own: Vec<Effective> =
            all.iter().filter(|one| one.cron.as_str() == cron).cloned().collect();
        if !own.is_empty() {
            fire(ports, &own, cron, time_ms).await;
        } else if !is_tick {
            nobody(&cron);
        }
    }
    if is_tick {
        do_duties(ports, env, schedules, tick.interval_secs()).await;
    }
}

/// Does every duty of the tick. Without settings that can be read no schedule is
/// judged, and nothing is deleted that any setting would keep.
async fn do_duties(
    ports: &WorkerPorts,
    env: &Env,
    schedules: Result<Vec<Effective>, SettingsError>,
    interval_secs: u32,
) {
    let started = ports.host().now();
    let keep = config::keep(env).unwrap_or_else(|error| {
        log::setting(&error);
        config::KEEP_MAX
    });
    let settings = TickSettings { schedules, keep, interval_secs, instance: instance(ports) };
    let report = tick::tick(ports, &settings).await;
    let (mut done, mut failed) = (Map::new(), Map::new());
    for (duty, outcome) in report {
        match outcome {
            Ok(count) => done.insert(duty.name().to_owned(), json!(count)),
            Err(error) => failed.insert(duty.name().to_owned(), failure(&error)),
        };
    }
    let level = if failed.is_empty() { Level::Info } else { Level::Error };
    let duration_ms = (ports.host().now() - started).num_milliseconds();
    let fields =
        json!({"event": "tick", "done": done, "failed": failed, "durationMs": duration_ms});
    log::line(level, fields);
}

/// This isolate and its build.
fn instance(ports: &WorkerPorts) -> Instance {
    let id = INSTANCE.with(|id| *id.get_or_init(|| ports.host().new_id()));
    Instance { id, schema_max: *mauntic_store::SCHEMA.end() }
}

/// Judges the schedules of an expression and sends what they start.
async fn fire(ports: &WorkerPorts, schedules: &[Effective], cron: String, time_ms: f64) {
    let nominal_at = time(time_ms).unwrap_or_else(|| ports.host().now());
    let fired = Fired { cron, nominal_at };
    let (level, mut fields) = match judge(ports, schedules, &fired).await {
        Ok((report, sent)) => {
            let level = if report.error.is_some() { Level::Error } else { Level::Info };
            let error = report.error.as_ref().map(failure);
            let (judged, started) = (report.judged, report.started);
            (level, json!({"judged": judged, "started": started, "sent": sent, "error": error}))
        }
        Err(error) => (Level::Error, json!({"error": failure(&error)})),
    };
    if let Value::Object(fields) = &mut fields {
        fields.insert("event".to_owned(), json!("cron"));
        fields.insert("cron".to_owned(), json!(fired.cron));
        fields.insert("nominalAt".to_owned(), json!(nominal_at));
    }
    log::line(level, fields);
}

async fn judge(
    ports: &WorkerPorts,
    schedules: &[Effective],
    fired: &Fired,
) -> Result<(cron::Report, usize), PortError> {
    let report = cron::judge_all(ports, schedules, Some(fired)).await?;
    let session = ports.db().open().await?;
    Ok((report, send_due(ports, &session).await?))
}

/// An expression of the registry has no schedule where the deployment's settings
/// say so; any other is a mistake of the deployment.
fn nobody(cron: &str) {
    if REGISTRY.iter().any(|schedule| schedule.cron == cron) {
        log::info("cron_without_schedule", json!({"cron": cron}));
    } else {
        log::warn("cron_unknown", json!({"cron": cron}));
    }
}

/// A time of JavaScript: whole milliseconds, far inside what 64 bits hold.
#[expect(clippy::cast_possible_truncation, reason = "see above")]
fn time(ms: f64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(ms as i64)
}

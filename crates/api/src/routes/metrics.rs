//! `GET /metrics`: what the health check and the lists of queues and breakers say, as numbers
//! for a Prometheus of one's own (text format 0.0.4), behind an operator's key. No label has an
//! id or the name of an organization.

use std::collections::BTreeMap;
use std::fmt::Write;

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use mauntic_domain::breaker::Breaker;
use mauntic_flows::ports::{BreakerRow, KeyStore, OperatorStore, Ports, QueueStats, Vitals};

use super::admin::queues::of_every_queue;
use super::health::is_ticking;
use crate::auth::Operator;
use crate::problem::Problem;
use crate::problems::OperatorProblems;

/// As Prometheus names the format.
const FORMAT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Numbers for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "get_metrics",
    tag = "monitoring",
    responses(
        (status = 200, description = "The numbers, in Prometheus' text format", content_type = "text/plain", body = String),
        OperatorProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn metrics<P: Ports>(operator: Operator<P>) -> Result<Response, Problem> {
    let session = operator.look();
    let vitals = session.vitals().await?;
    let (breakers, _) = session.breakers().await?;
    let queues = of_every_queue(session.queue_stats().await?);
    Ok(([(CONTENT_TYPE, FORMAT)], text(&vitals, &queues, &breakers)).into_response())
}

fn text(vitals: &Vitals, queues: &BTreeMap<String, QueueStats>, breakers: &[BreakerRow]) -> String {
    let mut text = String::new();
    let online = i64::from(is_ticking(vitals));
    gauge(
        &mut text,
        "scheduler_online",
        "1 if every duty of the tick is done in time.",
        [("", "", online)],
    );
    let version = i64::from(vitals.schema_version);
    gauge(&mut text, "schema_version", "Number of the newest migration.", [("", "", version)]);
    let age = |at: DateTime<Utc>| (vitals.now - at).num_seconds().max(0);
    let duties = vitals.beats.iter().map(|beat| ("duty", beat.duty.as_str(), age(beat.at)));
    gauge(&mut text, "duty_age_seconds", "Seconds since a duty of the tick was last done.", duties);
    type Of = (&'static str, &'static str, fn(&QueueStats) -> i64);
    let counts: [Of; 5] = [
        ("queue_jobs_pending", "Jobs that wait for their first or next attempt.", |of| of.pending),
        ("queue_jobs_processing", "Jobs under a lease.", |of| of.processing),
        ("queue_jobs_failed", "Jobs that failed and are to be tried again.", |of| of.failed),
        ("queue_dead_letters", "Dead letters that nobody decided.", |of| of.dead_letters),
        ("queue_oldest_seconds", "Age of the oldest job that waits; 0 if none does.", |of| {
            of.oldest_secs.unwrap_or(0)
        }),
    ];
    for (name, help, of) in counts {
        let lines = queues.iter().map(|(queue, stats)| ("queue", queue.as_str(), of(stats)));
        gauge(&mut text, name, help, lines);
    }
    let states = breakers.iter().map(|row| ("dependency", row.name.as_str(), state(row.breaker)));
    gauge(&mut text, "breaker_state", "0 closed, 1 half-open, 2 open.", states);
    text
}

fn state(breaker: Breaker) -> i64 {
    match breaker {
        Breaker::Healthy | Breaker::Failing { .. } => 0,
        Breaker::HalfOpen { .. } => 1,
        Breaker::Open { .. } => 2,
    }
}

/// A number, or one for each label. Labels are names of ours: nothing of them is to be escaped.
fn gauge<'l>(
    text: &mut String,
    name: &str,
    help: &str,
    lines: impl IntoIterator<Item = (&'l str, &'l str, i64)>,
) {
    // Writing to a text never fails.
    let mut put = |line: std::fmt::Arguments<'_>| text.write_fmt(line).is_ok();
    put(format_args!("# HELP mauntic_{name} {help}\n# TYPE mauntic_{name} gauge\n"));
    for (label, of, value) in lines {
        match label {
            "" => put(format_args!("mauntic_{name} {value}\n")),
            label => put(format_args!("mauntic_{name}{{{label}=\"{of}\"}} {value}\n")),
        };
    }
}

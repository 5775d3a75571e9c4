//! Which spans are told of what happened to jobs; pure. Names follow OpenTelemetry's
//! semantic conventions where they have one.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::overnight::NightStatus;
use mauntic_domain::trace::TraceContext;
use serde_json::Value;

use crate::ports::{
    ATTRIBUTES_MAX, Effect, NightEnd, NightWrite, Span, SpanKind, SpanValue, Transition,
};

/// The span of a night as a whole, of which those of its jobs are parts.
pub const NIGHT: &str = "overnight-scoring-job";

/// Types of whose runs the whole is told.
const OF_NIGHTS: &str = "overnight.";

/// The span of an attempt; `told` is what the receipt says of it, of a step of a night
/// under `done`.
#[must_use]
pub fn attempt(transition: &Transition, told: Option<&Value>, started_at: DateTime<Utc>) -> Span {
    let Transition { job_id, job_type, queue, outcome, attempt, .. } = transition;
    let run_id = transition.execution_id;
    let is_of_night = job_type.starts_with(OF_NIGHTS);
    let of_night = run_id.filter(|_| is_of_night).map(TraceContext::of_run);
    let step = told.and_then(|told| told.get("step")?.as_str());
    let name = step.map_or_else(|| job_type.clone(), |step| format!("{job_type} {step}"));
    let text = |text: &str| SpanValue::Text(text.to_owned());
    let mut attributes = vec![
        (Cow::Borrowed("messaging.system"), text("mauntic")),
        (Cow::Borrowed("messaging.operation.type"), text("process")),
        (Cow::Borrowed("messaging.destination.name"), text(queue)),
        (Cow::Borrowed("messaging.message.id"), text(&job_id.to_string())),
        (Cow::Borrowed("mauntic.job.type"), text(job_type)),
        (Cow::Borrowed("mauntic.job.attempt"), SpanValue::Count((*attempt).into())),
        (Cow::Borrowed("mauntic.job.outcome"), text(outcome)),
    ];
    let named = [
        ("mauntic.run.id", run_id.map(|id| id.to_string())),
        ("messaging.message.conversation_id", transition.request_id.clone()),
        ("mauntic.job.reason", transition.reason.clone()),
    ];
    let known = named.into_iter().filter_map(|(name, value)| Some((name, value?)));
    attributes.extend(known.map(|(name, value)| (Cow::Borrowed(name), SpanValue::Text(value))));
    let done = told.map(|told| told.get("done").unwrap_or(told));
    attributes.extend(done.into_iter().flat_map(|done| numbers(done, "mauntic.summary.")));
    let has_failed = matches!(*outcome, "failed" | "dead_lettered");
    let error =
        has_failed.then(|| transition.reason.clone().unwrap_or_else(|| (*outcome).to_owned()));
    Span {
        context: TraceContext::of_attempt(run_id, *job_id, *attempt),
        parent: of_night.map(|night| night.span_id),
        name: name.into(),
        kind: SpanKind::Consumer,
        started_at,
        ended_at: started_at + TimeDelta::milliseconds(transition.duration_ms),
        attributes,
        error,
    }
}

/// The spans of what an effect brought to its end, beside its jobs.
pub fn ended(effect: &Effect) -> impl Iterator<Item = Span> {
    effect.nights.iter().filter_map(|write| match write {
        NightWrite::End(end) => Some(night(end)),
        _ => None,
    })
}

/// A night from its first job to its last.
fn night(end: &NightEnd) -> Span {
    let total_ms = end.metrics.get("total_duration_ms").and_then(Value::as_i64);
    let took = total_ms.and_then(TimeDelta::try_milliseconds).unwrap_or_default();
    let error = (end.status != NightStatus::Completed).then(|| end.status.name().to_owned());
    Span {
        context: TraceContext::of_run(end.run_id),
        parent: None,
        name: NIGHT.into(),
        kind: SpanKind::Internal,
        started_at: end.completed_at - took,
        ended_at: end.completed_at,
        attributes: numbers(&end.metrics, "").collect(),
        error,
    }
}

/// The whole numbers and flags of an object, at most [`ATTRIBUTES_MAX`].
fn numbers<'a>(
    told: &'a Value,
    prefix: &'a str,
) -> impl Iterator<Item = (Cow<'static, str>, SpanValue)> + 'a {
    let fields = told.as_object().into_iter().flatten();
    let known = fields.filter_map(move |(name, value)| {
        let value = match value {
            Value::Bool(flag) => SpanValue::Flag(*flag),
            Value::Number(number) => SpanValue::Count(number.as_i64()?),
            _ => return None,
        };
        Some((Cow::Owned(format!("{prefix}{name}")), value))
    });
    known.take(ATTRIBUTES_MAX)
}

#[cfg(test)]
#[path = "traces_tests.rs"]
mod tests;

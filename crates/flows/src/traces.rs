//! Which spans are told of what happened to jobs; pure. Names follow OpenTelemetry's
//! semantic conventions where they have one.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::overnight::NightStatus;
use mauntic_domain::trace::TraceContext;
use serde_json::Value;

use crate::ports::{
    ATTRIBUTES_MAX, Effect, Held, NightEnd, NightWrite, Span, SpanKind, SpanValue, Transition,
};

/// The span of a night as a whole, of which those of its jobs are parts. There is one a
/// night: of its first end.
pub const NIGHT: &str = "overnight-scoring-job";

/// The moment at which a night that had ended was ended anew: its chunks that had died
/// were done after all.
pub const CORRECTION: &str = "overnight-scoring-job correction";

/// Types of whose runs the whole is told.
const OF_NIGHTS: &str = "overnight.";

/// The span of an attempt at a job that this span started, if one did; `told` is what the
/// receipt says of it, of a step of a night under `done`.
#[must_use]
pub fn attempt(
    transition: &Transition,
    starter: Option<TraceContext>,
    told: Option<&Value>,
    started_at: DateTime<Utc>,
) -> Span {
    let Transition { job_id, job_type, queue, outcome, attempt, .. } = transition;
    let run_id = transition.execution_id;
    let of_night = run_id.filter(|_| is_of_night(job_type)).map(TraceContext::of_run);
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
    let failure = became(outcome).map(|became| {
        let reason = transition.reason.clone().unwrap_or_else(|| (*outcome).to_owned());
        let error = format!("{reason}: {became}");
        (reason, error)
    });
    let (reason, error) = failure.unzip();
    attributes.extend(reason.map(error_type));
    Span {
        context: TraceContext::of_attempt(run_id, *job_id, *attempt).within(starter),
        parent: of_night.or(starter).map(|parent| parent.span_id),
        name: name.into(),
        kind: SpanKind::Consumer,
        started_at,
        ended_at: started_at + TimeDelta::milliseconds(transition.duration_ms),
        attributes,
        error,
    }
}

fn is_of_night(type_name: &str) -> bool {
    type_name.starts_with(OF_NIGHTS)
}

/// The span by which an attempt at this job starts others. Those of a night are parts of it
/// and know who started it; others are parts of the attempt, where that is told, or else of
/// what it is a part of itself.
pub(crate) fn passed_on(held: &Held, is_traced: bool) -> Option<TraceContext> {
    if !is_traced || is_of_night(&held.type_name) {
        return held.starter;
    }
    Some(TraceContext::of_attempt(held.run_id, held.id, held.claim).within(held.starter))
}

/// What became of a job whose attempt went wrong: the words are ours, so that nothing of a
/// payload or an address is among them. Its row has the rest.
fn became(outcome: &str) -> Option<&'static str> {
    match outcome {
        "failed" => Some("it is tried again"),
        "dead_lettered" => Some("it is a dead letter"),
        "handed_back" => Some("it was not tried, and comes back"),
        "unknown" => Some("it was done or it was not, and its row tells"),
        "lost" => Some("somebody else has it, and answers for it"),
        _ => None,
    }
}

fn error_type(reason: String) -> (Cow<'static, str>, SpanValue) {
    ("error.type".into(), SpanValue::Text(reason))
}

/// How nights ended that an effect ended.
pub(crate) fn ends(effect: &Effect) -> impl Iterator<Item = &NightEnd> {
    effect.nights.iter().filter_map(|write| match write {
        NightWrite::End(end) => Some(end),
        _ => None,
    })
}

/// The span of a night's end that an attempt at a job decided.
pub(crate) fn ended(end: &NightEnd, held: &Held) -> Span {
    if end.is_correction { correction(end, held) } else { night(end, held.starter) }
}

/// A night from its first job to its last, with what started it.
pub(crate) fn night(end: &NightEnd, starter: Option<TraceContext>) -> Span {
    let total_ms = end.metrics.get("total_duration_ms").and_then(Value::as_i64);
    let took = total_ms.and_then(TimeDelta::try_milliseconds).unwrap_or_default();
    let failed = end.status != NightStatus::Completed;
    let status = end.status.name();
    let known = end.error_details.get("reason").and_then(Value::as_str);
    let reason = failed.then(|| known.unwrap_or(status).to_owned());
    let attributes = numbers(&end.metrics, "");
    Span {
        context: TraceContext::of_run(end.run_id).within(starter),
        parent: starter.map(|starter| starter.span_id),
        name: NIGHT.into(),
        kind: SpanKind::Internal,
        started_at: end.completed_at - took,
        ended_at: end.completed_at,
        attributes: attributes.chain(reason.map(error_type)).collect(),
        error: failed.then(|| format!("the night is {status}")),
    }
}

/// A night's later end, as a moment of its trace.
fn correction(end: &NightEnd, held: &Held) -> Span {
    let whole = night(end, held.starter);
    let own = TraceContext::of_correction(end.run_id, held.id, held.claim);
    Span {
        context: own.within(held.starter),
        parent: Some(whole.context.span_id),
        name: CORRECTION.into(),
        started_at: end.completed_at,
        ..whole
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

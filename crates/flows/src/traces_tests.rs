//! Spans of one trace find one another by ids alone, and say what happened.

use serde_json::json;
use uuid::Uuid;

use super::*;

fn transition(job_type: &str, outcome: &'static str, reason: Option<&str>) -> Transition {
    Transition {
        event: "job.completed",
        queue: "mauntic-overnight-jobs".to_owned(),
        job_type: job_type.to_owned(),
        job_id: Uuid::from_u128(2),
        execution_id: Some(Uuid::from_u128(1)),
        request_id: Some("r".to_owned()),
        attempt: 3,
        duration_ms: 250,
        outcome,
        reason: reason.map(ToOwned::to_owned),
    }
}

fn attribute<'a>(span: &'a Span, name: &str) -> Option<&'a SpanValue> {
    span.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn end(status: NightStatus, error_details: Value) -> NightEnd {
    NightEnd {
        run_id: Uuid::from_u128(1),
        status,
        completed_at: DateTime::UNIX_EPOCH + TimeDelta::seconds(60),
        users_processed: 9,
        users_failed: 1,
        users_skipped: 0,
        error_details,
        chunks_done: 1,
        metrics: json!({"total_duration_ms": 45_000, "users_total": 10, "rates": {"no": 1}}),
        is_correction: false,
        before: NightStatus::Started,
    }
}

fn completed() -> NightEnd {
    end(NightStatus::Completed, json!({}))
}

#[test]
fn an_attempt_is_a_part_of_its_night() {
    let started = DateTime::UNIX_EPOCH + TimeDelta::seconds(30);
    let told = json!({"step": "prices", "done": {"symbols": 7, "stale": false, "name": "no"}});
    let span =
        attempt(&transition("overnight.start", "completed", None), None, Some(&told), started);
    let night = night(&completed(), None);
    assert_eq!(span.name, "overnight.start prices");
    assert_eq!(span.context.trace_id, night.context.trace_id);
    assert_eq!(span.parent, Some(night.context.span_id));
    assert_eq!(span.ended_at - span.started_at, TimeDelta::milliseconds(250));
    assert_eq!(attribute(&span, "mauntic.summary.symbols"), Some(&SpanValue::Count(7)));
    assert_eq!(attribute(&span, "mauntic.summary.stale"), Some(&SpanValue::Flag(false)));
    assert_eq!(attribute(&span, "mauntic.summary.name"), None);
    assert_eq!(span.error, None);
    // Of a run of another kind nobody tells the whole.
    let other = attempt(&transition("scoring.SignalDecay", "completed", None), None, None, started);
    assert_eq!((other.parent, &*other.name), (None, "scoring.SignalDecay"));
}

#[test]
fn what_went_wrong_is_told() {
    let said = |span: &Span| match attribute(span, "error.type") {
        Some(SpanValue::Text(reason)) => Some(reason.clone()),
        _ => None,
    };
    for (outcome, reason, error) in [
        ("completed", None, None),
        ("snoozed", Some("breaker_open"), None),
        ("failed", Some("outside_failed"), Some("outside_failed: it is tried again")),
        ("dead_lettered", Some("lease_expired"), Some("lease_expired: it is a dead letter")),
        ("handed_back", Some("unavailable"), Some("unavailable: it was not tried, and comes back")),
        (
            "unknown",
            Some("commit_unknown"),
            Some("commit_unknown: it was done or it was not, and its row tells"),
        ),
        ("lost", Some("lease_lost"), Some("lease_lost: somebody else has it, and answers for it")),
    ] {
        let span = attempt(
            &transition("overnight.finalize", outcome, reason),
            None,
            None,
            DateTime::UNIX_EPOCH,
        );
        assert_eq!(span.error.as_deref(), error, "{outcome}");
        assert_eq!(said(&span).as_deref(), reason.filter(|_| error.is_some()), "{outcome}");
    }
    let no_rates = json!({"reason": "no_rates", "cause": "no payload"});
    for (status, details, error, reason) in [
        (NightStatus::Completed, json!({}), None, None),
        (NightStatus::Partial, json!({}), Some("the night is partial"), Some("partial")),
        (NightStatus::Failed, json!({}), Some("the night is failed"), Some("failed")),
        (NightStatus::Failed, no_rates, Some("the night is failed"), Some("no_rates")),
    ] {
        let span = night(&end(status, details), None);
        assert_eq!(span.error.as_deref(), error, "{status:?}");
        assert_eq!(said(&span).as_deref(), reason, "{status:?}");
    }
}

#[test]
fn a_night_lasts_from_its_first_job_to_its_last() {
    let night = &night(&completed(), None);
    assert_eq!((&*night.name, night.kind, night.parent), (NIGHT, SpanKind::Internal, None));
    assert_eq!(night.started_at, DateTime::UNIX_EPOCH + TimeDelta::seconds(15));
    assert_eq!(attribute(night, "users_total"), Some(&SpanValue::Count(10)));
    assert_eq!(attribute(night, "rates"), None);
}

#[test]
fn what_was_started_from_outside_is_of_its_starters_trace() {
    let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let starter = TraceContext::parse(header).unwrap();
    let started = DateTime::UNIX_EPOCH;
    // The first job of a run, and one that its attempt enqueued.
    let of =
        |job_type| attempt(&transition(job_type, "completed", None), Some(starter), None, started);
    let plan = of("scoring.BatchRecompute");
    assert_eq!(plan.context.trace_id, starter.trace_id);
    assert_eq!(plan.parent, Some(starter.span_id));
    let mut held = held("scoring.BatchRecompute");
    held.starter = Some(starter);
    assert_eq!(passed_on(&held, true), Some(plan.context));
    // Where nobody collects, who started it is the nearest that is told.
    assert_eq!(passed_on(&held, false), Some(starter));
    held.starter = None;
    assert_eq!(passed_on(&held, false), None);
    let own = TraceContext::of_attempt(held.run_id, held.id, held.claim);
    assert_eq!(passed_on(&held, true), Some(own));
    // A night's jobs are parts of the night, and the night of who started it.
    let step = of("overnight.score-users");
    let whole = night(&completed(), Some(starter));
    assert_eq!(
        (step.context.trace_id, step.parent),
        (starter.trace_id, Some(whole.context.span_id))
    );
    assert_eq!((whole.context.trace_id, whole.parent), (starter.trace_id, Some(starter.span_id)));
    let held = Held { starter: Some(starter), ..self::held("overnight.score-users") };
    assert_eq!(passed_on(&held, true), Some(starter));
    let anew = correction(&completed(), &held);
    assert_eq!(
        (anew.context.trace_id, anew.parent),
        (starter.trace_id, Some(whole.context.span_id))
    );
    assert_ne!(anew.context.span_id, whole.context.span_id);
}

fn held(type_name: &str) -> Held {
    Held {
        id: Uuid::from_u128(2),
        claim: 3,
        type_name: type_name.to_owned(),
        version: 1,
        data: json!({}),
        organization_id: None,
        run_id: Some(Uuid::from_u128(1)),
        scheduled_for: None,
        request_id: None,
        starter: None,
        created_at: DateTime::UNIX_EPOCH,
        failures: 0,
        failures_max: 3,
        snoozes: 0,
        snooze_reason: None,
    }
}

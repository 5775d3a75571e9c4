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

fn end(status: NightStatus) -> Effect {
    let completed_at = DateTime::UNIX_EPOCH + TimeDelta::seconds(60);
    let end = NightEnd {
        run_id: Uuid::from_u128(1),
        status,
        completed_at,
        users_processed: 9,
        users_failed: 1,
        users_skipped: 0,
        error_details: json!({}),
        metrics: json!({"total_duration_ms": 45_000, "users_total": 10, "rates": {"no": 1}}),
    };
    Effect { nights: vec![NightWrite::End(end)], ..Effect::of(completed_at, Vec::new()) }
}

#[test]
fn an_attempt_is_a_part_of_its_night() {
    let started = DateTime::UNIX_EPOCH + TimeDelta::seconds(30);
    let told = json!({"step": "prices", "done": {"symbols": 7, "stale": false, "name": "no"}});
    let span = attempt(&transition("overnight.start", "completed", None), Some(&told), started);
    let [night] = &*ended(&end(NightStatus::Completed)).collect::<Vec<_>>() else { panic!() };
    assert_eq!(span.name, "overnight.start prices");
    assert_eq!(span.context.trace_id, night.context.trace_id);
    assert_eq!(span.parent, Some(night.context.span_id));
    assert_eq!(span.ended_at - span.started_at, TimeDelta::milliseconds(250));
    assert_eq!(attribute(&span, "mauntic.summary.symbols"), Some(&SpanValue::Count(7)));
    assert_eq!(attribute(&span, "mauntic.summary.stale"), Some(&SpanValue::Flag(false)));
    assert_eq!(attribute(&span, "mauntic.summary.name"), None);
    assert_eq!(span.error, None);
    // Of a run of another kind nobody tells the whole.
    let other = attempt(&transition("scoring.SignalDecay", "completed", None), None, started);
    assert_eq!((other.parent, &*other.name), (None, "scoring.SignalDecay"));
}

#[test]
fn what_went_wrong_is_told() {
    for (outcome, reason, error) in [
        ("completed", None, None),
        ("snoozed", Some("breaker_open"), None),
        ("failed", None, Some("failed")),
        ("dead_lettered", Some("lease_expired"), Some("lease_expired")),
    ] {
        let span =
            attempt(&transition("overnight.finalize", outcome, reason), None, DateTime::UNIX_EPOCH);
        assert_eq!(span.error.as_deref(), error, "{outcome}");
    }
    for (status, error) in [
        (NightStatus::Completed, None),
        (NightStatus::Partial, Some("partial")),
        (NightStatus::Failed, Some("failed")),
    ] {
        let spans: Vec<Span> = ended(&end(status)).collect();
        assert_eq!(spans[0].error.as_deref(), error, "{status:?}");
    }
}

#[test]
fn a_night_lasts_from_its_first_job_to_its_last() {
    let [night] = &*ended(&end(NightStatus::Completed)).collect::<Vec<_>>() else { panic!() };
    assert_eq!((&*night.name, night.kind, night.parent), (NIGHT, SpanKind::Internal, None));
    assert_eq!(night.started_at, DateTime::UNIX_EPOCH + TimeDelta::seconds(15));
    assert_eq!(attribute(night, "users_total"), Some(&SpanValue::Count(10)));
    assert_eq!(attribute(night, "rates"), None);
}

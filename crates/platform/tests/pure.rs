//! The pure files of this room, on the host: the crate itself is empty there.

#![cfg(not(target_arch = "wasm32"))]

#[path = "../src/answer.rs"]
mod answer;
#[path = "../src/chunks.rs"]
mod chunks;
#[path = "../src/otlp.rs"]
mod otlp;
#[path = "../src/transitions.rs"]
mod transitions;

use chrono::DateTime;
use mauntic_domain::trace::TraceContext;
use mauntic_flows::ports::{CallError, Request, Span, SpanKind, SpanValue, Transition};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message;
use serde_json::json;
use transitions::{POINT_EVENT, Point, TOLD_MAX, Weight};
use uuid::Uuid;

/// What the platform keeps of an invocation's log lines.
const LOG_BYTES_MAX: usize = 256_000;

#[test]
fn sends_keep_both_limits_and_the_order() {
    for (lengths, items_max, bytes_max, expected) in [
        (vec![], 2, 10, vec![]),
        (vec![1], 2, 10, vec![(0, 1)]),
        (vec![1, 1, 1, 1, 1], 2, 10, vec![(0, 2), (2, 4), (4, 5)]),
        (vec![5, 5, 5], 9, 10, vec![(0, 2), (2, 3)]),
        (vec![6, 6, 4], 9, 10, vec![(0, 1), (1, 3)]),
        (vec![50, 1, 50], 9, 10, vec![(0, 1), (1, 2), (2, 3)]),
        (vec![0, 0], 9, 0, vec![(0, 2)]),
    ] {
        let bodies: Vec<String> = lengths.iter().map(|length| "x".repeat(*length)).collect();
        let mut start = 0;
        let range = |send: &[String]| {
            start += send.len();
            (start - send.len(), start)
        };
        let sends = chunks::split(&bodies, items_max, bytes_max);
        assert_eq!(sends.concat(), bodies, "{lengths:?}");
        let found: Vec<_> = sends.into_iter().map(range).collect();
        assert_eq!(found, expected, "{lengths:?}");
    }
}

#[test]
fn a_status_is_success_or_its_fault_or_ours() {
    for status in 0..=u16::MAX {
        let expected = match status {
            200..=299 => Ok(()),
            429 | 500..=u16::MAX => {
                Err(CallError::Failed { cause: format!("answered with status {status}") })
            }
            _ => Err(CallError::Refused { status }),
        };
        assert_eq!(answer::judge(status), expected, "{status}");
    }
}

/// A provider's fallback is asked where it has no answer of the provider's, and only then.
#[test]
fn whoever_does_not_answer_is_not_the_last_to_be_asked() {
    let rates = Request::Rates;
    let good = br#"{"base":"USD","asOf":"2026-11-30T03:00:00Z","rates":{"EUR":"0.9"}}"#;
    let none = br#"{"base":"USD","asOf":"2026-11-30T03:00:00Z","rates":{}}"#;
    let refused = |status| Err(CallError::Refused { status });
    for (answer, is_fault) in [
        (Ok(good.to_vec()), false),
        (Ok(none.to_vec()), true),
        (Ok(b"<html>".to_vec()), true),
        (Ok(Vec::new()), true),
        (refused(401), true),
        (refused(403), true),
        (refused(400), false),
        (refused(404), false),
        (Err(CallError::Failed { cause: "not reached".to_owned() }), true),
        (Err(CallError::NotConfigured), false),
    ] {
        assert_eq!(answer::fault(&rates, &answer).is_some(), is_fault, "{answer:?}");
    }
    let symbols = vec!["AAPL".to_owned().try_into().unwrap()];
    let quotes = Request::Quotes { symbols };
    assert_eq!(answer::fault(&quotes, &Ok(br#"{"quotes":[]}"#.to_vec())), None);
    assert!(answer::fault(&quotes, &Ok(good.to_vec())).is_some());
    // What a webhook answers is not read.
    assert_eq!(answer::fault(&Request::Alert(json!({})), &Ok(Vec::new())), None);
}

fn transition(outcome: &'static str, reason: Option<&str>) -> Transition {
    Transition {
        event: "job.moved",
        queue: "mauntic-scoring-events".to_owned(),
        job_type: "scoring.CalculateScore".to_owned(),
        job_id: Uuid::from_u128(7),
        execution_id: Some(Uuid::from_u128(8)),
        request_id: Some("req-1".to_owned()),
        attempt: 2,
        duration_ms: 31,
        outcome,
        reason: reason.map(str::to_owned),
    }
}

#[test]
fn a_line_has_our_names_and_those_of_opentelemetry() {
    assert_eq!(
        transitions::line(&transition("dead_lettered", Some("retries_exhausted"))),
        json!({
            "event": "job.moved",
            "queue": "mauntic-scoring-events",
            "jobType": "scoring.CalculateScore",
            "jobId": "00000000-0000-0000-0000-000000000007",
            "executionId": "00000000-0000-0000-0000-000000000008",
            "requestId": "req-1",
            "attempt": 2,
            "durationMs": 31,
            "outcome": "dead_lettered",
            "reason": "retries_exhausted",
            "messaging.system": "mauntic",
            "messaging.operation.type": "process",
            "messaging.destination.name": "mauntic-scoring-events",
            "messaging.message.id": "00000000-0000-0000-0000-000000000007",
            "messaging.message.conversation_id": "req-1",
            "error.type": "retries_exhausted",
        })
    );
}

#[test]
fn a_line_leaves_out_what_is_not_known() {
    let unknown = Transition { execution_id: None, request_id: None, ..transition("failed", None) };
    let line = transitions::line(&unknown);
    for name in ["executionId", "requestId", "reason", "messaging.message.conversation_id"] {
        assert!(line.get(name).is_none(), "{name}");
    }
    assert_eq!(line.get("error.type"), Some(&json!("failed")));
}

#[test]
fn only_failures_have_an_error_type() {
    for (outcome, weight, error) in [
        ("completed", Weight::Usual, None),
        ("absorbed", Weight::Usual, None),
        ("snoozed", Weight::Usual, None),
        ("handed_back", Weight::Odd, None),
        ("failed", Weight::Odd, Some("why")),
        ("dead_lettered", Weight::Grave, Some("why")),
    ] {
        assert_eq!(transitions::weight(outcome), weight, "{outcome}");
        let line = transitions::line(&transition(outcome, Some("why")));
        assert_eq!(line.get("error.type").and_then(|e| e.as_str()), error, "{outcome}");
    }
}

#[test]
fn the_lines_of_an_invocation_stay_within_the_platforms_limit() {
    let long = Transition {
        event: "job.dead_lettered",
        queue: "mauntic-scoreboard-jobs".to_owned(),
        job_type: "scoreboard.schedule-verification".to_owned(),
        request_id: Some("r".repeat(128)),
        attempt: i32::MIN,
        duration_ms: i64::MIN,
        ..transition("dead_lettered", Some(&"r".repeat(40)))
    };
    let bytes = transitions::line(&long).to_string().len() + r#""level":"error","#.len();
    let lines = usize::try_from(TOLD_MAX).unwrap_or(usize::MAX);
    assert!(bytes * lines <= LOG_BYTES_MAX, "{lines} lines of {bytes} bytes");
}

#[test]
fn a_point_has_its_values_in_their_fixed_places() {
    let expected = |milliseconds| Point {
        index: "mauntic-scoring-events",
        blobs: [POINT_EVENT, "scoring.CalculateScore", "completed"],
        doubles: [milliseconds, 2.0],
    };
    assert_eq!(POINT_EVENT, "queue.metric");
    let usual = transition("completed", None);
    assert_eq!(transitions::point(&usual), expected(31.0));
    let long = Transition { duration_ms: i64::MAX, ..usual };
    assert_eq!(transitions::point(&long), expected(f64::from(i32::MAX)));
}

#[test]
fn a_collector_reads_spans_as_they_were_told() {
    let [run, job] = [1, 2].map(Uuid::from_u128);
    let context = TraceContext::of_attempt(Some(run), job, 1);
    let span = Span {
        context,
        parent: Some(TraceContext::of_run(run).span_id),
        name: "overnight.start prices".into(),
        kind: SpanKind::Consumer,
        started_at: DateTime::from_timestamp_millis(1_800_000_000_123).unwrap(),
        ended_at: DateTime::from_timestamp_millis(1_800_000_000_623).unwrap(),
        attributes: vec![
            ("a".into(), SpanValue::Text("t".to_owned())),
            ("b".into(), SpanValue::Count(-7)),
            ("c".into(), SpanValue::Flag(true)),
        ],
        error: None,
    };
    let failed = Span { parent: None, error: Some("why".to_owned()), ..span.clone() };
    let body = otlp::encode(&[span, failed]);
    let read = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
    let [of_resource] = &*read.resource_spans else { panic!("{read:?}") };
    let [scope] = &*of_resource.scope_spans else { panic!("{read:?}") };
    let [span, failed] = &*scope.spans else { panic!("{read:?}") };
    assert_eq!(span.trace_id, run.as_bytes());
    assert_eq!(span.span_id, context.span_id.to_bytes());
    assert_eq!(span.parent_span_id, TraceContext::of_run(run).span_id.to_bytes());
    assert_eq!(span.start_time_unix_nano, 1_800_000_000_123_000_000);
    assert_eq!(span.end_time_unix_nano - span.start_time_unix_nano, 500_000_000);
    let values: Vec<_> = span
        .attributes
        .iter()
        .map(|one| (one.key.as_str(), one.value.clone().and_then(|value| value.value).unwrap()))
        .collect();
    assert_eq!(
        values,
        [
            ("a", Any::StringValue("t".to_owned())),
            ("b", Any::IntValue(-7)),
            ("c", Any::BoolValue(true)),
        ]
    );
    let status = |span: &opentelemetry_proto::tonic::trace::v1::Span| span.status.clone().unwrap();
    assert_eq!(status(span).code, i32::from(StatusCode::Ok));
    assert_eq!((status(failed).code, &*status(failed).message), (StatusCode::Error.into(), "why"));
    assert!(failed.parent_span_id.is_empty());
}

#[test]
fn headers_are_listed_as_opentelemetry_has_it() {
    let known = |list: &[(&str, &str)]| {
        Some(list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>())
    };
    for (list, expected) in [
        ("", known(&[])),
        ("api-key=k", known(&[("api-key", "k")])),
        (" a = b , c=d%20e%2C,", known(&[("a", "b"), ("c", "d e,")])),
        ("Authorization=Basic%20YTpi=", known(&[("Authorization", "Basic YTpi=")])),
        ("no", None),
        ("=v", None),
        ("a=%4", None),
        ("a=%zz", None),
        ("a=%0a", None),
        ("a b=c", None),
    ] {
        assert_eq!(otlp::headers(list), expected, "{list}");
    }
}

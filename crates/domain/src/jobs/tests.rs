//! The envelope: what is read, and what is refused and why.

use proptest::prelude::*;
use serde_json::json;

use super::message::KEY_CHARS_MAX;
use super::*;

const QUEUE: Queue = Queue::ScoringEvents;

#[test]
fn an_address_needs_nothing_but_type_and_id() {
    let id = uuid::Uuid::new_v8([7; 16]);
    for (type_name, said) in
        [("of.AnotherBuild", None), ("scoring.RecomputeChunk", Some(JobType::RecomputeChunk))]
    {
        let body = json!({"type": type_name, "jobId": id, "extra": {"kept": true}}).to_string();
        assert_eq!(decode(QUEUE, &body), Ok(Decoded::Address { id, said }));
    }
}

#[test]
fn a_short_message_is_checked_whole() {
    let body = r#"{"type":"scoring.CalculateScore","requestId":"r-1","idempotencyKey":"k","data":{"organizationId":"o","contactId":"c","context":{"intent":5}}}"#;
    let Ok(Decoded::Short { job, request_id, idempotency_key, .. }) = decode(QUEUE, body) else {
        panic!("not decoded");
    };
    let Job::CalculateScore(data) = &job else {
        panic!("decoded as {job:?}");
    };
    assert_eq!((data.organization_id.as_str(), data.contact_id.as_str()), ("o", "c"));
    assert_eq!(job.organization_id(), Some(&data.organization_id));
    assert_eq!((request_id.as_deref(), idempotency_key.as_deref()), (Some("r-1"), Some("k")));
}

#[test]
fn a_short_message_without_data_has_none() {
    let everyone = Job::BatchRecompute(data::BatchRecompute::default());
    for body in [
        json!({"type": "scoring.BatchRecompute"}),
        json!({"type": "scoring.BatchRecompute", "data": null}),
        json!({"type": "scoring.BatchRecompute", "data": {}}),
        json!({"type": "scoring.BatchRecompute", "data": {}, "v": null}),
        json!({"type": "scoring.BatchRecompute", "data": {"organizationId": null}, "v": 1}),
    ] {
        let short = Decoded::Short {
            job: everyone.clone(),
            request_id: None,
            starter: None,
            idempotency_key: None,
        };
        assert_eq!(decode(QUEUE, &body.to_string()), Ok(short), "{body}");
    }
}

#[test]
fn a_key_has_1_to_200_characters() {
    let longest = "ü".repeat(KEY_CHARS_MAX);
    let beyond = "k".repeat(KEY_CHARS_MAX + 1);
    for (key, expected) in [
        (json!(null), Ok(None)),
        (json!("k"), Ok(Some("k"))),
        (json!("any text, with spaces"), Ok(Some("any text, with spaces"))),
        (json!(longest), Ok(Some(longest.as_str()))),
        (json!(""), Err("invalid_key")),
        (json!(beyond), Err("invalid_key")),
        (json!("\0"), Err("contains_nul")),
        (json!(7), Err("malformed")),
    ] {
        let body = json!({"type": "scoring.BatchRecompute", "idempotencyKey": key}).to_string();
        let found = match decode(QUEUE, &body) {
            Ok(Decoded::Short { idempotency_key, .. }) => Ok(idempotency_key),
            Ok(Decoded::Address { id, .. }) => panic!("read as the address {id}"),
            Err(refusal) => Err(refusal.code()),
        };
        assert_eq!(found, expected.map(|key| key.map(str::to_owned)), "{key}");
    }
}

#[test]
fn a_request_id_that_does_not_fit_a_header_is_dropped() {
    let longest = "r".repeat(message::REQUEST_ID_BYTES_MAX);
    let beyond = format!("{longest}r");
    for (id, kept) in [
        ("r-1", true),
        (longest.as_str(), true),
        (beyond.as_str(), false),
        ("", false),
        ("a b", false),
        ("ü", false),
        ("a\nb", false),
    ] {
        let body = json!({"type": "scoring.BatchRecompute", "requestId": id}).to_string();
        let Ok(Decoded::Short { request_id, .. }) = decode(QUEUE, &body) else {
            panic!("not decoded: {body}");
        };
        assert_eq!(request_id.as_deref(), kept.then_some(id), "{id:?}");
    }
}

#[test]
fn what_is_no_message_says_why() {
    let big = format!(r#"{{"type":"{}"}}"#, "x".repeat(queue::BODY_BYTES_MAX));
    let deep = "[".repeat(4_000);
    for (body, code) in [
        ("", "malformed"),
        ("nonsense", "malformed"),
        ("[]", "malformed"),
        ("7", "malformed"),
        ("null", "malformed"),
        ("{}", "malformed"),
        (deep.as_str(), "malformed"),
        (r#"{"type":7}"#, "malformed"),
        (r#"{"type":"x","jobId":"y"}"#, "malformed"),
        (r#"{"type":"\ud800"}"#, "malformed"),
        (r#"{"type":"a\u0000b"}"#, "contains_nul"),
        (r#"{"type":"x","data":{"a":["\u0000"]}}"#, "contains_nul"),
        (r#"{"type":"x","data":{"\u0000":1}}"#, "contains_nul"),
        (r#"{"type":"x","v":-1}"#, "malformed"),
        (r#"{"type":"x","v":65536}"#, "malformed"),
        (r#"{"type":"no.Such"}"#, "unknown_type"),
        (r#"{"type":"scoring.CalculateScore","v":0,"data":{}}"#, "unknown_version"),
        (r#"{"type":"scoring.CalculateScore","v":2,"data":{}}"#, "unknown_version"),
        (r#"{"type":"overnight.score-users"}"#, "invalid_data"),
        (r#"{"type":"scoring.CalculateScore","data":["o","c"]}"#, "invalid_data"),
        (r#"{"type":"scoring.CalculateScore"}"#, "invalid_data"),
        (r#"{"type":"scoring.CalculateScore","data":{"organizationId":"o"}}"#, "invalid_data"),
        (
            r#"{"type":"scoring.CalculateScore","data":{"organizationId":"o","contactId":"a b"}}"#,
            "invalid_data",
        ),
        (
            r#"{"type":"scoring.RecomputeChunk","data":{"organizationId":"o","contactIds":[]}}"#,
            "invalid_data",
        ),
        (
            r#"{"type":"scoring.RecomputeChunk","data":{"organizationId":"o","contactIds":["\u0000"]}}"#,
            "contains_nul",
        ),
        (big.as_str(), "too_large"),
    ] {
        assert_eq!(
            decode(QUEUE, body).map_err(|r| r.code()),
            Err(code),
            "{}",
            &body[..body.len().min(80)]
        );
    }
}

#[test]
fn a_job_is_read_from_its_own_queue_only() {
    let body = json!({"type": "scoring.BatchRecompute"}).to_string();
    let address = json!({"type": "scoring.BatchRecompute", "jobId": uuid::Uuid::nil()}).to_string();
    for queue in Queue::ALL {
        let code = decode(queue, &body).map(|_| ()).map_err(|refusal| refusal.code());
        let expected = if queue == QUEUE { Ok(()) } else { Err("wrong_queue") };
        assert_eq!(code, expected, "{}", queue.name());
        // Where a row exists, it says what the job is.
        let (id, said) = (uuid::Uuid::nil(), Some(JobType::BatchRecompute));
        assert_eq!(decode(queue, &address), Ok(Decoded::Address { id, said }));
    }
}

proptest! {
    #[test]
    fn no_body_panics(body in "\\PC{0,200}") {
        let decoded = decode(QUEUE, &body);
        let is_address = matches!(decoded, Ok(Decoded::Address { .. }));
        prop_assert!(!is_address);
    }
}

//! Where a refusal points.

use serde_json::json;

use super::super::{Decoded, Queue, decode, decode_data};
use super::*;

fn refused(body: &serde_json::Value) -> Refusal {
    decode(Queue::ScoringEvents, &body.to_string()).unwrap_err()
}

#[test]
fn a_refusal_points_at_its_place_in_the_message() {
    let score = "scoring.CalculateScore";
    let chunk = "scoring.RecomputeChunk";
    for (body, code, pointer) in [
        (json!([]), "malformed", ""),
        (json!({}), "malformed", ""),
        (json!({"type": 7}), "malformed", "/type"),
        (json!({"type": score, "v": "two"}), "malformed", "/v"),
        (json!({"type": score, "jobId": "x"}), "malformed", "/jobId"),
        (json!({"type": score, "data": {"a": "\0"}}), "contains_nul", ""),
        (json!({"type": "no.such"}), "unknown_type", "/type"),
        (json!({"type": "analytics.probe"}), "wrong_queue", "/type"),
        (json!({"type": score, "v": 2}), "unknown_version", "/v"),
        (json!({"type": "scoring.Probe", "idempotencyKey": ""}), "invalid_key", "/idempotencyKey"),
        (json!({"type": score, "data": []}), "invalid_data", "/data"),
        (json!({"type": score}), "invalid_data", "/data"),
        (
            json!({"type": score, "data": {"organizationId": 1, "contactId": "c"}}),
            "invalid_data",
            "/data/organizationId",
        ),
        (
            json!({"type": chunk, "v": 2, "data":
                {"organizationId": "o", "contacts": {"ids": ["a", "b", 3]}}}),
            "invalid_data",
            "/data/contacts/ids/2",
        ),
        (
            json!({"type": chunk, "v": 2, "data": {"contacts": {"ids": ["a"]}}}),
            "invalid_data",
            "/data/organizationId",
        ),
    ] {
        let refusal = refused(&body);
        assert_eq!((refusal.code(), refusal.pointer().as_str()), (code, pointer), "{body}");
    }
    let large = format!("\"{}\"", "x".repeat(BODY_BYTES_MAX));
    let refusal = decode(Queue::ScoringEvents, &large).unwrap_err();
    assert_eq!((refusal.code(), refusal.pointer().as_str()), ("too_large", ""));
    assert_eq!(Refusal::Address.pointer(), "/jobId");
}

#[test]
fn paths_become_pointers() {
    for (path, expected) in [
        (".", ""),
        ("?", "/?"),
        ("a", "/a"),
        ("a.b[3].c", "/a/b/3/c"),
        ("a[0][1]", "/a/0/1"),
        ("a/b.~", "/a~1b/~0"),
    ] {
        assert_eq!(pointer(path), expected, "{path}");
    }
}

#[test]
fn edited_data_is_read_as_the_newest_version() {
    let chunk = json!({"organizationId": "o", "contacts": {"ids": ["a"]}});
    let job = decode_data("scoring.RecomputeChunk", &chunk).unwrap();
    let body = json!({"type": "scoring.RecomputeChunk", "v": 2, "data": chunk});
    let Decoded::Short { job: sent, .. } = decode(Queue::ScoringEvents, &body.to_string()).unwrap()
    else {
        panic!("it has no address");
    };
    assert_eq!(job, sent);
    for (type_name, data, code) in [
        (
            "scoring.RecomputeChunk",
            json!({"organizationId": "o", "contactIds": ["a"]}),
            "invalid_data",
        ),
        ("scoring.RecomputeChunk", json!({"organizationId": "\0"}), "contains_nul"),
        ("scoring.CalculateScore", json!(null), "invalid_data"),
        ("scoring.CalculateScore", json!({"a": "x".repeat(BODY_BYTES_MAX)}), "too_large"),
        ("no.such", json!({}), "unknown_type"),
        ("overnight.start", json!({"after": "A"}), "invalid_data"),
    ] {
        let refusal = decode_data(type_name, &data).unwrap_err();
        assert_eq!(refusal.code(), code, "{type_name}");
    }
}

use proptest::prelude::*;
use serde_json::json;

use super::queue::Origin;
use super::*;

const QUEUE: Queue = Queue::ScoringEvents;

#[test]
fn an_address_needs_nothing_but_type_and_id() {
    let id = uuid::Uuid::new_v8([7; 16]);
    let body = json!({"type": "of.AnotherBuild", "jobId": id, "extra": {"kept": true}}).to_string();
    assert_eq!(decode(QUEUE, &body), Ok(Decoded::Address(id)));
}

#[test]
fn a_short_message_is_checked_whole() {
    let body = r#"{"type":"scoring.CalculateScore","data":{"organizationId":"o","contactId":"c","context":{"intent":5}}}"#;
    let Ok(Decoded::Short { job: Job::CalculateScore(data), request_id: None }) =
        decode(QUEUE, body)
    else {
        panic!("not decoded");
    };
    assert_eq!((data.organization_id.as_str(), data.contact_id.as_str()), ("o", "c"));
    assert_eq!(
        Job::parse("scoring.CalculateScore", &Job::CalculateScore(data.clone()).data()),
        Ok(Job::CalculateScore(data))
    );
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
        (r#"{"type":"no.Such"}"#, "unknown_type"),
        (r#"{"type":"scoring.CalculateScore","v":2,"data":{}}"#, "unknown_version"),
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
fn a_hand_sent_message_is_the_same_job_at_every_delivery() {
    let id = derived_job_id(QUEUE, "m1");
    assert_eq!(id, derived_job_id(QUEUE, "m1"));
    assert_ne!(id, derived_job_id(QUEUE, "m2"));
    assert_eq!(id.get_version_num(), 8);
}

#[test]
fn deployed_names_lead_to_their_queue() {
    for (name, expected) in [
        ("mauntic-scoring-events", Some(Origin::Jobs(QUEUE))),
        ("mauntic-scoring-events-staging", Some(Origin::Jobs(QUEUE))),
        ("mauntic-scoring-events-dlq", Some(Origin::DeadLetters(QUEUE))),
        ("mauntic-scoring-events-dlq-staging", Some(Origin::DeadLetters(QUEUE))),
        ("mauntic-scoring-events-staging-dlq", Some(Origin::DeadLetters(QUEUE))),
        ("mauntic-other", None),
        ("", None),
    ] {
        assert_eq!(Origin::from_deployed_name(name), expected, "{name}");
    }
}

#[test]
fn states_have_names_and_ends() {
    for state in JobState::ALL {
        assert_eq!(JobState::from_name(state.as_str()), Some(state));
    }
    let finals: Vec<_> =
        JobState::ALL.into_iter().filter(|s| s.is_final()).map(JobState::as_str).collect();
    assert_eq!(finals, ["completed", "dead_lettered", "cancelled"]);
}

proptest! {
    #[test]
    fn no_body_panics(body in "\\PC{0,200}") {
        let decoded = decode(QUEUE, &body);
        prop_assert!(!matches!(decoded, Ok(Decoded::Address(_))));
    }
}

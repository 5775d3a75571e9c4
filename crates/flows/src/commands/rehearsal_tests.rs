//! What can be rehearsed, and what is taken in place of a case's own data.

use chrono::DateTime;
use mauntic_domain::jobs::{Decoded, Queue, decode};
use serde_json::json;

use super::*;
use crate::ports::{CaseView, CompletedJob, JobView};

fn case(type_name: Option<&str>, body: &[u8], job: Option<JobDetail>) -> CaseDetail {
    CaseDetail {
        case: CaseView {
            id: Uuid::from_u128(1),
            queue: "mauntic-scoring-events".to_owned(),
            type_name: type_name.map(str::to_owned),
            organization_id: Some("o".to_owned()),
            job_id: job.as_ref().map(|job| job.job.id),
            message_id: None,
            reason: "retries_exhausted".to_owned(),
            detail: String::new(),
            fingerprint: String::new(),
            created_at: DateTime::UNIX_EPOCH,
            decided_at: None,
            decision: None,
            decided_by: None,
            decided_why: None,
            replay_id: None,
            replayed_as: None,
        },
        body: body.to_vec(),
        job,
        lineage: Vec::new(),
    }
}

fn job(type_name: &str, version: i16, data: &Value) -> JobDetail {
    JobDetail {
        job: JobView {
            id: Uuid::from_u128(2),
            queue: "mauntic-scoring-events".to_owned(),
            type_name: type_name.to_owned(),
            version,
            organization_id: Some("o".to_owned()),
            run_id: Some(Uuid::from_u128(3)),
            state: JobState::DeadLettered,
            claim: 4,
            failures: 3,
            failures_max: 3,
            snooze_reason: Some("contention".to_owned()),
            idempotency_key: None,
            request_id: Some("r".to_owned()),
            replays: 0,
            created_at: DateTime::UNIX_EPOCH,
            available_at: DateTime::UNIX_EPOCH,
            expires_at: DateTime::UNIX_EPOCH,
            lease_until: None,
            finished_at: None,
            last_error: None,
        },
        data: data.clone(),
        receipt: None,
        errors: Vec::new(),
        coalesced: 0,
        scheduled_for: None,
    }
}

const SCORE: &str = "scoring.CalculateScore";

fn contact(name: &str) -> Value {
    json!({"organizationId": "o", "contactId": name})
}

fn with_job(detail: JobDetail) -> CaseDetail {
    case(Some(&detail.job.type_name.clone()), b"{}", Some(detail))
}

fn reason(detail: &CaseDetail, data: Option<&Value>) -> &'static str {
    hold(detail, data).map_or_else(|Refused(reason, _)| reason, |_| "held")
}

#[test]
fn the_first_attempt_of_a_replay_is_held() {
    let held = hold(&with_job(job(SCORE, 1, &contact("a"))), None).unwrap();
    assert_eq!((held.claim, held.failures, held.failures_max, held.snoozes), (5, 0, 3, 0));
    assert_eq!((held.version, &held.data, held.snooze_reason), (1, &contact("a"), None));
    let edited = contact("b");
    let held = hold(&with_job(job(SCORE, 1, &contact("a"))), Some(&edited)).unwrap();
    assert_eq!(held.data, edited);
    // Edited data is of the newest version, whatever the row's.
    let old = job("scoring.RecomputeChunk", 1, &json!({}));
    let chunk = json!({"organizationId": "o", "contacts": {"ids": ["a"]}});
    let held = hold(&with_job(old), Some(&chunk)).unwrap();
    assert_eq!((held.version, held.data), (3, chunk));
}

#[test]
fn what_cannot_be_tried_is_refused_with_the_reason() {
    let alert = json!({"organizationId": "o", "alertId": Uuid::nil(), "contactId": "c",
        "signalType": "DEMO_REQUEST"});
    let mut running = job(SCORE, 1, &contact("a"));
    running.job.state = JobState::Queued;
    let mut decided = with_job(job(SCORE, 1, &contact("a")));
    decided.case.decided_at = Some(DateTime::UNIX_EPOCH);
    for (detail, expected) in [
        (with_job(job(SCORE, 1, &contact("a"))), "held"),
        // Its attempt says what is wrong.
        (with_job(job(SCORE, 1, &json!({}))), "held"),
        (with_job(running), "not_dead"),
        (decided, "not_dead"),
        (with_job(job(SCORE, 2, &contact("a"))), "unknown_version"),
        (with_job(job(SCORE, -1, &contact("a"))), "unknown_version"),
        (with_job(job("no.such", 1, &json!({}))), "unknown_type"),
        (with_job(job("overnight.start", 1, &json!({}))), "not_database_only"),
        (with_job(job("scoring.NotifyAlert", 1, &alert)), "not_database_only"),
        (case(None, b"no JSON", None), "malformed"),
        (case(None, br#"{"type":"scoring.Probe"}"#, None), "no_job"),
    ] {
        assert_eq!(reason(&detail, None), expected, "{detail:?}");
    }
    let detail = with_job(job(SCORE, 1, &contact("a")));
    for (data, expected) in [
        (contact("b"), "held"),
        (json!({"organizationId": "o"}), "invalid_data"),
        (json!({"organizationId": "other", "contactId": "c"}), "other_organization"),
    ] {
        assert_eq!(reason(&detail, Some(&data)), expected, "{data}");
    }
}

#[test]
fn a_case_without_a_job_gives_its_body_or_takes_edited_data() {
    let body = json!({"type": SCORE, "data": contact("a")}).to_string();
    let Ok(Decoded::Short { job: sent, .. }) = decode(Queue::ScoringEvents, &body) else {
        panic!("it is a message");
    };
    assert_eq!(content(&case(None, body.as_bytes(), None), None), Ok(Some(sent)));
    let (broken, edited) = (json!({"type": SCORE, "data": {"contactId": 7}}), contact("b"));
    let broken = broken.to_string();
    let other_queue = json!({"type": "analytics.probe"}).to_string();
    let address = json!({"type": SCORE, "jobId": Uuid::nil()}).to_string();
    // type, body, edited data; what is wrong with it, and where
    for (type_name, body, data, expected) in [
        (None, broken.as_str(), Some(&edited), None),
        (None, broken.as_str(), None, Some(("invalid_data", "/data/contactId"))),
        (Some(SCORE), "no JSON", Some(&edited), None),
        (None, "no JSON", Some(&edited), Some(("malformed", "/type"))),
        (None, "{}", Some(&edited), Some(("malformed", "/type"))),
        (None, other_queue.as_str(), None, Some(("wrong_queue", "/type"))),
        (None, other_queue.as_str(), Some(&json!({})), Some(("wrong_queue", "/type"))),
        (None, address.as_str(), None, None),
    ] {
        let found = content(&case(type_name, body.as_bytes(), None), data);
        let wrong = found.as_ref().err().map(|wrong| (wrong.code(), wrong.pointer()));
        let wrong = wrong.as_ref().map(|(code, pointer)| (*code, pointer.as_str()));
        assert_eq!(wrong, expected, "{body} {data:?}");
        let is_address = body == address;
        assert!(wrong.is_some() || found.unwrap().is_none() == is_address, "{body}");
    }
    assert_eq!(content(&case(None, &[0xff], None), None), Err(Refusal::NotText));
    let mut unknown = case(None, body.as_bytes(), None);
    unknown.case.queue = "mauntic-other".to_owned();
    assert_eq!(content(&unknown, None), Ok(None));
}

#[test]
fn an_attempt_is_told_as_its_outcome() {
    let held = hold(&with_job(job(SCORE, 1, &contact("a"))), None).unwrap();
    let told = |outcome| {
        let one = Rehearsal::of(Uuid::nil(), Some(held.id));
        let one = one.ended(&held, DateTime::UNIX_EPOCH, outcome);
        (one.outcome, one.reason, one.detail)
    };
    let text = |text: &str| Some(text.to_owned());
    let retry = Outcome::Retry { reason: "outside_failed", error: "e".to_owned() };
    assert_eq!(told(retry.clone()), (Attempt::Failed, text("outside_failed"), text("e")));
    let snooze = Outcome::Snooze { until: None, reason: "contention" };
    assert_eq!(told(snooze), (Attempt::Snoozed, text("contention"), None));
    let reject = Outcome::Reject { reason: "unreadable", detail: "d".to_owned() };
    assert_eq!(told(reject), (Attempt::DeadLettered, text("unreadable"), text("d")));
    // With one failure to spend, the first is the last.
    let held = Held { failures_max: 1, ..held };
    let one = Rehearsal::of(Uuid::nil(), None).ended(&held, DateTime::UNIX_EPOCH, retry);
    assert_eq!((one.outcome, one.reason), (Attempt::DeadLettered, text("retries_exhausted")));

    let mut decision = Decision::new(DateTime::UNIX_EPOCH);
    let (id, claim) = (held.id, held.claim);
    let summary = json!({"scored": 0});
    decision.effect.jobs.push(CompletedJob { id, claim, run_id: None, summary: summary.clone() });
    let one = Rehearsal::of(Uuid::nil(), Some(id)).decided(&held, decision, 0);
    assert_eq!((one.outcome, one.summary), (Attempt::Completed, Some(summary)));
}

#[test]
fn what_is_asked_and_answered_crosses_whole() {
    let filter = CaseFilter { reason: Some("r".to_owned()), ..CaseFilter::default() };
    for cases in [
        Cases::One { id: Uuid::from_u128(1), data: None },
        Cases::One { id: Uuid::from_u128(1), data: Some(json!({"contactId": "c"})) },
        Cases::First { filter, limit: 7 },
    ] {
        assert_eq!(asked(&ask(&cases)), Ok(cases));
    }
    assert!(matches!(asked("{}"), Err(PortError::Unreadable { .. })));
    let one = Rehearsal { scores: 2, superseded: 1, ..Rehearsal::of(Uuid::nil(), None) };
    let one = one.refused(Refused("not_dead", "it lives".to_owned()));
    assert_eq!(answered(&answer(Ok(vec![one.clone()]))), Ok(vec![one]));
    let (what, cause) = ("it", "a cause".to_owned());
    let failed = |error: PortError| answered(&answer(Err(error))).unwrap_err();
    let unavailable = failed(PortError::Unavailable { what, cause: cause.clone() });
    assert!(
        matches!(unavailable, PortError::Unavailable { cause, .. } if cause.contains("a cause"))
    );
    let contended = failed(PortError::Contention { what, cause: cause.clone() });
    assert!(matches!(contended, PortError::Contention { .. }));
    let refused = failed(PortError::Unreadable { what, place: cause });
    assert!(matches!(refused, PortError::Refused { cause, .. } if cause.contains("a cause")));
    assert!(matches!(answered("no"), Err(PortError::Unreadable { .. })));
}

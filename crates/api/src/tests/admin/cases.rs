//! Dead letters: listed, grouped, shown, replayed one by one, discarded.

use mauntic_domain::jobs::{JobState, JobType};
use mauntic_domain::scoring::Features;
use mauntic_sim::store::rows::{JobRow, LetterRow};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::tests::call::Call;
use crate::tests::things::{CASE, DEAD, NOTHING, QUEUE, RUN, get, post, refused, send};
use crate::tests::world::{World, contact, organization};

fn replay(id: Uuid, body: &Value) -> Call {
    post(&format!("dlq/{id}/replay"), body)
}

fn discard(id: Uuid, query: &str) -> Call {
    send("DELETE", &format!("dlq/{id}{query}"), &json!({}))
}

/// A case of a body that came as a message and is no job's.
fn put_body(world: &World, id: Uuid, body: &[u8]) {
    let now = world.ports.clock.database();
    world.store().put_letter(LetterRow {
        id,
        message_id: Some(id.to_string()),
        body: body.to_vec(),
        ..LetterRow::new(QUEUE, "malformed", "the body is no message", now)
    });
}

#[tokio::test]
async fn cases_are_listed_by_what_must_hold() {
    let world = World::with_things().await;
    let run = format!("runId={RUN}");
    for (query, count) in [
        ("", 1),
        ("decided=false", 1),
        ("decided=true", 0),
        ("queue=mauntic-scoring-events&type=scoring.CalculateScore&organizationId=org_a", 1),
        ("queue=mauntic-overnight-jobs", 0),
        ("reason=retries_exhausted", 1),
        ("reason=expired", 0),
        ("fingerprint=scoring.CalculateScore/retries_exhausted/it+broke+at+%23", 1),
        (&run, 1),
        ("payload=%7B%22contactId%22%3A%22contact_2%22%7D", 1),
        ("payload=%7B%22contactId%22%3A%22contact_3%22%7D", 0),
    ] {
        for list in ["dlq", "dlq/groups"] {
            if list == "dlq/groups" && query.contains("decided") {
                continue;
            }
            let answer = get(&format!("{list}?{query}")).send(&world).await;
            assert_eq!(answer.status, 200, "{list} {query} {}", answer.body);
            assert_eq!(answer.body["items"].as_array().unwrap().len(), count, "{list} {query}");
        }
    }
    for (query, pointer) in [
        ("queue=nothing", "/queue"),
        ("runId=x", "/runId"),
        ("payload=[]", "/payload"),
        ("fingerprint=", "/fingerprint"),
        ("limit=-1", "/limit"),
        ("state=open", "/state"),
        ("organizationId=%C3%BC", "/organizationId"),
    ] {
        for list in ["dlq", "dlq/groups"] {
            let answer = get(&format!("{list}?{query}")).send(&world).await;
            assert_eq!((answer.status, answer.pointers()), (422, vec![pointer]), "{query}");
        }
    }
    let answer = get("dlq?decided=1").send(&world).await;
    assert_eq!((answer.status, answer.pointers()), (422, vec!["/decided"]));
}

#[tokio::test]
async fn groups_count_what_has_one_fingerprint() {
    let world = World::with_things().await;
    world.put_dead(Uuid::from_u128(50), Uuid::from_u128(51), "contact_3");
    let answer = get("dlq/groups").send(&world).await;
    let group = &answer.body["items"][0];
    assert_eq!((&group["open"], &group["organizations"]), (&json!(2), &json!(1)));
    assert_eq!(group["fingerprint"], "scoring.CalculateScore/retries_exhausted/it broke at #");
    assert_eq!(group["newestCaseId"], CASE.to_string());
}

#[tokio::test]
async fn a_case_is_shown_with_body_attempts_errors_and_lineage() {
    let world = World::with_things().await;
    let answer = get(&format!("dlq/{CASE}")).send(&world).await;
    assert_eq!(answer.status, 200);
    let body: Value = serde_json::from_str(answer.body["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["contactId"], "contact_2");
    assert_eq!(
        (&answer.body["bodyEncoding"], &answer.body["attempts"]),
        (&json!("text"), &json!(3))
    );
    assert_eq!(answer.body["job"]["jobId"], DEAD.to_string());
    assert_eq!(answer.body["lineage"][0]["caseId"], CASE.to_string());
    let id = Uuid::from_u128(60);
    put_body(&world, id, b"\xff\xfe");
    let answer = get(&format!("dlq/{id}")).send(&world).await;
    assert_eq!((&answer.body["body"], &answer.body["job"]), (&json!("//4="), &Value::Null));
    assert_eq!(answer.body["bodyEncoding"], "base64");
    let unknown = get(&format!("dlq/{NOTHING}")).send(&world).await;
    assert_eq!((unknown.status, unknown.code()), (404, "case_not_found"));
}

#[tokio::test]
async fn a_case_is_replayed_once() {
    let world = World::with_things().await;
    let answer = replay(CASE, &json!({"reason": "mended"})).send(&world).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let body = json!({"caseId": CASE.to_string(), "jobId": DEAD.to_string(), "state": "queued"});
    assert_eq!(answer.body, body);
    let row = world.store().job(DEAD).unwrap();
    assert_eq!((row.state, row.failures, row.replays), (JobState::Queued, 0, 1));
    assert!(world.sent().iter().any(|message| message["jobId"] == DEAD.to_string()));
    let target = CASE.to_string();
    let again = replay(CASE, &json!({}));
    let answer = refused(&world, again, "not_dead", ("dlq.replay", &target)).await;
    assert_eq!(answer.status, 409);
    refused(&world, discard(CASE, "?reason=r"), "not_dead", ("dlq.discard", &target)).await;
    let case = get(&format!("dlq/{CASE}")).send(&world).await;
    assert_eq!(
        (&case.body["decision"], &case.body["decidedWhy"]),
        (&json!("replayed"), &json!("mended"))
    );
    assert_eq!(case.body["replayedAs"], DEAD.to_string());
}

#[tokio::test]
async fn other_data_is_checked_and_kept() {
    let world = World::with_things().await;
    let target = CASE.to_string();
    for (data, pointer) in [
        (json!({"organizationId": "org_a"}), "/data"),
        (json!({"organizationId": "org_a", "contactId": 1}), "/data/contactId"),
        (json!({"organizationId": "org_b", "contactId": "c"}), "/data/organizationId"),
        (json!("text"), "/data"),
        (
            json!({"organizationId": "org_a", "contactId": "c", "context": {"intent": "x"}}),
            "/data/context",
        ),
    ] {
        let call = replay(CASE, &json!({"data": data}));
        let answer = refused(&world, call, "validation_failed", ("dlq.replay", &target)).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![pointer]), "{data}");
        let call = replay(CASE, &json!({"data": data, "dryRun": true}));
        let answer = refused(&world, call, "validation_failed", ("dlq.replay", &target)).await;
        assert!(answer.pointers()[0].starts_with("/data"), "{data}");
    }
    let data = json!({"organizationId": "org_a", "contactId": "contact_9"});
    assert_eq!(replay(CASE, &json!({"data": data})).send(&world).await.status, 202);
    assert_eq!(world.store().job(DEAD).unwrap().data["contactId"], "contact_9");
}

#[tokio::test]
async fn a_body_without_a_job_is_replayed_as_a_new_one() {
    let world = World::with_things().await;
    let (good, bad) = (Uuid::from_u128(60), Uuid::from_u128(61));
    put_body(&world, good, br#"{"type":"scoring.BatchRecompute"}"#);
    put_body(&world, bad, b"{");
    let answer = replay(good, &json!({})).send(&world).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let id: Uuid = answer.body["jobId"].as_str().unwrap().parse().unwrap();
    assert_eq!(world.store().job(id).unwrap().type_name, "scoring.BatchRecompute");
    let target = bad.to_string();
    let call = replay(bad, &json!({}));
    let answer = refused(&world, call, "validation_failed", ("dlq.replay", &target)).await;
    assert_eq!(answer.pointers(), ["/data"]);
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_says_what_would_be() {
    let world = World::with_things().await;
    let (of, who) = (organization("org_a"), contact("contact_2"));
    world.store().put_contact(&of, &who, Features::default());
    let before = world.store().dump();
    let answer = replay(CASE, &json!({"dryRun": true})).send(&world).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!((&answer.body["outcome"], &answer.body["scores"]), (&json!("completed"), &json!(1)));
    assert_eq!(
        (&answer.body["dryRun"], &answer.body["caseId"]),
        (&json!(true), &json!(CASE.to_string()))
    );
    assert_eq!(world.store().dump(), before);
    assert!(world.sent().is_empty());

    // What reaches outside is not tried.
    let (job, case) = (Uuid::from_u128(70), Uuid::from_u128(71));
    let now = world.ports.clock.database();
    world.store().put_job(JobRow {
        state: JobState::DeadLettered,
        finished_at: Some(now),
        ..JobRow::new(job, JobType::NotifyAlert, json!({}), now)
    });
    let letter = LetterRow::new(QUEUE, "expired", "", now);
    world.store().put_letter(LetterRow { id: case, job_id: Some(job), ..letter });
    let (call, target) = (replay(case, &json!({"dryRun": true})), case.to_string());
    let answer = refused(&world, call, "not_database_only", ("dlq.replay", &target)).await;
    assert_eq!(answer.status, 409);
    let (call, target) = (replay(NOTHING, &json!({"dryRun": true})), NOTHING.to_string());
    refused(&world, call, "case_not_found", ("dlq.replay", &target)).await;
}

#[tokio::test]
async fn another_job_with_the_key_is_enough() {
    let world = World::with_things().await;
    world.store().change_job(DEAD, |row| row.released_key = Some("k".to_owned()));
    let now = world.ports.clock.database();
    let data = json!({"organizationId": "org_a", "contactId": "contact_2"});
    world.store().put_job(JobRow {
        organization_id: Some("org_a".to_owned()),
        idempotency_key: Some("k".to_owned()),
        ..JobRow::new(Uuid::from_u128(80), JobType::CalculateScore, data, now)
    });
    let target = CASE.to_string();
    let call = replay(CASE, &json!({}));
    let answer = refused(&world, call, "key_taken", ("dlq.replay", &target)).await;
    assert_eq!(answer.status, 409);
}

#[tokio::test]
async fn a_case_is_discarded_with_a_reason() {
    let world = World::with_things().await;
    let target = CASE.to_string();
    let long = format!("?reason={}", "x".repeat(501));
    for query in ["", "?reason=", "?reason=a&reason=b", &long, "?why=x", "?reason=%00"] {
        let call = discard(CASE, query);
        let answer = refused(&world, call, "validation_failed", ("dlq.discard", &target)).await;
        assert_eq!(answer.body["errors"][0]["in"], "query", "{query}");
    }
    let answer = discard(CASE, "?reason=no+use").send(&world).await;
    assert_eq!(answer.body, json!({"caseId": CASE.to_string(), "decision": "discarded"}));
    assert_eq!(world.store().job(DEAD).unwrap().state, JobState::DeadLettered);
    refused(&world, discard(CASE, "?reason=r"), "not_dead", ("dlq.discard", &target)).await;
    refused(&world, replay(CASE, &json!({})), "not_dead", ("dlq.replay", &target)).await;
    let nothing = NOTHING.to_string();
    let call = discard(NOTHING, "?reason=r");
    refused(&world, call, "case_not_found", ("dlq.discard", &nothing)).await;
    assert_eq!(world.audit().iter().filter(|entry| entry["outcome"] == "done").count(), 1);
    assert_eq!(get("dlq?decided=true").send(&world).await.body["items"][0]["decidedWhy"], "no use");
}

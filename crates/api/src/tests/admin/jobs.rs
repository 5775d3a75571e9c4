//! Jobs: the search over a queue's, one of them, and its end by hand.

use mauntic_domain::jobs::JobState;
use mauntic_flows::ports::JobError;
use serde_json::{Value, json};

use crate::tests::things::{DEAD, NOTHING, QUEUE, RUN, WAITING, get, post, refused};
use crate::tests::world::World;

#[tokio::test]
async fn a_search_names_what_must_hold() {
    let world = World::with_things().await;
    world.store().change_job(WAITING, |row| row.idempotency_key = Some("k 1".to_owned()));
    let both = format!("id={DEAD}&id={WAITING},{NOTHING}");
    let of_run = format!("runId={RUN}");
    let none: [uuid::Uuid; 0] = [];
    for (query, ids) in [
        ("", &[DEAD, WAITING][..]),
        ("state=queued,failed", &[WAITING]),
        ("state=queued&state=dead_lettered", &[DEAD, WAITING]),
        ("type=scoring.CalculateScore&organizationId=org_a", &[DEAD, WAITING]),
        ("organizationId=org_b", &none),
        ("idempotencyKey=k+1", &[WAITING]),
        (&of_run, &[DEAD, WAITING]),
        (&both, &[DEAD, WAITING]),
        ("payload=%7B%22contactId%22%3A%22contact_2%22%7D", &[DEAD]),
        ("payload={}", &[DEAD, WAITING]),
        ("state=queued&payload=%7B%22contactId%22%3A%22contact_2%22%7D", &none),
    ] {
        let answer = get(&format!("queues/{QUEUE}/jobs?{query}")).send(&world).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        let items = answer.body["items"].as_array().unwrap();
        let found: Vec<Value> = items.iter().map(|job| job["jobId"].clone()).collect();
        let ids: Vec<Value> = ids.iter().map(|id| json!(id.to_string())).collect();
        assert_eq!(found, ids, "{query}");
    }
    let other = get("queues/mauntic-overnight-jobs/jobs").send(&world).await;
    assert_eq!(other.body["items"], json!([]));
}

#[tokio::test]
async fn a_search_is_read_strictly() {
    let world = World::with_things().await;
    let many = vec![NOTHING.to_string(); 101].join(",");
    let many = format!("id={many}");
    let large = format!("payload={{\"a\":\"{}\"}}", "x".repeat(4_096)).replace('"', "%22");
    let large = large.replace('{', "%7B").replace('}', "%7D");
    for (query, pointer) in [
        ("state=done", "/state"),
        ("type=", "/type"),
        ("type=a&type=b", "/type"),
        ("organizationId=a%20b", "/organizationId"),
        ("organizationId=%00", "/organizationId"),
        ("idempotencyKey=", "/idempotencyKey"),
        ("runId=1", "/runId"),
        ("id=1", "/id"),
        ("id=", "/id"),
        (&many, "/id"),
        ("payload=", "/payload"),
        ("payload=x", "/payload"),
        ("payload=1", "/payload"),
        ("payload=%5B%5D", "/payload"),
        ("payload=NaN", "/payload"),
        ("payload=%7B%22a%22%3A%22%5Cu0000%22%7D", "/payload"),
        (&large, "/payload"),
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=1e2", "/limit"),
        ("limit=99999999999999999999", "/limit"),
        ("offset=1", "/offset"),
    ] {
        let answer = get(&format!("queues/{QUEUE}/jobs?{query}")).send(&world).await;
        assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{query}");
        assert_eq!(answer.pointers(), [pointer], "{query}");
    }
    for queue in ["nothing", "mauntic-scoring-events-staging", "%00", "%FF"] {
        let answer = get(&format!("queues/{queue}/jobs")).send(&world).await;
        assert_eq!((answer.status, answer.code()), (404, "queue_not_found"));
    }
}

#[tokio::test]
async fn a_job_is_shown_with_all_that_is_known() {
    let world = World::with_things().await;
    let at = world.ports.clock.database();
    let error = JobError { claim: 3, at, error: "it broke".to_owned() };
    world.store().change_job(DEAD, |row| row.errors = vec![error]);
    let answer = get(&format!("jobs/{DEAD}")).send(&world).await;
    assert_eq!(answer.status, 200);
    for (name, value) in [
        ("jobId", json!(DEAD.to_string())),
        ("executionId", json!(RUN.to_string())),
        ("state", json!("dead_lettered")),
        ("attempt", json!(3)),
        ("data", json!({"organizationId": "org_a", "contactId": "contact_2"})),
        ("receipt", Value::Null),
        ("lastError", json!("it broke")),
        ("errors", json!([{"attempt": 3, "at": "2027-01-15T08:00:00.123Z", "error": "it broke"}])),
    ] {
        assert_eq!(answer.body[name], value, "{name}");
    }
    let unknown = get(&format!("jobs/{NOTHING}")).send(&world).await;
    assert_eq!((unknown.status, unknown.code()), (404, "job_not_found"));
}

#[tokio::test]
async fn only_a_job_that_waits_is_cancelled() {
    let world = World::with_things().await;
    let cancel = |id: uuid::Uuid| post(&format!("jobs/{id}/cancel"), &json!({}));
    let answer = cancel(WAITING).send(&world).await;
    assert_eq!(answer.body, json!({"jobId": WAITING.to_string(), "state": "cancelled"}));
    assert_eq!(world.store().job(WAITING).unwrap().state, JobState::Cancelled);
    for (id, code, status) in [
        (WAITING, "job_not_waiting", 409),
        (DEAD, "job_not_waiting", 409),
        (NOTHING, "job_not_found", 404),
    ] {
        let target = id.to_string();
        let answer = refused(&world, cancel(id), code, ("job.cancel", &target)).await;
        assert_eq!(answer.status, status);
        let state = world.store().job(id).map(|row| row.state.as_str());
        assert_eq!(answer.body.get("state").and_then(Value::as_str), state);
    }
}

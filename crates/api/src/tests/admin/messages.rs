//! Messages by hand: read as the consumer would, and a row before they are sent.

use mauntic_domain::jobs::queue::BODY_BYTES_MAX;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::tests::call::Call;
use crate::tests::things::{QUEUE, get, post, refused};
use crate::tests::world::World;

fn enqueue(queue: &str, message: &Value) -> Call {
    post(&format!("queues/{queue}/messages"), message)
}

#[tokio::test]
async fn a_message_is_a_job_with_a_run() {
    let world = World::new();
    let message = json!({"type": "scoring.BatchRecompute", "requestId": "mine", "new": 1});
    let path = format!("queues/{QUEUE}/messages?reason=a+test");
    let answer = post(&path, &message).send(&world).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    assert_eq!((&answer.body["state"], &answer.body["created"]), (&json!("queued"), &json!(true)));
    let id: Uuid = answer.body["jobId"].as_str().unwrap().parse().unwrap();
    let row = world.store().job(id).unwrap();
    assert_eq!(row.run_id.unwrap().to_string(), answer.body["executionId"].as_str().unwrap());
    assert_eq!(row.request_id.as_deref(), Some("mine"));
    assert_eq!(world.sent()[0]["jobId"], id.to_string());
    let audit = world.audit();
    assert_eq!(
        (&audit[0]["action"], &audit[0]["target"]),
        (&json!("queue.enqueue"), &json!(QUEUE))
    );
    assert_eq!(audit[0]["reason"], "a test");
    let runs = get("cron/scoring.BatchRecompute/runs").send(&world).await;
    assert_eq!(runs.body["items"][0]["executionId"], answer.body["executionId"]);
}

#[tokio::test]
async fn a_key_of_the_message_makes_one_job() {
    let world = World::new();
    let message = |contact: &str| {
        let data = json!({"organizationId": "org_a", "contactId": contact});
        json!({"type": "scoring.CalculateScore", "idempotencyKey": "k", "data": data})
    };
    let first = enqueue(QUEUE, &message("a")).send(&world).await;
    let again = enqueue(QUEUE, &message("a")).send(&world).await;
    assert_eq!((again.status, &again.body["created"]), (202, &json!(false)));
    assert_eq!(again.body["jobId"], first.body["jobId"]);
    assert_eq!(again.body["executionId"], first.body["executionId"]);
    assert_eq!(world.audit().len(), 1);
    let other = enqueue(QUEUE, &message("b"));
    let answer = refused(&world, other, "idempotency_conflict", ("queue.enqueue", QUEUE)).await;
    assert_eq!(answer.status, 409);
}

#[tokio::test]
async fn a_night_that_goes_on_is_not_repeated() {
    let world = World::new();
    let night = Uuid::from_u128(7);
    let repeat = json!({"type": "overnight.start", "data": {"retryOf": night}});
    let queue = "mauntic-overnight-jobs";
    world.store().put_night(night, &[]);
    assert_eq!(enqueue(queue, &repeat).send(&world).await.status, 202);
    world.store().reopen_night(night);
    let call = enqueue(queue, &repeat);
    let answer = refused(&world, call, "validation_failed", ("queue.enqueue", queue)).await;
    assert_eq!((answer.status, answer.pointers()), (422, vec!["/data/retryOf"]));
}

#[tokio::test]
async fn a_repeat_that_was_accepted_is_answered_so_again_though_its_night_goes_on_since() {
    let world = World::new();
    let (night, queue) = (Uuid::from_u128(7), "mauntic-overnight-jobs");
    let repeat = json!({"type": "overnight.start", "data": {"retryOf": night}});
    let mut keyed = repeat.clone();
    keyed["idempotencyKey"] = json!("k");
    world.store().put_night(night, &[]);
    let by_request = enqueue(queue, &repeat).header("idempotency-key", "r").send(&world).await;
    let by_message = enqueue(queue, &keyed).send(&world).await;
    assert_eq!((by_request.status, by_message.status), (202, 202));
    world.store().reopen_night(night);
    let again = enqueue(queue, &repeat).header("idempotency-key", "r").send(&world).await;
    assert_eq!((again.status, &again.body), (202, &by_request.body));
    let again = enqueue(queue, &keyed).send(&world).await;
    assert_eq!((again.status, &again.body["jobId"]), (202, &by_message.body["jobId"]));
    assert_eq!(again.body["created"], false);
    let other = enqueue(queue, &repeat).header("idempotency-key", "other");
    refused(&world, other, "validation_failed", ("queue.enqueue", queue)).await;
}

#[tokio::test]
async fn what_the_consumer_would_not_read_is_refused_with_pointers() {
    let world = World::new();
    let score = |data: Value| json!({"type": "scoring.CalculateScore", "data": data});
    let whole = json!({"organizationId": "o", "contactId": "c"});
    let mut newer = score(whole.clone());
    newer["v"] = json!(99);
    let mut keyed = score(whole.clone());
    keyed["idempotencyKey"] = json!("x".repeat(201));
    let mut addressed = score(whole);
    addressed["jobId"] = json!(Uuid::from_u128(1).to_string());
    for (message, pointer) in [
        (json!({}), ""),
        (json!({"type": 1}), "/type"),
        (json!({"type": "scoring.Nothing"}), "/type"),
        (json!({"type": "overnight.probe"}), "/type"),
        (score(json!({"organizationId": "o"})), "/data"),
        (score(json!({"organizationId": "o", "contactId": "a b"})), "/data/contactId"),
        (score(json!([])), "/data"),
        (newer, "/v"),
        (keyed, "/idempotencyKey"),
        (addressed, "/jobId"),
        (score(json!({"a": "\0"})), "/data/a"),
        (score(json!({"a": "x".repeat(BODY_BYTES_MAX)})), "/data"),
    ] {
        let call = enqueue(QUEUE, &message);
        let answer = refused(&world, call, "validation_failed", ("queue.enqueue", QUEUE)).await;
        let text: String = message.to_string().chars().take(100).collect();
        assert_eq!(answer.status, 422, "{text}");
        assert_eq!(answer.pointers(), [pointer], "{text}");
    }
    let probe = json!({"type": "scoring.Probe"});
    let nowhere = enqueue("nothing", &probe);
    let answer = refused(&world, nowhere, "queue_not_found", ("queue.enqueue", "nothing")).await;
    assert_eq!(answer.status, 404);
    let reason = post(&format!("queues/{QUEUE}/messages?reason="), &probe);
    let answer = refused(&world, reason, "validation_failed", ("queue.enqueue", QUEUE)).await;
    assert_eq!(answer.body["errors"][0]["in"], "query");
}

//! What the scoring and admin routes answer when all is well.

use chrono::TimeDelta;
use mauntic_domain::jobs::{JobState, Queue};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Category, Contribution, Features, Score, explain};
use mauntic_flows::ports::PortError;
use mauntic_sim::faults;
use mauntic_sim::store::rows::LetterRow;
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::Call;
use super::world::{OPERATOR_KEY, READ_KEY, WRITE_KEY, World, contact, epoch, organization};

const FEATURES: &str = "/api/v1/scoring/contacts/contact_1/features";
const RECALCULATE: &str = "/api/v1/scoring/recalculate";
const SCORE: &str = "/api/v1/scoring/contacts/contact_1/score";

fn score() -> Score {
    let contribution = |factor: &str, category, e4| Contribution {
        factor: factor.to_owned(),
        category,
        points: PointsE4::from_e4(e4),
    };
    Score::from_contributions(vec![
        contribution("has_email", Category::Fit, 100_000),
        contribution("webinar", Category::Engagement, 125_000),
        contribution("demo_request", Category::Intent, 900_000),
    ])
}

#[tokio::test]
async fn features_are_stored_and_scoring_is_queued() {
    let world = World::new();
    let body = r#"{"hasEmail":true,"companySize":"mid","seniority":null,
        "contentDownloads":3,"customFactors":{"webinar":true,"seats":2.5}}"#;
    let put = || Call::new("PUT", FEATURES).key(WRITE_KEY).json(body);
    let answer = put().header("x-request-id", "my-id").send(&world).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.body["contactId"], "contact_1");
    assert_eq!(answer.body["inputVersion"], 1);
    assert_eq!(answer.body["queued"], true);
    let key = (organization("org_a"), contact("contact_1"));
    world.store().look(|state| {
        let stored: Vec<_> = state.contacts().collect();
        let [(of, features, 1)] = stored[..] else { panic!("{stored:?}") };
        assert_eq!(*of, key);
        assert!(features.has_email && features.seniority.is_none());
        assert_eq!(features.custom_factors.len(), 2);
    });
    let jobs = world.store().jobs();
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].request_id.as_deref(), Some("my-id"));
    assert_eq!(answer.body["jobId"], jobs[0].id.to_string());
    let sent = world.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["jobId"], answer.body["jobId"]);
    let again = put().send(&world).await;
    assert_eq!(again.body["inputVersion"], 2);
    assert_eq!(again.body["queued"], false, "it joined the queued job");
    assert_eq!(again.body["jobId"], answer.body["jobId"]);
    assert_eq!(world.store().jobs()[0].coalesced, 1);
    assert_eq!(world.sent().len(), 1);
}

#[tokio::test]
async fn a_failed_send_is_logged_and_the_answer_stays() {
    let world = World::new();
    let cause = "down".to_owned();
    world.fail(faults::Call::Send, PortError::Unavailable { what: "the queue", cause });
    let put = Call::new("PUT", FEATURES).key(WRITE_KEY).json("{}");
    let post = Call::new("POST", RECALCULATE).key(WRITE_KEY);
    let post = post.json(r#"{"contactIds":["contact_2"]}"#);
    for call in [put, post] {
        world.log().clear();
        let answer = call.send(&world).await;
        assert_eq!(answer.status, 202);
        let failed = world.log()[0].clone();
        assert_eq!(failed["event"], "send_failed");
        assert_eq!(failed["code"], "unavailable");
        assert_eq!(failed["requestId"], answer.header("x-request-id"));
    }
}

#[tokio::test]
async fn contacts_are_recalculated_once_each() {
    let world = World::new();
    let post = |body: String| Call::new("POST", RECALCULATE).key(WRITE_KEY).json(body);
    let answer = post(r#"{"contactIds":["a","b","a"]}"#.to_owned()).send(&world).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.body["contacts"], 2);
    assert_eq!(answer.body["jobs"], 2);
    assert_eq!(answer.body["created"], 2);
    assert_eq!(answer.body["jobIds"].as_array().unwrap().len(), 2);

    let answer = post(r#"{"contactIds":["b","c"],"context":null}"#.to_owned()).send(&world).await;
    assert_eq!(answer.body["created"], 1);
    assert_eq!(answer.body["coalesced"], 1);

    let ids: Vec<String> = (0..10_000).map(|n| format!("contact_{n}")).collect();
    let answer = post(json!({ "contactIds": ids }).to_string()).send(&world).await;
    assert_eq!(answer.body["contacts"], 10_000);
    assert_eq!(answer.body["jobs"], 20);

    let answer = post(json!({ "contactIds": ids[..500] }).to_string()).send(&world).await;
    assert_eq!(answer.body["jobIds"].as_array().unwrap().len(), 500, "every job is named");

    let with_context = json!({ "contactIds": ids[..501], "context": { "intent": 12.5 } });
    let answer = post(with_context.to_string()).send(&world).await;
    assert_eq!(answer.body["jobs"], 2);
    assert_eq!(answer.body["jobIds"].as_array().unwrap().len(), 2);
    let jobs = world.store().jobs();
    let last = jobs.last().unwrap();
    assert_eq!(last.data["context"], json!({ "intent": 12.5 }));
}

#[tokio::test]
async fn a_score_is_shown_whole() {
    let world = World::new();
    world.put_score("contact_1", score(), None);
    let answer = Call::get(SCORE).key(READ_KEY).send(&world).await;
    let expected = json!({
        "contactId": "contact_1",
        "totalScore": 100,
        "grade": "A",
        "fitScore": 10,
        "engagementScore": 12.5,
        "intentScore": 90,
        "components": { "demo_request": 90, "has_email": 10, "webinar": 12.5 },
        "topContributors": [
            { "factor": "demo_request", "category": "intent", "points": 90 },
            { "factor": "webinar", "category": "engagement", "points": 12.5 },
            { "factor": "has_email", "category": "fit", "points": 10 },
        ],
        "inputVersion": 4,
        "configVersion": 2,
        "stale": false,
        "asOf": "2027-01-15T08:00:00.123Z",
        "calculatedAt": "2027-01-15T08:00:00.123Z",
    });
    assert_eq!(answer.body, expected);

    let contact = contact("contact_1");
    world.store().put_contact(&organization("org_a"), &contact, Features::default());
    let answer = Call::get(SCORE).key(READ_KEY).send(&world).await;
    assert_eq!(answer.body["stale"], true);
}

#[tokio::test]
async fn an_explanation_is_the_domains_own() {
    let world = World::new();
    for previous in [None, Some(40)] {
        world.put_score("contact_1", score(), previous);
        let path = format!("{SCORE}/explain");
        let mut answer = Call::get(&path).key(READ_KEY).send(&world).await;
        assert_eq!(answer.status, 200);
        let body = answer.body.as_object_mut().unwrap();
        assert_eq!(body.remove("contactId"), Some(json!("contact_1")));
        assert_eq!(body.remove("calculatedAt"), body.remove("asOf"));
        let signals = json!({"counted": 0, "cap": 40, "stale": false, "truncated": false,
            "sum": 0, "items": []});
        assert_eq!(body.remove("signals"), Some(signals));
        let explanation = explain(&score(), previous.map(PointsE4::whole));
        assert_eq!(answer.body, serde_json::to_value(explanation).unwrap());
    }
}

#[tokio::test]
async fn a_contact_without_a_score_is_told_from_an_unknown_one() {
    let world = World::new();
    for path in [SCORE.to_owned(), format!("{SCORE}/explain")] {
        let answer = Call::get(&path).key(READ_KEY).send(&world).await;
        assert_eq!((answer.status, answer.code()), (404, "contact_not_found"));
        assert_eq!(answer.body["retryable"], false);
    }
    Call::new("PUT", FEATURES).key(WRITE_KEY).json("{}").send(&world).await;
    for path in [SCORE.to_owned(), format!("{SCORE}/explain")] {
        let answer = Call::get(&path).key(READ_KEY).send(&world).await;
        assert_eq!((answer.status, answer.code()), (404, "score_not_ready"));
        assert_eq!(answer.body["retryable"], true);
    }
}

#[tokio::test]
async fn queues_are_listed_also_when_they_are_empty() {
    let world = World::new();
    let get = || Call::get("/api/v2/admin/queues").key(OPERATOR_KEY);
    let scoring = Queue::ScoringEvents.name();
    let queues = |counts: [i64; 4], oldest: Value| {
        let mut names = Queue::ALL.map(Queue::name);
        names.sort_unstable();
        let of = |name| {
            let (counts, oldest) =
                if name == scoring { (counts, &oldest) } else { ([0; 4], &Value::Null) };
            json!({
                "name": name, "pending": counts[0], "processing": counts[1],
                "failed": counts[2], "deadLetters": counts[3], "oldestSeconds": oldest,
                "backlog": { "messages": 0, "bytes": 0 },
            })
        };
        json!({ "queues": names.map(of) })
    };
    assert_eq!(get().send(&world).await.body, queues([0; 4], Value::Null));

    world.put_jobs(1, 1);
    world.ports.clock.advance(TimeDelta::seconds(61));
    world.put_jobs(2, 12);
    for (id, state) in [
        (8, JobState::InProgress),
        (9, JobState::InProgress),
        (10, JobState::Failed),
        (11, JobState::Completed),
        (12, JobState::Cancelled),
        (13, JobState::DeadLettered),
    ] {
        world.set_state(id, state);
    }
    world.store().put_letter(LetterRow {
        job_id: Some(Uuid::from_u128(13)),
        organization_id: Some("org_a".to_owned()),
        ..LetterRow::new(scoring, "expired", "", epoch())
    });
    assert_eq!(get().send(&world).await.body, queues([7, 2, 1, 1], json!(61)));
}

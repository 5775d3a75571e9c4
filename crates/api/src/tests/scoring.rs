//! What the scoring and admin routes answer when all is well.

use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Category, Contribution, Score, explain};
use mauntic_flows::ports::{PortError, QueueStats};
use serde_json::{Value, json};

use super::call::Call;
use super::world::{OPERATOR_KEY, READ_KEY, WRITE_KEY, World, contact, organization};

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
    {
        let data = world.data();
        let key = (organization("org_a"), contact("contact_1"));
        let (features, _) = &data.features[&key];
        assert!(features.has_email && features.seniority.is_none());
        assert_eq!(features.custom_factors.len(), 2);
        assert_eq!(data.jobs[0].1.request_id, "my-id");
        assert_eq!(data.sent.len(), 1);
        let job_id = data.sent[0].job_id.unwrap().to_string();
        assert_eq!(answer.body["jobId"], job_id);
    }
    let again = put().send(&world).await;
    assert_eq!(again.body["inputVersion"], 2);
    assert_eq!(again.body["queued"], false, "it joined the queued job");
}

#[tokio::test]
async fn a_failed_send_is_logged_and_the_answer_stays() {
    let world = World::new();
    world.data().fail_send =
        Some(PortError::Unavailable { what: "the queue", cause: "down".to_owned() });
    let put = Call::new("PUT", FEATURES).key(WRITE_KEY).json("{}");
    let post = Call::new("POST", RECALCULATE).key(WRITE_KEY);
    let post = post.json(r#"{"contactIds":["contact_2"]}"#);
    for call in [put, post] {
        world.data().log.clear();
        let answer = call.send(&world).await;
        assert_eq!(answer.status, 202);
        let failed = world.data().log[0].clone();
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
    let last = world.data().jobs.last().unwrap().1.job.data();
    assert_eq!(last["context"], json!({ "intent": 12.5 }));
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
        "calculatedAt": "2027-01-15T08:00:00.123Z",
    });
    assert_eq!(answer.body, expected);

    let key = (organization("org_a"), contact("contact_1"));
    world.data().scores.get_mut(&key).unwrap().input_version_now = 5;
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
        assert!(body.remove("calculatedAt").is_some());
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
    let answer = get().send(&world).await;
    let queue = |pending: i64, oldest: Value| {
        json!({ "queues": [{
            "name": "mauntic-scoring-events", "pending": pending, "processing": 0,
            "failed": 0, "deadLetters": 0, "oldestSeconds": oldest,
        }]})
    };
    assert_eq!(answer.body, queue(0, Value::Null));

    let stats = QueueStats { pending: 7, oldest_secs: Some(61), ..QueueStats::default() };
    let name = "mauntic-scoring-events".to_owned();
    world.data().queues.insert(name, stats);
    assert_eq!(get().send(&world).await.body, queue(7, json!(61)));
}

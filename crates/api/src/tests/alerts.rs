//! Alerts: listed, and taken on once.

use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Answer, Call};
use super::world::{OTHER_KEY, READ_KEY, WRITE_KEY, World};

const ALERTS: &str = "/api/v1/scoring/alerts";

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0100 + n)
}

fn world(alerts: u128) -> World {
    let world = World::new();
    for n in 0..alerts {
        world.put_alert(id(n), &format!("TYPE_{n}"));
    }
    world
}

fn acknowledge(id: Uuid, body: &Value) -> Call {
    let path = format!("{ALERTS}/{id}/acknowledge");
    Call::new("POST", &path).key(WRITE_KEY).json(body.to_string())
}

async fn listed(world: &World, query: &str) -> Answer {
    let answer = Call::get(&format!("{ALERTS}{query}")).key(READ_KEY).send(world).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

fn ids(body: &Value) -> Vec<String> {
    let items = body["items"].as_array().unwrap().iter();
    items.map(|item| item["alertId"].as_str().unwrap().to_owned()).collect()
}

fn newest_first(numbers: impl DoubleEndedIterator<Item = u128>) -> Vec<String> {
    numbers.rev().map(|n| id(n).to_string()).collect()
}

#[tokio::test]
async fn pages_meet_and_keep_their_filter() {
    let world = world(7);
    let (mut query, mut seen) = ("?limit=2&status=open".to_owned(), Vec::new());
    loop {
        let answer = listed(&world, &query).await;
        seen.extend(ids(&answer.body));
        let Some(next) = answer.body["next"].as_str() else { break };
        query = format!("?status=open&limit=2&cursor={next}");
        assert_eq!(answer.header("link"), format!("<{ALERTS}{query}>; rel=\"next\""));
    }
    assert_eq!(seen, newest_first(0..7));
    let first = listed(&world, "?limit=2").await;
    let next = first.body["next"].as_str().unwrap();
    for (key, query) in [
        (READ_KEY, format!("?status=open&cursor={next}")),
        (OTHER_KEY, format!("?limit=2&cursor={next}")),
    ] {
        let answer = Call::get(&format!("{ALERTS}{query}")).key(key).send(&world).await;
        assert_eq!(answer.pointers(), ["/cursor"], "{query}");
    }
}

#[tokio::test]
async fn alerts_are_found_by_what_they_are() {
    let world = world(3);
    acknowledge(id(1), &json!({"userId": "u"})).send(&world).await;
    for (query, expected) in [
        ("", vec![0, 1, 2]),
        ("?status=open", vec![0, 2]),
        ("?status=acknowledged", vec![1]),
        ("?status=open,acknowledged", vec![0, 1, 2]),
        ("?status=open&status=expired", vec![0, 2]),
        ("?priority=critical", vec![0, 1, 2]),
        ("?priority=high,low", vec![]),
        ("?contactId=contact_1&status=open", vec![0, 2]),
        ("?contactId=contact_2", vec![]),
    ] {
        let answer = listed(&world, query).await;
        assert_eq!(ids(&answer.body), newest_first(expected.into_iter()), "{query}");
    }
    for (query, pointers) in [
        ("status=closed", vec!["/status"]),
        ("status=", vec!["/status"]),
        ("status=open,open,open,open", vec!["/status"]),
        ("priority=urgent", vec!["/priority"]),
        ("contactId=a%20b", vec!["/contactId"]),
        ("contactId=a&contactId=b", vec!["/contactId"]),
        ("limit=101&type=x", vec!["/limit", "/type"]),
    ] {
        let answer = Call::get(&format!("{ALERTS}?{query}")).key(READ_KEY).send(&world).await;
        assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{query}");
        let mut found = answer.pointers();
        found.sort_unstable();
        assert_eq!(found, pointers, "{query}");
    }
}

#[tokio::test]
async fn an_alert_is_taken_on_by_one_user() {
    let world = world(1);
    let first = acknowledge(id(0), &json!({"userId": "user_1"})).send(&world).await;
    assert_eq!(first.status, 200);
    assert_eq!(
        (&first.body["status"], &first.body["acknowledgedBy"]),
        (&json!("acknowledged"), &json!("user_1"))
    );
    world.ports.clock.advance(chrono::TimeDelta::seconds(10));
    let again = acknowledge(id(0), &json!({"userId": "user_1"})).send(&world).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    let second = acknowledge(id(0), &json!({"userId": "user_2"})).send(&world).await;
    assert_eq!((second.status, second.code()), (409, "already_acknowledged"));
    assert_eq!(second.body["acknowledgedBy"], "user_1");
    assert_eq!(second.body["acknowledgedAt"], first.body["acknowledgedAt"]);
    assert_eq!(listed(&world, "").await.body["items"], json!([first.body]));
}

#[tokio::test]
async fn an_alert_that_is_over_or_unknown_is_nobodys() {
    use mauntic_domain::ids::{EventId, SignalType};
    use mauntic_domain::scoring::Priority;
    use mauntic_flows::ports::AlertFate;
    use mauntic_sim::store::signal_rows::AlertRow;

    let world = world(0);
    let now = super::world::epoch();
    world.store().put_alert(AlertRow {
        id: id(0),
        contact: (super::world::organization("org_a"), super::world::contact("contact_1")),
        signal_type: SignalType::parse("JOB_CHANGE").unwrap(),
        priority: Priority::High,
        event_id: EventId::parse("evt_1").unwrap(),
        opened_at: now,
        due_at: now + Priority::High.sla(),
        fate: AlertFate::Expired { at: now },
    });
    let user = json!({"userId": "user_1"});
    let over = acknowledge(id(0), &user).send(&world).await;
    assert_eq!((over.status, over.code()), (409, "alert_expired"));
    assert_eq!(over.body["expiredAt"], "2027-01-15T08:00:00.123Z");
    let unknown = acknowledge(id(9), &user).send(&world).await;
    assert_eq!((unknown.status, unknown.code()), (404, "alert_not_found"));
    let path = format!("{ALERTS}/{}/acknowledge", id(0));
    let foreign = Call::new("POST", &path).key(OTHER_KEY).json(user.to_string());
    assert_eq!(foreign.send(&world).await.code(), "alert_not_found");
    let no_id = Call::new("POST", &format!("{ALERTS}/x/acknowledge")).key(WRITE_KEY);
    assert_eq!(no_id.json(user.to_string()).send(&world).await.pointers(), ["/id"]);
}

#[tokio::test]
async fn who_takes_an_alert_on_must_be_said() {
    let world = world(1);
    let long = "x".repeat(101);
    for (body, pointers) in [
        (json!({}), vec!["/userId"]),
        (json!({"userId": null}), vec!["/userId"]),
        (json!({"userId": ""}), vec!["/userId"]),
        (json!({"userId": long}), vec!["/userId"]),
        (json!({"userId": 7}), vec!["/userId"]),
        (json!({"userId": "a\u{0}"}), vec!["/userId"]),
        (json!({"userId": "a", "user": "b"}), vec!["/user"]),
    ] {
        let answer = acknowledge(id(0), &body).send(&world).await;
        assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{body}");
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
    assert_eq!(listed(&world, "?status=open").await.body["items"].as_array().unwrap().len(), 1);
    let whole = acknowledge(id(0), &json!({"userId": "x".repeat(100)})).send(&world).await;
    assert_eq!(whole.status, 200);
}

#[tokio::test]
async fn a_key_stands_for_one_request() {
    let world = world(2);
    let keyed = |n, user: &str| {
        acknowledge(id(n), &json!({ "userId": user })).header("idempotency-key", "k")
    };
    let first = keyed(0, "user_1").send(&world).await;
    assert_eq!(first.status, 200);
    assert_eq!(keyed(0, "user_1").send(&world).await.body, first.body);
    for call in [keyed(1, "user_1"), keyed(0, "user_2")] {
        let answer = call.send(&world).await;
        assert_eq!((answer.status, answer.code()), (409, "idempotency_conflict"));
    }
    assert_eq!(ids(&listed(&world, "?status=open").await.body), [id(1).to_string()]);
}

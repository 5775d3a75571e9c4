//! Sending domains: stored, listed, and how much of a day is granted.

use chrono::TimeDelta;
use mauntic_flows::ports::PortError;
use mauntic_sim::faults::{self, Fault};
use serde_json::{Value, json};

use super::call::{Answer, Call};
use super::things::DOMAIN;
use super::world::{OTHER_KEY, READ_KEY, WRITE_KEY, World};

const DOMAINS: &str = "/api/v1/warmup/domains";
const PLACE: &str = "warmup/daily/org_a/example.com";

/// With a verified domain that was created now: 50 e-mails a day.
async fn world() -> World {
    let world = World::new();
    world.put_domain(DOMAIN, true).await;
    world
}

fn put(domain: &str, body: &Value) -> Call {
    Call::new("PUT", &format!("{DOMAINS}/{domain}")).key(WRITE_KEY).json(body.to_string())
}

fn get(domain: &str) -> Call {
    Call::get(&format!("{DOMAINS}/{domain}")).key(READ_KEY)
}

fn reserve(domain: &str, body: &Value) -> Call {
    let path = format!("{DOMAINS}/{domain}/reserve");
    Call::new("POST", &path).key(WRITE_KEY).json(body.to_string())
}

async fn granted(world: &World, count: u32) -> Value {
    let answer = reserve(DOMAIN, &json!({ "count": count })).send(world).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["granted"].clone()
}

async fn count(world: &World) -> Value {
    let answer = get(DOMAIN).send(world).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["count"].clone()
}

fn is_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code()), (status, code), "{}", answer.body);
}

#[tokio::test]
async fn a_domain_is_stored_and_shown() {
    let world = World::new();
    let first = put("Mail.Example.com", &json!({})).send(&world).await;
    let fresh = json!({
        "domain": "mail.example.com", "createdAt": "2027-01-15T08:00:00.123Z", "verifiedAt": null,
        "schedule": null, "day": 1, "limit": 50,
    });
    assert_eq!((first.status, &first.body), (200, &fresh));
    let schedule = json!([{"day": 1, "maxEmails": 10}, {"day": 11, "maxEmails": 110}]);
    let created = "2027-01-10T09:00:00.000+01:00";
    let body = json!({"verified": true, "createdAt": created, "schedule": schedule});
    let second = put("mail.example.com", &body).send(&world).await;
    let whole = json!({
        "domain": "mail.example.com", "createdAt": "2027-01-10T08:00:00.000Z",
        "verifiedAt": "2027-01-15T08:00:00.123Z", "schedule": schedule, "day": 6, "limit": 60,
    });
    assert_eq!((second.status, &second.body), (200, &whole));
    let same = put("mail.example.com", &json!({"verified": null})).send(&world).await;
    assert_eq!(same.body, whole, "what is not said stays");
    let day = get("MAIL.example.com").send(&world).await;
    let shown = json!({
        "domain": "mail.example.com", "date": "2027-01-15", "count": 0, "limit": 60, "day": 6,
        "progressPercent": 54,
    });
    assert_eq!((day.status, &day.body), (200, &shown));
    let usual = put("mail.example.com", &json!({"schedule": [], "verified": false}));
    let usual = usual.send(&world).await;
    let shown = ["schedule", "verifiedAt", "limit"].map(|name| &usual.body[name]);
    assert_eq!(shown, [&Value::Null, &Value::Null, &json!(1_750)]);
    world.ports.clock.advance(TimeDelta::days(30));
    let over = get("mail.example.com").send(&world).await;
    let shown = ["limit", "day", "progressPercent"].map(|name| &over.body[name]);
    assert_eq!(shown, [&Value::Null, &json!(36), &json!(100)]);
}

#[tokio::test]
async fn what_is_no_domain_is_refused_whole() {
    let world = World::new();
    let many: Vec<Value> = (1..=101).map(|n| json!({"day": n, "maxEmails": n})).collect();
    for (body, pointers) in [
        (json!({"verified": "yes"}), vec!["/verified"]),
        (json!({"createdAt": "yesterday"}), vec!["/createdAt"]),
        (json!({"createdAt": "9999-12-31T23:59:59-12:00"}), vec!["/createdAt"]),
        (json!({"createdAt": "1969-12-31T00:00:00Z"}), vec!["/createdAt"]),
        (json!({"createdAt": 7}), vec!["/createdAt"]),
        (json!({"name": "x", "verified": 1}), vec!["/name", "/verified"]),
        (json!({"schedule": {}}), vec!["/schedule"]),
        (json!({"schedule": many}), vec!["/schedule"]),
        (json!({"schedule": [7]}), vec!["/schedule/0"]),
        (json!({"schedule": [{"day": 1}]}), vec!["/schedule/0/maxEmails"]),
        (
            json!({"schedule": [{"day": 0, "maxEmails": 1.5}]}),
            vec!["/schedule/0/day", "/schedule/0/maxEmails"],
        ),
        (json!({"schedule": [{"day": 1, "maxEmails": 1, "hour": 1}]}), vec!["/schedule/0/hour"]),
        (
            json!({"schedule": [{"day": 1, "maxEmails": 2}, {"day": 2, "maxEmails": 2}]}),
            vec!["/schedule"],
        ),
    ] {
        let answer = put(DOMAIN, &body).send(&world).await;
        is_refused(&answer, 422, "validation_failed");
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
    assert!(world.store().look(|state| state.sending_domains().next().is_none()));
    let long = format!("{}.example", "a".repeat(64));
    for name in ["example", "a_b.example", "a%20b.example", "%FF", "%00", "a..b", long.as_str()] {
        for call in [get(name), put(name, &json!({})), reserve(name, &json!({"count": 1}))] {
            let answer = call.send(&world).await;
            is_refused(&answer, 422, "validation_failed");
            assert_eq!(answer.pointers(), ["/domain"], "{name}");
        }
    }
}

#[tokio::test]
async fn domains_have_pages_of_their_organization() {
    let world = World::new();
    for name in ["c.example", "a.example", "b.example"] {
        world.put_domain(name, false).await;
    }
    let (mut query, mut seen) = ("?limit=2".to_owned(), Vec::new());
    loop {
        let answer = Call::get(&format!("{DOMAINS}{query}")).key(READ_KEY).send(&world).await;
        let items = answer.body["items"].as_array().unwrap().iter();
        seen.extend(items.map(|item| item["domain"].as_str().unwrap().to_owned()));
        let Some(next) = answer.body["next"].as_str() else { break };
        query = format!("?limit=2&cursor={next}");
        assert_eq!(answer.header("link"), format!("<{DOMAINS}{query}>; rel=\"next\""));
    }
    assert_eq!(seen, ["a.example", "b.example", "c.example"]);
    let foreign = Call::get(&format!("{DOMAINS}{query}")).key(OTHER_KEY).send(&world).await;
    assert_eq!(foreign.pointers(), ["/cursor"]);
    let none = Call::get(DOMAINS).key(OTHER_KEY).send(&world).await;
    assert_eq!(none.body["items"], json!([]));
    let long = format!("{}com", "a.".repeat(125));
    world.put_domain(&long, false).await;
    let first = Call::get(&format!("{DOMAINS}?limit=1")).key(READ_KEY).send(&world).await;
    let next = first.body["next"].as_str().unwrap();
    let path = format!("{DOMAINS}?limit=1&cursor={next}");
    let second = Call::get(&path).key(READ_KEY).send(&world).await;
    assert_eq!(second.body["items"][0]["domain"], "a.example", "the longest name has a cursor");
}

#[tokio::test]
async fn a_day_is_granted_up_to_its_limit_and_no_further() {
    let world = world().await;
    assert_eq!(granted(&world, 30).await, 30);
    assert_eq!(granted(&world, 100_000).await, 20, "what is left");
    assert_eq!(count(&world).await, 50);
    let over = reserve(DOMAIN, &json!({"count": 1})).send(&world).await;
    is_refused(&over, 429, "warmup_limit_reached");
    assert_eq!(over.body["retryAfter"], "2027-01-16T00:00:00.000Z");
    assert_eq!(over.header("retry-after"), (16 * 3_600).to_string());
    assert_eq!(over.body["retryable"], true);
    // At midnight a day begins, whether or not anybody resets anything.
    world.ports.clock.advance(TimeDelta::hours(16));
    assert_eq!(count(&world).await, 0);
    assert_eq!(granted(&world, 60).await, 50, "it is still in its first 24 hours");
    world.ports.clock.advance(TimeDelta::hours(8) + TimeDelta::seconds(1));
    assert_eq!(granted(&world, 60).await, 50, "its second day allows 100");
}

#[tokio::test]
async fn a_key_is_granted_once() {
    let world = world().await;
    let keyed = |count: u32, key: &'static str| {
        reserve(DOMAIN, &json!({ "count": count })).header("idempotency-key", key)
    };
    let first = keyed(30, "k").send(&world).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (200, ""));
    for _ in 0..2 {
        let again = keyed(30, "k").send(&world).await;
        assert_eq!((again.status, &again.body), (200, &first.body));
        assert_eq!(again.header("idempotent-replayed"), "true");
    }
    let other = keyed(31, "k").send(&world).await;
    is_refused(&other, 409, "idempotency_conflict");
    assert_eq!(count(&world).await, 30);
    assert_eq!(keyed(30, "l").send(&world).await.body["granted"], 20);
    let body = world.ports.counters.body(PLACE).unwrap();
    assert!(!body.contains("\"k\""), "keys are kept as hashes: {body}");
}

#[tokio::test]
async fn only_a_verified_domain_of_ones_own_is_granted_anything() {
    let world = world().await;
    world.put_domain("new.example", false).await;
    let new = reserve("new.example", &json!({"count": 1})).send(&world).await;
    is_refused(&new, 409, "domain_not_verified");
    let foreign = format!("{DOMAINS}/{DOMAIN}/reserve");
    let foreign = Call::new("POST", &foreign).key(OTHER_KEY).json(r#"{"count":1}"#);
    is_refused(&foreign.send(&world).await, 404, "domain_not_found");
    is_refused(&get("no.example").send(&world).await, 404, "domain_not_found");
    let theirs = Call::get(&format!("{DOMAINS}/{DOMAIN}")).key(OTHER_KEY);
    is_refused(&theirs.send(&world).await, 404, "domain_not_found");
    for body in [
        json!({}),
        json!({"count": 0}),
        json!({"count": -1}),
        json!({"count": 1.5}),
        json!({"count": "1"}),
        json!({"count": null}),
        json!({"count": 100_001}),
        json!({"count": u64::MAX}),
    ] {
        let answer = reserve(DOMAIN, &body).send(&world).await;
        is_refused(&answer, 422, "validation_failed");
        assert_eq!(answer.pointers(), ["/count"], "{body}");
    }
    assert_eq!(world.ports.counters.body(PLACE), None, "nothing was granted");
}

#[tokio::test]
async fn without_the_counters_nothing_is_granted() {
    let world = world().await;
    world.ports.faults.stand(faults::Call::GetCounter, Some(Fault::Lost));
    for call in [reserve(DOMAIN, &json!({"count": 1})), get(DOMAIN)] {
        let away = call.send(&world).await;
        is_refused(&away, 503, "counters_unavailable");
        assert_eq!(away.header("retry-after"), "5");
    }
    // What is in the database is there all the same.
    assert_eq!(put(DOMAIN, &json!({})).send(&world).await.status, 200);
    world.ports.faults.calm();
    world.ports.faults.stand(faults::Call::PutCounter, Some(Fault::Contended));
    let busy = reserve(DOMAIN, &json!({"count": 1})).send(&world).await;
    is_refused(&busy, 503, "contention");
    assert_eq!(busy.header("retry-after"), "1");
    world.ports.faults.calm();
    assert_eq!((count(&world).await, granted(&world, 1).await), (json!(0), json!(1)));
}

#[tokio::test]
async fn a_lost_answer_is_found_again_by_its_key_alone() {
    let world = world().await;
    let lose = || world.ports.faults.next(Some(faults::Call::PutCounter), Fault::AnswerLost);
    lose();
    let keyed = || reserve(DOMAIN, &json!({"count": 30})).header("idempotency-key", "k");
    let found = keyed().send(&world).await;
    assert_eq!((found.status, &found.body["granted"]), (200, &json!(30)));
    lose();
    let spent = reserve(DOMAIN, &json!({"count": 15})).send(&world).await;
    is_refused(&spent, 503, "commit_unknown");
    assert_eq!(spent.header("retry-after"), "5");
    assert_eq!(count(&world).await, 45, "it is spent");
    assert_eq!(keyed().send(&world).await.body, found.body);
    // Never done, and never known: the answer says so, and nothing is granted.
    world.ports.faults.stand(faults::Call::PutCounter, Some(Fault::Unsure));
    let other = reserve(DOMAIN, &json!({"count": 5})).header("idempotency-key", "l");
    is_refused(&other.send(&world).await, 503, "commit_unknown");
    assert_eq!(count(&world).await, 45);
}

#[tokio::test]
async fn a_counter_that_nobody_wrote_is_told_to_an_operator() {
    let world = world().await;
    world.ports.counters.set_body(PLACE, "{");
    let answer = reserve(DOMAIN, &json!({"count": 1})).send(&world).await;
    is_refused(&answer, 500, "internal_error");
    assert!(answer.line["cause"].as_str().unwrap().contains(PLACE));
    let cause = "refused".to_owned();
    world.fail(faults::Call::Domain, PortError::Unavailable { what: "the database", cause });
    is_refused(&get(DOMAIN).send(&world).await, 503, "database_unavailable");
}

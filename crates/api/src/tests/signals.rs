//! A contact's signals, its days, and its score as of any instant.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use mauntic_domain::contact_events::Channel;
use mauntic_domain::ids::{EventId, SignalType};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{
    Category, Config, ConfigEntry, Contribution, Decay, Features, Priority, Score, Signal,
    SignalWeight,
};
use mauntic_flows::ports::{AlertFate, SIGNALS_READ_MAX};
use mauntic_sim::store::signal_rows::{AlertRow, SignalRow};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::Call;
use super::world::{OTHER_KEY, READ_KEY, World, contact, epoch, organization};

const SCORE: &str = "/api/v1/scoring/contacts/contact_1/score";
const EXPLAIN: &str = "/api/v1/scoring/contacts/contact_1/score/explain";
const HISTORY: &str = "/api/v1/scoring/contacts/contact_1/score/history";
const SIGNALS: &str = "/api/v1/scoring/contacts/contact_1/signals";

impl World {
    /// Puts `contact_1` of `org_a`, with an e-mail address.
    fn put_contact(&self) {
        let features = Features { has_email: true, ..Features::default() };
        self.store().put_contact(&organization("org_a"), &contact("contact_1"), features);
    }

    /// Puts a signal of `contact_1`, of so many points and such an age.
    fn put_signal(&self, event: &str, points: i64, age: TimeDelta) {
        let detected_at = whole(self.ports.clock.database()) - age;
        let row = SignalRow {
            signal_type: SignalType::parse("DEMO_REQUEST").unwrap(),
            source: Channel::Content,
            signal: Signal {
                weight: SignalWeight::from_hundredths(points * 100).unwrap(),
                decay: Decay::default(),
                detected_at,
            },
            priority: Priority::Critical,
            cap_per_day: 100,
            input_version: 1,
            received_at: detected_at,
            counted: true,
            archived_at: None,
        };
        let of = (organization("org_a"), contact("contact_1"));
        self.store().put_signal(of, EventId::parse(event).unwrap(), row);
    }

    /// Puts an open alert of `contact_1` of `org_a`, opened now.
    pub(crate) fn put_alert(&self, id: Uuid, signal_type: &str) {
        let now = self.ports.clock.database();
        self.store().put_alert(AlertRow {
            id,
            contact: (organization("org_a"), contact("contact_1")),
            signal_type: SignalType::parse(signal_type).unwrap(),
            priority: Priority::Critical,
            event_id: EventId::parse("evt_1").unwrap(),
            opened_at: now,
            due_at: now + Priority::Critical.sla(),
            fate: AlertFate::Open,
        });
    }
}

fn whole(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(time.timestamp_millis()).unwrap()
}

/// An instant as a query has it.
fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

async fn get(world: &World, path: &str) -> Value {
    let answer = Call::get(path).key(READ_KEY).send(world).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// Σ currentWeight = sum, counted = min(sum, cap) = the contribution, and the
/// contributions are the total.
fn assert_adds_up(body: &Value) {
    let points = |value: &Value| PointsE4::deserialize(value).unwrap();
    let signals = &body["signals"];
    let (of_all, cap) = (points(&signals["sum"]), points(&signals["cap"]));
    let items = signals["items"].as_array().unwrap();
    let sum: PointsE4 = items.iter().map(|item| points(&item["currentWeight"])).sum();
    assert_eq!(sum, of_all, "{body}");
    assert_eq!(points(&signals["counted"]), sum.min(cap), "{body}");
    let lines = body["contributions"].as_array().unwrap();
    let found = lines.iter().find(|line| line["factor"] == "intent_signals");
    let contribution = found.map_or(PointsE4::ZERO, |line| points(&line["points"]));
    assert_eq!(contribution, sum.min(cap), "{body}");
    let total: PointsE4 = lines.iter().map(|line| points(&line["points"])).sum();
    assert_eq!(total, points(&body["totalScore"]), "{body}");
}

#[tokio::test]
async fn a_score_is_asked_for_as_of_any_instant() {
    let world = World::new();
    world.put_contact();
    world.put_signal("old", 20, TimeDelta::hours(84));
    world.put_signal("new", 30, TimeDelta::zero());
    let now = whole(epoch());
    for (hours, total, names) in [
        (-85, 10.0, vec![]),
        (-84, 30.0, vec!["old"]),
        (0, 50.0, vec!["new", "old"]),
        (42, 37.5, vec!["new", "old"]),
        (84, 25.0, vec!["new"]),
        (168, 10.0, vec![]),
    ] {
        let as_of = text(now + TimeDelta::hours(hours));
        let score = get(&world, &format!("{SCORE}?asOf={as_of}")).await;
        assert_eq!(score["totalScore"], total, "{hours}: {score}");
        assert_eq!((&score["asOf"], &score["calculatedAt"]), (&json!(as_of), &Value::Null));
        assert_eq!((&score["stale"], &score["inputVersion"]), (&json!(false), &json!(1)));
        let explained = get(&world, &format!("{EXPLAIN}?asOf={as_of}")).await;
        assert_adds_up(&explained);
        assert_eq!(explained["totalScore"], score["totalScore"]);
        let items = explained["signals"]["items"].as_array().unwrap();
        let found: Vec<_> = items.iter().map(|item| item["eventId"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{hours}");
    }
    // A zone is a zone.
    let east = format!("{SCORE}?asOf=2027-01-15T10:00:00%2B02:00");
    assert_eq!(get(&world, &east).await["asOf"], "2027-01-15T08:00:00.000Z");
}

#[tokio::test]
async fn an_instant_that_is_none_or_too_far_is_refused() {
    let world = World::new();
    world.put_contact();
    let far = |days: i64, ms: i64| {
        text(whole(epoch()) + TimeDelta::days(days) + TimeDelta::milliseconds(ms))
    };
    for path in [SCORE, EXPLAIN] {
        for sound in [far(-30, 1), far(366, 0)] {
            get(&world, &format!("{path}?asOf={sound}")).await;
        }
        for (wrong, pointer) in [
            (format!("asOf={}", far(-30, -1)), "/asOf"),
            (format!("asOf={}", far(366, 1)), "/asOf"),
            ("asOf=".to_owned(), "/asOf"),
            ("asOf=yesterday".to_owned(), "/asOf"),
            ("asOf=2027-01-15".to_owned(), "/asOf"),
            ("asOf=2027-01-15T08:00:00".to_owned(), "/asOf"),
            ("asOf=2027-01-15T10:00:00+02:00".to_owned(), "/asOf"),
            ("asOf=0000-01-01T00:00:00Z".to_owned(), "/asOf"),
            ("asOf=9999-12-31T23:59:59Z".to_owned(), "/asOf"),
            ("asOf=+262142-01-01T00:00:00Z".to_owned(), "/asOf"),
            ("asOf=%00".to_owned(), "/asOf"),
            ("asof=2027-01-15T08:00:00Z".to_owned(), "/asof"),
            (format!("asOf={0}&asOf={0}", far(0, 0)), "/asOf"),
        ] {
            let call = Call::get(&format!("{path}?{wrong}")).key(READ_KEY);
            let answer = call.send(&world).await;
            assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{wrong}");
            assert_eq!(answer.pointers(), [pointer], "{wrong}");
        }
    }
}

#[tokio::test]
async fn as_of_an_instant_the_newest_configuration_holds() {
    let world = World::new();
    world.put_contact();
    world.put_signal("new", 30, TimeDelta::zero());
    let entry = json!([{"category": "fit", "factor": "intent_signals", "weight": 12.5}]);
    let entries: Vec<ConfigEntry> = serde_json::from_value(entry).unwrap();
    world.store().put_config(&organization("org_a"), Config::new(entries).unwrap());
    let as_of = text(epoch());
    let explained = get(&world, &format!("{EXPLAIN}?asOf={as_of}")).await;
    assert_adds_up(&explained);
    let signals = &explained["signals"];
    assert_eq!((&signals["sum"], &signals["cap"]), (&json!(30), &json!(12.5)));
    assert_eq!((&signals["counted"], &explained["totalScore"]), (&json!(12.5), &json!(22.5)));
    let score = get(&world, &format!("{SCORE}?asOf={as_of}")).await;
    assert_eq!((&score["configVersion"], &score["fitScore"]), (&json!(1), &json!(22.5)));
}

fn contribution(factor: &str, category: Category, points: &str) -> Contribution {
    let points = serde_json::from_str(points).unwrap();
    Contribution { factor: factor.to_owned(), category, points }
}

#[tokio::test]
async fn a_stored_score_is_explained_by_the_signals_it_was_computed_from() {
    let world = World::new();
    world.put_contact();
    world.put_signal("old", 20, TimeDelta::hours(84));
    let stored = Score::from_contributions(vec![
        contribution("has_email", Category::Fit, "10"),
        contribution("intent_signals", Category::Intent, "10"),
    ]);
    world.put_score("contact_1", stored, Some(25));
    // Of one that came later nothing is in it; of the one that is, all as it was.
    world.ports.clock.advance(TimeDelta::hours(10));
    let explained = get(&world, EXPLAIN).await;
    assert_adds_up(&explained);
    assert_eq!(explained["trend"]["previousTotal"], 25);
    assert_eq!(explained["asOf"], text(epoch()));
    let expected = json!([{
        "eventId": "old", "signalType": "DEMO_REQUEST", "source": "content", "weight": 20,
        "currentWeight": 10, "detectedAt": text(whole(epoch()) - TimeDelta::hours(84)),
        "decayedAt": text(whole(epoch()) + TimeDelta::hours(84)),
    }]);
    assert_eq!(explained["signals"]["items"], expected);
    assert_eq!(explained["signals"]["stale"], false);

    world.put_contact();
    let explained = get(&world, EXPLAIN).await;
    let signals = json!({"counted": 10, "cap": 40, "stale": true, "truncated": false, "sum": null,
        "items": null});
    assert_eq!((&explained["signals"], &explained["totalScore"]), (&signals, &json!(20)));
}

#[tokio::test]
async fn more_signals_than_are_read_are_refused_or_told() {
    let world = World::new();
    world.put_contact();
    for n in 0..=SIGNALS_READ_MAX {
        world.put_signal(&format!("evt_{n}"), 1, TimeDelta::zero());
    }
    let path = format!("{SCORE}?asOf={}", text(epoch()));
    let answer = Call::get(&path).key(READ_KEY).send(&world).await;
    assert_eq!((answer.status, answer.code()), (422, "too_many_signals"));
    let stored = vec![contribution("intent_signals", Category::Intent, "40")];
    world.put_score("contact_1", Score::from_contributions(stored), None);
    let explained = get(&world, EXPLAIN).await;
    let signals = json!({"counted": 40, "cap": 40, "stale": false, "truncated": true,
        "sum": null, "items": null});
    assert_eq!((&explained["signals"], &explained["totalScore"]), (&signals, &json!(40)));
}

#[tokio::test]
async fn signals_are_listed_in_pages_with_what_they_weigh_now() {
    let world = World::new();
    world.put_contact();
    for hours in 0..50 {
        world.put_signal(&format!("evt_{hours}"), 20, TimeDelta::hours(hours * 4));
    }
    let (mut path, mut seen) = (format!("{SIGNALS}?limit=15"), Vec::new());
    loop {
        let body = get(&world, &path).await;
        seen.extend(body["items"].as_array().unwrap().iter().cloned());
        let Some(next) = body["next"].as_str() else { break };
        path = format!("{SIGNALS}?limit=15&cursor={next}");
    }
    let names: Vec<_> = seen.iter().map(|item| item["eventId"].as_str().unwrap()).collect();
    let expected: Vec<String> = (0..50).map(|hours| format!("evt_{hours}")).collect();
    assert_eq!(names, expected);
    assert_eq!((&seen[0]["currentWeight"], &seen[21]["currentWeight"]), (&json!(20), &json!(10)));
    assert_eq!((&seen[42]["currentWeight"], &seen[42]["weight"]), (&json!(0), &json!(20)));
    assert_eq!((&seen[0]["decayModel"], &seen[0]["decayHours"]), (&json!("linear"), &json!(168)));
    assert_eq!((&seen[0]["priority"], &seen[0]["counted"]), (&json!("critical"), &json!(true)));
    let first = get(&world, SIGNALS).await;
    assert_eq!(first["items"].as_array().unwrap().len(), 20);
    // Another organization's list of the same path is another list.
    world.store().put_contact(&organization("org_b"), &contact("contact_1"), Features::default());
    let next = first["next"].as_str().unwrap();
    let foreign = Call::get(&format!("{SIGNALS}?cursor={next}")).key(OTHER_KEY);
    assert_eq!(foreign.send(&world).await.pointers(), ["/cursor"]);
}

#[tokio::test]
async fn days_are_listed_and_bounded() {
    let world = World::new();
    world.put_contact();
    assert_eq!(get(&world, HISTORY).await, json!({"items": []}));
    get(&world, &format!("{HISTORY}?from=2027-01-01&to=2027-01-01&limit=400")).await;
    for (query, pointers) in [
        ("limit=0", vec!["/limit"]),
        ("limit=401", vec!["/limit"]),
        ("from=2027-02-29", vec!["/from"]),
        ("from=2027-1-1", vec!["/from"]),
        ("to=2027-01-01T00:00:00Z", vec!["/to"]),
        ("from=%202027-01-0", vec!["/from"]),
        ("from=2027-01-02&to=2027-01-01", vec!["/from"]),
        ("since=1", vec!["/since"]),
    ] {
        let answer = Call::get(&format!("{HISTORY}?{query}")).key(READ_KEY).send(&world).await;
        assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{query}");
        assert_eq!(answer.pointers(), pointers, "{query}");
    }
}

#[tokio::test]
async fn what_is_of_an_unknown_contact_is_told_so() {
    let world = World::new();
    let as_of = format!("{SCORE}?asOf={}", text(epoch()));
    for path in [HISTORY, SIGNALS, EXPLAIN, as_of.as_str()] {
        let answer = Call::get(path).key(READ_KEY).send(&world).await;
        assert_eq!((answer.status, answer.code()), (404, "contact_not_found"), "{path}");
    }
}

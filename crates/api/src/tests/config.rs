//! Configurations: read, drafted, previewed and published over HTTP.

use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Category, Contribution, Features, Score};
use serde_json::{Value, json};

use super::call::{Answer, Call};
use super::refusals::refused;
use super::world::{OTHER_KEY, READ_KEY, WRITE_KEY, World, contact, organization};

pub(super) const CONFIG: &str = "/api/v1/scoring/config";
pub(super) const SIGNALS: &str = "/api/v1/scoring/signal-config";
const DRAFT: &str = "/api/v1/scoring/config/draft";
pub(super) const PREVIEW: &str = "/api/v1/scoring/config/preview";
pub(super) const PUBLISH: &str = "/api/v1/scoring/config/publish";

pub(super) fn put(path: &str, seen: &str, entries: &Value) -> Call {
    let call = Call::new("PUT", path).key(WRITE_KEY).header("if-match", seen);
    call.json(json!({ "entries": entries }).to_string())
}

fn discard(seen: &str) -> Call {
    Call::new("DELETE", DRAFT).key(WRITE_KEY).header("if-match", seen)
}

pub(super) fn publish(seen: &str) -> Call {
    Call::new("POST", PUBLISH).key(WRITE_KEY).header("if-match", seen)
}

pub(super) fn preview(body: &Value) -> Call {
    Call::new("POST", PREVIEW).key(READ_KEY).json(body.to_string())
}

async fn get(world: &World, path: &str) -> Answer {
    let answer = Call::get(path).key(READ_KEY).send(world).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

/// Sends it; it changes the configuration to the state of this tag.
pub(super) async fn changed(world: &World, call: Call, tag: &str) -> Answer {
    let answer = call.send(world).await;
    assert!(matches!(answer.status, 200 | 202), "{}", answer.body);
    assert_eq!(answer.header("etag"), tag);
    let told = format!("\"{}.{}\"", answer.body["version"], answer.body["revision"]);
    assert_eq!(told, tag);
    answer
}

/// The weight of a demo asked for.
fn demo(weight: f64) -> Value {
    json!([{"category": "intent", "factor": "demo_request", "weight": weight}])
}

#[tokio::test]
async fn a_configuration_is_drafted_and_published() {
    let world = World::new();
    let empty = get(&world, CONFIG).await;
    assert_eq!(empty.header("etag"), "\"0.0\"");
    let nothing = json!({"entries": [], "by": null, "at": null});
    let body = json!({"version": 0, "revision": 0, "published": nothing, "draft": null});
    assert_eq!(empty.body, body);

    changed(&world, put(CONFIG, "\"0.0\"", &demo(12.5)), "\"0.1\"").await;
    let types = json!([
        {"signalType": "DEMO_REQUEST", "weight": 7.25, "decayHours": 72, "decayModel": "step",
         "tier": "low", "enabled": false, "capPerDay": 3},
        {"signalType": "JOB_CHANGE"}]);
    changed(&world, put(SIGNALS, "\"0.1\"", &types), "\"0.2\"").await;
    let shown = get(&world, CONFIG).await;
    assert_eq!(shown.body["published"], nothing);
    let mut weights = demo(12.5);
    weights[0]["enabled"] = json!(true);
    assert_eq!(shown.body["draft"]["entries"], weights);
    assert!(shown.body["draft"]["by"].is_string() && shown.body["draft"]["at"].is_string());

    let body = json!({"note": "demos convert"}).to_string();
    let published = changed(&world, publish("\"0.2\"").json(body), "\"1.3\"").await;
    assert_eq!((published.status, &published.body["opened"]), (202, &json!(true)));
    let sent = world.sent();
    assert_eq!((sent.len(), &sent[0]["type"]), (1, &json!("scoring.BatchRecompute")));
    let entry = world.audit().pop().unwrap();
    assert_eq!(
        (&entry["action"], &entry["reason"]),
        (&json!("config.publish"), &json!("demos convert"))
    );
    assert_eq!(entry["after"]["runId"], published.body["executionId"]);

    let signals = get(&world, SIGNALS).await;
    assert_eq!((signals.header("etag"), &signals.body["draft"]), ("\"1.3\"", &Value::Null));
    let defaults = json!({"signalType": "JOB_CHANGE", "weight": null, "decayHours": 168,
        "decayModel": "linear", "tier": null, "enabled": true, "capPerDay": null});
    assert_eq!(signals.body["published"]["entries"], json!([types[0], defaults]));
    let others = Call::get(CONFIG).key(OTHER_KEY).send(&world).await;
    assert_eq!(others.header("etag"), "\"0.0\"");
}

#[tokio::test]
async fn a_second_publication_joins_the_open_run() {
    let world = World::new();
    changed(&world, put(CONFIG, "\"0.0\"", &demo(1.0)), "\"0.1\"").await;
    let first = changed(&world, publish("\"0.1\""), "\"1.2\"").await;
    changed(&world, put(CONFIG, "\"1.2\"", &demo(2.0)), "\"1.3\"").await;
    let second = changed(&world, publish("\"1.3\""), "\"2.4\"").await;
    assert_eq!(second.body["executionId"], first.body["executionId"]);
    assert_eq!((&second.body["opened"], world.sent().len()), (&json!(false), 1));
}

#[tokio::test]
async fn a_repeat_is_told_that_the_state_is_another() {
    let world = World::new();
    changed(&world, put(CONFIG, "\"0.0\"", &demo(1.0)), "\"0.1\"").await;
    let call = publish("\"0.1\"");
    changed(&world, call.clone(), "\"1.2\"").await;
    let again = call.send(&world).await;
    assert_eq!((again.status, again.code()), (412, "precondition_failed"));
    // Under a key it gets the first answer.
    changed(&world, put(CONFIG, "\"1.2\"", &demo(2.0)), "\"1.3\"").await;
    let keyed = |seen| publish(seen).header("idempotency-key", "k");
    let first = changed(&world, keyed("\"1.3\""), "\"2.4\"").await;
    let before = world.rows();
    assert_eq!(changed(&world, keyed("\"1.3\""), "\"2.4\"").await.body, first.body);
    assert_eq!(world.rows()["configs"], before["configs"]);
    let other = keyed("\"2.4\"").send(&world).await;
    assert_eq!((other.status, other.code()), (409, "idempotency_conflict"));
}

#[tokio::test]
async fn a_draft_is_discarded_whole() {
    let world = World::new();
    changed(&world, put(CONFIG, "\"0.0\"", &demo(1.0)), "\"0.1\"").await;
    changed(&world, discard("\"0.1\""), "\"0.2\"").await;
    assert_eq!(get(&world, SIGNALS).await.body["draft"], Value::Null);
    for call in [discard("\"0.2\""), publish("\"0.2\"")] {
        let answer = call.send(&world).await;
        assert_eq!((answer.status, answer.code()), (409, "no_draft"));
    }
}

#[tokio::test]
async fn a_change_names_the_state_that_was_seen() {
    let calls = |seen: Option<&str>| {
        let bare = [
            Call::new("PUT", CONFIG).json("{\"entries\":[]}"),
            Call::new("PUT", SIGNALS).json("{\"entries\":[]}"),
            Call::new("DELETE", DRAFT),
            Call::new("POST", PUBLISH),
        ];
        bare.map(|call| {
            let call = call.key(WRITE_KEY);
            match seen {
                Some(seen) => call.header("if-match", seen),
                None => call,
            }
        })
    };
    for call in calls(None) {
        refused(call, 428, "precondition_required").await;
    }
    let other = ["\"0.1\"", "\"1.0\"", "\"9223372036854775807.0\"", "\"9223372036854775808.0\""];
    let malformed = [
        "",
        "*",
        "0.0",
        "W/\"0.0\"",
        "\"0\"",
        "\"0.\"",
        "\"+0.0\"",
        "\"0.0\", \"0.1\"",
        "\"0.0.0\"",
        "\"-1.0\"",
        "\"99999999999999999999.0\"",
    ];
    for seen in other.into_iter().chain(malformed) {
        for call in calls(Some(seen)) {
            refused(call, 412, "precondition_failed").await;
        }
    }
    for call in calls(Some("\"0.0\"")) {
        refused(call.header("if-match", "\"0.0\""), 412, "precondition_failed").await;
    }
}

#[tokio::test]
async fn a_preview_says_what_the_draft_would_do_and_writes_nothing() {
    let world = World::new();
    let answer = preview(&json!({})).send(&world).await;
    assert_eq!((answer.status, answer.code()), (409, "no_draft"));
    for n in 0..30 {
        let features =
            Features { demo_request: n % 3 == 0, has_email: true, ..Features::default() };
        world.store().put_contact(&organization("org_a"), &contact(&format!("c{n:02}")), features);
    }
    changed(&world, put(CONFIG, "\"0.0\"", &demo(5.0)), "\"0.1\"").await;
    let before = world.store().dump();
    let whole = Call::new("POST", PREVIEW).key(READ_KEY).send(&world).await;
    assert_eq!((whole.status, whole.header("etag")), (200, "\"0.1\""), "{}", whole.body);
    // 10 contacts fall from 40 points to 15, the others keep 10.
    assert_eq!((&whole.body["contacts"], &whole.body["changed"]), (&json!(30), &json!(10)));
    let movements = json!([{"from": "C", "to": "F", "contacts": 10},
        {"from": "F", "to": "F", "contacts": 20}]);
    assert_eq!(whole.body["movements"], movements);
    assert_eq!(whole.body["crossings"][1], json!({"threshold": 40, "gained": 0, "lost": 10}));
    assert_eq!(whole.body["meanChange"], -8.3333);
    assert_eq!(whole.body["movers"][0], json!({"contactId": "c00", "before": 40, "after": 15}));
    let cost = json!({"contacts": 30, "chunks": 1, "queueOperations": 6, "scoreRows": 30,
        "historyRows": 10});
    assert_eq!((&whole.body["cost"], &whole.body["contact"]), (&cost, &Value::Null));
    let part = preview(&json!({"sample": 10})).send(&world).await;
    assert_eq!(part.body["contacts"], 10);

    let one = preview(&json!({"contactId": "c03"})).send(&world).await;
    let contact = &one.body["contact"];
    assert_eq!(
        (&contact["before"]["totalScore"], &contact["after"]["totalScore"]),
        (&json!(40), &json!(15))
    );
    assert_eq!(contact["after"]["trend"]["change"], -25);
    assert_eq!((&one.body["contacts"], &one.body["cost"]["contacts"]), (&json!(1), &json!(30)));
    let unknown = preview(&json!({"contactId": "c99"})).send(&world).await;
    assert_eq!((unknown.status, unknown.code()), (404, "contact_not_found"));
    assert_eq!(world.store().dump(), before);
    assert!(world.sent().is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_is_counted_and_named() {
    let world = World::new();
    let score = Score::from_contributions(vec![Contribution {
        factor: "x".to_owned(),
        category: Category::Fit,
        points: PointsE4::whole(1),
    }]);
    for name in ["c1", "c2"] {
        world.put_score(name, score.clone(), None);
    }
    world.store().spoil_contact(&organization("org_a"), &contact("c2"));
    changed(&world, put(CONFIG, "\"0.0\"", &demo(5.0)), "\"0.1\"").await;
    let answer = preview(&json!({})).send(&world).await;
    assert_eq!((&answer.body["contacts"], &answer.body["unreadable"]), (&json!(1), &json!(1)));
    let one = preview(&json!({"contactId": "c2"})).send(&world).await;
    assert_eq!((one.status, one.code()), (500, "internal_error"));
    world.store().spoil_config(&organization("org_a"));
    let answer = Call::get(CONFIG).key(READ_KEY).send(&world).await;
    assert_eq!((answer.status, answer.code()), (500, "internal_error"));
}

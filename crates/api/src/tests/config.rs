//! Configurations: read, drafted, previewed and published over HTTP.

use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::model::RESERVED_FACTORS;
use mauntic_domain::scoring::{Category, Contribution, Features, Score};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::call::{Answer, Call};
use super::refusals::refused;
use super::world::{OTHER_KEY, READ_KEY, WRITE_KEY, World, contact, organization};

const CONFIG: &str = "/api/v1/scoring/config";
const SIGNALS: &str = "/api/v1/scoring/signal-config";
const DRAFT: &str = "/api/v1/scoring/config/draft";
const PREVIEW: &str = "/api/v1/scoring/config/preview";
const PUBLISH: &str = "/api/v1/scoring/config/publish";

fn put(path: &str, seen: &str, entries: &Value) -> Call {
    let call = Call::new("PUT", path).key(WRITE_KEY).header("if-match", seen);
    call.json(json!({ "entries": entries }).to_string())
}

fn discard(seen: &str) -> Call {
    Call::new("DELETE", DRAFT).key(WRITE_KEY).header("if-match", seen)
}

fn publish(seen: &str) -> Call {
    Call::new("POST", PUBLISH).key(WRITE_KEY).header("if-match", seen)
}

fn preview(body: &Value) -> Call {
    Call::new("POST", PREVIEW).key(READ_KEY).json(body.to_string())
}

async fn get(world: &World, path: &str) -> Answer {
    let answer = Call::get(path).key(READ_KEY).send(world).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

/// Sends it; it changes the configuration to the state of this tag.
async fn changed(world: &World, call: Call, tag: &str) -> Answer {
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
async fn weights_that_are_not_valid_are_named() {
    let of = |field: &str, value: Value| {
        let mut entry = json!({"category": "fit", "factor": "vip", "weight": 1, "enabled": true});
        entry[field] = value;
        json!([entry])
    };
    let many: Vec<Value> = (0..1_001)
        .map(|n| json!({"category": "fit", "factor": format!("f{n}"), "weight": 1}))
        .collect();
    #[rustfmt::skip]
    let table = [
        (json!(null),                          vec!["/entries"]),
        (json!({}),                            vec!["/entries"]),
        (json!(many),                          vec!["/entries"]),
        (json!([1, "x", [], null]),            vec!["/entries/0", "/entries/1", "/entries/2", "/entries/3"]),
        (json!([{}]),                          vec!["/entries/0/category", "/entries/0/factor", "/entries/0/weight"]),
        (of("category", json!("fat")),         vec!["/entries/0/category"]),
        (of("category", json!("FIT")),         vec!["/entries/0/category"]),
        (of("category", json!(null)),          vec!["/entries/0/category"]),
        (of("category", json!({"fit": null})), vec!["/entries/0/category"]),
        (of("factor", json!("a b")),           vec!["/entries/0/factor"]),
        (of("factor", json!(7)),               vec!["/entries/0/factor"]),
        (of("factor", json!("x".repeat(65))),  vec!["/entries/0/factor"]),
        (of("weight", json!(-0.01)),           vec!["/entries/0/weight"]),
        (of("weight", json!(1_000)),           vec!["/entries/0/weight"]),
        (of("weight", json!(1.005)),           vec!["/entries/0/weight"]),
        (of("weight", json!("1")),             vec!["/entries/0/weight"]),
        (of("weight", json!(1e300)),           vec!["/entries/0/weight"]),
        (of("weight", json!({"$serde_json::private::Number": "1"})), vec!["/entries/0/weight"]),
        (of("enabled", json!("yes")),          vec!["/entries/0/enabled"]),
        (of("label", json!("x")),              vec!["/entries/0/label"]),
        (json!([{"category": "fit", "factor": "a", "weight": 1},
                {"category": "fat", "factor": "b", "weight": -1},
                {"category": "fit", "factor": "a", "weight": 2}]),
            vec!["/entries/1/category", "/entries/1/weight", "/entries/2/factor"]),
    ];
    for (entries, pointers) in table {
        let answer = refused(put(CONFIG, "\"0.0\"", &entries), 422, "validation_failed").await;
        assert_eq!(answer.pointers(), pointers, "{entries}");
    }
    for name in RESERVED_FACTORS {
        let entries = of("factor", json!(name));
        let answer = refused(put(CONFIG, "\"0.0\"", &entries), 422, "validation_failed").await;
        assert_eq!(answer.pointers(), ["/entries/0/factor"]);
    }
    let unknown = Call::new("PUT", CONFIG).key(WRITE_KEY).header("if-match", "\"0.0\"");
    let unknown = unknown.json(json!({"entries": [], "entry": 1}).to_string());
    assert_eq!(refused(unknown, 422, "validation_failed").await.pointers(), ["/entry"]);
    for weight in [json!(0), json!(999.99), json!(12.5), json!(3.0)] {
        let call = put(CONFIG, "\"0.0\"", &of("weight", weight));
        changed(&World::new(), call, "\"0.1\"").await;
    }
    let world = World::new();
    let most = json!(many[..1_000]);
    changed(&world, put(CONFIG, "\"0.0\"", &most), "\"0.1\"").await;
}

#[tokio::test]
async fn types_of_signal_that_are_not_valid_are_named() {
    let of = |field: &str, value: Value| {
        let mut entry = json!({"signalType": "T"});
        entry[field] = value;
        json!([entry])
    };
    let many: Vec<Value> = (0..501).map(|n| json!({"signalType": format!("T{n}")})).collect();
    #[rustfmt::skip]
    let table = [
        (json!(many),                           vec!["/entries"]),
        (json!([{}]),                           vec!["/entries/0/signalType"]),
        (of("signalType", json!("")),           vec!["/entries/0/signalType"]),
        (of("weight", json!(-1)),               vec!["/entries/0/weight"]),
        (of("weight", json!(1_000)),            vec!["/entries/0/weight"]),
        (of("decayHours", json!(0)),            vec!["/entries/0/decayHours"]),
        (of("decayHours", json!(-5)),           vec!["/entries/0/decayHours"]),
        (of("decayHours", json!(8_785)),        vec!["/entries/0/decayHours"]),
        (of("decayHours", json!(1.5)),          vec!["/entries/0/decayHours"]),
        (of("decayHours", json!("24")),         vec!["/entries/0/decayHours"]),
        (of("decayModel", json!("cubic")),      vec!["/entries/0/decayModel"]),
        (of("tier", json!("urgent")),           vec!["/entries/0/tier"]),
        (of("enabled", json!(1)),               vec!["/entries/0/enabled"]),
        (of("capPerDay", json!(0)),             vec!["/entries/0/capPerDay"]),
        (of("capPerDay", json!(1_001)),         vec!["/entries/0/capPerDay"]),
        (json!([{"signalType": "T"}, {"signalType": "T", "decayHours": 0}]),
            vec!["/entries/1/signalType", "/entries/1/decayHours"]),
    ];
    for (entries, pointers) in table {
        let answer = refused(put(SIGNALS, "\"0.0\"", &entries), 422, "validation_failed").await;
        assert_eq!(answer.pointers(), pointers, "{entries}");
    }
    let most = json!(many[..500]);
    changed(&World::new(), put(SIGNALS, "\"0.0\"", &most), "\"0.1\"").await;
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
async fn a_preview_is_asked_for_strictly() {
    #[rustfmt::skip]
    let table = [
        (json!({"sample": 0}),                      vec!["/sample"]),
        (json!({"sample": 1_001}),                  vec!["/sample"]),
        (json!({"sample": "10"}),                   vec!["/sample"]),
        (json!({"contactId": "a b"}),               vec!["/contactId"]),
        (json!({"contactId": 7}),                   vec!["/contactId"]),
        (json!({"contactId": "c", "sample": 10}),   vec!["/sample"]),
        (json!({"contact": "c"}),                   vec!["/contact"]),
    ];
    for (body, pointers) in table {
        let answer = refused(preview(&body), 422, "validation_failed").await;
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
    let note = publish("\"0.0\"").json(json!({"note": "x".repeat(501)}).to_string());
    assert_eq!(refused(note, 422, "validation_failed").await.pointers(), ["/note"]);
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

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z\\x00 _]{0,8}".prop_map(Value::from),
        prop::sample::select(vec!["fit", "linear", "low", "demo_request"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let names = prop::sample::select(vec![
            "entries",
            "category",
            "factor",
            "weight",
            "enabled",
            "signalType",
            "decayHours",
            "decayModel",
            "tier",
            "capPerDay",
            "note",
            "sample",
            "contactId",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names, inner), 0..6).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(n, v)| (n.to_owned(), v)).collect()
            )),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_body_is_our_fault(body in any_value(), seen in "[\"0-9.W/*, ]{0,8}|\"0\\.0\"") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (method, path) in [("PUT", CONFIG), ("PUT", SIGNALS), ("POST", PREVIEW), ("POST", PUBLISH)] {
            let call = Call::new(method, path).key(WRITE_KEY).header("if-match", &seen);
            let answer = runtime.block_on(call.json(body.to_string()).send(&World::new()));
            prop_assert!(answer.status < 500, "{} {}", path, answer.body);
        }
    }
}

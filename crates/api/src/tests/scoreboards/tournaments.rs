//! Tournaments: what is said of them, and how that is changed.

use serde_json::{Value, json};

use super::{BASE, get, of, pages, post, refused, sending, world};
use crate::tests::call::Call;
use crate::tests::things::tournament_tag;
use crate::tests::world::{OTHER_KEY, World};

fn usual_rules() -> Value {
    json!({"exactScore": 5, "goalDifference": 3, "outcome": 2, "multipliers": {},
        "counted": "extraTime", "postponed": "wait", "abandoned": "wait", "correctionHours": 48})
}

#[tokio::test]
async fn what_is_not_said_is_the_products() {
    let world = World::new();
    let made = post(&world, BASE, &json!({"name": "World Cup"})).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let expected = json!({
        "tournamentId": made.body["tournamentId"], "name": "World Cup", "providerId": null,
        "ranking": "competition", "rules": usual_rules(),
        "tieBreaks": ["exactHits", "rightOutcomes"], "rulesVersion": 1, "settledAt": null,
        "closedAt": null, "createdAt": "2027-01-15T08:00:00.123Z",
    });
    assert_eq!(made.body, expected);
    let path = format!("{BASE}/{}", made.body["tournamentId"].as_str().unwrap());
    let read = get(&world, &path).await;
    assert_eq!((&read.body, read.header("etag")), (&made.body, made.header("etag")));
    let known = Call::get(&path).key(crate::tests::world::READ_KEY);
    let known = known.header("if-none-match", made.header("etag")).send(&world).await;
    assert_eq!(known.status, 304);
    let theirs = Call::get(&path).key(OTHER_KEY).send(&world).await;
    assert_eq!(theirs.code(), "tournament_not_found");
}

#[tokio::test]
async fn all_of_it_may_be_said() {
    let world = World::new();
    let rules = json!({"exactScore": 7.25, "multipliers": {"Final": 2.5, "Semi-final": 0},
        "counted": "penalties", "postponed": "void", "abandoned": "stand", "correctionHours": 0});
    let body = json!({"name": "a", "providerId": "wc-2022", "ranking": "percentile",
        "rules": rules, "tieBreaks": ["rightOutcomes"]});
    let made = post(&world, BASE, &body).await.body;
    let mut expected = usual_rules();
    for (name, value) in rules.as_object().unwrap() {
        expected[name] = value.clone();
    }
    assert_eq!(made["rules"], expected);
    for name in ["name", "providerId", "ranking", "tieBreaks"] {
        assert_eq!(made[name], body[name], "{name}");
    }
}

#[tokio::test]
async fn every_fault_is_named() {
    let world = World::new();
    let long = "x".repeat(201);
    let many: serde_json::Map<String, Value> =
        (0..101).map(|n| (format!("Round {n}"), json!(1))).collect();
    for (body, pointers) in [
        (json!({}), vec!["/name"]),
        (json!({"name": null}), vec!["/name"]),
        (json!({"name": ""}), vec!["/name"]),
        (json!({"name": long}), vec!["/name"]),
        (json!({"name": "a\u{0}"}), vec!["/name"]),
        (json!({"name": 1, "providerId": "a b"}), vec!["/name", "/providerId"]),
        (json!({"name": "a", "providerId": 1}), vec!["/providerId"]),
        (json!({"name": "a", "providerId": "x".repeat(65)}), vec!["/providerId"]),
        (json!({"name": "a", "providerId": "a/../b"}), vec!["/providerId"]),
        (json!({"name": "a", "more": 1}), vec!["/more"]),
        (json!({"name": "a", "ranking": "best"}), vec!["/ranking"]),
        (json!({"name": "a", "rules": []}), vec!["/rules"]),
        (json!({"name": "a", "rules": {"points": 1}}), vec!["/rules/points"]),
        (
            json!({"name": "a", "rules": {"exactScore": -1, "goalDifference": 100.5,
                "outcome": 1.005, "counted": "all", "postponed": "stand", "abandoned": 1,
                "correctionHours": 337}}),
            vec![
                "/rules/exactScore",
                "/rules/goalDifference",
                "/rules/outcome",
                "/rules/counted",
                "/rules/postponed",
                "/rules/abandoned",
                "/rules/correctionHours",
            ],
        ),
        (json!({"name": "a", "rules": {"multipliers": {" ": 1}}}), vec!["/rules/multipliers"]),
        (json!({"name": "a", "rules": {"multipliers": {"a": "1"}}}), vec!["/rules/multipliers"]),
        (json!({"name": "a", "rules": {"multipliers": many}}), vec!["/rules/multipliers"]),
        (json!({"name": "a", "tieBreaks": ["points"]}), vec!["/tieBreaks"]),
        (json!({"name": "a", "tieBreaks": ["exactHits", "exactHits"]}), vec!["/tieBreaks"]),
        (json!({"name": "a", "tieBreaks": "exactHits"}), vec!["/tieBreaks"]),
    ] {
        let call = sending("POST", BASE, &body);
        let answer = refused(&world, call, 422, "validation_failed").await;
        let mut found = answer.pointers();
        found.sort_unstable();
        let mut pointers = pointers;
        pointers.sort_unstable();
        assert_eq!(found, pointers, "{body}");
    }
}

#[tokio::test]
async fn a_change_names_what_was_seen() {
    let world = world();
    let path = of("");
    let patch = |body: &Value| sending("PATCH", &path, body);
    let name = json!({"name": "Cup"});
    let spaced = patch(&json!({"providerId": "a b"})).header("if-match", &tournament_tag());
    refused(&world, spaced, 422, "validation_failed").await;
    refused(&world, patch(&name), 428, "precondition_required").await;
    for tag in ["\"other\"", "*", "none", "W/\"a\"", ""] {
        let call = patch(&name).header("if-match", tag);
        refused(&world, call, 412, "precondition_failed").await;
    }
    let seen = tournament_tag();
    let changed = patch(&name).header("if-match", &seen).send(&world).await;
    assert_eq!((changed.status, &changed.body["name"]), (200, &json!("Cup")));
    let stale = patch(&name).header("if-match", &seen);
    refused(&world, stale, 412, "precondition_failed").await;
    let tag = changed.header("etag").to_owned();
    let rules = json!({"rules": {"exactScore": 9}, "providerId": "p"});
    let other = patch(&rules).header("if-match", &tag).send(&world).await;
    assert_eq!((&other.body["rulesVersion"], &other.body["providerId"]), (&json!(2), &json!("p")));
    assert_eq!(other.body["rules"]["exactScore"], 9);
    let tag = other.header("etag").to_owned();
    let nobody = patch(&json!({"providerId": ""})).header("if-match", &tag).send(&world).await;
    assert_eq!(nobody.body["providerId"], Value::Null);
    assert_eq!(get(&world, &path).await.body, nobody.body);
    assert_eq!(world.audit().len(), 3);
}

#[tokio::test]
async fn a_key_makes_one_tournament() {
    let world = World::new();
    let keyed =
        |name: &str| sending("POST", BASE, &json!({ "name": name })).header("idempotency-key", "k");
    let first = keyed("a").send(&world).await;
    let again = keyed("a").send(&world).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("idempotent-replayed"), "true");
    refused(&world, keyed("b"), 409, "idempotency_conflict").await;
    for name in ["b", "c", "d"] {
        post(&world, BASE, &json!({ "name": name })).await;
    }
    let mut names = pages(&world, BASE, "name").await;
    names.reverse();
    assert_eq!(names, ["a", "b", "c", "d"]);
}

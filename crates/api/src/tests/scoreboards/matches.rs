//! Matches of a tournament.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{get, of, pages, post, refused, sending, world};
use crate::tests::call::Call;
use crate::tests::things::MATCH;
use crate::tests::world::{READ_KEY, World, epoch};

fn told(name: &str, kickoff: &str) -> Value {
    json!({"externalId": name, "round": "Final", "home": "Argentina", "away": "France",
        "kickoff": kickoff})
}

const LATER: &str = "2027-01-20T15:00:00Z";

async fn tell(world: &World, matches: &[Value]) -> Value {
    let answer = post(world, &of("/matches"), &json!({ "matches": matches })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["items"].clone()
}

#[tokio::test]
async fn matches_are_told_and_shown() {
    let world = world();
    let items = tell(&world, &[told("b", LATER), told("a", LATER)]).await;
    assert_eq!((&items[0]["externalId"], &items[1]["externalId"]), (&json!("a"), &json!("b")));
    assert_eq!(items[0]["outcome"], "created");
    let path = of(&format!("/matches/{}", items[0]["matchId"].as_str().unwrap()));
    let expected = json!({
        "matchId": items[0]["matchId"], "externalId": "a", "round": "Final", "home": "Argentina",
        "away": "France", "kickoff": "2027-01-20T15:00:00.000Z", "status": "scheduled",
        "result": null, "resultVersion": 0, "settledVersion": 0, "lastCheckedAt": null,
        "endedAt": null,
    });
    assert_eq!(get(&world, &path).await.body, expected);
    let moved = told("a", "2027-01-21T15:00:00+01:00");
    let again = tell(&world, &[moved, told("b", LATER)]).await;
    assert_eq!(
        (&again[0]["outcome"], &again[1]["outcome"]),
        (&json!("changed"), &json!("unchanged"))
    );
    assert_eq!(again[0]["matchId"], items[0]["matchId"]);
    assert_eq!(get(&world, &path).await.body["kickoff"], "2027-01-21T14:00:00.000Z");
}

#[tokio::test]
async fn a_match_that_was_seen_being_played_stays() {
    let world = world();
    let key = crate::tests::world::organization("org_a");
    let place = mauntic_flows::ports::MatchPlace {
        organization_id: key,
        tournament_id: crate::tests::things::TOURNAMENT,
        match_id: MATCH,
    };
    let mut live = mauntic_domain::scoreboard::Match::scheduled(epoch() - TimeDelta::minutes(5));
    live.status = mauntic_domain::scoreboard::Status::Live;
    let round = mauntic_domain::scoreboard::Round::parse("Final").unwrap();
    world.store().put_match(place, round, live);
    let name = MATCH.to_string();
    let body = json!({"matches": [told("new", LATER), told(&name, LATER)]});
    let call = sending("POST", &of("/matches"), &body);
    let answer = refused(&world, call, 409, "match_begun").await;
    assert_eq!(answer.body["externalIds"], json!([name]));
}

#[tokio::test]
async fn matches_are_listed_by_round_and_status() {
    let world = world();
    let semi = json!({"externalId": "s", "round": "Semi-final", "home": "a", "away": "b",
        "kickoff": LATER});
    tell(&world, &[told("a", LATER), told("b", "2027-01-19T00:00:00Z"), semi]).await;
    let kickoffs = pages(&world, &of("/matches"), "kickoff").await;
    assert_eq!(kickoffs.len(), 4);
    assert!(kickoffs.is_sorted_by_key(|of| of.as_str().unwrap()), "{kickoffs:?}");
    let count = async |query: &str| {
        let answer = get(&world, &of(&format!("/matches?{query}"))).await;
        answer.body["items"].as_array().unwrap().len()
    };
    assert_eq!(count("round=Final").await, 3);
    assert_eq!(count("round=None").await, 0);
    assert_eq!(count("status=scheduled,live").await, 4);
    assert_eq!(count("status=ended&round=Final").await, 0);
    for query in ["status=over", "round=", "round=%20a", "round=%00", "limit=0", "more=1"] {
        let path = of(&format!("/matches?{query}"));
        let call = Call::get(&path).key(READ_KEY);
        refused(&world, call, 422, "validation_failed").await;
    }
}

#[tokio::test]
async fn every_fault_of_a_match_is_named() {
    let world = world();
    let sound = told("a", LATER);
    let with = |name: &str, value: Value| {
        let mut one = sound.clone();
        one[name] = value;
        one
    };
    for (name, value) in [
        ("externalId", json!("a b")),
        ("externalId", json!("")),
        ("externalId", json!(64)),
        ("round", json!(" Final")),
        ("round", json!("x".repeat(65))),
        ("home", json!("")),
        ("home", json!("x".repeat(101))),
        ("away", json!("a\nb")),
        ("away", json!("a\u{0}")),
        ("kickoff", json!("2027-01-20")),
        ("kickoff", json!("1969-12-31T23:59:59Z")),
        ("kickoff", json!("+10000-01-01T00:00:00Z")),
        ("kickoff", Value::Null),
        ("score", json!({})),
    ] {
        let body = json!({"matches": [sound, with(name, value.clone())]});
        let call = sending("POST", &of("/matches"), &body);
        let answer = refused(&world, call, 422, "validation_failed").await;
        let twice = "/matches/1/externalId".to_owned();
        let pointer = format!("/matches/1/{name}");
        let found = answer.pointers();
        assert!(found.contains(&pointer.as_str()), "{name} {value}: {found:?}");
        assert!(found.iter().all(|at| [&pointer, &twice].contains(&&(*at).to_owned())));
    }
    for (body, pointer) in [
        (json!({"matches": [sound, sound]}), "/matches/1/externalId"),
        (json!({"matches": [1]}), "/matches/0"),
        (json!({"matches": {}}), "/matches"),
        (json!({}), "/matches"),
        (json!({"matches": vec![sound.clone(); 501]}), "/matches"),
    ] {
        let call = sending("POST", &of("/matches"), &body);
        let answer = refused(&world, call, 422, "validation_failed").await;
        assert_eq!(answer.pointers(), [pointer]);
    }
}

fn ended(ft: &Value) -> Value {
    json!({"status": "ended", "score": { "ft": ft }})
}

#[tokio::test]
async fn a_result_is_entered_and_settled_by_a_job() {
    let world = world();
    let path = of(&format!("/matches/{MATCH}/result"));
    let early = sending("PUT", &path, &ended(&json!([2, 1])));
    let answer = refused(&world, early, 409, "match_not_begun").await;
    assert_eq!(answer.body["kickoff"], "2027-01-15T09:00:00.123Z");
    world.ports.clock.advance(TimeDelta::hours(2));
    let stored = sending("PUT", &path, &ended(&json!([2, 1]))).send(&world).await;
    assert_eq!((stored.status, &stored.body["outcome"]), (200, &json!("ended")));
    let sent = world.sent();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(sent[0]["jobId"], stored.body["jobId"]);
    let again = sending("PUT", &path, &ended(&json!([2, 1]))).send(&world).await;
    assert_eq!(again.body, json!({"outcome": "unchanged", "resultVersion": 1, "jobId": null}));
    let whole = json!({"status": "ended", "score": {"ft": [2, 2], "et": [3, 3], "p": [4, 2]}});
    let other = sending("PUT", &path, &whole).send(&world).await;
    assert_eq!(
        (&other.body["outcome"], &other.body["resultVersion"]),
        (&json!("corrected"), &json!(2))
    );
    let shown = get(&world, &of(&format!("/matches/{MATCH}"))).await.body;
    assert_eq!((&shown["status"], &shown["result"]), (&json!("ended"), &whole["score"]));
    assert_eq!((&shown["resultVersion"], &shown["settledVersion"]), (&json!(2), &json!(0)));
}

#[tokio::test]
async fn every_fault_of_a_result_is_named() {
    let world = world();
    world.ports.clock.advance(TimeDelta::hours(2));
    let path = of(&format!("/matches/{MATCH}/result"));
    for (body, pointers) in [
        (json!({}), vec!["/status", "/score"]),
        (json!({"status": "live", "score": {"ft": [1, 1]}}), vec!["/status"]),
        (ended(&json!([1])), vec!["/score"]),
        (ended(&json!([1, -1])), vec!["/score"]),
        (ended(&json!([100, 1])), vec!["/score"]),
        (ended(&json!(["1", 1])), vec!["/score"]),
        (ended(&Value::Null), vec!["/score"]),
        (json!({"status": "ended", "score": [2, 1]}), vec!["/score"]),
        (json!({"status": "ended", "score": {"ft": [2, 1], "et": [1, 1]}}), vec!["/score"]),
        (json!({"status": "ended", "score": {"ft": [1, 1], "p": [1, 1]}}), vec!["/score"]),
        (json!({"status": "ended", "score": {"ft": [1, 1], "ht": [0, 0]}}), vec!["/score/ht"]),
    ] {
        let call = sending("PUT", &path, &body);
        let answer = refused(&world, call, 422, "validation_failed").await;
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
}

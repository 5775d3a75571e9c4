//! Tournaments over HTTP.

mod boards;
mod guesses;
mod matches;
mod members;
mod tournaments;

use serde_json::{Value, json};

use super::call::{Answer, Call};
use super::things::{LEAGUE, MATCH, NOTHING, TOURNAMENT};
use super::world::{READ_KEY, WRITE_KEY, World};

pub(super) const BASE: &str = "/api/v1/scoreboards/tournaments";

/// A world with a tournament of `org_a`.
pub(super) fn world() -> World {
    let world = World::new();
    world.put_scoreboard();
    world
}

/// The path of something of the tournament.
pub(super) fn of(rest: &str) -> String {
    format!("{BASE}/{TOURNAMENT}{rest}")
}

pub(super) async fn get(world: &World, path: &str) -> Answer {
    Call::get(path).key(READ_KEY).send(world).await
}

pub(super) fn sending(method: &str, path: &str, body: &Value) -> Call {
    Call::new(method, path).key(WRITE_KEY).json(body.to_string())
}

pub(super) async fn post(world: &World, path: &str, body: &Value) -> Answer {
    sending("POST", path, body).send(world).await
}

/// It is refused so, and nothing is changed.
pub(super) async fn refused(world: &World, call: Call, status: u16, code: &str) -> Answer {
    let before = world.store().dump();
    let answer = call.send(world).await;
    assert_eq!((answer.status, answer.code()), (status, code), "{}", answer.body);
    assert_eq!(world.store().dump(), before);
    answer
}

/// Follows a list from page to page; one field of every line.
pub(super) async fn pages(world: &World, path: &str, field: &str) -> Vec<Value> {
    let (mut query, mut seen) = ("?limit=2".to_owned(), Vec::new());
    loop {
        let answer = get(world, &format!("{path}{query}")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let items = answer.body["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item[field].clone()));
        let Some(next) = answer.body["next"].as_str() else { return seen };
        query = format!("?limit=2&cursor={next}");
        assert_eq!(answer.header("link"), format!("<{path}{query}>; rel=\"next\""));
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_by_its_name() {
    let world = world();
    let (member, matches) = ("member_1", format!("{BASE}/{TOURNAMENT}/matches"));
    let (leagues, nowhere) = (of("/leagues"), format!("{BASE}/{NOTHING}"));
    for (path, code) in [
        (nowhere.clone(), "tournament_not_found"),
        (format!("{nowhere}/matches"), "tournament_not_found"),
        (format!("{nowhere}/matches/{MATCH}"), "tournament_not_found"),
        (format!("{nowhere}/leagues"), "tournament_not_found"),
        (format!("{nowhere}/leagues/{LEAGUE}"), "tournament_not_found"),
        (format!("{nowhere}/members/{member}"), "member_not_found"),
        (format!("{matches}/{NOTHING}"), "match_not_found"),
        (format!("{leagues}/{NOTHING}"), "league_not_found"),
        (of("/members/nobody"), "member_not_found"),
        (of("/members/nobody/guesses"), "member_not_found"),
    ] {
        refused(&world, Call::get(&path).key(READ_KEY), 404, code).await;
    }
    let (guess, members) = (json!({"home": 1, "away": 1}), json!({"members": [member]}));
    for (method, path, body, code) in [
        ("PUT", format!("{nowhere}/members/{member}"), json!({}), "tournament_not_found"),
        (
            "PUT",
            format!("{nowhere}/matches/{MATCH}/guesses/{member}"),
            guess.clone(),
            "tournament_not_found",
        ),
        ("PUT", format!("{matches}/{NOTHING}/guesses/{member}"), guess.clone(), "match_not_found"),
        ("PUT", format!("{matches}/{MATCH}/guesses/nobody"), guess, "member_not_found"),
        ("POST", format!("{nowhere}/leagues"), json!({"name": "a"}), "tournament_not_found"),
        ("POST", format!("{leagues}/{NOTHING}/members"), members, "league_not_found"),
        ("DELETE", format!("{leagues}/{NOTHING}/members/{member}"), json!({}), "league_not_found"),
    ] {
        refused(&world, sending(method, &path, &body), 404, code).await;
    }
}

#[tokio::test]
async fn what_a_path_names_has_its_form() {
    let world = world();
    for (path, pointers) in [
        (format!("{BASE}/none"), vec!["/tournamentId"]),
        (format!("{BASE}/%00"), vec!["/tournamentId"]),
        (format!("{BASE}/none/matches/{MATCH}x"), vec!["/tournamentId", "/matchId"]),
        (of("/members/a%20b"), vec!["/memberId"]),
        (of("/members/%00"), vec!["/memberId"]),
        (of(&format!("/members/{}", "a".repeat(65))), vec!["/memberId"]),
        (of("/leagues/1"), vec!["/leagueId"]),
        (of("/members/%FF"), vec!["/"]),
    ] {
        let answer = get(&world, &path).await;
        assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{path}");
        assert_eq!(answer.pointers(), pointers, "{path}");
    }
}

#[tokio::test]
async fn a_closed_tournament_takes_nothing() {
    let world = world();
    let key = (super::world::organization("org_a"), TOURNAMENT);
    world.store().close_by_hand(&key, [0; 32]);
    let tag = get(&world, &of("")).await.header("etag").to_owned();
    for (method, rest, body) in [
        ("PATCH", String::new(), json!({"name": "a"})),
        ("POST", "/matches".to_owned(), json!({"matches": []})),
        ("POST", "/members".to_owned(), json!({"members": ["a"]})),
        ("PUT", "/members/a".to_owned(), json!({})),
        ("PUT", format!("/matches/{MATCH}/guesses/member_1"), json!({"home": 1, "away": 1})),
        ("POST", format!("/matches/{MATCH}/guesses"), json!({"guesses": []})),
        ("POST", "/leagues".to_owned(), json!({"name": "a"})),
        ("POST", format!("/leagues/{LEAGUE}/members"), json!({"members": ["member_1"]})),
        ("DELETE", format!("/leagues/{LEAGUE}/members/member_1"), json!({})),
    ] {
        let call = sending(method, &of(&rest), &body).header("if-match", &tag);
        let answer = refused(&world, call, 409, "tournament_closed").await;
        assert!(answer.body["closedAt"].is_string());
    }
}

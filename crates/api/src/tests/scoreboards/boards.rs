//! Boards over HTTP.

use mauntic_domain::ids::MemberId;
use serde_json::{Value, json};

use super::{get, of, pages, post, refused, world};
use crate::tests::call::Call;
use crate::tests::things::{LEAGUE, MATCH, NOTHING, TOURNAMENT};
use crate::tests::world::{READ_KEY, World, epoch, organization};

fn board() -> String {
    format!("/api/v1/scoreboards/{TOURNAMENT}")
}

/// Five more members, who all have nothing and came later than the one who is there.
async fn joined() -> World {
    let world = world();
    world.ports.clock.advance(chrono::TimeDelta::seconds(1));
    let members = json!({"members": ["a", "b", "c", "d", "e"]});
    assert_eq!(post(&world, &of("/members"), &members).await.status, 200);
    world
}

#[tokio::test]
async fn a_board_has_pages() {
    let world = joined().await;
    let page = get(&world, &format!("{}?limit=1&kind=dense", board())).await;
    let next = page.body["next"].as_str().unwrap();
    let expected = json!({
        "tournamentId": TOURNAMENT, "leagueId": null, "kind": "dense",
        "revision": page.body["revision"], "provisional": false, "unsettledMatches": 0,
        "members": 6, "limit": 1, "next": next,
        "items": [{"memberId": "member_1", "rank": 1, "atLeast": false, "points": 0,
            "exactHits": 0, "rightOutcomes": 0, "joinedAt": "2027-01-15T08:00:00.123Z"}],
    });
    assert_eq!(page.body, expected);
    for kind in ["competition", "ordinal", "percentile"] {
        let whole = get(&world, &format!("{}?kind={kind}", board())).await.body;
        let names: Vec<&Value> =
            whole["items"].as_array().unwrap().iter().map(|of| &of["memberId"]).collect();
        assert_eq!(names, ["member_1", "a", "b", "c", "d", "e"], "{kind}");
    }
    assert_eq!(pages(&world, &board(), "memberId").await.len(), 6);
    let tag = page.header("etag").to_owned();
    let again = Call::get(&format!("{}?limit=1&kind=dense", board())).key(READ_KEY);
    let again = again.header("if-none-match", &tag).send(&world).await;
    assert_eq!((again.status, again.header("cache-control")), (304, "private, max-age=5"));
}

#[tokio::test]
async fn ordinal_ranks_go_on_from_page_to_page() {
    let world = joined().await;
    let (mut query, mut ranks) = ("?kind=ordinal&limit=2".to_owned(), Vec::new());
    loop {
        let answer = get(&world, &format!("{}{query}", board())).await;
        let items = answer.body["items"].as_array().unwrap();
        ranks.extend(items.iter().map(|item| item["rank"].clone()));
        let Some(next) = answer.body["next"].as_str() else { break };
        query = format!("?kind=ordinal&limit=2&cursor={next}");
    }
    assert_eq!(ranks, [1, 2, 3, 4, 5, 6]);
    // Of another kind it is another list.
    let next = query.rsplit('=').next().unwrap();
    let other = format!("{}?kind=dense&cursor={next}", board());
    refused(&world, Call::get(&other).key(READ_KEY), 422, "validation_failed").await;
}

#[tokio::test]
async fn a_member_is_shown_with_those_around() {
    let world = joined().await;
    let path = format!("{}/members/c?kind=ordinal&above=1&below=9", board());
    let found = get(&world, &path).await.body;
    assert_eq!((&found["member"]["memberId"], &found["member"]["rank"]), (&json!("c"), &json!(4)));
    let names = |of: &str| {
        let lines = found[of].as_array().unwrap().iter();
        lines.map(|line| line["memberId"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((names("above"), names("below")), (vec!["b"], vec!["d", "e"]));
    let alone = get(&world, &format!("{}/members/c?above=0&below=0", board())).await.body;
    assert_eq!((&alone["above"], &alone["below"]), (&json!([]), &json!([])));
    let nobody = Call::get(&format!("{}/members/zoe", board())).key(READ_KEY);
    refused(&world, nobody, 404, "member_not_found").await;
    for query in ["above=51", "below=-1", "kind=best", "limit=1"] {
        let call = Call::get(&format!("{}/members/c?{query}", board())).key(READ_KEY);
        refused(&world, call, 422, "validation_failed").await;
    }
}

#[tokio::test]
async fn a_league_is_ranked_among_itself() {
    let world = joined().await;
    let path = format!("{}/leagues/{LEAGUE}", board());
    let enter = of(&format!("/leagues/{LEAGUE}/members"));
    post(&world, &enter, &json!({"members": ["c", "e"]})).await;
    let found = get(&world, &format!("{path}?kind=ordinal")).await.body;
    assert_eq!((&found["leagueId"], &found["members"]), (&json!(LEAGUE), &json!(3)));
    let names = pages(&world, &path, "memberId").await;
    assert_eq!(names, ["member_1", "c", "e"]);
    let nowhere = Call::get(&format!("{}/leagues/{NOTHING}", board())).key(READ_KEY);
    refused(&world, nowhere, 404, "league_not_found").await;
    let nowhere = Call::get(&format!("/api/v1/scoreboards/{NOTHING}")).key(READ_KEY);
    refused(&world, nowhere, 404, "tournament_not_found").await;
}

#[tokio::test]
async fn a_board_is_provisional_until_its_results_count() {
    let world = joined().await;
    world.ports.clock.advance(chrono::TimeDelta::hours(2));
    let path = of(&format!("/matches/{MATCH}/result"));
    let body = json!({"status": "ended", "score": {"ft": [1, 0]}});
    super::sending("PUT", &path, &body).send(&world).await;
    let found = get(&world, &board()).await.body;
    assert_eq!((&found["provisional"], &found["unsettledMatches"]), (&json!(true), &json!(1)));
}

#[tokio::test]
async fn rounds_are_ranked_alone_up_to_a_size() {
    let world = joined().await;
    let path = format!("{}?rounds=Final,Semi-final&kind=competition", board());
    let found = get(&world, &path).await.body;
    assert_eq!(found["items"].as_array().unwrap().len(), 6);
    let member = get(&world, &format!("{}/members/c?rounds=Final", board())).await.body;
    assert_eq!(member["member"]["memberId"], "c");
    let many: Vec<_> =
        (0..5_000).map(|n| (MemberId::parse(format!("m{n}")).unwrap(), epoch())).collect();
    world.store().put_members(&(organization("org_a"), TOURNAMENT), &many);
    refused(&world, Call::get(&path).key(READ_KEY), 422, "board_too_large").await;
    for query in ["rounds=", "rounds=%20a", "rounds=a%00"] {
        let call = Call::get(&format!("{}?{query}", board())).key(READ_KEY);
        refused(&world, call, 422, "validation_failed").await;
    }
}

//! A tournament's ledger as it is verified.

use chrono::TimeDelta;
use mauntic_domain::ids::MemberId;
use mauntic_domain::scoreboard::{Match, MatchResult, Round, Score, Status};
use mauntic_flows::ports::MatchPlace;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::tests::things::{NOTHING, TOURNAMENT, get, post, refused};
use crate::tests::world::{World, organization};

/// So many members of the tournament.
fn enter(world: &World, members: usize) {
    let now = world.ports.clock.database();
    let names = (0..members).map(|n| MemberId::parse(format!("m{n:05}")).unwrap());
    let members: Vec<_> = names.map(|name| (name, now - TimeDelta::days(1))).collect();
    world.store().put_members(&(organization("org_a"), TOURNAMENT), &members);
}

fn verify_path(query: &str) -> String {
    format!("scoreboards/{TOURNAMENT}/verify?organizationId=org_a{query}")
}

#[tokio::test]
async fn a_ledger_is_verified() {
    let world = World::with_things().await;
    enter(&world, 3);
    let answer = get(&verify_path("")).send(&world).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let zeros = "0".repeat(64);
    let nothing = json!({
        "complete": true, "entries": 0, "head": zeros, "matches": 1, "pending": 0,
        "compared": 4, "unproven": 0, "closed": null, "found": 0, "differences": [], "next": null,
    });
    assert_eq!(answer.body, nothing);
    let member = MemberId::parse("m00001").unwrap();
    world.store().spoil_board(&(organization("org_a"), TOURNAMENT), &member);
    let answer = get(&verify_path("")).send(&world).await;
    assert_eq!((&answer.body["found"], &answer.body["complete"]), (&json!(3), &json!(true)));
    let line = json!({
        "kind": "board_entry", "seq": null, "matchId": null, "leagueId": null, "memberId": "m00001",
        "stored": "nothing", "expected": "0 points, 0 exact, 0 right",
        "message": "board_entry, member m00001: nothing, should be 0 points, 0 exact, 0 right",
    });
    assert_eq!(answer.body["differences"][0], line);
    assert_eq!(answer.body["differences"][1]["kind"], "histogram");
}

#[tokio::test]
async fn many_matches_are_verified_in_more_requests_than_one() {
    const MATCHES: u128 = 120;
    let world = World::with_things().await;
    enter(&world, 3);
    let kickoff = world.ports.clock.database();
    for n in 1..=MATCHES {
        let place = MatchPlace {
            organization_id: organization("org_a"),
            tournament_id: TOURNAMENT,
            match_id: Uuid::from_u128(n),
        };
        let round = Round::parse("Matchday 1").unwrap();
        world.store().put_match(place, round, Match::scheduled(kickoff));
    }
    let (mut query, mut matches, mut compared, mut requests) = (String::new(), 0, 0, 0);
    loop {
        let answer = get(&verify_path(&query)).send(&world).await;
        assert_eq!((answer.status, &answer.body["found"]), (200, &json!(0)), "{}", answer.body);
        matches += answer.body["matches"].as_u64().unwrap();
        compared += answer.body["compared"].as_u64().unwrap();
        requests += 1;
        let Some(next) = answer.body["next"].as_str() else { break };
        assert_eq!(answer.body["complete"], false);
        query = format!("&cursor={next}");
        // Of this very tournament.
        let other = get(&format!("scoreboards/{NOTHING}/verify?organizationId=org_a{query}"));
        assert_eq!(other.send(&world).await.pointers(), ["/cursor"]);
    }
    // And the one that is there already.
    assert_eq!((u128::from(matches), compared, requests), (MATCHES + 1, 4, 3));
}

#[tokio::test]
async fn which_tournament_is_said_in_full() {
    let world = World::with_things().await;
    for (query, pointer) in [
        ("", "/organizationId"),
        ("?organizationId=", "/organizationId"),
        ("?organizationId=a%20b", "/organizationId"),
        ("?organizationId=org_a&cursor=x", "/cursor"),
        ("?organizationId=org_a&after=1", "/after"),
    ] {
        let answer = get(&format!("scoreboards/{TOURNAMENT}/verify{query}")).send(&world).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![pointer]), "{query}");
    }
    for (id, owner) in [(NOTHING, "org_a"), (TOURNAMENT, "org_b")] {
        let path = format!("scoreboards/{id}/verify?organizationId={owner}");
        let answer = get(&path).send(&world).await;
        assert_eq!((answer.status, answer.code()), (404, "tournament_not_found"));
        assert_ne!(answer.body["detail"], Value::Null);
    }
}

#[tokio::test]
async fn a_rebuild_is_queued_once_at_a_time() {
    let world = World::with_things().await;
    let why = json!({"organizationId": "org_a", "reason": "drift"});
    let path = format!("scoreboards/{TOURNAMENT}/rebuild");
    let target = TOURNAMENT.to_string();
    let answer = post(&path, &why).send(&world).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    assert_eq!(answer.body["tournamentId"], target);
    let audit = world.audit();
    assert_eq!((audit.len(), &audit[0]["reason"]), (1, &json!("drift")));
    let told = (&audit[0]["action"], &audit[0]["target"]);
    assert_eq!(told, (&json!("scoreboard.rebuild"), &json!(target)));
    let held = refused(&world, post(&path, &why), "run_held", ("scoreboard.rebuild", &target));
    assert_eq!(held.await.body["holder"], answer.body["executionId"]);
    for (id, owner) in [(NOTHING, "org_a"), (TOURNAMENT, "org_b")] {
        let call = post(&format!("scoreboards/{id}/rebuild"), &json!({"organizationId": owner}));
        let entry = ("scoreboard.rebuild", id.to_string());
        refused(&world, call, "tournament_not_found", (entry.0, &entry.1)).await;
    }
    for (body, pointers) in [
        (json!({}), vec!["/organizationId"]),
        (json!({"organizationId": "a b"}), vec!["/organizationId"]),
        (json!({"organizationId": "org_a", "reason": "", "why": 1}), vec!["/reason", "/why"]),
    ] {
        let answer = post(&path, &body).send(&world).await;
        let mut found = answer.pointers();
        found.sort_unstable();
        assert_eq!((answer.status, found), (422, pointers), "{body}");
    }
}

#[tokio::test]
async fn a_season_is_closed() {
    let world = World::with_things().await;
    let why = json!({"organizationId": "org_a"});
    let path = format!("scoreboards/{TOURNAMENT}/close");
    let closed = post(&path, &why).send(&world).await;
    assert_eq!(closed.status, 200, "{}", closed.body);
    assert_eq!((&closed.body["ledgerSeq"], world.audit().len()), (&json!(0), 1));
    assert_eq!(closed.body["digest"].as_str().unwrap().len(), 64);
    let again = post(&path, &why).send(&world).await;
    assert_eq!((again.status, &again.body), (200, &closed.body));
    let verified = get(&verify_path("")).send(&world).await;
    assert_eq!(verified.body["closed"]["digest"], closed.body["digest"]);
    assert_eq!(world.audit().len(), 1, "nothing was changed");
    let call = post(&format!("scoreboards/{NOTHING}/close"), &why);
    let entry = ("scoreboard.close", NOTHING.to_string());
    refused(&world, call, "tournament_not_found", (entry.0, &entry.1)).await;
}

#[tokio::test]
async fn a_season_with_results_to_settle_is_not_closed() {
    let world = World::with_things().await;
    let place = MatchPlace {
        organization_id: organization("org_a"),
        tournament_id: TOURNAMENT,
        match_id: Uuid::from_u128(1),
    };
    let kickoff = world.ports.clock.database();
    let ended = Match {
        status: Status::Ended,
        result: Some(MatchResult::of_full_time(Score::new(2, 1).unwrap())),
        result_version: 1,
        ended_at: Some(kickoff),
        ..Match::scheduled(kickoff)
    };
    world.store().put_match(place, Round::parse("Final").unwrap(), ended);
    let call =
        post(&format!("scoreboards/{TOURNAMENT}/close"), &json!({"organizationId": "org_a"}));
    let entry = ("scoreboard.close", TOURNAMENT.to_string());
    let answer = refused(&world, call, "settlements_pending", (entry.0, &entry.1)).await;
    assert_eq!((answer.status, &answer.body["matches"]), (409, &json!([Uuid::from_u128(1)])));
}

#[tokio::test]
async fn what_checks_have_found_is_listed() {
    let world = World::with_things().await;
    let answer = get("scoreboards/drift").send(&world).await;
    assert_eq!((answer.status, &answer.body["items"]), (200, &json!([])));
    for query in ["found=maybe", "limit=0", "cursor=x", "organizationId=org_a"] {
        let answer = get(&format!("scoreboards/drift?{query}")).send(&world).await;
        assert_eq!(answer.status, 422, "{query}");
    }
}

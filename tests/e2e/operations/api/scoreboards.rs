//! Tournaments as organizations keep them: matches, members, guesses, leagues, results by
//! hand, and the boards that come of it.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::ask::Ask;
use super::{Api, ORGANIZATION};
use crate::operations::NOTHING;

const ALL: &str = "/api/v1/scoreboards/tournaments";
const ONE: &str = "/api/v1/scoreboards/tournaments/{tournamentId}";
const MATCHES: &str = "/api/v1/scoreboards/tournaments/{tournamentId}/matches";
const MATCH: &str = "/api/v1/scoreboards/tournaments/{tournamentId}/matches/{matchId}";
const RESULT: &str = "/api/v1/scoreboards/tournaments/{tournamentId}/matches/{matchId}/result";
const GUESSES: &str = "/api/v1/scoreboards/tournaments/{tournamentId}/matches/{matchId}/guesses";
const GUESS: &str =
    "/api/v1/scoreboards/tournaments/{tournamentId}/matches/{matchId}/guesses/{memberId}";
const MEMBERS: &str = "/api/v1/scoreboards/tournaments/{tournamentId}/members";
const MEMBER: &str = "/api/v1/scoreboards/tournaments/{tournamentId}/members/{memberId}";
const GUESSED: &str = "/api/v1/scoreboards/tournaments/{tournamentId}/members/{memberId}/guesses";
const LEAGUES: &str = "/api/v1/scoreboards/tournaments/{tournamentId}/leagues";
const LEAGUE: &str = "/api/v1/scoreboards/tournaments/{tournamentId}/leagues/{leagueId}";
const IN_LEAGUE: &str = "/api/v1/scoreboards/tournaments/{tournamentId}/leagues/{leagueId}/members";
const LEAVE: &str =
    "/api/v1/scoreboards/tournaments/{tournamentId}/leagues/{leagueId}/members/{memberId}";
const BOARD: &str = "/api/v1/scoreboards/{tournamentId}";
const AROUND: &str = "/api/v1/scoreboards/{tournamentId}/members/{memberId}";
const LEAGUE_BOARD: &str = "/api/v1/scoreboards/{tournamentId}/leagues/{leagueId}";
const SETTLEMENTS: &str = "/api/v2/admin/settlements";
const VERIFICATIONS: &str = "/api/v2/admin/verifications";

fn text(of: &Value) -> String {
    of.as_str().expect("a text").to_owned()
}

/// A tournament with a match in an hour.
async fn tournament(api: &mut Api) -> (String, String) {
    let made = api.call(Ask::post(ALL, &json!({"name": "World Cup"}))).await.ok(200);
    let id = text(&made["tournamentId"]);
    let kickoff = (Utc::now() + TimeDelta::hours(1)).to_rfc3339();
    let told = json!({"matches": [{"externalId": "2022-64", "round": "Final",
        "home": "Argentina", "away": "France", "kickoff": kickoff}]});
    let told = api.call(Ask::post(MATCHES, &told).at(&id)).await.ok(200);
    let match_id = text(&told["items"][0]["matchId"]);
    (id, match_id)
}

pub(super) async fn a_tournament_is_told(api: &mut Api) {
    let (id, match_id) = tournament(api).await;
    let called = api.call(Ask::get(ONE).at(&id)).await;
    let tag = called.answer.headers["etag"].clone();
    assert_eq!(called.ok(200)["ranking"], "competition");
    let dense = json!({"ranking": "dense"});
    let (changed, _) = api
        .call(Ask::patch(ONE, &dense).at(&id).seeing(&tag))
        .await
        .changed(200, "tournament.change");
    assert_eq!(changed["ranking"], "dense");
    let late = Ask::patch(ONE, &dense).at(&id).seeing(&tag);
    api.call(late).await.refused(412, "precondition_failed");
    let list = api.call(Ask::get(ALL).query("limit=100")).await.ok(200);
    let lines = list["items"].as_array().unwrap();
    assert!(lines.iter().any(|line| line["tournamentId"] == id.as_str()), "{list}");
    let list = api.call(Ask::get(MATCHES).at(&id).query("round=Final")).await.ok(200);
    assert_eq!(list["items"][0]["matchId"], match_id.as_str());
    let place = format!("{id} {match_id}");
    assert_eq!(api.call(Ask::get(MATCH).at(&place)).await.ok(200)["status"], "scheduled");
    api.call(Ask::get(ONE).at(NOTHING)).await.refused(404, "tournament_not_found");
    api.call(Ask::post(ALL, &json!({}))).await.invalid(&["/name"]);
}

pub(super) async fn members_join_and_make_leagues(api: &mut Api) {
    let (id, _) = tournament(api).await;
    let many = json!({"members": ["ada", "bob"]});
    assert_eq!(api.call(Ask::post(MEMBERS, &many).at(&id)).await.ok(200)["added"], 2);
    let eve = format!("{id} eve");
    assert_eq!(api.call(Ask::put(MEMBER, &json!({})).at(&eve)).await.ok(200)["added"], 1);
    assert_eq!(api.call(Ask::get(MEMBER).at(&eve)).await.ok(200)["memberId"], "eve");
    let made = api.call(Ask::post(LEAGUES, &json!({"name": "Friends"})).at(&id)).await.ok(200);
    let place = format!("{id} {}", text(&made["leagueId"]));
    api.call(Ask::post(IN_LEAGUE, &many).at(&place)).await.ok(200);
    let bob = format!("{place} bob");
    api.call(Ask::delete(LEAVE).at(&bob)).await.ok(200);
    assert_eq!(api.call(Ask::get(LEAGUE).at(&place)).await.ok(200)["members"], 1);
    let list = api.call(Ask::get(LEAGUES).at(&id)).await.ok(200);
    assert_eq!(list["items"][0]["name"], "Friends", "{list}");
    let board = api.call(Ask::get(LEAGUE_BOARD).at(&place)).await.ok(200);
    assert_eq!(board["items"][0]["memberId"], "ada", "{board}");
    let nobody = format!("{id} nobody");
    api.call(Ask::get(MEMBER).at(&nobody)).await.refused(404, "member_not_found");
}

pub(super) async fn guesses_become_a_board(api: &mut Api) {
    let (id, match_id) = tournament(api).await;
    let place = format!("{id} {match_id}");
    let many = json!({"members": ["ada", "bob", "eve"]});
    api.call(Ask::post(MEMBERS, &many).at(&id)).await.ok(200);
    let ada = format!("{place} ada");
    let guess = json!({"home": 3, "away": 3});
    api.call(Ask::put(GUESS, &guess).at(&ada)).await.ok(200);
    let others = json!({"guesses": [{"memberId": "bob", "home": 1, "away": 1},
        {"memberId": "eve", "home": 2, "away": 0}]});
    api.call(Ask::post(GUESSES, &others).at(&place)).await.ok(200);
    let ended = json!({"status": "ended", "score": {"ft": [2, 2], "et": [3, 3], "p": [4, 2]}});
    let early = Ask::put(RESULT, &ended).at(&place);
    api.call(early).await.refused(409, "match_not_begun");
    // Both sides of the kickoff, without an hour between them.
    let begin = "update scoreboard.matches set kickoff = clock_timestamp()
      where id = $1::text::uuid";
    api.owner.execute(begin, &[&match_id]).await.unwrap();
    api.call(Ask::put(GUESS, &guess).at(&ada)).await.refused(409, "guesses_closed");
    let called = api.call(Ask::put(RESULT, &ended).at(&place)).await;
    assert_eq!(called.entry.as_ref().expect("it is in the audit")["action"], "match.result");
    let job = text(&called.answer.body["jobId"]);
    api.until_jobs_are(&[job.as_str()], "completed").await;

    let board = api.call(Ask::get(BOARD).at(&id).query("kind=dense")).await;
    let tag = board.answer.headers["etag"].clone();
    let board = board.ok(200);
    let lines = board["items"].as_array().unwrap().iter();
    let lines: Vec<_> = lines.map(|of| json!([of["memberId"], of["rank"], of["points"]])).collect();
    assert_eq!(json!(lines), json!([["ada", 1, 5], ["bob", 2, 3], ["eve", 3, 0]]), "{board}");
    assert_eq!(board["provisional"], false);
    let known = api.call(Ask::get(BOARD).at(&id).query("kind=dense").knowing(&tag)).await;
    assert_eq!(known.answer.status, 304);
    let bob = format!("{id} bob");
    let around = api.call(Ask::get(AROUND).at(&bob).query("above=1&below=1")).await.ok(200);
    assert_eq!(
        (&around["member"]["rank"], &around["above"][0]["memberId"]),
        (&json!(2), &json!("ada")),
        "{around}"
    );
    let guessed = api.call(Ask::get(GUESSED).at(&bob)).await.ok(200);
    assert_eq!(guessed["items"][0]["points"], 3, "{guessed}");
    let query = format!("organizationId={ORGANIZATION}&tournamentId={id}");
    let list = api.call(Ask::get(SETTLEMENTS).query(&query)).await.ok(200);
    assert_eq!(list["items"][0]["entry"]["status"], "applied", "{list}");
    let note = "insert into scoreboard.verifications
        (job_id, attempt, organization_id, match_id, fetched_at, outcome, reason, result_version)
      values ($1::text::uuid, 1, $2, $3::text::uuid, clock_timestamp(), 'noop', 'unchanged', 1)";
    api.owner.execute(note, &[&job, &ORGANIZATION, &match_id]).await.unwrap();
    let query = format!("organizationId={ORGANIZATION}&matchId={match_id}&outcome=noop");
    let list = api.call(Ask::get(VERIFICATIONS).query(&query)).await.ok(200);
    assert_eq!(list["items"][0]["reason"], "unchanged", "{list}");
}

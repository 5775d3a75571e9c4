//! What keeps boards right.

use serde_json::{Value, json};

use super::ask::Ask;
use super::{Api, ORGANIZATION};
use crate::operations::NOTHING;
use crate::operations::given::{self, Tournament};

const SCOREBOARD: &str = "mauntic-scoreboard-jobs";
const MESSAGES: &str = "/api/v2/admin/queues/{queue}/messages";
const VERIFY: &str = "/api/v2/admin/scoreboards/{id}/verify";
const REBUILD: &str = "/api/v2/admin/scoreboards/{id}/rebuild";
const DRIFT: &str = "/api/v2/admin/scoreboards/drift";
const CLOSE: &str = "/api/v2/admin/scoreboards/{id}/close";
const EXPLAIN: &str = "/api/v1/scoreboards/{tournamentId}/members/{memberId}/explain";
const RUN: &str = "/api/v2/admin/runs/{id}";

/// A tournament whose match is settled.
async fn settled(api: &mut Api) -> Tournament {
    let tournament = given::tournament(&api.owner, ORGANIZATION).await;
    let settling = tournament.settling();
    let ask = Ask::post(MESSAGES, &settling).at(SCOREBOARD);
    let (queued, _) = api.call(ask).await.done(202, "queue.enqueue", SCOREBOARD);
    api.until_jobs_are(&[queued["jobId"].as_str().unwrap()], "completed").await;
    tournament
}

/// What a verification finds.
async fn found(api: &mut Api, of: &Tournament) -> Value {
    let query = format!("organizationId={ORGANIZATION}");
    api.call(Ask::get(VERIFY).at(&of.id).query(&query)).await.ok(200)
}

pub(super) async fn a_ledger_is_verified(api: &mut Api) {
    let tournament = settled(api).await;
    let verified = found(api, &tournament).await;
    let numbers = ["entries", "matches", "compared", "found"].map(|name| verified[name].clone());
    assert_eq!(json!(numbers), json!([1, 1, 6, 0]), "{verified}");
    let alter = "update scoreboard.entries set points_e4 = 90000 where member_id = 'bob'";
    api.owner.execute(alter, &[]).await.unwrap();
    let altered = found(api, &tournament).await;
    let lines = altered["differences"].as_array().unwrap();
    assert_eq!(lines[0]["kind"], "board_entry", "{altered}");
    assert_eq!(lines[0]["memberId"], "bob");
    let mend = "update scoreboard.entries set points_e4 = 30000 where member_id = 'bob'";
    api.owner.execute(mend, &[]).await.unwrap();
    let ask = Ask::get(VERIFY).at(&tournament.id);
    api.call(ask.query("organizationId=org_nobody")).await.refused(404, "tournament_not_found");
    api.call(Ask::get(VERIFY).at(&tournament.id)).await.invalid(&["/organizationId"]);
}

pub(super) async fn a_board_is_made_anew(api: &mut Api) {
    let tournament = settled(api).await;
    let alter = "update scoreboard.entries set points_e4 = 90000 where member_id = 'ada'
      and board_id = $1::text::uuid";
    api.owner.execute(alter, &[&tournament.id]).await.unwrap();
    assert_eq!(found(api, &tournament).await["found"], 3);
    let why = json!({"organizationId": ORGANIZATION, "reason": "ada has too much"});
    let ask = Ask::post(REBUILD, &why).at(&tournament.id).keyed("rebuild-1");
    let (queued, entry) = api.call(ask).await.done(202, "scoreboard.rebuild", &tournament.id);
    assert_eq!(entry["reason"], "ada has too much");
    let ask = Ask::post(REBUILD, &why).at(&tournament.id).keyed("rebuild-1");
    assert_eq!(api.call(ask).await.repeated(202)["executionId"], queued["executionId"]);
    let run = queued["executionId"].as_str().unwrap();
    api.until_run_is(RUN, run, "completed").await;
    assert_eq!(found(api, &tournament).await["found"], 0);
    let list = api.call(Ask::get(DRIFT).query("limit=100")).await.ok(200);
    let lines = list["items"].as_array().unwrap();
    let line = lines.iter().find(|line| line["tournamentId"] == tournament.id.as_str()).unwrap();
    assert_eq!((&line["found"], &line["organizationId"]), (&json!(0), &json!(ORGANIZATION)));
    let list = api.call(Ask::get(DRIFT).query("found=true")).await.ok(200);
    assert_eq!(list["items"], json!([]));
    api.call(Ask::get(DRIFT).query("found=maybe")).await.invalid(&["/found"]);
    let nobody = json!({"organizationId": "org_nobody"});
    let ask = Ask::post(REBUILD, &nobody).at(&tournament.id);
    api.call(ask).await.refused(404, "tournament_not_found");
    api.call(Ask::post(REBUILD, &json!({})).at(NOTHING)).await.invalid(&["/organizationId"]);
}

pub(super) async fn a_rank_is_explained(api: &mut Api) {
    let tournament = settled(api).await;
    let bob = format!("{} bob", tournament.id);
    let explained = api.call(Ask::get(EXPLAIN).at(&bob).query("kind=ordinal")).await.ok(200);
    assert_eq!((&explained["member"]["rank"], &explained["members"]), (&json!(2), &json!(3)));
    assert_eq!(explained["lineAbove"]["line"]["memberId"], "ada", "{explained}");
    assert_eq!(explained["lineAbove"]["decidedBy"], "points");
    assert_eq!(explained["sum"], json!({"points": 3, "exactHits": 0, "rightOutcomes": 1}));
    assert_eq!(explained["points"]["items"][0]["result"], json!({"ft": [2, 1]}));
    api.call(Ask::get(EXPLAIN).at(&bob).query("kind=best")).await.invalid(&["/kind"]);
    let nobody = format!("{} nobody", tournament.id);
    api.call(Ask::get(EXPLAIN).at(&nobody)).await.refused(404, "member_not_found");
    let nowhere = format!("{NOTHING} bob");
    api.call(Ask::get(EXPLAIN).at(&nowhere)).await.refused(404, "tournament_not_found");
}

pub(super) async fn a_season_is_closed(api: &mut Api) {
    let pending = given::tournament(&api.owner, ORGANIZATION).await;
    let why = json!({"organizationId": ORGANIZATION, "reason": "the season is over"});
    let ask = Ask::post(CLOSE, &why).at(&pending.id);
    let refused = api.call(ask).await.refused(409, "settlements_pending");
    assert_eq!(refused["matches"], json!([pending.match_id]));
    let tournament = settled(api).await;
    let ask = Ask::post(CLOSE, &why).at(&tournament.id);
    let (closed, _) = api.call(ask).await.done(200, "scoreboard.close", &tournament.id);
    assert_eq!(closed["digest"].as_str().unwrap().len(), 64, "{closed}");
    let again = api.call(Ask::post(CLOSE, &why).at(&tournament.id)).await.ok(200);
    assert_eq!(again, closed);
    assert_eq!(found(api, &tournament).await["found"], 0);
    let nowhere = Ask::post(CLOSE, &why).at(NOTHING);
    api.call(nowhere).await.refused(404, "tournament_not_found");
}

//! What keeps boards right.

use mauntic_tests::stack::until;
use serde_json::json;

use super::{Cli, SEEDED};
use crate::operations::given::{self, Tournament};
use crate::operations::{NOTHING, night};

/// A line about a tournament.
fn line<'a>(noun: &'a str, verb: &'a str, of: &'a Tournament) -> Vec<&'a str> {
    vec![noun, verb, "--organization", of.organization, "--tournament", &of.id]
}

/// A tournament whose match is settled.
async fn settled(cli: &mut Cli) -> Tournament {
    let tournament = given::tournament(&cli.owner, SEEDED).await;
    let message = tournament.settling().to_string();
    let job = cli.json(&["queues", "enqueue", "mauntic-scoreboard-jobs", &message]);
    let job = job["jobId"].as_str().unwrap();
    until(
        "the job is completed",
        || cli.stack.story(),
        async || {
            cli.stack.tick();
            (given::state(&cli.owner, job).await == "completed").then_some(())
        },
    )
    .await;
    tournament
}

/// Ada's points are others.
async fn alter(cli: &Cli, of: &Tournament, points_e4: i64) {
    let sql = "update scoreboard.entries set points_e4 = $1 where member_id = 'ada'
      and board_id = $2::text::uuid";
    cli.owner.execute(sql, &[&points_e4, &of.id]).await.unwrap();
}

pub(super) async fn a_ledger_is_verified(cli: &mut Cli) {
    let tournament = settled(cli).await;
    let verify = line("ledger", "verify", &tournament);
    let found = cli.json(&verify);
    assert_eq!((&found["entries"], &found["found"]), (&json!(1), &json!(0)), "{found}");
    alter(cli, &tournament, 60_000).await;
    cli.run(&verify)
        .failed("3 differences")
        .says("board_entry, member ada: 6 points, 1 exact, 1 right, should be 5 points");
    alter(cli, &tournament, 50_000).await;
    cli.run(&verify).ok().says("6 guesses and lines compared: 0 differences");
    let nobody = ["ledger", "verify", "--organization", "nobody", "--tournament", &tournament.id];
    cli.run(&nobody).failed("404 tournament_not_found");
    cli.run(&["ledger", "verify", "--organization", SEEDED]).misused("--tournament");
}

pub(super) async fn a_board_is_made_anew(cli: &mut Cli) {
    let tournament = settled(cli).await;
    alter(cli, &tournament, 60_000).await;
    cli.run(&line("ledger", "verify", &tournament)).failed("3 differences");
    let why = ["--reason", "ada has too much", "--wait"];
    let rebuild = [line("scoreboards", "rebuild", &tournament).as_slice(), &why].concat();
    cli.run_ticking(&rebuild).ok().says("completed");
    cli.run(&line("ledger", "verify", &tournament)).ok();
    let list = cli.json(&["scoreboards", "drift"]);
    let lines = list["items"].as_array().unwrap();
    assert!(lines.iter().any(|line| line["tournamentId"] == tournament.id.as_str()), "{list}");
    cli.run(&["scoreboards", "drift", "--found"]).ok().says("none");
}

pub(super) async fn a_season_is_closed(cli: &mut Cli) {
    let pending = given::tournament(&cli.owner, SEEDED).await;
    cli.run(&line("scoreboards", "close", &pending)).failed("409 settlements_pending");
    let tournament = settled(cli).await;
    let close = line("scoreboards", "close", &tournament);
    let closed = cli.json(&close);
    assert_eq!(closed["digest"].as_str().unwrap().len(), 64, "{closed}");
    assert_eq!(cli.json(&close), closed, "it stays as it was closed");
    cli.run(&line("ledger", "verify", &tournament)).ok();
}

pub(super) async fn a_night_is_replayed(cli: &mut Cli) {
    let run = night::scored(&cli.owner, SEEDED, "ada", "a1").await;
    let list = cli.json(&["overnight", "runs"]);
    assert_eq!(list["items"][0]["runId"], run.as_str(), "{list}");
    let users = cli.json(&["overnight", "users", "--run", &run, "--fate", "scored"]);
    assert_eq!(users["items"][0]["userId"], "ada", "{users}");
    cli.run(&["overnight", "users", "--run", &run, "--fate", "gone"]).misused("--fate");
    cli.run(&["overnight", "replay", "--run", &run]).ok().says("1 users: 1 identical");
    night::alter(&cli.owner, &run, SEEDED, "ada", "a1").await;
    cli.run(&["overnight", "replay", "--run", &run])
        .failed("1 users come out other than they are stored")
        .says("org_123 ada: scores/inputsHash: stored is");
    cli.run(&["overnight", "replay", "--run", NOTHING]).failed("404 run_not_found");
    cli.run(&["overnight", "replay"]).misused("--run");
}

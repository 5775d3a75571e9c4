//! Whole tournaments from the first kickoff to the final table, while everything goes
//! wrong that may: the table is what other code makes of the published results.

use chrono::TimeDelta;
use mauntic_domain::scoreboard::Rules;
use mauntic_sim::engine::drive::finish;
use mauntic_tests::say::say;
use mauntic_tests::tournament::Tournament;
use mauntic_tests::tournament::play::Play;
use mauntic_tests::tournament::stage::OnDouble;
use serde_json::json;

/// Plays it, and sends all of it again.
fn plays_through(tournament: &Tournament, members: usize, rules: &Rules, seed: u64) {
    let start = tournament.matches[0].kickoff - TimeDelta::days(15);
    let stage = OnDouble::starting(start, seed);
    let mut play = Play::new(&stage, tournament, (members, rules), TimeDelta::minutes(1), seed);
    finish(play.through());
}

#[test]
fn the_world_cup_plays_through() {
    let tournament = Tournament::world_cup();
    assert_eq!(tournament.matches.len(), 64);
    for (seed, counted) in [(1, "extraTime"), (2, "fullTime"), (3, "penalties")] {
        let rules = json!({"counted": counted, "multipliers": {"Final": 3, "Semi-finals": 1.25}});
        plays_through(&tournament, 500, &serde_json::from_value(rules).unwrap(), seed);
    }
}

#[test]
fn the_league_plays_through_where_it_is() {
    let Some(tournament) = Tournament::league() else {
        say("the league is not played: MAUNTIC_OPENFOOTBALL does not name its directory");
        return;
    };
    assert_eq!(tournament.matches.len(), 380);
    plays_through(&tournament, 2_000, &Rules::default(), 38);
}

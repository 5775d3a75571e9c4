//! The World Cup on PostgreSQL under the test's clock, with COMMITs that are lost,
//! messages that come twice and workers that die: the final table is what other code
//! makes of the published results.

use chrono::TimeDelta;
use mauntic_domain::scoreboard::Rules;
use mauntic_tests::tournament::Tournament;
use mauntic_tests::tournament::play::Play;
use mauntic_tests::tournament::postgres::OnPostgres;

/// The tick's time here, sized to the time of `make test`.
const PACE: TimeDelta = TimeDelta::minutes(15);

#[tokio::test]
async fn the_world_cup_plays_through() {
    let tournament = Tournament::world_cup();
    let start = tournament.matches[0].kickoff - TimeDelta::days(15);
    let stage = OnPostgres::starting(start, 2_022).await;
    let mut play = Play::new(&stage, &tournament, (500, &Rules::default()), PACE, 2_022);
    play.through().await;
}

//! `mauntic simulate settle`: what guesses about a match earn.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use mauntic_domain::ids::MemberId;
use mauntic_domain::object::optional_object;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::rules::Amount;
use mauntic_domain::scoreboard::{MatchResult, Round, Rules, Score};
use serde::{Deserialize, Serialize};

use super::lines::{Refusal, invalid, read, render};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[serde(default, deserialize_with = "optional_object")]
    rules: Option<Rules>,
    /// Whose multiplier applies; without one it is 1.
    #[serde(default)]
    round: Option<Round>,
    result: Score,
    guesses: Vec<Guess>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Guess {
    member: MemberId,
    home: i64,
    away: i64,
}

#[derive(Serialize)]
struct Output {
    points: BTreeMap<MemberId, PointsE4>,
}

pub(super) fn answer(line: &str) -> Result<String, Refusal> {
    let Input { rules, round, result, guesses } = read(line)?;
    let rules = rules.unwrap_or_default();
    let multiplier = round.map_or(Amount::ONE, |round| rules.multiplier(&round));
    let result = MatchResult::of_full_time(result);
    let mut points = BTreeMap::new();
    for (at, Guess { member, home, away }) in guesses.into_iter().enumerate() {
        let guess =
            Score::new(home, away).map_err(|error| invalid(format!("guesses[{at}]: {error}")))?;
        let Entry::Vacant(free) = points.entry(member) else {
            return Err(invalid(format!("guesses[{at}].member: has a guess already")));
        };
        free.insert(rules.award_times(multiplier, result, guess).points);
    }
    render(&Output { points })
}

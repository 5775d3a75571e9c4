//! `mauntic simulate rank`: where members stand.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use mauntic_domain::ids::MemberId;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::board::rank;
use mauntic_domain::scoreboard::ranks::Number;
use mauntic_domain::scoreboard::{Chain, Entrant, Kind, Totals};
use serde::{Deserialize, Serialize};

use super::lines::{Refusal, invalid, read, render};
use super::signals::Moment;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    kind: Kind,
    #[serde(default)]
    tie_breaks: Option<Chain>,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    member: MemberId,
    points: PointsE4,
    #[serde(default)]
    exact_hits: u32,
    #[serde(default)]
    right_outcomes: u32,
    #[serde(default)]
    joined_at: Option<Moment>,
}

impl From<Entry> for Entrant {
    fn from(entry: Entry) -> Self {
        Self {
            member: entry.member,
            totals: Totals {
                points: entry.points,
                exact_hits: entry.exact_hits.into(),
                right_outcomes: entry.right_outcomes.into(),
            },
            // Those of whom it is not said joined at one time, before all others.
            joined_at: entry.joined_at.map_or(DateTime::<Utc>::MIN_UTC, |Moment(time)| time),
        }
    }
}

#[derive(Serialize)]
struct Output {
    ranks: BTreeMap<MemberId, Number>,
}

pub(super) fn answer(line: &str) -> Result<String, Refusal> {
    let Input { kind, tie_breaks, entries } = read(line)?;
    let mut members = BTreeSet::new();
    for (at, entry) in entries.iter().enumerate() {
        if !members.insert(entry.member.clone()) {
            return Err(invalid(format!("entries[{at}].member: has an entry already")));
        }
    }
    let entrants = entries.into_iter().map(Entrant::from).collect();
    let ranked = rank(&tie_breaks.unwrap_or_default(), kind, entrants);
    let ranks = ranked.into_iter().map(|(entrant, rank)| (entrant.member, rank.number())).collect();
    render(&Output { ranks })
}
